"""The resource groups of ECI resources (section 3)."""

from __future__ import annotations

from ..inventory.facts import EciResource, Unreadable
from ..inventory.kinds import KINDS, unshown
from ..messages import command, indefinite, join_words, quote
from ..policy.three_valued import any_of
from .support.case import Case
from .support.decorators import resource_checks
from .support.resources import group_label, is_live
from .support.verdicts import Verdict, failed, passed, unknown

_REMEDIATION = (
    "Move the resource to an intended resource group, or change `resource_groups` in the configuration."
)
_IN_CONSOLE = "or move it in the Resource Management console"


@resource_checks(
    "{kind}-resource-group",
    key="resource_groups",
    severity="high",
    section="3",
    calls=("resourcemanager:ListResourceGroups",),
    remediation=_REMEDIATION,
)
def resource_group(resource: EciResource, intended: tuple[str, ...], case: Case) -> Verdict:
    """The {noun} is in an intended resource group that exists."""
    group = resource.resource_group_id
    if (not group or "resource_group" in resource.not_shown) and intended:
        # Every resource belongs to a group; an answer that names none decides nothing.
        return unknown(unshown(resource, "resource group"))
    label = group_label(case, group)
    is_intended = any_of(case.resource_groups.means(written, group) for written in intended)
    groups = case.inventory.resource_groups
    is_gone = not isinstance(groups, Unreadable) and group not in case.resource_group_names
    if is_gone or is_intended is False:
        gone = ", which does not exist" if is_gone else ""
        expected = join_words(map(quote, intended), last="or")
        return failed(
            f"the {resource.kind.replace('_', ' ')} is in resource group {label}{gone}; expected {expected}",
            remediation=_remediation(case, resource, intended),
        )
    causes = [part for part in (is_intended, groups) if isinstance(part, Unreadable)]
    if causes:
        return unknown(
            *causes, because=f"it is not known whether resource group {label} is an intended one that exists"
        )
    return passed(f"the {resource.kind.replace('_', ' ')} is in resource group {label}, as intended")


def _remediation(case: Case, resource: EciResource, intended: tuple[str, ...]) -> str:
    """How to move a resource: a call, or the console (use resource groups to control access, 2022-12-22).

    Where the configuration names a group that does not exist, the resource may be where it belongs: the name comes
    first.
    """
    if missing := [name for name in intended if case.existing.exists("resource group", name) is False]:
        names = join_words(f"{quote(name)}{case.existing.near('resource group', name)}" for name in missing)
        return f"Correct the name of the resource group in the configuration, which does not exist: {names}."
    kind = KINDS[resource.kind]
    if kind.move_action is None:
        return f"No call moves {indefinite(kind.noun)}. {_REMEDIATION}"
    if resource.kind == "instance" and not is_live(resource):
        return f"An instance that has ended cannot be moved by {kind.move_action}. {_REMEDIATION}"
    ids = (case.resource_groups.id_of(written) for written in intended)
    groups = [group for group in ids if isinstance(group, str)]
    target = next(iter(groups), "GROUP")
    words = [kind.id_option, resource.id, "--RegionId", resource.region_id, "--ResourceGroupId", target]
    labels = (group_label(case, group) for group in groups)
    choose = f" Choose among the groups {join_words(labels)}." if len(groups) > 1 else ""
    return f"{command('aliyun', 'eci', kind.move_action, *words)}, {_IN_CONSOLE}. {_REMEDIATION}{choose}"
