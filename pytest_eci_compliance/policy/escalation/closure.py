"""The closure: everything that an identity comes to act as, and to have, by chains of steps.

One *closure* is monotone: identities are only added to those that are acted as (the crew), grants are only added to
what each of them has. It ends, because there are finitely many identities, policies, groups and attachments, and it
takes each step at most once per state of an identity.

Three kinds of closures decide together:

- The *certain* closure takes only certain steps, and only those changes of an identity by which it certainly loses
  nothing (a policy without Deny, a rewritten policy, a detached policy without Allow). All of them can be made in the
  order in which the closure finds them, so whatever it allows is reached.
- A change by which an identity also loses something (a group with a Deny, a mixed policy that is detached) opens a
  *branch*: a certain closure of its own, which begins with everything that was reached before, and with that change
  made. Branches open further branches. What was done before the change stays done; order is respected.
- The *possible* closure takes certain and possible steps, and counts every change at its best: grants without their
  Denies, detachments without the loss of Allows. It allows at least what any order of steps can allow. What it allows
  and no certain closure does is undecidable, and what it denies is never reached.

Where the possible closure takes only certain steps, and no branch loses a right to change something, the certain
closures with all branches are exact: what the possible closure allows beyond them comes from the Denies it leaves out.

The number of branches is limited: what only a branch beyond the limit would show is undecidable, never absent. So an
answer `yes` is a chain that works, `no` is exact, and the error is on the side of `undecidable`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..decision import Principal
from .action_sets import CREATING, STEPPING
from .closure_state import ClosureState
from .edge import Edge, taken_by
from .helpers import CHANGING_RESOURCES
from .instance_edges import INTO_INSTANCES
from .instance_steps import PUSH, RESTART
from .members import Branch, Member
from .model import ANY_PERMISSION, Identity, Step, merged
from .move import Move
from .moves import CHANGING, NEEDED_FOR_CHANGES
from .prepared import prepared
from .renames import RENAME
from .resources import MOVING
from .retagging import TAGGING
from .states import State
from .steps import ACTING

_EXPANSION = 14
"""Units of work of looking at what one identity can do in one state."""


class Closure(ClosureState):
    """Takes every step from one identity, and from those that it comes to act as."""

    # Running it

    def run(self) -> Closure:
        """Close over every step from the start."""
        self._push((), lambda: self._join(self._ask.account.state(self.start), ()))
        self._drain()
        return self

    def branch(self, branch: Branch) -> Closure:
        """The closure after a change: it begins with everything that this one has reached."""
        closure = Closure(self._ask, self._edges, self.start, at_best=False)
        closure._begin_after(self, branch.move)
        gainer = closure.members[branch.move.gainer.identity]
        state = branch.move.applied(gainer.now)
        path = merged(gainer.path_now, branch.path)
        closure.members[branch.move.gainer.identity] = Member(state, state, path, path)
        if state.identity in closure._changers:
            closure._changers.note(state.identity, state)
        closure._note_opener(state.identity, state)
        closure.helpers = self.helpers.after(state, closure.members)
        closure._crew = closure.helpers.crew
        closure._reach(branch.move.reaches, path)
        closure._push(path, lambda: closure._expand_after_branch(branch.move.gainer.identity, self.branches))
        closure._drain()
        return closure

    def _expand_after_branch(self, changed: Identity, others: dict[object, Branch]) -> None:
        """The changed identity takes its steps.

        The changes of others that could be made before can still be made; those that the changed identity made, and
        those of itself, are looked at again.
        """
        again: dict[Identity, None] = {}
        for key, branch in others.items():
            gainer = branch.move.gainer.identity
            if gainer == changed or key in self._moves:
                continue
            if branch.move.step.actor == str(changed):
                again.setdefault(gainer)
            else:
                self._moves.add(key)
                self.branches[key] = branch
        member = self.members[changed]
        self._take_own(member.now, member.path_now)
        self._expand(changed, member.now, member.path_now)
        for gainer in again:
            self._change_by_all(gainer)

    def _change_by_all(self, gainer: Identity) -> None:
        """What every member can change for one of them."""
        member = self.members[gainer]
        for changer in self._changers.of(member.now):
            self._change_by(changer, member.now, member.path_now)

    # What happens

    def _join(self, state: State, path: tuple[Step, ...]) -> None:
        """An identity is acted as."""
        if state.identity in self.members:
            return
        self.members[state.identity] = Member(state, state, path, path)
        self._acted_as.add(state.identity)
        self._note_opener(state.identity, state)
        self._by_name.setdefault(str(state.identity), state.identity)
        if path and not state.identity.new:
            self._reach(str(state.identity), path)
        if not self._is_needless(path):
            self._expand(state.identity, state, path)

    def _gain(self, move: Move, path: tuple[Step, ...]) -> None:
        """An identity has more than before."""
        member = self.members[move.gainer.identity]
        # The closure that this one branches off from may share it.
        member = self.members[move.gainer.identity] = replace(member, variants=list(member.variants))
        self._reach(move.reaches, path)
        if move.gives_eci_on_group:
            self.only_certain = False
            self.eci_on_group = self.eci_on_group or path
        if self._is_needless(path):
            return
        gained = None if move.drop or move.gaps else State(move.gainer.identity, move.add)
        apply = (lambda state: move.at_best(self._ask.account, state)) if self.at_best else move.applied
        alone, together = apply(member.first), apply(member.now)
        path = merged(member.path, path)
        member.variants.append((alone, path))
        member.path_now = merged(member.path_now, path)
        before, member.now = member.now, together
        opens_steps = self._opens_steps(gained)
        if opens_steps:
            self._note_opener(move.gainer.identity, together)
            if move.gainer.identity in self._changers:
                self._changers.note(move.gainer.identity, together)
        self._expand(move.gainer.identity, alone, path, gained)
        if opens_steps and together not in (alone, before):
            self._expand(move.gainer.identity, together, member.path_now, gained)
        grants = None if opens_steps else self._changers.grants_of(move.gainer.identity)
        if grants is not None:
            # By what it had before, it may change the policy or the group that is new.
            self._change(grants, (together, member.path_now), alone, path)

    def _opens_steps(self, gained: State | None) -> bool:
        """Whether grants that are gained, None where these may be any, open steps together with others."""
        return gained is None or self._rights.may(gained, STEPPING)

    def _expand(
        self, identity: Identity, state: State, path: tuple[Step, ...], gained: State | None = None
    ) -> None:
        """Take every step that an identity can take in a state, alone or with the rest of the crew.

        `gained` are the grants that are new in the state, None where anything may be: what none of them can allow
        needs no second look.
        """

        def opens(*actions: str) -> bool:
            return gained is None or self._rights.may(gained, actions)

        self._ask.effort.spend(_EXPANSION)
        if self._is_everything(state) and self.everything is None:
            self.everything, self.everything_by = path, identity
        if opens(*CREATING, *ACTING):
            self._create_identities(state, path)
        if opens(*ACTING, *INTO_INSTANCES, PUSH, *TAGGING, *MOVING):
            self._take_with_crew(state, path)
        if self.before is not None and not self.at_best:
            for edge, whole in list(prepared(self._ask, self, state, path)):
                self._enter(edge, whole)
        if self._is_included(path) and identity != self.everything_by:
            return
        self._change_others(identity, state, path, gained)
        if opens(*ACTING, RENAME, "ram:DeleteUser", PUSH, RESTART):
            self._open_ways(identity, state, path)

    def _take_with_crew(self, state: State, path: tuple[Step, ...]) -> None:
        """Take the steps of an identity; where it can change resources for others too, all members take theirs again
        with its help, once for all helpers that are reached by paths of that length."""
        if self.helpers.add(state):
            waiting = [len(known) for _, known in self._new_helpers]
            if not waiting or len(path) < min(waiting):
                self._push(path, self._take_with_new_helpers, last=True)
            self._new_helpers.append((state, path))
        self._take_own(state, path)

    def _take_with_new_helpers(self) -> None:
        """Every member takes its steps again, after resources were changed by the helpers that are new."""
        helpers, self._new_helpers = self._new_helpers, []
        self._crew = self.helpers.crew
        if not helpers or self._is_needless(min((path for _, path in helpers), key=len)):
            return
        for state, path in helpers:
            self._take_own(state, path)
        for identity, member in list(self.members.items()):
            # Where no change of a resource opens a step, a further helper does not either.
            if self._edges.instances.turns_on_resources(member.now):
                self._take_own(member.now, member.path_now)
                if self._rights.may(member.now, (RESTART,)):
                    self._open_ways(identity, member.now, member.path_now)

    def _take_own(self, state: State, path: tuple[Step, ...]) -> None:
        """Take the steps of a state to identities that are not acted as yet, nor will be by a path as short."""
        edges = self._edges.of(state, self._crew, at_best=self.at_best)
        self._ask.effort.spend()
        new = edges.targets - self._acted_as
        if self.only_certain and not edges.uncertain_targets.isdisjoint(new):
            self.only_certain = False
        for length, queued in self._queued.items():
            if length <= len(path) + 1:
                new -= queued
        entered = edges.entered - self._entered
        entered.discard(self.start)
        for edge in edges.to(new | entered) if new or entered else ():
            self._ask.effort.spend()
            if edge.target in new or self._is_new_kind(edge):
                self._take(
                    Edge(edge.target, self.helpers.steps(edge.steps, state)), path, str(state.identity)
                )

    def _take(self, edge: Edge, path: tuple[Step, ...], taker: str = "") -> None:
        """Take an edge. `path` leads to the state in which `taker` takes it: what it has besides is not needed."""
        if edge.target in self.members and not self._is_new_kind(edge):
            return
        helping = (step for step in edge.steps if step.actor != taker or step.step in CHANGING_RESOURCES)
        crew = [self.path_of(step.actor) for step in helping]
        self._enter(edge, merged(path, *crew, edge.steps))

    def _enter(self, edge: Edge, whole: tuple[Step, ...]) -> None:
        """Act as the target of an edge, by a path that ends with it."""
        if self._is_new_kind(edge):
            self.reached_otherwise[str(edge.target)] = whole
            self._entered.add(edge.target)
        if edge.target in self.members:
            return
        self.only_certain = self.only_certain and edge.certain
        state = self._ask.account.state(edge.target)
        self._queued.setdefault(len(whole), set()).add(edge.target)
        self._push(whole, lambda: self._join(state, whole))

    # Steps for, and with, other members

    def _change_others(
        self, identity: Identity, state: State, path: tuple[Step, ...], gained: State | None = None
    ) -> None:
        """What the identity can change for every member, and every member for the identity."""
        changes = self._rights.may(state, CHANGING)
        anew = changes and (gained is None or self._rights.may(gained, NEEDED_FOR_CHANGES))
        grants = self._edges.changes.grants(state)
        if anew:
            self._changers.note(identity, self.members[identity].now)
        if changes:
            self._change(grants, (state, path), state, path)
        changers = self._changers.of(state, but=identity, members=self.members if anew else None)
        others = self.members if anew and self._changers.must_look_at_all(identity, grants) else changers
        self._ask.effort.spend(len(others))
        for other in list(others):
            member = self.members[other]
            if anew and other != identity:
                self._change(grants, (state, path), member.now, member.path_now)
            if other in changers:
                self._change_by(other, state, path)

    def _change_by(self, changer: Identity, gainer: State, path: tuple[Step, ...]) -> None:
        actor = self.members[changer]
        self._change(self._edges.changes.grants(actor.now), (actor.now, actor.path_now), gainer, path)

    def _change(
        self,
        grants: Principal,
        actor: tuple[State, tuple[Step, ...]],
        gainer: State,
        gainer_path: tuple[Step, ...],
    ) -> None:
        """Make the changes that an actor (its state, and the steps to it) can make by its grants."""
        for move in self._new_moves(grants, gainer):
            self._moves.add(move.key)
            self.only_certain = self.only_certain and move.step.certain and not move.gaps
            # The step names the first identity of the account that was seen with the grants for it.
            taken = replace(move, step=taken_by(move.step, str(actor[0].identity)))
            path = merged(gainer_path, actor[1], (taken.step,))
            if self.at_best or taken.only_gains:
                self._push(path, partial(self._gain, taken, path), first=taken.reaches == ANY_PERMISSION)
            else:
                self._reach(taken.reaches, path)
                self.branches.setdefault(taken.key, Branch(taken, path))

    def _open_ways(self, identity: Identity, state: State, path: tuple[Step, ...]) -> None:
        """Take the steps for which one identity opens the way and another one goes it."""
        opened = self._edges.opened
        pairs = list(self._opened_with(identity, state, path))
        for opener, goer, both_paths in pairs:
            for edge in opened.trusts(opener, goer):
                if edge.certain or self.at_best:
                    self._take(edge, both_paths)
        if not self.at_best:
            return  # what a new name or a new image opens is never certain
        for opener, goer, both_paths in (*pairs, (state, state, path)):
            for edge in (*opened.renames(opener, goer), *opened.restarts(opener, goer, self._crew)):
                steps = self.helpers.steps(edge.steps, goer)
                self._take(Edge(edge.target, steps), both_paths)

    def _create_identities(self, state: State, path: tuple[Step, ...]) -> None:
        if not self._creates or not self._rights.may(state, CREATING) or self._is_included(path):
            return
        crew = self._able(CREATING)
        for creation in self._edges.creations(crew, at_best=self.at_best):
            if creation.state not in self._created:
                self._created.add(creation.state)
                self.only_certain = self.only_certain and creation.step.certain
                whole = merged(path, self.path_of(creation.step.actor), (creation.step,))
                self._reach(creation.reaches, whole)
                everything = self._is_everything(creation.state)
                self._push(whole, partial(self._join, creation.state, whole), first=everything)
                if everything and self.everything is None:
                    self.everything, self.everything_by = whole, creation.state.identity
