"""The steps into instances that carry a role: `exec-in-instance` and `update-instance`.

Instances that policies cannot tell apart are asked about once, for all roles that they carry. Of the ways into one
role only the best is followed: a certain one where there is one, else the shortest. Sources: the pages of
ExecContainerCommand and UpdateContainerGroup, and "Use an instance RAM role", at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import NamedTuple

from ..authorization import ECI, Call, Target
from ..three_valued import Truth, all_of, how_to_settle
from .ask import Answer, Ask, both
from .carriers import LIVE, Carrier
from .edge import Edge, edge
from .edge_lists import Bundle, RankedEdge
from .model import ANY_INSTANCE, Identity, Step, StepName
from .resources import Way
from .states import State
from .steps import CONFIG_MAP

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


def open_actions(ask: Ask, actor: State) -> Iterator[tuple[int, Into]]:
    """The actions that may lead the actor into some instance, each with its number in `INTO`."""
    for number, into in enumerate(INTO):
        if into.action == RESTART and ask.call(actor, Call(PUSH)).truth is False:
            continue
        if ask.may(actor, into.action) or ask.may(actor, "ram:CreateResourceGroup"):
            yield number, into


@dataclass
class IntoClass:
    """The steps into the instances of one class (`target`), by one action, in the ways that are open to the actor."""

    ask: Ask
    actor: State
    number: int
    target: Target
    open_ways: tuple[Way, ...]

    @property
    def into(self) -> Into:
        return INTO[self.number]

    def bundle(self) -> Bundle:
        """The best step into each role that the instances carry."""
        roles = self.ask.account.carriers.roles_in_class[self.target]
        self.ask.effort.spend(len(self.open_ways))
        if needs_passing(self.into) and self.ask.settled(UPDATE_NEEDS_PASS_ROLE) is True:
            roles = frozenset(role for role in roles if not self._passing(role.name).keeps_out)
        return Bundle(roles, frozenset(self._certain(roles)), self.best)

    def _certain(self, roles: frozenset[Identity]) -> Iterable[Identity]:
        """The roles into which some step is certain."""
        if self.into.action not in (EXEC, UPDATE):
            return ()
        if not any(way.truth is True for way in self.open_ways):
            return ()
        if self.into.action == EXEC:
            return roles & self.ask.account.carriers.running_in_class[self.target]
        self.ask.effort.spend(len(roles))
        return (role for role in roles if self.best(role).edge.certain)

    def best(self, role: Identity) -> RankedEdge:
        """The best step into a role: a certain one where there is one, else the shortest."""
        passing = self._passing(role.name) if needs_passing(self.into) else None
        self.ask.effort.spend()
        ranked = (
            (
                (not _is_certain(self.into, carrier, way, passing), len(way.steps) + 1, self.number, place),
                carrier,
                way,
            )
            for place, carrier in self.ask.account.carriers.carriers_in_class[role.name, self.target]
            for way in self.open_ways
        )
        rank, carrier, way = min(ranked, key=itemgetter(0))
        return RankedEdge(rank, _edge(self.into, self.actor, role.name, carrier, way, passing))

    def _passing(self, name: str) -> Passing:
        return passing_to(self.ask, self.actor, name)


def passing_to(ask: Ask, actor: State, name: str) -> Passing:
    """Whether an actor may pass a role where it updates an instance."""
    return Passing(ask.pass_role(actor, name, ECI), ask.settled(UPDATE_NEEDS_PASS_ROLE))


def needs_passing(into: Into) -> bool:
    """Whether it is asked if the actor may pass the role."""
    return into.action in (UPDATE, UPDATE_BY_TEMPLATE)


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
    entry = edge(into.step, actor, Identity("role", name), answer, carrier.id, truth, doubt)
    return entry._replace(steps=(*before, *entry.steps)) if before else entry


def into_unknown_role(ask: Ask, into: Into, actor: State, carrier: Carrier, way: Way) -> Iterator[Edge]:
    """The steps into an instance that may carry any role: possible, whatever the calls are."""
    before = tuple(_on(step, carrier.id) for step in way.steps)
    doubt = "which role the instance carries is not known"
    for name in ask.account.identities.roles:
        if not (needs_passing(into) and passing_to(ask, actor, name).keeps_out):
            entry = edge(into.step, actor, Identity("role", name), way.answer, carrier.id, None, doubt)
            yield entry._replace(steps=(*before, *entry.steps))


def update_config_map(ask: Ask, actor: State) -> Iterator[Edge]:
    """`eci:UpdateConfigMap`, which names no instance, is allowed: possible for every role that an instance carries."""
    if not ask.may(actor, CONFIG_MAP):
        return
    answer = ask.call(actor, Call(CONFIG_MAP))
    if answer.truth is not False:
        doubt = f"what {CONFIG_MAP} changes in an instance is not documented"
        carried = {name: carriers[0] for name, carriers in ask.account.carriers.by_role.items()}
        for carrier in ask.account.carriers.of_unknown_role[:1]:
            carried = {**dict.fromkeys(ask.account.identities.roles, carrier), **carried}
        for name, carrier in carried.items():
            yield edge("update-instance", actor, Identity("role", name), answer, carrier.id, None, doubt)


def unread_instances(ask: Ask, actor: State, *, pushed: bool = False) -> Iterator[Edge]:
    """In regions that could not be read, an instance may carry any role: every step into it is possible. `pushed` is
    whether somebody else may push the image that a restarted instance runs."""
    if not ask.account.carriers.unread_regions:
        return
    doubt = "the instances of a region could not be read, and may carry the role"
    anywhere = Target("containergroup")
    calls = [(into.step, Call(into.action, anywhere)) for into in INTO if into.action != RESTART]
    if pushed or ask.call(actor, Call(PUSH)).truth is not False:
        calls.append(("update-instance", Call(RESTART, anywhere)))
    for step, call in (*calls, ("update-instance", Call(CONFIG_MAP))):
        answer = ask.call(actor, call)
        if answer.truth is not False:
            for name in ask.account.identities.roles:
                yield edge(step, actor, Identity("role", name), answer, ANY_INSTANCE, None, doubt)


def _on(step: Step, instance: str) -> Step:
    return replace(step, on=instance)
