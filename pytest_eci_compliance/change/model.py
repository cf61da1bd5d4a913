"""A planned change as facts: what stood before, what stands after, and which values the plan does not have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..inventory.facts import EciResource, PolicyType, PrincipalType

NOT_PLANNED = "NotPlanned"
"""The code of an `Unreadable`: the plan does not have the value."""


class PlanError(ValueError):
    """A plan or overlay that cannot be used. The message names the file, the key and the remedy."""


@dataclass(frozen=True)
class Unknown:
    """A value that the plan does not have. `why` says it in words (`known after apply`, `sensitive`).

    `digest` tells sensitive values apart, so that a change of one is not lost; it is never printed or kept.
    """

    attribute: str
    why: str = "known after apply"
    digest: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.attribute} is not in the plan ({self.why})"


PlannedText: TypeAlias = "str | Unknown"
TypeName: TypeAlias = "PolicyType | Unknown"
PrincipalTypeName: TypeAlias = "PrincipalType | Unknown"


@dataclass(frozen=True)
class Origin:
    """Where a change is written: the file's name, and the address in the plan or the key in the overlay."""

    file: str
    address: str

    def __str__(self) -> str:
        return f"{self.file}: {self.address}"


@dataclass(frozen=True)
class UserState:
    """A RAM user. `id` is the UserId where it is known; `force` counts when the user is deleted."""

    name: PlannedText
    id: str = ""
    force: bool = False


@dataclass(frozen=True)
class GroupState:
    """A RAM group after the change. `force` deletes it with its members and policies."""

    name: PlannedText
    force: bool = False


@dataclass(frozen=True)
class MembersState:
    """Users that a resource puts into a group. `whole_group` marks `alicloud_ram_group_membership`, which manages
    every member after its first apply."""

    group: PlannedText
    users: tuple[PlannedText, ...] | Unknown
    whole_group: bool = False


@dataclass(frozen=True)
class RoleState:
    """A RAM role. `trust` is the trust policy as JSON text; None where the change says nothing about it.

    `linked_policy` is the system policy that a service-linked role comes with.
    """

    name: PlannedText
    trust: PlannedText | None = None
    force: bool = False
    linked_policy: str = ""


@dataclass(frozen=True)
class PolicyState:
    """A custom policy. `document` is JSON text; None where the change says nothing about it.

    `lossy` marks a document that was put together from `statement`, which shows no condition. `is_default` is False
    for a version of the policy that is not the default one: it changes what the policy can be switched to. `rotates`
    says that a new version deletes the oldest one where there is no room.
    """

    name: PlannedText
    document: PlannedText | None = None
    force: bool = False
    lossy: bool = False
    is_default: bool = True
    rotates: bool = False


@dataclass(frozen=True)
class GrantState:
    """A policy attachment. `scope` is the id of a resource group, or None for the whole account."""

    policy_type: TypeName
    policy_name: PlannedText
    principal_type: PrincipalTypeName
    principal_name: PlannedText
    scope: PlannedText | None = None


@dataclass(frozen=True)
class ResourceGroupState:
    """A resource group after the change. `id` is made up for one that the plan creates."""

    id: PlannedText
    name: PlannedText
    display_name: PlannedText = ""


@dataclass(frozen=True)
class EciState:
    """An ECI resource. `region` is None where nothing shows it; `given` names the fields that the change states.

    `resource.not_shown` names what the plan does not have, less what an update leaves as it is. `in_default_group`
    marks a resource that names no resource group.
    """

    resource: EciResource
    region: str | None
    given: frozenset[str] = frozenset()
    in_default_group: bool = False


PlannedState: TypeAlias = (
    UserState
    | GroupState
    | MembersState
    | RoleState
    | PolicyState
    | GrantState
    | ResourceGroupState
    | EciState
)

ChangeAction: TypeAlias = Literal["create", "update", "delete", "replace", "none", "absent", "undetermined"]
"""What a change does. `none` keeps what stands before; `absent` says that it was deleted outside the plan."""


@dataclass(frozen=True)
class PlannedChange:
    """One planned change. `before` is None where nothing stood before, `after` None where nothing stands after.

    `create_first` marks a replacement that creates the new object before it deletes the old one.
    `undetermined` says why the outcome cannot be known, where it cannot.
    """

    origin: Origin
    action: ChangeAction
    before: PlannedState | None = None
    after: PlannedState | None = None
    create_first: bool = False
    undetermined: str = ""
    inferred: tuple[str, ...] = ()


NoteKind: TypeAlias = Literal[
    "contradiction",
    "already there",
    "not there",
    "blocked",
    "not evaluated",
    "inferred",
    "drift",
    "partial",
    "kept",
]


@dataclass(frozen=True)
class Note:
    """What a reader of the verdicts has to know about one change, or about the plan as a whole."""

    kind: NoteKind
    origin: Origin
    message: str

    def __str__(self) -> str:
        where = str(self.origin) if self.origin.address else self.origin.file
        return f"{self.kind}: {where}: {self.message}"


@dataclass(frozen=True)
class ChangeSet:
    """The changes of one file that concern one account.

    `time` is when the plan was made (UTC, ISO 8601; empty where the file does not say), `other_types` counts the
    changes of resource types that no check judges. `complete` is None where the file does not say.
    `is_overlay` marks changes that somebody wrote by hand.
    """

    file: str
    changes: tuple[PlannedChange, ...] = ()
    notes: tuple[Note, ...] = ()
    time: str = ""
    other_types: int = 0
    complete: bool | None = None
    is_overlay: bool = False


@dataclass(frozen=True)
class PlanFile:
    """A file that was read: its changes by the account id that they are shown to be for (None: not shown).

    `is_ambiguous` is true where the changes that are not shown to be for an account may be for several.
    """

    name: str
    by_account: dict[str | None, ChangeSet] = field(default_factory=dict)
    is_ambiguous: bool = False


Attributes: TypeAlias = "dict[str, Any]"
"""The attributes of one side of a change, with `Unknown` in the place of every value that the plan lacks."""
