"""What RAM users and roles hold, as entries of a configuration: those who hold the same share one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ..checks import CHECKS
from ..checks.console import CONSOLE_ACTIONS
from ..checks.pass_role import passable_roles
from ..checks.support.case import Case
from ..checks.support.documents import document_found
from ..config.model import UserIntent
from ..inventory.facts import PolicyRef, Role, Unreadable
from ..inventory.grants import Grant, PrincipalGrants
from ..policy.authorization import PASS_ROLE, Call
from ..policy.patterns import TooManyPatterns, uncovered
from ..policy.relevance import may_concern_eci
from .yaml_text import is_plain_name, is_policy, round_trips

ByGroup: TypeAlias = "tuple[tuple[str, tuple[str, ...]], ...]"

GROUP = "group/"
_CONFINED = next(one for one in CHECKS if one.id == "user-resource-groups")


@dataclass(frozen=True)
class Holds:
    """What principals hold of what can be written: account-wide, and by the id of a resource group.

    `wide` are policies that are written account-wide although they are held on resource groups alone: their
    holders act in other groups too. `doubtful` says that what they may pass is not certain.
    """

    policies: tuple[str, ...] = ()
    resource_groups: ByGroup = ()
    pass_roles: tuple[str, ...] = ()
    console: bool = False
    doubtful: bool = False
    wide: ByGroup = ()

    @property
    def nothing(self) -> bool:
        return self == Holds()

    def beyond(self, others: Iterable[Holds]) -> Holds:
        """The rest of it, less what the others hold."""
        known = tuple(others)
        given = {(group, name) for one in known for group, some in one.resource_groups for name in some}
        by_group = (
            (group, tuple(name for name in some if (group, name) not in given))
            for group, some in self.resource_groups
        )
        lent = {glob for one in known for glob in one.pass_roles}
        rest = tuple(glob for glob in self.pass_roles if glob not in lent and "*" not in lent)
        return Holds(
            tuple(name for name in self.policies if all(name not in one.policies for one in known)),
            tuple((group, some) for group, some in by_group if some),
            rest,
            console=self.console and not any(one.console for one in known),
            doubtful=self.doubtful and bool(rest),
        )

    def everywhere(self) -> Holds:
        """The same, with what is held on resource groups written account-wide."""
        names = {name for _, some in self.resource_groups for name in some}
        policies = tuple(sorted(names.union(self.policies)))
        wide = (
            (group, tuple(one for one in some if one not in self.policies))
            for group, some in self.resource_groups
        )
        return replace(
            self,
            policies=policies,
            resource_groups=(),
            wide=tuple((group, some) for group, some in wide if some),
        )


@dataclass(frozen=True)
class Entry:
    """An entry of `users` or `roles`: `match` is as it is written, `names` are those whom it fits."""

    match: tuple[str, ...]
    names: tuple[str, ...]
    holds: Holds


@dataclass(frozen=True)
class People:
    """The entries, and who is in none: for they hold nothing to be judged, or because their names are globs."""

    entries: tuple[Entry, ...] = ()
    nothing: tuple[str, ...] = ()
    unwritable: tuple[str, ...] = ()
    unread: tuple[Unreadable, ...] = field(default=())


def users(case: Case) -> People:
    """Every RAM user: what comes through RAM groups is written once for all members, the rest for each user.

    Policies that have nothing to do with ECI are left out (`grants: eci`).
    """
    listed = case.inventory.users
    if isinstance(listed, Unreadable):
        return People(unread=(listed,))
    names = [one.user_name for one in listed]
    writable = [one for one in names if is_plain_name(one) and not one.startswith(GROUP)]
    holds = {name: _of_user(case, case.grants.user(name)) for name in writable}
    spread = _unconfined(case, holds)
    groups = tuple(_groups(case, holds, spread))
    entries: dict[Holds, tuple[list[str], set[str]]] = {}
    for group in groups:
        match, fits = entries.setdefault(group.holds, ([], set()))
        match.append(f"{GROUP}{group.name}")
        fits.update(group.members)
    for name, held in holds.items():
        rest = held.beyond(group.holds for group in groups if name in group.members)
        rest = rest.everywhere() if name in spread else rest
        if not rest.nothing:
            match, fits = entries.setdefault(rest, ([], set()))
            match.append(name)
            fits.add(name)
    return People(
        _ordered(Entry(tuple(match), tuple(sorted(fits)), held) for held, (match, fits) in entries.items()),
        tuple(name for name, held in holds.items() if held.nothing),
        tuple(sorted(set(names) - set(writable))),
        tuple(dict.fromkeys(gap.cause for gap in case.inventory.attachments.gaps)),
    )


@dataclass(frozen=True)
class _Group:
    """A RAM group: what its members hold through it."""

    name: str
    members: frozenset[str]
    holds: Holds


def _groups(case: Case, holds: Mapping[str, Holds], spread: frozenset[str]) -> Iterator[_Group]:
    """The RAM groups that an entry can speak of: it says of no member what is not so."""
    groups = case.inventory.groups
    for group in () if isinstance(groups, Unreadable) else groups:
        members = () if isinstance(group.members, Unreadable) else group.members
        if not members or not is_plain_name(group.group_name):
            continue
        held = _of_user(case, _through(case, group.group_name))
        works = all(holds[one].console for one in members if one in holds)
        held = replace(held, console=held.console and works)
        if not held.nothing and not (held.resource_groups and spread.intersection(members)):
            yield _Group(group.group_name, frozenset(members), held)


def _through(case: Case, name: str) -> PrincipalGrants:
    """What a RAM group gives to its members."""
    return PrincipalGrants(
        tuple(
            Grant(one.ref, one.resource_group_id)
            for one in case.inventory.attachments.items
            if one.principal_type == "IMSGroup" and one.principal_name == name
        )
    )


def roles(case: Case, in_use: Iterable[str]) -> People:
    """The roles that instances carry, by the names that RAM has for them: everything that they hold."""
    classes: dict[Holds, list[str]] = {}
    unwritable, missing = [], []
    for carried in in_use:
        role = case.role(carried)
        if isinstance(role, Unreadable):
            missing.append(role)
        elif isinstance(role, Role):
            name = role.role_name
            if is_plain_name(name) and "/" not in name:
                held = _held(case, case.grants.role(name), judged_only=False)
                some = classes.setdefault(held, [])
                some += [name] if name not in some else []
            else:
                unwritable.append(name)
    entries = [Entry(tuple(sorted(some)), tuple(some), held) for held, some in classes.items()]
    return People(_ordered(entries), (), tuple(sorted(unwritable)), tuple(dict.fromkeys(missing)))


def _ordered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """What most people hold comes first."""
    return tuple(sorted(entries, key=lambda one: (-len(one.names), one.match)))


def _of_user(case: Case, holdings: PrincipalGrants) -> Holds:
    held = _held(case, holdings, judged_only=True)
    holder = case.access.holder(holdings)
    decisions = (case.access.decide_call(holder, Call(action)) for action in CONSOLE_ACTIONS)
    return replace(held, console=all(one.outcome == "allowed" for one in decisions))


def _held(case: Case, holdings: PrincipalGrants, *, judged_only: bool) -> Holds:
    account: set[str] = set()
    groups: dict[str, set[str]] = {}
    for one in holdings.held:
        if not (is_policy(str(one.policy)) and _is_to_be_written(case, one.policy, judged_only=judged_only)):
            continue
        if one.resource_group_id is None:
            account.add(str(one.policy))
        elif is_plain_name(one.resource_group_id):
            groups.setdefault(one.resource_group_id, set()).add(str(one.policy))
    by_group = ((group, tuple(sorted(some))) for group, some in sorted(groups.items()))
    lent, doubtful = _lent(case, holdings)
    return Holds(tuple(sorted(account)), tuple(by_group), lent, doubtful=doubtful)


def _lent(case: Case, holdings: PrincipalGrants) -> tuple[tuple[str, ...], bool]:
    """Globs of the roles that may be passed to an instance, and whether some of them may not be."""
    found = passable_roles(case.access.holder(holdings).naming(PASS_ROLE), case.inventory.account_id)
    allowed, doubted = (
        {glob for _, some in part for glob in some if _is_left(glob, found.denied)}
        for part in (found.allowed, found.doubtful)
    )
    globs = allowed | doubted
    lent = {"*"} if "*" in globs else {glob for glob in globs if round_trips(glob)}
    return tuple(sorted(lent)), not doubted <= allowed and "*" not in allowed


def _is_left(glob: str, denied: Iterable[str]) -> bool:
    """Whether a glob fits the name of a role that is not plainly denied."""
    try:
        return uncovered([glob], [*denied, ""]) is not None
    except TooManyPatterns:
        return True


def _is_to_be_written(case: Case, policy: PolicyRef, *, judged_only: bool) -> bool:
    """Whether a policy is described: nobody can intend what could not be read."""
    document = document_found(case.inventory, policy)
    return not isinstance(document, Unreadable) and (not judged_only or may_concern_eci(document))


def _unconfined(case: Case, holds: Mapping[str, Holds]) -> frozenset[str]:
    """Who holds something on resource groups, and is not shown to be confined to these."""
    by_holds: dict[Holds, list[str]] = {}
    for name, held in holds.items():
        if held.resource_groups:
            by_holds.setdefault(held, []).append(name)
    if not by_holds:
        return frozenset()
    entries = tuple(
        UserIntent(match=tuple(names), policies=held.policies, resource_groups=dict(held.resource_groups))
        for held, names in by_holds.items()
    )
    asked = replace(case, intent=case.intent.model_copy(update={"users": entries}))
    shown = {one.resource.id for one in _CONFINED.evaluate(asked) if one.outcome == "passed"}
    return frozenset(name for names in by_holds.values() for name in names if name not in shown)
