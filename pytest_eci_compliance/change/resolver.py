"""Values that a plan leaves unknown, found through the references of its `configuration`.

The configuration shows a bare reference, a template around it and `jsonencode` of it alike. What is found here
is therefore inferred: callers say so beside every verdict that rests on it. A reference to something that is
known when the plan is made gives no unknown value by itself: there the expression must be more than a
reference, and the value stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..inventory.facts import PLANNED
from ..inventory.linked_roles import LINKED_ROLES, LinkedRole
from .documents import document_of_statements
from .model import Unknown
from .values import AddressStep, AllUnknown, InstanceKey, fold, module_path, names, steps

LINKED_ROLE_OF: Mapping[str, LinkedRole] = {role.service: role for role in LINKED_ROLES}
"""The service-linked roles of ECI by the service that they trust."""

_NAME_OF: Mapping[str, tuple[str, ...]] = {
    "alicloud_ram_policy": ("policy_name", "name"),
    "alicloud_ram_group": ("group_name", "name"),
    "alicloud_ram_role": ("role_name", "name"),
    "alicloud_ram_user": ("name",),
    "alicloud_resource_manager_policy": ("policy_name",),
    "alicloud_resource_manager_role": ("role_name",),
    "alicloud_resource_manager_resource_group": ("resource_group_name", "name"),
}
_ID_IS_NAME = frozenset(_NAME_OF) - {"alicloud_ram_user", "alicloud_resource_manager_resource_group"}
# What an attribute takes from the object that it refers to, where the reference does not name the attribute.
_WANTED = {"policy_type": "type", "resource_group_id": "id"}
_SELECTORS = ("each", "count")
# They only complete the name of a principal (`NAME@ALIAS.onaliyun.com`).
_OF_THE_ACCOUNT = frozenset(
    {
        "alicloud_account",
        "alicloud_caller_identity",
        "alicloud_ram_account_alias",
        "alicloud_ram_account_aliases",
    }
)


@dataclass(frozen=True)
class RawChange:
    """A change as the plan writes it, with `Unknown` folded into both sides."""

    address: str
    module: tuple[AddressStep, ...]
    mode: str
    type: str
    name: str
    index: InstanceKey
    actions: tuple[str, ...]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    deposed: str = ""
    importing: bool = False
    index_unknown: bool = False
    deferred: str = ""
    is_drift: bool = False


@dataclass
class Resolver:
    """Looks references up: in the configuration, the variables, the prior state and the other changes."""

    plan: Mapping[str, Any]
    changes: Iterable[RawChange]
    _by_name: dict[tuple[Any, ...], list[RawChange]] = field(default_factory=dict, init=False)
    _prior: dict[tuple[Any, ...], Mapping[str, Any]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for change in self.changes:
            if not change.deposed:
                key = (change.module, change.mode, change.type, change.name)
                self._by_name.setdefault(key, []).append(change)
        self._read_prior(self.plan["prior_state"]["values"]["root_module"])

    def _read_prior(self, module: Mapping[str, Any]) -> None:
        for resource in module["resources"]:
            if resource["mode"] == "data":
                path = module_path(resource["address"].removeprefix("data."))
                key = (path, resource["type"], resource["name"], resource["index"])
                values = fold(resource["values"], None, resource["sensitive_values"])
                self._prior[key] = AllUnknown(values) if isinstance(values, Unknown) else values
        for child in module["child_modules"]:
            self._read_prior(child)

    def module(self, path: tuple[str, ...]) -> Mapping[str, Any]:
        """The configuration of a module; empty where the plan does not show it."""
        module: Mapping[str, Any] = self.plan["configuration"]["root_module"]
        for name in path:
            module = module.get("module_calls", {}).get(name, {}).get("module", {})
        return module

    def resource(self, change: RawChange) -> Mapping[str, Any] | None:
        """The configuration of a resource; None where it is no longer written."""
        for block in self.module(names(change.module)).get("resources", ()):
            if (block["mode"], block["type"], block["name"]) == (change.mode, change.type, change.name):
                return dict(block)
        return None

    def expressions(self, change: RawChange) -> Mapping[str, Any] | None:
        """The expressions of a resource's arguments; None where its configuration is not shown."""
        resource = self.resource(change)
        return None if resource is None else resource["expressions"]

    def resolve(self, change: RawChange, attribute: str) -> Any:
        """The value of an unknown attribute; `Unknown` where no single reference gives it."""
        expression = (self.expressions(change) or {}).get(attribute)
        value = self.evaluate(change.module, change.index, expression, attribute)
        return Unknown(attribute) if self._is_more_than_a_reference(change, expression, attribute) else value

    def _is_more_than_a_reference(self, change: RawChange, expression: Any, wanted: str) -> bool:
        """Whether what the expression refers to is known, though its value is not."""
        references = _references(expression)
        sources = [steps(reference) for reference in references if not _is_prefix(reference, references)]
        if wanted == "principal_name" and any(map(_is_of_the_account, sources)):
            return False  # the name of the account is what is not known
        return any(self._is_known(change.module, change.index, parts) for parts in sources)

    def _is_known(
        self, path: tuple[AddressStep, ...], index: InstanceKey, parts: tuple[AddressStep, ...]
    ) -> bool:
        """Whether a reference names an attribute of a planned object, or a variable, whose value the plan has."""
        if parts and parts[0].name == "var" and not path:
            return isinstance(self._variable(path, parts[-1].name, ""), str)
        if len(parts) != 3 or parts[0].name in ("data", "module"):
            return False
        key = parts[1].key if parts[1].key is not None else index
        targets = self._by_name.get((path, "managed", parts[0].name, parts[1].name), [])
        values = [
            (target.after or {}).get(parts[2].name) for target in targets if target.index in (key, None)
        ]
        return bool(values) and all(isinstance(value, str) for value in values)

    def evaluate(
        self, path: tuple[AddressStep, ...], index: InstanceKey, expression: Any, wanted: str
    ) -> Any:
        """The value of an expression, as seen in a module; `wanted` is the attribute that it is for."""
        if not isinstance(expression, dict):
            return Unknown(wanted)
        if "constant_value" in expression:
            return expression["constant_value"]
        references = _references(expression)
        longest = [reference for reference in references if not _is_prefix(reference, references)]
        sources = [parts for reference in longest if (parts := steps(reference)) and not _is_selector(parts)]
        if wanted == "principal_name":
            sources = [parts for parts in sources if not _is_of_the_account(parts)]
        if len(sources) != 1:
            return Unknown(wanted)
        by_index = any(_is_selector(steps(reference)) for reference in longest)
        return self._source(path, index if by_index else None, sources[0], wanted)

    def _source(
        self, path: tuple[AddressStep, ...], index: InstanceKey, parts: tuple[AddressStep, ...], wanted: str
    ) -> Any:
        kind = parts[0].name
        if kind == "var" and len(parts) == 2:
            return self._variable(path, parts[1].name, wanted)
        if kind == "module" and len(parts) == 3:
            child = (*path, AddressStep(parts[1].name, parts[1].key if parts[1].key is not None else index))
            output = self.module(names(child)).get("outputs", {}).get(parts[2].name, {})
            return self.evaluate(child, None, output.get("expression"), wanted)
        if kind == "data" and len(parts) >= 3:
            return self._data(path, index, parts[1:], wanted)
        if kind in ("local", "path", "terraform", "self", "module", "var") or len(parts) < 2:
            return Unknown(wanted)
        return self._managed(path, index, parts, wanted)

    def _variable(self, path: tuple[AddressStep, ...], name: str, wanted: str) -> Any:
        if not path:
            value = self.plan["variables"].get(name, {}).get("value")
            return value if isinstance(value, str) else Unknown(wanted)
        call = self.module(names(path[:-1])).get("module_calls", {}).get(path[-1].name, {})
        expression = call.get("expressions", {}).get(name)
        return self.evaluate(path[:-1], path[-1].key, expression, wanted)

    def _data(
        self, path: tuple[AddressStep, ...], index: InstanceKey, parts: tuple[AddressStep, ...], wanted: str
    ) -> Any:
        key = parts[1].key if parts[1].key is not None else index
        attribute = parts[2].name if len(parts) > 2 else ""
        if parts[0].name == "alicloud_ram_policy_document" and attribute in ("document", ""):
            for change in self._by_name.get((path, "data", parts[0].name, parts[1].name), ()):
                if change.index == key and change.after is not None:
                    return document_of_statements(change.after.get("statement"), change.after.get("version"))
        value = self._prior.get((path, parts[0].name, parts[1].name, key), {}).get(attribute)
        return value if isinstance(value, str) else Unknown(wanted)

    def _managed(
        self, path: tuple[AddressStep, ...], index: InstanceKey, parts: tuple[AddressStep, ...], wanted: str
    ) -> Any:
        key = parts[1].key if parts[1].key is not None else index
        candidates = self._by_name.get((path, "managed", parts[0].name, parts[1].name), [])
        targets = [candidate for candidate in candidates if candidate.index == key]
        if len(targets) != 1 or targets[0].after is None:
            return Unknown(wanted)
        attribute = parts[2].name if len(parts) > 2 else _WANTED.get(wanted, "name")
        return self._alias(targets[0], attribute, wanted)

    def _alias(self, target: RawChange, attribute: str, wanted: str) -> Any:
        """What an attribute of a planned object will be, where the object's own name or kind says it."""
        after = target.after or {}
        known = after.get(attribute)
        if isinstance(known, str):
            return known
        if attribute in ("type", "policy_type") and target.type in (
            "alicloud_ram_policy",
            "alicloud_resource_manager_policy",
        ):
            return "Custom"
        if target.type == "alicloud_resource_manager_resource_group" and attribute == "id":
            return planned_id(target)
        if target.type == "alicloud_resource_manager_service_linked_role":
            linked = LINKED_ROLE_OF.get(str(after.get("service_name")))
            return linked.name if linked and attribute in ("role_name", "name") else Unknown(wanted)
        if attribute in _NAME_OF.get(target.type, ()) or (
            attribute in ("id", "name") and target.type in _ID_IS_NAME
        ):
            values = [after.get(name) for name in _NAME_OF[target.type]]
            return next((other for other in values if isinstance(other, str)), Unknown(wanted))
        return Unknown(wanted)


def planned_id(change: RawChange) -> str:
    """The id of an object that the plan creates, until the service gives it one."""
    existing = (change.before or {}).get("id")
    if isinstance(existing, str) and "create" not in change.actions:
        return existing
    return f"{PLANNED}{change.address}"


def _references(expression: Any) -> list[str]:
    """What an expression refers to; nothing where it shows no references."""
    references = expression.get("references") if isinstance(expression, dict) else None
    return (
        [reference for reference in references if isinstance(reference, str)]
        if isinstance(references, list)
        else []
    )


def _is_prefix(reference: str, others: Iterable[str]) -> bool:
    return any(other.startswith((f"{reference}.", f"{reference}[")) for other in others)


def _is_selector(parts: tuple[AddressStep, ...]) -> bool:
    return bool(parts) and parts[0].name in _SELECTORS and parts[-1].name in ("key", "index")


def _is_of_the_account(parts: tuple[AddressStep, ...]) -> bool:
    return parts[0].name == "data" and len(parts) > 1 and parts[1].name in _OF_THE_ACCOUNT
