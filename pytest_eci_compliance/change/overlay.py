"""Reading the YAML overlay `eci-change: 1` into the same changes as a plan makes."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..config.yaml_document import UnusableDocument, YamlDocument, parse, written
from ..inventory.facts import (
    PLANNED,
    ContainerGroup,
    EciResource,
    ImageCache,
    Tag,
    Tags,
    VirtualNode,
)
from ..messages import quote
from .eci_resources import NEW_STATUS, in_order, new_parts, redacted_containers
from .model import (
    ChangeSet,
    EciState,
    GrantState,
    GroupState,
    MembersState,
    Origin,
    PlanError,
    PlanFile,
    PlannedChange,
    PlannedState,
    PolicyState,
    ResourceGroupState,
    RoleState,
    UserState,
)
from .overlay_model import (
    ContainerOfChange,
    EciChange,
    InstanceChange,
    Overlay,
    PolicyOf,
    RoleChange,
    UserChange,
)

_REMEDY = (
    "write `eci-change: 1`, then lists such as `attach:`; or name the JSON of a plan (`terraform show -json`)"
)


def read_overlay(file: str, text: str, folder: Path) -> PlanFile:  # noqa: ARG001 - documents stand in the file
    """The changes of an overlay. Raises PlanError with the key and the line of what is wrong."""
    try:
        document = parse(text)
    except UnusableDocument as error:
        # What a parser says may quote the file, and the file may be a plan.
        line = f"line {error.problem.line}: " if error.problem.line else ""
        raise PlanError(
            f"--eci-plan {file}: eci-change: {line}neither an overlay in YAML nor JSON: {_REMEDY}"
        ) from None
    data, problems = document.data()
    if "eci-change" not in data:
        raise PlanError(f"--eci-plan {file}: eci-change: missing, so this is no overlay: {_REMEDY}")
    if problems:
        raise PlanError(f"--eci-plan {file}: {problems[0]}")
    try:
        overlay = Overlay.model_validate(data)
    except ValidationError as error:
        raise PlanError(f"--eci-plan {file}: {_problem(error, document)}") from None
    changes = tuple(_changes(file, overlay, document))
    return PlanFile(file, {overlay.account: ChangeSet(file, changes, is_overlay=True)})


def _problem(error: ValidationError, document: YamlDocument) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    path = document.fitted(tuple(step for step in first["loc"] if isinstance(step, str | int)))
    line = document.line_of(path)
    return f"line {line}: {written(path)}: {first['msg']}: correct it (the keys are in overlay.schema.json)"


_Make = Callable[[Any], "tuple[str, PlannedState | None, PlannedState | None]"]


def _changes(file: str, overlay: Overlay, document: YamlDocument) -> Iterator[PlannedChange]:
    names: Mapping[str, Counter[str]] = defaultdict(Counter)
    sections: Mapping[str, _Make] = {
        "detach": lambda change: ("delete", _grant(file, "detach", change), None),
        "attach": lambda change: ("create", None, _grant(file, "attach", change)),
        "policies": _policy,
        "users": _user,
        "groups": lambda change: _created_or_deleted(
            GroupState(change.name, change.force), delete=change.delete
        ),
        "roles": _role,
        "resource_groups": lambda change: _created_or_deleted(
            _resource_group(file, change), delete=change.delete
        ),
        "image_caches": lambda change: _eci(file, "image_cache", change, names["image_cache"]),
        "virtual_nodes": lambda change: _eci(file, "virtual_node", change, names["virtual_node"]),
        "instances": lambda change: _eci(file, "instance", change, names["instance"]),
    }
    for section, make in sections.items():
        for index, change in enumerate(getattr(overlay, section)):
            _refuse_what_says_nothing(file, section, change)
            action, before, after = make(change)
            origin = Origin(file, f"{section}[{index}] (line {document.line_of((section, index))})")
            yield PlannedChange(origin, action, before, after)  # type: ignore[arg-type]
    for index, change in enumerate(overlay.members):
        origin = Origin(file, f"members[{index}] (line {document.line_of(('members', index))})")
        if not change.remove and not change.add:
            raise PlanError(
                f"--eci-plan {file}: members: name who joins or leaves {quote(change.group)}: write `add` or `remove`"
            )
        if change.remove:
            yield PlannedChange(origin, "delete", MembersState(change.group, change.remove))
        if change.add:
            yield PlannedChange(origin, "create", None, MembersState(change.group, change.add))


def _refuse_what_says_nothing(file: str, section: str, change: Any) -> None:
    """Raise PlanError for an entry of which a part would be left out without a word."""
    problem = ""
    if section == "policies" and change.document is None and not change.delete:
        problem = (
            f"the policy {quote(change.name)} has neither `document` nor `delete: true`: write one of them"
        )
    elif section == "policies" and change.document is not None and change.delete:
        problem = f"the policy {quote(change.name)} has both `document` and `delete: true`: write one of them"
    elif section == "users" and change.rename is not None and change.delete:
        problem = f"the user {quote(change.name)} has both `rename` and `delete: true`: write one of them"
    elif section == "roles" and change.trust is not None and change.services:
        problem = f"the role {quote(change.name)} has both `trust` and `services`: write one of them"
    elif section == "resource_groups" and change.id is not None and not change.delete:
        problem = f"the resource group {quote(change.id)} exists: write `name` alone for a new one"
    elif (
        getattr(change, "id", True) is None
        and getattr(change, "delete", False)
        and section != "resource_groups"
    ):
        problem = "a deletion names the `id` of a recorded resource: write `id`"
    if problem:
        raise PlanError(f"--eci-plan {file}: {section}: {problem}")


def _created_or_deleted(
    state: PlannedState, *, delete: bool
) -> tuple[str, PlannedState | None, PlannedState | None]:
    return ("delete", state, None) if delete else ("create", None, state)


def _grant(file: str, section: str, change: PolicyOf) -> GrantState:
    given = [
        (kind, name)
        for kind, name in (("IMSUser", change.user), ("IMSGroup", change.group), ("ServiceRole", change.role))
        if name is not None
    ]
    if len(given) != 1:
        raise PlanError(f"--eci-plan {file}: {section}: name one of user, group and role for {change.policy}")
    kind, name = given[0]
    custom = change.policy.startswith("Custom/")
    policy = change.policy.removeprefix("Custom/")
    return GrantState("Custom" if custom else "System", policy, kind, name, change.resource_group)  # type: ignore[arg-type]


def _policy(change: Any) -> tuple[str, PlannedState | None, PlannedState | None]:
    document = None if change.document is None else json.dumps(change.document)
    return _created_or_deleted(PolicyState(change.name, document, change.force), delete=change.delete)


def _user(change: UserChange) -> tuple[str, PlannedState | None, PlannedState | None]:
    if change.rename is not None:
        return "update", UserState(change.name), UserState(change.rename)
    return _created_or_deleted(UserState(change.name, force=change.force), delete=change.delete)


def _role(change: RoleChange) -> tuple[str, PlannedState | None, PlannedState | None]:
    trust = None if change.trust is None else json.dumps(change.trust)
    if trust is None and change.services:
        principal = {"Service": list(change.services)}
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
        trust = json.dumps({"Version": "1", "Statement": [statement]})
    return _created_or_deleted(RoleState(change.name, trust, change.force), delete=change.delete)


def _resource_group(file: str, change: Any) -> ResourceGroupState:
    if change.delete and change.id is None:
        raise PlanError(f"--eci-plan {file}: resource_groups: name the id of the group to delete")
    if change.name is None and change.id is None:
        raise PlanError(f"--eci-plan {file}: resource_groups: name the group: write `name`")
    return ResourceGroupState(change.id or f"{PLANNED}resource_group.{change.name}", change.name or "")


def _eci(
    file: str, kind: str, change: EciChange, names: Counter[str]
) -> tuple[str, PlannedState | None, PlannedState | None]:
    """The change of an ECI resource. `names` counts the new resources of its kind by name: names are not unique."""
    if change.id is None and change.name is None:
        raise PlanError(
            f"--eci-plan {file}: {kind}s: write `name` of a new resource, or `id` of a recorded one"
        )
    id_ = change.id or _new_id(kind, str(change.name), names)
    shared: dict[str, Any] = {
        "region_id": change.region or "",
        "resource_group_id": change.resource_group or "",
        "tags": Tags(Tag(key, value) for key, value in (change.tags or {}).items()),
    }
    resource: EciResource
    if kind == "image_cache":
        resource = ImageCache(id_, change.name or "", **shared)
    elif kind == "virtual_node":
        resource = VirtualNode(id_, change.name or "", **shared)
    else:
        resource = _instance(id_, change, shared)
    given = {
        name
        for name in ("tags", "resource_group", "ram_role", "containers")
        if getattr(change, name, None) is not None
    }
    if change.id is None:
        resource = replace(resource, not_shown=in_order(new_parts(resource.kind) | _unstated(change)))
    state = EciState(
        resource, change.region, frozenset(given), change.id is None and change.resource_group is None
    )
    if change.delete:
        return "delete", state, None
    return ("create", None, state) if change.id is None else ("update", None, state)


def _new_id(kind: str, name: str, names: Counter[str]) -> str:
    """The id of a new resource: its kind and name, and a number from the second one with that name on."""
    names[name] += 1
    number = f"[{names[name]}]" if names[name] > 1 else ""
    return f"{PLANNED}{kind}.{name}{number}"


def _unstated(change: EciChange) -> frozenset[str]:
    """The parts of a new resource that the overlay has to state: an instance always has containers."""
    lacks = isinstance(change, InstanceChange) and change.containers is None
    return frozenset({"containers"} if lacks else ())


def _instance(id_: str, change: EciChange, shared: Mapping[str, Any]) -> ContainerGroup:
    containers: tuple[ContainerOfChange, ...] = ()
    role = ""
    if isinstance(change, InstanceChange):
        containers, role = change.containers or (), change.ram_role or ""
    blocks = [
        {
            "name": container.name,
            "image": container.image,
            "commands": list(container.commands),
            "args": list(container.args),
            "environment_vars": [
                {"key": key, "value": value} for key, value in container.environment.items()
            ],
        }
        for container in containers
    ]
    return ContainerGroup(
        id_,
        change.name or "",
        ram_role_name=role,
        status="" if change.id else NEW_STATUS,
        containers=redacted_containers(blocks),
        **shared,
    )
