"""The evaluator over one account: may a user make a call, and who can?

Policies are read once. Users who hold the same, and resources that no policy of the account can tell apart,
are decided once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ..inventory.facts import EciResource, Inventory, Role, Unreadable, User
from ..inventory.grants import Grant, GrantIndex, PrincipalGrants
from .account_holdings import AccountHoldings
from .alike import AlikeToPrincipal
from .authorization import PASS_ROLE, Account, Call, Target
from .budget import Budget
from .call_arguments import (
    Named,
    NotRecorded,
    Paths,
    Who,
    caller,
    identity_of,
    ram_resource,
    refuse_unknown_action,
)
from .choices import Free
from .decision import AccessDecision, Principal
from .eci_actions import eci_action
from .held_policies import HeldPolicy
from .public_decision import Decision, UserDecision
from .ram_actions import ram_action
from .recorded_resources import RecordedResources, resource_group_id
from .settings import Settings
from .worst_case import decide_whatever

if TYPE_CHECKING:
    from .escalation import Escalation, Identity, Reached

Key = TypeVar("Key")

__all__ = ["Access", "Decision", "NotRecorded", "UserDecision"]


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
        self._holdings = AccountHoldings(inventory, self.account, self._budget)
        self._recorded = RecordedResources(inventory, self.account)
        self._verdicts: dict[tuple[Principal, Call], Decision] = {}
        self._whatever: dict[tuple[Principal, Call, Free], Decision] = {}
        self._who: dict[tuple[Call, Paths], tuple[UserDecision, ...]] = {}
        self._alike: dict[Principal, AlikeToPrincipal] = {}

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
        return direct if paths == "direct" else self._in_the_end(identity_of(user), call, direct)

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
        return self.escalation.reach(identity_of(identity))

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
            UserDecision(user, self._in_the_end(identity_of(user), call, self.decide_call(principal, call)))
            for user, principal in self._users
        )
        return tuple(entry for entry in decisions if entry.decision.outcome != "denied")

    def _who_can(self, call: Call) -> tuple[UserDecision, ...]:
        decisions = {
            principal: self.decide_call(principal, call)
            for principal in dict.fromkeys(principal for _, principal in self._users)
        }
        return tuple(
            UserDecision(user, decisions[principal])
            for user, principal in self._users
            if decisions[principal].outcome != "denied"
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
        refuse_unknown_action(action)
        tags = tuple(sorted((request_tags or {}).items()))
        group = resource_group and self.group_id(resource_group)
        if eci_action(action) is not None:
            target = None if resource is None else self._recorded.named(resource, action)
            return Call(action, target, tags, group, ram_role)
        if action.lower() == PASS_ROLE.lower():
            name = resource.role_name if isinstance(resource, Role) else resource
            return Call(action, role=name if isinstance(name, str) else ram_role)
        row = ram_action(action)
        if row is not None and not (isinstance(resource, str) and resource.startswith("acs:")):
            return Call(action, ram=ram_resource(row, resource))
        return Call(action, arn=resource if isinstance(resource, str) else None)

    def decide_call(self, principal: Principal, call: Call) -> Decision:
        """The decision on a call, remembered."""
        alike = self._alike_to(principal, call)
        decision = self._verdicts.get((principal, alike))
        if decision is None:
            decision = self._remember(self._verdicts, (principal, alike), principal.decide(alike), principal)
        return decision if alike is call else replace(decision, _exact=lambda: principal.judge(call))

    def remembers(self, principal: Principal, call: Call) -> bool:
        """Whether the decision on a call, or on one that the principal's statements cannot tell apart, was made."""
        return (principal, self._alike_to(principal, call)) in self._verdicts

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
        group_id = resource_group_id(self._inventory, written)
        if group_id is None:
            raise NotRecorded(
                f"it is not known which resource group {written!r} is: write the id of a group that exists"
            )
        return group_id

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
        return self._recorded.tells_regions_apart

    @cached_property
    def _users(self) -> tuple[tuple[User, Principal], ...]:
        users = self._inventory.users
        if isinstance(users, Unreadable):
            raise NotRecorded(f"the users could not be listed: {users.call} answered {users.code}")
        return tuple((user, self.principal(user)) for user in users)

    def holder(self, holdings: PrincipalGrants) -> Principal:
        """The principal that holds these grants: the same object for the same grants."""
        return self._holdings.principal(holdings)

    def grant(self, grant: Grant) -> HeldPolicy:
        """The policy as it is held: the same object for every principal that holds it alike."""
        return self._holdings.policy(grant)

    def target(self, resource: EciResource) -> Target:
        """What policies can see of a resource; the same object for resources that they cannot tell apart."""
        return self._recorded.target(resource)

    def _as_account(self, written: str | None) -> Account:
        # Every account has a default group (section 3): where none, or several, can be meant, it is not known.
        return Account(
            self._inventory.account_id,
            resource_group_id(self._inventory, written or "default"),
            self._settings.answers,
            self._settings.ceiling(),
        )
