"""In which resource group ECI resources are (section 3)."""

from __future__ import annotations

from collections.abc import Iterator

from ..inventory.facts import EciResource, Kind, Unreadable, unshown
from ..messages import join_words, quote
from .support.case import Case, Finding, check, failed, passed, unknown
from .support.resources import KINDS, each_by_rule, eci_resource, group_label, unless_rule
from .support.selectors import any_of

LIST = "resourcemanager:ListResourceGroups"
REMEDIATION = (
    "The resource group is fixed when the resource is created: create it anew with --ResourceGroupId and the id of"
    " an intended group, and delete this one; or change `resource_groups` in the configuration."
)


@check(
    "instance-resource-group",
    severity="high",
    section="3",
    calls=(*KINDS["instance"].calls, LIST),
    remediation=REMEDIATION,
    off=unless_rule("instance", "resource_groups"),
    over_eci=True,
    about="instance",
)
def instance_resource_group(case: Case) -> Iterator[Finding]:
    """An instance is in an intended resource group that exists."""
    return _judge(case, "instance")


@check(
    "image-cache-resource-group",
    severity="high",
    section="3",
    calls=(*KINDS["image_cache"].calls, LIST),
    remediation=REMEDIATION,
    off=unless_rule("image_cache", "resource_groups"),
    over_eci=True,
    about="image_cache",
)
def image_cache_resource_group(case: Case) -> Iterator[Finding]:
    """An image cache is in an intended resource group that exists."""
    return _judge(case, "image_cache")


@check(
    "virtual-node-resource-group",
    severity="high",
    section="3",
    calls=(*KINDS["virtual_node"].calls, LIST),
    remediation=REMEDIATION,
    off=unless_rule("virtual_node", "resource_groups"),
    over_eci=True,
    about="virtual_node",
)
def virtual_node_resource_group(case: Case) -> Iterator[Finding]:
    """A virtual node is in an intended resource group that exists."""
    return _judge(case, "virtual_node")


def _judge(case: Case, kind: Kind) -> Iterator[Finding]:
    return each_by_rule(case, kind, "resource_groups", lambda one, intended: _judged(case, one, intended))


def _judged(case: Case, one: EciResource, intended: tuple[str, ...]) -> Finding:
    resource, group = eci_resource(one), one.resource_group_id
    if not group and intended:
        # Every resource belongs to a group; an answer that names none decides nothing.
        return unknown(resource, unshown(one, "resource group"))
    label = group_label(case, group)
    is_intended = any_of(case.resource_groups.means(written, group) for written in intended)
    listing = case.inventory.resource_groups
    gone = not isinstance(listing, Unreadable) and group not in case.resource_group_names
    if gone or is_intended is False:
        there = f"it is in resource group {label}{', which does not exist' if gone else ''}"
        return failed(resource, f"{there}; expected {join_words(map(quote, intended), last='or')}")
    causes = [part for part in (is_intended, listing) if isinstance(part, Unreadable)]
    if causes:
        return unknown(
            resource, *causes, because=f"whether resource group {label} is an intended one that exists"
        )
    return passed(resource, f"it is in resource group {label}, as intended")
