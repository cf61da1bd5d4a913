"""The sections that select resources, and the rules for those that they select."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator

from ..inventory.facts import Kind
from .fields import (
    Globs,
    NonEmptyText,
    PlainName,
    Regions,
    StrictTruth,
    TagValues,
    one_or_many,
)
from .section import Section


class Resources(Section):
    """A selection of resources: those that match every key."""

    kind: Kind | None = None
    """Instance, image cache or virtual node."""
    ids: Globs | None = None
    """Globs of resource ids."""
    names: Globs | None = None
    """Globs of resource names."""
    regions: Regions | None = None
    """The regions that the resource may be in."""
    resource_group: PlainName | None = None
    """The id or name of a resource group."""
    tags: dict[NonEmptyText, TagValues] | None = None
    """Tags that the resource must have: a value, a list of values, or a glob."""
    ram_role: PlainName | None = None
    """The RAM role of the instance."""
    role: PlainName | None = None
    """For ram:PassRole only, without other keys: the role that is passed."""


class Rule(Section):
    """The requirements for every resource of a kind, or for those that `resources` selects."""

    resources: Resources | None = None
    """The resources of the rule. Left out: all."""
    required_tags: dict[NonEmptyText, TagValues] | None = None
    """Tags that the resource must have: a value, a list of values, or a glob (`?*`: any non-empty value)."""
    resource_groups: tuple[PlainName, ...] | None = None
    """The resource groups, by id or name, in which the resource may be."""
    may_be_empty: StrictTruth = False
    """Whether names that the account lacks, and globs that match nothing, are accepted here."""


class ImageCacheRule(Rule):
    """A rule for image caches."""

    automatic: Literal["ignore", "judge"] = "ignore"
    """Image caches that ECI makes by itself (auto-create-for-…): left out and counted, or judged as others."""


class VirtualNodeRule(Rule):
    """A rule for virtual nodes."""


class InstanceRule(Rule):
    """A rule for ECI instances (container groups)."""

    ram_roles: tuple[PlainName, ...] | None = None
    """The RAM roles that an instance may have."""
    states: Literal["all", "live"] = "all"
    """Which instances are judged: all, or only those that are not finished."""


InstanceRules: TypeAlias = Annotated[
    tuple[InstanceRule, ...], BeforeValidator(one_or_many, InstanceRule | tuple[InstanceRule, ...])
]
ImageCacheRules: TypeAlias = Annotated[
    tuple[ImageCacheRule, ...], BeforeValidator(one_or_many, ImageCacheRule | tuple[ImageCacheRule, ...])
]
VirtualNodeRules: TypeAlias = Annotated[
    tuple[VirtualNodeRule, ...], BeforeValidator(one_or_many, VirtualNodeRule | tuple[VirtualNodeRule, ...])
]
