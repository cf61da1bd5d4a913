"""What an attacker knows of an account before trying: names, tags, groups, and what its own policies name.

The attacker of these tests has read everything. That only saves calls: whether one works, the cloud decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

from tests.emulator import authorize
from tests.emulator.account import Attachment, Document
from tests.emulator.world import World

Statement = Mapping[str, Any]

FULL_DOCUMENT = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def statements_of(world: World, attachment: Attachment) -> Sequence[Statement]:
    """The statements of an attached policy, in its default version."""
    policy = world.policies.get((attachment.policy_type, attachment.policy_name))
    return authorize.statements(policy.document) if policy else ()


_DENIES: dict[int, tuple[object, bool]] = {}


def denies(statements: Sequence[Statement]) -> bool:
    """Whether a statement denies; the answer for each (unchanging) list is kept."""
    known = _DENIES.get(id(statements))
    if known is None or known[0] is not statements:
        if len(_DENIES) > 10_000:
            _DENIES.clear()
        known = _DENIES[id(statements)] = (
            statements,
            any(statement.get("Effect") == "Deny" for statement in statements),
        )
    return known[1]


def allows(statements: Sequence[Statement]) -> bool:
    return any(statement.get("Effect") == "Allow" for statement in statements)


def trusted_services(trust: Document) -> set[str]:
    """The services that some statement of a trust policy names."""
    principals = [statement.get("Principal") for statement in authorize.statements(trust)]
    return {
        service
        for principal in principals
        if isinstance(principal, Mapping)
        for service in authorize.texts(principal.get("Service", ()))
    }


def is_full(statements: Sequence[Statement]) -> bool:
    """Whether some statement allows every action on everything, without conditions."""
    return any(
        statement.get("Effect") == "Allow"
        and "*" in authorize.texts(statement.get("Action", ()))
        and "*" in authorize.texts(statement.get("Resource", ()))
        and not statement.get("Condition")
        for statement in statements
    )


def principals_of(world: World, identity: str) -> list[tuple[str, str]]:
    """(kind, name) of an identity and, for a user, of each group it is in."""
    kind, _, name = identity.partition("/")
    groups = [("group", group) for group in world.groups_of.get(name, ())] if kind == "user" else []
    return [(kind, name), *groups]


def attachments_of(world: World, identity: str) -> list[Attachment]:
    """Every attachment that counts for an identity."""
    types = {"user": "IMSUser", "group": "IMSGroup", "role": "ServiceRole"}
    return [
        attachment
        for kind, name in principals_of(world, identity)
        for attachment in world.held.get((types[kind], name), ())
    ]


@lru_cache(maxsize=1 << 14)
def _names(pattern: str, action: str) -> bool:
    return authorize.glob_matches(pattern.lower(), action.lower())


def names_action(statements: Sequence[Statement], action: str) -> bool:
    """Whether an Allow statement names the action, whatever its resources and conditions are."""
    for statement in statements:
        if statement.get("Effect") != "Allow":
            continue
        if "NotAction" in statement:
            if not any(_names(pattern, action) for pattern in authorize.texts(statement["NotAction"])):
                return True
        elif any(_names(pattern, action) for pattern in authorize.texts(statement.get("Action", ()))):
            return True
    return False


def all_statements(world: World) -> Iterator[Statement]:
    """The statements of every custom policy, in every version, and of every system policy."""
    for policy in world.policies.values():
        for document in (policy.document, *policy.versions.values()):
            yield from authorize.statements(document)


def tag_values(world: World) -> dict[str, set[str]]:
    """The tags that conditions ask for, with a value that none asks for besides."""
    values: dict[str, set[str]] = {}
    for statement in all_statements(world):
        for keys in (statement.get("Condition") or {}).values():
            for key, wanted in keys.items():
                if key.startswith(authorize.TAG_KEYS):
                    tags = values.setdefault(key.partition("/")[2], {"some-other-value"})
                    tags.update(text.replace("*", "x").replace("?", "x") for text in authorize.texts(wanted))
    return values


def tag_sets(world: World) -> list[dict[str, str]]:
    """The sets of tags that a request may carry: none, each one, each pair."""
    pairs = [(key, value) for key, values in sorted(tag_values(world).items()) for value in sorted(values)]
    doubles = [dict(pair) for pair in combinations(pairs, 2) if pair[0][0] != pair[1][0]]
    return [{}, *({key: value} for key, value in pairs), *doubles]


def new_names(world: World, kind: str) -> list[str]:
    """Names for a new user, role or policy: one of no pattern, and such as fit the patterns that grants name."""
    patterns = sorted(
        {
            resource.partition(f":{kind}/")[2]
            for statement in all_statements(world)
            for resource in authorize.texts(statement.get("Resource", ()))
            if f":{kind}/" in resource
        }
    )
    wild = [pattern for pattern in patterns if "*" in pattern.strip("*")] or []
    wild += [pattern for pattern in patterns if pattern.endswith("*") or pattern.startswith("*")]
    mixed = [f"{a.split('*')[0]}x{b.split('*')[-1]}" for a in wild for b in wild if a != b]
    filled = [pattern.replace("*", "x").replace("?", "x") for pattern in patterns]
    existing = {"user": set(world.users), "role": set(world.roles), "group": set(world.groups)}.get(
        kind, {name for _, name in world.policies}
    )
    names = dict.fromkeys(["new-object", *filled, *mixed])
    return [name for name in names if name and name not in existing]


def allows_more(new_document: Document, old_document: Document, world: World) -> bool:
    """Whether a document allows some call that another does not: tried with a list of probes."""
    old, new = authorize.statements(old_document), authorize.statements(new_document)
    probes = _probes(world)
    return any(_decides(new, *probe) and not _decides(old, *probe) for probe in probes)


def _decides(statements: Sequence[Statement], action: str, arn: str, context: Mapping[str, Any]) -> bool:
    return authorize.decide([authorize.Grant("", statements)], action, arn, context) == "Allow"


def _probes(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    account = world.account.account_id
    paths = [
        *(f"user/{name}" for name in world.users),
        *(f"role/{name}" for name in world.roles),
        *(f"group/{name}" for name in world.groups),
        *(f"policy/{name}" for _, name in world.policies),
    ]
    ram = [f"acs:ram:*:{account}:{path}" for path in paths]
    ram += [f"acs:ram:*:system:{path}" for path in paths if path.startswith("policy/")]
    contexts: list[dict[str, Any]] = [
        {f"acs:{kind}Tag/{key}": [value] for key, value in tags.items() for kind in ("Request", "Resource")}
        for tags in tag_sets(world)
    ]
    eci = [
        f"acs:eci:{region}:{account}:containergroup/{identifier}"
        for region, shelves in world.shelves.items()
        for identifier in ("*", *(instance.id for instance in shelves.instances))
    ]
    return [
        *((action, arn, {}) for action in RAM_ACTIONS for arn in (*ram, "*")),
        *((action, arn, context) for action in ECI_ACTIONS for arn in eci for context in contexts),
        *((action, "*", {}) for action in ("ecs:RunInstances", "resourcemanager:MoveResources")),
    ]


RAM_ACTIONS = (
    "ram:AddUserToGroup",
    "ram:AttachPolicy",
    "ram:AttachPolicyToGroup",
    "ram:AttachPolicyToRole",
    "ram:AttachPolicyToUser",
    "ram:CreateAccessKey",
    "ram:CreateLoginProfile",
    "ram:CreatePolicy",
    "ram:CreatePolicyVersion",
    "ram:CreateRole",
    "ram:CreateUser",
    "ram:DetachPolicy",
    "ram:DetachPolicyFromGroup",
    "ram:DetachPolicyFromRole",
    "ram:DetachPolicyFromUser",
    "ram:PassRole",
    "ram:RemoveUserFromGroup",
    "ram:SetDefaultPolicyVersion",
    "ram:UpdateLoginProfile",
    "ram:UpdateRole",
    "sts:AssumeRole",
)
ECI_ACTIONS = (
    "eci:CreateContainerGroup",
    "eci:DeleteContainerGroup",
    "eci:ExecContainerCommand",
    "eci:RestartContainerGroup",
    "eci:RunCommand",
    "eci:TagResources",
    "eci:UntagResources",
    "eci:UpdateContainerGroup",
    "eci:DescribeContainerGroups",
)
