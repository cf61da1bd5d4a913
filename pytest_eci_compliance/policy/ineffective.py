"""Statements that are certainly without effect: an action that does not exist, a Resource that fits nothing that
the actions are about, a condition that no call can satisfy.

Only what is certain is named. Actions and resources of other services, policy variables, undocumented operators and
keys that can have several values are never judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from ..spelling import nearest
from .account_part import ECI_TYPES, PARTS_OF_ARN, with_account
from .action_lists import SERVICES, action_list
from .condition_keys import nearest_key
from .condition_operators import OPERATORS, moment
from .condition_values import values_that_matter
from .conditions import (
    ABSENT,
    CURRENT_TIME,
    REQUEST_TAG,
    RESOURCE_TAG,
    VARIABLE,
    Condition,
    Context,
    NoValue,
    holds,
)
from .document import Document, Statement
from .eci_actions import eci_action
from .patterns import UNKNOWN, matches_partly_known
from .three_valued import Assumptions

_MULTI_VALUED = frozenset({"ram:trustedprincipaltypes", "ram:servicenames"})
_SERVICE_NAMES = {"eci": "ECI", "ram": "RAM", "sts": "STS", "resourcemanager": "ResourceManager"}
_FAR_FUTURE = datetime(9999, 12, 31, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Ineffective:
    """A part of a statement that is certainly without effect, and why."""

    statement: Statement
    why: str

    def __str__(self) -> str:
        kind = " (Deny)" if self.statement.effect == "Deny" else ""
        return f"statement {self.statement.index}{kind}: {self.why}"


def ineffective_parts(document: Document, account_id: str, today: date) -> list[Ineffective]:
    """What is certainly without effect in a document that an account holds, Deny statements first.

    `today` (UTC) decides which dates have passed.
    """
    parts = [
        Ineffective(statement, why)
        for statement in document.statements
        if statement.problem is None
        for why in (
            *_unknown_actions(statement),
            *_without_account(statement),
            *_unfit_resources(statement, account_id),
            *_impossible_conditions(statement, today),
            *_misspelt_keys(statement),
        )
    ]
    return sorted(parts, key=lambda part: part.statement.effect != "Deny")


def _unknown_actions(statement: Statement) -> Iterator[str]:
    for pattern in dict.fromkeys(statement.actions or ()):
        service, _, name = pattern.partition(":")
        if service.lower() not in SERVICES or VARIABLE in pattern:
            continue
        known = action_list(service.lower())
        if known.fitting(name):
            continue
        near = known.nearest(name)
        hint = f"; did you mean {near}?" if near else ""
        verb = "is not an action of" if not {"*", "?"} & set(name) else "fits no action of"
        excepts = ", so it excepts nothing" if statement.not_action else ""
        yield f"{pattern} {verb} {_SERVICE_NAMES[service.lower()]}{excepts}{hint}"


def _without_account(statement: Statement) -> Iterator[str]:
    """ARNs that leave out the part of the account, whichever actions the statement names."""
    for resource in dict.fromkeys(statement.resources or ()):
        if meant := with_account(resource):
            yield f"the Resource {resource} names no account; did you mean {meant}?"


def _unfit_resources(statement: Statement, account_id: str) -> Iterator[str]:
    actions = _judged_actions(statement)
    if not actions:
        return
    possible = {arn for action in actions for arn in _arns(action, account_id)}
    about_eci = any(action.startswith("eci:") for action in actions)
    for resource in dict.fromkeys(statement.resources or ()):
        if VARIABLE in resource or not resource.strip("*") or with_account(resource):
            continue
        if not about_eci and _is_of_eci(resource):
            yield _no_action_on_eci(resource, statement)
            continue
        if "*" in possible:
            continue
        if _fits_any(resource, possible):
            yield from _misspelt_eci_resource(resource)
            continue
        hint = _hint(resource, account_id) or _did_you_mean(resource, possible, account_id)
        if not possible:
            hint = ": RAM authorises it on the Resource * alone"
        yield f"the Resource {resource} fits no resource of {_named(statement)}{hint}"


def _named(statement: Statement) -> str:
    return ", ".join(list(dict.fromkeys(statement.actions or ()))[:3])


def _is_of_eci(resource: str) -> bool:
    return resource.lower().startswith("acs:eci:")


def _no_action_on_eci(resource: str, statement: Statement) -> str:
    services = (pattern.partition(":")[0].lower() for pattern in statement.actions or ())
    names = " or ".join(_SERVICE_NAMES[service] for service in dict.fromkeys(services))
    return (
        f"the Resource {resource} fits no resource of {_named(statement)}: no action of {names} is authorised on a"
        " resource of ECI"
    )


def _judged_actions(statement: Statement) -> list[str]:
    """The known actions that a statement names; none where it may name actions of other services too."""
    actions: list[str] = []
    if statement.not_action:
        return actions
    for pattern in statement.actions or ():
        service, _, name = pattern.partition(":")
        if service.lower() not in SERVICES or VARIABLE in pattern:
            return []
        folded = service.lower()
        actions += [f"{folded}:{known}" for known in action_list(folded).fitting(name)]
    return actions


def _arns(action: str, account_id: str) -> Iterator[str]:
    """The ARNs that an action can be asked about, with `UNKNOWN` for the parts that vary; `*` where any resource is
    possible."""
    service, _, name = action.partition(":")
    if service == "eci":
        yield from _eci_arns(action, account_id)
        return
    types = action_list(service).resource_types.get(name.lower(), ())
    if service == "resourcemanager" or (service == "sts" and not types):
        yield "*"
        return
    # A role of another account can be assumed: its trust decides.
    owner = UNKNOWN if service == "sts" else account_id
    if not types:
        yield from (
            f"acs:{owner_service}:{UNKNOWN}:{owner}:{UNKNOWN}"
            for owner_service in ("ram", "ims", "resourcemanager")
        )
        yield f"acs:ram:{UNKNOWN}:system:{UNKNOWN}"
    for type_ in types:
        yield from (
            f"acs:{owner_service}:{UNKNOWN}:{owner}:{type_}/{UNKNOWN}" for owner_service in ("ram", "ims")
        )
        if type_ == "policy":
            yield f"acs:ram:{UNKNOWN}:system:policy/{UNKNOWN}"


def _eci_arns(action: str, account_id: str) -> Iterator[str]:
    row = eci_action(action)
    if row is not None and row.all_resources:
        return  # only the Resource `*` fits
    stem = f"acs:eci:{UNKNOWN}:{account_id}:"
    if row is None or row.kind is None:
        yield f"{stem}{UNKNOWN}"
        return
    for kind in row.kinds:
        # The ARN of a call that names no resource ends in the character `*` itself.
        yield f"{stem}{kind}/{'*' if row.id == 'no' else UNKNOWN}"


def _fits_any(resource: str, possible: Iterable[str]) -> bool:
    return any(matches_partly_known(resource.lower(), arn.lower()) is not False for arn in possible)


def _misspelt_eci_resource(resource: str) -> Iterator[str]:
    """An ARN of ECI that only fits where any type of resource does: its type is near to a type that ECI has."""
    parts = resource.split(":")
    if [part.lower() for part in parts[:2]] != ["acs", "eci"]:
        return
    if len(parts) != PARTS_OF_ARN:
        return
    type_, slash, name = parts[4].partition("/")
    if {"*", "?"} & set(type_) or (slash and type_.lower() in ECI_TYPES):
        return
    near = nearest(type_, ECI_TYPES, 0.8)
    if near:
        meant = ":".join([*parts[:4], f"{near}/{name or '*'}"])
        yield f"the Resource {resource} fits no resource of ECI; did you mean {meant}?"


def _did_you_mean(resource: str, possible: Iterable[str], account_id: str) -> str:
    """The Resource that is spelled most alike, as the end of a message; empty where none is near."""
    known = {arn.replace(f":{account_id}:", ":*:").replace(UNKNOWN, "*").lower(): arn for arn in possible}
    parts = resource.split(":")
    written = ":".join([*parts[:2], "*", "*", *parts[4:]]) if len(parts) == PARTS_OF_ARN else resource
    near = nearest(written, known, 0.85)
    return f"; did you mean {near}?" if near else ""


def _misspelt_keys(statement: Statement) -> Iterator[str]:
    for condition in statement.conditions:
        near = None if VARIABLE in condition.key else nearest_key(condition.key)
        if near:
            yield f"the condition key {condition.key} is not known: no call has it; did you mean {near}?"


def _hint(resource: str, account_id: str) -> str:
    parts = resource.split(":")
    if parts[0].lower() != "acs" or len(parts) < PARTS_OF_ARN:
        return ": a resource is written as acs:SERVICE:REGION:ACCOUNT:TYPE/ID"
    if parts[3].isdigit() and parts[3] != account_id:
        return f": it is of account {parts[3]}, and this account is {account_id}"
    return ""


def _impossible_conditions(statement: Statement, today: date) -> Iterator[str]:
    by_key: dict[str, list[Condition]] = {}
    for condition in statement.conditions:
        odd = condition.operator not in OPERATORS or VARIABLE in condition.key
        if not odd and condition.key.lower() not in _MULTI_VALUED:
            by_key.setdefault(condition.key, []).append(condition)
    for key, conditions in by_key.items():
        values = _values(key, conditions, today)
        if values and not any(_may_hold(key, value, conditions) for value in values):
            words = " and ".join(map(str, conditions))
            yield f"no call can satisfy {words}{_passed(key, conditions, today)}"


def _values(key: str, conditions: Sequence[Condition], today: date) -> Sequence[str | NoValue]:
    """The values of a key that a call can have and that matter; none where that is not known."""
    values = values_that_matter(key, conditions)
    if key != CURRENT_TIME or not values:
        return values
    start = _start(today)
    later = [at for value in values if isinstance(value, str) and (at := moment(value)) and at >= start]
    return [at.isoformat() for at in (start, start + timedelta(seconds=1), *later, _FAR_FUTURE)]


def _start(today: date) -> datetime:
    return datetime.combine(today, time(), tzinfo=timezone.utc)


def _may_hold(key: str, value: str | NoValue, conditions: Iterable[Condition]) -> bool:
    tags: dict[str, str] = {}
    for prefix in (REQUEST_TAG, RESOURCE_TAG):
        if key.startswith(prefix) and value is not ABSENT:
            tags = {key[len(prefix) :]: str(value)}
    stated: dict[str, str] = {key: value}  # type: ignore[dict-item] # a key that is absent is looked up too
    context = Context(tags, tags, stated)
    return all(holds(condition, context, Assumptions()) is not False for condition in conditions)


def _passed(key: str, conditions: Iterable[Condition], today: date) -> str:
    moments = [moment(value) for condition in conditions for value in condition.values]
    if key == CURRENT_TIME and all(at is not None and at < _start(today) for at in moments):
        return ": that time has passed"
    return ""
