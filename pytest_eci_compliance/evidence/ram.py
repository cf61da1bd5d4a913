"""Reading RAM: the caller, users, groups and members, roles and policies."""

from __future__ import annotations

from dataclasses import replace

from ..inventory.facts import (
    CallerIdentity,
    Group,
    Policy,
    PolicyRef,
    PolicyType,
    PolicyVersion,
    Role,
    Unreadable,
    User,
)
from . import parse
from .api_actions import (
    GET_CALLER_IDENTITY,
    GET_POLICY,
    GET_ROLE,
    GET_USER,
    LIST_GROUPS,
    LIST_POLICIES,
    LIST_POLICY_VERSIONS,
    LIST_ROLES,
    LIST_USERS,
    LIST_USERS_FOR_GROUP,
)
from .caller import Body, Caller
from .errors import ApiCall, CallFailed
from .paging import gather, marked
from .wire import parse_fact, text


async def caller_identity(caller: Caller) -> CallerIdentity:
    """The identity that makes the calls (GetCallerIdentity). Raises `CallFailed`."""

    def valid(body: Body) -> str | None:
        named = text(body, "AccountId").isdecimal() and text(body, "Arn")
        return None if named else "the answer names nobody"

    body = await caller(ApiCall(GET_CALLER_IDENTITY, {}), valid)
    return parse_fact(CallerIdentity, body)


async def users(caller: Caller) -> tuple[User, ...] | Unreadable:
    """Every user, by name (ListUsers)."""
    try:
        items = await marked(caller, ApiCall(LIST_USERS, {}), 1000)
    except CallFailed as failure:
        return failure.unreadable
    return tuple(sorted((parse_fact(User, item) for item in items), key=lambda user: user.user_name))


async def user(caller: Caller, name: str) -> User | Unreadable | None:
    """One user (GetUser), or None where there is no such user."""

    def valid(body: Body) -> str | None:
        return _is_about(body, "User", name)

    try:
        body = await caller(ApiCall(GET_USER, {"UserName": name}, subject=name), valid)
    except CallFailed as failure:
        return None if failure.kind == "absent" else failure.unreadable
    return parse_fact(User, body["User"])


def _is_about(body: Body, entity: str, name: str) -> str | None:
    """What is wrong with an answer that should be about the `User`, `Role` or `Policy` of that name, or None."""
    content = body.get(entity)
    answered = text(content, f"{entity}Name") if isinstance(content, dict) else ""
    if not answered:
        return f"the answer has no {entity.lower()}"
    # RAM keeps the case of names, and does not compare by it.
    return None if answered.casefold() == name.casefold() else f"the answer is about another {entity.lower()}"


async def groups(caller: Caller) -> tuple[Group, ...] | Unreadable:
    """Every group with its members."""
    try:
        items = await marked(caller, ApiCall(LIST_GROUPS, {}), 100)
    except CallFailed as failure:
        return failure.unreadable
    listed = sorted((parse_fact(Group, item) for item in items), key=lambda group: group.group_name)
    members_of = await gather(members(caller, group.group_name) for group in listed)
    gone = {group.group_name for group, names in zip(listed, members_of, strict=True) if names is None}
    still_listed = await _still_listed(caller, gone) if gone else {}
    if isinstance(still_listed, Unreadable):
        return still_listed
    return tuple(
        replace(group, members=still_listed[group.group_name] if names is None else names)
        for group, names in zip(listed, members_of, strict=True)
        if names is not None or group.group_name in still_listed
    )


async def _still_listed(caller: Caller, gone: set[str]) -> dict[str, Unreadable] | Unreadable:
    """Of groups that were listed and then not found, those that are listed again: their members are not known."""
    try:
        items = await marked(caller, ApiCall(LIST_GROUPS, {}), 100)
    except CallFailed as failure:
        return failure.unreadable
    return {
        name: caller.incomplete_list(
            _members_of(name), "Incomplete", "the group is listed, but not found"
        ).unreadable
        for name in gone & {item["GroupName"] for item in items}
    }


def _members_of(group: str) -> ApiCall:
    return ApiCall(LIST_USERS_FOR_GROUP, {"GroupName": group}, subject=group)


async def members(caller: Caller, group: str) -> tuple[str, ...] | Unreadable | None:
    """The names of a group's members, or None where there is no such group (any more)."""
    try:
        items = await marked(caller, _members_of(group), 1000)
    except CallFailed as failure:
        return None if failure.kind == "absent" else failure.unreadable
    return tuple(sorted(item["UserName"] for item in items))


async def roles(caller: Caller) -> tuple[Role, ...] | Unreadable:
    """Every role, by name, without trust policies (ListRoles)."""
    try:
        items = await marked(caller, ApiCall(LIST_ROLES, {}), 1000)
    except CallFailed as failure:
        return failure.unreadable
    return tuple(sorted((parse_fact(Role, item) for item in items), key=lambda role: role.role_name))


async def role(caller: Caller, name: str) -> Role | Unreadable | None:
    """One role with its trust policy (GetRole), or None where there is no such role."""

    def valid(body: Body) -> str | None:
        if wrong := _is_about(body, "Role", name):
            return wrong
        trusts = isinstance(body["Role"].get("AssumeRolePolicyDocument"), str)
        return None if trusts else "the role has no trust policy"

    try:
        body = await caller(ApiCall(GET_ROLE, {"RoleName": name}, subject=name), valid)
    except CallFailed as failure:
        return None if failure.kind == "absent" else failure.unreadable
    return parse_fact(Role, body["Role"])


def contradicted_role(caller: Caller, name: str) -> Unreadable:
    """The cause for a role that is listed and that GetRole does not find."""
    call = ApiCall(GET_ROLE, {"RoleName": name}, subject=name)
    return caller.incomplete_list(call, "Incomplete", "the role is listed, but not found").unreadable


async def custom_policies(caller: Caller) -> tuple[PolicyRef, ...] | Unreadable:
    """Every custom policy, by name, without documents (ListPolicies)."""
    return await _policies(caller, "Custom")


async def system_policies(caller: Caller) -> tuple[PolicyRef, ...] | Unreadable:
    """Every system policy, by name, without documents (ListPolicies)."""
    return await _policies(caller, "System")


async def _policies(caller: Caller, kind: PolicyType) -> tuple[PolicyRef, ...] | Unreadable:
    try:
        items = await marked(caller, ApiCall(LIST_POLICIES, {"PolicyType": kind}), 1000)
    except CallFailed as failure:
        return failure.unreadable
    return tuple(sorted(PolicyRef(kind, item["PolicyName"]) for item in items))


async def policy_versions(caller: Caller, ref: PolicyRef) -> tuple[PolicyVersion, ...] | Unreadable:
    """Every version of a custom policy with its document: ListPolicyVersions has no pages."""

    def valid(body: Body) -> str | None:
        listed = body.get("PolicyVersions")
        versions = listed.get("PolicyVersion") if isinstance(listed, dict) else None
        if not isinstance(versions, list) or not all(isinstance(version, dict) for version in versions):
            return "the answer has no list of versions"
        defaults = [version for version in versions if version.get("IsDefaultVersion") is True]
        return None if len(defaults) == 1 else "the answer does not show one default version"

    params = {"PolicyName": ref.policy_name, "PolicyType": ref.policy_type}
    try:
        body = await caller(ApiCall(LIST_POLICY_VERSIONS, params, subject=str(ref)), valid)
    except CallFailed as failure:
        return failure.unreadable
    return tuple(parse.policy_version(version) for version in body["PolicyVersions"]["PolicyVersion"])


async def policy_if_any(caller: Caller, ref: PolicyRef) -> Policy | None:
    """A policy that nothing is known to be attached to, None where it does not exist."""
    read = await _policy(caller, ref)
    return read if isinstance(read, Policy) else None


async def policy(caller: Caller, ref: PolicyRef) -> Policy:
    """A policy that is listed, with its effective document (GetPolicy).

    The document is `Unreadable` where it could not be read.
    """
    read = await _policy(caller, ref)
    if isinstance(read, Policy):
        return read
    call = ApiCall(GET_POLICY, {}, subject=str(ref))
    failure = caller.incomplete_list(call, read.unreadable.code, "the policy is listed, but not found")
    return Policy(ref.policy_type, ref.policy_name, policy_document=failure.unreadable)


async def _policy(caller: Caller, ref: PolicyRef) -> Policy | CallFailed:
    """A policy with its effective document, or the answer that it does not exist."""

    def valid(body: Body) -> str | None:
        if wrong := _is_about(body, "Policy", ref.policy_name):
            return wrong
        if text(body["Policy"], "PolicyType") not in ("", ref.policy_type):
            return "the answer is about a policy of another type"
        version = body.get("DefaultPolicyVersion")
        if not isinstance(version, dict) or not isinstance(version.get("PolicyDocument"), str):
            return "the answer has no policy document"
        return (
            "the document is not that of the default version"
            if version.get("IsDefaultVersion") is False
            else None
        )

    params = {"PolicyName": ref.policy_name, "PolicyType": ref.policy_type}
    call = ApiCall(GET_POLICY, params, subject=str(ref))
    try:
        body = await caller(call, valid)
    except CallFailed as failure:
        if failure.kind == "absent":
            return failure
        return Policy(ref.policy_type, ref.policy_name, policy_document=failure.unreadable)
    return parse_fact(
        Policy,
        body["Policy"],
        policy_type=ref.policy_type,
        policy_name=ref.policy_name,
        policy_document=body["DefaultPolicyVersion"]["PolicyDocument"],
    )
