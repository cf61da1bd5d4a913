"""One account as the steps look at it: identities with what they hold, trusts, policies, groups, instances."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from ...inventory.facts import Inventory, PolicyRef, PolicyType, Unreadable, read_or_empty
from ...inventory.grants import GrantIndex, PrincipalGrants
from ..decision import Principal
from ..document import Document, parse
from ..held_policies import Gap, HeldPolicy
from .alike_grants import AlikeGrants
from .candidates import Candidates, allowing_patterns
from .carriers import CarrierIndex, recorded_instances, recorded_resources
from .identities import IdentityIndex
from .model import Identity
from .name_classes import NameClasses
from .new_grants import ADMINISTRATOR, NewGrants
from .resource_candidates import ResourceCandidates
from .states import HeldGrant, State
from .trusts import TrustIndex

if TYPE_CHECKING:
    from ..evaluator import Access


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
        self.new_grants = NewGrants(inventory, access)
        self.arns = NameClasses(
            pattern
            for document in self._documents
            for statement in document.statements
            for pattern in statement.resources or ()
        )
        self._instances = recorded_instances(inventory)
        self.identities = IdentityIndex(inventory, self.arns, self._instances)
        self.alike_grants = AlikeGrants()
        self._first_alike: dict[Hashable, object] = {}
        self._groups_seen_by: dict[tuple[Principal, str], tuple[tuple[str, ...], ...]] = {}
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
        documents = [parse(text) for text in texts if not isinstance(text, Unreadable)]
        # Control policies tell names apart too: what they deny on one name they may allow on another.
        return documents + [policy.document for policy in self.access.account.ceiling]

    def scopes_and_another(self, principal: Principal) -> tuple[str, ...]:
        """The resource groups on which a principal holds something, and one on which it holds nothing, where the
        account is known to have one: the default group apart, a call in any other group is decided alike."""
        scopes = dict.fromkeys(grant.scope for grant in principal.grants if grant.scope is not None)
        if not scopes:
            return ()
        groups = (group.id for group in read_or_empty(self.inventory.resource_groups))
        return (*scopes, *islice((group for group in groups if group not in scopes), 1))

    # What is indexed apart

    @cached_property
    def trusts(self) -> TrustIndex:
        """The trust policies of the roles."""
        return TrustIndex(self.account_id, self.identities.users, self.identities.roles)

    @cached_property
    def carriers(self) -> CarrierIndex:
        """The instances that carry the roles."""
        return CarrierIndex(self.inventory, self.access, self._instances, self.identities.roles)

    @cached_property
    def resources(self) -> ResourceCandidates:
        """The recorded resources of ECI, one of each class that no policy tells apart."""
        targets = map(self.access.target, recorded_resources(self.inventory))
        return ResourceCandidates(tuple(dict.fromkeys(targets)))

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that were read; none where they could not be listed."""
        regions = self.inventory.regions
        return () if isinstance(regions, Unreadable) else regions

    # What identities hold

    def groups_of(self, user: str) -> tuple[str, ...]:
        """The names of the groups that a user is in."""
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
        grants = tuple(
            grant for grant in principal.grants if any(grant.about(action).grounds for action in actions)
        )
        return self._of_grants(grants, principal)

    def in_groups(self, principal: Principal, groups: frozenset[str] | None) -> Principal:
        """The principal without the grants on other resource groups; the same one where the groups are not known."""
        if groups is None or all(grant.scope is None or grant.scope in groups for grant in principal.grants):
            return principal
        grants = tuple(grant for grant in principal.grants if grant.scope is None or grant.scope in groups)
        return self._of_grants(grants, principal)

    def _of_grants(self, grants: tuple[HeldPolicy, ...], principal: Principal) -> Principal:
        """A principal with some of the grants of another one: the same object for the same grants."""
        key = (grants, principal.gaps)
        known = self._principals.get(key)
        if known is None:
            known = self._principals[key] = Principal(
                grants, self.access.account, principal.gaps, principal.budget
            )
        return known

    def group_grants(self, group: str) -> tuple[tuple[HeldGrant, ...], tuple[Gap, ...]]:
        """What a group gives to its members, and what of it could not be read."""
        holdings: PrincipalGrants = self.grants.group(group)
        principal = self.access.holder(holdings)
        return tuple(map(HeldGrant, holdings.held, principal.grants)), principal.gaps

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

    def groups_seen_by(self, principal: Principal, action: str) -> tuple[tuple[str, ...], ...]:
        """The groups on which an action may be allowed to a principal, grouped by what its statements about the action
        can see of their names."""
        principal = self.narrowed(principal, (action,))
        groups = self._groups_seen_by.get((principal, action))
        if groups is None:
            grounds = (*principal.naming(action), *principal.naming_in_ceiling(action))
            names = NameClasses(
                pattern for ground, _ in grounds for pattern in ground.statement.resources or ()
            )
            candidates = self._groups.about(allowing_patterns(principal, (action,), "group"))
            keys = ((names.key("group", self.account_id, name), name) for name in candidates)
            groups = self._groups_seen_by[principal, action] = _grouped(keys)
        return groups

    @cached_property
    def _groups(self) -> Candidates[str]:
        return Candidates("group", [(name, (name,)) for name in self.identities.groups])

    @cached_property
    def users(self) -> Candidates[tuple[str, ...]]:
        """The classes of users, by their names."""
        return Candidates("user", [(names, names) for names in self.user_classes])

    @cached_property
    def roles(self) -> Candidates[tuple[str, ...]]:
        """The classes of roles, by their names."""
        return Candidates("role", [(names, names) for names in self.role_classes])

    @cached_property
    def named_policies(self) -> Candidates[tuple[PolicyRef, ...]]:
        """The classes of policies, by their names."""
        classes = [(refs, [ref.policy_name for ref in refs]) for refs in self.policy_classes]
        return Candidates("policy", classes)

    @cached_property
    def user_classes(self) -> tuple[tuple[str, ...], ...]:
        """The users, grouped by what policies can see of their names."""
        return _grouped((self.arn_key("user", name), name) for name in self.identities.users)

    @cached_property
    def role_classes(self) -> tuple[tuple[str, ...], ...]:
        """The roles, grouped by what policies can see of their names."""
        return _grouped((self.arn_key("role", name), name) for name in self.identities.roles)

    @cached_property
    def policy_classes(self) -> tuple[tuple[PolicyRef, ...], ...]:
        """The policies, grouped by what policies can see of their names."""
        keys = (
            (self.arn_key("policy", policy.policy_name, system=policy.policy_type == "System"), policy)
            for policy in self.policies
        )
        return _grouped(keys)


def _grouped(pairs: Iterable[tuple[Hashable, object]]) -> tuple[tuple, ...]:  # type: ignore[type-arg]
    groups: dict[Hashable, list[object]] = {}
    for key, name in pairs:
        groups.setdefault(key, []).append(name)
    return tuple(map(tuple, groups.values()))
