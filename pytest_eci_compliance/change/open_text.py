"""Text of a planned instance that the plan does not have: an AccessKey may stand in it.

Names are those of the provider's `alicloud_eci_container_group`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .model import Unknown

_WITHOUT_TEXT = frozenset(
    {
        *("auto_create_eip", "auto_match_image_cache", "cpu", "eip_bandwidth", "gpu", "memory"),
        *(
            "failure_threshold",
            "initial_delay_seconds",
            "period_seconds",
            "success_threshold",
            "timeout_seconds",
        ),
        *("port", "read_only", "nfs_volume_read_only", "ready", "restart_count", "run_as_user"),
        *("spot_price_limit", "termination_grace_period_seconds", "image_pull_policy"),
    }
)
"""Numbers, truth values, and words of which the service accepts only its own."""

_COMPLETED = frozenset({"liveness_probe", "readiness_probe", "security_context"})
"""Blocks of a container that the provider computes where the configuration leaves them out: then they are unknown in
every plan that creates an instance."""

_JUDGED_APART = frozenset(
    {
        "tags",
        "containers",
        "init_containers",
        "volumes",
        "ram_role_name",
        "container_group_name",
        "resource_group_id",
    }
)
_OF_THE_SERVICE = frozenset(
    {
        *("id", "status", "internet_ip", "intranet_ip", "zone_id", "instance_type", "restart_policy"),
        *("security_group_id", "vswitch_id", "spot_strategy", "eip_instance_id", "timeouts", "create_time"),
    }
)
"""Ids, addresses and states: they are not searched for AccessKeys where they are read either."""

# No answer shows the password of a registry, so an instance that was read is not judged by it.
_NEVER_SHOWN = {"image_registry_credential": "password"}


def lacks_text(value: Any, written: Any = None) -> bool:
    """Whether some text in the value of an argument is unknown or sensitive.

    `written` is what the configuration shows for the argument: blocks, or an expression; None where it shows nothing.
    """
    if isinstance(value, Unknown):
        return True
    if isinstance(value, list):
        shown = written if isinstance(written, list) and len(written) == len(value) else [None] * len(value)
        return any(map(lacks_text, value, shown))
    if not isinstance(value, Mapping):
        return False
    block = written if _is_block(written) else None
    return any(
        lacks_text(inner, None if block is None else block.get(name))
        for name, inner in value.items()
        if name not in _WITHOUT_TEXT and not _is_computed(name, inner, block)
    )


def _is_block(written: Any) -> bool:
    """Whether the configuration shows a block with its arguments, not an expression."""
    return (
        isinstance(written, Mapping) and bool(written) and not {"references", "constant_value"} & {*written}
    )


def _is_computed(name: str, value: Any, block: Mapping[str, Any] | None) -> bool:
    """Whether the provider computes an argument that the configuration leaves out."""
    is_left_out = block is not None and name not in block
    return name in _COMPLETED and isinstance(value, Unknown) and value.why != "sensitive" and is_left_out


def open_arguments(attributes: Mapping[str, Any], written: Mapping[str, Any] | None) -> Iterator[str]:
    """The other arguments of an instance with text that the plan does not have: DNS, host names, registries.

    An argument of a later provider counts where the configuration sets it, or is not shown.
    """
    for name, value in attributes.items():
        if name in _JUDGED_APART | _OF_THE_SERVICE | _WITHOUT_TEXT:
            continue
        if isinstance(value, Unknown) and name not in _TEXTS and written is not None and name not in written:
            continue
        if lacks_text(_without(value, _NEVER_SHOWN.get(name))):
            yield name


_TEXTS = frozenset(
    {
        *("dns_config", "dns_policy", "security_context", "eci_security_context", "host_aliases"),
        *("image_registry_credential", "acr_registry_info", "insecure_registry", "plain_http_registry"),
    }
)
"""Arguments that the provider never computes: one that is unknown is set, by a `dynamic` block for example."""


def _without(value: Any, name: str | None) -> Any:
    """The blocks of an argument without one of their arguments."""
    if name is None or not isinstance(value, list):
        return value
    return [
        {key: inner for key, inner in block.items() if key != name} if isinstance(block, Mapping) else block
        for block in value
    ]
