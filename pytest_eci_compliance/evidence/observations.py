"""What the account's own answers say of the assumptions about the cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..inventory.facts import (
    Attachments,
    ContainerGroup,
    Kind,
    Listing,
    Observed,
    ResourceGroup,
    Unreadable,
    read_or_empty,
)
from .completion import ListedPrincipals
from .counts import Observations

DEFAULT_GROUP = "default"


def observed(
    observations: Observations,
    principals: ListedPrincipals,
    groups: tuple[ResourceGroup, ...] | Unreadable,
    attachments: Attachments,
    listings: Mapping[Kind, tuple[Listing, ...]],
) -> dict[str, Observed]:
    """The observations that were made while reading, and those that what was read shows."""
    if not isinstance(groups, Unreadable):
        observations.note("a-group-is-named-default", any(group.name == DEFAULT_GROUP for group in groups))
    _note_spellings(observations, principals, attachments)
    for listing in listings.get("instance", ()):
        for instance in listing.read_items:
            if isinstance(instance, ContainerGroup):
                shown = "containers" not in instance.not_shown
                observations.note("every-instance-shows-its-containers", shown)
    return observations.totals()


def _note_spellings(
    observations: Observations, principals: ListedPrincipals, attachments: Attachments
) -> None:
    """Two principals of a type whose names differ only by case, and grants that spell a name in another case."""
    names = principals.names()
    for _ in _colliding(names):
        observations.note("ram-names-ignore-case", held=False)
    listed, folded = set(names), {(kind, name.casefold()) for kind, name in names}
    for attachment in attachments.items:
        key = (attachment.principal_type, attachment.principal_name)
        if key not in listed and (key[0], key[1].casefold()) in folded:
            observations.note("ram-names-ignore-case", held=True)
    users = {user.user_name for user in read_or_empty(principals.users)}
    folded_users = {name.casefold() for name in users}
    for group in read_or_empty(principals.groups):
        for member in read_or_empty(group.members):
            if member not in users and member.casefold() in folded_users:
                observations.note("ram-names-ignore-case", held=True)


def _colliding(names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The names, case-folded, that several principals of a type have."""
    spellings = Counter((kind, name.casefold()) for kind, name in names)
    return [key for key, number in spellings.items() if number > 1]
