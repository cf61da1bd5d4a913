"""The rules that tie keys together, or to what others define: checks, ECI actions.

They look at the plain data rather than at the model, so that they speak beside the errors of the model.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..globs import has_wildcard
from ..inventory.kinds import KINDS
from ..policy.eci_actions import ACTIONS, EciAction, fitting
from .yaml_document import Path, Problem, shown

_PASS_ROLE = "ram:passrole"  # noqa: S105 - an action
CHECKS_OF_POLICIES = (
    "role-intended-policies",
    "role-pass-role",
    "user-intended-policies",
    "user-pass-role",
    "user-required-policies",
)
"""The checks of which each failure is about policies that can be named: a waiver of them may have `policy`."""


def broken_rules(data: Mapping[str, Any], checks: Collection[str]) -> Iterator[Problem]:
    """Every rule between keys that `data`, the plain data of a configuration, breaks."""
    for path, account in mappings(data, ("accounts", "*")):
        for below, expectation in mappings(account, ("access", "[]")):
            yield from _expectation((*path, *below), expectation)
        yield from _same_expectations((*path, "access"), account)
        for below, waiver in mappings(account, ("waivers", "[]")):
            yield from _waiver((*path, *below), waiver, checks)
        yield from _same_waivers((*path, "waivers"), account)
        for kind in KINDS.values():
            for below, rule in mappings(account, (kind.section, "[?]")):
                yield from _rule((*path, *below), rule, kind.name)


def nearest(word: str, words: Collection[str]) -> str:
    """`; did you mean …?` where a known word is near, else nothing."""
    found = difflib.get_close_matches(word, list(words), n=1)
    return f"; did you mean `{found[0]}`?" if found else ""


def mappings(
    data: object, steps: tuple[str, ...], path: Path = ()
) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every mapping at `steps`, with its path.

    `*` stands for every key, `[]` for every entry of a list; `[?]` also for one entry in place of a list.
    """
    if not steps:
        if isinstance(data, Mapping):
            yield path, data
        return
    for step, value in _entries(data, steps[0]):
        yield from mappings(value, steps[1:], (*path, *step))


def _entries(data: object, step: str) -> Iterator[tuple[Path, object]]:
    if step in ("[]", "[?]") and isinstance(data, list):
        yield from (((index,), entry) for index, entry in enumerate(data))
    elif step == "[?]":
        yield (), data
    elif isinstance(data, Mapping):
        yield from (((key,), value) for key, value in data.items() if step in ("*", key))


def _either(path: Path, section: Mapping[str, Any], one: str, other: str) -> Iterator[Problem]:
    if one in section and other in section:
        yield Problem((*path, other), f"cannot stand beside `{one}`: keep one, or write two entries")
    elif one not in section and other not in section:
        yield Problem(path, f"needs `{one}` or `{other}`")


def _expectation(path: Path, section: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _either(path, section, "users", "roles")
    yield from _either(path, section, "can", "cannot")
    for key in ("can", "cannot"):
        for index, action in enumerate(_texts(section.get(key))):
            yield from _action((*path, key, index), action)
    yield from _request(path, section)
    yield from _named_role(path, section)


def _action(path: Path, action: str) -> Iterator[Problem]:
    about_eci = has_wildcard(action) or action.lower().startswith("eci:")
    if about_eci and not any(fitting(action)):
        near = nearest(action, [row.action for row in ACTIONS.values()])
        yield Problem(
            path,
            f"{shown(action)} fits no ECI action of API version 2018-08-08 (wildcards mean ECI actions){near}",
        )


def _takes(row: EciAction) -> Iterator[str]:
    """What an expectation can say that the call carries."""
    if row.group in ("create", "query"):
        yield "a resource group"
    if row.tags != "no":
        yield "tags"
    if row.role:
        yield "a role"


def _request(path: Path, section: Mapping[str, Any]) -> Iterator[Problem]:
    if section.get("request") == "any" and "can" in section:
        yield Problem(
            (*path, "request"), "can be `any` only with `cannot`: write the values that the call carries"
        )
    if "cannot" not in section or "request" in section:
        return
    for index, action in enumerate(_texts(section["cannot"])):
        if takes := sorted({what for row in fitting(action) for what in _takes(row)}):
            yield Problem(
                (*path, "cannot", index),
                f"takes {' and '.join(takes)}, so write `request`: the values that the call carries, "
                "{} for a call that carries nothing, or any (no value may allow it)",
            )


def _named_role(path: Path, section: Mapping[str, Any]) -> Iterator[Problem]:
    """`resources` of ram:PassRole is {role: NAME}, and of nothing else."""
    resources = section.get("resources")
    if not isinstance(resources, Mapping):
        return
    actions = {action.lower() for key in ("can", "cannot") for action in _texts(section.get(key))}
    if "role" in resources and (len(resources) > 1 or actions - {_PASS_ROLE}):
        yield Problem(
            (*path, "resources", "role"), "is for ram:PassRole, and stands alone: write two expectations"
        )
    if "role" not in resources and _PASS_ROLE in actions:
        yield Problem((*path, "resources"), "of ram:PassRole is {role: NAME}: write two expectations")


def _same_expectations(path: Path, account: Mapping[str, Any]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for below, section in mappings(account, ("access", "[]")):
        index = below[-1] if isinstance(below[-1], int) else 0
        name = section.get("name")
        key = f"name {name}" if isinstance(name, str) else json.dumps(section, sort_keys=True, default=str)
        if key in first:
            what = "has the name of" if isinstance(name, str) else "says the same as"
            yield Problem(
                (*path, index), f"{what} access[{first[key]}]: give it a name of its own, or remove it"
            )
        first.setdefault(key, index)


def _waiver(path: Path, section: Mapping[str, Any], checks: Collection[str]) -> Iterator[Problem]:
    yield from _either(path, section, "resource", "resources")
    yield from _no_role(path, section)
    check = section.get("check")
    if isinstance(check, str) and check not in checks:
        near = nearest(check, checks) or ": see --eci-list-checks"
        yield Problem((*path, "check"), f"is no check ({shown(check)}){near}")
    for key, fitting_checks in (("expectation", ("access",)), ("policy", CHECKS_OF_POLICIES)):
        if key in section and isinstance(check, str) and check in checks and check not in fitting_checks:
            yield Problem((*path, key), f"is for waivers of {', '.join(fitting_checks)}: remove it")


def _same_waivers(path: Path, account: Mapping[str, Any]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for below, section in mappings(account, ("waivers", "[]")):
        index = below[-1] if isinstance(below[-1], int) else 0
        key = _covered(section)
        if key in first:
            yield Problem((*path, index), f"covers the same as waivers[{first[key]}]: keep one of them")
        first.setdefault(key, index)


def _covered(section: Mapping[str, Any]) -> str:
    """What a waiver covers, as the id of its row says it: two waivers never share an id."""
    pattern = section.get("resource")
    if not isinstance(pattern, str):
        pattern = json.dumps(section.get("resources"), sort_keys=True, default=str)
    narrowing = [f":{key}={section[key]}" for key in ("expectation", "policy") if key in section]
    return f"{section.get('check')}:{pattern}{''.join(narrowing)}"


def _rule(path: Path, section: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    yield from _no_role(path, section)
    resources = section.get("resources")
    written = resources.get("kind", kind) if isinstance(resources, Mapping) else kind
    if written in KINDS and written != kind:
        yield Problem((*path, "resources", "kind"), f"can only be {kind} here: leave it out")


def _no_role(path: Path, section: Mapping[str, Any]) -> Iterator[Problem]:
    resources = section.get("resources")
    if isinstance(resources, Mapping) and "role" in resources:
        yield Problem(
            (*path, "resources", "role"), "is for ram:PassRole in `access`; did you mean `ram_role`?"
        )


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
