"""The calls that a question of access is about: one for each recorded resource, or combination of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from ..inventory.facts import EciResource, Inventory, PolicyRef, read_or_empty
from ..inventory.kinds import KINDS
from .access_question import AccessQuestion, action_row, did_you_mean
from .authorization import PASS_ROLE, Call
from .call_arguments import NotRecorded
from .eci_actions import EciAction
from .evaluator import Access
from .ram_actions import RamAction, RamKind, RamResource

MOST_CALLS = 50_000
"""The most combinations of resources that one question is asked for."""


class QuestionCalls:
    """The calls that a question is about, each with the name of what it is about."""

    def __init__(self, inventory: Inventory, access: Access) -> None:
        self._inventory, self._access = inventory, access

    def named(self, question: AccessQuestion) -> tuple[list[tuple[str, Call]], str]:
        """The calls, and the noun for what they are about (empty where they name nothing)."""
        row = action_row(question.action)
        if row == PASS_ROLE:
            names = self._existing("role", question.resource)
            return [(f"role/{name}", Call(PASS_ROLE, role=str(name))) for name in names], "role"
        if isinstance(row, EciAction):
            return self._of_eci(row, question)
        assert isinstance(row, RamAction)  # noqa: S101 - `parse_question` has refused everything else
        return self._of_ram(row, question)

    def _of_eci(self, row: EciAction, question: AccessQuestion) -> tuple[list[tuple[str, Call]], str]:
        kinds = [kind for kind in KINDS.values() if kind.arn_kind in row.kinds]
        if question.resource:
            if row.id == "no":
                raise ValueError(f"{row.action} names no resource: leave out @{question.resource}")
            return [self._on(self._recorded(question.resource, kinds), row)], "resource"
        if row.id == "no" or not kinds:
            return [("", Call(row.action))], ""
        resources = [resource for kind in kinds for resource in self._resources(kind.name)]
        noun = kinds[0].noun if len(kinds) == 1 else "resource"
        return [self._on(resource, row) for resource in resources], noun

    def _on(self, resource: EciResource, row: EciAction) -> tuple[str, Call]:
        return resource.id, Call(row.action, self._access.target(resource))

    def _resources(self, kind: str) -> Iterator[EciResource]:
        for listing in self._inventory.listings.get(kind, ()):  # type: ignore[call-overload]
            yield from listing.all_items

    def _recorded(self, id_: str, kinds: Sequence[object]) -> EciResource:
        every = {recorded.id: recorded for kind in KINDS for recorded in self._resources(kind)}
        if id_ not in every:
            raise NotRecorded(
                f"no instance, image cache or virtual node {id_!r} is recorded{did_you_mean(id_, every)}"
            )
        resource = every[id_]
        if KINDS[resource.kind] not in kinds:
            raise ValueError(f"{id_} is of the kind {KINDS[resource.kind].noun}: the action is not about it")
        return resource

    def _of_ram(self, row: RamAction, question: AccessQuestion) -> tuple[list[tuple[str, Call]], str]:
        if not row.kinds:
            if question.resource:
                raise ValueError(f"{row.action} is not about one resource: leave out @{question.resource}")
            return [("", Call(row.action, ram=RamResource()))], ""
        stated = self._stated(row, question.resource)
        if set(row.kinds) == {"user", "group", "role", "policy"}:
            kinds = [kind for kind in row.kinds if kind in stated or kind == "policy"]
            if len(kinds) == 1:
                raise ValueError(
                    f"{row.action} is about a user, group or role: name it, {row.action}@user/NAME"
                )
        else:
            kinds = list(row.kinds)
        names = [self._existing(kind, stated.get(kind, "")) for kind in kinds]
        if prod(map(len, names)) > MOST_CALLS:
            raise ValueError(
                f"{row.action} on every {' and '.join(kinds)} are too many combinations: name one,"
                f" {row.action}@{kinds[0]}/NAME"
            )
        calls = []
        for parts in product(*names):
            resource = RamResource(**dict(zip(kinds, parts, strict=True)))  # type: ignore[arg-type]
            name = ",".join(f"{kind}/{part}" for kind, part in zip(kinds, parts, strict=True))
            calls.append((name, Call(row.action, ram=resource)))
        return calls, kinds[0] if len(kinds) == 1 else "combination"

    @staticmethod
    def _stated(row: RamAction, text: str) -> dict[str, str]:
        """The parts of the resource by their kind: `user/dev,policy/AdministratorAccess`, or a name alone."""
        stated: dict[str, str] = {}
        for part in filter(None, (written.strip() for written in text.split(","))):
            kind, slash, name = part.partition("/")
            if slash and kind in row.kinds:
                stated[kind] = name
            elif len(row.kinds) == 1 and (row.kinds == ("policy",) or not slash):
                stated[row.kinds[0]] = part
            else:
                wanted = " or ".join(f"{kind_name}/NAME" for kind_name in row.kinds)
                raise ValueError(f"{row.action} is about {wanted}: not about {part!r}")
        return stated

    def _existing(self, kind: RamKind, name: str) -> Sequence[str | PolicyRef]:
        """The recorded user, group, role or policy of that name, or all of them. Raises `NotRecorded`."""
        every = self._every(kind)
        if not name:
            return list(every.values())
        name = name.removeprefix(f"{kind}/")
        if name not in every:
            raise NotRecorded(f"no {kind} {name!r} is recorded{did_you_mean(name, every)}")
        return [every[name]]

    def _every(self, kind: RamKind) -> dict[str, str | PolicyRef]:
        inventory = self._inventory
        if kind == "policy":
            refs = {*inventory.policies, *read_or_empty(inventory.custom_policies)}
            refs |= set(read_or_empty(inventory.system_policies or ()))
            return {str(ref): ref for ref in sorted(refs)}
        if kind == "user":
            return {user.user_name: user.user_name for user in read_or_empty(inventory.users)}
        if kind == "group":
            return {group.group_name: group.group_name for group in read_or_empty(inventory.groups)}
        return {role.role_name: role.role_name for role in read_or_empty(inventory.roles)}
