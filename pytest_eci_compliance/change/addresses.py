"""Which changes of a plan are about a row: those of its resource, and of what it holds or carries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..inventory.facts import Inventory
from ..inventory.grants import GrantIndex
from ..results import Row
from .draft import fold_name


class Addresses:
    """The addresses of the planned changes that may affect a verdict."""

    def __init__(
        self, touched: Mapping[tuple[str, str], tuple[str, ...]], before: Inventory, after: Inventory
    ) -> None:
        self._touched = touched
        self._grants = (GrantIndex(before), GrantIndex(after))
        self._roles = {
            resource.id: getattr(resource, "ram_role_name", "") for resource in after.resources("instance")
        }

    def of(self, row: Row) -> tuple[str, ...]:
        """The addresses of the changes of what a row is about, and of what it holds or carries."""
        keys = dict.fromkeys(self._subjects(row.resource.type, row.resource.id))
        return tuple(dict.fromkeys(address for key in keys for address in self._touched.get(key, ())))

    def _subjects(self, kind: str, id_: str) -> Iterable[tuple[str, str]]:
        match kind:
            case "user":
                return self._user(id_)
            case "role":
                return self._role(id_)
            case "policy":
                return [("policy", fold_name(id_))]
        return self._eci(kind, id_)

    def _user(self, name: str) -> Iterable[tuple[str, str]]:
        yield "IMSUser", fold_name(name)
        for grants in self._grants:
            yield from (("IMSGroup", fold_name(group)) for group in grants.groups_of(name))
            yield from (("policy", fold_name(str(held.policy))) for held in grants.user(name).held)

    def _role(self, name: str) -> Iterable[tuple[str, str]]:
        yield "ServiceRole", fold_name(name)
        for grants in self._grants:
            yield from (("policy", fold_name(str(held.policy))) for held in grants.role(name).held)

    def _eci(self, kind: str, id_: str) -> Iterable[tuple[str, str]]:
        yield kind, id_
        if kind == "instance" and (role := self._roles.get(id_)):
            yield from self._role(role)
