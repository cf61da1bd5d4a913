"""Permissions on resources that both sides have, with other tags or in another group, compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from ..messages import join_words
from .authorization import Call
from .decision import AccessDecision
from .eci_actions import ACTIONS
from .permission_causes import allowing_condition
from .permission_resources import ChangedResources, Name
from .permission_rows import Direction, Permission, PermissionRows
from .permission_sides import Identity, Side
from .permission_statements import actions_decided_alike, grounds_about


class ChangedResourceComparison:
    """Compares what identities may do to resources of which the tags or the group have changed."""

    def __init__(self, then: Side, now: Side, rows: PermissionRows) -> None:
        self.then, self.now, self.rows = then, now, rows

    def compare(self, groups: Iterable[list[Identity]]) -> None:
        """Resources of both sides with other tags, or in another group, than before."""
        changed = ChangedResources(self.then, self.now)
        if not changed.items:
            return
        for identities in groups:
            before, after = (side.principal(identities[0]) for side in (self.then, self.now))
            for actions in actions_decided_alike(before, after):
                row = ACTIONS.get(actions[0].lower())
                if row is None or row.id == "no":
                    continue
                for items in changed.told_apart(row, grounds_about(row.action, before, after)):
                    call, moved = (Call(row.action, target) for target in (items[0].old, items[0].new))
                    outcomes = (before.decide(call), before.decide(moved), after.decide(moved))
                    for item, action in product(items, actions):
                        self._add_changed(identities, action, item.names, outcomes)

    def _add_changed(
        self,
        identities: list[Identity],
        action: str,
        names: Sequence[Name],
        verdicts: tuple[AccessDecision, AccessDecision, AccessDecision],
    ) -> None:
        """Add the change of one resource. `verdicts` are those on the old resource before, on the new one by the old
        policies, and on the new one after."""
        old, moved, new = (decision.outcome for decision in verdicts)
        if "undecidable" in (old, new) and old != new:
            for identity in identities:
                self.rows.doubt(
                    identity,
                    action,
                    join_words(name for name, _ in names),
                    "not decided after a change of the resource",
                )
            return
        if old == new or moved != new:
            return  # nothing changed, or the policies did, which is compared apart
        direction: Direction = "gained" if new == "allowed" else "lost"
        verdict = verdicts[2] if new == "allowed" else verdicts[0]
        condition = allowing_condition(verdict)
        for identity in identities:
            for name, why in names:
                self.rows.add(direction, Permission(identity, action, name, why, condition))
