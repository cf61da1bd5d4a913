"""ECI resources that a plan adds, changes and removes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..inventory.facts import ContainerGroup, EciResource, Listing, Unreadable
from .blocks import merged, places_of_text
from .draft import LISTED_BY, Draft
from .eci_resources import COMPLETED, in_order
from .model import NOT_PLANNED, EciState, Note, Origin

_FIELDS = {
    "tags": "tags",
    "containers": "containers",
    "init_containers": "init_containers",
    "volumes": "volumes",
    "resource_group": "resource_group_id",
    "ram_role": "ram_role_name",
    **{name: name for name in (*COMPLETED, "security_group_id", "v_switch_id")},
}
_BLOCKS = {"containers": "container", "init_containers": "init container", "volumes": "volume"}


def add(draft: Draft, state: EciState, origin: Origin, default_group: str | None, notes: list[Note]) -> None:
    """Create a resource in the region of its provider."""
    region = state.region or _only_region(draft, origin, notes)
    if region is None:
        why = "the plan names no region for the resource: write `region` in its provider block"
        cause = Unreadable(LISTED_BY[state.resource.kind], NOT_PLANNED, subject=origin.address, detail=why)
        draft.incomplete.append(cause)
        return
    listing = _listing(draft, state, region)
    if listing is None:
        message = f"the resource is in {region}, which is not among the `regions` of the configuration"
        notes.append(Note("not evaluated", origin, message))
        return
    resource = replace(state.resource, region_id=region)
    if state.in_default_group:
        resource = _in_default_group(draft, resource, default_group)
    draft.eci[resource.kind, resource.id] = (region, resource)


def _only_region(draft: Draft, origin: Origin, notes: list[Note]) -> str | None:
    """The region of the configuration, where it names just one."""
    regions = draft.base.regions
    if isinstance(regions, Unreadable) or len(regions) != 1:
        return None
    message = f"the provider names no region; assumed: {regions[0]}, the only region of the configuration"
    notes.append(Note("inferred", origin, message))
    return regions[0]


def _listing(draft: Draft, state: EciState, region: str) -> Listing | None:
    listings = draft.base.listings.get(state.resource.kind, ())
    return next((listing for listing in listings if listing.region == region), None)


def _in_default_group(draft: Draft, resource: EciResource, written: str | None) -> EciResource:
    """The resource in the account's default group, where it is known which one that is."""
    name = written or "default"
    ids = [group.id for group in draft.resource_groups.values() if name in (group.id, group.name)]
    if len(ids) == 1:
        return replace(resource, resource_group_id=ids[0])
    return replace(resource, not_shown=in_order({*resource.not_shown, "resource_group"}))


def remove(draft: Draft, state: EciState) -> None:
    """Delete a resource."""
    draft.eci.pop((state.resource.kind, state.resource.id), None)


def update(draft: Draft, before: EciState | None, after: EciState) -> None:
    """Change what differs between the two sides; what the change does not state stays as it was read.

    An overlay has no side before: it states the fields that it gives.
    """
    key = (after.resource.kind, after.resource.id)
    if key not in draft.eci:
        return
    region, recorded = draft.eci[key]
    values: dict[str, Any] = {}
    hidden = set(recorded.not_shown)
    for part, name in _FIELDS.items():
        if not hasattr(recorded, name):
            continue
        new, old = getattr(after.resource, name), getattr(before.resource, name) if before else None
        if part in after.resource.not_shown:
            hidden.add(part)
        elif part in after.given if before is None else new != old:
            values[name] = merged(getattr(recorded, name), old, new) if part in _BLOCKS else new
            hidden.discard(part)
            if before is None and part in _BLOCKS:
                hidden = {other for other in hidden if not _is_within(other, _BLOCKS[part])}
    if "tags" in values and not values["tags"] and recorded.tags:
        # An emptied map sends no tags, so whether the old ones stay is not documented.
        hidden.add("tags")
    if not values.get("resource_group_id", "x"):
        values.pop("resource_group_id")
    if isinstance(recorded, ContainerGroup) and isinstance(after.resource, ContainerGroup):
        values |= _other_text(recorded, before.resource if before else None, after.resource)
    draft.eci[key] = (region, replace(recorded, **values, not_shown=in_order(hidden)))


def _is_within(part: str, noun: str) -> bool:
    """Whether a part that is not shown is a value within the containers or volumes that the noun names."""
    return f" {noun} '" in part and (noun != "container" or " init container '" not in part)


def _other_text(
    recorded: ContainerGroup, before: EciResource | None, after: ContainerGroup
) -> dict[str, Any]:
    """What is known of the text of an instance that no field keeps."""
    old = before if isinstance(before, ContainerGroup) else None
    return {**places_of_text(recorded, old, after), "not_kept": after.not_kept or recorded.not_kept}
