"""The built-in checks, each with an example of a failure and a pass from the recordings of the demonstration."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from inspect import cleandoc
from pathlib import Path

from pytest_eci_compliance.audit import AccountReading, AuditRequest, load_configuration, read_for_baseline
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
    """The content of the entry of a check.

    `sections` are the numbers of the sections that it comes from. `disabled` is the reason why an empty configuration
    disables it, empty for a check that is always on. `failing` and `passing` are rows of the demonstration, None where
    it has none. `excerpt` is the part of its configuration that the failure is about, empty where there is none.
    """

    check: Check
    rule: str
    sections: tuple[str, ...]
    disabled: str
    failing: Row | None
    passing: Row | None
    excerpt: str

    @property
    def one_test_per(self) -> str:
        """The subject of each of its tests: the type of resource, or something narrower."""
        return ONE_TEST_PER.get(self.check.id, self.check.resource_type.replace("_", " "))


def entries(root: Path) -> list[Entry]:
    """Every check, by id. `root` is where `eci-compliance.yaml` and the recordings are."""
    request = AuditRequest((_DRIFT, _DEMO), None, "default", None, None, root, root)
    loaded = load_configuration(request)
    rows = {reading.name: _judge(reading, loaded) for reading in read_for_baseline(request, loaded)}
    return [_entry(check, rows, loaded) for check in CHECKS]


def _judge(reading: AccountReading, loaded: Loaded) -> tuple[Row, ...]:
    """The verdicts on a recorded account, on the day on which it was recorded."""
    if reading.inventory is None:
        raise ValueError(f"the recording of {reading.name} cannot be used: {reading.notes}")
    intent, day = loaded.configuration.accounts[reading.name], date.fromisoformat(reading.read_at[:10])
    return judge(Case(reading.name, intent, reading.inventory, day))


def _entry(check: Check, rows: dict[str, tuple[Row, ...]], loaded: Loaded) -> Entry:
    failing = _shortest(row for row in rows[_DRIFT] if row.check == check.id and row.outcome == "failed")
    passing = _shortest(
        row
        for name in (_DEMO, _DRIFT)
        for row in rows[name]
        if row.check == check.id and row.outcome == "passed"
    )
    return Entry(
        check,
        cleandoc(check.rule),
        tuple(re.findall(r"\d", check.section)),
        check.disabled_because(Account(account_id="1")) or "",
        failing,
        passing,
        _excerpt(failing, loaded) if failing else "",
    )


def _shortest(rows: Iterable[Row]) -> Row | None:
    return min(rows, key=lambda row: (len(row.message), row.message), default=None)


def _excerpt(row: Row, loaded: Loaded) -> str:
    """The lines of the configuration that a row is about; empty where there are none."""
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
