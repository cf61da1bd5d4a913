"""From items of answers to facts, where a fact takes more than its fields: scopes, regions, what is not shown.

`wire.parse_fact` reads what follows from the fact classes alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..inventory.facts import (
    PLANNED,
    Container,
    ContainerGroup,
    EciResource,
    PolicyAttachment,
    PolicyVersion,
    Unreadable,
    Volume,
)
from .not_shown import not_shown
from .redact import ENCODINGS, NOT_KEPT
from .wire import Item, parse_fact, text


def policy_version(item: Item) -> PolicyVersion:
    """A version; its document is unreadable where the answer does not show it."""
    document = item.get("PolicyDocument")
    unread = Unreadable("ram:ListPolicyVersions", "Malformed", subject=text(item, "VersionId"))
    return PolicyVersion(
        version_id=text(item, "VersionId"),
        is_default_version=item.get("IsDefaultVersion") is True,
        policy_document=document if isinstance(document, str) else unread,
    )


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
    item = _with_group_id(item)
    known: dict[str, Any] = {
        "region_id": text(item, "RegionId") or region,
        "not_shown": not_shown(fact, item),
    }
    constructor: Callable[..., EciResource] = fact
    parsed = parse_fact(constructor, item, **known)
    cause = _not_kept(item, region)
    if not isinstance(parsed, ContainerGroup) or cause is None:
        return parsed
    lacks_fields = item.get(NOT_KEPT) != ENCODINGS
    return _without_unkept(parsed, cause) if lacks_fields else replace(parsed, not_kept=cause)


def _with_group_id(item: Item) -> Item:
    """The item without what stands in the place of the id of its resource group: an id begins with `rg-`, and that
    of a planned group with `planned:`."""
    is_id = text(item, "ResourceGroupId").startswith(("rg-", PLANNED))
    return item if is_id else {**item, "ResourceGroupId": ""}


def _not_kept(item: Item, region: str) -> Unreadable | None:
    """Why parts of an instance that is replayed are missing; None where the answer has all that is kept."""
    lacks = item.get(NOT_KEPT)
    if not lacks:
        return None
    detail = (
        "an earlier version made the recording: it searched fewer encodings for AccessKeys"
        if lacks == ENCODINGS
        else "an earlier version made the recording: it kept no probes, lifecycle hooks and volume options,"
        " and searched fewer fields and encodings for AccessKeys"
    )
    subject = text(item, "ContainerGroupId")
    return Unreadable(
        "eci:DescribeContainerGroups", "NotRecorded", region=region, subject=subject, detail=detail
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
