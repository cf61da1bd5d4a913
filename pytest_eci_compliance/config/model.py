"""The model of the configuration: the intent of the owners of an account.

Attribute names are the keys of the YAML file; `except` is `except_`. None means that the key is left out, which
switches its check off. An empty value allows nothing. Everything is frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import Discriminator, Field, PrivateAttr, Tag

from ..inventory.facts import Kind
from ..inventory.kinds import KINDS
from ..inventory.linked_roles import LINKED_ROLES, LinkedRole
from ..policy.settings import Settings
from ..results import Mode
from .expectations import Expectation, Request, Waiver
from .fields import (
    AccountId,
    AccountName,
    AssumptionId,
    CustomPolicyName,
    Duration,
    NonEmptyText,
    PlainName,
    Region,
    StrictTruth,
    SystemPolicyName,
    TestPath,
    text_or,
)
from .identities import RoleIntent, ServiceLinkedRole, UserIntent, VirtualNodeRole
from .reading import Credentials, Endpoints, Rate
from .section import Section
from .selection import (
    ImageCacheRule,
    ImageCacheRules,
    InstanceRule,
    InstanceRules,
    Resources,
    Rule,
    VirtualNodeRule,
    VirtualNodeRules,
)

__all__ = [
    "ANY_DOCUMENT",
    "Account",
    "Configuration",
    "Credentials",
    "Endpoints",
    "Expectation",
    "ImageCacheRule",
    "InstanceRule",
    "Rate",
    "Request",
    "Resources",
    "RoleIntent",
    "Rule",
    "Section",
    "ServiceLinkedRole",
    "UserIntent",
    "VirtualNodeRole",
    "VirtualNodeRule",
    "Waiver",
]

ANY_DOCUMENT = "any"
"""In place of a reviewed document in `custom_policies`: the name of the policy is enough."""


AllOrRegions: TypeAlias = Annotated[
    Annotated[tuple[Region, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[Literal["all"], Tag("<all>")],
    Discriminator(text_or("<all>", "<list>")),
]


PathsOrUnknown: TypeAlias = Annotated[
    Annotated[tuple[NonEmptyText, ...], Tag("<paths>")] | Annotated[Literal["unknown"], Tag("<unknown>")],
    Discriminator(text_or("<unknown>", "<paths>")),
]


class Account(Section):
    """The intent for one account, and how it is read."""

    account_id: AccountId
    """The id of the account, in quotes; another account is refused."""
    mode: Mode = "live"
    """Read the account (live), read and record it, or replay a recording. --eci-mode overrides it."""
    regions: AllOrRegions = "all"
    """The regions to read, or `all` that DescribeRegions returns."""
    credentials: Credentials = Field(default_factory=Credentials)
    endpoints: Endpoints = Field(default_factory=Endpoints)
    rate: Rate = Field(default_factory=Rate)
    service_linked_role: ServiceLinkedRole | None = None
    virtual_node_role: VirtualNodeRole | None = None
    grants: Literal["all", "eci"] = "all"
    """`eci`: judge only policies that may allow ECI actions or any action of a privilege escalation step."""
    users: tuple[UserIntent, ...] | None = None
    """The policies of each user. Users matched by no entry must have no policies attached."""
    roles: tuple[RoleIntent, ...] | None = None
    """The policies of roles. Only roles that an entry matches are judged."""
    system_policies: dict[SystemPolicyName, NonEmptyText] | None = None
    """Reviewed documents that system policies must equal: paths, by policy name."""
    custom_policies: dict[CustomPolicyName, NonEmptyText] | None = None
    """Reviewed documents that custom policies must equal: paths, or `any` where the name is enough, by policy name."""
    assumptions: dict[AssumptionId, StrictTruth] = Field(default_factory=dict)
    """Open questions of the evaluator that are settled for this account: `pytest --eci-list-assumptions`."""
    control_policies: PathsOrUnknown | None = None
    """Documents of the control policies that bind the account: paths. `unknown`: nothing is certainly allowed. []: none
    binds it. Left out: none is assumed."""
    instances: InstanceRules | None = None
    """A rule, or a list of rules, for ECI instances."""
    image_caches: ImageCacheRules | None = None
    """A rule, or a list of rules, for image caches."""
    virtual_nodes: VirtualNodeRules | None = None
    """A rule, or a list of rules, for virtual nodes."""
    access: tuple[Expectation, ...] | None = None
    """Expectations: actions that users or roles must, or must not, be allowed."""
    waivers: tuple[Waiver, ...] = ()
    """Failures that are accepted until a day."""
    max_age: Duration | None = None
    """Refuse a recording that is older: 7d, 12h, 10m."""
    deadline: Duration = Field(timedelta(minutes=10), json_schema_extra={"default": "10m"})
    """The time for the whole sweep: 7d, 12h, 10m."""
    default_resource_group: PlainName | None = None
    """The id or name of the default resource group. Left out: the group named `default`."""

    _documents: Mapping[str, str] = PrivateAttr(default_factory=dict)

    def document(self, path: str) -> str:
        """The reviewed policy document, as JSON text, that `path` of a `policy`, of `system_policies` or of
        `custom_policies` names.

        Raises KeyError where the configuration names no such document.
        """
        return self._documents[path]

    def rules(self, kind: Kind) -> tuple[Rule, ...] | None:
        """The rules for the resources of a kind; None where the configuration has none."""
        rules: tuple[Rule, ...] | None = getattr(self, KINDS[kind].section, None)
        return rules

    @property
    def service_linked_roles(self) -> tuple[tuple[LinkedRole, ServiceLinkedRole | VirtualNodeRole], ...]:
        """The service-linked roles that the configuration has a section for, and that section."""
        sections = ((role, getattr(self, role.section)) for role in LINKED_ROLES)
        return tuple((role, section) for role, section in sections if section is not None)

    @property
    def evaluator_settings(self) -> Settings:
        """What the owner of the account settles for the evaluator. Raises KeyError as `document` does."""
        written = self.control_policies
        policies = (
            written
            if written is None or written == "unknown"
            else tuple((path, self.document(path)) for path in written)
        )
        return Settings(tuple(sorted(self.assumptions.items())), policies)

    def with_documents(self, documents: Mapping[str, str]) -> Account:
        """This account with the reviewed documents (JSON text by path) that the loader has read."""
        account = self.model_copy()
        account._documents = dict(documents)
        return account


class Configuration(Section):
    """The whole file."""

    version: Annotated[int, Field(strict=True, ge=1, le=1)]
    """The version of this format: 1."""
    accounts: dict[AccountName, Account] = Field(min_length=1)
    """The accounts, by the name that --eci-account takes."""
    tests: tuple[TestPath, ...] = ()
    """The paths of the user's own tests, which run with the built-in checks; `package:NAME` runs those of an installed
    package."""
