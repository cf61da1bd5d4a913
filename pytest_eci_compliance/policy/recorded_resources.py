"""The recorded ECI resources and resource groups of an account, as calls name them."""

from __future__ import annotations

from ..inventory.facts import (
    ContainerGroup,
    EciResource,
    ImageCache,
    Inventory,
    Role,
    Unreadable,
    VirtualNode,
)
from ..inventory.kinds import KINDS
from .alike import AlikeToAccount
from .authorization import Account, Target
from .call_arguments import Named, NotRecorded
from .eci_actions import eci_action


class RecordedResources:
    """What policies can see of the recorded resources of an account."""

    def __init__(self, inventory: Inventory, account: Account) -> None:
        self._alike = AlikeToAccount(inventory, account.ceiling)
        self._targets: dict[tuple[str, str, str], Target] = {}
        self._resources = {
            resource.id: resource
            for listings in inventory.listings.values()
            for listing in listings
            if not isinstance(listing.items, Unreadable)
            for resource in (*listing.items, *listing.later)
        }

    @property
    def tells_regions_apart(self) -> bool:
        """Whether a policy of the account allows or denies ECI calls by region."""
        return self._alike.by_region

    def named(self, resource: Named, action: str) -> Target:
        """The resource that a call names. Raises `NotRecorded`, and ValueError for what the action is not about."""
        if isinstance(resource, str):
            resource = self._by_id(resource)
        if isinstance(resource, Role):
            raise ValueError(f"{action} is not about a RAM role")  # noqa: TRY004 - no type is wrong
        if not isinstance(resource, (ContainerGroup, ImageCache, VirtualNode)):
            raise ValueError(f"{action} is about ECI resources only")  # noqa: TRY004 - no type is wrong
        row, kind = eci_action(action), KINDS[resource.kind].arn_kind
        if row is not None and row.id != "no" and row.kind not in (kind, "any"):
            raise ValueError(f"{action} is not about a resource of the kind {resource.kind}")
        return self.target(resource)

    def target(self, resource: EciResource) -> Target:
        """What policies can see of a resource; the same object for resources that they cannot tell apart."""
        key = (resource.kind, resource.region_id, resource.id)
        if key not in self._targets:
            self._targets[key] = self._alike.representative(resource)
        return self._targets[key]

    def _by_id(self, id_: str) -> EciResource:
        if id_ not in self._resources:
            raise NotRecorded(f"no recorded instance, image cache or virtual node has the id {id_!r}")
        return self._resources[id_]


def resource_group_id(inventory: Inventory, written: str) -> str | None:
    """The id of the one resource group that an id or a name means, or None.

    `rg-…` is an id only; one that the complete list of groups lacks is a mistake.
    """
    groups = inventory.resource_groups
    if isinstance(groups, Unreadable):
        return written if written.startswith("rg-") else None
    if any(group.id == written for group in groups):
        return written
    ids = [group.id for group in groups if group.name == written and not written.startswith("rg-")]
    return ids[0] if len(ids) == 1 else None
