"""What each resource type of the provider `aliyun/alicloud` says of an account: attributes to states.

Argument names, twins and ids are those of provider 1.290 and its deprecated forerunners.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from .documents import document_of_statements, same_document, trust_document
from .eci_resources import container_group, image_cache, virtual_node
from .model import (
    GrantState,
    GroupState,
    MembersState,
    PlannedState,
    PlannedText,
    PolicyState,
    ResourceGroupState,
    RoleState,
    Unknown,
    UserState,
)
from .resolver import LINKED_ROLE_OF, planned_id
from .side import PlanSide

Build: TypeAlias = "Callable[[PlanSide], PlannedState | None]"


def _user(side: PlanSide) -> PlannedState:
    id_ = side.attributes.get("id")
    return UserState(side.required("name"), id_ if isinstance(id_, str) else "", _forced(side))


def _forced(side: PlanSide) -> bool:
    return side.attributes.get("force") is True


def _group(side: PlanSide) -> PlannedState:
    return GroupState(side.named("group_name", "name"), _forced(side))


def _membership(side: PlanSide) -> PlannedState:
    users = side.attributes.get("user_names")
    if isinstance(users, list):
        return MembersState(side.named("group_name"), tuple(users), whole_group=True)
    members: Any = users if isinstance(users, Unknown) else ()
    return MembersState(side.named("group_name"), members, whole_group=True)


def _member(side: PlanSide) -> PlannedState:
    return MembersState(side.required("group_name"), (side.required("user_name"),))


def _role(side: PlanSide) -> PlannedState:
    trust = _twin(side, ("assume_role_policy_document", "document"), _trust_of_lists)
    return RoleState(side.named("role_name", "name"), trust, _forced(side))


def _trust_of_lists(attributes: Mapping[str, Any]) -> PlannedText | None:
    return trust_document(attributes.get("ram_users"), attributes.get("services"), attributes.get("version"))


_ROTATES = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


def _policy(side: PlanSide) -> PlannedState:
    document = _twin(side, ("policy_document", "document"), _document_of_blocks)
    rotates = side.attributes.get("rotate_strategy") == _ROTATES
    return PolicyState(side.named("policy_name", "name"), document, _forced(side), rotates=rotates)


def _document_of_blocks(attributes: Mapping[str, Any]) -> PlannedText | None:
    blocks = attributes.get("statement")
    return document_of_statements(blocks, attributes.get("version")) if blocks else None


def _twin(
    side: PlanSide, texts: tuple[str, ...], of_lists: Callable[[Mapping[str, Any]], PlannedText | None]
) -> PlannedText | None:
    """The document that counts, of several arguments for it.

    On creation the first that is configured counts; its twins are unknown. On an update the one that differs
    counts; its twins keep the old value. The lists show no condition, so a document goes before them.
    """
    before = side.change.before
    if not side.is_after:
        return next((value for name in texts if isinstance(value := side.attributes.get(name), str)), None)
    if before is None or "create" in side.change.actions:
        return _created_document(side, texts, of_lists)
    changed = [name for name in texts if _differs(before.get(name), side.attributes.get(name))]
    written = side.written
    configured = [name for name in changed if written is None or name in written]
    for name in reversed(configured):
        return _as_text(side, name)
    listed = of_lists(side.attributes)
    if listed is not None and not _same_lists(before, side.attributes) and not _configured(side, texts):
        return listed
    return _as_text(side, changed[-1]) if changed else None


def _configured(side: PlanSide, names: Iterable[str]) -> bool:
    written = side.written
    return written is not None and any(name in written for name in names)


def _created_document(
    side: PlanSide, texts: tuple[str, ...], of_lists: Callable[[Mapping[str, Any]], PlannedText | None]
) -> PlannedText | None:
    written = side.written
    for name in texts:
        if written is not None and name in written:
            return _as_text(side, name)
    for name in texts:
        if isinstance(side.attributes.get(name), str):
            return _as_text(side, name)
    listed = of_lists(side.attributes)
    return Unknown(texts[0]) if listed is None else listed


def _as_text(side: PlanSide, name: str) -> PlannedText:
    value = side.get(name)
    return value if isinstance(value, str | Unknown) else Unknown(name, "no text")


def _differs(before: Any, after: Any) -> bool:
    if isinstance(before, str) and isinstance(after, str):
        return not same_document(before, after)
    return bool(before != after)


def _same_lists(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return all(before.get(name) == after.get(name) for name in ("statement", "ram_users", "services"))


_PRINCIPALS: Mapping[str, tuple[str, str]] = {
    "alicloud_ram_user_policy_attachment": ("IMSUser", "user_name"),
    "alicloud_ram_group_policy_attachment": ("IMSGroup", "group_name"),
    "alicloud_ram_role_policy_attachment": ("ServiceRole", "role_name"),
}


def _ram_grant(side: PlanSide) -> PlannedState:
    kind, argument = _PRINCIPALS[side.change.type]
    scope = side.text("resource_group_id")
    return _grant(side, kind, side.required(argument), scope)


def _grant(side: PlanSide, kind: Any, principal: PlannedText, scope: PlannedText | None) -> PlannedState:
    of_account = isinstance(scope, str) and scope == side.account_id
    bare = principal.partition("@")[0] if isinstance(principal, str) else principal
    type_: Any = side.required("policy_type")
    if isinstance(type_, str) and type_ not in ("System", "Custom"):
        type_ = Unknown("policy_type", "no type of policy")
    return GrantState(type_, side.required("policy_name"), kind, bare, None if of_account else scope)


def _manager_grant(side: PlanSide) -> PlannedState:
    kind: Any = side.required("principal_type")
    if isinstance(kind, str) and kind not in ("IMSUser", "IMSGroup", "ServiceRole"):
        kind = Unknown("principal_type", "no type of principal")
    scope = side.text("resource_group_id")
    return _grant(side, kind, side.required("principal_name"), scope)


def _manager_policy(side: PlanSide) -> PlannedState:
    document = _twin(side, ("policy_document",), _nothing)
    before = side.change.before
    if side.is_after and before is not None and "create" not in side.change.actions:
        moved = before.get("default_version") != side.attributes.get("default_version")
        document = Unknown("default_version", "the plan has no document of that version") if moved else None
    return PolicyState(side.named("policy_name"), document)


def _manager_policy_version(side: PlanSide) -> PlannedState:
    default = side.attributes.get("is_default_version")
    document = (
        Unknown("is_default_version") if isinstance(default, Unknown) else _as_text(side, "policy_document")
    )
    is_default = default is not False and default is not None
    return PolicyState(side.required("policy_name"), document, is_default=is_default)


def _manager_role(side: PlanSide) -> PlannedState:
    return RoleState(side.named("role_name"), _twin(side, ("assume_role_policy_document",), _nothing))


def _nothing(_: Mapping[str, Any]) -> PlannedText | None:
    return None


def _linked_role(side: PlanSide) -> PlannedState | None:
    service = side.text("service_name")
    is_named = isinstance(side.get("role_name"), str)
    if isinstance(service, str) and service not in LINKED_ROLE_OF and not is_named:
        return None  # `left_out` names it
    if not isinstance(service, str):
        return RoleState(Unknown("service_name"), None)
    linked = LINKED_ROLE_OF.get(service)
    name, policy = (linked.name, linked.policy) if linked is not None else (str(side.get("role_name")), "")
    return RoleState(name, trust_document(None, [service]), linked_policy=policy)


def _resource_group(side: PlanSide) -> PlannedState:
    id_ = side.attributes.get("id")
    name = side.required("resource_group_name", "name")
    shown = side.text("display_name")
    known = id_ if isinstance(id_, str) else planned_id(side.change)
    return ResourceGroupState(known, name, "" if shown is None else shown)


TYPES: Mapping[str, Build] = {
    "alicloud_ram_user": _user,
    "alicloud_ram_group": _group,
    "alicloud_ram_group_membership": _membership,
    "alicloud_ram_user_group_attachment": _member,
    "alicloud_ram_role": _role,
    "alicloud_ram_policy": _policy,
    **dict.fromkeys(_PRINCIPALS, _ram_grant),
    "alicloud_resource_manager_policy_attachment": _manager_grant,
    "alicloud_resource_manager_policy": _manager_policy,
    "alicloud_resource_manager_policy_version": _manager_policy_version,
    "alicloud_resource_manager_role": _manager_role,
    "alicloud_resource_manager_service_linked_role": _linked_role,
    "alicloud_resource_manager_resource_group": _resource_group,
    "alicloud_eci_container_group": container_group,
    "alicloud_eci_image_cache": image_cache,
    "alicloud_eci_openapi_image_cache": image_cache,
    "alicloud_eci_virtual_node": virtual_node,
}
"""By resource type, what makes a state of its attributes."""
