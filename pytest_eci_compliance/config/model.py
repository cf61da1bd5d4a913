"""The model of the configuration: the intent of the owners of an account.

Attribute names are the keys of the YAML file; `except` is `except_`. None means that the key is left out, which
switches its check off. An empty value allows nothing. Everything is frozen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, PrivateAttr, Tag
from pydantic.config import JsonDict

from ..inventory.facts import Kind
from ..inventory.linked_roles import LINKED_ROLES, LinkedRole
from ..policy.settings import Settings
from ..results import Mode
from .fields import (
    AccountId,
    AccountName,
    Action,
    Address,
    AssumptionId,
    CallsPerSecond,
    CustomPolicyName,
    Day,
    Duration,
    Endpoint,
    GlobOrText,
    Globs,
    Moment,
    Name,
    PolicyName,
    Prose,
    ReachGlobs,
    Region,
    RegionOrDefault,
    Regions,
    RoleArn,
    RoleGlobs,
    SystemPolicyName,
    TagValues,
    TestPath,
    Text,
    Truth,
    one_or_many,
    text_or,
)

Actions: TypeAlias = Annotated[tuple[Action, ...], Field(min_length=1)]
SomeGlobs: TypeAlias = Annotated[Globs, Field(min_length=1)]
SomeRoleGlobs: TypeAlias = Annotated[RoleGlobs, Field(min_length=1)]
PolicyNames: TypeAlias = tuple[PolicyName, ...]
PoliciesByGroup: TypeAlias = dict[Name, PolicyNames]

ANY_DOCUMENT = "any"
"""In place of a reviewed document in `custom_policies`: the name of the policy is enough."""


class Section(BaseModel):
    """A part of the configuration: frozen, and without unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


def exactly_one_of(*choices: tuple[str, str]) -> JsonDict:
    """The JSON Schema of keys that exclude each other; `consistency` validates them."""
    return {"allOf": [{"oneOf": [{"required": [key]} for key in keys]} for keys in choices]}


class Credentials(Section):
    """The credentials of the auditing identity. Left out: the SDK's own provider chain."""

    profile: Name | None = None
    """A profile of ~/.aliyun/config.json."""
    assume_role: RoleArn | None = None
    """The ARN of a role to assume for the audit."""


EndpointOrRegions: TypeAlias = Annotated[
    Annotated[Endpoint, Tag("<url>")]
    | Annotated[dict[RegionOrDefault, Endpoint], Field(min_length=1), Tag("<regions>")],
    Discriminator(text_or("<url>", "<regions>")),
]


class Endpoints(Section):
    """The endpoint of each service. `{region}` is replaced. http is for the loopback interface only."""

    ram: Endpoint | None = None
    eci: EndpointOrRegions | None = None
    """One endpoint, or a mapping of region ids to endpoints, in which `default` is for every other region."""
    resourcemanager: Endpoint | None = None
    sts: Endpoint | None = None


class Rate(Section):
    """Calls per second by service; left out: half of the published quotas."""

    eci: CallsPerSecond | None = None
    ram: CallsPerSecond | None = None
    resourcemanager: CallsPerSecond | None = None
    sts: CallsPerSecond | None = None


class ServiceLinkedRole(Section):
    """The intent for AliyunServiceRoleForECI."""

    expect: Literal["present", "absent", "deletable"] = "present"
    """`deletable`: no region has an instance or an image cache."""
    blocking: Literal["all", "live"] = "all"
    """Which states of an instance count as blocking the deletion of the role."""
    policy: Text | None = None
    """A documented edition ("2024-02-06"), or the path of a reviewed document. Left out: only its name."""


class VirtualNodeRole(Section):
    """The intent for AliyunServiceRoleForECIVnode."""

    expect: Literal["present", "absent", "deletable"] = "present"
    """Whether the role must exist, or must not; `deletable`: no virtual node is left in any region."""
    policy: Text | None = None
    """A documented edition, or the path of a reviewed document. Left out: only its name."""


class RoleIntent(Section):
    """The policies of the roles that match."""

    match: SomeRoleGlobs
    """A glob or a list of globs of role names."""
    policies: PolicyNames = ()
    """Policies that may be attached account-wide, and so on any resource group; custom ones as Custom/NAME."""
    resource_groups: PoliciesByGroup | None = None
    """Policies that may be attached on a resource group, by the group's id or name."""
    required_policies: PolicyNames = ()
    """Policies that must be attached account-wide, directly or through a group."""
    required_resource_groups: PoliciesByGroup = Field(default_factory=dict)
    """Policies that must be attached on a resource group, by the group's id or name."""
    pass_roles: Globs = ()
    """Globs of the roles that may be passed to an instance. Left out: none."""
    may_reach: ReachGlobs = ()
    """Globs of what may be reached by privilege escalation: role/NAME, user/NAME, group/NAME, policy/NAME,
    policy/Custom/NAME or any-permission; "*" is for administrators. Left out: nothing."""
    may_be_empty: Truth = False
    """Whether names that the account lacks, and globs that match nothing, are accepted here."""


class UserIntent(RoleIntent):
    """The policies of the users that match. Entries that match the same user add up."""

    match: SomeGlobs
    """A glob or a list of globs of user names; group/NAME means the members of a group."""
    console: Truth = False
    """Whether these users must be able to work in the ECI console."""


class Resources(Section):
    """A selection of resources: those that match every key."""

    kind: Kind | None = None
    """Instance, image cache or virtual node."""
    ids: Globs | None = None
    """Globs of resource ids."""
    names: Globs | None = None
    """Globs of resource names."""
    regions: Regions | None = None
    """The regions that the resource may be in."""
    resource_group: Name | None = None
    """The id or name of a resource group."""
    tags: dict[Text, TagValues] | None = None
    """Tags that the resource must have: a value, a list of values, or a glob."""
    ram_role: Name | None = None
    """The RAM role of the instance."""
    role: Name | None = None
    """For ram:PassRole only, without other keys: the role that is passed."""


class Rule(Section):
    """The requirements for every resource of a kind, or for those that `resources` selects."""

    resources: Resources | None = None
    """The resources of the rule. Left out: all."""
    required_tags: dict[Text, TagValues] | None = None
    """Tags that the resource must have: a value, a list of values, or a glob (`?*`: any non-empty value)."""
    resource_groups: tuple[Name, ...] | None = None
    """The resource groups, by id or name, in which the resource may be."""
    may_be_empty: Truth = False
    """Whether names that the account lacks, and globs that match nothing, are accepted here."""


class ImageCacheRule(Rule):
    """A rule for image caches."""

    automatic: Literal["ignore", "judge"] = "ignore"
    """Image caches that ECI makes by itself (auto-create-for-…): left out and counted, or judged as others."""


class VirtualNodeRule(Rule):
    """A rule for virtual nodes."""


class InstanceRule(Rule):
    """A rule for ECI instances (container groups)."""

    ram_roles: tuple[Name, ...] | None = None
    """The RAM roles that an instance may have."""
    states: Literal["all", "live"] = "all"
    """Which instances are judged: all, or only those that are not finished."""


class Request(Section):
    """The parameters of the request, and its circumstances."""

    resource_group: Name | None = None
    """The resource group in the request, by id or name."""
    tags: dict[Text, str] | None = None
    """The tags in the request."""
    ram_role: Name | None = None
    """The RAM role that the request gives to the instance; it needs ram:PassRole too."""
    source_ip: Address | None = None
    """The IP address of the caller."""
    mfa: Truth | None = None
    """Whether the caller has logged in with MFA."""
    time: Moment | None = None
    """The time of the request; UTC without a zone."""


RequestOrAny: TypeAlias = Annotated[
    Annotated[Request, Tag("<values>")] | Annotated[Literal["any"], Tag("<any>")],
    Discriminator(text_or("<any>", "<values>")),
]


class Expectation(Section):
    """Actions that users or roles must, or must not, be allowed: decided offline by the policy evaluator."""

    model_config = ConfigDict(json_schema_extra=exactly_one_of(("users", "roles"), ("can", "cannot")))

    name: Prose | None = None
    """The name of the expectation in reports."""
    users: SomeGlobs | None = None
    """A glob or a list of globs of user names; group/NAME means the members of a group."""
    roles: SomeRoleGlobs | None = None
    """A glob or a list of globs of role names."""
    except_: Globs = Field(default=(), alias="except")
    """Globs of the names that are excluded."""
    can: Actions | None = None
    """Actions that each of them must be allowed. Wildcards mean every matching ECI action; eci:Create* those that
    create."""
    cannot: Actions | None = None
    """Actions that each of them must be denied. Wildcards mean every matching ECI action; eci:Create* those that
    create."""
    paths: Literal["any", "direct"] | None = None
    """`any`: decide what they can do in the end, by any chain of escalation steps (the default for `cannot`);
    `direct`: only what is held (always so for `can`)."""
    request: RequestOrAny | None = None
    """The parameters of the request; {}: none; any: no value may allow it."""
    resources: Resources | None = None
    """The resources that the requests name; for ram:PassRole {role: NAME}."""
    may_be_empty: Truth = False
    """Whether names that the account lacks, and globs that match nothing, are accepted here."""


class Waiver(Section):
    """The acceptance of a failure until a day."""

    model_config = ConfigDict(json_schema_extra=exactly_one_of(("resource", "resources")))

    check: Name
    """The id of a check, or of an own check (`eci_check`)."""
    resource: GlobOrText | None = None
    """A glob of resource ids."""
    resources: Resources | None = None
    """A selection of resources, instead of `resource`."""
    expectation: Prose | None = None
    """For `access` only: the name of the expectation, or its digest as in the JSON report. Only its failures are
    covered."""
    policy: PolicyName | None = None
    """For checks of attached policies: only failures about this policy are covered."""
    reason: Prose
    """Why the failure is accepted."""
    owner: Prose
    """The person or team that is responsible."""
    expires: Day
    """The last day (UTC) on which the waiver is valid."""

    @property
    def narrowing(self) -> str:
        """The failures of a resource that it covers, as text; empty where it covers all of them."""
        if self.expectation is not None:
            return f"expectation={self.expectation}"
        return "" if self.policy is None else f"policy={self.policy}"


InstanceRules: TypeAlias = Annotated[
    tuple[InstanceRule, ...], BeforeValidator(one_or_many, InstanceRule | tuple[InstanceRule, ...])
]
ImageCacheRules: TypeAlias = Annotated[
    tuple[ImageCacheRule, ...], BeforeValidator(one_or_many, ImageCacheRule | tuple[ImageCacheRule, ...])
]
VirtualNodeRules: TypeAlias = Annotated[
    tuple[VirtualNodeRule, ...], BeforeValidator(one_or_many, VirtualNodeRule | tuple[VirtualNodeRule, ...])
]


AllOrRegions: TypeAlias = Annotated[
    Annotated[tuple[Region, ...], Field(min_length=1), Tag("<list>")]
    | Annotated[Literal["all"], Tag("<all>")],
    Discriminator(text_or("<all>", "<list>")),
]


PathsOrUnknown: TypeAlias = Annotated[
    Annotated[tuple[Text, ...], Tag("<paths>")] | Annotated[Literal["unknown"], Tag("<unknown>")],
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
    system_policies: dict[SystemPolicyName, Text] | None = None
    """Reviewed documents that system policies must equal: paths, by policy name."""
    custom_policies: dict[CustomPolicyName, Text] | None = None
    """Reviewed documents that custom policies must equal: paths, or `any` where the name is enough, by policy name."""
    assumptions: dict[AssumptionId, Truth] = Field(default_factory=dict)
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
    default_resource_group: Name | None = None
    """The id or name of the default resource group. Left out: the group named `default`."""

    _documents: Mapping[str, str] = PrivateAttr(default_factory=dict)

    def document(self, path: str) -> str:
        """The reviewed policy document, as JSON text, that `path` of a `policy`, of `system_policies` or of
        `custom_policies` names.

        Raises KeyError where the configuration names no such document.
        """
        return self._documents[path]

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
