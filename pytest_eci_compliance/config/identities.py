"""The sections on users, roles and service-linked roles."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from .fields import (
    Globs,
    NonEmptyText,
    PlainName,
    PolicyName,
    ReachGlobs,
    SomeGlobs,
    SomeRoleGlobs,
    StrictTruth,
)
from .section import Section

PolicyNames: TypeAlias = tuple[PolicyName, ...]
PoliciesByGroup: TypeAlias = dict[PlainName, PolicyNames]


class ServiceLinkedRole(Section):
    """The intent for AliyunServiceRoleForECI."""

    expect: Literal["present", "absent", "deletable"] = "present"
    """`deletable`: no region has an instance or an image cache."""
    blocking: Literal["all", "live"] = "all"
    """Which states of an instance count as blocking the deletion of the role."""
    policy: NonEmptyText | None = None
    """A documented edition ("2024-02-06"), or the path of a reviewed document. Left out: only its name."""


class VirtualNodeRole(Section):
    """The intent for AliyunServiceRoleForECIVnode."""

    expect: Literal["present", "absent", "deletable"] = "present"
    """Whether the role must exist, or must not; `deletable`: no virtual node is left in any region."""
    policy: NonEmptyText | None = None
    """A documented edition, or the path of a reviewed document. Left out: only its name."""


class RoleIntent(Section):
    """The policies of the roles that match."""

    match: SomeRoleGlobs
    """A glob or a list of globs of role names."""
    policies: PolicyNames = ()
    """Policies that may be attached account-wide, and so on any resource group; custom ones as Custom/NAME."""
    resource_groups: PoliciesByGroup | None = None
    """Policies that may be attached on a resource group, by the group's id or name."""
    required_policies: PolicyNames = ()
    """Policies that must be attached account-wide, directly or through a group."""
    required_resource_groups: PoliciesByGroup = Field(default_factory=dict)
    """Policies that must be attached on a resource group, by the group's id or name."""
    pass_roles: Globs = ()
    """Globs of the roles that may be passed to an instance. Left out: none."""
    may_reach: ReachGlobs = ()
    """Globs of what may be reached by privilege escalation: role/NAME, user/NAME, group/NAME, policy/NAME,
    policy/Custom/NAME or any-permission; "*" is for administrators. Left out: nothing."""
    may_be_empty: StrictTruth = False
    """Whether names that the account lacks, and globs that match nothing, are accepted here."""


class UserIntent(RoleIntent):
    """The policies of the users that match. Entries that match the same user add up."""

    match: SomeGlobs
    """A glob or a list of globs of user names; group/NAME means the members of a group."""
    console: StrictTruth = False
    """Whether these users must be able to work in the ECI console."""
