"""The users, roles and groups of an account, as far as they are known, and stand-ins for those that may exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from ...inventory.facts import ContainerGroup, Inventory, Role, Unreadable
from .name_classes import NameClasses, example_names
from .trusts import is_service_linked


class IdentityIndex:
    """The names of identities. `arns` are the classes of names that the policies of the account tell apart."""

    def __init__(
        self, inventory: Inventory, arns: NameClasses, instances: tuple[ContainerGroup, ...]
    ) -> None:
        self._inventory = inventory
        self._arns = arns
        self._instances = instances

    @cached_property
    def users(self) -> tuple[str, ...]:
        """The names of the users, as far as they are known."""
        listed = self._inventory.users
        names = () if isinstance(listed, Unreadable) else [user.user_name for user in listed]
        attached = self._attached("IMSUser") if not names else ()
        return tuple(dict.fromkeys([*names, *attached, *self.unlisted_users]))

    @cached_property
    def roles(self) -> Mapping[str, Role | Unreadable | None]:
        """The roles that an identity may act as, by name: every role but the service-linked ones."""
        listed = self._inventory.roles
        lookups = {name.casefold(): role for name, role in self._inventory.role_lookups.items()}
        known: dict[str, Role | Unreadable | None] = {}
        for role in () if isinstance(listed, Unreadable) else listed:
            known[role.role_name] = lookups.get(role.role_name.casefold()) or role
        if isinstance(listed, Unreadable):
            known |= dict.fromkeys([*self._attached("ServiceRole"), *self._carried])
            known |= {name: role for name, role in self._inventory.role_lookups.items() if role is not None}
            known = {**dict.fromkeys(self.unlisted_roles, listed), **known}
        return {name: role for name, role in known.items() if not is_service_linked(name)}

    @cached_property
    def unlisted_users(self) -> tuple[str, ...]:
        """Names that stand for users that may exist, where the users could not be listed."""
        return self._stand_ins("user") if isinstance(self._inventory.users, Unreadable) else ()

    @cached_property
    def unlisted_roles(self) -> tuple[str, ...]:
        """Names that stand for roles that may exist, where the roles could not be listed."""
        return self._stand_ins("role") if isinstance(self._inventory.roles, Unreadable) else ()

    def _stand_ins(self, kind: str) -> tuple[str, ...]:
        head = f"acs:ram:*:{self._inventory.account_id}:{kind}/"
        return example_names(self._arns.patterns(kind), head, f"unlisted-{kind}")

    @cached_property
    def taken_user_names(self) -> tuple[str, ...]:
        """The names of users that certainly exist."""
        return tuple(name for name in self.users if not self.is_unlisted("user", name))

    @cached_property
    def taken_role_names(self) -> tuple[str, ...]:
        """The names of roles that certainly exist."""
        return tuple(name for name in self.roles if not self.is_unlisted("role", name))

    def is_unlisted(self, kind: str, name: str) -> bool:
        """Whether a name stands for a user or a role that may not exist."""
        if kind == "user":
            return name in self.unlisted_users and name not in self._attached("IMSUser")
        known = isinstance(self.roles.get(name), Role) or name in [
            *self._attached("ServiceRole"),
            *self._carried,
        ]
        return name in self.unlisted_roles and not known

    def _attached(self, kind: str) -> Iterable[str]:
        return [
            attachment.principal_name
            for attachment in self._inventory.attachments.items
            if attachment.principal_type == kind
        ]

    @property
    def _carried(self) -> Iterable[str]:
        return [instance.ram_role_name for instance in self._instances if instance.ram_role_name]

    @cached_property
    def groups(self) -> Mapping[str, frozenset[str] | Unreadable]:
        """The members of every group."""
        listed = self._inventory.groups
        if isinstance(listed, Unreadable):
            return dict.fromkeys(self._attached("IMSGroup"), listed)
        return {
            group.group_name: group.members
            if isinstance(group.members, Unreadable)
            else frozenset(group.members)
            for group in listed
        }

    @cached_property
    def unread_groups(self) -> tuple[str, ...]:
        """The groups whose members could not be read."""
        return tuple(group for group, members in self.groups.items() if isinstance(members, Unreadable))
