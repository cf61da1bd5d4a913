"""The service-linked roles of ECI and of its virtual nodes: one row per role."""

from __future__ import annotations

from dataclasses import dataclass

from .facts import Kind, PolicyRef

LINKED_ROLE_PREFIX = "AliyunServiceRoleFor"
"""How the names of service-linked roles begin, of every service."""


@dataclass(frozen=True)
class LinkedRole:
    """A service-linked role.

    `service` is the service that it trusts, `policy` its system policy, `section` its section of the configuration.
    `blocking` are the kinds of resources that keep it from being deleted.
    """

    name: str
    service: str
    policy: str
    section: str
    blocking: tuple[Kind, ...]

    @property
    def policy_ref(self) -> PolicyRef:
        """Which policy it holds."""
        return PolicyRef("System", self.policy)


LINKED_ROLES = (
    LinkedRole(
        name="AliyunServiceRoleForECI",
        service="eci.aliyuncs.com",
        policy="AliyunServiceRolePolicyForECI",
        section="service_linked_role",
        blocking=("instance", "image_cache"),
    ),
    LinkedRole(
        name="AliyunServiceRoleForECIVnode",
        service="vnode.eci.aliyuncs.com",
        policy="AliyunServiceRolePolicyForECIVnode",
        section="virtual_node_role",
        blocking=("virtual_node",),
    ),
)
"""Every service-linked role that is judged where the configuration has its section."""
