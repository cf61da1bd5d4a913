"""From items of answers to facts, where a fact takes more than its fields: scopes, regions, what is not shown.

`wire.parse_fact` reads what follows from the fact classes alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..inventory.facts import (
    Container,
    ContainerGroup,
    EciResource,
    PolicyAttachment,
    Unreadable,
    Volume,
)
from .not_shown import not_shown
from .redact import NOT_KEPT
from .wire import Item, parse_fact, text


def attachment(item: Item, account_id: str) -> PolicyAttachment:
    """A policy attachment. `ResourceGroupId` is the account's id where it is account-wide (ListPolicyAttachments)."""
    scope = text(item, "ResourceGroupId")
    return parse_fact(
        PolicyAttachment,
        item,
        principal_name=text(item, "PrincipalName").partition("@")[0],
        resource_group_id=None if scope == account_id else scope,
    )


def resource(fact: type[EciResource], item: Item, region: str) -> EciResource:
    """An ECI resource of the region that was asked for; answers need not repeat the region."""
    known: dict[str, Any] = {
        "region_id": text(item, "RegionId") or region,
        "not_shown": not_shown(fact, item),
    }
    constructor: Callable[..., EciResource] = fact
    parsed = parse_fact(constructor, item, **known)
    cause = _not_kept(item, region)
    return _without_unkept(parsed, cause) if isinstance(parsed, ContainerGroup) and cause else parsed


def _not_kept(item: Item, region: str) -> Unreadable | None:
    """Why parts of an instance that is replayed are missing; None where the answer has all that is kept."""
    if not item.get(NOT_KEPT):
        return None
    return Unreadable(
        "eci:DescribeContainerGroups",
        "NotRecorded",
        region=region,
        subject=text(item, "ContainerGroupId"),
        detail="an earlier version made the recording: it kept no probes, lifecycle hooks and volume options,"
        " and searched fewer fields and encodings for AccessKeys",
    )


def _without_unkept(instance: ContainerGroup, cause: Unreadable) -> ContainerGroup:
    """The instance with `cause` in the place of what an earlier version did not keep."""

    def container(whole: Container) -> Container:
        return replace(whole, liveness_probe=cause, readiness_probe=cause, startup_probe=cause)

    def volume(whole: Volume) -> Volume:
        return replace(whole, flex_volume_options=cause)

    return replace(
        instance,
        containers=tuple(map(container, instance.containers)),
        init_containers=tuple(map(container, instance.init_containers)),
        volumes=tuple(map(volume, instance.volumes)),
        not_kept=cause,
    )
