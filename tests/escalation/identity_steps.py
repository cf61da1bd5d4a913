"""Steps by which the attacker comes to act as another identity."""

from __future__ import annotations

import json

from tests.emulator import Credential, outside
from tests.emulator.errors import ApiError
from tests.escalation import knowledge
from tests.escalation.state import (
    IMAGE,
    PASSWORD,
    State,
    instances_of,
    numbered_tags,
    session_key,
    statements_about_services,
    trust_text,
)
from tests.escalation.wire import Wire

SERVICES = ["ecs.aliyuncs.com", "fc.aliyuncs.com", "ros.aliyuncs.com", "oos.aliyuncs.com"]
"""The services that a new trust policy may name besides: they run code under a role."""


class IdentitySteps(Wire):
    """Each method tries one step with one credential, and returns whether something is new."""

    def _assume_roles(self, state: State, identity: str, key: Credential) -> bool:
        if not self._may_try(state, identity, "sts:AssumeRole"):
            return False
        changed = False
        for name in state.world.roles:
            if f"role/{name}" in state.keys:
                continue
            arn = f"acs:ram::{self.account.account_id}:role/{name}"
            answer = self._call(key, "sts:AssumeRole", RoleArn=arn, RoleSessionName="attacker")
            if answer:
                changed = (
                    self._win(state, f"role/{name}", session_key(answer["Credentials"]), "assume-role")
                    or changed
                )
        return changed

    def _make_keys(self, state: State, identity: str, key: Credential) -> bool:
        changed = False
        for name in state.world.users:
            if f"user/{name}" in state.keys:
                continue
            if self._may_try(state, identity, "ram:CreateAccessKey"):
                answer = self._call(key, "ram:CreateAccessKey", UserName=name)
                if answer:
                    new = answer["AccessKey"]
                    own = Credential(new["AccessKeyId"], new["AccessKeySecret"], f"user/{name}")
                    changed = self._win(state, f"user/{name}", own, "create-access-key") or changed
                    continue
            changed = self._log_in(state, identity, key, name) or changed
        return changed

    def _log_in(self, state: State, identity: str, key: Credential, name: str) -> bool:
        for action in ("ram:CreateLoginProfile", "ram:UpdateLoginProfile"):
            if not self._may_try(state, identity, action):
                continue
            if self._call(key, action, UserName=name, Password=PASSWORD) is None:
                continue
            try:
                session = outside.sign_in(state.world, name, PASSWORD)
            except ApiError:
                continue
            return self._win(state, f"user/{name}", session, "set-login-profile")
        return False

    def _run_in_instances(self, state: State, identity: str, key: Credential) -> bool:
        changed = False
        for region, instance in list(instances_of(state.world)):
            role = state.world.role(instance.ram_role) if instance.ram_role else None
            if role is None or f"role/{role.name}" in state.keys:
                continue
            where = {"RegionId": region, "ContainerGroupId": instance.id}
            for action in ("eci:ExecContainerCommand", "eci:RunCommand"):
                if self._may_try(state, identity, action):
                    command = json.dumps(["curl", f"{outside.METADATA}{instance.ram_role}"])
                    answer = self._call(
                        key, action, Command=command, ContainerName="app", Sync="true", **where
                    )
                    if answer and answer["SyncResponse"] != "{}":
                        session = session_key(json.loads(answer["SyncResponse"]))
                        changed = (
                            self._win(state, f"role/{role.name}", session, "exec-in-instance") or changed
                        )
            if self._may_try(state, identity, "eci:UpdateContainerGroup"):
                image = {"Container.1.Name": "app", "Container.1.Image": IMAGE}
                if self._call(key, "eci:UpdateContainerGroup", **where, **image) is not None:
                    changed = self._collect(state, "update-instance") or changed
        return changed

    def _create_instances(self, state: State, identity: str, key: Credential) -> bool:
        if not self._may_try(state, identity, "eci:CreateContainerGroup", "ram:PassRole"):
            return False
        changed = False
        for name in list(state.world.roles):
            if f"role/{name}" not in state.keys and self._create_instance(state, key, name):
                changed = self._collect(state, "create-instance") or changed
        return changed

    def _create_instance(self, state: State, key: Credential, role: str) -> bool:
        image = {"ContainerGroupName": "own", "Container.1.Name": "app", "Container.1.Image": IMAGE}
        groups = [{}, *({"ResourceGroupId": group} for group in state.world.resource_groups)]
        for tags in knowledge.tag_sets(state.world):
            sent = numbered_tags(tags)
            for region in state.world.shelves:
                for group in groups:
                    place = {"RegionId": region, "RamRoleName": role, **group}
                    if self._call(key, "eci:CreateContainerGroup", **image, **place, **sent) is not None:
                        return True
        return False

    def _run_elsewhere(self, state: State, identity: str, key: Credential) -> bool:
        actions = {
            "ecs:RunInstances": "RamRoleName",
            "ecs:AttachInstanceRamRole": "RamRoleName",
            "fc:CreateFunction": "RamRoleName",
            "ros:CreateStack": "RamRoleName",
            "oos:StartExecution": "RamRoleName",
        }
        changed = False
        for name in list(state.world.roles):
            for action, parameter in actions.items():
                if f"role/{name}" in state.keys or not self._may_try(state, identity, action, "ram:PassRole"):
                    continue
                if self._call(key, action, **{parameter: name}) is not None:
                    changed = self._collect(state, "run-elsewhere") or changed
            if self.ways.beyond and f"role/{name}" not in state.keys:
                changed = self._run_where_the_role_is(state, identity, key, name) or changed
        return changed

    def _run_where_the_role_is(self, state: State, identity: str, key: Credential, role: str) -> bool:
        """Run code on a machine, in a function or in a stack that has the role already: without `ram:PassRole`.

        Only a service that the role trusted from the start runs something with the role.
        """
        calls = {
            "ecs:RunCommand": {"InstanceId.1": f"i-{role}"},
            "fc:UpdateFunction": {"Name": role},
            "ros:UpdateStack": {"Name": role},
        }
        before = self.initial.roles.get(role)
        changed = False
        for action, parameters in calls.items():
            service = f"{action.partition(':')[0]}.aliyuncs.com"
            if before is None or service not in knowledge.trusted_services(before.trust):
                continue
            if self._may_try(state, identity, action) and self._call(key, action, **parameters) is not None:
                changed = self._collect(state, "run-elsewhere") or changed
        return changed

    def _collect(self, state: State, step: str) -> bool:
        """Take the credentials that instances and machines which run the attacker's code have sent home."""
        changed = False
        for sent in outside.sent_home(state.world, IMAGE):
            changed = self._win(state, f"role/{sent['RoleName']}", session_key(sent), step) or changed
        return changed

    def _update_trusts(self, state: State, identity: str, key: Credential) -> bool:
        if not self._may_try(state, identity, "ram:UpdateRole"):
            return False
        changed = False
        for role in list(state.world.roles.values()):
            mark = f"trust of {role.name}"
            if f"role/{role.name}" in state.keys or mark in state.rewritten:
                continue
            kept = [] if self.ways.beyond else statements_about_services(role.trust)
            services = SERVICES if self.ways.beyond else []
            document = trust_text(self.account.account_id, services, kept)
            if (
                self._call(key, "ram:UpdateRole", RoleName=role.name, NewAssumeRolePolicyDocument=document)
                is None
            ):
                continue
            state.rewritten.add(mark)
            changed = True
        return changed
