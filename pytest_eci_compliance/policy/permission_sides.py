"""One of the two inventories that are compared: its identities, what they hold, its roles and resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from ..inventory.facts import EciResource, GrantGap, Inventory, PolicyRef, Role, Unreadable
from ..inventory.grants import Grant, GrantIndex, PrincipalGrants
from ..inventory.kinds import KINDS
from ..messages import describe_error
from .authorization import Target
from .conditions import RESOURCE_TAG
from .decision import Principal
from .evaluator import Access
from .settings import Settings
from .three_valued import Truth
from .trust_principals import TrustPolicy, trust_policy

Identity: TypeAlias = str
"""`user/NAME` or `role/NAME`."""

Content: TypeAlias = "str | Unreadable"
Signature: TypeAlias = "tuple[frozenset[tuple[Content, str | None]], tuple[GrantGap, ...]]"
"""What an identity holds: documents with the scope in which each is held, and what could not be read."""

NOBODY = TrustPolicy((), "")
"""A trust policy that lets nobody in."""


class Side:
    """An inventory, ready to be compared. `default_group` is the configured default resource group, `settings` what the
    owner of the account settles."""

    def __init__(
        self, inventory: Inventory, default_group: str | None = None, settings: Settings | None = None
    ) -> None:
        self.inventory = inventory
        self.grants = GrantIndex(inventory)
        self.access = Access(inventory, default_group, settings=settings)
        self._holdings: dict[Identity, PrincipalGrants] = {}
        self._principals: dict[Identity, Principal] = {}

    @cached_property
    def identities(self) -> frozenset[Identity]:
        """Every user and role that is known."""
        users = self.inventory.users
        names = () if isinstance(users, Unreadable) else users
        return frozenset(f"user/{user.user_name}" for user in names) | {
            f"role/{name}" for name in self.role_names
        }

    @cached_property
    def role_names(self) -> frozenset[str]:
        """The roles that are known."""
        roles = self.inventory.roles
        known = () if isinstance(roles, Unreadable) else roles
        return frozenset(role.role_name for role in known)

    @property
    def unread(self) -> list[tuple[str, Unreadable]]:
        """The lists of identities that could not be read: `user` or `role`, and why."""
        lists = (("user", self.inventory.users), ("role", self.inventory.roles))
        return [(kind, part) for kind, part in lists if isinstance(part, Unreadable)]

    def holdings(self, identity: Identity) -> PrincipalGrants:
        """What an identity holds; nothing where this side does not have it."""
        if identity not in self.identities:
            return PrincipalGrants()
        if identity not in self._holdings:
            kind, _, name = identity.partition("/")
            holdings = self.grants.user(name) if kind == "user" else self.grants.role(name)
            self._holdings[identity] = holdings
        return self._holdings[identity]

    def content(self, policy: PolicyRef) -> Content:
        """What a policy says: the text of its document, or why it could not be read."""
        known = self.inventory.policies.get(policy)
        if known is None:
            return Unreadable("ram:GetPolicy", "NotRead", subject=str(policy))
        return known.policy_document

    def signature(self, identity: Identity) -> Signature:
        """The same for identities that are decided alike."""
        holdings = self.holdings(identity)
        return (
            frozenset((self.content(grant.policy), grant.resource_group_id) for grant in holdings.held),
            holdings.gaps,
        )

    def principal(self, identity: Identity) -> Principal:
        """An identity, ready to be asked; one without any grant where this side does not have it."""
        if identity not in self._principals:
            self._principals[identity] = self.access.holder(self.holdings(identity))
        return self._principals[identity]

    def groups_of(self, identity: Identity) -> frozenset[str]:
        """The RAM groups of a user."""
        kind, _, name = identity.partition("/")
        return frozenset(self.grants.groups_of(name)) if kind == "user" else frozenset()

    # Trust ------------------------------------------------------------------------------------------------

    @cached_property
    def _trusts(self) -> Mapping[str, str | Unreadable | None]:
        """The trust policy of each role by its case-folded name; None where it was not read."""
        roles = self.inventory.roles
        known = () if isinstance(roles, Unreadable) else roles
        trusts: dict[str, str | Unreadable | None] = {
            known_role.role_name.casefold(): known_role.assume_role_policy_document for known_role in known
        }
        for name, role in self.inventory.role_lookups.items():
            if role is not None:
                document = role.assume_role_policy_document if isinstance(role, Role) else role
                trusts[name.casefold()] = document
        return trusts

    def trust(self, role: str) -> str | Unreadable | None:
        """The trust policy of a role (JSON text), None where it was not read, or why it could not be."""
        return self._trusts.get(role.casefold())

    def trusts(self, role: str, identity: Identity) -> Truth:
        """Whether a role's trust policy lets an identity assume it; False where the role does not exist."""
        if role not in self.role_names:
            return None if isinstance(self.inventory.roles, Unreadable) else False
        document = self.trust(role)
        if not isinstance(document, str):
            return None
        kind, _, name = identity.partition("/")
        return trust_policy(document, self.inventory.account_id).lets_in(kind, name, of_other_accounts=False)

    def trust_policy(self, role: str) -> TrustPolicy | None:
        """The trust policy of a role, one that lets nobody in where there is no such role; None where it is unread."""
        if role not in self.role_names:
            return None if isinstance(self.inventory.roles, Unreadable) else NOBODY
        document = self.trust(role)
        return trust_policy(document, self.inventory.account_id) if isinstance(document, str) else None

    def trust_conditions(self, role: str, identity: Identity) -> str:
        """The conditions under which a role's trust policy lets an identity in; empty where it does without any."""
        policy = self.trust_policy(role)
        kind, _, name = identity.partition("/")
        if policy is None or policy.lets_in(kind, name, of_other_accounts=False) is True:
            return ""
        return " and ".join(map(str, dict.fromkeys(policy.conditions_for(kind, name))))

    def trust_problem(self, role: str) -> str:
        """Why the trust policy of a role is not known; empty where it is, or where there is no such role."""
        document = self.trust(role)
        if isinstance(document, Unreadable):
            return describe_error(document)
        if document is None and role in self.role_names:
            return f"the trust policy of role {role} was not read"
        return ""

    # Resources --------------------------------------------------------------------------------------------

    @cached_property
    def resources(self) -> Mapping[tuple[str, str], EciResource]:
        """Every recorded resource, by kind and id."""
        return {
            (resource.kind, resource.id): resource
            for listings in self.inventory.listings.values()
            for listing in listings
            if not isinstance(listing.items, Unreadable)
            for resource in listing.items
        }

    @cached_property
    def tag_keys(self) -> frozenset[str]:
        """The tags of resources that some document looks at."""
        return frozenset(
            condition.key[len(RESOURCE_TAG) :]
            for principal in self._all_principals()
            for grant in (*principal.grants, *principal.ceiling)
            for statement in grant.document.statements
            for condition in statement.conditions
            if condition.key.startswith(RESOURCE_TAG)
        )

    def _all_principals(self) -> Iterator[Principal]:
        yield from dict.fromkeys(self.principal(identity) for identity in self.identities)

    def target(self, resource: EciResource, keys: frozenset[str]) -> Target:
        """What policies see of a resource that look at these tags."""
        tags = None
        if "tags" not in resource.not_shown:
            tags = tuple(sorted((tag.key, tag.value) for tag in resource.tags if tag.key in keys))
        kind = KINDS[resource.kind].arn_kind
        return Target(kind, resource.id, resource.region_id, resource.resource_group_id, tags)

    @cached_property
    def patterns(self) -> frozenset[str]:
        """The patterns, `*` apart, that some document may fit to a resource of ECI."""
        return frozenset(
            pattern
            for principal in self._all_principals()
            for grant in (*principal.grants, *principal.ceiling)
            for statement in grant.document.statements
            for pattern in statement.resources or ()
            if pattern != "*" and not pattern.lower().startswith(("acs:ram:", "acs:oss:"))
        )

    def held(self, identity: Identity, content: Content, scope: str | None) -> list[Grant]:
        """How an identity holds a document in a scope."""
        return [
            grant
            for grant in self.holdings(identity).held
            if grant.resource_group_id == scope and self.content(grant.policy) == content
        ]


def is_unread(identity: Identity, then: Side, now: Side) -> bool:
    """Whether it is not known if one side has the identity."""
    return any(
        identity not in side.identities and any(identity.startswith(f"{kind}/") for kind, _ in side.unread)
        for side in (then, now)
    )
