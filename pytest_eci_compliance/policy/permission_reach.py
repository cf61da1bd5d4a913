"""What identities can reach in the end, then and now: the action `reach`, with the shortest path as the cause.

What is certain on one side and only possible on the other is not compared, unless it is possible only because the
trust policy of a role has conditions that the other side does not have: then it is gained, or lost, as the
`sts:AssumeRole` of that role is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..inventory.facts import Inventory, read_or_empty
from ..messages import describe_error
from .escalation import Identity as EscalatingIdentity
from .escalation import Path, Reached
from .evaluator import Access
from .permission_gaps import REACH, unread_object
from .permission_rows import Direction, Permission
from .permission_sides import Identity, Side
from .settings import Settings

Reach: TypeAlias = Callable[[Inventory], Mapping[Identity, Mapping[str, Reached]]]
"""What each identity can reach in the end, by its name: `role/NAME`, `policy/NAME`, …"""

Row: TypeAlias = tuple[Literal["gained", "lost", "not_compared"], Permission]
Assumed: TypeAlias = Mapping[Direction, Collection[tuple[str, str]]]
"""The roles (`role/NAME`) that each identity may assume, or may no longer assume: pairs of both."""


@dataclass(frozen=True)
class ReachComparison:
    """Two sides, and the permission to assume roles that was gained and lost between them."""

    then: Side
    now: Side
    assumed: Assumed

    def rows(
        self, identity: Identity, old: Mapping[str, Reached], new: Mapping[str, Reached]
    ) -> Iterator[Row]:
        """The rows of one identity; `old` and `new` are what it reached then and reaches now."""
        for target in old.keys() | new.keys():
            before, after = _certainty(old.get(target)), _certainty(new.get(target))
            if before != after:
                yield self._row(identity, target, old, new)

    def _row(
        self, identity: Identity, target: str, old: Mapping[str, Reached], new: Mapping[str, Reached]
    ) -> Row:
        before, after = _certainty(old.get(target)), _certainty(new.get(target))
        if "possible" in (before, after) and not self._turns_on_trust(old.get(target), new.get(target)):
            when = "then" if before == "possible" else "now"
            why = f"not decided {when}: {_path(new, old, target)}"
            return "not_compared", Permission(identity, REACH, target, why)
        if "possible" not in (before, after) and (unread := self._hides_a_path(new, old, target)) is not None:
            return "not_compared", Permission("*", REACH, "account", unread)
        if after == "certain":
            return "gained", Permission(identity, REACH, target, f"path: {new[target].paths[0]}")
        return "lost", Permission(identity, REACH, target, f"former path: {old[target].paths[0]}")

    def _turns_on_trust(self, old: Reached | None, new: Reached | None) -> bool:
        """Whether one side reaches for certain what every path of the other reaches only by roles whose trust policy
        has conditions, and which the identity assumes without them on the first side."""
        if old is None or new is None:
            return False
        possible, roles = (old, self.assumed["gained"]) if new.certain else (new, self.assumed["lost"])
        return all(_needs(path, roles) for path in possible.paths)

    def _hides_a_path(
        self, new: Mapping[str, Reached], old: Mapping[str, Reached], target: str
    ) -> str | None:
        """Why it is not certain that a side without a path to a target has none; None where it is.

        A path that one side has leads over objects of which the other does not know whether they exist. Beyond that, a
        path that is gone may lead over any user or role of a list that could not be read.
        """
        side, when = (self.then, "then") if target in new else (self.now, "now")
        steps = (new.get(target) or old[target]).paths[0].steps
        names = dict.fromkeys(name for step in steps for name in (step.actor, step.to))
        cause = unread_object(side, [*names, target])
        if cause is None and target not in new:
            cause = next((cause for _, cause in side.unread), None)
        return None if cause is None else f"not decided {when}: {describe_error(cause)}"


def _needs(path: Path, roles: Collection[tuple[str, str]]) -> bool:
    """Whether a path is uncertain by steps alone that assume one of these roles."""
    doubtful = [step for step in path.steps if not step.certain]
    return bool(doubtful) and all(
        step.step == "assume-role" and (step.actor, step.to) in roles for step in doubtful
    )


def reach_of(default_resource_group: str | None, settings: Settings | None = None) -> Reach:
    """What every user and role of an inventory reaches, certain or possible."""

    def reach(inventory: Inventory) -> dict[Identity, dict[str, Reached]]:
        escalation = Access(inventory, default_resource_group, settings=settings).escalation
        identities = [
            *(EscalatingIdentity("user", user.user_name) for user in read_or_empty(inventory.users)),
            *(EscalatingIdentity("role", role.role_name) for role in read_or_empty(inventory.roles)),
        ]
        return {
            str(identity): {reached.name: reached for reached in escalation.reach(identity)}
            for identity in identities
        }

    return reach


def _certainty(reached: Reached | None) -> Literal["certain", "possible", "none"]:
    if reached is None:
        return "none"
    return "certain" if reached.certain else "possible"


def _path(new: Mapping[str, Reached], old: Mapping[str, Reached], target: str) -> str:
    """The shortest path to a target: now, else then."""
    reached = new.get(target) or old[target]
    return str(reached.paths[0])
