"""The rows of own checks on their way from the process that runs a test to the controller.

A report of pytest carries the row as JSON text: pytest-xdist sends plain values only, and no lone surrogates.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..results import Cause, Outcome, Resource, Row, Waived

WORST_LAST: tuple[Outcome, ...] = ("passed", "skipped", "waived", "unknown", "failed")
_ATTRIBUTE = "eci_check_row"
_PLAIN = ("account", "check", "severity", "section", "outcome", "message", "remediation", "test")


def attach(report: object, row: Row) -> None:
    """Put the row of a test into a report of the test."""
    # `asdict` copies each value, which would take longer than the test itself.
    data = {
        **{name: getattr(row, name) for name in _PLAIN},
        "resource": vars(row.resource),
        "waiver": None if row.waiver is None else vars(row.waiver),
        "causes": [vars(cause) for cause in row.causes],
    }
    setattr(report, _ATTRIBUTE, json.dumps(data))


def row_of(report: object) -> Row | None:
    """The row in a report; None for a test that is no own check."""
    text = getattr(report, _ATTRIBUTE, None)
    return None if text is None else _row(json.loads(text))


def _row(data: Mapping[str, Any]) -> Row:
    waiver = data["waiver"]
    return Row(
        **{name: data[name] for name in _PLAIN},
        resource=Resource(**data["resource"]),
        waiver=None if waiver is None else Waived(**waiver),
        causes=tuple(Cause(**cause) for cause in data["causes"]),
    )


@dataclass(frozen=True)
class Collected:
    """What one process collected, before `-k`, `-m` and others deselected any of it.

    `checks` are the account and the check of every test that is an own check, by node id. `waivers` are the node
    ids of the selected rows of `waiver` that are judged after the tests. `packs` are the numbers of tests by pack.
    """

    checks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    waivers: tuple[str, ...] = ()
    packs: Mapping[str, int] = field(default_factory=dict)

    def packed(self) -> str:
        """The value as text, for the controller of pytest-xdist."""
        return json.dumps(asdict(self))

    @classmethod
    def unpacked(cls, text: str) -> Collected:
        """The value of `packed`."""
        data = json.loads(text)
        checks = {nodeid: (account, check) for nodeid, (account, check) in data["checks"].items()}
        return cls(checks, tuple(data["waivers"]), data["packs"])
