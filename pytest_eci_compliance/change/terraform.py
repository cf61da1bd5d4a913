"""A plan of Terraform or OpenTofu (`terraform show -json`), format 1.x, as changes by account.

What is read is `resource_changes`: `planned_values` drops what is unknown and shows no deletion. Addresses are
matched by module path, type, name and index, never by splitting them at dots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .accounts import Providers
from .left_out import left_out, not_evaluated
from .model import ChangeSet, Note, Origin, PlanFile, PlannedChange, PlannedState, PolicyState, Unknown
from .resolver import RawChange, Resolver
from .resources import TYPES
from .side import PlanSide
from .values import AllUnknown, as_typed, fold, module_path

_CREATE, _DELETE, _FORGET = "create", "delete", "forget"


def read_plan(file: str, data: Mapping[str, Any]) -> PlanFile:
    """The changes of a plan that was found whole, by the account that they are shown to be for."""
    raw = [_raw(entry) for entry in data["resource_changes"]]
    deferred = [
        _raw(entry["resource_change"], entry["reason"])
        for entry in data["deferred_changes"]
        if entry["resource_change"] is not None
    ]
    drift = [replace(_raw(entry), is_drift=True) for entry in data["resource_drift"]]
    resolver = Resolver(data, [*raw, *deferred])
    providers = Providers(file, data, resolver)
    by_account: dict[str | None, list[RawChange]] = {}
    for change in (*raw, *deferred, *drift):
        if change.mode == "managed":
            by_account.setdefault(providers.account_of(change), []).append(change)
    general = tuple(_general_notes(file, data))
    sets = {
        account: _change_set(file, data, raw_changes, resolver, providers, account, general)
        for account, raw_changes in by_account.items()
    }
    if not sets:
        sets = {None: _change_set(file, data, [], resolver, providers, None, general)}
    return PlanFile(file, sets, providers.differ(by_account.get(None, ())))


def _raw(entry: Mapping[str, Any], deferred: str = "") -> RawChange:
    change, address, module = entry["change"], entry["address"], entry["module_address"]
    return RawChange(
        address=address,
        module=module_path(address if module is None else module),
        mode=entry["mode"],
        type=entry["type"],
        name=entry["name"],
        index=entry["index"],
        actions=tuple(change["actions"]),
        before=_side(change["before"], None, change["before_sensitive"]),
        after=_side(change["after"], change["after_unknown"], change["after_sensitive"]),
        deposed=entry["deposed"],
        importing=bool(change["importing"]),
        index_unknown=entry["index_unknown"],
        deferred=deferred,
    )


def _side(value: Any, unknown: Any, sensitive: Any) -> Mapping[str, Any] | None:
    if value is None and unknown is not True and not (isinstance(unknown, dict) and unknown):
        return None
    folded = fold(value, unknown, sensitive)
    if isinstance(folded, Unknown):
        return AllUnknown(folded)
    return {name: as_typed(name, attribute) for name, attribute in folded.items()}


def _general_notes(file: str, data: Mapping[str, Any]) -> Iterator[Note]:
    """What is said of the plan as a whole."""
    if data["complete"] is False:
        yield Note(
            "partial",
            Origin(file, ""),
            "the plan is partial (complete: false): it was made with -target or has deferred changes, and more"
            " changes may follow",
        )
    yield from _invocations(file, data)


def _invocations(file: str, data: Mapping[str, Any]) -> Iterator[Note]:
    """Actions that the apply invokes beside the changes of resources (Terraform 1.14)."""
    for entry in data["action_invocations"]:
        origin = Origin(file, entry["address"])
        yield Note("not evaluated", origin, "the apply invokes an action, whose effect is not understood")


def _change_set(
    file: str,
    data: Mapping[str, Any],
    raw: list[RawChange],
    resolver: Resolver,
    providers: Providers,
    account: str | None,
    general: tuple[Note, ...],
) -> ChangeSet:
    changes: list[PlannedChange] = []
    notes = list(general)
    others: Counter[str] = Counter()
    for raw_change in raw:
        origin = Origin(file, f"{raw_change.address} (deposed)" if raw_change.deposed else raw_change.address)
        if raw_change.type in TYPES:
            change, more = _change(origin, raw_change, resolver, providers, account)
            changes += [change] if change is not None else []
            notes += more
        elif raw_change.actions not in (("no-op",), ("read",)):
            others[raw_change.type] += 1
            if why := not_evaluated(raw_change.type):
                notes.append(Note("not evaluated", origin, why))
    notes += left_out(file, raw)
    return ChangeSet(
        file,
        tuple(changes),
        tuple(notes),
        data["timestamp"],
        sum(others.values()),
        data["complete"],
    )


def _change(
    origin: Origin, raw: RawChange, resolver: Resolver, providers: Providers, account: str | None
) -> tuple[PlannedChange | None, list[Note]]:
    region = providers.region_of(raw)
    before = _state(raw, raw.before, None, region, account)[0]
    after, inferred = _state(raw, raw.after, resolver, region, account)
    notes = [
        Note("inferred", origin, f"{inference}: found through the references of the configuration")
        for inference in inferred
    ]
    if raw.deferred or raw.index_unknown:
        why = (
            f"the plan defers it ({raw.deferred})" if raw.deferred else "how many there will be is not known"
        )
        return PlannedChange(origin, "undetermined", before, after, undetermined=why), notes
    if raw.is_drift:
        return _drift(origin, raw, before)
    actions = raw.actions
    if _FORGET in actions:
        notes.append(Note("kept", origin, "the object leaves the Terraform state and stays in the account"))
        if _CREATE in actions:
            return PlannedChange(origin, "create", None, after, inferred=inferred), notes
        return PlannedChange(origin, "none", before), notes
    if actions in (("no-op",), ("read",)):
        return (PlannedChange(origin, "none", before) if before is not None else None), notes
    if raw.type == "alicloud_resource_manager_policy_version":
        return _version_change(origin, actions, before, after), notes
    known = {
        (_CREATE,): PlannedChange(origin, "create", None, after, inferred=inferred),
        ("update",): PlannedChange(origin, "update", before, after, inferred=inferred),
        (_DELETE,): PlannedChange(origin, "delete", before),
        (_DELETE, _CREATE): PlannedChange(origin, "replace", before, after, inferred=inferred),
        (_CREATE, _DELETE): PlannedChange(
            origin, "replace", before, after, create_first=True, inferred=inferred
        ),
    }
    undetermined = PlannedChange(
        origin, "undetermined", before, after, undetermined="its actions are not understood"
    )
    change = known.get(actions, undetermined)
    return (None if change.before is None and change.after is None else change), notes


def _drift(
    origin: Origin, raw: RawChange, before: PlannedState | None
) -> tuple[PlannedChange | None, list[Note]]:
    """What changed outside Terraform: a change shows in the state before of the plan, a deletion only here."""
    if raw.actions == ("no-op",):
        return None, []
    verb = "deleted" if raw.actions == (_DELETE,) else "changed"
    notes = [Note("drift", origin, f"the object was {verb} outside Terraform since the last apply")]
    return (PlannedChange(origin, "absent", before) if verb == "deleted" else None), notes


def _version_change(
    origin: Origin, actions: tuple[str, ...], before: PlannedState | None, after: PlannedState | None
) -> PlannedChange | None:
    """A version of a policy: as the default one it is the policy's document, else the policy can be switched to it.

    A version that is deleted stays among those to which the policy can be switched.
    """
    was_default = isinstance(before, PolicyState) and before.is_default and actions != (_CREATE,)
    if was_default and not (isinstance(after, PolicyState) and after.is_default):
        why = "which version becomes the default is not known"
        return PlannedChange(origin, "undetermined", before, undetermined=why)
    return None if after is None else PlannedChange(origin, "update", None, after)


def _state(
    raw: RawChange,
    attributes: Mapping[str, Any] | None,
    resolver: Resolver | None,
    region: str | None,
    account: str | None,
) -> tuple[PlannedState | None, tuple[str, ...]]:
    if attributes is None:
        return None, ()
    side = PlanSide(raw, attributes, resolver, region, account)
    state = TYPES[raw.type](side)
    return state, tuple(dict.fromkeys(side.inferred))
