"""Which users and resources of an inventory the configuration means.

Answers are True, False, or, where the evidence that decides is missing, the `Unreadable` that says why. Use
`is True` and `is False`: an `Unreadable` is neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from ...config.model import Resources
from ...globs import any_glob_matches, has_wildcard
from ...inventory.facts import EciResource, Group, ResourceGroup, Unreadable, has_no_id_yet, read_or_empty
from ...inventory.kinds import unshown
from ...policy.three_valued import any_of

BoolOrUnread: TypeAlias = bool | Unreadable
_GROUP = "group/"
_ID = "rg-"


@dataclass(frozen=True)
class ResourceGroups:
    """The account's resource groups, found by id or by name: `ResourceGroups(inventory.resource_groups)`."""

    listed: tuple[ResourceGroup, ...] | Unreadable

    def id_of(self, written: str) -> str | Unreadable | None:
        """The id of the group that `written`, an id or a name, means; None where there is no such group.

        An id goes before a name, and `rg-…` is an id only: a group that is named like one is another group. Which
        of several groups with one name is meant is not known.
        """
        if isinstance(self.listed, Unreadable):
            return self.listed
        named = self._ids.get(written, ())
        if written in named:
            return written
        if written.startswith(_ID):
            return None
        if len(named) > 1:
            return Unreadable(
                "resourcemanager:ListResourceGroups",
                "Ambiguous",
                subject=written,
                detail="several resource groups have this name: write the id",
            )
        if not named and "" in self._ids:
            return Unreadable(
                "resourcemanager:ListResourceGroups",
                "Incomplete",
                subject=self._ids[""][0],
                detail=f"a resource group is listed without its name, which may be '{written}': write the id",
            )
        return named[0] if named else None

    @cached_property
    def _ids(self) -> Mapping[str, tuple[str, ...]]:
        """The ids that a text may mean: the id itself, or those of the groups with that name."""
        ids: dict[str, tuple[str, ...]] = {}
        for group in read_or_empty(self.listed):
            for written in {group.id, group.name}:
                ids[written] = (*ids.get(written, ()), group.id)
        return ids

    def default_id(self, configured: str | None) -> str | Unreadable | None:
        """The id of the default group: the configured one, else the group named `default`."""
        return self.id_of(configured or "default")

    def means(self, written: str, group_id: str) -> BoolOrUnread:
        """Whether `written`, an id or a name, means the group with that id.

        Where the groups could not be listed, only an id that is the same can be told.
        """
        if written == group_id:
            return True
        id_ = self.id_of(written)
        return id_ if isinstance(id_, Unreadable) else id_ == group_id


def user_matches(
    patterns: Iterable[str], user_name: str, groups: tuple[Group, ...] | Unreadable
) -> BoolOrUnread:
    """Whether one of `patterns`, globs of user names or group/NAME, fits a user.

    `groups` are the inventory's. A group that does not exist has no members.
    """
    written = tuple(patterns)
    if any_glob_matches((pattern for pattern in written if not pattern.startswith(_GROUP)), user_name):
        return True
    names = tuple(pattern.removeprefix(_GROUP) for pattern in written if pattern.startswith(_GROUP))
    if not names:
        return False
    if isinstance(groups, Unreadable):
        return groups
    meant = (group for group in groups if any_glob_matches(names, group.group_name))
    return any_of(_is_member(group, user_name) for group in meant)


def _is_member(group: Group, user_name: str) -> BoolOrUnread:
    return group.members if isinstance(group.members, Unreadable) else user_name in group.members


def role_matches(patterns: Iterable[str], role_name: str) -> bool:
    """Whether one of the patterns matches the name of a role."""
    return any_glob_matches(patterns, role_name)


def resource_fits(resource: EciResource, selector: Resources | None, groups: ResourceGroups) -> BoolOrUnread:
    """Whether an instance, image cache or virtual node fits every key of a `resources` selector.

    Without a selector every resource fits. {role: NAME} selects roles: no ECI resource fits it.
    """
    if selector is None:
        return True
    hidden = {
        part
        for part, written in (("name", selector.names), ("ram_role", selector.ram_role))
        if written is not None and part in resource.not_shown
    }
    if selector.ids is not None and has_no_id_yet(resource) and any(map(has_wildcard, selector.ids)):
        hidden.add("id")
    plain = (
        selector.role is None
        and selector.kind in (None, resource.kind)
        and (selector.ids is None or "id" in hidden or any_glob_matches(selector.ids, resource.id))
        and (selector.names is None or "name" in hidden or any_glob_matches(selector.names, resource.name))
        and (selector.regions is None or resource.region_id in selector.regions)
        and (selector.ram_role is None or "ram_role" in hidden or _carries(resource, selector.ram_role))
    )
    if plain and selector.tags and "tags" in resource.not_shown:
        return unshown(resource, "tags")
    by_tags = _tags_fit(resource, selector.tags or {}) if plain else False
    if by_tags is not False and hidden:
        return unshown(resource, " and ".join(sorted(hidden)).replace("_", " "))
    if by_tags is False or selector.resource_group is None:
        return by_tags
    if not resource.resource_group_id or "resource_group" in resource.not_shown:
        # Every resource belongs to a group (section 3); an answer that names none decides nothing.
        return unshown(resource, "resource group")
    by_group = groups.means(selector.resource_group, resource.resource_group_id)
    return by_group if by_tags is True or by_group is False else by_tags


def _carries(resource: EciResource, role_name: str) -> bool:
    # RAM keeps the case of a role's name, and does not compare by it.
    carried: str = getattr(resource, "ram_role_name", "")
    return carried.casefold() == role_name.casefold()


def _tags_fit(resource: EciResource, required: Mapping[str, Iterable[str]]) -> BoolOrUnread:
    """Whether a resource has every required tag with a value that its globs fit.

    ECI gives a resource one value for a key: where an answer shows several, it is not known which one counts.
    """
    doubtful: Unreadable | None = None
    for key, allowed in required.items():
        globs = tuple(allowed)
        fits = {any_glob_matches(globs, tag.value) for tag in resource.tags if tag.key == key}
        if True not in fits:
            return False
        if False in fits:
            detail = f"the answer shows the tag {key} with several values"
            doubtful = doubtful or replace(unshown(resource, "tags"), detail=detail)
    return doubtful or True
