"""The policy attachments of service-linked roles, which ListPolicyAttachments may not show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..inventory.facts import Attachments, Role, Unreadable
from ..inventory.linked_roles import LINKED_ROLE_PREFIX
from .caller import Caller
from .grants_by_principal import grants_by_principal


async def linked_attachments(
    caller: Caller, attachments: Attachments, lookups: Mapping[str, Role | Unreadable | None]
) -> Attachments:
    """The policy attachments of a service-linked role of which ListPolicyAttachments shows none.

    Whether it shows the attachments that a service made for itself is not documented.
    """
    if _is_blind(attachments):
        return Attachments()
    shown = {
        attachment.principal_name
        for attachment in attachments.items
        if attachment.principal_type == "ServiceRole"
    }
    roles = [
        role
        for role in lookups.values()
        if isinstance(role, Role) and role.role_name.startswith(LINKED_ROLE_PREFIX)
    ]
    _observe(caller, roles, shown)
    unshown = sorted({role.role_name for role in roles} - shown)
    return await grants_by_principal(caller, [("ServiceRole", name) for name in unshown])


def _observe(caller: Caller, roles: Iterable[Role], shown: Collection[str]) -> None:
    """Note whether ListPolicyAttachments, read whole, shows the policies of service-linked roles."""
    for role in roles:
        caller.observations.note("service-linked-roles-are-listed-with-policies", role.role_name in shown)


def _is_blind(attachments: Attachments) -> bool:
    """Whether the attachments of principals are missing that nothing names."""
    return any(gap.principal_name is None for gap in attachments.gaps)
