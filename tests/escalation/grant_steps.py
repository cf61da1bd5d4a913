"""Steps by which the attacker's identities gain permissions, or lose a Deny."""

from __future__ import annotations

import json

from tests.emulator import Credential, authorize
from tests.emulator.account import Attachment
from tests.emulator.readings import RAM_GRANT_ON_GROUP, settle
from tests.escalation import knowledge
from tests.escalation.knowledge import FULL_DOCUMENT
from tests.escalation.state import (
    MANAGER_TYPES,
    State,
    trust_text,
)
from tests.escalation.wire import Wire


class GrantSteps(Wire):
    """Each step method tries with one credential, and returns whether something is new."""

    def _rewrite_policies(self, state: State, identity: str, key: Credential) -> bool:
        if not self._may_try(state, identity, "ram:CreatePolicyVersion"):
            return False
        changed = False
        for name, scopes in self._custom_policies_held(state).items():
            if name in state.rewritten:
                continue
            version = {"PolicyDocument": json.dumps(FULL_DOCUMENT), "SetAsDefault": "true"}
            if self._call(key, "ram:CreatePolicyVersion", PolicyName=name, **version) is None:
                continue
            state.rewritten.add(name)
            changed = True
            if None in scopes or settle(self.readings, RAM_GRANT_ON_GROUP, helps=True):
                self._reach("any-permission", "rewrite-policy")
        return changed

    def _custom_policies_held(self, state: State) -> dict[str, set[str | None]]:
        """The custom policies that count for identities the attacker acts as, with the scopes they have there."""
        held: dict[str, set[str | None]] = {}
        for identity in state.keys:
            for attachment in knowledge.attachments_of(state.world, identity):
                if attachment.policy_type == "Custom":
                    held.setdefault(attachment.policy_name, set()).add(attachment.scope)
        return held

    def _attach_policies(self, state: State, identity: str, key: Credential) -> bool:
        actions = (
            "ram:AttachPolicyToUser",
            "ram:AttachPolicyToGroup",
            "ram:AttachPolicyToRole",
            "ram:AttachPolicy",
        )
        if not any(self._may_try(state, identity, action) for action in actions):
            return False
        changed = False
        for kind, name, policy_type, policy in self._attachable(state):
            policy_document = state.world.policies[policy_type, policy].document
            statements = authorize.statements(policy_document)
            if not knowledge.denies(statements) and self._attach(
                state, identity, key, kind, name, policy_type, policy
            ):
                changed = True
        return changed

    def _attachable(self, state: State) -> list[tuple[str, str, str, str]]:
        """(kind, name, type, policy) of each account-wide attachment that would be new for the attacker."""
        rows = []
        policies = self._worthwhile_policies(state)
        for kind, name in self._principals(state):
            held = {
                (row.policy_type, row.policy_name)
                for row in state.world.held.get((MANAGER_TYPES[kind], name), ())
                if row.scope is None
            }
            rows += [(kind, name, *policy) for policy in policies if policy not in held]
        return rows

    def _worthwhile_policies(self, state: State) -> list[tuple[str, str]]:
        """(type, name) of the policies that can add something: once one allows everything, only such ones."""
        policies = list(state.world.policies)
        if not any(self._is_full(state, identity) for identity in state.keys):
            return policies
        return [
            key
            for key in policies
            if knowledge.is_full(authorize.statements(state.world.policies[key].document))
        ]

    def _principals(self, state: State) -> list[tuple[str, str]]:
        """(kind, name) of the identities that the attacker acts as, and of the groups they are in."""
        pairs = [pair for identity in state.keys for pair in knowledge.principals_of(state.world, identity)]
        return list(dict.fromkeys(pairs))

    def _attach(
        self,
        state: State,
        identity: str,
        key: Credential,
        kind: str,
        name: str,
        policy_type: str,
        policy: str,
    ) -> bool:
        """Attach a policy on the account, with the API of RAM or that of ResourceManager."""
        is_gain = self._is_gain(state, kind, name, policy_type, policy)
        params = {"PolicyType": policy_type, "PolicyName": policy}
        action = f"ram:AttachPolicyTo{kind.capitalize()}"
        done = self._may_try(state, identity, action) and self._call(
            key, action, **params, **{f"{kind.capitalize()}Name": name}
        )
        if not isinstance(done, dict) and self._may_try(state, identity, "ram:AttachPolicy"):
            done = self._call(
                key, "resourcemanager:AttachPolicy", **params, **self._manager_principal(kind, name)
            )
        if not isinstance(done, dict):
            return False
        custom = policy_type == "Custom"
        target = f"policy/{'Custom/' if custom else ''}{policy}"
        if is_gain:
            self._reach("any-permission" if policy in state.created else target, "attach-policy")
        return True

    def _is_gain(self, state: State, kind: str, name: str, policy_type: str, policy: str) -> bool:
        """Whether somebody whom the attacker acts as would have the policy, and has it on the account in no other way.

        Attached to a user who has it through a group it gives nothing yet: it counts once the user leaves the group.
        """
        return any(
            (kind, name) in knowledge.principals_of(state.world, identity)
            and not any(
                row.scope is None and (row.policy_type, row.policy_name) == (policy_type, policy)
                for row in knowledge.attachments_of(state.world, identity)
            )
            for identity in state.keys
        )

    def _manager_principal(self, kind: str, name: str) -> dict[str, str]:
        return {
            "PrincipalType": MANAGER_TYPES[kind],
            "PrincipalName": f"{name}@example",
            "ResourceGroupId": self.account.account_id,
        }

    def _join_groups(self, state: State, identity: str, key: Credential) -> bool:
        if not self._may_try(state, identity, "ram:AddUserToGroup"):
            return False
        changed = False
        for user, group in self._joinable(state):
            if not self._group_denies(state, group):
                changed = self._join(state, identity, key, user, group) or changed
        return changed

    def _joinable(self, state: State) -> list[tuple[str, str]]:
        """(user, group) where the attacker acts as the user, who is not in the group."""
        users = [identity.partition("/")[2] for identity in state.keys if identity.startswith("user/")]
        return [
            (user, name)
            for name, group in state.world.groups.items()
            for user in users
            if user not in group.members
        ]

    def _group_denies(self, state: State, group: str) -> bool:
        return any(
            knowledge.denies(knowledge.statements_of(state.world, attachment))
            for attachment in state.world.held.get(("IMSGroup", group), ())
        )

    def _join(self, state: State, identity: str, key: Credential, user: str, group: str) -> bool:
        if self._call(key, "ram:AddUserToGroup", UserName=user, GroupName=group) is None:
            return False
        if group not in self.initial.groups_of.get(user, ()):  # back in a group that was left: no gain
            self._reach(f"group/{group}", "join-group")
        return True

    def _create_identities(self, state: State, identity: str, key: Credential) -> bool:
        """New users and roles. The steps of the next round act as them, and attach policies to them."""
        changed = False
        if self._may_try(state, identity, "ram:CreateUser"):
            for name in self.new_names["user"]:
                if (
                    name not in state.world.users
                    and self._call(key, "ram:CreateUser", UserName=name) is not None
                ):
                    state.created.add(name)
                    changed = True
        if self._may_try(state, identity, "ram:CreateRole"):
            services = ["ecs.aliyuncs.com"] if self.ways.contested else []
            trust = trust_text(self.account.account_id, services)
            for name in self.new_names["role"]:
                params = {"RoleName": name, "AssumeRolePolicyDocument": trust}
                if name not in state.world.roles and self._call(key, "ram:CreateRole", **params) is not None:
                    state.created.add(name)
                    changed = True
        return changed

    def _create_policies(self, state: State, identity: str, key: Credential) -> bool:
        if not self.ways.beyond or not self._may_try(state, identity, "ram:CreatePolicy"):
            return False
        changed = False
        for name in self.new_names["policy"]:
            params = {"PolicyName": name, "PolicyDocument": json.dumps(FULL_DOCUMENT)}
            if ("Custom", name) not in state.world.policies and self._call(key, "ram:CreatePolicy", **params):
                state.created.add(name)
                changed = True
        return changed

    def _lift_denies(self, state: State, identity: str, key: Credential) -> bool:
        """Detach policies and leave groups that only deny. Others are left in a branch."""
        actions = ("User", "Group", "Role")
        if not any(
            self._may_try(state, identity, action)
            for action in (
                "ram:DetachPolicy",
                "ram:RemoveUserFromGroup",
                *(f"ram:DetachPolicyFrom{kind}" for kind in actions),
            )
        ):
            return False
        changed = False
        for attachment in self._denying(state):
            if not self._allows_too(state, attachment):
                changed = self._detach(state, identity, key, attachment) or changed
        for user, group in self._memberships(state):
            attachments = state.world.held.get(("IMSGroup", group), ())
            if self._group_denies(state, group) and not any(
                self._allows_too(state, attachment) for attachment in attachments
            ):
                changed = self._leave(state, identity, key, user, group) or changed
        return changed

    def _denying(self, state: State) -> list[Attachment]:
        """The attachments of the attacker's identities, and of their groups, that hold a Deny."""
        attachments = [
            row for identity in state.keys for row in knowledge.attachments_of(state.world, identity)
        ]
        return [
            row
            for row in dict.fromkeys(attachments)
            if knowledge.denies(knowledge.statements_of(state.world, row))
        ]

    def _allows_too(self, state: State, attachment: Attachment) -> bool:
        return knowledge.allows(knowledge.statements_of(state.world, attachment))

    def _memberships(self, state: State) -> list[tuple[str, str]]:
        return [
            (user, group)
            for identity in state.keys
            for kind, user in [identity.split("/", 1)]
            if kind == "user"
            for group in state.world.groups_of.get(user, ())
        ]

    def _detach(self, state: State, identity: str, key: Credential, attachment: Attachment) -> bool:
        kind = "user" if attachment.user else "group" if attachment.group else "role"
        params = {"PolicyType": attachment.policy_type, "PolicyName": attachment.policy_name}
        action = f"ram:DetachPolicyFrom{kind.capitalize()}"
        if attachment.scope is None and self._may_try(state, identity, action):
            principal = {f"{kind.capitalize()}Name": attachment.principal}
            if self._call(key, action, **params, **principal) is not None:
                return True
        if not self._may_try(state, identity, "ram:DetachPolicy"):
            return False
        principal = self._manager_principal(kind, attachment.principal)
        principal["ResourceGroupId"] = attachment.scope or self.account.account_id
        return self._call(key, "resourcemanager:DetachPolicy", **params, **principal) is not None

    def _leave(self, state: State, identity: str, key: Credential, user: str, group: str) -> bool:
        return (
            self._may_try(state, identity, "ram:RemoveUserFromGroup")
            and self._call(key, "ram:RemoveUserFromGroup", UserName=user, GroupName=group) is not None
        )

    def _is_full(self, state: State, identity: str) -> bool:
        return any(
            attachment.scope is None and knowledge.is_full(knowledge.statements_of(state.world, attachment))
            for attachment in knowledge.attachments_of(state.world, identity)
        )
