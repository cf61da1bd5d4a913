"""The steps into instances that carry a role: `exec-in-instance` and `update-instance`.

Instances that policies cannot tell apart are asked about once, for all roles that they carry. Of the ways into one
role only the best is followed: a certain one where there is one, else the shortest. Sources: the pages of
ExecContainerCommand and UpdateContainerGroup, and "Use an instance RAM role", at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from ..authorization import Target
from ..three_valued import Truth
from .account import LIVE, AccountIndex, Carrier
from .ask import Answer, Ask, both
from .model import Identity, Step, StepName
from .resources import Way
from .states import State
from .steps import Edge, edge

Ways: TypeAlias = "Callable[[str, Target], tuple[Way, ...]]"
"""The ways in which a state may make a call (an action) on an instance: as it is, or after other steps changed it."""

EXEC, RUN = "eci:ExecContainerCommand", "eci:RunCommand"
UPDATE, UPDATE_BY_TEMPLATE = "eci:UpdateContainerGroup", "eci:UpdateContainerGroupByTemplate"


class Into(NamedTuple):
    """One action that leads into instances, with the step that it is a part of."""

    step: StepName
    action: str


INTO = (
    Into("exec-in-instance", EXEC),
    Into("exec-in-instance", RUN),
    Into("update-instance", UPDATE),
    Into("update-instance", UPDATE_BY_TEMPLATE),
)
"""Commands run in a running instance (`eci:RunCommand` only possibly); an update needs `ram:PassRole` on the role to
be certain: whether it is checked is not documented."""


def open_ways(
    ask: Ask, actor: State, ways: Ways
) -> tuple[tuple[Into, tuple[tuple[Target, tuple[Way, ...]], ...]], ...]:
    """The instances, by classes, on which the actor may make a call, for each action that leads into them."""
    by_action = []
    for into in INTO:
        if ask.may(actor, into.action) or ask.may(actor, "ram:CreateResourceGroup"):
            ask.effort.spend(len(ask.account.carried_roles))
            found = ((target, ways(into.action, target)) for target in ask.account.carried_roles)
            by_action.append((into, tuple((target, some) for target, some in found if some)))
    return tuple(by_action)


def instance_edges(
    ask: Ask,
    actor: State,
    opened: tuple[tuple[Into, tuple[tuple[Target, tuple[Way, ...]], ...]], ...],
) -> Iterator[Edge]:
    """The best step into each role, by each action."""
    for into, targets in opened:
        ways = dict(targets)
        for name in _roles(ask.account, ways):
            passing = ask.pass_role(actor, name) if into.step == "update-instance" else None
            ask.effort.spend()
            best: tuple[tuple[bool, int], Carrier, Way] | None = None
            for carrier in ask.account.carriers[name]:
                for way in ways.get(carrier.target, ()):
                    rank = (not _is_certain(into, carrier, way, passing), len(way.steps))
                    if best is None or rank < best[0]:
                        best = (rank, carrier, way)
            if best is not None:
                yield _edge(into, actor, name, best[1], best[2], passing)


def _roles(account: AccountIndex, ways: dict[Target, tuple[Way, ...]]) -> dict[str, None]:
    return dict.fromkeys(name for target in ways for name in account.carried_roles[target])


def _truth(into: Into, carrier: Carrier, passing: Answer | None) -> Truth:
    """Whether, the calls apart, the step leads into the role."""
    if into.step == "exec-in-instance":
        return True if carrier.status == "Running" and into.action == EXEC else None
    live = carrier.status in LIVE and into.action == UPDATE
    return True if live and passing is not None and passing.truth is True else None


def _is_certain(into: Into, carrier: Carrier, way: Way, passing: Answer | None) -> bool:
    steps = all(step.certain for step in way.steps)
    return steps and way.answer.truth is True and _truth(into, carrier, passing) is True


def _doubt(into: Into, carrier: Carrier) -> str:
    if into.action == RUN:
        return "what eci:RunCommand runs is not documented"
    if into.action == EXEC:
        return f"the instance is {carrier.status or 'in an unknown state'}, not Running"
    if carrier.status in LIVE and into.action == UPDATE:
        return "whether an update needs ram:PassRole is not documented"
    return f"what {into.action} does in its state ({carrier.status}) is not documented"


def _edge(into: Into, actor: State, name: str, carrier: Carrier, way: Way, passing: Answer | None) -> Edge:
    answer = both(way.answer, passing) if passing is not None and passing.truth is True else way.answer
    before = tuple(_on(step, carrier.id) for step in way.steps)
    truth, doubt = _truth(into, carrier, passing), _doubt(into, carrier)
    made = edge(into.step, actor, Identity("role", name), answer, carrier.id, truth, doubt)
    return made._replace(steps=(*before, *made.steps)) if before else made


def _on(step: Step, instance: str) -> Step:
    return replace(step, on=instance)
