"""Which permissions each identity of an account gained and lost between two inventories.

A permission is one action that an identity may perform somewhere, under some condition. Both inventories are
evaluated call by call (`call_cells`); identities that hold the same documents on both sides are evaluated once.
Resources that come and go change nothing: what an identity may do to a resource follows from the resource's tags,
resource group and ARN. A resource that exists on both sides with other tags, or in another group, is compared too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from ..inventory.facts import Inventory
from ..messages import describe_error, join_words
from .authorization import PASS_ROLE
from .call_cells import Cell, TooManyCells, eci_cells, role_cells, touched_by
from .decision import AccessDecision, Principal
from .eci_actions import ACTIONS
from .patterns import TooManyPatterns
from .permission_causes import Source, allowing_condition, causes, source_of
from .permission_changed_resources import ChangedResourceComparison
from .permission_gaps import gap_rows
from .permission_meaning import same_meaning
from .permission_places import Places, Recorded
from .permission_reach import Assumed, Reach, ReachComparison, reach_of
from .permission_roles import RoleComparison
from .permission_rows import Direction, Permission, PermissionChanges, PermissionRows
from .permission_sides import Identity, Side, Signature, is_unread
from .permission_statements import (
    actions_decided_alike,
    changed_grounds,
    grounds_about,
    meaning_of,
)
from .settings import Settings
from .trust_document import ASSUME_ROLE

__all__ = ["Permission", "PermissionChanges", "compare_permissions", "reach_of"]


@dataclass(frozen=True)
class _Change:
    """A change for everybody who holds the same: `allow` and `deny` are what allows it on one side, and what
    denies it on the other."""

    direction: Direction
    action: str
    where: str
    condition: str
    allow: Source | None
    deny: Source | None


def compare_permissions(
    then: Inventory,
    now: Inventory,
    default_group_then: str | None = None,
    default_group_now: str | None = None,
    reach: Reach | None = None,
    settings: Settings | None = None,
    *,
    one_reading: bool = False,
) -> PermissionChanges:
    """The permissions that changed from one inventory of an account to another.

    `default_group_…` is the configured default resource group; `reach` adds what identities can reach in the end.
    `settings` are what the owner of the account settles: they count on both sides. `one_reading` says that `now` is
    `then` with a planned change: what could not be read is the same on both sides.
    """
    before = Side(then, default_group_then, settings)
    after = Side(now, default_group_now, settings)
    return _Comparison(before, after, one_reading=one_reading).changes(reach)


class _Comparison:
    def __init__(self, then: Side, now: Side, *, one_reading: bool) -> None:
        self.then, self.now = then, now
        self._one_reading = one_reading
        self._gaps = gap_rows(then, now, one_reading=one_reading)
        self.recorded = Recorded(then, now)
        self.rows = PermissionRows()
        self._pairs: dict[tuple[Signature, Signature], list[Identity]] = defaultdict(list)

    def changes(self, reach: Reach | None) -> PermissionChanges:
        self._unread_lists()
        for identity in sorted(self.then.identities | self.now.identities):
            if is_unread(identity, self.then, self.now):
                continue
            pair = (self.then.signature(identity), self.now.signature(identity))
            self._pairs[pair].append(identity)
        for (before, after), identities in self._pairs.items():
            changed = before != after and not same_meaning(before, after)
            self._compare(identities, changed=changed)
        ChangedResourceComparison(self.then, self.now, self.rows).compare(self._pairs.values())
        roles = RoleComparison(self.then, self.now, self.rows, one_reading=self._one_reading)
        roles.compare(self._pairs)
        if reach is not None:
            self._reach(reach)
        return self.rows.changes()

    def _unread_lists(self) -> None:
        """What one side could not read is not compared."""
        for side, when in ((self.then, "then"), (self.now, "now")):
            for kind, cause in side.unread:
                self.rows.doubt(f"{kind}/*", None, "account", f"{when}: {describe_error(cause)}")
        for row in self._gaps:
            self.rows.doubt(row.identity, row.action, row.where, row.why)

    def _compare(self, identities: list[Identity], *, changed: bool) -> None:
        """Compare identities that hold the same as each other, then and now."""
        before, after = (side.principal(identities[0]) for side in (self.then, self.now))
        unread = [
            f"{when}: {describe_error(cause)}"
            for when, principal in (("then", before), ("now", after))
            for cause in principal.causes
        ]
        for why in unread:
            for identity in identities:
                self.rows.doubt(identity, None, "account", why)
        if not changed:
            return
        for actions in actions_decided_alike(before, after):
            self._compare_actions(identities, actions, before, after, quiet=bool(unread))

    def _compare_actions(
        self,
        identities: list[Identity],
        actions: list[str],
        before: Principal,
        after: Principal,
        *,
        quiet: bool,
    ) -> None:
        """Compare actions that are decided alike: the first stands for all."""
        named = [principal.naming(actions[0]) for principal in (before, after)]
        if not quiet and meaning_of(named[0]) == meaning_of(named[1]):
            return
        try:
            cells = self._cells(actions[0], before, after)
        except (TooManyCells, TooManyPatterns):
            for identity, action in product(identities, actions):
                self.rows.doubt(
                    identity, action, "account", "its statements tell too many calls apart to try them"
                )
            return
        grounds = grounds_about(actions[0], before, after)
        touched = cells if quiet else touched_by(changed_grounds(named), cells)
        decided = [(cell, before.decide(cell.call), after.decide(cell.call)) for cell in touched]
        if not quiet:
            self._undecided(identities, actions, decided)
        places = Places(self.recorded, grounds, cells, self.now.inventory.account_id)
        for change in self._changes(decided, places):
            for action in actions:
                self._add(identities, replace(change, action=action))

    def _cells(self, action: str, before: Principal, after: Principal) -> list[Cell]:
        grounds = grounds_about(action, before, after)
        statements = [ground.statement for ground in grounds]
        account_id = self.now.inventory.account_id
        if action == PASS_ROLE:
            return role_cells(statements, self.then.role_names | self.now.role_names, account_id)
        row = ACTIONS[action.lower()]
        return eci_cells(row, statements, [ground.grant.scope for ground in grounds], account_id)

    def _undecided(
        self,
        identities: list[Identity],
        actions: list[str],
        decided: list[tuple[Cell, AccessDecision, AccessDecision]],
    ) -> None:
        """Actions of which a call cannot be decided on one side are not compared."""
        doubtful = [
            decision for _, *both in decided for decision in both if decision.outcome == "undecidable"
        ]
        if doubtful:
            texts = dict.fromkeys(question.text for verdict in doubtful for question in verdict.questions)
            for identity, action in product(identities, actions):
                self.rows.doubt(identity, action, "account", f"not decided: {join_words(texts, most=2)}")

    def _changes(
        self, decided: list[tuple[Cell, AccessDecision, AccessDecision]], places: Places
    ) -> Iterator[_Change]:
        """The changes of one action, those that the same statements bring about together."""
        together: dict[tuple[Direction, str, Source | None, Source | None], list[Cell]] = defaultdict(list)
        for cell, before, after in decided:
            outcomes = (before.outcome, after.outcome)
            if outcomes == ("denied", "allowed"):
                key = _key("gained", self.now, after, self.then, before)
            elif outcomes == ("allowed", "denied"):
                key = _key("lost", self.then, before, self.now, after)
            else:
                continue
            together[key].append(cell)
        for (direction, condition, allow, deny), cells in together.items():
            action = cells[0].call.action
            yield _Change(direction, action, places.words(cells), condition, allow, deny)

    def _add(self, identities: Iterable[Identity], change: _Change) -> None:
        for identity in identities:
            here, there = (self.now, self.then) if change.direction == "gained" else (self.then, self.now)
            why = causes(identity, here, there, change.allow, change.deny, appeared=here is self.now)
            permission = Permission(identity, change.action, change.where, why, change.condition)
            self.rows.add(change.direction, permission)

    def _reach(self, reach: Reach) -> None:
        """What identities can reach in the end."""
        before, after = reach(self.then.inventory), reach(self.now.inventory)
        assumed: Assumed = {"gained": self._assumed("gained"), "lost": self._assumed("lost")}
        comparison = ReachComparison(self.then, self.now, assumed)
        for identity in before.keys() | after.keys():
            if is_unread(identity, self.then, self.now):
                continue
            for kind, row in comparison.rows(identity, before.get(identity, {}), after.get(identity, {})):
                self.rows.add(kind, row)

    def _assumed(self, direction: Direction) -> set[tuple[str, str]]:
        """The roles that identities may assume, or may no longer assume."""
        return {(row.identity, row.where) for row in self.rows.of_action(direction, ASSUME_ROLE)}


def _key(
    direction: Direction, here: Side, verdict: AccessDecision, there: Side, other: AccessDecision
) -> tuple[Direction, str, Source | None, Source | None]:
    return direction, allowing_condition(verdict), source_of(here, verdict), source_of(there, other)
