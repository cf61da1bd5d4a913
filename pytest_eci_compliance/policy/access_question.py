"""The question who can make a call: one action that the evaluator knows, and where stated the resource."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..spelling import nearest
from .action_lists import SERVICES, action_list
from .authorization import PASS_ROLE
from .eci_actions import ACTIONS, EciAction
from .ram_actions import RAM_ACTIONS, RamAction


class UnknownAction(ValueError):  # noqa: N818 - it is shown to people as it is
    """The action does not exist, or is none that the evaluator knows the resources of."""


@dataclass(frozen=True)
class AccessQuestion:
    """`ACTION[@RESOURCE]`: `action` as policies name it; `resource` is empty where none is named."""

    action: str
    resource: str = ""

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" if self.resource else self.action


def parse_question(text: str) -> AccessQuestion:
    """The question that `ACTION[@RESOURCE]` asks. Raises `UnknownAction` where the action does not exist."""
    action, _, resource = (part.strip() for part in text.partition("@"))
    row = action_row(action)
    if row is None:
        raise UnknownAction(_why_unknown(action))
    return AccessQuestion(row if isinstance(row, str) else row.action, resource)


def action_row(action: str) -> EciAction | RamAction | str | None:
    """The row of an action that is known; `PASS_ROLE` for itself."""
    folded = action.lower()
    if folded == PASS_ROLE.lower():
        return PASS_ROLE
    eci: EciAction | None = ACTIONS.get(folded)
    return eci or RAM_ACTIONS.get(folded)


def _why_unknown(action: str) -> str:
    known = [
        *(row.action for row in ACTIONS.values()),
        *(row.action for row in RAM_ACTIONS.values()),
        PASS_ROLE,
    ]
    service, colon, name = action.partition(":")
    if {"*", "?"} & set(action) or not (service and colon and name):
        return f"{action!r} is not one action: write it as policies name it, for example eci:DeleteContainerGroup"
    if service.lower() in SERVICES and name.lower() in action_list(service.lower()).names:
        return (
            f"{action!r} exists, but on which resources it is authorized is not known: ask for an action of ECI, or"
            " for one of RAM, STS or ResourceManager that changes grants"
        )
    return (
        f"{action!r} is no action of ECI, nor one of RAM, STS or ResourceManager that changes grants"
        f"{did_you_mean(action, known)}"
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f": did you mean {near}?" if near else ""
