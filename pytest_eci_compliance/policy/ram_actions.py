"""The request model of RAM, STS and ResourceManager as data: on which ARNs each action is authorised.

Sources, at help.aliyun.com: "Authorization information" of RAM 2015-05-01, IMS 2019-08-15, STS 2015-04-01 and
ResourceManager 2020-03-31, and the pages of the single APIs. Each ARN of an action is checked, all of them. Where
two pages print different ARNs for one action, the ARN has several readings. The region of these ARNs is printed
empty by newer pages and `*` by older ones, for one API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from ..inventory.facts import PolicyRef
from .patterns import UNKNOWN

ALL_RESOURCES = "*"
"""The ARN of actions that the documents authorise on "All Resources": only `*` in Resource fits it."""

ASSUME_ROLE = "sts:AssumeRole"

RamKind: TypeAlias = Literal["user", "group", "role", "policy"]


@dataclass(frozen=True)
class RamResource:
    """What a call of RAM, STS or ResourceManager names. None stands for a part that is not stated."""

    user: str | None = None
    group: str | None = None
    role: str | None = None
    policy: PolicyRef | None = None

    @property
    def kinds(self) -> tuple[RamKind, ...]:
        """The kinds of resources that are stated."""
        parts: tuple[tuple[RamKind, object], ...] = (
            ("user", self.user),
            ("group", self.group),
            ("role", self.role),
            ("policy", self.policy),
        )
        return tuple(kind for kind, part in parts if part is not None)


class Reading(NamedTuple):
    """The assumption that settles which ARN an action is authorised on, and the ARN of each answer."""

    assumption: str
    if_true: str
    if_false: str


@dataclass(frozen=True)
class RamAction:
    """One action: `arns` are the ARNs that are checked, each with its readings. `kinds` are the kinds of resources
    that a call of it names, `keys` the condition keys of its own."""

    action: str
    arns: tuple[tuple[str, ...], ...]
    kinds: tuple[RamKind, ...] = ()
    keys: tuple[str, ...] = ()


_USER = ("acs:ram:*:{account}:user/{user}",)
_GROUP = ("acs:ram:*:{account}:group/{group}",)
_ROLE = ("acs:ram:*:{account}:role/{role}",)
_POLICY = ("acs:ram:*:{owner}:policy/{policy}",)
_NEW_USER = ("acs:ram:*:{account}:user/*",)
_NEW_GROUP = ("acs:ram:*:{account}:group/*",)
_NEW_ROLE = ("acs:ram:*:{account}:role/*", *_ROLE)
_NEW_POLICY = ("acs:ram:*:{account}:policy/*", *_POLICY)
_NEW_RESOURCE_GROUP = ("acs:ram:*:{account}:resourcegroup/*",)
_EVERYTHING = (ALL_RESOURCES,)
_TAGGING = (f"acs:tag:{UNKNOWN}:{{account}}:*",)
# ResourceManager's pages print two forms of the principal's ARN, for a role both of RAM; newer pages print none.
_PRINCIPAL = (
    "acs:{principals}:*:{account}:{kind}/*",
    "acs:ram:*:{account}:{kind}/{name}",
    f"acs:{UNKNOWN}:*:{{account}}:{{kind}}/{{name}}",
)
_SETTLED: Mapping[tuple[str, ...], Reading] = {
    _PRINCIPAL: Reading("attachments-are-authorised-on-ims-arns", _PRINCIPAL[0], _PRINCIPAL[1]),
    **{
        readings: Reading("creation-is-authorised-on-the-new-name", readings[1], readings[0])
        for readings in (_NEW_ROLE, _NEW_POLICY)
    },
}
"""What settles the readings of an ARN, by the readings."""
_TRUST_KEYS = ("ram:TrustedPrincipalTypes", "ram:ServiceNames")

_ON_USER = (
    "UpdateUser",
    "DeleteUser",
    "CreateAccessKey",
    "UpdateAccessKey",
    "DeleteAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "DeleteLoginProfile",
    "BindMFADevice",
    "UnbindMFADevice",
    "DisableVirtualMFA",
)
_ON_GROUP = ("UpdateGroup", "DeleteGroup")
_ON_POLICY = ("CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy")
_ON_EVERYTHING = (
    "ram:SetUserSsoSettings",
    "resourcemanager:MoveResources",
    "resourcemanager:UpdateResourceGroupAdminSetting",
)

_ROWS = (
    RamAction("ram:CreateUser", (_NEW_USER,)),
    *(RamAction(f"ram:{name}", (_USER,), ("user",)) for name in _ON_USER),
    RamAction("ram:CreateGroup", (_NEW_GROUP,)),
    *(RamAction(f"ram:{name}", (_GROUP,), ("group",)) for name in _ON_GROUP),
    *(
        RamAction(f"ram:{name}", (_GROUP, _USER), ("group", "user"))
        for name in ("AddUserToGroup", "RemoveUserFromGroup")
    ),
    RamAction("ram:CreatePolicy", (_NEW_POLICY,), ("policy",)),
    *(RamAction(f"ram:{name}", (_POLICY,), ("policy",)) for name in _ON_POLICY),
    *(
        RamAction(f"ram:{verb}User", (_USER, _POLICY), ("user", "policy"))
        for verb in ("AttachPolicyTo", "DetachPolicyFrom")
    ),
    *(
        RamAction(f"ram:{verb}Group", (_GROUP, _POLICY), ("group", "policy"))
        for verb in ("AttachPolicyTo", "DetachPolicyFrom")
    ),
    *(
        RamAction(f"ram:{verb}Role", (_ROLE, _POLICY), ("role", "policy"), _TRUST_KEYS)
        for verb in ("AttachPolicyTo", "DetachPolicyFrom")
    ),
    *(
        RamAction(f"ram:{name}", (_PRINCIPAL, _POLICY), ("user", "group", "role", "policy"))
        for name in ("AttachPolicy", "DetachPolicy")
    ),
    RamAction("ram:CreateRole", (_NEW_ROLE,), ("role",), _TRUST_KEYS),
    RamAction("ram:UpdateRole", (_ROLE,), ("role",), _TRUST_KEYS),
    RamAction("ram:DeleteRole", (_ROLE,), ("role",)),
    RamAction(ASSUME_ROLE, (_ROLE,), ("role",), ("sts:SourceIdentity",)),
    RamAction("ram:CreateResourceGroup", (_NEW_RESOURCE_GROUP,)),
    RamAction("tag:TagResources", (_TAGGING,)),
    RamAction("tag:UntagResources", (_TAGGING,)),
    *(RamAction(action, (_EVERYTHING,)) for action in _ON_EVERYTHING),
)

RAM_ACTIONS: Mapping[str, RamAction] = {row.action.lower(): row for row in _ROWS}
"""Every action, by its lower-cased name as policies write it (`ram:createaccesskey`)."""


def ram_action(action: str) -> RamAction | None:
    """The row of an action, whatever the case of its letters; None where it is not in the tables."""
    return RAM_ACTIONS.get(action.lower())


def arns_of(
    row: RamAction, named: RamResource, account_id: str
) -> tuple[tuple[tuple[str, ...], Reading | None], ...]:
    """The ARNs on which a call is authorised, each with its readings and with what settles them; `UNKNOWN` stands for
    what is not stated."""
    policy = named.policy
    kind, name = _principal(named)
    parts = {
        "account": account_id,
        "user": named.user or UNKNOWN,
        "group": named.group or UNKNOWN,
        "role": named.role or UNKNOWN,
        "kind": kind,
        "name": name,
        "principals": {"role": "ram", UNKNOWN: UNKNOWN}.get(kind, "ims"),
        "policy": policy.policy_name if policy and policy.policy_name else UNKNOWN,
        "owner": UNKNOWN if policy is None else "system" if policy.policy_type == "System" else account_id,
    }
    # A policy that is created or changed is a custom one.
    if row.action == "ram:CreatePolicy":
        parts["owner"] = account_id
    # Roles of other accounts can be assumed too: a role that is not stated may be in any account.
    if row.action == ASSUME_ROLE and named.role is None:
        parts["account"] = UNKNOWN
    return tuple(
        (
            tuple(dict.fromkeys(arn.format(**parts) for arn in readings)),
            _reading(_SETTLED.get(readings), parts),
        )
        for readings in row.arns
    )


def _reading(reading: Reading | None, parts: Mapping[str, str]) -> Reading | None:
    if reading is None:
        return None
    return Reading(reading.assumption, reading.if_true.format(**parts), reading.if_false.format(**parts))


def _principal(named: RamResource) -> tuple[str, str]:
    for kind, name in (("user", named.user), ("group", named.group), ("role", named.role)):
        if name is not None:
            return kind, name
    return UNKNOWN, UNKNOWN
