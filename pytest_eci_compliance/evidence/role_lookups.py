"""GetRole, once per role."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ..inventory.facts import Role, Unreadable, read_or_empty
from . import ram
from .caller import Caller


class RoleLookups:
    """GetRole, once per role: RAM keeps the case of a role's name, and does not compare by it."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._lookups: dict[str, tuple[str, asyncio.Future[Role | Unreadable | None]]] = {}

    async def look_up(self, names: Iterable[str]) -> None:
        """Look up the roles of these names that were not looked up yet, and wait for every answer."""
        for name in sorted(set(names)):
            if name.casefold() not in self._lookups:
                self._lookups[name.casefold()] = name, asyncio.ensure_future(ram.role(self._caller, name))
        await asyncio.gather(*(answer for _, answer in self._lookups.values()))

    def answers(self, listed_roles: tuple[Role, ...] | Unreadable) -> dict[str, Role | Unreadable | None]:
        """The answer for each role, by its name as it is listed. A role that is listed exists."""
        listed_names = {role.role_name.casefold(): role.role_name for role in read_or_empty(listed_roles)}
        answers: dict[str, Role | Unreadable | None] = {}
        for folded, (name, lookup) in sorted(self._lookups.items()):
            answer = lookup.result()
            if answer is None and folded in listed_names:
                answer = ram.contradicted_role(self._caller, name)
            answers[listed_names.get(folded, name)] = answer
        return answers
