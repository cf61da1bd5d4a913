"""Reading the YAML overlay `eci-change: 1` into the same changes as a plan makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..config.yaml_document import Document, UnusableDocument, parse, written
from ..inventory.facts import (
    ContainerGroup,
    EciResource,
    ImageCache,
    Inventory,
    Tag,
    Tags,
    Unreadable,
    VirtualNode,
)
from .eci_resources import NEW_STATUS, redacted_containers
from .model import (
    Change,
    ChangeSet,
    EciState,
    GrantState,
    GroupState,
    MembersState,
    Origin,
    PlanError,
    PlanFile,
    PolicyState,
    ResourceGroupState,
    RoleState,
    State,
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
    return PlanFile(file, {overlay.account: ChangeSet(file, changes)})


def _problem(error: ValidationError, document: Document) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    path = document.fitted(tuple(step for step in first["loc"] if isinstance(step, str | int)))
    line = document.line_of(path)
    return f"line {line}: {written(path)}: {first['msg']}: correct it (the keys are in overlay.schema.json)"


_Make = Callable[[Any], "tuple[str, State | None, State | None]"]


def _changes(file: str, overlay: Overlay, document: Document) -> Iterator[Change]:
    sections: Mapping[str, _Make] = {
        "detach": lambda one: ("delete", _grant(file, "detach", one), None),
        "attach": lambda one: ("create", None, _grant(file, "attach", one)),
        "policies": _policy,
        "users": _user,
        "groups": lambda one: _made(GroupState(one.name, one.force), delete=one.delete),
        "roles": _role,
        "resource_groups": lambda one: _made(_resource_group(file, one), delete=one.delete),
        "image_caches": lambda one: _eci(file, "image_cache", one),
        "virtual_nodes": lambda one: _eci(file, "virtual_node", one),
        "instances": lambda one: _eci(file, "instance", one),
    }
    for section, make in sections.items():
        for index, one in enumerate(getattr(overlay, section)):
            action, before, after = make(one)
            origin = Origin(file, f"{section}[{index}] (line {document.line_of((section, index))})")
            yield Change(origin, action, before, after)  # type: ignore[arg-type]
    for index, one in enumerate(overlay.members):
        origin = Origin(file, f"members[{index}] (line {document.line_of(('members', index))})")
        if one.remove:
            yield Change(origin, "delete", MembersState(one.group, one.remove))
        if one.add:
            yield Change(origin, "create", None, MembersState(one.group, one.add))


def _made(state: State, *, delete: bool) -> tuple[str, State | None, State | None]:
    return ("delete", state, None) if delete else ("create", None, state)


def _grant(file: str, section: str, one: PolicyOf) -> GrantState:
    given = [
        (kind, name)
        for kind, name in (("IMSUser", one.user), ("IMSGroup", one.group), ("ServiceRole", one.role))
        if name is not None
    ]
    if len(given) != 1:
        raise PlanError(f"--eci-plan {file}: {section}: name one of user, group and role for {one.policy}")
    kind, name = given[0]
    custom = one.policy.startswith("Custom/")
    policy = one.policy.removeprefix("Custom/")
    return GrantState("Custom" if custom else "System", policy, kind, name, one.resource_group)  # type: ignore[arg-type]


def _policy(one: Any) -> tuple[str, State | None, State | None]:
    document = None if one.document is None else json.dumps(one.document)
    return _made(PolicyState(one.name, document, one.force), delete=one.delete)


def _user(one: UserChange) -> tuple[str, State | None, State | None]:
    if one.rename is not None:
        return "update", UserState(one.name), UserState(one.rename)
    return _made(UserState(one.name, force=one.force), delete=one.delete)


def _role(one: RoleChange) -> tuple[str, State | None, State | None]:
    trust = None if one.trust is None else json.dumps(one.trust)
    if trust is None and one.services:
        principal = {"Service": list(one.services)}
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
        trust = json.dumps({"Version": "1", "Statement": [statement]})
    return _made(RoleState(one.name, trust, one.force), delete=one.delete)


def _resource_group(file: str, one: Any) -> ResourceGroupState:
    if one.delete and one.id is None:
        raise PlanError(f"--eci-plan {file}: resource_groups: name the id of the group to delete")
    if one.name is None and one.id is None:
        raise PlanError(f"--eci-plan {file}: resource_groups: name the group: write `name`")
    return ResourceGroupState(one.id or f"planned:{one.name}", one.name or "")


def _eci(file: str, kind: str, one: EciChange) -> tuple[str, State | None, State | None]:
    if one.id is None and one.name is None:
        raise PlanError(
            f"--eci-plan {file}: {kind}s: write `name` of a new resource, or `id` of a recorded one"
        )
    id_ = one.id or f"planned:{one.name}"
    shared: dict[str, Any] = {
        "region_id": one.region or "",
        "resource_group_id": one.resource_group or "",
        "tags": Tags(Tag(key, value) for key, value in (one.tags or {}).items()),
    }
    resource: EciResource
    if kind == "image_cache":
        resource = ImageCache(id_, one.name or "", **shared)
    elif kind == "virtual_node":
        resource = VirtualNode(id_, one.name or "", **shared)
    else:
        resource = _instance(id_, one, shared)
    given = {
        name
        for name in ("tags", "resource_group", "ram_role", "containers")
        if getattr(one, name, None) is not None
    }
    state = EciState(resource, one.region, frozenset(given), one.id is None and one.resource_group is None)
    if one.delete:
        return "delete", state, None
    return ("create", None, state) if one.id is None else ("update", None, state)


def _instance(id_: str, one: EciChange, shared: Mapping[str, Any]) -> ContainerGroup:
    containers: tuple[ContainerOfChange, ...] = ()
    role = ""
    if isinstance(one, InstanceChange):
        containers, role = one.containers or (), one.ram_role or ""
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
        one.name or "",
        ram_role_name=role,
        status="" if one.id else NEW_STATUS,
        containers=redacted_containers(blocks),
        **shared,
    )


def with_group_ids(one: ChangeSet, inventory: Inventory) -> ChangeSet:
    """The changes with ids for the resource groups that an overlay names: recorded groups, then its own."""
    recorded = () if isinstance(inventory.resource_groups, Unreadable) else inventory.resource_groups
    ids = {group.name: group.id for group in recorded if group.name}
    own = (change.after for change in one.changes)
    ids |= {
        str(state.name): str(state.id)
        for state in own
        if isinstance(state, ResourceGroupState) and state.name not in ids
    }
    known = {group.id for group in recorded}

    def of(state: State | None) -> State | None:
        if isinstance(state, GrantState) and isinstance(state.scope, str) and state.scope not in known:
            return replace(state, scope=ids.get(state.scope, state.scope))
        if isinstance(state, EciState) and state.resource.resource_group_id not in known:
            written = state.resource.resource_group_id
            return replace(
                state, resource=replace(state.resource, resource_group_id=ids.get(written, written))
            )
        return state

    changes = tuple(
        replace(change, before=of(change.before), after=of(change.after)) for change in one.changes
    )
    return replace(one, changes=changes)
