"""The escalation engine with nothing shared: the reference for what identities share in the real one.

Every memo is keyed by the actor in its state itself, no name stands for another one, no helper is left out, everything
is a candidate, and no step is skipped because nothing seems to have changed. It is slow, and right about sharing by
construction.
What takes more work than an account may is cut as in the real engine.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from pytest_eci_compliance.policy.authorization import Call
from pytest_eci_compliance.policy.decision import Principal
from pytest_eci_compliance.policy.escalation.account import AccountIndex
from pytest_eci_compliance.policy.escalation.alike_grants import AlikeGrants
from pytest_eci_compliance.policy.escalation.candidates import Candidates
from pytest_eci_compliance.policy.escalation.change_edges import ChangeEdges
from pytest_eci_compliance.policy.escalation.closure import Closure
from pytest_eci_compliance.policy.escalation.closure_state import ClosureState
from pytest_eci_compliance.policy.escalation.crews import Crews
from pytest_eci_compliance.policy.escalation.instance_edges import InstanceEdges
from pytest_eci_compliance.policy.escalation.model import Identity
from pytest_eci_compliance.policy.escalation.move import Move
from pytest_eci_compliance.policy.escalation.name_classes import NameClasses
from pytest_eci_compliance.policy.escalation.reach import Escalation
from pytest_eci_compliance.policy.escalation.resource_candidates import ResourceCandidates
from pytest_eci_compliance.policy.escalation.states import State
from pytest_eci_compliance.policy.escalation.trusts import TrustIndex
from pytest_eci_compliance.policy.evaluator import Access


@contextmanager
def unshared() -> Iterator[None]:
    """Escalation engines that are made and asked in this context share nothing between identities."""
    with ExitStack() as stack:
        for owner, name, replacement in _replacements():
            stack.enter_context(patch.object(owner, name, replacement))
        yield


def _replacements() -> Iterator[tuple[type, str, Any]]:
    yield AccountIndex, "_principal", _principal_of_state
    yield AccountIndex, "narrowed", _second
    yield AccountIndex, "in_groups", _second
    yield AlikeGrants, "representative", _second
    yield AccountIndex, "alike", lambda self, kind, name: name
    yield NameClasses, "key", lambda self, kind, owner, name: (kind, owner, name)
    yield Escalation, "representative", _second
    yield TrustIndex, "class_of", _own_class
    yield Crews, "who_matter", lambda self, actor, call, crew: crew
    yield InstanceEdges, "turns_on_resources", _always
    yield Candidates, "about", lambda self, patterns: self._classes
    yield ResourceCandidates, "about", lambda self, principal, actions: self.all
    yield InstanceEdges, "_turns_on_changes", _always
    yield Access, "_alike_to", _same_call
    yield ChangeEdges, "_find", _find_without_memory(ChangeEdges._find)
    yield ClosureState, "_new_moves", _looked_at_again(ClosureState._new_moves)
    yield Closure, "_opens_steps", _always
    yield Closure, "_expand", _expand_as_if_all_were_new(Closure._expand)


def _second(self: object, given: Any, *others: object) -> Any:
    """What was given, in place of a representative or of a narrower one."""
    return given


def _always(*arguments: object) -> bool:
    return True


def _same_call(self: Access, principal: Principal, call: Call) -> Call:
    return call


def _own_class(self: TrustIndex, identity: Identity) -> str:
    return f"{identity} {identity.new}"


def _principal_of_state(self: AccountIndex, state: State) -> Principal:
    """A principal for each state, also where others have the same grants."""
    principal = self._by_state.get(state)
    if principal is None:
        grants = (held.grant for held in state.grants)
        principal = Principal(grants, self.access.account, state.gaps, self.access.budget)
        self._by_state[state] = principal
    return principal


class _Forgetful(dict[Hashable, Any]):
    """A memo that remembers nothing."""

    def __setitem__(self, key: Hashable, value: object) -> None:
        """Forget it."""


def _find_without_memory(find: Any) -> Any:
    def replacement(self: ChangeEdges, grants: Principal, gainer: State) -> Iterator[Move]:
        self._shared = _Forgetful()
        yield from find(self, grants, gainer)

    return replacement


def _looked_at_again(new_moves: Any) -> Any:
    def replacement(self: ClosureState, grants: Principal, gainer: State) -> Iterator[Move]:
        self._seen_moves.clear()
        yield from new_moves(self, grants, gainer)

    return replacement


def _expand_as_if_all_were_new(expand: Any) -> Any:
    def replacement(self: Closure, identity: Identity, state: State, path: Any, gained: object = None) -> Any:
        return expand(self, identity, state, path)

    return replacement
