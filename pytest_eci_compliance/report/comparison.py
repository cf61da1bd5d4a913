"""What changed since a former JSON report (`--eci-since`): new, fixed, gone, still open.

What was not selected, then or now, is not compared, and nothing is called gone that the inventory does not
show to be gone.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from ..inventory.facts import Inventory, PolicyRef, Unreadable
from ..inventory.kinds import KINDS
from ..printable import visible, whole
from ..results import Outcome, Resource, ResourceType, Row, Severity
from .model import Report

_OPEN = ("failed", "unknown")
_NOT_HELD = ("failed", "unknown", "waived")
# It reads every region that there is, whatever the configuration asks for.
_EVERYWHERE = "slr-deletable"


class FormerReportError(ValueError):
    """The former report cannot be used; the message names the file and the mend."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class _FormerResource(_Data):
    type: ResourceType
    id: str
    name: str = ""
    region: str | None = None


class _FormerResult(_Data):
    account: str
    check: str
    resource: _FormerResource
    outcome: Outcome
    severity: Severity = "low"
    message: str = ""
    expectation: str | None = None


class _FormerAccount(_Data):
    regions: list[str]


class _FormerData(_Data):
    schema_: Literal[1]
    started: str
    accounts: dict[str, _FormerAccount]
    results: list[_FormerResult]
    partial: dict[str, list[str]] = {}

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"))


class Key(NamedTuple):
    """What two reports are compared by."""

    account: str
    check: str
    type: ResourceType
    id: str
    region: str | None = None
    expectation: str | None = None

    @property
    def question(self) -> Question:
        return self.account, self.check, self.expectation

    @property
    def whole_list(self) -> bool:
        """Whether it stands for everything that the check could be asked of."""
        return self.id == "*" or self.type == "account"


Question: TypeAlias = "tuple[str, str, str | None]"
"""What is asked of every resource at once: account, check, and, for `access`, the expectation."""


class Verdict(NamedTuple):
    outcome: Outcome
    name: str
    message: str


@dataclass(frozen=True)
class Side:
    """One of the two reports: its verdicts, the regions of each account, and what it holds only in part.

    `partial` are the checks, by account, of which some rows did not run, `unread` the questions, with the
    region or None, for which a whole list is unknown.
    """

    verdicts: Mapping[Key, Verdict]
    regions: Mapping[str, frozenset[str]]
    partial: Mapping[str, frozenset[str]]
    questions: frozenset[Question]
    unread: frozenset[tuple[Question, str | None]]

    def asked(self, key: Key) -> bool:
        """Whether everything that the check could say of that key was asked for, and ran."""
        return (
            key.account in self.regions
            and key.question in self.questions
            and key.check not in self.partial.get(key.account, ())
            and (key.region is None or key.check == _EVERYWHERE or key.region in self.regions[key.account])
        )


@dataclass(frozen=True)
class Former:
    """A former report: its file name, when its run started (UTC, ISO 8601), what it says, and how severe the checks
    were."""

    report: str
    started: str
    side: Side
    severities: Mapping[str, Severity] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One verdict then and now; `before` or `now` is None where there was, or is, none."""

    key: Key
    name: str
    before: Outcome | None
    now: Outcome | None
    message: str = ""
    severity: Severity = "low"


@dataclass(frozen=True)
class Comparison:
    """The former report's file name, when its run started (UTC), and the changes, the most severe first.

    `new` fails or is unknown now and did not then; `fixed` did not hold then and holds now; `gone` did not
    hold then, and its resource no longer exists; `still_open` fails or is unknown, then and now; `waived` was
    open then and is covered by a waiver now. `not_compared` counts verdicts that do not hold, then or now,
    for which the other report was not asked.
    """

    report: str
    started: str
    new: tuple[Change, ...] = ()
    fixed: tuple[Change, ...] = ()
    gone: tuple[Change, ...] = ()
    still_open: tuple[Change, ...] = ()
    waived: tuple[Change, ...] = ()
    not_compared: int = 0

    def by_kind(self) -> Iterator[tuple[str, tuple[Change, ...]]]:
        """The kinds of change in the order in which they are told, by the words people read."""
        yield "new", self.new
        yield "fixed", self.fixed
        yield "gone", self.gone
        yield "still open", self.still_open
        yield "waived", self.waived


def read(path: str | os.PathLike[str]) -> Former:
    """The former report in that file; FormerReportError for anything that is not one."""
    mend = "name a JSON report that --eci-report wrote"
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FormerReportError(f"--eci-since {path}: cannot be read ({error.strerror}): {mend}") from error
    except UnicodeDecodeError as error:
        raise FormerReportError(f"--eci-since {path}: not a text in UTF-8: {mend}") from error
    try:
        data = _FormerData.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise FormerReportError(
            f"--eci-since {path}: not a JSON report of this plugin: {visible(where)}: {first['msg']}: {mend}"
        ) from None
    severities = {one.check: one.severity for one in data.results}
    return Former(Path(path).name, data.started, _former_side(data), severities)


def refuse_strangers(former: Former, names: Iterable[str]) -> None:
    """Raise FormerReportError where the former report has none of the accounts: nothing could be compared."""
    there, wanted = sorted(former.side.regions), list(names)
    if not set(there) & set(wanted):
        raise FormerReportError(
            f"--eci-since {former.report}: nothing can be compared: it has no account {' or '.join(wanted)} (it has"
            f" {', '.join(map(visible, there)) or 'none'}): name a report of the same account"
        )


def compare(former: Former, report: Report) -> Comparison:
    """What changed from the former report to this one (`report.since` is not looked at)."""
    then, now = former.side, _side_now(report)
    found: dict[str, list[Change]] = defaultdict(list)
    existing = {name: _Existing(inventory) for name, inventory in report.inventories.items()}
    severities = {**former.severities, **{one.row.check: one.row.severity for one in report.results}}
    for key in then.verdicts.keys() | now.verdicts.keys():
        kind, change = _change(key, then, now, existing.get(key.account))
        found[kind].append(replace(change, severity=severities.get(key.check, "low")))
    for some in found.values():
        some.sort(key=lambda one: (get_args(Severity).index(one.severity), _sortable(one.key)))
    return Comparison(
        former.report,
        former.started,
        new=tuple(found["new"]),
        fixed=tuple(found["fixed"]),
        gone=tuple(found["gone"]),
        still_open=tuple(found["open"]),
        waived=tuple(found["waived"]),
        not_compared=len(found["not compared"]),
    )


def lines(comparison: Comparison, most: int = 5) -> list[str]:
    """The comparison for a terminal: a line of numbers, then up to `most` changes of each kind."""
    numbers = ", ".join(f"{len(some)} {kind}" for kind, some in comparison.by_kind() if kind != "waived")
    if comparison.waived:
        numbers += f", {len(comparison.waived)} now waived"
    if comparison.not_compared:
        numbers += f"; {comparison.not_compared} not compared (not selected, then or now)"
    text = [f"since {visible(comparison.started)} ({visible(comparison.report)}): {numbers}"]
    for kind, some in comparison.by_kind():
        text += [f"  {kind:<10}  {described(one)}" for one in some[:most]]
        if len(some) > most:
            text.append(f"  {'':<10}  and {len(some) - most} more")
    return text


def described(one: Change) -> str:
    """A change in one line: account, check, resource, and the verdicts where both are worth telling."""
    key = one.key
    resource = " ".join(part for part in (key.region, key.id) if part)
    name = f" ({one.name})" if one.name and one.name != key.id else ""
    expectation = f" [{key.expectation}]" if key.expectation else ""
    kind = key.type.replace("_", " ")
    return visible(
        f"{key.account}  {key.check} ({one.severity}){expectation}  {kind} {resource}{name}: {_verdicts(one)}"
    )


def _verdicts(one: Change) -> str:
    if one.now not in _OPEN:
        return f"was {one.before}"
    return one.now if one.before in (None, "passed", one.now) else f"{one.now}, was {one.before}"


def _former_side(data: _FormerData) -> Side:
    verdicts = [
        (
            Key(one.account, one.check, *_resource_key(one.resource), one.expectation),
            Verdict(one.outcome, one.resource.name, one.message),
        )
        for one in data.results
    ]
    regions = {name: frozenset(one.regions) for name, one in data.accounts.items()}
    return _side(verdicts, regions, data.partial)


def _side_now(report: Report) -> Side:
    verdicts = [
        (
            Key(
                row.account,
                row.check,
                *_resource_key(row.resource),
                row.expectation and whole(row.expectation),
            ),
            Verdict(row.outcome, row.resource.name, row.message),
        )
        for row in (result.row for result in report.results)
    ]
    regions = {name: frozenset(one.regions) for name, one in report.accounts.items()}
    return _side(verdicts, regions, report.partial)


def key_of(row: Row) -> Key:
    """What a row is compared by."""
    expectation = None if row.expectation is None else whole(row.expectation)
    return Key(row.account, row.check, *_resource_key(row.resource), expectation)


def _resource_key(resource: Resource | _FormerResource) -> tuple[ResourceType, str, str | None]:
    return resource.type, whole(resource.id), resource.region


def _side(
    verdicts: Iterable[tuple[Key, Verdict]],
    regions: Mapping[str, frozenset[str]],
    partial: Mapping[str, Iterable[str]],
) -> Side:
    worst: dict[Key, Verdict] = {}
    for key, verdict in verdicts:
        known = worst.get(key)
        if known is None or _weight(verdict) > _weight(known):
            worst[key] = verdict
    return Side(
        worst,
        regions,
        {name: frozenset(checks) for name, checks in partial.items()},
        frozenset(key.question for key in worst),
        frozenset(
            (key.question, key.region)
            for key, verdict in worst.items()
            if verdict.outcome == "unknown" and key.whole_list
        ),
    )


def _weight(verdict: Verdict) -> int:
    return ("skipped", "passed", "waived", "unknown", "failed").index(verdict.outcome)


def _sortable(key: Key) -> tuple[str, ...]:
    return tuple(part or "" for part in key)


def _change(key: Key, then: Side, now: Side, existing: _Existing | None) -> tuple[str, Change]:
    before, after = then.verdicts.get(key), now.verdicts.get(key)
    if after is None:
        before = then.verdicts[key]
        return _left(key, before.outcome, now, existing), Change(key, before.name, before.outcome, None)
    change = Change(key, after.name, before and before.outcome, after.outcome, after.message)
    if before is not None:
        return _kept(before.outcome, after.outcome), change
    if after.outcome not in _OPEN:
        return "held", change
    return "new" if then.asked(key) else "not compared", change


def _kept(before: Outcome, after: Outcome) -> str:
    if after in _OPEN:
        return "open" if before in _OPEN else "new"
    if before not in _NOT_HELD:
        return "held"
    if after == "waived":
        return "waived" if before in _OPEN else "held"
    # A skipped row says that there is nothing left to judge; what was unknown is known now.
    return "gone" if after == "skipped" and before != "unknown" else "fixed"


def _left(key: Key, before: Outcome, now: Side, existing: _Existing | None) -> str:
    """What became of a verdict that has no counterpart now."""
    if before not in _NOT_HELD:
        return "held"
    if not now.asked(key) or {(key.question, None), (key.question, key.region)} & now.unread:
        return "not compared"
    if key.whole_list:
        return "fixed" if before == "unknown" else "not compared"
    exists = existing.tell(key) if existing is not None else None
    if exists is False:
        return "gone"
    return "fixed" if exists and key.check == _EVERYWHERE else "not compared"


class _Existing:
    """Which resources of an account exist: True, False, or None where that was not read."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._ids: dict[tuple[str, str | None], frozenset[str] | None] = {
            (kind, listing.region): None
            if isinstance(listing.items, Unreadable)
            else frozenset(one.id for one in (*listing.items, *listing.later))
            for kind, listings in inventory.listings.items()
            for listing in listings
        }
        self._users = (
            None
            if isinstance(inventory.users, Unreadable)
            else frozenset(user.user_name for user in inventory.users)
        )
        self._roles = (
            None
            if isinstance(inventory.roles, Unreadable)
            else frozenset(role.role_name for role in inventory.roles)
        )

    def tell(self, key: Key) -> bool | None:
        if key.type in KINDS:
            return _in(key.id, self._ids.get((key.type, key.region)))
        if key.type == "user":
            return _in(key.id, self._users)
        if key.type == "role":
            return self._role(key.id)
        if key.type == "policy":
            return self._policy(PolicyRef.parse(key.id))
        # A waiver is a line of the configuration: where its check ran whole, a missing row is a removed line.
        return False if key.type == "waiver" else None

    def _role(self, name: str) -> bool | None:
        looked_up = self._inventory.role_lookups.get(name, self)
        if looked_up is None:
            return False
        return None if isinstance(looked_up, Unreadable) else _in(name, self._roles)

    def _policy(self, ref: PolicyRef) -> bool | None:
        if ref in self._inventory.policies:
            return True
        if ref.policy_type == "Custom":
            custom = self._inventory.custom_policies
            return None if isinstance(custom, Unreadable) else ref in custom
        # A system policy is judged while somebody holds it.
        return None if self._inventory.attachments.gaps else False


def _in(name: str, names: frozenset[str] | None) -> bool | None:
    return None if names is None else name in names
