"""What every report is written from, and the one place where it is ordered and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from ..results import Evidence, Outcome, OwnTest, Result

if TYPE_CHECKING:
    from ..change.effect import Planned
    from ..config.loader import Loaded
    from ..inventory.facts import Inventory
    from ..policy.permissions import PermissionChanges
    from .comparison import Comparison

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""In the order in which they are told: passed, failed, unknown, waived, skipped."""


@dataclass(frozen=True)
class Report:
    """One run, as reports see it.

    `plugin` is its version, `started` UTC, ISO 8601 with `Z`. `accounts` and `inventories` go by the
    account's name. `results` are the rows that were selected and ran, `tests` people's own tests. `partial`
    names, by account, the checks of which some rows did not run (deselected, or the run was stopped): what
    they say is not all there is. `loaded` is the configuration, `since` the comparison with a former report, and
    `permissions`, by account, what changed since a former recording (None where there is none).
    `plans` has, by account, the planned change that was laid over it: then results and inventory are those of the
    planned account.
    """

    plugin: str
    started: str
    accounts: Mapping[str, Evidence]
    results: tuple[Result, ...]
    tests: tuple[OwnTest, ...] = ()
    loaded: Loaded | None = None
    inventories: Mapping[str, Inventory] = field(default_factory=dict)
    since: Comparison | None = None
    permissions: Mapping[str, PermissionChanges] | None = None
    partial: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plans: Mapping[str, Planned] = field(default_factory=dict)


def ordered(results: Iterable[Result]) -> list[Result]:
    """The results in the order of every report, however the run was scheduled."""
    return sorted(results, key=_place)


def _place(result: Result) -> tuple[str, ...]:
    row = result.row
    resource = row.resource
    return (
        row.account,
        row.check,
        resource.type,
        resource.region or "",
        resource.id,
        row.expectation or "",
        result.nodeid,
    )


def count(results: Iterable[Result]) -> dict[Outcome, int]:
    """How many results have each outcome; every outcome is there, in the order of `OUTCOMES`."""
    found = Counter(result.row.outcome for result in results)
    return {outcome: found[outcome] for outcome in OUTCOMES}
