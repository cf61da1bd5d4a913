"""One account as the steps look at it: identities with what they hold, trusts, policies, groups, instances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ...inventory.facts import ENDED, ContainerGroup, Inventory, PolicyRef, PolicyType, Role, Unreadable
from ...inventory.grants import Grant, GrantIndex, PrincipalGrants
from ..authorization import Target
from ..decision import Principal
from ..document import Document, parse
from ..held_policies import Gap, HeldPolicy
from ..patterns import matches
from ..three_valued import Truth
from ..trust_principals import TrustPolicy, trust_policy
from .alike_grants import AlikeGrants
from .model import Identity
from .name_classes import NameClasses, example_names
from .states import HeldGrant, State

if TYPE_CHECKING:
    from ..evaluator import Access

ADMINISTRATOR = PolicyRef("System", "AdministratorAccess")
ANYTHING = parse({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
"""The document of AdministratorAccess, and of a policy that somebody may write."""

# The product page "lifecycle": the states in which an instance exists and runs code, or will again.
LIVE = frozenset({"Scheduling", "Pending", "Running", "Restarting", "Updating", "Terminating"})


class Carrier(NamedTuple):
    """Instances with one status that carry one role and that policies cannot tell apart, by their first."""

    target: Target
    status: str
    id: str


class AccountIndex:
    """What the steps ask about the account, indexed once."""

    def __init__(self, inventory: Inventory, access: Access) -> None:
        self.inventory = inventory
        self.access = access
        self.grants = GrantIndex(inventory)
        self.account_id = inventory.account_id
        self._principals: dict[Hashable, Principal] = {}
        self._narrowed: dict[tuple[Principal, tuple[str, ...]], Principal] = {}
        self._by_state: dict[State, Principal] = {}
        self._states: dict[Identity, State] = {}
        self._trusts_service: dict[tuple[str, str], Truth] = {}
        self._trust_classes: dict[Identity, str] = {}
        self._given: dict[Hashable, HeldGrant] = {}
        self.arns = NameClasses(
            pattern
            for document in self._documents
            for statement in document.statements
            for pattern in statement.resources or ()
        )
        self.alike_grants = AlikeGrants()
        self._first_alike: dict[Hashable, object] = {}
        self._arn_keys: dict[tuple[str, str, str], Hashable] = {}

    @cached_property
    def _documents(self) -> list[Document]:
        texts = [policy.policy_document for policy in self.inventory.policies.values()]
        texts += [
            version.policy_document
            for versions in self.inventory.policy_versions.values()
            if not isinstance(versions, Unreadable)
            for version in versions
        ]
        return [parse(text) for text in texts if not isinstance(text, Unreadable)]

    # Identities and what they hold

    @cached_property
    def users(self) -> tuple[str, ...]:
        """The names of the users, as far as they are known."""
        listed = self.inventory.users
        names = () if isinstance(listed, Unreadable) else [user.user_name for user in listed]
        attached = self._attached("IMSUser") if not names else ()
        return tuple(dict.fromkeys([*names, *attached, *self.unlisted_users]))

    @cached_property
    def roles(self) -> Mapping[str, Role | Unreadable | None]:
        """The roles that an identity may act as, by name: every role but the service-linked ones."""
        listed = self.inventory.roles
        lookups = {name.casefold(): role for name, role in self.inventory.role_lookups.items()}
        known: dict[str, Role | Unreadable | None] = {}
        for role in () if isinstance(listed, Unreadable) else listed:
            known[role.role_name] = lookups.get(role.role_name.casefold()) or role
        if isinstance(listed, Unreadable):
            known |= dict.fromkeys([*self._attached("ServiceRole"), *self._carried])
            known |= {name: role for name, role in self.inventory.role_lookups.items() if role is not None}
            known = {**dict.fromkeys(self.unlisted_roles, listed), **known}
        return {name: role for name, role in known.items() if not is_service_linked(name)}

    @cached_property
    def unlisted_users(self) -> tuple[str, ...]:
        """Names that stand for users that may exist, where the users could not be listed."""
        return self._stand_ins("user") if isinstance(self.inventory.users, Unreadable) else ()

    @cached_property
    def unlisted_roles(self) -> tuple[str, ...]:
        """Names that stand for roles that may exist, where the roles could not be listed."""
        return self._stand_ins("role") if isinstance(self.inventory.roles, Unreadable) else ()

    def _stand_ins(self, kind: str) -> tuple[str, ...]:
        head = f"acs:ram:*:{self.account_id}:{kind}/"
        return example_names(self.arns.patterns(kind), head, f"unlisted-{kind}")

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
            for attachment in self.inventory.attachments.items
            if attachment.principal_type == kind
        ]

    @property
    def _carried(self) -> Iterable[str]:
        return [instance.ram_role_name for instance in self.instances if instance.ram_role_name]

    @cached_property
    def groups(self) -> Mapping[str, frozenset[str] | Unreadable]:
        """The members of every group."""
        listed = self.inventory.groups
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

    def groups_of(self, user: str) -> tuple[str, ...]:
        return self.grants.groups_of(user)

    def state(self, identity: Identity) -> State:
        """What an identity holds today."""
        state = self._states.get(identity)
        if state is None:
            holdings = (
                self.grants.user(identity.name)
                if identity.kind == "user"
                else self.grants.role(identity.name)
            )
            principal = self.access.holder(holdings)
            held = tuple(map(HeldGrant, holdings.held, principal.grants))
            groups = self.groups_of(identity.name) if identity.kind == "user" else ()
            state = self._states[identity] = State(identity, held, principal.gaps, groups)
            self._principals.setdefault((principal.grants, principal.gaps), principal)
        return state

    def principal(self, state: State) -> Principal:
        """The evaluator's principal for a state; one for all states with the same grants."""
        principal = state.seen_as.get(self)
        if principal is not None:
            return principal
        principal = state.seen_as[self] = self._principal(state)
        return principal

    def _principal(self, state: State) -> Principal:
        principal = self._by_state.get(state)
        if principal is None:
            key = (tuple(held.grant for held in state.grants), state.gaps)
            principal = self._principals.get(key) or Principal(key[0], self.access.account, state.gaps)
            self._principals[key] = self._by_state[state] = principal
        return principal

    def narrowed(self, principal: Principal, actions: tuple[str, ...]) -> Principal:
        """The principal with only the grants that may be about some actions; one for all with the same of them."""
        known = self._narrowed.get((principal, actions))
        if known is not None:
            return known
        narrow = self._narrowed[principal, actions] = self._narrow(principal, actions)
        return narrow

    def shared(self, principal: Principal, actions: tuple[str, ...]) -> Principal:
        """The principal with only the grants that may be about some actions; one for all with grants that say the
        same."""
        return self.alike_grants.representative(self.narrowed(principal, actions))

    def _narrow(self, principal: Principal, actions: tuple[str, ...]) -> Principal:
        about = {ground.grant for action in actions for ground, _ in principal.naming(action)}
        grants = tuple(grant for grant in principal.grants if grant in about)
        key = (grants, principal.gaps)
        narrow = self._principals.get(key)
        if narrow is None:
            narrow = self._principals[key] = Principal(
                grants, self.access.account, principal.gaps, principal.budget
            )
        return narrow

    def group_grants(self, group: str) -> tuple[tuple[HeldGrant, ...], tuple[Gap, ...]]:
        """What a group gives to its members, and what of it could not be read."""
        holdings: PrincipalGrants = self.grants.group(group)
        principal = self.access.holder(holdings)
        return tuple(map(HeldGrant, holdings.held, principal.grants)), principal.gaps

    def given(self, policy: PolicyRef, scope: str | None = None, group: str | None = None) -> HeldGrant:
        """The grant that attaching a policy makes."""
        key = (policy, scope, group)
        if key not in self._given:
            self._given[key] = HeldGrant(Grant(*key), self._attached_grant(Grant(*key)))
        return self._given[key]

    def _attached_grant(self, held: Grant) -> HeldPolicy:
        if held.policy == ADMINISTRATOR and held.policy not in self.inventory.policies:
            path = "directly" if held.group is None else f"through group {held.group}"
            return HeldPolicy(str(held.policy), ANYTHING, held.resource_group_id, path)
        return self.access.grant(held)

    def written(self, held: Grant, document: Document, label: str) -> HeldGrant:
        """The grant of a policy whose document has been replaced."""
        key = (held, document, label)
        if key not in self._given:
            path = "directly" if held.group is None else f"through group {held.group}"
            grant = HeldPolicy(f"{held.policy} ({label})", document, held.resource_group_id, path)
            self._given[key] = HeldGrant(held, grant)
        return self._given[key]

    def at_times(self, grants: tuple[HeldGrant, ...]) -> tuple[HeldGrant, ...]:
        """Grants that come and go together, as a state holds them that stands for all times: the Deny statements among
        them deny nothing of other grants. Grants without any Deny stay as they are."""
        if not any(held.has_deny for held in grants):
            return grants
        bundle = tuple(map(_name_in_bundle, grants))
        return tuple(self._in_bundle(held, bundle) for held in grants if len(grants) > 1 or held.has_allow)

    def _in_bundle(self, held_grant: HeldGrant, bundle: Hashable) -> HeldGrant:
        if held_grant.grant.bundle == bundle:
            return held_grant
        key = ("bundle", held_grant.held, held_grant.grant.policy, held_grant.grant.document, bundle)
        if key not in self._given:
            self._given[key] = HeldGrant(held_grant.held, replace(held_grant.grant, bundle=bundle))
        return self._given[key]

    @staticmethod
    def comes_and_goes(held_grant: HeldGrant) -> bool:
        """Whether a state that stands for all times counts a grant as detached by itself already."""
        return held_grant.grant.bundle == (_name_in_bundle(held_grant),)

    # Policies

    @cached_property
    def policies(self) -> tuple[PolicyRef, ...]:
        """Every policy that is known to exist; AdministratorAccess exists in every account."""
        inventory = self.inventory
        custom = () if isinstance(inventory.custom_policies, Unreadable) else inventory.custom_policies
        listed = inventory.system_policies
        system = () if listed is None or isinstance(listed, Unreadable) else listed
        return tuple(sorted({ADMINISTRATOR, *inventory.policies, *custom, *system}))

    @property
    def unlisted_policy_kinds(self) -> tuple[PolicyType, ...]:
        """The kinds of policies of which some may exist that are not known."""
        system = self.inventory.system_policies
        unlisted: list[PolicyType] = []
        if system is None or isinstance(system, Unreadable):
            unlisted.append("System")
        if isinstance(self.inventory.custom_policies, Unreadable):
            unlisted.append("Custom")
        return tuple(unlisted)

    # Names that policies cannot tell apart

    def arn_key(self, kind: str, name: str, *, system: bool = False) -> Hashable:
        owner = "system" if system else self.account_id
        key = (kind, owner, name)
        arn_key = self._arn_keys.get(key)
        if arn_key is None:
            arn_key = self._arn_keys[key] = (kind, owner, self.arns.key(*key))
        return arn_key

    def alike(self, kind: str, name: object) -> object:
        """A name that no policy tells apart from this one: decisions on both are the same."""
        policy = name if isinstance(name, PolicyRef) else None
        text = policy.policy_name if policy else str(name)
        if not text:
            return name
        key = self.arn_key(kind, text, system=policy is not None and policy.policy_type == "System")
        return self._first_alike.setdefault(key, name)

    @cached_property
    def user_classes(self) -> tuple[tuple[str, ...], ...]:
        """The users, grouped by what policies can see of their names."""
        return _grouped((self.arn_key("user", name), name) for name in self.users)

    @cached_property
    def role_classes(self) -> tuple[tuple[str, ...], ...]:
        """The roles, grouped by what policies can see of their names."""
        return _grouped((self.arn_key("role", name), name) for name in self.roles)

    @cached_property
    def policy_classes(self) -> tuple[tuple[PolicyRef, ...], ...]:
        """The policies, grouped by what policies can see of their names."""
        keys = (
            (self.arn_key("policy", policy.policy_name, system=policy.policy_type == "System"), policy)
            for policy in self.policies
        )
        return _grouped(keys)

    # Trust

    @cached_property
    def trusts(self) -> Mapping[str, TrustPolicy]:
        """The trust policy of every role."""
        return {
            name: trust_policy(_trust_document(role), self.account_id) for name, role in self.roles.items()
        }

    def trusts_service(self, name: str, service: str) -> Truth:
        """Whether a role trusts a service."""
        key = (name, service)
        if key not in self._trusts_service:
            self._trusts_service[key] = self.trusts[name].lets_in_service(service)
        return self._trusts_service[key]

    @cached_property
    def named_in_trusts(self) -> frozenset[str]:
        """The users and roles that some trust policy names, as `user/name` in lower case."""
        return frozenset(name for trust in self.trusts.values() for name in trust.names)

    def missing_in_trusts(self, kind: str) -> tuple[str, ...]:
        """The names of users or roles that a trust policy names as they are written, and that do not exist."""
        taken = {name.lower() for name in (self.users if kind == "user" else self.roles)}
        names = (
            name.rpartition(":")[2].partition("/")[2]
            for trust in self.trusts.values()
            for statement in trust.statements or ()
            for principal, name in statement.principals
            if principal == "RAM" and name.startswith(f"acs:ram::{self.account_id}:{kind}/")
        )
        plain = (name for name in names if name and not {"*", "?", "$", "/"} & set(name))
        return tuple(dict.fromkeys(name for name in plain if name.lower() not in taken))

    def trust_class(self, identity: Identity) -> str:
        """What trust policies can see of an identity: its kind, or its name where one names it (or a pattern)."""
        trust_class = self._trust_classes.get(identity)
        if trust_class is None:
            trust_class = self._trust_classes[identity] = self._trust_class(identity)
        return trust_class

    def _trust_class(self, identity: Identity) -> str:
        text = f"{identity.kind}/{identity.plain_name}".lower()
        named = text in self.named_in_trusts or any(
            matches(pattern, text) for pattern in self._trust_patterns
        )
        return str(identity) if named else identity.kind

    @cached_property
    def _trust_patterns(self) -> tuple[str, ...]:
        return tuple(
            pattern for pattern in self.named_in_trusts if {"*", "?"} & set(pattern) and pattern != "*"
        )

    # Instances

    @cached_property
    def instances(self) -> tuple[ContainerGroup, ...]:
        """Every recorded instance."""
        listings = self.inventory.listings.get("instance", ())
        items = (
            item
            for listing in listings
            for item in (*(() if isinstance(listing.items, Unreadable) else listing.items), *listing.later)
        )
        return tuple(item for item in items if isinstance(item, ContainerGroup))

    @cached_property
    def carriers(self) -> Mapping[str, tuple[Carrier, ...]]:
        """The instances that carry each role, running ones first."""
        spelled = {name.casefold(): name for name in self.roles}
        by_role: dict[str, dict[tuple[Target, str], Carrier]] = defaultdict(dict)
        for instance in self.instances:
            role = spelled.get(instance.ram_role_name.casefold())
            if role is not None and instance.status not in ENDED:
                target = self.access.target(instance)
                by_role[role].setdefault(
                    (target, instance.status), Carrier(target, instance.status, instance.id)
                )
        return {
            role: tuple(sorted(by_class.values(), key=lambda carrier: carrier.status != "Running"))
            for role, by_class in by_role.items()
        }

    @cached_property
    def carried_roles(self) -> Mapping[Target, tuple[str, ...]]:
        """The roles that instances of each class carry, each class by its first instance."""
        by_class: dict[Target, dict[str, None]] = defaultdict(dict)
        for role, carriers in self.carriers.items():
            for carrier in carriers:
                by_class[carrier.target].setdefault(role)
        return {target: tuple(roles) for target, roles in by_class.items()}

    @cached_property
    def carriers_in_class(self) -> Mapping[tuple[str, Target], list[tuple[int, Carrier]]]:
        """The instances of each class that carry each role, with their places among all that carry it."""
        carriers: dict[tuple[str, Target], list[tuple[int, Carrier]]] = defaultdict(list)
        for role, every in self.carriers.items():
            for place, carrier in enumerate(every):
                carriers[role, carrier.target].append((place, carrier))
        return carriers

    @cached_property
    def roles_in_class(self) -> Mapping[Target, frozenset[Identity]]:
        """The roles that instances of each class carry."""
        return {
            target: frozenset(Identity("role", name) for name in names)
            for target, names in self.carried_roles.items()
        }

    @cached_property
    def running_in_class(self) -> Mapping[Target, frozenset[Identity]]:
        """The roles that running instances of each class carry."""
        return {
            target: frozenset(
                role
                for role in roles
                if any(
                    carrier.status == "Running" for _, carrier in self.carriers_in_class[role.name, target]
                )
            )
            for target, roles in self.roles_in_class.items()
        }

    @property
    def regions(self) -> tuple[str, ...]:
        regions = self.inventory.regions
        return () if isinstance(regions, Unreadable) else regions

    @cached_property
    def unread_regions(self) -> tuple[Unreadable, ...]:
        """Why the instances of some regions are not known."""
        return self.inventory.unread_listings("instance")


def _grouped(pairs: Iterable[tuple[Hashable, object]]) -> tuple[tuple, ...]:  # type: ignore[type-arg]
    groups: dict[Hashable, list[object]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    return tuple(map(tuple, groups.values()))


def _name_in_bundle(held_grant: HeldGrant) -> tuple[Grant, str]:
    return held_grant.held, held_grant.grant.policy


def _trust_document(role: Role | Unreadable | None) -> str | Unreadable | None:
    return role.assume_role_policy_document if isinstance(role, Role) else None


def is_service_linked(role_name: str) -> bool:
    """Whether a role is a service-linked one: only its service assumes it, and its trust cannot be changed."""
    return role_name.startswith("AliyunServiceRoleFor")


def lets_in(trust: TrustPolicy, identity: Identity) -> Truth:
    """Whether a trust policy lets in an identity. Whether a trust that names an identity is about a new one of that
    name is not documented."""
    by_name = trust.lets_in(identity.kind, identity.plain_name)
    if not identity.new:
        return by_name
    unnamed = trust.lets_in(identity.kind, identity.name)
    return by_name if by_name == unnamed else None
