"""What a closure knows while it runs: who is acted as, what is reached, which steps wait."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count

from ..budget import OutOfBudget
from ..decision import Principal
from .action_sets import ENTERING, MAKING, OPENING, OUTLASTING
from .ask import Ask
from .changers import Changers
from .edge import Edge
from .edges import Edges
from .helpers import Helpers
from .members import Branch, Chain, Member
from .model import Identity, Step, merged
from .move import Move
from .states import State


class ClosureState:
    """What one identity comes to act as. `at_best` makes it the possible closure."""

    def __init__(self, ask: Ask, edges: Edges, start: Identity, *, at_best: bool) -> None:
        self._ask = ask
        self._edges = edges
        self._rights = edges.rights
        self.start = start
        self.at_best = at_best
        self.members: dict[Identity, Member] = {}
        self.before: ClosureState | None = None
        self.opened_by: Move | None = None
        self.only_certain = True
        """Whether every step that was taken is certain by itself."""
        self.cut = ""
        """Why not every step was followed; empty where each was."""
        self.reached: dict[str, tuple[Step, ...]] = {}
        self.reached_otherwise: dict[str, tuple[Step, ...]] = {}
        """The paths to roles that end in another step than passing the role to a service."""
        self.eci_on_group: tuple[Step, ...] = ()
        """The shortest path to any permission of ECI on some resource group, empty where there is none."""
        self.branches: dict[object, Branch] = {}
        self.everything: tuple[Step, ...] | None = None
        self.everything_by = start
        self.helpers = Helpers(edges)
        self._changers = Changers(edges.changes)
        self._by_name: dict[str, Identity] = {}
        self._moves: set[object] = set()
        self._seen_moves: set[int] = set()
        """The tuples of moves that were looked at, by their ids: they are remembered for good."""
        self._creates = False
        """Whether some member may be allowed to create a user or a role."""
        self._created: set[object] = set()
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._acted_as: set[Identity] = set()
        self._entered: set[Identity] = set()
        self._able_to: dict[str, tuple[tuple[Identity, Chain], ...]] = {}
        self._queued: dict[int, set[Identity]] = {}
        self._openers: dict[Identity, Principal] = {}
        """Who may be allowed to open a way for others, with the present grants for it."""
        self._goers: dict[Identity, Principal] = {}
        """Who may be allowed to go a way that others open, with the present grants for it."""
        self._crew: tuple[State, ...] = ()
        self._new_helpers: list[tuple[State, tuple[Step, ...]]] = []

    def _begin_after(self, before: ClosureState, move: Move) -> None:
        """Begin with everything that another closure has reached, and with a move of its branches."""
        self.before, self.opened_by = before, move
        self.members = dict(before.members)
        self._by_name = dict(before._by_name)
        self.reached = dict(before.reached)
        self.reached_otherwise = dict(before.reached_otherwise)
        self.eci_on_group = before.eci_on_group
        self._changers = before._changers.copy()
        self._moves = (before._moves - before.branches.keys()) | {move.key}
        self._created = set(before._created)
        self._acted_as, self._entered = set(before._acted_as), set(before._entered)
        self._openers, self._goers = dict(before._openers), dict(before._goers)
        self._creates = before._creates

    def able(self, action: str) -> tuple[tuple[Identity, Chain], ...]:
        """The members that can make other calls than in the closure that this one branches off from, and that may be
        allowed an action: each with its states in which it may be, and the steps to them."""
        able = self._able_to.get(action)
        if able is None:
            able = self._able_to[action] = tuple(self._find_able(action))
        return able

    def _find_able(self, action: str) -> Iterator[tuple[Identity, Chain]]:
        actions = (action, "ram:CreateResourceGroup")
        for identity, member in self._changed_members():
            if self.everything is None or len(member.path) <= len(self.everything):
                states = tuple(pair for pair in member.states if self._rights.may(pair[0], actions))
                if states:
                    yield identity, states

    def _changed_members(self) -> Iterator[tuple[Identity, Member]]:
        before = self.before
        same_crew = before is not None and before.helpers.crew is self.helpers.crew
        for identity, member in self.members.items():
            if before is None or not same_crew or before.members.get(identity) != member:
                yield identity, member

    @property
    def edges(self) -> Edges:
        """The steps that states can take."""
        return self._edges

    @property
    def loses_no_change(self) -> bool:
        """Whether the change that opened the branch takes no right to change identities or resources away. With such a
        right, something may be changed first that counts only after the loss: no closure here follows that."""
        move = self.opened_by
        return move is None or not any(
            statement.effect != kept
            for grants, kept in ((move.drop, "Deny"), (move.add, "Allow"))
            for held in grants
            for action in OUTLASTING
            for statement, _ in held.grant.document.naming(action)
        )

    def _reach(self, name: str | None, path: tuple[Step, ...]) -> None:
        if name is not None:
            self.reached.setdefault(name, path)

    # Questions about it

    def _is_needless(self, path: tuple[Step, ...]) -> bool:
        """Whether all that can follow a path follows as soon from an identity that may do everything."""
        return self.everything is not None and len(path) >= len(self.everything)

    def _is_included(self, path: tuple[Step, ...]) -> bool:
        """Whether an identity that may do everything comes right after a path: it includes all later changes."""
        return self.everything is not None and len(path) + 1 >= len(self.everything)

    def _is_new_kind(self, edge: Edge) -> bool:
        """Whether it is the first edge to a role that does not pass it to a service."""
        known = edge.passes_role or edge.target.kind == "user" or edge.target == self.start
        return not known and edge.target not in self._entered

    def path_of(self, actor: str) -> tuple[Step, ...]:
        """The steps to a member that takes a step for another one."""
        identity = self._by_name.get(actor)
        return () if identity is None else self.members[identity].path_now

    def _able(self, actions: tuple[str, ...]) -> tuple[State, ...]:
        """The members that may be allowed one of these actions, in their present states."""
        return tuple(member.now for member in self.members.values() if self._rights.may(member.now, actions))

    def _is_everything(self, state: State) -> bool:
        return self._rights.has_everything(state, at_best=self.at_best)

    def _new_moves(self, grants: Principal, gainer: State) -> Iterator[Move]:
        """The changes by some grants that were not made before: of the same tuple each was looked at already."""
        for moves in self._edges.changes.of(grants, gainer):
            if id(moves) not in self._seen_moves:
                self._seen_moves.add(id(moves))
                for move in moves:
                    follows = move.step.certain or self.at_best
                    if follows and move.key not in self._moves and not gainer.has_account_wide(move.attaches):
                        yield move

    # Members that open ways for others

    def _note_opener(self, identity: Identity, state: State) -> None:
        """Remember an identity that may be allowed to open ways for others, to go such ways, or to create
        identities."""
        self._creates = self._creates or self._rights.may(state, MAKING)
        if identity in self._openers or self._rights.may(state, OPENING):
            self._openers[identity] = self._edges.opened.opening(state)
        if identity in self._goers or self._rights.may(state, ENTERING):
            self._goers[identity] = self._edges.opened.going(state)

    def _opened_with(
        self, identity: Identity, state: State, path: tuple[Step, ...]
    ) -> Iterator[tuple[State, State, tuple[Step, ...]]]:
        """The pairs of an identity with another member of which one opens a way that the other one goes: who opens it,
        who goes it, and the steps to both."""
        opened, nobody = self._edges.opened, set[Principal]()
        opens, goes = self._rights.may(state, OPENING), self._rights.may(state, ENTERING)
        goers = opened.goers(state, set(self._goers.values())) if opens else nobody
        openers = opened.openers(state, set(self._openers.values())) if goes else nobody
        for other in list(self.members if opens else self._openers) if goers or openers else ():
            if other == identity:
                continue
            member = self.members[other]
            if self._goers.get(other) in goers and self._rights.may(member.now, ENTERING):
                yield state, member.now, merged(path, member.path_now)
            if self._openers.get(other) in openers and self._rights.may(member.now, OPENING):
                yield member.now, state, merged(member.path_now, path)

    # The steps that wait, by the lengths of their paths

    def _drain(self) -> None:
        """Take the steps that wait, the shortest paths first, until none is left or the work is used up."""
        try:
            while self._queue:
                _, _, event = heapq.heappop(self._queue)
                self._ask.effort.spend()
                event()
        except OutOfBudget as spent:
            self.cut = str(spent)

    def _push(
        self, path: tuple[Step, ...], event: Callable[[], None], *, first: bool = False, last: bool = False
    ) -> None:
        """Queue an event by the length of its path; `first` before the others of that length, `last` after them."""
        heapq.heappush(self._queue, (3 * len(path) - first + last, next(self._order), event))
