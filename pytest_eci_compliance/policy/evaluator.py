"""The evaluator over one account: may a user make a call, and who can?

Policies are read once. Users who hold the same, and resources that no policy of the account can tell apart,
are decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import cached_property, lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, TypeVar

from ..inventory.facts import (
    ContainerGroup,
    EciResource,
    Group,
    ImageCache,
    Inventory,
    Policy,
    PolicyRef,
    Role,
    Unreadable,
    User,
    VirtualNode,
)
from ..inventory.grants import Grant, GrantIndex, PrincipalGrants
from ..inventory.kinds import KINDS
from .alike import AlikeToAccount, AlikeToPrincipal
from .authorization import PASS_ROLE, Account, Call, TagItems, Target
from .budget import Budget, OutOfBudget
from .choices import Free
from .condition_operators import moment
from .conditions import CURRENT_TIME, MFA_PRESENT, SOURCE_IP
from .decision import AccessDecision, Outcome, Principal, out_of_budget
from .document import Document, parse, undecidable
from .eci_actions import eci_action
from .explain import explain
from .held_policies import Gap, HeldPolicy
from .ram_actions import RamAction, RamResource, ram_action
from .settings import Settings
from .worst_case import decide_whatever

if TYPE_CHECKING:
    from .escalation import Escalation, Identity, Path, Reached

ANY: Literal["any"] = "any"
Who: TypeAlias = "str | User | Role"
Paths: TypeAlias = Literal["direct", "any"]
"""Whether only what is held is judged, or everything that chains of escalation steps lead to."""
RamTarget: TypeAlias = "User | Group | Role | Policy | PolicyRef"
Named: TypeAlias = "EciResource | RamTarget | str | tuple[RamTarget | str, ...] | None"
"""What a call names: a recorded resource or its id; for RAM actions users, groups, roles and policies, as objects or
as `user/NAME`, `group/NAME`, `role/NAME`, `policy/NAME` or `policy/Custom/NAME`; for other actions an ARN."""
Key = TypeVar("Key")


@dataclass(frozen=True)
class Decision:
    """May it? `outcome` is `allowed`, `denied` or `undecidable`; undecidable is never allowed.

    `why` says it in words. `policy`, `statement` (counted from 1), `scope` (a resource group's id, None for
    the whole account) and `path` name the statement that decides; they are None where no single one does.
    `paths` are the chains of steps after which it is allowed, or may be, shortest first; only a decision with
    `paths="any"` has some. The statement is then that at the end of the first.
    """

    outcome: Outcome
    _verdict: AccessDecision = field(repr=False)
    _principal: Principal = field(repr=False, compare=False)
    paths: tuple[Path, ...] = field(default=(), repr=False)
    _exact: Callable[[], AccessDecision] | None = field(default=None, repr=False, compare=False)
    """The verdict on the very call, where `_verdict` is about another one with the same outcome."""

    @property
    def why(self) -> str:
        end = explain(self._exact_verdict(), self._principal)
        if not self.paths or not self.paths[0].steps:
            return end
        count = len(self.paths[0].steps)
        return f"in {count} step{'s' if count > 1 else ''}: {self.paths[0]} → {end}"

    @property
    def reason(self) -> str:
        """The same without the action, where it is the call's: "allowed by statement 1 of …"."""
        action = self._verdict.call.action
        return self.why.removeprefix(f"{action} is ").removeprefix(f"{action} ")

    def _exact_verdict(self) -> AccessDecision:
        try:
            return self._verdict if self._exact is None else self._exact()
        except OutOfBudget:
            return self._verdict

    @property
    def policy(self) -> str | None:
        return None if self._verdict.ground is None else self._verdict.ground.grant.policy

    @property
    def statement(self) -> int | None:
        return None if self._verdict.ground is None else self._verdict.ground.statement.index

    @property
    def scope(self) -> str | None:
        return None if self._verdict.ground is None else self._verdict.ground.grant.scope

    @property
    def path(self) -> str | None:
        return None if self._verdict.ground is None else self._verdict.ground.grant.path

    @property
    def is_out_of_budget(self) -> bool:
        """Whether it is undecidable only because of the work that it would take."""
        return self._verdict.is_out_of_budget

    def __str__(self) -> str:
        return f"{self.outcome}: {self.why}"

    def __bool__(self) -> bool:
        """Raises TypeError: a decision has three values, and a denied one would be true."""
        raise TypeError(
            "a decision has three values: compare its `outcome`, as in decision.outcome == 'denied'"
        )


def undecidable_decision(principal: Principal, call: Call, why: str) -> Decision:
    """A decision that was not reached, and why."""
    return Decision("undecidable", out_of_budget(call, OutOfBudget(why)), principal)


class UserDecision(NamedTuple):
    user: User
    decision: Decision


class NotRecorded(LookupError):  # noqa: N818 - says what is the matter
    """A user, role, resource or group that the account is shown not to have, or a list that could not be read."""


class Access:
    """The evaluator of RAM policies over the recorded grants of one account.

    `default_resource_group` is the id or name of the default group; else it is the group named `default`. `budget`
    bounds the work of its decisions, `settings` are what the owner of the account settles.
    """

    def __init__(
        self,
        inventory: Inventory,
        default_resource_group: str | None = None,
        budget: Budget | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._inventory = inventory
        self._settings = settings or Settings()
        self._budget = budget or Budget()
        self._grants = GrantIndex(inventory)
        self.account = self._as_account(default_resource_group)
        self._documents: dict[PolicyRef, Document] = {}
        self._held: dict[Grant, HeldPolicy] = {}
        self._principals: dict[PrincipalGrants, Principal] = {}
        self._verdicts: dict[tuple[Principal, Call], Decision] = {}
        self._whatever: dict[tuple[Principal, Call, Free], Decision] = {}
        self._who: dict[tuple[Call, Paths], tuple[UserDecision, ...]] = {}
        ceiling = self.account.control_policies
        self._same = AlikeToAccount(inventory, ceiling if isinstance(ceiling, tuple) else ())
        self._alike: dict[Principal, AlikeToPrincipal] = {}
        self._targets: dict[tuple[str, str, str], Target] = {}
        self._resources = {
            resource.id: resource
            for listings in inventory.listings.values()
            for listing in listings
            if not isinstance(listing.items, Unreadable)
            for resource in (*listing.items, *listing.later)
        }

    def decide(  # noqa: PLR0913 - a call has that many parts
        self,
        user: Who,
        action: str,
        resource: Named = None,
        request_tags: Mapping[str, str] | None = None,
        resource_group: str | None = None,
        *,
        ram_role: str | None = None,
        source_ip: str | None = None,
        mfa: bool | None = None,
        time: datetime | str | None = None,
        paths: Paths = "direct",
    ) -> Decision:
        """Whether a user (a name, a `User` or a `Role`) may make a call.

        `action` is as policies name it (`eci:DeleteContainerGroup`), `resource` the recorded resource (or
        its id) that the call names; for ram:PassRole the role or its name; for actions of RAM, STS and
        ResourceManager the user, group, role or policy, or a tuple of them where the action is authorised on
        several (`(user, policy)` for ram:AttachPolicyToUser); for actions of other services an ARN.
        `request_tags` are the tags that the call carries, `resource_group` the id or name of the group
        that it names, `ram_role` the role that an instance is created with. `source_ip`, `mfa` and `time`
        are what is known of the caller; what is not stated is not assumed. `paths="any"` decides what the
        user can do in the end, by any chain of escalation steps: `allowed` where a certain chain leads to an
        identity that is allowed the call, `denied` where no chain does.

        Raises `NotRecorded` for a user, a resource or the name of a group that the account is shown not to have,
        and ValueError for what is no action (wildcards are not taken), no address or no time, and for a resource
        of a kind that the action is not about.
        """
        call = self.call(action, resource, request_tags, resource_group, ram_role=ram_role)
        call = replace(call, caller=caller(source_ip, mfa, time))
        direct = self.decide_call(self.principal(user), call)
        return direct if paths == "direct" else self._in_the_end(_identity(user), call, direct)

    def _in_the_end(self, identity: Identity, call: Call, direct: Decision) -> Decision:
        reach = self.escalation.reaches(identity, call)
        if reach.outcome == "no":
            return direct
        return replace(
            reach.decisions[0],
            outcome="allowed" if reach.outcome == "yes" else "undecidable",
            paths=reach.paths,
        )

    def reach(self, identity: Who) -> tuple[Reached, ...]:
        """What a user (a name, a `User` or a `Role`) reaches by escalation: roles and users that it comes to act
        as, groups that it joins, policies that it gets, or any permission, each with its shortest path.

        Raises `NotRecorded` for a name that no recorded user has.
        """
        self.principal(identity)
        return self.escalation.reach(_identity(identity))

    def who_can(
        self,
        action: str,
        resource: Named = None,
        request_tags: Mapping[str, str] | None = None,
        resource_group: str | None = None,
        *,
        paths: Paths = "direct",
    ) -> tuple[UserDecision, ...]:
        """The users who may make a call, and those of whom it cannot be decided, each with the decision.

        With `paths="any"` these are the users who can in the end, by any chain of escalation steps.

        Raises `NotRecorded` where the users could not be listed, and what `decide` raises.
        """
        call = self.call(action, resource, request_tags, resource_group)
        decisions = self._who.get((call, paths))
        if decisions is None:
            decisions = self._who_can(call) if paths == "direct" else self._who_can_in_the_end(call)
            self._who[call, paths] = decisions
        return decisions

    def _who_can_in_the_end(self, call: Call) -> tuple[UserDecision, ...]:
        decisions = (
            UserDecision(user, self._in_the_end(_identity(user), call, self.decide_call(principal, call)))
            for user, principal in self._users
        )
        return tuple(entry for entry in decisions if entry.decision.outcome != "denied")

    def _who_can(self, call: Call) -> tuple[UserDecision, ...]:
        users = self._users
        decisions = {
            principal: self.decide_call(principal, call)
            for principal in dict.fromkeys(principal for _, principal in users)
        }
        possible = {
            principal: decision for principal, decision in decisions.items() if decision.outcome != "denied"
        }
        return tuple(
            UserDecision(user, possible[principal]) for user, principal in users if principal in possible
        )

    def call(
        self,
        action: str,
        resource: Named = None,
        request_tags: Mapping[str, str] | None = None,
        resource_group: str | None = None,
        *,
        ram_role: str | None = None,
    ) -> Call:
        """The call, with what is recorded of the resource that it names."""
        _refuse_no_action(action)
        tags = tuple(sorted((request_tags or {}).items()))
        group = resource_group and self.group_id(resource_group)
        if eci_action(action) is not None:
            target = None if resource is None else self._target(resource, action)
            return Call(action, target, tags, group, ram_role)
        if action.lower() == PASS_ROLE.lower():
            name = resource.role_name if isinstance(resource, Role) else resource
            return Call(action, role=name if isinstance(name, str) else ram_role)
        row = ram_action(action)
        if row is not None and not (isinstance(resource, str) and resource.startswith("acs:")):
            return Call(action, ram=_ram_resource(row, resource))
        return Call(action, arn=resource if isinstance(resource, str) else None)

    def decide_call(self, principal: Principal, call: Call) -> Decision:
        """The decision on a call, remembered."""
        alike = self._alike_to(principal, call)
        decision = self._verdicts.get((principal, alike))
        if decision is None:
            decision = self._remember(self._verdicts, (principal, alike), principal.decide(alike), principal)
        return decision if alike is call else replace(decision, _exact=lambda: principal.judge(call))

    def decide_whatever(self, principal: Principal, call: Call, free: Free) -> Decision:
        """The worst decision over every value that could matter of what is free in the call, remembered."""
        alike = self._alike_to(principal, call)
        decision = self._whatever.get((principal, alike, free))
        if decision is None:
            verdict = decide_whatever(principal, alike, free)
            decision = self._remember(self._whatever, (principal, alike, free), verdict, principal)
        if alike is call:
            return decision
        return replace(decision, _exact=lambda: decide_whatever(principal, call, free))

    @staticmethod
    def _remember(
        memory: dict[Key, Decision], key: Key, verdict: AccessDecision, principal: Principal
    ) -> Decision:
        decision = Decision(verdict.outcome, verdict, principal)
        if not verdict.is_out_of_budget:
            memory[key] = decision
        return decision

    def _alike_to(self, principal: Principal, call: Call) -> Call:
        """A call that the principal's statements cannot tell apart from this one."""
        if call.target is None or call.group is not None:
            return call
        targets = self._alike.get(principal)
        if targets is None:
            targets = self._alike[principal] = AlikeToPrincipal(principal)
        target = targets.representative(call.target)
        return call if target == call.target else replace(call, target=target)

    def principal(self, who: Who) -> Principal:
        """What a user or a role holds. Raises `NotRecorded` for a name that no recorded user has."""
        if isinstance(who, Role):
            return self.holder(self._grants.role(who.role_name))
        if isinstance(who, User):
            return self.holder(self._grants.user(who.user_name))
        users = self._inventory.users
        if not isinstance(users, Unreadable) and all(user.user_name != who for user in users):
            raise NotRecorded(f"the account has no RAM user {who!r}")
        return self.holder(self._grants.user(who))

    def group_id(self, written: str) -> str:
        """The id of a resource group, given its id or name.

        Raises `NotRecorded` for an id or a name that no recorded group has, for a name that several have, and for
        a name where the groups could not be listed.
        """
        group_id = self._group_id(written)
        if group_id is None:
            raise NotRecorded(
                f"it is not known which resource group {written!r} is: write the id of a group that exists"
            )
        return group_id

    def _group_id(self, written: str) -> str | None:
        """`rg-…` is an id only; one that the complete list of groups lacks is a mistake."""
        groups = self._inventory.resource_groups
        if isinstance(groups, Unreadable):
            return written if written.startswith("rg-") else None
        if any(group.id == written for group in groups):
            return written
        named = [group.id for group in groups if group.name == written and not written.startswith("rg-")]
        return named[0] if len(named) == 1 else None

    @cached_property
    def escalation(self) -> Escalation:
        """What the identities of the account reach by chains of steps."""
        from .escalation import Escalation  # noqa: PLC0415 - it imports this module

        return Escalation(self._inventory, self)

    @property
    def budget(self) -> Budget:
        """What bounds the work of its decisions."""
        return self._budget

    @property
    def tells_regions_apart(self) -> bool:
        """Whether a policy of the account allows or denies ECI calls by region."""
        return self._same.by_region

    @cached_property
    def _users(self) -> tuple[tuple[User, Principal], ...]:
        users = self._inventory.users
        if isinstance(users, Unreadable):
            raise NotRecorded(f"the users could not be listed: {users.call} answered {users.code}")
        return tuple((user, self.principal(user)) for user in users)

    def _as_account(self, written: str | None) -> Account:
        # Every account has a default group (section 3): where none, or several, can be meant, it is not known.
        return Account(
            self._inventory.account_id,
            self._group_id(written or "default"),
            self._settings.answers,
            self._settings.ceiling(),
        )

    def holder(self, holdings: PrincipalGrants) -> Principal:
        principal = self._principals.get(holdings)
        if principal is None:
            gaps = [
                Gap(
                    f"grants that could not be read ({gap.cause.call}: {gap.cause.code})",
                    gap.scope != "resource_group",
                    gap.scope != "account",
                    gap.cause,
                )
                for gap in holdings.gaps
            ]
            principal = Principal(map(self.grant, holdings.held), self.account, gaps, self._budget)
            self._principals[holdings] = principal
        return principal

    def grant(self, held: Grant) -> HeldPolicy:
        """The policy as it is held: the same object for every principal that holds it alike."""
        if held not in self._held:
            self._held[held] = self._held_policy(held)
        return self._held[held]

    def _held_policy(self, held: Grant) -> HeldPolicy:
        policy = self._inventory.policies.get(held.policy)
        text = (
            Unreadable("ram:GetPolicy", "NotRead", subject=str(held.policy))
            if policy is None
            else policy.policy_document
        )
        path = "directly" if held.group is None else f"through group {held.group}"
        unread = text if isinstance(text, Unreadable) else None
        document = (
            self._document(held.policy, text)
            if isinstance(text, str)
            else undecidable(f"its document could not be read ({text.code})")
        )
        return HeldPolicy(str(held.policy), document, held.resource_group_id, path, unread)

    def _document(self, ref: PolicyRef, text: str) -> Document:
        if ref not in self._documents:
            self._documents[ref] = parse(text)
        return self._documents[ref]

    def _target(self, resource: Named, action: str) -> Target:
        if isinstance(resource, str):
            resource = self._recorded(resource)
        if isinstance(resource, Role):
            raise ValueError(f"{action} is not about a RAM role")  # noqa: TRY004 - no type is wrong
        if not isinstance(resource, (ContainerGroup, ImageCache, VirtualNode)):
            raise ValueError(f"{action} is about ECI resources only")  # noqa: TRY004 - no type is wrong
        row, kind = eci_action(action), KINDS[resource.kind].arn_kind
        if row is not None and row.id != "no" and row.kind not in (kind, "any"):
            raise ValueError(f"{action} is not about a resource of the kind {resource.kind}")
        return self.target(resource)

    def target(self, resource: EciResource) -> Target:
        """What policies can see of a resource; the same object for resources that they cannot tell apart."""
        key = (resource.kind, resource.region_id, resource.id)
        if key not in self._targets:
            self._targets[key] = self._same.representative(resource)
        return self._targets[key]

    def _recorded(self, id_: str) -> EciResource:
        if id_ not in self._resources:
            raise NotRecorded(f"no recorded instance, image cache or virtual node has the id {id_!r}")
        return self._resources[id_]


def _identity(who: Who) -> Identity:
    from .escalation import Identity  # noqa: PLC0415 - it imports this module

    if isinstance(who, Role):
        return Identity("role", who.role_name)
    return Identity("user", who.user_name if isinstance(who, User) else who)


def _ram_resource(row: RamAction, resource: Named) -> RamResource:
    """The users, groups, roles and policies that a call names. Raises ValueError for what the action is not about."""
    named = resource if isinstance(resource, tuple) and not isinstance(resource, PolicyRef) else (resource,)
    parts = dict(_ram_part(row, part) for part in named if part is not None)
    if wrong := [kind for kind in parts if kind not in row.kinds]:
        raise ValueError(f"{row.action} is not about a {wrong[0]}")
    return RamResource(**parts)  # type: ignore[arg-type]


def _ram_part(row: RamAction, part: object) -> tuple[str, object]:
    if isinstance(part, User):
        return "user", part.user_name
    if isinstance(part, Group):
        return "group", part.group_name
    if isinstance(part, Role):
        return "role", part.role_name
    if isinstance(part, Policy):
        return "policy", part.ref
    if isinstance(part, PolicyRef):
        return "policy", part
    kind, slash, name = str(part).partition("/")
    if kind == "policy" and slash:
        return kind, PolicyRef.parse(name)
    if kind in ("user", "group", "role") and slash:
        return kind, name
    if len(row.kinds) == 1:
        return row.kinds[0], PolicyRef.parse(str(part)) if row.kinds == ("policy",) else str(part)
    raise ValueError(
        f"{row.action} names {' and '.join(row.kinds)}: write user/NAME, group/NAME, … for {part!r}"
    )


@lru_cache(maxsize=4096)
def _refuse_no_action(action: str) -> None:
    """Nobody is allowed what does not exist: a misspelt action would look like one that nobody can."""
    service, colon, name = action.partition(":")
    if not (service and colon and name) or {"*", "?"} & set(action):
        raise ValueError(
            f"{action!r} is no action: write one, as policies name it (eci:DeleteContainerGroup)"
        )
    if service.lower() == "eci" and eci_action(action) is None:
        raise ValueError(f"{action!r} is no ECI action of API version 2018-08-08")


def caller(source_ip: str | None, mfa: bool | None, time: datetime | str | None) -> TagItems:
    """The stated condition keys of the caller; a time without an offset is in UTC. Raises ValueError."""
    if isinstance(time, datetime):
        time = (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).isoformat()
    if source_ip is not None:
        ip_address(source_ip)
    if time is not None and moment(time) is None:
        raise ValueError(f"{time!r} is no time: write it as 2026-12-31T08:00:00Z")
    stated = {
        SOURCE_IP: source_ip,
        MFA_PRESENT: None if mfa is None else str(mfa).lower(),
        CURRENT_TIME: time,
    }
    return tuple((key, value) for key, value in stated.items() if value is not None)
