"""The model of a report: one run, its comparison with a former report, and the order and counts of results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..language import ENGLISH, Language, Translator
from ..results import OUTCOMES, Evidence, Outcome, OwnTest, ResourceType, Result, Severity

if TYPE_CHECKING:
    from ..change.effect import Planned
    from ..config.loader import Loaded
    from ..inventory.facts import Inventory
    from ..policy.permissions import PermissionChanges

RowQuestion: TypeAlias = "tuple[str, str, str | None]"
"""What is evaluated on every resource alike: account, check, and, for `access`, the expectation."""


class RowKey(NamedTuple):
    """The identity of a row in two reports. `region` and `expectation` are None where a row has none.

    `test` tells the tests of one own check apart; empty for built-in checks.
    """

    account: str
    check: str
    type: ResourceType
    id: str
    region: str | None = None
    expectation: str | None = None
    test: str = ""

    @property
    def question(self) -> RowQuestion:
        """What the row is an answer to, whichever its resource is."""
        return self.account, self.check, self.expectation

    @property
    def is_list(self) -> bool:
        """Whether the row stands for every resource that the check evaluates."""
        return self.id == "*" or self.type == "account"


@dataclass(frozen=True)
class ChangedResult:
    """The outcome of a row in the former report and now; `before` or `now` is None where the row is missing.

    `first_seen` is when a report first had the row as open (UTC, ISO 8601), empty where that is not known.
    """

    key: RowKey
    name: str
    before: Outcome | None
    now: Outcome | None
    message: str = ""
    severity: Severity = "low"
    first_seen: str = ""


@dataclass(frozen=True)
class Comparison:
    """The changes since a former report, the most severe first.

    `report` is the file name of the former report, `started` when its run started (UTC, ISO 8601).

    - `new`: fails or is unknown now, and was neither then.
    - `fixed`: failed, was unknown or waived then, and passes now.
    - `gone`: failed, was unknown or waived then, and its resource no longer exists.
    - `still_open`: fails or is unknown, then and now.
    - `waived`: failed or was unknown then, and is waived now.
    - `not_compared`: the number of rows that do not pass in one report and were not selected in the other, or whose
      resource could not be read in the other; `unread` is the number of those that could not be read now,
      `unread_then` of those that could not be read then.

    `first_seen` is when each row that is open or waived now was first seen so, `moments` when the evidence of each
    account was true (UTC, ISO 8601).
    """

    report: str
    started: str
    new: tuple[ChangedResult, ...] = ()
    fixed: tuple[ChangedResult, ...] = ()
    gone: tuple[ChangedResult, ...] = ()
    still_open: tuple[ChangedResult, ...] = ()
    waived: tuple[ChangedResult, ...] = ()
    not_compared: int = 0
    unread: int = 0
    unread_then: int = 0
    first_seen: Mapping[RowKey, str] = field(default_factory=dict)
    moments: Mapping[str, str] = field(default_factory=dict)

    @property
    def why_not_compared(self) -> str:
        """Why rows were not compared: not selected, or not readable, with the number of each."""
        return self.why_not_compared_in(ENGLISH)

    def why_not_compared_in(self, translator: Translator) -> str:
        """Why rows were not compared, in a language."""
        not_selected = self.not_compared - self.unread - self.unread_then
        reasons = {
            translator.text("not selected, then or now"): not_selected,
            translator.text("could not be read now"): self.unread,
            translator.text("could not be read then"): self.unread_then,
        }
        if not_selected == self.not_compared:
            return translator.text("not selected, then or now")
        parts = (
            translator.text("{number} {reason}", number=number, reason=reason)
            for reason, number in reasons.items()
            if number
        )
        return ("; " if translator.language == "en" else "；").join(parts)

    def by_kind(self) -> Iterator[tuple[str, tuple[ChangedResult, ...]]]:
        """Each kind of change under its title, in the order of reports."""
        yield "new", self.new
        yield "fixed", self.fixed
        yield "gone", self.gone
        yield "still open", self.still_open
        yield "waived", self.waived


@dataclass(frozen=True)
class Links:
    """The addresses that a report links; each is empty where there is none.

    `documentation` is the page of the checks, `configuration` the configuration file in a repository: a web address, or
    an absolute path. `folder` is where the report is written (empty: the working directory).
    """

    documentation: str = ""
    configuration: str = ""
    folder: str = ""


@dataclass(frozen=True)
class Report:
    """One run, from which every report is rendered.

    `plugin` is the version of the plugin, `started` is UTC, ISO 8601 with `Z`. `accounts` and `inventories` are
    keyed by the name of the account. `results` are the rows that were selected and ran, `tests` the user's own
    tests. `partial` names, by account, the checks of which some rows did not run (deselected, or the run was
    stopped). `loaded` is the configuration, `since` the comparison with a former report, `permissions` the changed
    permissions of each account: since a former recording, or, with `permissions_of_plan`, by the planned change; None
    where there is neither. `plans` are the planned
    changes by account: `results` and `inventories` of these accounts describe the planned account. `links` are the
    addresses that the HTML report links. `language` is that of the HTML report: other formats are in English.
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
    permissions_of_plan: bool = False
    partial: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    plans: Mapping[str, Planned] = field(default_factory=dict)
    links: Links = Links()
    language: Language = "en"


def ordered(results: Iterable[Result]) -> list[Result]:
    """Sort results by account, check and resource, whatever the order of the run."""
    return sorted(results, key=_sort_key)


def _sort_key(result: Result) -> tuple[str, ...]:
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
    """The number of results of each outcome, zero included, in the order of `OUTCOMES`."""
    counts = Counter(result.row.outcome for result in results)
    return {outcome: counts[outcome] for outcome in OUTCOMES}
