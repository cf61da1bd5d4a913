"""The built-in checks, each with an example of failing and of holding from the recordings of the demonstration."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from inspect import cleandoc
from pathlib import Path

from pytest_eci_compliance.audit import Reading, Request, load_configuration, read_for_baseline
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.checks.support.registry import Check
from pytest_eci_compliance.config.loader import Loaded
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import Row

_DRIFT, _DEMO = "demo-drift", "demo"
_LONGEST_EXCERPT = 8  # lines
ONE_TEST_PER = {
    "access": "expectation × user or role",
    "custom-policy": "custom policy that is judged and held",
    "ineffective-statement": "custom policy that is judged and held",
    "instance-ram-role": "instance with a role",
    "role-intended-policies": "role that an entry fits",
    "role-pass-role": "role that an entry fits",
    "slr-deletable": "instance or image cache left",
    "slr-exists": "service-linked role",
    "slr-policy": "service-linked role",
    "slr-trust": "service-linked role",
    "system-policy": "system policy in use",
    "tag-policy": "custom policy with tag conditions",
    "user-console": "user with `console: true`",
    "user-resource-groups": "user with `resource_groups`",
}


@dataclass(frozen=True)
class Entry:
    """A check as its page tells it.

    `sections` are the numbers of the chapters that it comes from, `off` is why it is off where the configuration
    says nothing (empty where it is always on).
    `failing` and `holding` are rows of the demonstration, `asked` the lines of its configuration that ask for
    what fails.
    """

    check: Check
    rule: str
    sections: tuple[str, ...]
    off: str
    failing: Row
    holding: Row | None
    asked: str

    @property
    def one_test_per(self) -> str:
        """What each of its tests is about, where that is narrower than a kind of resource."""
        return ONE_TEST_PER.get(self.check.id, self.check.resource_type.replace("_", " "))


def entries(root: Path) -> list[Entry]:
    """Every check, by id. `root` is where `eci-compliance.yaml` and the recordings are."""
    request = Request((_DRIFT, _DEMO), None, "default", None, None, root, root)
    loaded = load_configuration(request)
    rows = {one.name: _judged(one, loaded) for one in read_for_baseline(request, loaded)}
    return [_entry(one, rows, loaded) for one in CHECKS]


def _judged(reading: Reading, loaded: Loaded) -> tuple[Row, ...]:
    """The verdicts on a recorded account, on the day on which it was recorded."""
    if reading.inventory is None:
        raise ValueError(f"the recording of {reading.name} cannot be used: {reading.notes}")
    intent, day = loaded.configuration.accounts[reading.name], date.fromisoformat(reading.read_at[:10])
    return judge(Case(reading.name, intent, reading.inventory, day))


def _entry(one: Check, rows: dict[str, tuple[Row, ...]], loaded: Loaded) -> Entry:
    failing = _shortest(row for row in rows[_DRIFT] if row.check == one.id and row.outcome == "failed")
    if failing is None:
        raise ValueError(f"{_DRIFT} shows no failure of {one.id}: its page has no example")
    holding = _shortest(
        row
        for name in (_DEMO, _DRIFT)
        for row in rows[name]
        if row.check == one.id and row.outcome == "passed"
    )
    return Entry(
        one,
        cleandoc(one.rule),
        tuple(re.findall(r"\d", one.section)),
        one.off(Account(account_id="1")) or "",
        failing,
        holding,
        _asked(failing, loaded),
    )


def _shortest(rows: Iterable[Row]) -> Row | None:
    return min(rows, key=lambda row: (len(row.message), row.message), default=None)


def _asked(row: Row, loaded: Loaded) -> str:
    """The lines of the configuration that ask for what a row is about; empty where none does."""
    if not row.config_path:
        return ""
    lines = loaded.path.read_text(encoding="utf-8").splitlines()
    start = loaded.line_of(("accounts", row.account, *row.config_path)) - 1
    indent = _indent(lines[start])
    below = [lines[start]]
    for line in lines[start + 1 :]:
        if not line.strip() or _indent(line) <= indent or len(below) == _LONGEST_EXCERPT:
            break
        below.append(line)
    return textwrap.dedent("\n".join(below))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
