"""The questions about escalation: what does an identity reach, and can it make a call in the end?"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from ...inventory.facts import Inventory
from ..authorization import Call
from ..budget import OutOfBudget
from ..public_decision import undecidable_decision
from .account import AccountIndex
from .ask import Ask
from .branches import branches, other_paths_of, path_on_group, paths_of
from .closure import Closure
from .edge import join_steps
from .edges import Decide, Edges
from .effort import EACH, POOL, Effort
from .model import ANY_PERMISSION, PASSING, Identity, Path, Reach, Reached, Step, merged
from .new_identities import by_its_name
from .prepared import losses, retagged_before
from .renaming import Renaming
from .resource_candidates import Numbers
from .states import State

if TYPE_CHECKING:
    from ..evaluator import Access
    from ..public_decision import Decision

End: TypeAlias = "tuple[tuple[Step, ...], Decision, bool]"
"""The end of a path: its steps, the decision on the call, and whether that allows the call."""
NO = Reach("no")
_END = 9
"""Units of work of looking at one identity that may make a call."""


class Escalation:
    """What the users and roles of one account reach. Identities that nothing tells apart are closed over once."""

    def __init__(self, inventory: Inventory, access: Access) -> None:
        self._account = AccountIndex(inventory, access)
        identities = len(self._account.identities.users) + len(self._account.identities.roles)
        self._effort = Effort(access.budget, pool=POOL + EACH * identities)
        self._ask = Ask(self._account, self._effort)
        self._edges = Edges(self._ask)
        self._first: dict[Hashable, Identity] = {}
        self._representatives: dict[Identity, Identity] = {}
        self._closures: dict[Identity, tuple[tuple[Closure, ...], Closure | None]] = {}
        self._reached: dict[Identity, tuple[Reached, ...]] = {}
        self._answers: dict[Hashable, Reach] = {}
        self._open: dict[tuple[Identity, str], Numbers] = {}
        self._calls: dict[Call, Call] = {}
        """The calls that were asked about: each by its first, so that it is remembered by its id."""

    @property
    def work(self) -> int:
        """The units of work that following steps has taken so far."""
        return self._effort.used

    def reach(self, identity: Identity) -> tuple[Reached, ...]:
        """Everything that an identity reaches by at least one step, each with its shortest paths: a certain one,
        or else a possible one."""
        first = self.representative(identity)
        reached = self._reached.get(first)
        if reached is None:
            reached = self._reached[first] = self._reach(first)
        if first == identity:
            return reached
        return Renaming(str(first), str(identity)).of_all(reached)

    def reaches(self, identity: Identity, call: Call, decide: Decide | None = None) -> Reach:
        """Whether an identity can make a call in the end. `decide` decides the call for one principal, in place of
        `Access.decide_call`; it must be the same for equal calls."""
        first = self.representative(identity)
        if not self._may_reach(first, call):
            return NO
        call = self._calls.setdefault(call, call)
        key = (first, id(call), decide)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._reaches(
                first, call, decide or self._account.access.decide_call
            )
        if first == identity:
            return answer
        return replace(answer, paths=tuple(map(Renaming(str(first), str(identity)).path, answer.paths)))

    def _may_reach(self, first: Identity, call: Call) -> bool:
        """Whether the call may be made on its resource, as far as that is seen without a decision."""
        number = None if call.target is None else self._account.resources.number(call.target)
        if number is None:
            return True
        numbers = self._open.get((first, call.action))
        if numbers is None:
            numbers = self._open[first, call.action] = self._open_resources(first, call.action)
        return number in numbers

    def _open_resources(self, first: Identity, action: str) -> Numbers:
        """The recorded resources on which an identity may come to make a call."""
        certain, possible = self._both(first)
        if self._cut(first):
            return self._account.resources.all
        self._effort.start(first)
        try:
            return self._open_to(certain if possible is None else (*certain, possible), action)
        except OutOfBudget:
            return self._account.resources.all

    def _open_to(self, closures: tuple[Closure, ...], action: str) -> Numbers:
        """The recorded resources on which the members of some closures may make a call."""
        account, numbers = self._account, frozenset[int]()
        able = [state for closure in closures for _, states in closure.able(action) for state, _ in states]
        for closure in closures if able else ():
            # What somebody changes in one closure counts in another one that follows it.
            numbers |= self._edges.instances.crews.changeable_by(closure.helpers.crew)
        for state in able:
            self._effort.spend()
            narrow = account.narrowed(account.principal(state), (action,))
            numbers |= account.resources.about(narrow, (action,))
        return numbers

    def representative(self, identity: Identity) -> Identity:
        """The first identity that nothing in the account tells apart from this one."""
        first = self._representatives.get(identity)
        if first is None:
            first = self._representatives[identity] = self._first.setdefault(self._key(identity), identity)
        return first

    def _key(self, identity: Identity) -> Hashable:
        """What the account sees of an identity."""
        account = self._account
        state = account.state(identity)
        return (
            account.principal(state),
            account.trusts.class_of(identity),
            account.arn_key(identity.kind, identity.name),
            account.groups_of(identity.name) if identity.kind == "user" else self._way_in(identity.name),
        )

    def _way_in(self, role: str) -> Hashable:
        """What tells roles with the same grants apart, seen from others: its trust, and the instances that carry it."""
        account = self._account
        return account.trusts.policies.get(role), role if role in account.carriers.by_role else ""

    def _both(self, first: Identity) -> tuple[tuple[Closure, ...], Closure | None]:
        """The certain closures, and the possible one where it can show more."""
        closures = self._closures.get(first)
        if closures is None:
            self._effort.start(first)
            certain = Closure(self._ask, self._edges, first, at_best=False).run()
            if certain.everything is not None:
                closures = ((certain,), None)
            else:
                possible = Closure(self._ask, self._edges, first, at_best=True).run()
                after, are_all = branches(certain)
                plain = possible.only_certain and possible.everything is None and not possible.cut
                exact = are_all and plain and all(closure.loses_no_change for closure in after)
                closures = ((certain, *after), None if exact else possible)
            self._closures[first] = closures
        return closures

    def _reach(self, first: Identity) -> tuple[Reached, ...]:
        certain, possible = self._both(first)
        paths = paths_of(certain)
        paths |= self._groups_by_everything(certain[0], paths)
        sure = frozenset(paths)
        more = {} if possible is None else paths_of([possible])
        others = {} if possible is None else other_paths_of([possible])
        others |= other_paths_of(certain)
        on_group = path_on_group(certain) or path_on_group([] if possible is None else [possible])
        if on_group is not None and ANY_PERMISSION not in sure:
            more |= {
                ANY_PERMISSION: on_group if on_group.only_on_group else more.get(ANY_PERMISSION, on_group)
            }
        paths = {**more, **paths}
        results = [Reached(name, _both_kinds(path, others.get(name))) for name, path in paths.items()]
        results = sorted(results, key=lambda result: (len(result.paths[0].steps), result.name))
        cut = self._cut(first)
        if cut and ANY_PERMISSION not in sure:
            # What was not followed may lead to anything.
            unfollowed = Reached(ANY_PERMISSION, (Path(ANY_PERMISSION, works=False, doubt=cut),))
            results = [*(result for result in results if result.name != ANY_PERMISSION), unfollowed]
        return tuple(results)

    def _cut(self, first: Identity) -> str:
        """Why not every step of an identity was followed; empty where each was."""
        certain, possible = self._both(first)
        return certain[0].cut if possible is None else possible.cut

    def _groups_by_everything(self, closure: Closure, known: dict[str, Path]) -> dict[str, Path]:
        """The groups that an identity which may do everything adds a user to: a step that its closure leaves out."""
        if closure.everything is None:
            return {}
        users = [user for user in closure.members if user.kind == "user" and not user.new]
        paths_to_groups: dict[str, Path] = {}
        for group in self._account.identities.groups:
            name = f"group/{group}"
            outside = (user for user in users if group not in self._account.groups_of(user.name))
            user = next(outside, None)
            if name not in known and user is not None:
                path = closure.members[user].path
                step = join_steps(closure.everything_by, user, group)
                paths_to_groups[name] = by_its_name(Path(name, merged(path, closure.everything, (step,))))
        return paths_to_groups

    def _reaches(self, first: Identity, call: Call, decide: Decide) -> Reach:
        certain, possible = self._both(first)
        cut = self._cut(first)
        self._effort.start(first)
        try:
            # The possible closure allows whatever a certain one allows: where it allows nothing, the answer is no.
            maybe = [] if possible is None else list(self._ends(possible, call, decide))
            if possible is not None and not maybe and not cut:
                return NO
            ends = [end for closure in certain for end in self._ends(closure, call, decide)]
        except OutOfBudget as spent:
            ends, maybe, cut = [], [], str(spent)
        if cut and not any(end[2] and end[0].certain for end in ends):
            return self._unfollowed(first, call, decide, cut)
        surely = [end for end in ends if end[2] and end[0].certain]
        if surely:
            return _as_reach("yes", surely)
        return _as_reach("undecidable", [*ends, *maybe]) if ends or maybe else NO

    def _unfollowed(self, first: Identity, call: Call, decide: Decide, cut: str) -> Reach:
        """The answer where not every step was followed: what the identity is allowed itself, else undecidable."""
        principal = self._account.principal(self._account.state(first))
        decision = decide(principal, call)
        path = Path(str(first), doubt="" if decision.outcome == "allowed" else cut)
        if decision.outcome == "allowed":
            return Reach("yes", (path,), (decision,))
        return Reach("undecidable", (path,), (undecidable_decision(principal, call, cut),))

    def _ends(self, closure: Closure, call: Call, decide: Decide) -> Iterator[tuple[Path, Decision, bool]]:
        """The paths to identities that can make the call, or may: each with the decision, and whether it allows."""
        for identity, states in closure.able(call.action):
            ends = (self._end(closure, state, path, call, decide) for state, path in states)
            end = _first_that_allows(ends)
            if end is not None:
                path = by_its_name(Path(str(identity), end[0], works=not closure.at_best))
                yield path, end[1], end[2]

    def _end(
        self, closure: Closure, state: State, path: tuple[Step, ...], call: Call, decide: Decide
    ) -> End | None:
        self._effort.spend(_END)
        crew = () if call.target is None else closure.helpers.crew
        doubt = None
        for way in self._edges.ways_to(state, call, crew, decide, _name(call)):
            steps = closure.helpers.steps(way.steps, state)
            paths = [closure.path_of(step.actor) for step in steps]
            whole = merged(path, *paths, steps)
            decision = self._edges.as_held_by(state, way.answer.decisions[0])
            if way.truth is True:
                return whole, decision, True
            doubt = doubt or (whole, decision, False)
        return self._prepared_end(closure, state, path, call, decide) or doubt

    def _prepared_end(
        self, closure: Closure, state: State, path: tuple[Step, ...], call: Call, decide: Decide
    ) -> End | None:
        """The end by which the resource got its tags before the right to change them was lost."""
        for former, loss, _ in () if call.target is None else losses(closure, path):
            if former.helpers.crew is closure.helpers.crew:
                continue
            for way in self._edges.ways_to(state, call, former.helpers.crew, decide, _name(call)):
                steps = former.helpers.steps(way.steps, state)
                whole = retagged_before(path, loss, former, steps) if steps and way.truth is True else None
                if whole is not None:
                    return whole, self._edges.as_held_by(state, way.answer.decisions[0]), True
        return None


def _both_kinds(path: Path, other: Path | None) -> tuple[Path, ...]:
    """The path, and the other one where only the first passes a role to a service."""
    passes = bool(path.steps) and path.steps[-1].step in PASSING
    return (path, other) if passes and other is not None else (path,)


def _first_that_allows(ends: Iterable[End | None]) -> End | None:
    """The first end that certainly allows the call, else the first that may."""
    doubt: End | None = None
    for end in ends:
        if end is not None and end[2]:
            return end
        doubt = doubt or end
    return doubt


def _name(call: Call) -> str:
    return call.target.id or call.target.kind or "" if call.target is not None else ""


def _as_reach(outcome: str, ends: list[tuple[Path, Decision, bool]]) -> Reach:
    """The shortest path to each identity, shortest first."""
    best: dict[str, tuple[Path, Decision, bool]] = {}
    for end in sorted(ends, key=lambda end: (len(end[0].steps), not end[0].certain)):
        best.setdefault(end[0].reaches, end)
    return Reach(
        outcome,  # type: ignore[arg-type]
        tuple(path for path, _, _ in best.values()),
        tuple(decision for _, decision, _ in best.values()),
    )
