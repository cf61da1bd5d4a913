"""The actions that an expectation may name: those of the known services are looked up, those of others are not."""

from __future__ import annotations

from ..policy.action_lists import SERVICES, action_list
from ..spelling import near_words, nearest

# Services whose codes are spelled like one of `SERVICES`: their actions are accepted as they are written. No document
# lists the codes of all services. These are compiled by hand (2026-11) from the codes that policies in public code
# use: the list is not complete, and a code that it lacks is an error of the configuration that names the near service.
_ALIKE = (
    *("dts", "ecd", "ecs", "eip", "ess", "mts", "oss", "ots", "pts", "rmq", "rum", "sas", "sls", "sms"),
    *("resourcecenter", "resourcedirectory", "resourcesharing"),
)


def misspelt_action(action: str) -> str:
    """What is wrong with the name of an action without wildcards; empty where nothing is.

    The actions of ECI are not looked up here: an expectation knows their calls.
    """
    service, _, name = action.lower().partition(":")
    if service == "eci":
        return ""
    if service in SERVICES:
        actions = action_list(service)
        if name in actions.names:
            return ""
        near = actions.nearest(name)
        return f"is no action of {service}{_suggestion([near] if near else [])}"
    near_service = None if service in _ALIKE else nearest(service, SERVICES)
    if near_service is None:
        return ""
    others = near_words(service, _ALIKE, most=2)
    suggested = [f"{near}:{action.partition(':')[2]}" for near in (near_service, *others)]
    return f"is an action of no known service{_suggestion(suggested)}"


def _suggestion(names: list[str]) -> str:
    return f"; did you mean {' or '.join(f'`{name}`' for name in names)}?" if names else ""
