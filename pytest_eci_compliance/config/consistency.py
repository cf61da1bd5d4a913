"""The rules between keys of the configuration, and between keys and the known checks and ECI actions.

The rules read the plain data and not the model, so that their errors appear together with those of the model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from ..globs import has_wildcard
from ..inventory.kinds import KINDS
from ..policy.eci_actions import ACTIONS, EciAction, fitting
from ..spelling import did_you_mean
from .action_names import misspelt_action
from .problems import KeyPath, Problem, shown

_PASS_ROLE = "ram:passrole"  # noqa: S105 - an action
CHECKS_OF_POLICIES = (
    "role-intended-policies",
    "role-pass-role",
    "user-intended-policies",
    "user-pass-role",
    "user-required-policies",
)
"""The checks whose failures name policies: a waiver of one of them may have `policy`."""


OWN_CHECK_ID = re.compile(r"[a-z0-9-]+")
"""The id of a check of the user, which a test has by its marker `eci_check`."""


def broken_rules(data: Mapping[str, Any], checks: Collection[str]) -> Iterator[Problem]:
    """Every violation of a rule in `data`, the plain data of a configuration."""
    for path, account in mappings(data, ("accounts", "*")):
        for below, expectation in mappings(account, ("access", "[]")):
            yield from _expectation((*path, *below), expectation)
        yield from _repeated_expectations((*path, "access"), account)
        for below, waiver in mappings(account, ("waivers", "[]")):
            yield from _waiver((*path, *below), waiver, checks)
        yield from _repeated_waivers((*path, "waivers"), account)
        for kind in KINDS.values():
            for below, rule in mappings(account, (kind.section, "[?]")):
                yield from _rule((*path, *below), rule, kind.name)


def mappings(
    data: object, steps: tuple[str, ...], path: KeyPath = ()
) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """Every mapping at `steps`, with its path.

    `*` stands for every key, `[]` for every entry of a list; `[?]` also for one entry in place of a list.
    """
    if not steps:
        if isinstance(data, Mapping):
            yield path, data
        return
    for step, value in _entries(data, steps[0]):
        yield from mappings(value, steps[1:], (*path, *step))


def _entries(data: object, step: str) -> Iterator[tuple[KeyPath, object]]:
    if step in ("[]", "[?]") and isinstance(data, list):
        yield from (((index,), entry) for index, entry in enumerate(data))
    elif step == "[?]":
        yield (), data
    elif isinstance(data, Mapping):
        yield from (((key,), value) for key, value in data.items() if step in ("*", key))


def _exactly_one(path: KeyPath, section: Mapping[str, Any], first: str, second: str) -> Iterator[Problem]:
    if first in section and second in section:
        yield Problem((*path, second), f"excludes `{first}`: keep one of them, or write two entries")
    elif first not in section and second not in section:
        yield Problem(path, f"needs `{first}` or `{second}`")


def _expectation(path: KeyPath, section: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _exactly_one(path, section, "users", "roles")
    yield from _exactly_one(path, section, "can", "cannot")
    for key in ("can", "cannot"):
        for index, action in enumerate(_texts(section.get(key))):
            yield from _action((*path, key, index), action)
    if "can" in section and section.get("paths") == "any":
        yield Problem(
            (*path, "paths"),
            "can be `any` only with `cannot`: `can` is about what is held directly; remove `paths`",
        )
    yield from _request(path, section)
    yield from _named_role(path, section)


def _action(path: KeyPath, action: str) -> Iterator[Problem]:
    about_eci = has_wildcard(action) or action.lower().startswith("eci:")
    if about_eci and not any(fitting(action)):
        near = did_you_mean(action, [row.action for row in ACTIONS.values()])
        yield Problem(
            path,
            f"{shown(action)} matches no ECI action of API version 2018-08-08; wildcards match ECI actions only{near}",
        )
    elif not has_wildcard(action) and (wrong := misspelt_action(action)):
        yield Problem(path, f"{shown(action)} {wrong}")


def _takes(row: EciAction) -> Iterator[str]:
    """The request parameters of an action that an expectation can state."""
    if row.group in ("create", "query"):
        yield "a resource group"
    if row.tags != "no":
        yield "tags"
    if row.role:
        yield "a role"


def _request(path: KeyPath, section: Mapping[str, Any]) -> Iterator[Problem]:
    if section.get("request") == "any" and "can" in section:
        yield Problem(
            (*path, "request"), "can be `any` only with `cannot`: write the parameters of the request"
        )
    if "cannot" not in section or "request" in section:
        return
    for index, action in enumerate(_texts(section["cannot"])):
        if takes := sorted({parameter for row in fitting(action) for parameter in _takes(row)}):
            yield Problem(
                (*path, "cannot", index),
                f"takes {' and '.join(takes)}, so write `request`: the parameters of the request, "
                "{} for a request without them, or any where no value may allow it",
            )


def _named_role(path: KeyPath, section: Mapping[str, Any]) -> Iterator[Problem]:
    """Check that `resources` is {role: NAME} for ram:PassRole, and for no other action."""
    resources = section.get("resources")
    if not isinstance(resources, Mapping):
        return
    actions = {action.lower() for key in ("can", "cannot") for action in _texts(section.get(key))}
    if "role" in resources and (len(resources) > 1 or actions - {_PASS_ROLE}):
        yield Problem(
            (*path, "resources", "role"),
            "is for ram:PassRole only, without other keys: write two expectations",
        )
    if "role" not in resources and _PASS_ROLE in actions:
        yield Problem((*path, "resources"), "must be {role: NAME} for ram:PassRole: write two expectations")


def _repeated(
    account: Mapping[str, Any], key: str, identity: Callable[[Mapping[str, Any]], str]
) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """The entries of a list whose identity an earlier entry has: their index, that of the earlier one, the entry."""
    first: dict[str, int] = {}
    for path, section in mappings(account, (key, "[]")):
        index = path[-1] if isinstance(path[-1], int) else 0
        if identity(section) in first:
            yield index, first[identity(section)], section
        first.setdefault(identity(section), index)


def _repeated_expectations(path: KeyPath, account: Mapping[str, Any]) -> Iterator[Problem]:
    for index, earlier, section in _repeated(account, "access", _expectation_identity):
        relation = "has the same name as" if isinstance(section.get("name"), str) else "is the same as"
        yield Problem(
            (*path, index), f"{relation} access[{earlier}]: give it a name of its own, or remove it"
        )


def _expectation_identity(section: Mapping[str, Any]) -> str:
    name = section.get("name")
    return f"name {name}" if isinstance(name, str) else json.dumps(section, sort_keys=True, default=str)


def _waiver(path: KeyPath, section: Mapping[str, Any], checks: Collection[str]) -> Iterator[Problem]:
    yield from _exactly_one(path, section, "resource", "resources")
    yield from _no_role(path, section)
    check = section.get("check")
    if isinstance(check, str) and check not in checks and not OWN_CHECK_ID.fullmatch(check):
        near = did_you_mean(check, checks) or ": see --eci-list-checks"
        own = "the id of an own check has only a-z, 0-9 and `-`"
        yield Problem((*path, "check"), f"{shown(check)} is not a known check{near}; {own}")
    for key, fitting_checks in (("expectation", ("access",)), ("policy", CHECKS_OF_POLICIES)):
        if key in section and isinstance(check, str) and check not in fitting_checks:
            yield Problem((*path, key), f"is for waivers of {', '.join(fitting_checks)}: remove it")


def _repeated_waivers(path: KeyPath, account: Mapping[str, Any]) -> Iterator[Problem]:
    for index, earlier, _ in _repeated(account, "waivers", _waiver_identity):
        yield Problem((*path, index), f"covers the same as waivers[{earlier}]: keep one of them")


def _waiver_identity(section: Mapping[str, Any]) -> str:
    """The id of the row of a waiver: no two waivers may share one."""
    pattern = section.get("resource")
    if not isinstance(pattern, str):
        pattern = json.dumps(section.get("resources"), sort_keys=True, default=str)
    narrowing = [f":{key}={section[key]}" for key in ("expectation", "policy") if key in section]
    return f"{section.get('check')}:{pattern}{''.join(narrowing)}"


def _rule(path: KeyPath, section: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    yield from _no_role(path, section)
    resources = section.get("resources")
    selected = resources.get("kind", kind) if isinstance(resources, Mapping) else kind
    if selected in KINDS and selected != kind:
        yield Problem((*path, "resources", "kind"), f"can only be {kind} here: leave it out")


def _no_role(path: KeyPath, section: Mapping[str, Any]) -> Iterator[Problem]:
    resources = section.get("resources")
    if isinstance(resources, Mapping) and "role" in resources:
        yield Problem(
            (*path, "resources", "role"), "is for ram:PassRole in `access`; did you mean `ram_role`?"
        )


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
