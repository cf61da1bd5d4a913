"""The facts of an authorisation: a call, the resource that it names, the account, and one question to RAM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from .conditions import Context, Seen
from .document import Statement
from .eci_actions import ResourceKind
from .ram_actions import RamResource, Reading
from .three_valued import Question

if TYPE_CHECKING:
    from .held_policies import HeldPolicy

TagItems: TypeAlias = "tuple[tuple[str, str], ...]"
OpenItems: TypeAlias = "tuple[tuple[str, Seen], ...]"
"""Tags, or condition keys of the caller, of which some are absent, or unstated: any value."""
PASS_ROLE = "ram:PassRole"  # noqa: S105 - an action
ECI = "eci.aliyuncs.com"
LISTED_BY_GROUP = "eci:DescribeContainerGroups"


@dataclass(frozen=True)
class Target:
    """The resource that a call names, as far as its authorisation can turn on it. None is what is not
    known."""

    kind: ResourceKind | None = None
    id: str | None = None
    region: str | None = None
    group: str | None = None
    tags: OpenItems | None = None


@dataclass(frozen=True)
class Call:
    """A call: `target` is the resource whose id it names, `role` the RAM role that it lends (or passes),
    `tags` and `group` what it carries, `caller` the stated condition keys of the caller. `arn` is the
    resource of an action that is not ECI's; `ram` names the users, groups, roles and policies that a call of RAM,
    STS or ResourceManager is about. `service` is the host of the service to which `ram:PassRole` passes the role."""

    action: str
    target: Target | None = None
    tags: OpenItems = ()
    group: str | None = None
    role: str | None = None
    region: str | None = None
    caller: OpenItems = ()
    arn: str | None = None
    ram: RamResource | None = None
    service: str = ""


LISTS_BY_TAGS = "list-tag-resources-looks-at-tags"
"""The assumption that settles whether conditions on tags count for an action of which the RAM page of ECI lists no
condition key for tags."""


@dataclass(frozen=True)
class Account:
    """What authorisation needs to know of the account: its id, and the id of its default resource group (None
    where it is not known which group that is: every account has one, section 3).

    `settled` are the assumptions, by id, that its owner has settled. `control_policies` are those that bind it, as
    policies that everybody has: None where none does, `unknown` where it is not known which.
    """

    id: str
    default_group: str | None = None
    settled: Mapping[str, bool] = field(default_factory=dict, compare=False, repr=False)
    control_policies: tuple[HeldPolicy, ...] | Literal["unknown"] | None = field(
        default=None, compare=False, repr=False
    )

    @property
    def ceiling(self) -> tuple[HeldPolicy, ...]:
        """The control policies that bind the account, as far as they are known."""
        return self.control_policies if isinstance(self.control_policies, tuple) else ()


@dataclass(frozen=True)
class Authorization:
    """One question to RAM.

    `resource` is the ARN (`UNKNOWN` for parts that are not known), `role_name` marks the ARN of a RAM role.
    `readings` are all the ARNs that the documents give for it, where they give several, and `settled_by` the assumption
    that settles which of them it is.
    `groups` are the resource groups it may be authorised in: None among them is the account as a whole, an
    empty tuple is not known; `deny_groups` are those in which a Deny may count, where they are others.
    Conditions see `context`; where `unless_on` is set, a statement without a condition on that kind of key
    sees `otherwise` instead. `shown` is False where it is not known whether the resource is in the group that a
    query names. `group_unknown` says why `groups` is empty. `all_resources` marks an action that is authorised on `*`
    alone: `resource` is then the widest ARN of the service. `only_if` is a question on whose answer it depends whether
    this is asked at all.
    """

    action: str
    resource: str
    groups: tuple[str | None, ...]
    context: Context
    unless_on: str = ""
    otherwise: Context = field(default_factory=Context)
    role_name: bool = False
    shown: bool = True
    deny_groups: tuple[str | None, ...] | None = None
    group_unknown: str = ""
    readings: tuple[str, ...] = ()
    settled_by: Reading | None = None
    all_resources: bool = False
    only_if: Question | None = None

    def groups_for(self, effect: str | None) -> tuple[str | None, ...]:
        """The groups in which a statement of that effect may count."""
        return self.groups if effect == "Allow" or self.deny_groups is None else self.deny_groups

    def context_for(self, statement: Statement) -> Context:
        """What the conditions of a statement see."""
        turns = not self.unless_on or statement.turns_on(self.unless_on)
        return self.context if turns else self.otherwise


@dataclass(frozen=True)
class Refused:
    """The call shows or does nothing whoever makes it; `why` says so."""

    why: str
