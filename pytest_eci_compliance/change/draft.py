"""An inventory while changes are laid over it: looked up by name as RAM compares names, then frozen again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from ..inventory.facts import (
    Attachments,
    EciResource,
    Group,
    Inventory,
    Kind,
    Listing,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyVersion,
    PrincipalType,
    ResourceGroup,
    Role,
    Unreadable,
    User,
    read_or_empty,
)
from .model import (
    GrantState,
    Origin,
    PlannedState,
    Unknown,
    UserState,
)

T = TypeVar("T")

LISTED_BY: dict[Kind, str] = {
    "instance": "eci:DescribeContainerGroups",
    "image_cache": "eci:DescribeImageCaches",
    "virtual_node": "eci:DescribeVirtualNodes",
}


class GrantKey(NamedTuple):
    """What makes two policy attachments the same: names as RAM compares them."""

    policy_type: str
    policy_name: str
    principal_type: str
    principal_name: str
    scope: str | None


def fold_name(name: str) -> str:
    """A name as RAM compares it: case does not count."""
    return name.casefold()


def grant_key(attachment: PolicyAttachment) -> GrantKey:
    """What tells a policy attachment apart, with names folded."""
    return GrantKey(
        attachment.policy_type,
        fold_name(attachment.policy_name),
        attachment.principal_type,
        fold_name(attachment.principal_name),
        attachment.resource_group_id,
    )


def _indexed(items: tuple[T, ...] | Unreadable, name: str) -> dict[str, T]:
    if isinstance(items, Unreadable):
        return {}
    return {fold_name(getattr(fact, name)): fact for fact in items}


def draft_key(state: GrantState) -> GrantKey | None:
    """The key of a grant; None where a part of it is unknown."""
    parts = (
        state.policy_type,
        state.policy_name,
        state.principal_type,
        state.principal_name,
        state.scope,
    )
    if any(isinstance(part, Unknown) for part in parts):
        return None
    return GrantKey(
        str(state.policy_type),
        fold_name(str(state.policy_name)),
        str(state.principal_type),
        fold_name(str(state.principal_name)),
        state.scope if isinstance(state.scope, str) else None,
    )


class Draft:
    """The working state. Lists that could not be read stay unreadable, whatever is laid over them."""

    def __init__(self, base: Inventory) -> None:
        self.base = base
        self.users: dict[str, User] = _indexed(base.users, "user_name")
        self.groups: dict[str, Group] = _indexed(base.groups, "group_name")
        self.roles: dict[str, Role] = _indexed(base.roles, "role_name")
        self.lookups = dict(base.role_lookups)
        self.grants = {grant_key(attachment): attachment for attachment in base.attachments.items}
        self.gaps = list(base.attachments.gaps)
        self.policies = dict(base.policies)
        self.custom = set(read_or_empty(base.custom_policies))
        self.resource_groups: dict[str, ResourceGroup] = {
            group.id: group for group in read_or_empty(base.resource_groups)
        }
        self.eci: dict[tuple[Kind, str], tuple[str, EciResource]] = {
            (kind, resource.id): (listing.region, resource)
            for kind, listings in base.listings.items()
            for listing in listings
            for resource in (
                *read_or_empty(listing.items),
                *listing.later,
            )
        }
        self.versions = dict(base.policy_versions)
        self.incomplete = list(base.incomplete)
        self.later: list[tuple[PlannedState, Origin, str, str]] = []

    # Looking up ------------------------------------------------------------------------------------------

    def user_of(self, state: UserState) -> User | None:
        """A user by the UserId, else by the name."""
        if state.id:
            for user in self.users.values():
                if user.user_id == state.id:
                    return user
        return self.users.get(fold_name(state.name)) if isinstance(state.name, str) else None

    def policy_ref(self, name: str, type_: str = "Custom") -> PolicyRef:
        """A policy under the name by which it is listed."""
        refs = (*self.policies, *self.custom)
        folded = fold_name(name)
        matches = (ref for ref in refs if ref.policy_type == type_ and fold_name(ref.policy_name) == folded)
        exact = PolicyRef("System" if type_ == "System" else "Custom", name)
        return exact if exact in self.policies else next(matches, exact)

    def role_key(self, name: str) -> str:
        """The key of a role in `lookups`, however its name is spelt."""
        folded = fold_name(name)
        return next((key for key in self.lookups if fold_name(key) == folded), name)

    def principal_name(self, kind: PrincipalType, name: str) -> str:
        """A principal under the name by which it is listed."""
        folded = fold_name(name)
        if kind == "IMSUser":
            return self.users[folded].user_name if folded in self.users else name
        if kind == "IMSGroup":
            return self.groups[folded].group_name if folded in self.groups else name
        return self.roles[folded].role_name if folded in self.roles else name

    def held_by(self, kind: PrincipalType, name: str) -> list[GrantKey]:
        """The grants of a principal; names are compared without case."""
        folded = fold_name(name)
        return [key for key in self.grants if (key.principal_type, key.principal_name) == (kind, folded)]

    def holding(self, ref: PolicyRef) -> list[GrantKey]:
        """The grants of a policy, whoever holds them."""
        folded = fold_name(ref.policy_name)
        return [key for key in self.grants if (key.policy_type, key.policy_name) == (ref.policy_type, folded)]

    def groups_of(self, user_name: str) -> Iterator[Group]:
        """The groups with this member, of those whose members are known."""
        folded = fold_name(user_name)
        for group in self.groups.values():
            if not isinstance(group.members, Unreadable) and folded in map(fold_name, group.members):
                yield group

    def set_document(self, ref: PolicyRef, document: str | Unreadable) -> None:
        """Give a policy a document; a custom policy that was not there is there now.

        The former document stays a version of the policy, to which it can be switched back.
        """
        default = PolicyVersion("planned", is_default_version=True, policy_document=document)
        former = self.versions.get(ref)
        if isinstance(former, tuple):
            kept = (replace(version, is_default_version=False) for version in former)
            self.versions[ref] = (*kept, default)
        elif ref not in self.policies and ref not in self.custom:
            self.versions[ref] = (default,)
        policy = self.policies.get(ref, Policy(ref.policy_type, ref.policy_name))
        self.policies[ref] = replace(policy, policy_document=document)
        if ref.policy_type == "Custom":
            self.custom.add(ref)

    def add_version(self, ref: PolicyRef, document: str | Unreadable) -> None:
        """Give a policy a version that is not the default one, where its versions are known."""
        known = self.versions.get(ref)
        if isinstance(known, tuple):
            self.versions[ref] = (*known, PolicyVersion("planned", policy_document=document))

    # Freezing --------------------------------------------------------------------------------------------

    def freeze(self) -> Inventory:
        """The inventory that the draft stands for."""
        base = self.base
        return replace(
            base,
            users=_frozen(base.users, self.users),
            groups=_frozen(base.groups, self.groups),
            roles=_frozen(base.roles, self.roles),
            role_lookups=self.lookups,
            attachments=Attachments(tuple(self.grants.values()), tuple(self.gaps)),
            policies=dict(self.policies),
            policy_versions=dict(self.versions),
            custom_policies=(
                base.custom_policies
                if isinstance(base.custom_policies, Unreadable)
                else tuple(sorted(self.custom))
            ),
            resource_groups=(
                base.resource_groups
                if isinstance(base.resource_groups, Unreadable)
                else tuple(self.resource_groups.values())
            ),
            listings={kind: self._listings(kind, listings) for kind, listings in base.listings.items()},
            incomplete=tuple(dict.fromkeys(self.incomplete)),
        )

    def _listings(self, kind: Kind, listings: tuple[Listing, ...]) -> tuple[Listing, ...]:
        by_region: dict[str, list[EciResource]] = {}
        for (of_kind, _), (region, resource) in self.eci.items():
            if of_kind == kind:
                by_region.setdefault(region, []).append(resource)
        frozen = []
        for listing in listings:
            later = {late.id for late in listing.later}
            items = by_region.get(listing.region, [])
            now = tuple(sorted((fact for fact in items if fact.id not in later), key=lambda fact: fact.id))
            frozen.append(
                replace(
                    listing,
                    items=listing.items if isinstance(listing.items, Unreadable) else now,
                    later=tuple(fact for fact in items if fact.id in later),
                )
            )
        return tuple(frozen)


def _frozen(base: tuple[T, ...] | Unreadable, mapping: dict[str, T]) -> tuple[T, ...] | Unreadable:
    return base if isinstance(base, Unreadable) else tuple(mapping[key] for key in sorted(mapping))
