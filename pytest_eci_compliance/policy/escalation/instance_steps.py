"""The steps into instances that carry a role: `exec-in-instance` and `update-instance`.

Instances that policies cannot tell apart are asked about once, for all roles that they carry. Of the ways into one
role only the best is followed: a certain one where there is one, else the shortest. Sources: the pages of
ExecContainerCommand and UpdateContainerGroup, and "Use an instance RAM role", at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from ..authorization import ECI, Call, Target
from ..three_valued import Truth, all_of, how_to_settle
from .account import LIVE, AccountIndex, Carrier
from .ask import Answer, Ask, both
from .model import ANY_INSTANCE, Identity, Step, StepName
from .resources import Way
from .states import State
from .steps import CONFIG_MAP, Edge, edge

Ways: TypeAlias = "Callable[[str, Target], tuple[Way, ...]]"
"""The ways in which a state may make a call (an action) on an instance: as it is, or after other steps changed it."""

EXEC, RUN = "eci:ExecContainerCommand", "eci:RunCommand"
UPDATE_NEEDS_PASS_ROLE = "update-instance-needs-pass-role"  # noqa: S105 - an assumption
RESTART, PUSH = "eci:RestartContainerGroup", "cr:PushRepository"
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
    Into("update-instance", RESTART),
)
"""Commands run in a running instance (`eci:RunCommand` only possibly); an update needs `ram:PassRole` on the role to
be certain: whether it is checked is not documented, unless the owner of the account settles it. An instance that
restarts runs an image that was pushed to its repository: possible for who may push to one."""


class Passing(NamedTuple):
    """Whether the actor may pass the role, and whether an update asks for that (None: it is not settled)."""

    answer: Answer
    is_checked: Truth

    @property
    def keeps_out(self) -> bool:
        return self.is_checked is True and self.answer.truth is False

    @property
    def counts(self) -> bool:
        """Whether its decision is one of the calls of the step."""
        return self.answer.truth is True or self.is_checked is True

    @property
    def truth(self) -> Truth:
        """Whether, as far as the role is concerned, an update leads into it once its calls are allowed."""
        return True if self.is_checked is not None or self.answer.truth is True else None


def open_ways(
    ask: Ask, actor: State, ways: Ways
) -> tuple[tuple[Into, tuple[tuple[Target, tuple[Way, ...]], ...]], ...]:
    """The instances, by classes, on which the actor may make a call, for each action that leads into them."""
    by_action = []
    for into in INTO:
        if into.action == RESTART and ask.call(actor, Call(PUSH)).truth is False:
            continue
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
            passing = _passing(ask, actor, name) if into.action in (UPDATE, UPDATE_BY_TEMPLATE) else None
            if passing is not None and passing.keeps_out:
                continue
            ask.effort.spend()
            best: tuple[tuple[bool, int], Carrier, Way] | None = None
            for carrier in ask.account.carriers[name]:
                for way in ways.get(carrier.target, ()):
                    rank = (not _is_certain(into, carrier, way, passing), len(way.steps))
                    if best is None or rank < best[0]:
                        best = (rank, carrier, way)
            if best is not None:
                yield _edge(into, actor, name, best[1], best[2], passing)


def _passing(ask: Ask, actor: State, name: str) -> Passing:
    return Passing(ask.pass_role(actor, name, ECI), ask.settled(UPDATE_NEEDS_PASS_ROLE))


def _roles(account: AccountIndex, ways: dict[Target, tuple[Way, ...]]) -> dict[str, None]:
    return dict.fromkeys(name for target in ways for name in account.carried_roles[target])


def _truth(into: Into, carrier: Carrier, passing: Passing | None) -> Truth:
    """Whether, the calls apart, the step leads into the role."""
    if into.step == "exec-in-instance":
        return True if carrier.status == "Running" and into.action == EXEC else None
    live: Truth = True if carrier.status in LIVE and into.action == UPDATE else None
    return all_of((live, None if passing is None else passing.truth))


def _is_certain(into: Into, carrier: Carrier, way: Way, passing: Passing | None) -> bool:
    steps = all(step.certain for step in way.steps)
    calls = _calls(way, passing)
    return steps and calls.truth is True and _truth(into, carrier, passing) is True


def _calls(way: Way, passing: Passing | None) -> Answer:
    return both(way.answer, passing.answer) if passing is not None and passing.counts else way.answer


def _doubt(into: Into, carrier: Carrier) -> str:
    if into.action == RUN:
        return "what eci:RunCommand runs is not documented"
    if into.action == EXEC:
        return f"the instance is {carrier.status or 'in an unknown state'}, not Running"
    if into.action == RESTART:
        return "whether the actor may push to the repository of the image, and the restart pulls it, is not known"
    if carrier.status in LIVE and into.action == UPDATE:
        doubt = "whether an update needs ram:PassRole is not documented"
        return doubt + how_to_settle(UPDATE_NEEDS_PASS_ROLE)
    return f"what {into.action} does in its state ({carrier.status}) is not documented"


def _edge(into: Into, actor: State, name: str, carrier: Carrier, way: Way, passing: Passing | None) -> Edge:
    answer = _calls(way, passing)
    before = tuple(_on(step, carrier.id) for step in way.steps)
    truth, doubt = _truth(into, carrier, passing), _doubt(into, carrier)
    made = edge(into.step, actor, Identity("role", name), answer, carrier.id, truth, doubt)
    return made._replace(steps=(*before, *made.steps)) if before else made


def update_config_map(ask: Ask, actor: State) -> Iterator[Edge]:
    """`eci:UpdateConfigMap`, which names no instance, is allowed: possible for every role that an instance carries."""
    if not ask.may(actor, CONFIG_MAP):
        return
    answer = ask.call(actor, Call(CONFIG_MAP))
    if answer.truth is not False:
        doubt = f"what {CONFIG_MAP} changes in an instance is not documented"
        for name, carriers in ask.account.carriers.items():
            yield edge("update-instance", actor, Identity("role", name), answer, carriers[0].id, None, doubt)


def unread_instances(ask: Ask, actor: State) -> Iterator[Edge]:
    """In regions that could not be read, an instance may carry any role: every step into it is possible."""
    if not ask.account.unread_regions:
        return
    doubt = "the instances of a region could not be read, and may carry the role"
    anywhere = Target("containergroup")
    calls = [(into.step, Call(into.action, anywhere)) for into in INTO if into.action != RESTART]
    if ask.call(actor, Call(PUSH)).truth is not False:
        calls.append(("update-instance", Call(RESTART, anywhere)))
    for step, call in (*calls, ("update-instance", Call(CONFIG_MAP))):
        answer = ask.call(actor, call)
        if answer.truth is not False:
            for name in ask.account.roles:
                yield edge(step, actor, Identity("role", name), answer, ANY_INSTANCE, None, doubt)


def _on(step: Step, instance: str) -> Step:
    return replace(step, on=instance)
