"""Writes one change twice: as Terraform writes it in a plan, and as an account of the emulator that has it.

The plan follows the provider `aliyun/alicloud`: twins of arguments are unknown on creation and stale after an
update, ids are unknown on creation, a reference to an attribute that is not known yet is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.emulator import (
    Account,
    Attachment,
    Container,
    Group,
    ImageCache,
    Instance,
    Policy,
    Region,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
)

PROVIDER = "registry.terraform.io/aliyun/alicloud"
TIME = "2026-03-02T03:00:00Z"


def change(
    type_: str,
    name: str,
    actions: tuple[str, ...],
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    unknown: Mapping[str, Any] | bool | None = None,
    module: str = "",
    index: str | int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An entry of `resource_changes`; `more` are further keys, those of `change` with a leading underscore."""
    key = "" if index is None else f'["{index}"]' if isinstance(index, str) else f"[{index}]"
    address = f"{module}.{type_}.{name}{key}" if module else f"{type_}.{name}{key}"
    inner = {
        "actions": list(actions),
        "before": before,
        "after": after,
        "after_unknown": unknown if unknown is True else dict(unknown or {}),
        "before_sensitive": False if before is None else {},
        "after_sensitive": False if after is None else {},
        **{key[1:]: value for key, value in more.items() if key.startswith("_")},
    }
    return {
        "address": address,
        **({"module_address": module} if module else {}),
        "mode": "managed",
        "type": type_,
        "name": name,
        **({} if index is None else {"index": index}),
        "provider_name": PROVIDER,
        "change": inner,
        **{key: value for key, value in more.items() if not key.startswith("_")},
    }


def plan(
    *changes: Mapping[str, Any], resources: tuple[Mapping[str, Any], ...] = (), **more: Any
) -> dict[str, Any]:
    """A whole plan with these changes; `resources` are those of the configuration's root module."""
    provider = {
        "name": "alicloud",
        "full_name": PROVIDER,
        "expressions": {"region": {"constant_value": "cn-hangzhou"}},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": list(changes),
        "configuration": {
            "provider_config": {"alicloud": provider},
            "root_module": {"resources": list(resources)},
        },
        "timestamp": TIME,
        "applyable": True,
        "complete": True,
        "errored": False,
        **more,
    }


def resource(type_: str, label: str, /, **expressions: Any) -> dict[str, Any]:
    """A resource of the configuration. A text of the form `=a.b.c` is a reference, all else a constant."""
    return {
        "address": f"{type_}.{label}",
        "mode": "managed",
        "type": type_,
        "name": label,
        "provider_config_key": "alicloud",
        "expressions": {key: _expression(value) for key, value in expressions.items() if value is not None},
    }


def _expression(value: Any) -> dict[str, Any]:
    if isinstance(value, str) and value.startswith("="):
        reference = value[1:]
        return {"references": [reference, reference.rpartition(".")[0]]}
    return {"constant_value": value}


@dataclass
class Writer:
    """The account as it will be, and the plan that leads there. Every method plans one change."""

    account: Account
    changes: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)
    created: dict[str, str] = field(default_factory=dict)

    @property
    def plan(self) -> dict[str, Any]:
        return plan(*self.changes, resources=tuple(self.resources))

    def _create(
        self, type_: str, after: Mapping[str, Any], unknown: Mapping[str, Any] | None = None, **refs: str
    ) -> str:
        """Plan a creation; `refs` are arguments whose value is a reference that is not known yet."""
        name = f"r{len(self.changes)}"
        known = {key: value for key, value in after.items() if key not in refs}
        hidden = {"id": True, **(unknown or {}), **dict.fromkeys(refs, True)}
        self.changes.append(change(type_, name, ("create",), after=known, unknown=hidden))
        self.resources.append(resource(type_, name, **known, **{key: f"={ref}" for key, ref in refs.items()}))
        return f"{type_}.{name}"

    def _other(
        self, type_: str, actions: tuple[str, ...], before: Mapping[str, Any], after: Mapping[str, Any] | None
    ) -> str:
        name = f"r{len(self.changes)}"
        self.changes.append(change(type_, name, actions, before=before, after=after))
        if after is not None:
            self.resources.append(resource(type_, name, **after))
        return f"{type_}.{name}"

    # Principals ------------------------------------------------------------------------------------------

    def add_user(self, name: str) -> None:
        self._create("alicloud_ram_user", {"name": name, "force": None})
        self.account = replace(self.account, users=(*self.account.users, User(name)))

    def remove_user(self, name: str) -> None:
        before = {"name": name, "id": name, "force": True}
        self._other("alicloud_ram_user", ("delete",), before, None)
        account = self.account
        self.account = replace(
            account,
            users=tuple(user for user in account.users if user.name != name),
            groups=tuple(
                replace(group, members=tuple(m for m in group.members if m != name))
                for group in account.groups
            ),
            attachments=tuple(attachment for attachment in account.attachments if attachment.user != name),
        )

    def rename_user(self, name: str, new: str) -> None:
        self._other("alicloud_ram_user", ("update",), {"name": name, "id": name}, {"name": new, "id": name})
        account = self.account
        self.account = replace(
            account,
            users=tuple(replace(user, name=new) if user.name == name else user for user in account.users),
            groups=tuple(
                replace(group, members=tuple(new if m == name else m for m in group.members))
                for group in account.groups
            ),
            attachments=tuple(
                replace(attachment, user=new) if attachment.user == name else attachment
                for attachment in account.attachments
            ),
        )

    def add_group(self, name: str) -> None:
        address = self._create("alicloud_ram_group", {"group_name": name}, {"name": True})
        self.created[f"group/{name}"] = address
        self.account = replace(self.account, groups=(*self.account.groups, Group(name)))

    def members(self, group: str, before: tuple[str, ...] | None, after: tuple[str, ...]) -> None:
        """`alicloud_ram_group_membership`: created (before None), updated, or deleted (after empty)."""
        type_ = "alicloud_ram_group_membership"
        old = {"id": group, "group_name": group, "user_names": list(before or ())}
        if before is None:
            self._create(type_, {"group_name": group, "user_names": list(after)})
        elif after:
            self._other(type_, ("update",), old, {**old, "user_names": list(after)})
        else:
            self._other(type_, ("delete",), old, None)
        removed = set(before or ()) - set(after)
        self._set_members(group, after, removed)

    def join(self, group: str, user: str) -> None:
        ref = self.created.get(f"group/{group}")
        refs = {"group_name": f"{ref}.id"} if ref else {}
        arguments = {"group_name": group, "user_name": user}
        self._create("alicloud_ram_user_group_attachment", arguments, None, **refs)
        self._set_members(group, (user,), set())

    def _set_members(self, group: str, added: tuple[str, ...], removed: set[str]) -> None:
        self.account = replace(
            self.account,
            groups=tuple(
                replace(listed, members=tuple(sorted({*listed.members, *added} - removed)))
                if listed.name == group
                else listed
                for listed in self.account.groups
            ),
        )

    def add_role(self, name: str, trust: Mapping[str, Any], argument: str) -> None:
        """`argument` is the twin that is configured."""
        twins = {"assume_role_policy_document", "document", "ram_users", "services"} - {argument}
        name_twin = "name" if argument != "document" else "role_name"
        name_given = "role_name" if argument != "document" else "name"
        address = self._create(
            "alicloud_ram_role",
            {name_given: name, argument: json.dumps(trust)},
            {name_twin: True, "arn": True, "role_id": True, **dict.fromkeys(twins, True)},
        )
        self.created[f"role/{name}"] = address
        self.account = replace(self.account, roles=(*self.account.roles, Role(name, dict(trust))))

    def change_trust(self, name: str, before: Mapping[str, Any], trust: Mapping[str, Any]) -> None:
        old = {"id": name, "role_name": name, "name": name, "document": json.dumps(before)}
        old["assume_role_policy_document"] = json.dumps(before)
        new = {**old, "assume_role_policy_document": json.dumps(trust)}
        self.changes.append(
            change("alicloud_ram_role", f"r{len(self.changes)}", ("update",), before=old, after=new)
        )
        self.resources.append(
            resource(
                "alicloud_ram_role",
                f"r{len(self.changes) - 1}",
                role_name=name,
                assume_role_policy_document={},
            )
        )
        self.account = replace(
            self.account,
            roles=tuple(
                replace(role, trust=dict(trust)) if role.name == name else role for role in self.account.roles
            ),
        )

    # Policies --------------------------------------------------------------------------------------------

    def add_policy(self, name: str, document: Mapping[str, Any], argument: str = "policy_document") -> None:
        twins = {"policy_document", "document", "statement", "policy_name", "name"}
        given = "policy_name" if argument == "policy_document" else "name"
        value: Any = json.dumps(document)
        if argument == "statement":
            value = [
                {
                    "effect": statement["Effect"],
                    "action": _listed(statement["Action"]),
                    "resource": _listed(statement["Resource"]),
                }
                for statement in document["Statement"]
            ]
        hidden = {"type": True, "default_version": True, **dict.fromkeys(twins - {given, argument}, True)}
        address = self._create("alicloud_ram_policy", {given: name, argument: value, "version": "1"}, hidden)
        self.created[f"policy/{name}"] = address
        self.account = replace(self.account, policies=(*self.account.policies, Policy(name, dict(document))))

    def change_policy(
        self, name: str, before: Mapping[str, Any], document: Mapping[str, Any], argument: str
    ) -> None:
        stale = {"policy_document": json.dumps(before), "document": json.dumps(before)}
        old = {
            "id": name,
            "policy_name": name,
            "name": name,
            "type": "Custom",
            "default_version": "v1",
            **stale,
        }
        label = f"r{len(self.changes)}"
        new = {**old, argument: json.dumps(document)}
        self.changes.append(change("alicloud_ram_policy", label, ("update",), before=old, after=new))
        self.resources.append(resource("alicloud_ram_policy", label, policy_name=name, **{argument: {}}))
        self.account = replace(
            self.account,
            policies=tuple(
                replace(policy, document=dict(document)) if policy.name == name else policy
                for policy in self.account.policies
            ),
        )

    def remove_policy(self, name: str, document: Mapping[str, Any]) -> None:
        before = {
            "id": name,
            "policy_name": name,
            "name": name,
            "force": True,
            "policy_document": json.dumps(document),
        }
        self._other("alicloud_ram_policy", ("delete",), before, None)
        self.account = replace(
            self.account,
            policies=tuple(policy for policy in self.account.policies if policy.name != name),
            attachments=tuple(
                attachment for attachment in self.account.attachments if attachment.policy != f"Custom/{name}"
            ),
        )

    def attach(self, grant: Attachment) -> None:
        type_, arguments = self._grant(grant)
        address = self.created.get(f"policy/{grant.policy_name}") if grant.policy_type == "Custom" else None
        refs = {"policy_name": f"{address}.id", "policy_type": f"{address}.type"} if address else {}
        if grant.scope and f"scope/{grant.scope}" in self.created:
            refs["resource_group_id"] = f"{self.created[f'scope/{grant.scope}']}.id"
        self._create(type_, arguments, None, **refs)
        if not any(_same(attachment, grant) for attachment in self.account.attachments):
            self.account = replace(self.account, attachments=(*self.account.attachments, grant))

    def detach(self, grant: Attachment) -> None:
        type_, arguments = self._grant(grant)
        self._other(type_, ("delete",), arguments, None)
        left = tuple(attachment for attachment in self.account.attachments if not _same(attachment, grant))
        self.account = replace(self.account, attachments=left)

    def _grant(self, grant: Attachment) -> tuple[str, dict[str, Any]]:
        shared = {"policy_name": grant.policy_name, "policy_type": grant.policy_type}
        kind = "user" if grant.user else "group" if grant.group else "role"
        if grant.scope is None:
            return f"alicloud_ram_{kind}_policy_attachment", {**shared, f"{kind}_name": grant.principal}
        domain = {"user": "", "group": "group.", "role": "role."}[kind]
        service = "service" if kind == "role" else ""
        return "alicloud_resource_manager_policy_attachment", {
            **shared,
            "principal_name": f"{grant.principal}@{domain}{self.account.account_id}.onaliyun{service}.com",
            "principal_type": grant.principal_type,
            "resource_group_id": grant.scope,
        }

    def add_resource_group(self, name: str) -> str:
        """A resource group. Returns its id in the changed account, which the plan cannot know."""
        address = f"alicloud_resource_manager_resource_group.r{len(self.changes)}"
        group_id = f"rg-planned{len(self.changes):05}"
        self._create(
            "alicloud_resource_manager_resource_group",
            {"resource_group_name": name, "display_name": name},
            {"name": True, "account_id": True, "status": True},
        )
        self.created[f"scope/{group_id}"] = address
        groups = (*self.account.resource_groups, ResourceGroup(group_id, name, name))
        self.account = replace(self.account, resource_groups=groups)
        return group_id

    # ECI -------------------------------------------------------------------------------------------------

    def add_instance(
        self, name: str, group: str, tags: dict[str, str], role: str, env: dict[str, str]
    ) -> None:
        address = f"alicloud_eci_container_group.r{len(self.changes)}"
        refs = (
            {"resource_group_id": f"{self.created[f'scope/{group}']}.id"}
            if f"scope/{group}" in self.created
            else {}
        )
        if f"role/{role}" in self.created:
            refs["ram_role_name"] = f"{self.created[f'role/{role}']}.id"
        container: dict[str, Any] = {"name": "app", "image": "registry/app:1", "commands": None, "args": None}
        container["environment_vars"] = [{"key": key, "value": value} for key, value in env.items()]
        after = {
            "container_group_name": name,
            "resource_group_id": group,
            "tags": tags,
            "ram_role_name": role or None,
        }
        self._create(
            "alicloud_eci_container_group",
            {**after, "containers": [container], "init_containers": [], "volumes": []},
            {"status": True, "internet_ip": True},
            **refs,
        )
        instance = Instance(
            f"planned:{address}",
            name,
            resource_group=group,
            ram_role=role,
            tags=tags,
            containers=(Container("app", "registry/app:1", env=env),),
        )
        self._set_region(lambda region: replace(region, instances=(*region.instances, instance)))

    def remove_instance(self, instance: Instance) -> None:
        self._other(
            "alicloud_eci_container_group",
            ("delete",),
            {"id": instance.id, "container_group_name": instance.name},
            None,
        )
        self._set_region(
            lambda region: replace(
                region, instances=tuple(other for other in region.instances if other.id != instance.id)
            )
        )

    def retag_instance(self, instance: Instance, tags: dict[str, str]) -> None:
        old: dict[str, Any] = {
            "id": instance.id,
            "container_group_name": instance.name,
            "tags": dict(instance.tags or {}),
        }
        old |= {"resource_group_id": instance.resource_group, "ram_role_name": instance.ram_role or None}
        old["containers"] = [{"name": "app", "image": "registry/app:1", "environment_vars": []}]
        self._other("alicloud_eci_container_group", ("update",), old, {**old, "tags": tags})
        self._set_region(
            lambda region: replace(
                region,
                instances=tuple(
                    replace(other, tags=tags) if other.id == instance.id else other
                    for other in region.instances
                ),
            )
        )

    def add_image_cache(self, name: str, group: str) -> None:
        address = self._create(
            "alicloud_eci_image_cache",
            {"image_cache_name": name, "resource_group_id": group, "images": ["registry/app:1"]},
        )
        cache = ImageCache(f"planned:{address}", name, resource_group=group)
        self._set_region(lambda region: replace(region, image_caches=(*region.image_caches, cache)))

    def add_virtual_node(self, name: str, group: str, tags: dict[str, str]) -> None:
        address = self._create(
            "alicloud_eci_virtual_node",
            {
                "virtual_node_name": name,
                "resource_group_id": group,
                "tags": tags,
                "kube_config": "apiVersion: v1",
            },
        )
        node = VirtualNode(f"planned:{address}", name, resource_group=group, tags=tags)
        self._set_region(lambda region: replace(region, virtual_nodes=(*region.virtual_nodes, node)))

    def _set_region(self, changed: Any) -> None:
        regions: tuple[Region, ...] = (changed(self.account.regions[0]), *self.account.regions[1:])
        self.account = replace(self.account, regions=regions)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _same(attachment: Attachment, other: Attachment) -> bool:
    return replace(attachment, attach_date="") == replace(other, attach_date="")
