"""What of understood resource types no check looks at: named once, so that nothing of a plan is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..messages import join_words, quote
from .model import Note, Origin, Unknown
from .resolver import LINKED_ROLE_OF, RawChange

_NAMES = frozenset({"id", "name", "force", "timeouts", "create_time", "description", "comments"})
"""What is read, given by the service, or written for people."""
_READ: Mapping[str, frozenset[str]] = {
    "alicloud_ram_user": _NAMES,
    "alicloud_ram_group": _NAMES | {"group_name"},
    "alicloud_ram_role": _NAMES
    | {
        *("role_name", "role_id", "arn", "assume_role_policy_document", "document", "ram_users", "services"),
        "version",
    },
    "alicloud_ram_policy": _NAMES
    | {
        *("policy_name", "policy_document", "document", "statement", "version", "type"),
        *("default_version", "version_id", "attachment_count"),
    },
    "alicloud_resource_manager_policy": _NAMES
    | {
        *(
            "policy_name",
            "policy_document",
            "policy_type",
            "default_version",
            "version_id",
            "attachment_count",
        ),
        *("create_date", "update_date"),
    },
    "alicloud_resource_manager_role": _NAMES
    | {
        *(
            "role_name",
            "role_id",
            "arn",
            "assume_role_policy_document",
            "document",
            "create_date",
            "update_date",
        ),
    },
    "alicloud_resource_manager_service_linked_role": _NAMES | {"service_name", "role_name", "role_id", "arn"},
    "alicloud_resource_manager_resource_group": _NAMES
    | {
        *("resource_group_name", "display_name", "account_id", "status", "create_date", "region_statuses"),
    },
    "alicloud_eci_image_cache": _NAMES
    | {"image_cache_name", "images", "resource_group_id", "status", "container_group_id"},
    "alicloud_eci_virtual_node": _NAMES | {"virtual_node_name", "resource_group_id", "tags", "status"},
}
"""By resource type, the arguments that are read, and those that the service gives. All arguments of a type that is not
here are read."""

_LINKED_ROLE = "alicloud_resource_manager_service_linked_role"


def is_of_another_service(change: RawChange) -> bool:
    """Whether a service-linked role is certainly not one of ECI."""
    side = change.after if change.after is not None else change.before
    service = (side or {}).get("service_name")
    return change.type == _LINKED_ROLE and isinstance(service, str) and service not in LINKED_ROLE_OF


def left_out(file: str, changes: Iterable[RawChange]) -> Iterator[Note]:
    """A note that lists the arguments and service-linked roles that no check looks at; none where there are none."""
    parts: dict[str, None] = {}
    for change in changes:
        if change.actions in (("no-op",), ("read",)) or change.is_drift:
            continue
        if is_of_another_service(change):
            side = change.after if change.after is not None else change.before
            parts[f"the service-linked role of {quote(str((side or {}).get('service_name')))}"] = None
        parts |= dict.fromkeys(f"{change.type}.{name}" for name in _unread(change))
    if parts:
        words = join_words(sorted(parts), most=40)
        yield Note("not evaluated", Origin(file, ""), f"no check depends on what is changed of: {words}")


def _unread(change: RawChange) -> Iterator[str]:
    """The arguments that a change sets, and that are not read."""
    read = _READ.get(change.type.replace("eci_openapi_", "eci_"))
    if read is None or change.after is None:
        return
    before = change.before if "create" not in change.actions else None
    for name in sorted({*change.after, *(before or ())} - read):
        after, old = change.after.get(name), (before or {}).get(name)
        if after != old and not (_is_empty(after) and _is_empty(old)) and not _is_computed(after):
            yield name


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})


def _is_computed(value: Any) -> bool:
    return isinstance(value, Unknown) and value.why != "sensitive"


NOT_EVALUATED: Mapping[str, str] = {
    "alicloud_resource_manager_resource_group_settings": "creators of resources may become administrators of groups",
    "alicloud_resource_manager_auto_grouping_rule": "it moves resources between groups",
    "alicloud_resource_manager_control_policy": "control policies bind accounts from outside",
    "alicloud_resource_manager_control_policy_attachment": "control policies bind accounts from outside",
    "alicloud_ram_saml_provider": "it decides who enters a role that trusts it",
    "alicloud_ims_oidc_provider": "it decides who enters a role that trusts it",
    "alicloud_ess_eci_scaling_configuration": "it makes instances later",
    "alicloud_oos_execution": "it runs operations of its own",
    "alicloud_tag_associated_rule": "it tags resources later",
    "alicloud_ram_access_key": "access keys of users are not part of the evidence",
    "alicloud_ram_login_profile": "login profiles of users are not part of the evidence",
}
_NOT_EVALUATED_PREFIXES = (
    "alicloud_cloud_sso_",
    "alicloud_cs_",
    "alicloud_ros_stack",
    "alicloud_ram_",
    "alicloud_resource_manager_",
    "alicloud_eci_",
    "st-alicloud_ram_",
)
# ECS instances only; it has no effect on ECI.
_WITHOUT_EFFECT = frozenset({"alicloud_ram_role_attachment", "alicloud_ecs_ram_role_attachment"})


def not_evaluated(type_: str) -> str | None:
    """Why a type that is not understood may change a verdict; None where it cannot."""
    if type_ in _WITHOUT_EFFECT:
        return None
    if type_ in NOT_EVALUATED:
        return NOT_EVALUATED[type_]
    if type_.startswith(_NOT_EVALUATED_PREFIXES):
        return "this resource type may change access or ECI resources, and is not understood"
    return None
