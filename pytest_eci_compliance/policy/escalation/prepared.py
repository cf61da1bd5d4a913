"""What is changed before a right is lost, and counts after it: tags and trust policies stay as they were changed.

A branch of a closure begins with a change by which an identity loses something, for example the right to change tags.
Here the rights from before the loss count: the resource, or the trust policy, is changed right before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from .ask import Ask
from .edge import Edge, edge, role
from .model import Identity, Step, merged
from .states import State

if TYPE_CHECKING:
    from .closure_state import ClosureState

_CHANGES_RESOURCE = frozenset({"tag-resource", "move-resource"})
_IN_INSTANCE = frozenset({"exec-in-instance", "update-instance"})

Chain = tuple[Step, ...]


def losses(closure: ClosureState, path: Chain) -> Iterator[tuple[ClosureState, Step, Identity]]:
    """The closures from before each loss on a path, the latest first: with the step of the loss, and who loses."""
    while closure.before is not None and closure.opened_by is not None:
        move, closure = closure.opened_by, closure.before
        if move.step in path:
            yield closure, move.step, move.gainer.identity


def retagged_before(path: Chain, loss: Step, former: ClosureState, tagging: Chain) -> Chain | None:
    """The path, on which resources get other tags right before the loss. None where another step of the path may turn
    on the tags."""
    after = path[path.index(loss) :]
    if any(step.step in _CHANGES_RESOURCE for step in path) or any(
        step.step in _IN_INSTANCE for step in after
    ):
        return None
    return _inserted(path, loss, merged(*(former.path_of(step.actor) for step in tagging), tagging))


def _inserted(path: Chain, loss: Step, steps: Chain) -> Chain:
    """The path, with steps that are taken right before the loss."""
    place = path.index(loss)
    return merged(path[:place], steps, path[place:])


def prepared(ask: Ask, closure: ClosureState, state: State, path: Chain) -> Iterator[tuple[Edge, Chain]]:
    """The certain edges of a state that need a change from before a loss, each with the whole path to its target."""
    for former, loss, loser in losses(closure, path):
        opener = former.members[loser]
        for name in _roles_opened(ask, closure, opener.now, state):
            update = ask.ram(opener.now, "ram:UpdateRole", role=name)
            actor = str(loser)
            opening = Step("update-trust", actor, actor, name, decisions=update.decisions)
            answer = ask.ram(state, "sts:AssumeRole", role=name)
            entry = edge("assume-role", state, role(name), answer, name)
            before = merged(opener.path_now, (opening,))
            yield entry, merged(_inserted(path, loss, before), entry.steps)
        for entry in _into_retagged(closure, former, state):
            whole = retagged_before(path, loss, former, entry.steps[:-1])
            if whole is not None:
                yield entry, merged(whole, entry.steps[-1:])


def _roles_opened(ask: Ask, closure: ClosureState, opener: State, goer: State) -> Sequence[str]:
    """The roles that exist, that nobody acts as yet, and that one state certainly opens and another one assumes."""
    if not (ask.may(opener, "ram:UpdateRole") and ask.may(goer, "sts:AssumeRole")):
        return ()
    identities = ask.account.identities
    return [
        name
        for names in ask.roles(opener, "ram:UpdateRole")
        if ask.ram(opener, "ram:UpdateRole", role=names[0]).truth is True
        and ask.ram(goer, "sts:AssumeRole", role=names[0]).truth is True
        for name in names
        if role(name) not in closure.members and not identities.is_unlisted("role", name)
    ]


def _into_retagged(closure: ClosureState, former: ClosureState, state: State) -> Iterator[Edge]:
    """The certain edges into instances that the members from before a loss retag."""
    if former.helpers.crew is closure.helpers.crew:
        return
    edges = closure.edges.of(state, former.helpers.crew, at_best=False)
    for entry in edges.to(edges.targets - closure.members.keys()):
        if entry.certain and len(entry.steps) > 1:
            yield Edge(entry.target, former.helpers.steps(entry.steps, state))
