"""The policies of RAM users and roles as entries of a configuration; principals with the same permissions share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..checks import CHECKS
from ..checks.console import CONSOLE_ACTIONS
from ..checks.pass_role import passable_roles
from ..checks.support.case import Case
from ..checks.support.documents import document_found
from ..config.model import UserIntent
from ..globs import any_glob_matches
from ..inventory.facts import PolicyRef, Role, Unreadable, read_or_empty
from ..inventory.grants import Grant, PrincipalGrants
from ..policy.authorization import PASS_ROLE, Call
from ..policy.escalation import Identity, Reached
from ..policy.escalation.model import ANY_PERMISSION, PASSING
from ..policy.patterns import TooManyPatterns, uncovered
from ..policy.relevance import may_concern_eci
from .permissions import Permissions
from .yaml_text import is_plain_name, is_policy, round_trips

GROUP_PREFIX = "group/"
"""The prefix of a RAM group in `match`."""
_CONFINED = next(check for check in CHECKS if check.id == "user-resource-groups")


@dataclass(frozen=True)
class PrincipalEntry:
    """An entry of `users` or `roles`: `match` as it is written, and the names that it matches."""

    match: tuple[str, ...]
    names: tuple[str, ...]
    permissions: Permissions


@dataclass(frozen=True)
class PrincipalEntries:
    """The entries of users or of roles.

    `without` are the principals without anything to judge, `unwritable` those whose names are globs, and `unread`
    the calls that failed.
    """

    entries: tuple[PrincipalEntry, ...] = ()
    without: tuple[str, ...] = ()
    unwritable: tuple[str, ...] = ()
    unread: tuple[Unreadable, ...] = field(default=())


def users(case: Case) -> PrincipalEntries:
    """The entries of all RAM users: the policies of a RAM group are written once for all members.

    Policies that do not concern ECI are left out (`grants: eci`).
    """
    listed = case.inventory.users
    if isinstance(listed, Unreadable):
        return PrincipalEntries(unread=(listed,))
    names = [user.user_name for user in listed]
    writable = [name for name in names if is_plain_name(name) and not name.startswith(GROUP_PREFIX)]
    by_user = {
        name: with_reach(case, Identity("user", name), _permissions_of_user(case, case.grants.user(name)))
        for name in writable
    }
    unconfined = _unconfined(case, by_user)
    groups = tuple(_groups(case, by_user, unconfined))
    return PrincipalEntries(
        _user_entries(by_user, groups, unconfined),
        tuple(name for name, permissions in by_user.items() if permissions.is_empty),
        tuple(sorted(set(names) - set(writable))),
        tuple(dict.fromkeys(gap.cause for gap in case.inventory.attachments.gaps)),
    )


@dataclass(frozen=True)
class _Group:
    """A RAM group, its members, and the permissions that they have through it."""

    name: str
    members: frozenset[str]
    permissions: Permissions


def _user_entries(
    by_user: Mapping[str, Permissions], groups: tuple[_Group, ...], unconfined: frozenset[str]
) -> tuple[PrincipalEntry, ...]:
    entries: dict[Permissions, tuple[list[str], set[str]]] = {}
    for group in groups:
        match, names = entries.setdefault(group.permissions, ([], set()))
        match.append(f"{GROUP_PREFIX}{group.name}")
        names.update(group.members)
    for name, permissions in by_user.items():
        own = permissions.minus(group.permissions for group in groups if name in group.members)
        own = own.account_wide() if name in unconfined else own
        if not own.is_empty:
            match, names = entries.setdefault(own, ([], set()))
            match.append(name)
            names.add(name)
    return _ordered(
        PrincipalEntry(tuple(match), tuple(sorted(names)), permissions)
        for permissions, (match, names) in entries.items()
    )


def _groups(case: Case, by_user: Mapping[str, Permissions], unconfined: frozenset[str]) -> Iterator[_Group]:
    """The RAM groups that get an entry: those whose entry is true of every member."""
    groups = case.inventory.groups
    for group in read_or_empty(groups):
        members = read_or_empty(group.members)
        if not members or not is_plain_name(group.group_name):
            continue
        permissions = _permissions_of_user(case, _grants_of_group(case, group.group_name))
        console_for_all = all(by_user[name].console for name in members if name in by_user)
        permissions = replace(permissions, console=permissions.console and console_for_all)
        permissions = _with_common_reach(permissions, [by_user[name] for name in members if name in by_user])
        is_confined = not (permissions.resource_groups and unconfined.intersection(members))
        if not permissions.is_empty and is_confined:
            yield _Group(group.group_name, frozenset(members), permissions)


def _grants_of_group(case: Case, name: str) -> PrincipalGrants:
    """The grants of a RAM group to its members."""
    return PrincipalGrants(
        tuple(
            Grant(attachment.ref, attachment.resource_group_id)
            for attachment in case.inventory.attachments.items
            if attachment.principal_type == "IMSGroup" and attachment.principal_name == name
        )
    )


def roles(case: Case, in_use: Iterable[str]) -> PrincipalEntries:
    """The entries of the roles that instances use, by their names in RAM, with all their policies."""
    by_permissions: dict[Permissions, list[str]] = {}
    unwritable, missing = [], []
    for used in in_use:
        role = case.role(used)
        if isinstance(role, Unreadable):
            missing.append(role)
        elif isinstance(role, Role):
            name = role.role_name
            if is_plain_name(name) and "/" not in name:
                permissions = _permissions(case, case.grants.role(name), judged_only=False)
                permissions = with_reach(case, Identity("role", name), permissions)
                names = by_permissions.setdefault(permissions, [])
                names += [name] if name not in names else []
            else:
                unwritable.append(name)
    entries = [
        PrincipalEntry(tuple(sorted(names)), tuple(names), permissions)
        for permissions, names in by_permissions.items()
    ]
    return PrincipalEntries(_ordered(entries), (), tuple(sorted(unwritable)), tuple(dict.fromkeys(missing)))


def _ordered(entries: Iterable[PrincipalEntry]) -> tuple[PrincipalEntry, ...]:
    """The entries that match the most principals first."""
    return tuple(sorted(entries, key=lambda entry: (-len(entry.names), entry.match)))


def _permissions_of_user(case: Case, grants: PrincipalGrants) -> Permissions:
    permissions = _permissions(case, grants, judged_only=True)
    principal = case.access.holder(grants)
    decisions = (case.access.decide_call(principal, Call(action)) for action in CONSOLE_ACTIONS)
    return replace(permissions, console=all(decision.outcome == "allowed" for decision in decisions))


def _permissions(case: Case, grants: PrincipalGrants, *, judged_only: bool) -> Permissions:
    account: set[str] = set()
    groups: dict[str, set[str]] = {}
    for grant in grants.held:
        policy = str(grant.policy)
        if not (is_policy(policy) and _is_described(case, grant.policy, judged_only=judged_only)):
            continue
        if grant.resource_group_id is None:
            account.add(policy)
        elif is_plain_name(grant.resource_group_id):
            groups.setdefault(grant.resource_group_id, set()).add(policy)
    by_group = ((group, tuple(sorted(names))) for group, names in sorted(groups.items()))
    pass_roles, uncertain = _pass_roles(case, grants)
    return Permissions(tuple(sorted(account)), tuple(by_group), pass_roles, pass_roles_uncertain=uncertain)


def with_reach(case: Case, identity: Identity, permissions: Permissions) -> Permissions:
    """The permissions with what the identity reaches by privilege escalation, but for the roles that it may pass."""
    reached = [
        target
        for target in case.access.escalation.reach(identity)
        if is_plain_name(target.name) and not _is_passed(target, permissions.pass_roles)
    ]
    # Any permission includes every other target.
    reached = [target for target in reached if target.name == ANY_PERMISSION and target.certain] or reached
    return replace(
        permissions,
        may_reach=tuple(sorted(target.name for target in reached)),
        may_reach_uncertain=tuple(sorted(target.name for target in reached if not target.certain)),
    )


def _is_passed(target: Reached, pass_roles: Iterable[str]) -> bool:
    """Whether it is a role that is reached only by passing it, as `pass_roles` intends."""
    kind, _, name = target.name.partition("/")
    if kind != "role":
        return False
    is_by_passing = all(path.steps and path.steps[-1].step in PASSING for path in target.paths)
    return is_by_passing and any_glob_matches(pass_roles, name)


def _with_common_reach(group: Permissions, members: Sequence[Permissions]) -> Permissions:
    """The permissions of a group with what every member reaches."""
    common = set.intersection(*(set(member.may_reach) for member in members)) if members else set()
    uncertain = common & {target for member in members for target in member.may_reach_uncertain}
    if group.is_empty:
        return group
    return replace(group, may_reach=tuple(sorted(common)), may_reach_uncertain=tuple(sorted(uncertain)))


def _pass_roles(case: Case, grants: PrincipalGrants) -> tuple[tuple[str, ...], bool]:
    """Globs of the roles that may be passed to an instance, and whether that is uncertain for some of them."""
    passable = passable_roles(case.access.holder(grants).naming(PASS_ROLE), case.access.account)
    allowed, doubtful = (
        {glob for _, globs in part for glob in globs if _is_left(glob, passable.denied)}
        for part in (passable.allowed, passable.doubtful)
    )
    globs = allowed | doubtful
    writable = {"*"} if "*" in globs else {glob for glob in globs if round_trips(glob)}
    return tuple(sorted(writable)), not doubtful <= allowed and "*" not in allowed


def _is_left(glob: str, denied: Iterable[str]) -> bool:
    """Whether a glob matches the name of a role that no Deny certainly covers."""
    try:
        return uncovered([glob], [*denied, ""]) is not None
    except TooManyPatterns:
        return True


def _is_described(case: Case, policy: PolicyRef, *, judged_only: bool) -> bool:
    """Whether a policy belongs into the configuration: a policy that could not be read does not."""
    document = document_found(case.inventory, policy)
    return not isinstance(document, Unreadable) and (not judged_only or may_concern_eci(document))


def _unconfined(case: Case, by_user: Mapping[str, Permissions]) -> frozenset[str]:
    """The users with policies on resource groups who are not proven to be confined to these groups."""
    by_permissions: dict[Permissions, list[str]] = {}
    for name, permissions in by_user.items():
        if permissions.resource_groups:
            by_permissions.setdefault(permissions, []).append(name)
    if not by_permissions:
        return frozenset()
    entries = tuple(
        UserIntent(
            match=tuple(names),
            policies=permissions.policies,
            resource_groups=dict(permissions.resource_groups),
        )
        for permissions, names in by_permissions.items()
    )
    tested = replace(case, intent=case.intent.model_copy(update={"users": entries}))
    confined = {finding.resource.id for finding in _CONFINED.evaluate(tested) if finding.outcome == "passed"}
    return frozenset(name for names in by_permissions.values() for name in names if name not in confined)
