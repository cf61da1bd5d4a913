"""The members of a crew who make a difference to what can be changed of a resource.

Crews are many, and most of their members change other resources: ways are shared by all crews that differ in these.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from ..authorization import Call, Target
from ..conditions import Condition, Conditions
from ..decision import Principal
from .ask import Ask
from .resource_candidates import Numbers
from .resources import MOVING, TRANSFERRING, after_moves, mover_of, retagged_before_a_move
from .retagging import (
    BY_TAG_SERVICE,
    TAGGING,
    grounds_for,
    needs_one_step,
    reachable_tags,
    tagging_conditions,
)
from .states import State

_CHANGING = tuple(dict.fromkeys((*TAGGING, *MOVING)))
_WHATEVER_THE_TAGS = (*BY_TAG_SERVICE, *TRANSFERRING)
"""The actions that do not turn on the tags that a resource has, as far as is known."""


class Crews:
    """Crews without those members who make no difference, remembered."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._first: dict[Hashable, tuple[State, ...]] = {}
        self._who_matter: dict[Hashable, tuple[State, ...]] = {}
        self._conditions: dict[tuple[State, ...], tuple[Condition, ...]] = {}
        self._conditions_of: dict[frozenset[Condition], tuple[Condition, ...]] = {}
        self._acts_first: dict[tuple[Principal, Target], bool] = {}
        self._meanings: dict[Principal, frozenset[tuple[int, str | None]] | None] = {}
        self._changeable: dict[tuple[State, ...], Numbers] = {}

    def changeable_by(self, crew: tuple[State, ...]) -> Numbers:
        """The recorded resources that somebody of a crew may change as they are now."""
        numbers = self._changeable.get(crew)
        if numbers is None:
            numbers = frozenset[int]().union(*map(self._changeable_by_one, crew))
            self._changeable[crew] = numbers
        return numbers

    def _changeable_by_one(self, state: State) -> Numbers:
        account = self._ask.account
        grants = account.narrowed(account.principal(state), _CHANGING)
        if any(grants.may_allow(action) for action in _WHATEVER_THE_TAGS):
            return account.resources.all
        return account.resources.about(grants, _CHANGING)

    def who_matter(self, actor: State, call: Call, crew: tuple[State, ...]) -> tuple[State, ...]:
        """Those of a crew who make a difference to the ways to a call."""
        target = call.target
        if not crew or target is None:
            return crew
        first = self._who_act_first(crew, target)
        if not first:
            return first
        conditions = self._ask.account.principal(actor).tag_conditions(call.action)
        targets = [target]
        if mover_of(self._ask, first, target).truth is not False:
            targets += [moved.target for _, moved in after_moves(self._ask, actor, call) if moved.target]
        elif retagged_before_a_move(self._ask, crew, target):
            return crew  # Who moves it makes no change of its own before.
        key = (tuple(targets), conditions, crew)
        who = self._who_matter.get(key)
        if who is None:
            who = self._who_matter[key] = self._with_followers(crew, first, targets, conditions)
        return who

    def _with_followers(
        self,
        crew: tuple[State, ...],
        first: tuple[State, ...],
        targets: list[Target],
        conditions: tuple[Condition, ...],
    ) -> tuple[State, ...]:
        """Those who act first, and those who may go on from the tags that are reached by then."""
        every = Conditions((*conditions, *self._tagging_conditions(crew)))
        who = first
        for target in targets:
            while not needs_one_step(self._ask, who, target, conditions):
                reached = [tags for _, tags in reachable_tags(self._ask, who, target, every)]
                able = {
                    state
                    for tags in reached
                    for state in self._who_act_first(crew, replace(target, tags=tags))
                }
                if able <= set(who):
                    break
                able.update(who)
                who = tuple(state for state in crew if state in able)
        return who

    def _tagging_conditions(self, crew: tuple[State, ...]) -> tuple[Condition, ...]:
        """The conditions on tags under which a crew changes tags: the same object for the same conditions."""
        conditions = self._conditions.get(crew)
        if conditions is None:
            found = tagging_conditions(self._ask, crew)
            conditions = self._conditions[crew] = self._conditions_of.setdefault(frozenset(found), found)
        return conditions

    def _who_act_first(self, crew: tuple[State, ...], target: Target) -> tuple[State, ...]:
        """Those who may change a resource as it is, in this or another group: without them nobody changes it. Who can
        do no more than an earlier one is left out."""
        key = (crew, target)
        first = self._first.get(key)
        if first is None:
            able = self._without_covered(crew, target, None)
            if mover_of(self._ask, able, target).truth is False and target.group:
                # Nobody moves it: what is held on other groups makes no difference.
                able = self._without_covered(able, target, frozenset({target.group}))
            first = self._first[key] = able
        return first

    def _without_covered(
        self, crew: tuple[State, ...], target: Target, groups: frozenset[str] | None
    ) -> tuple[State, ...]:
        """Those who may change a resource as it is by what they hold on some groups (None: on any)."""
        account, kept = self._ask.account, list[tuple[State, Principal]]()
        for state in crew:
            grants = account.narrowed(account.principal(state), _CHANGING)
            if not any(grants.may_allow(action) for action in _WHATEVER_THE_TAGS):
                grants = account.in_groups(grants, groups)
            if self._may_act_first(grants, target) and not any(
                self._covers(earlier, grants) for _, earlier in kept
            ):
                kept.append((state, grants))
        return tuple(state for state, _ in kept)

    def _may_act_first(self, grants: Principal, target: Target) -> bool:
        key = (grants, target)
        may = self._acts_first.get(key)
        if may is None:
            may = self._acts_first[key] = (
                bool(grants.gaps)
                or any(grants.may_allow(action) for action in _WHATEVER_THE_TAGS)
                or any(True for _ in grounds_for(grants, target))
            )
        return may

    def _covers(self, wide: Principal, narrow: Principal) -> bool:
        """Whether all that some grants allow is allowed by others too; False where that takes a closer look."""
        known, asked = self._plain(wide), self._plain(narrow)
        if known is None or asked is None:
            return False
        return all(grant in known or (grant[0], None) in known for grant in asked)

    def _plain(self, grants: Principal) -> frozenset[tuple[int, str | None]] | None:
        """What grants say, where each statement of them is a plain Allow."""
        if grants not in self._meanings:
            is_plain = not grants.gaps and all(
                grant.cause is None
                and all(
                    statement.effect == "Allow" and not statement.problem
                    for statement in grant.document.statements
                )
                for grant in grants.grants
            )
            alike = self._ask.account.alike_grants
            meanings = frozenset((alike.document(grant), grant.scope) for grant in grants.grants)
            self._meanings[grants] = meanings if is_plain else None
        return self._meanings[grants]
