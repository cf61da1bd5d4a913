"""Which permissions each identity of an account gained and lost between two inventories.

A permission is one action that an identity may perform somewhere, under some condition. Both inventories are
evaluated call by call (`call_cells`); identities that hold the same documents on both sides are evaluated once.
Resources that come and go change nothing: what an identity may do to a resource follows from the resource's tags,
resource group and ARN. A resource that exists on both sides with other tags, or in another group, is compared too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from ..inventory.facts import Inventory, Unreadable
from ..messages import describe_error, join_words
from .authorization import LISTED_BY_GROUP, PASS_ROLE, Call
from .call_cells import Cell, TooManyCells, eci_cells, role_cells, touched_by
from .decision import AccessDecision, Principal
from .eci_actions import ACTIONS
from .held_policies import Ground
from .patterns import TooManyPatterns
from .permission_causes import Source, causes, source_of
from .permission_gaps import gap_rows
from .permission_meaning import same_meaning
from .permission_places import Places, Recorded
from .permission_reach import Assumed, Reach, ReachComparison, reach_of
from .permission_resources import ChangedResources, Name
from .permission_rows import Direction, Permission, PermissionChanges
from .permission_sides import NOBODY, Identity, Side, Signature
from .settings import Settings
from .statement_fits import may_fit_role
from .statement_forms import conditions_of
from .three_valued import Truth
from .trust_changes import trust_outcomes
from .trust_document import ASSUME_ROLE, canonical

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
        self.found: dict[str, set[Permission]] = defaultdict(set)
        self._pairs: dict[tuple[Signature, Signature], list[Identity]] = defaultdict(list)

    def changes(self, reach: Reach | None) -> PermissionChanges:
        self._unread_lists()
        for identity in sorted(self.then.identities | self.now.identities):
            if self._is_unread(identity):
                continue
            pair = (self.then.signature(identity), self.now.signature(identity))
            self._pairs[pair].append(identity)
        for (before, after), identities in self._pairs.items():
            changed = before != after and not same_meaning(before, after)
            self._compare(identities, changed=changed)
        self._resources_that_changed()
        self._roles()
        if reach is not None:
            self._reach(reach)
        return PermissionChanges(
            *(
                tuple(sorted(self.found[kind], key=lambda permission: permission.key))
                for kind in ("gained", "lost", "not_compared")
            )
        )

    def _unread_lists(self) -> None:
        """What one side could not read is not compared."""
        for side, when in ((self.then, "then"), (self.now, "now")):
            for kind, cause in side.unread:
                self._doubt(f"{kind}/*", None, "account", f"{when}: {describe_error(cause)}")
        for row in self._gaps:
            self._doubt(row.identity, row.action, row.where, row.why)

    def _is_unread(self, identity: Identity) -> bool:
        """Whether it is not known if one side has the identity."""
        return any(
            identity not in side.identities
            and any(identity.startswith(f"{kind}/") for kind, _ in side.unread)
            for side in (self.then, self.now)
        )

    def _doubt(self, identity: Identity, action: str | None, where: str, why: str) -> None:
        self.found["not_compared"].add(Permission(identity, action, where, why))

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
                self._doubt(identity, None, "account", why)
        if not changed:
            return
        for actions in _alike(before, after):
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
        if not quiet and _meaning(named[0]) == _meaning(named[1]):
            return
        try:
            cells = self._cells(actions[0], before, after)
        except (TooManyCells, TooManyPatterns):
            for identity, action in product(identities, actions):
                self._doubt(
                    identity, action, "account", "its statements tell too many calls apart to try them"
                )
            return
        grounds = _grounds(actions[0], before, after)
        touched = cells if quiet else touched_by(_changed_grounds(named), cells)
        decided = [(cell, before.decide(cell.call), after.decide(cell.call)) for cell in touched]
        if not quiet:
            self._undecided(identities, actions, decided)
        places = Places(self.recorded, grounds, cells, self.now.inventory.account_id)
        for change in self._changes(decided, places):
            for action in actions:
                self._add(identities, replace(change, action=action))

    def _cells(self, action: str, before: Principal, after: Principal) -> list[Cell]:
        grounds = _grounds(action, before, after)
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
                self._doubt(identity, action, "account", f"not decided: {join_words(texts, most=2)}")

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
            self.found[change.direction].add(permission)

    def _resources_that_changed(self) -> None:
        """Resources of both sides with other tags, or in another group, than before."""
        changed = ChangedResources(self.then, self.now)
        if not changed.items:
            return
        for identities in self._pairs.values():
            before, after = (side.principal(identities[0]) for side in (self.then, self.now))
            for actions in _alike(before, after):
                row = ACTIONS.get(actions[0].lower())
                if row is None or row.id == "no":
                    continue
                for items in changed.told_apart(row, _grounds(row.action, before, after)):
                    call, moved = Call(row.action, items[0].old), Call(row.action, items[0].new)
                    outcomes = (before.decide(call), before.decide(moved), after.decide(moved))
                    for item, action in product(items, actions):
                        self._add_changed(identities, action, item.names, outcomes)

    def _add_changed(
        self,
        identities: list[Identity],
        action: str,
        names: Sequence[Name],
        verdicts: tuple[AccessDecision, AccessDecision, AccessDecision],
    ) -> None:
        was, moved, is_ = (decision.outcome for decision in verdicts)
        if "undecidable" in (was, is_) and was != is_:
            for identity in identities:
                self._doubt(
                    identity,
                    action,
                    join_words(name for name, _ in names),
                    "not decided after a change of the resource",
                )
            return
        if was == is_ or moved != is_:
            return  # nothing changed, or the policies did, which is compared apart
        direction: Direction = "gained" if is_ == "allowed" else "lost"
        verdict = verdicts[2] if is_ == "allowed" else verdicts[0]
        condition = _condition(verdict)
        for identity in identities:
            for name, why in names:
                self.found[direction].add(Permission(identity, action, name, why, condition))

    def _roles(self) -> None:
        """sts:AssumeRole counts where both the grant and the trust policy of the role allow it."""
        every_role = sorted(self.then.role_names | self.now.role_names)
        open_roles = [role for role in every_role if not self._same_trust(role)]
        for pair, identities in self._pairs.items():
            before, after = (side.principal(identities[0]) for side in (self.then, self.now))
            if not (before.may_allow(ASSUME_ROLE) or after.may_allow(ASSUME_ROLE)):
                continue
            same = pair[0] == pair[1] or _same_meaning_of(ASSUME_ROLE, before, after)
            for role in open_roles if same else every_role:
                if not (self._may_assume(before, role) or self._may_assume(after, role)):
                    continue
                verdicts = [self._assume(principal, role) for principal in (before, after)]
                if {verdict.outcome for verdict in verdicts} != {"denied"}:
                    for identity in identities:
                        self._compare_trust(identity, role, *verdicts)

    def _same_trust(self, role: str) -> bool:
        """Whether the trust policy of a role is known, and the same, on both sides."""
        documents = [side.trust(role) for side in (self.then, self.now)]
        exists = role in self.then.role_names and role in self.now.role_names
        return exists and isinstance(documents[0], str) and _same_document(*documents)

    def _may_assume(self, principal: Principal, role: str) -> bool:
        """Whether anything that an identity holds could allow it to assume a role: a cheap bound of the decision."""
        arn = f"acs:ram:*:{self.now.inventory.account_id}:role/{role}"
        return bool(principal.gaps) or any(
            ground.statement.effect != "Deny"
            and (
                ground.statement.resources is None
                or any(may_fit_role(pattern, arn) for pattern in ground.statement.resources)
            )
            for ground, _ in principal.naming(ASSUME_ROLE)
        )

    def _assume(self, principal: Principal, role: str) -> AccessDecision:
        arn = f"acs:ram::{self.now.inventory.account_id}:role/{role}"
        return principal.decide(Call(ASSUME_ROLE, arn=arn))

    def _compare_trust(
        self, identity: Identity, role: str, before: AccessDecision, after: AccessDecision
    ) -> None:
        allowed = [
            _both(verdict, side.trusts(role, identity))
            for side, verdict in ((self.then, before), (self.now, after))
        ]
        if None in allowed:
            self._compare_conditions(identity, role, before, after)
            return
        if allowed[0] == allowed[1]:
            return
        direction: Direction = "gained" if allowed[1] else "lost"
        self._add_trust(direction, identity, role, before, after)

    def _add_trust(
        self,
        direction: Direction,
        identity: Identity,
        role: str,
        before: AccessDecision,
        after: AccessDecision,
    ) -> None:
        came = direction == "gained"
        here, there = (self.now, self.then) if came else (self.then, self.now)
        verdict, other = (after, before) if came else (before, after)
        if other.outcome == "allowed":
            verb = "names" if came else "no longer names"
            why = f"trust: the trust policy of role/{role} {verb} {identity}"
            if there.trusts(role, identity) is None:
                why = f"trust: the trust policy of role/{role} has other conditions for {identity}"
            if role not in there.role_names:
                why = f"new identity: role/{role}" if came else f"identity removed: role/{role}"
        else:
            sources = (source_of(here, verdict), source_of(there, other))
            why = causes(identity, here, there, *sources, appeared=came)
        words = [_condition(verdict), here.trust_conditions(role, identity)]
        condition = " and ".join(filter(None, words))
        self.found[direction].add(Permission(identity, ASSUME_ROLE, f"role/{role}", why, condition))

    def _compare_conditions(
        self, identity: Identity, role: str, before: AccessDecision, after: AccessDecision
    ) -> None:
        """Compare call by call, where the conditions of trust policies tell calls apart."""
        verdicts = (before, after)
        policies = [
            side.trust_policy(role) if verdict.outcome == "allowed" else NOBODY
            for side, verdict in zip((self.then, self.now), verdicts, strict=True)
        ]
        doubtful = "undecidable" in (before.outcome, after.outcome)
        if doubtful or policies[0] is None or policies[1] is None:
            self._doubt_trust(identity, role, *verdicts)
            return
        outcomes = trust_outcomes(policies[0], policies[1], *identity.split("/", 1))
        if (False, True) in outcomes:
            self._add_trust("gained", identity, role, *verdicts)
        if (True, False) in outcomes:
            self._add_trust("lost", identity, role, *verdicts)
        if any(None in pair for pair in outcomes) and not outcomes & {(False, True), (True, False)}:
            self._doubt_trust(identity, role, *verdicts)

    def _doubt_trust(
        self, identity: Identity, role: str, before: AccessDecision, after: AccessDecision
    ) -> None:
        """Nothing is compared where a trust policy was not read, or where what is not decided has changed."""
        if self._is_unread(f"role/{role}"):
            return  # the list of roles could not be read: listed once
        documents = [side.trust(role) for side in (self.then, self.now)]
        same = before.outcome == after.outcome and _same_document(*documents)
        if any(isinstance(document, Unreadable) for document in documents):
            if self._one_reading and not same:
                self._doubt(
                    identity, ASSUME_ROLE, f"role/{role}", "not decided: its trust policy could not be read"
                )
            return  # listed once per reason
        unread = dict.fromkeys(filter(None, (side.trust_problem(role) for side in (self.then, self.now))))
        if unread:
            self._doubt("*", ASSUME_ROLE, f"role/{role}", join_words(unread))
        elif not same:
            self._doubt(
                identity, ASSUME_ROLE, f"role/{role}", "not decided by the grants and the trust policy"
            )

    def _reach(self, reach: Reach) -> None:
        """What identities can reach in the end."""
        before, after = reach(self.then.inventory), reach(self.now.inventory)
        assumed: Assumed = {"gained": self._assumed("gained"), "lost": self._assumed("lost")}
        comparison = ReachComparison(self.then, self.now, assumed)
        for identity in before.keys() | after.keys():
            if self._is_unread(identity):
                continue
            for kind, row in comparison.rows(identity, before.get(identity, {}), after.get(identity, {})):
                self.found[kind].add(row)

    def _assumed(self, direction: Direction) -> set[tuple[str, str]]:
        """The roles that identities may assume, or may no longer assume."""
        return {(row.identity, row.where) for row in self.found[direction] if row.action == ASSUME_ROLE}


def _changed_grounds(named: list[tuple[tuple[Ground, Truth], ...]]) -> list[Ground]:
    """The statements that only one of the sides has."""
    before, after = (_meaning(side) for side in named)
    both = before & after
    return [pair[0] for side in named for pair in side if not _meaning([pair]) <= both]


def _same_meaning_of(action: str, before: Principal, after: Principal) -> bool:
    """Whether two principals hold statements about an action that say the same."""
    return before.gaps == after.gaps and all(
        _meaning(old) == _meaning(new)
        for old, new in (
            (before.naming(action), after.naming(action)),
            (before.naming_in_ceiling(action), after.naming_in_ceiling(action)),
        )
    )


def _grounds(action: str, *principals: Principal) -> list[Ground]:
    """The statements about an action, those of control policies too: they tell calls apart as well."""
    return [
        ground
        for principal in principals
        for ground, _ in (*principal.naming(action), *principal.naming_in_ceiling(action))
    ]


def _same_document(old: str | Unreadable | None, new: str | Unreadable | None) -> bool:
    """Whether two trust policies say the same, however they are spelled."""
    if isinstance(old, str) and isinstance(new, str):
        return old == new or canonical(old) == canonical(new)
    return old == new


def _both(verdict: AccessDecision, trusts: bool | None) -> bool | None:
    if verdict.outcome == "denied" or trusts is False:
        return False
    return trusts if verdict.outcome == "allowed" else None


def _alike(before: Principal, after: Principal) -> Iterator[list[str]]:
    """The actions that both principals are asked about, those together that are decided alike."""
    together: dict[object, list[str]] = defaultdict(list)
    for row in ACTIONS.values():
        own_rules = row.action if row.action == LISTED_BY_GROUP else ""
        named = tuple(
            tuple(
                (id(ground.grant), ground.statement.index, truth)
                for ground, truth in (*principal.naming(row.action), *principal.naming_in_ceiling(row.action))
            )
            for principal in (before, after)
        )
        together[replace(row, name=own_rules), named].append(row.action)
    yield from together.values()
    yield [PASS_ROLE]


def _meaning(named: Iterable[tuple[Ground, Truth]]) -> frozenset[object]:
    """What the statements that name an action say, however they are spread over policies."""
    return frozenset(
        (
            ground.grant.scope,
            ground.statement.effect,
            frozenset(ground.statement.resources or ()),
            conditions_of(ground.statement),
            ground.statement.problem,
            truth,
        )
        for ground, truth in named
    )


def _key(
    direction: Direction, here: Side, verdict: AccessDecision, there: Side, other: AccessDecision
) -> tuple[Direction, str, Source | None, Source | None]:
    return direction, _condition(verdict), source_of(here, verdict), source_of(there, other)


def _condition(verdict: AccessDecision) -> str:
    """The condition of the statement that allows a call."""
    if verdict.ground is None:
        return ""
    return " and ".join(map(str, verdict.ground.statement.conditions))
