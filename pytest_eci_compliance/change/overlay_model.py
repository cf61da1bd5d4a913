"""The YAML overlay `eci-change: 1`, key by key; its JSON Schema is `overlay.schema.json`.

`python -m pytest_eci_compliance.change.overlay_model` writes the schema.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from ..config.fields import AccountId, PlainName, PolicyName, Region
from ..config.model import Section

SCHEMA_FILE = Path(__file__).with_name("overlay.schema.json")


class PolicyOf(Section):
    """A policy attachment. Name one of `user`, `group` and `role`."""

    policy: PolicyName
    """A system policy as NAME, a custom one as Custom/NAME."""
    user: PlainName | None = None
    group: PlainName | None = None
    role: PlainName | None = None
    resource_group: PlainName | None = None
    """The id or name of a resource group; left out: the whole account."""


class PolicyChange(Section):
    """A custom policy: created or changed to `document`, or deleted."""

    name: PlainName
    document: dict[str, Any] | None = None
    delete: bool = False
    force: bool = False
    """With `delete`: detach the policy first."""


class UserChange(Section):
    """A RAM user: created, renamed with `rename`, or deleted."""

    name: PlainName
    rename: PlainName | None = None
    delete: bool = False
    force: bool = False
    """With `delete`: remove policies and memberships first."""


class GroupChange(Section):
    """A RAM user group: created or deleted."""

    name: PlainName
    delete: bool = False
    force: bool = False
    """With `delete`: remove policies and members first."""


class MembersChange(Section):
    """Members of a group: added and removed."""

    group: PlainName
    add: tuple[PlainName, ...] = ()
    remove: tuple[PlainName, ...] = ()


class RoleChange(Section):
    """A RAM role: created or given another trust policy, or deleted."""

    name: PlainName
    trust: dict[str, Any] | None = None
    """The trust policy; or name `services`."""
    services: tuple[PlainName, ...] = ()
    """The services that the role trusts, such as ecs.aliyuncs.com."""
    delete: bool = False
    force: bool = False
    """With `delete`: detach its policies first."""


class ResourceGroupChange(Section):
    """A resource group: created, or deleted by its id."""

    name: PlainName | None = None
    id: PlainName | None = None
    delete: bool = False


class ContainerOfChange(Section):
    """A container. Values of the environment are redacted as those of the cloud are."""

    name: str = "app"
    image: str = ""
    environment: dict[str, str] = Field(default_factory=dict)
    commands: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


class EciChange(Section):
    """An ECI resource: created with `name`, changed or deleted by its `id`."""

    name: PlainName | None = None
    id: PlainName | None = None
    region: Region | None = None
    resource_group: PlainName | None = None
    """The id or name of a resource group; left out: the default group, or the group that it is in."""
    tags: dict[str, str] | None = None
    delete: bool = False


class InstanceChange(EciChange):
    """An ECI instance."""

    ram_role: PlainName | None = None
    containers: tuple[ContainerOfChange, ...] | None = None


class Overlay(Section):
    """A planned change, written by hand."""

    eci_change: Annotated[Literal[1], Field(alias="eci-change")]
    account: AccountId | None = None
    """The id of the account that the change is for; needed where several accounts are tested."""
    attach: tuple[PolicyOf, ...] = ()
    detach: tuple[PolicyOf, ...] = ()
    policies: tuple[PolicyChange, ...] = ()
    users: tuple[UserChange, ...] = ()
    groups: tuple[GroupChange, ...] = ()
    members: tuple[MembersChange, ...] = ()
    roles: tuple[RoleChange, ...] = ()
    resource_groups: tuple[ResourceGroupChange, ...] = ()
    instances: tuple[InstanceChange, ...] = ()
    image_caches: tuple[EciChange, ...] = ()
    virtual_nodes: tuple[EciChange, ...] = ()


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an overlay."""
    schema = Overlay.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
