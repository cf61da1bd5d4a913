"""One account as it is, in the words of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..checks.support.case import Case
from ..config.model import Account
from ..inventory.facts import Inventory, Unreadable
from ..inventory.kinds import KINDS
from .policy_documents import LINKED, Linked, Pin, linked, pins, unclear
from .principals import People, roles, users
from .resources import Things, things


@dataclass(frozen=True)
class Described:
    """One account. `settings` is how it is read, as it is written; `folder` where its policy documents are."""

    name: str
    account_id: str
    mode: str
    read_at: str
    settings: Mapping[str, Any]
    users: People
    roles: People
    kinds: tuple[Things, ...]
    linked: tuple[Linked, ...]
    pins: tuple[Pin, ...]
    unclear: tuple[str, ...]
    group_names: Mapping[str, str]
    missing: tuple[Unreadable, ...]
    folder: str
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def documents(self) -> Mapping[str, str]:
        """The documents that are kept, by their path in `folder`."""
        named = [one.policy for one in self.linked if one.policy is not None]
        return {pin.path: pin.text for pin in (*self.pins, *named)}

    @property
    def pinned(self) -> tuple[Pin, ...]:
        """The system policies that users and roles hold."""
        return tuple(pin for pin in self.pins if pin.policy.policy_type == "System")


def described(
    case: Case,
    mode: str,
    read_at: str,
    settings: Mapping[str, Any],
    missing: tuple[Unreadable, ...],
    folder: str,
) -> Described:
    """What there is to say of an account that was read."""
    kinds = tuple(things(case, kind) for kind in KINDS)
    carried = kinds[0].ram_roles
    in_use = [role.id for role in (*carried.intended, *carried.refused)]
    people, lent = users(case), roles(case, in_use)
    held = {
        policy
        for entry in (*people.entries, *lent.entries)
        for policy in (
            *entry.holds.policies,
            *(policy for _, some in entry.holds.resource_groups for policy in some),
        )
    }
    return Described(
        case.name,
        case.inventory.account_id,
        mode,
        read_at,
        settings,
        people,
        lent,
        kinds,
        tuple(linked(case, role) for role in LINKED),
        pins(case, held),
        unclear(case, held),
        case.resource_group_names,
        missing,
        folder,
    )


def intent_of(inventory: Inventory, former: Account) -> Account:
    """The intent under which an account is described: nothing is judged but what may concern ECI."""
    return Account(
        account_id=inventory.account_id,
        grants="eci",
        default_resource_group=former.default_resource_group,
    )
