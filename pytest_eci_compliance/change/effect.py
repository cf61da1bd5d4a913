"""What a planned change does to the verdicts: the rows of both accounts, compared one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ..inventory.facts import Inventory
from ..inventory.grants import GrantIndex
from ..results import FIXED_BY_PLAN, NEW_WITH_PLAN, OPEN_OUTCOMES, Row
from .apply import Laid
from .draft import fold_name
from .model import ChangeSet, Note

_NUMBER = re.compile(r"(?<![\w-])\d+(?![\w-])")


@dataclass(frozen=True)
class Planned:
    """What a report says of the plan: its files, how many changes were laid over, and what to know about them.

    `other_types` counts changes of resource types that no check judges. `partial` is True where a plan says that
    it is not complete. `gone` are rows that did not pass and whose resource the plan deletes. `before` is the
    inventory of the account as it is, for comparisons of permissions.
    """

    files: tuple[str, ...]
    changes: int
    other_types: int = 0
    partial: bool = False
    notes: tuple[Note, ...] = ()
    gone: tuple[Row, ...] = ()
    before: Inventory | None = None

    @property
    def contradictions(self) -> tuple[Note, ...]:
        """What the header lists: where plan and evidence, or changes among each other, do not agree."""
        return tuple(
            note
            for note in self.notes
            if note.kind in ("contradiction", "not there", "blocked", "already there")
        )

    @property
    def sentence(self) -> str:
        """One sentence for headers: from which files, and how many changes were laid over."""
        changes = f"{self.changes} change{'' if self.changes == 1 else 's'} laid over"
        partial = ", partial: more changes may follow" if self.partial else ""
        return f"planned, from {', '.join(self.files)}: {changes}{partial}"


def planned(sets: Iterable[ChangeSet], laid: Laid, before: Inventory, gone: tuple[Row, ...]) -> Planned:
    """The summary of plans that were laid over an account."""
    some = tuple(sets)
    return Planned(
        tuple(dict.fromkeys(one.file for one in some)),
        laid.count,
        sum(one.other_types for one in some),
        any(one.complete is False for one in some),
        laid.notes,
        gone,
        before,
    )


def compare(
    before: tuple[Row, ...], after: tuple[Row, ...], laid: Laid, was: Inventory
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The planned rows, each with what the plan does to it; and the open rows whose resource is gone."""
    former = {_key(row): row for row in before}
    addresses = _Addresses(laid, was)
    marked = []
    for row in after:
        mark = _mark(former.get(_key(row)), row)
        marked.append(row if mark is None else replace(row, plan=mark, plan_addresses=addresses.of(row)))
    left = {_key(row) for row in after}
    gone = tuple(row for row in before if row.outcome in OPEN_OUTCOMES and _key(row) not in left)
    return tuple(marked), gone


def _key(row: Row) -> tuple[str, ...]:
    resource = row.resource
    return (row.check, resource.type, resource.region or "", resource.id, row.expectation or "")


def _mark(before: Row | None, after: Row) -> str | None:
    """What the plan does to a row; None where it does nothing."""
    was = "passed" if before is None or before.outcome == "skipped" else before.outcome
    now = "passed" if after.outcome == "skipped" else after.outcome
    if now in OPEN_OUTCOMES:
        if was != now:
            return NEW_WITH_PLAN
        return NEW_WITH_PLAN if before is not None and _has_more(before.message, after.message) else None
    if was in OPEN_OUTCOMES:
        return FIXED_BY_PLAN
    if was == now:
        return None
    return NEW_WITH_PLAN if now == "waived" else FIXED_BY_PLAN


def _has_more(before: str, after: str) -> bool:
    """Whether a message gives a reason that the former one did not.

    It does not where something was only left out, or where only counts fell. In doubt it does: an old failure that
    is told as a new one costs a look, the other way round costs a finding.

    >>> _has_more("it holds 'A' and 'B'; expected none", "it holds 'A'; expected none")
    False
    >>> _has_more("it holds 'A' through group x", "it holds 'A' directly and through group x")
    True
    >>> _has_more("3 instances", "2 instances"), _has_more("3 instances", "4 instances")
    (False, True)
    """
    if _NUMBER.sub("#", before) == _NUMBER.sub("#", after):
        pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
        return any(int(now) > int(was) for was, now in pairs)
    words = iter(_words(before))
    return not all(word in words for word in _words(after))


def _words(message: str) -> list[str]:
    """The words of a message in their order; what only joins a list is no word."""
    return [word for word in re.split(r"[\s,;:()]+", message) if word not in ("", "and", "or")]


class _Addresses:
    """The addresses of the plan that a verdict may rest on."""

    def __init__(self, laid: Laid, was: Inventory) -> None:
        self._touched = laid.touched
        self._grants = (GrantIndex(was), GrantIndex(laid.inventory))
        self._roles = {
            resource.id: getattr(resource, "ram_role_name", "")
            for kind in laid.inventory.listings
            for resource in laid.inventory.resources(kind)
        }

    def of(self, row: Row) -> tuple[str, ...]:
        subjects: Mapping[str, Callable[[str], Iterable[tuple[str, str]]]] = {
            "user": self._user,
            "role": self._role,
            "policy": lambda name: [("policy", fold_name(name))],
        }
        find = subjects.get(row.resource.type, self._eci)
        keys = dict.fromkeys(find(row.resource.id))
        return tuple(dict.fromkeys(address for key in keys for address in self._touched.get(key, ())))

    def _user(self, name: str) -> Iterable[tuple[str, str]]:
        yield "IMSUser", fold_name(name)
        for grants in self._grants:
            yield from (("IMSGroup", fold_name(group)) for group in grants.groups_of(name))
            yield from (("policy", fold_name(str(held.policy))) for held in grants.user(name).held)

    def _role(self, name: str) -> Iterable[tuple[str, str]]:
        yield "ServiceRole", fold_name(name)
        for grants in self._grants:
            yield from (("policy", fold_name(str(held.policy))) for held in grants.role(name).held)

    def _eci(self, name: str) -> Iterable[tuple[str, str]]:
        yield "eci", name
        if role := self._roles.get(name):
            yield from self._role(role)
