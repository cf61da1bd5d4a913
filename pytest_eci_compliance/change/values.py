"""Values of a plan: the two masks of a change folded into its attributes, and addresses taken apart."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from .model import Unknown

InstanceKey: TypeAlias = "str | int | None"


def fold(value: Any, unknown: Any, sensitive: Any, path: str = "") -> Any:
    """A value with `Unknown` wherever one of the masks is true.

    Objects lack the keys that are unknown, lists have null there (Terraform, JSON output format).

    >>> fold({"a": "x", "b": [None]}, {"b": [True], "c": True}, {"a": True})
    {'a': Unknown(attribute='a', why='sensitive'), 'b': [Unknown(attribute='b[0]', why='known after apply')], \
'c': Unknown(attribute='c', why='known after apply')}
    """
    if _hides(unknown) or _is_of_another_shape(value, unknown):
        return Unknown(path)
    if _hides(sensitive) or _is_of_another_shape(value, sensitive):
        return value if value is None else Unknown(path, "sensitive", _digest(value))
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
        known: dict[str, Any] = value or {}
        masked = unknown if isinstance(unknown, dict) else {}
        keys = [*known, *(key for key in masked if key not in known and _marks(masked[key]))]
        return {
            key: fold(known.get(key), masked.get(key), _below(sensitive, key), f"{path}.{key}".lstrip("."))
            for key in keys
        }
    if isinstance(value, list):
        return [
            fold(item, _at(unknown, index), _at(sensitive, index), f"{path}[{index}]")
            for index, item in enumerate(value)
        ]
    return value


def _hides(mask: Any) -> bool:
    """Whether a mask hides all that it stands for: `true`, or what is no mask at all."""
    return mask is not None and mask is not False and not isinstance(mask, dict | list)


def _is_of_another_shape(value: Any, mask: Any) -> bool:
    """Whether a mask marks a part of a value that has no such parts."""
    if not isinstance(mask, dict | list) or not _marks(mask):
        return False
    return not isinstance(value, type(mask)) and not (value is None and isinstance(mask, dict))


def _digest(value: Any) -> str:
    """A text that two values share only where they are the same."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _marks(mask: Any) -> bool:
    """Whether a mask marks anything."""
    if isinstance(mask, dict):
        return any(map(_marks, mask.values()))
    return any(map(_marks, mask)) if isinstance(mask, list) else _hides(mask)


def _below(mask: Any, key: str) -> Any:
    return mask.get(key) if isinstance(mask, dict) else None


def _at(mask: Any, index: int) -> Any:
    return mask[index] if isinstance(mask, list) and index < len(mask) else None


_LISTS = frozenset(
    {
        *("user_names", "ram_users", "services", "statement", "images"),
        *("containers", "init_containers", "volumes"),
    }
)
_TEXTS = frozenset(
    {
        *("id", "name", "user_name", "group_name", "role_name", "policy_name", "policy_type", "type"),
        *("principal_name", "principal_type", "resource_group_id", "resource_group_name", "display_name"),
        *("policy_document", "document", "assume_role_policy_document", "service_name", "ram_role_name"),
        *("container_group_name", "image_cache_name", "virtual_node_name"),
    }
)


def as_typed(name: str, value: Any) -> Any:
    """An attribute that a state is made of; `Unknown` where its value is not of the type that the provider has.

    >>> as_typed("user_names", "ann")
    Unknown(attribute='user_names', why='not of its type')
    >>> as_typed("tags", {"env": 1})
    {'env': Unknown(attribute='tags.env', why='not of its type')}
    """
    if value is None or isinstance(value, Unknown):
        return value
    if name == "tags" and isinstance(value, dict):
        return {key: _text_or_unknown(f"tags.{key}", inner) for key, inner in value.items()}
    if name in _LISTS and isinstance(value, list):
        is_of_texts = name in ("user_names", "ram_users", "services", "images")
        kept: type = str if is_of_texts else dict
        return [
            item if isinstance(item, kept | Unknown) else Unknown(f"{name}[{index}]", "not of its type")
            for index, item in enumerate(value)
        ]
    if name in _TEXTS:
        return _text_or_unknown(name, value)
    return Unknown(name, "not of its type") if name == "tags" or name in _LISTS else value


def _text_or_unknown(name: str, value: Any) -> Any:
    return value if value is None or isinstance(value, str | Unknown) else Unknown(name, "not of its type")


class AllUnknown(dict[str, Any]):
    """The attributes of an object of which a mask hides the whole: every one is unknown."""

    def __init__(self, hidden: Unknown) -> None:
        super().__init__()
        self._hidden = hidden

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ARG002 - there is no default
        """The value of a key, which is unknown whatever the key."""
        return self[key]

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> Any:
        return replace(self._hidden, attribute=key)


def has_unknown(value: Any) -> bool:
    """Whether an `Unknown` stands anywhere in a folded value."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    return any(map(has_unknown, value)) if isinstance(value, list) else isinstance(value, Unknown)


class AddressStep(NamedTuple):
    """One step of an address: a name, and the instance key in brackets behind it."""

    name: str
    key: InstanceKey = None


_STEP = re.compile(r'([^.\["\]]+)((?:\[(?:"(?:[^"\\]|\\.)*"|[^\]"]*)\])*)(?:\.|$)')
_KEY = re.compile(r'\[("(?:[^"\\]|\\.)*"|[^\]"]*)\]')


def steps(address: str) -> tuple[AddressStep, ...]:
    """The steps of an address or a reference; dots and brackets inside quoted keys do not count.

    >>> steps('module.a["x.y[0]"].alicloud_ram_user.u[2].name')
    (AddressStep(name='module', key=None), AddressStep(name='a', key='x.y[0]'), \
AddressStep(name='alicloud_ram_user', key=None), AddressStep(name='u', key=2), AddressStep(name='name', key=None))
    """
    parts = []
    for name, brackets in _STEP.findall(address):
        keys = _KEY.findall(brackets)
        parts.append(AddressStep(name, _key(keys[0]) if keys else None))
    return tuple(parts)


def _key(text: str) -> InstanceKey:
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return int(text) if text.isdecimal() else text


def module_path(address: str | None) -> tuple[AddressStep, ...]:
    """The modules that an address lies in: names and instance keys.

    >>> module_path('module.a["k"].module.b.alicloud_ram_user.u')
    (AddressStep(name='a', key='k'), AddressStep(name='b', key=None))
    """
    parts = steps(address or "")
    path = []
    index = 0
    while index + 1 < len(parts) and parts[index].name == "module":
        path.append(parts[index + 1])
        index += 2
    return tuple(path)


def names(path: tuple[AddressStep, ...]) -> tuple[str, ...]:
    """A module path without its instance keys: how the configuration knows it."""
    return tuple(step.name for step in path)
