"""An attacker that really acts: it starts with the credentials of one identity and tries every documented step.

Each step is a call to the emulated cloud, which verifies the signature and authorises the call. The attacker goes
on with every credential it gets, until nothing new happens. Steps that can only add something are taken in place.
Steps that may also take something away (a group with a Deny, another version of a policy, other tags) are tried in
a copy of the account, so that what comes from the other order is found as well.

The steps and their numbers are those of the public documentation of RAM, STS, ResourceManager and ECI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.emulator import Credential
from tests.escalation.branch_steps import BranchSteps
from tests.escalation.identity_steps import IdentitySteps
from tests.escalation.state import Attack, State, Ways, instances_of

__all__ = ["Attack", "Attacker", "State", "Ways"]

OTHER_WAYS = (
    "ram:SetUserSsoSettings",
    "ram:CreateSAMLProvider",
    "ram:UpdateSAMLProvider",
    "ram:CreateOIDCProvider",
    "ram:UpdateOIDCProvider",
    "ram:AddClientIdToOIDCProvider",
    "ram:AddFingerprintToOIDCProvider",
    "ram:CreateServiceCredential",
    "ram:UpdateUser",
)
"""Documented ways to become somebody that depend on systems outside of the account (sign-on providers)."""

BRANCHES_OF = {
    "attach-policy": ("attach ",),
    "join-group": ("join ",),
    "create-identity": ("attach ", "join "),
    "lift-deny": ("detach ", "leave "),
    "switch-policy-version": ("switch ",),
    "tag-resource": ("('Tag'", "('Untag'"),
    "move-resource": ("move ",),
}
"""The beginnings of the names of the branches that a step of the documentation may be."""


_CONNECTIVES = {"to", "of", "in", "membership", "user", "group", "role", "Custom"}


_NEW = re.compile(r"^new (user|role) ")
"""Stands before the name of an identity that a step creates."""


def _is_about(branch: str, on: str) -> bool:
    """Whether a branch is about what a step names: every name in `on` is in the name of the branch."""
    names = set(re.findall(r"[\w.-]+", on)) - _CONNECTIVES
    return names <= set(re.findall(r"[\w.-]+", branch))


class Attacker(IdentitySteps, BranchSteps):
    """Attacks one account from one identity under one reading of the documents."""

    def run(self) -> Attack:
        """Try everything, breadth first over the branches."""
        world = self.backend.worlds[self.account.account_id]
        start = State(world, {self.identity: self._first_key(world)})
        pending, seen = [start], {start.signature()}
        while pending:
            state = pending.pop(0)
            self._enter(state)
            self._exhaust(state)
            self._try_final_calls(state)
            self._note_other_ways(state)
            if self._has_everything(state):
                break
            for branch in self._next_states(state):
                mark = branch.signature()
                if mark in seen:
                    continue
                if len(branch.taken) > self.depth or len(seen) > self.branches:
                    self.attack.complete = False
                    continue
                seen.add(mark)
                pending.append(branch)
        return self.attack

    def direct_calls(self) -> set[str]:
        """The final calls that work with the first credentials alone."""
        world = self.backend.worlds[self.account.account_id]
        self._try_final_calls(State(world, {self.identity: self._first_key(world)}))
        return self.attack.calls

    def follow(self, steps: Sequence[Mapping[str, str]]) -> set[str]:
        """Take these steps in this order and no others; returns what was reached.

        A step says what it is (`step`), which identity takes it (`from`), and on what (`on`). An identity that no
        former step has reached cannot take one: that is a KeyError.
        """
        world = self.backend.worlds[self.account.account_id]
        state = State(world, {self.identity: self._first_key(world)})
        for step in steps:
            self._learn_new_name(step)
            identity = step["from"]
            key = state.keys[identity]
            # A new identity may get its grants from another one that the attacker acts as already.
            others = list(state.keys.items()) if step["step"] == "create-identity" else []
            for act in self._acts(step["step"]):
                for taker, credential in [(identity, key), *others]:
                    act(state, taker, credential)
            for name, branch in list(self._branches(state)):
                if name.startswith(BRANCHES_OF.get(step["step"], ())) and _is_about(
                    name, _NEW.sub("", step.get("on", ""))
                ):
                    branch(state)
                    self._try_final_calls(state)
        self._try_final_calls(state)
        return {*self.attack.reached, *self.attack.calls}

    def _learn_new_name(self, step: Mapping[str, str]) -> None:
        """A path says under which name it creates an identity: `new user NAME`, `new role NAME`."""
        match = re.fullmatch(r"new (user|role) (\S+)", step.get("on", ""))
        if step["step"] == "create-identity" and match:
            names = self.new_names[match[1]]
            names += [] if match[2] in names else [match[2]]

    def _acts(self, step: str) -> Sequence[Callable[[State, str, Credential], bool]]:
        """What the attacker does for a step of this name."""
        return {
            "assume-role": (self._assume_roles,),
            "create-access-key": (self._make_keys,),
            "set-login-profile": (self._make_keys,),
            "exec-in-instance": (self._run_in_instances,),
            "update-instance": (self._run_in_instances,),
            "create-instance": (self._create_instances,),
            "run-elsewhere": (self._run_elsewhere,),
            "update-trust": (self._update_trusts, self._assume_roles),
            "attach-policy": (self._attach_policies,),
            "rewrite-policy": (self._rewrite_policies,),
            "join-group": (self._join_groups,),
            "create-identity": (
                self._create_identities,
                self._make_keys,
                self._assume_roles,
                self._attach_policies,
                self._join_groups,
            ),
            "lift-deny": (self._lift_denies,),
        }.get(step, ())

    def _next_states(self, state: State) -> Iterator[State]:
        """The state after each step that may take something away, where some credential can do it."""
        for step, act in list(self._branches(state)):
            if step not in state.taken:
                branch = state.copy(step)
                self._enter(branch)
                if act(branch):
                    yield branch

    def _has_everything(self, state: State) -> bool:
        """Whether every final call worked, and some identity in reach may do anything: nothing is left to find."""
        wanted = len(list(instances_of(self.initial))) * len(self.final_calls)
        return len(self.attack.calls) >= wanted and (
            "any-permission" in self.attack.reached
            or any(self._is_full(state, identity) for identity in state.keys)
        )

    def _exhaust(self, state: State) -> None:
        """Take every step that only adds something, with every credential, until nothing new happens."""
        steps = (
            self._assume_roles,
            self._make_keys,
            self._run_in_instances,
            self._create_instances,
            self._run_elsewhere,
            self._update_trusts,
            self._rewrite_policies,
            self._attach_policies,
            self._join_groups,
            self._create_identities,
            self._create_policies,
            self._lift_denies,
        )
        changed = True
        while changed:
            changed = False
            self._try_final_calls(state)
            if self._has_everything(state):
                return
            for identity in list(state.keys):
                for step in steps:
                    changed = step(state, identity, state.keys[identity]) or changed

    def _note_other_ways(self, state: State) -> None:
        self.attack.other_ways = self.attack.other_ways or any(
            self._may_try(state, identity, action) for identity in state.keys for action in OTHER_WAYS
        )

    def _try_final_calls(self, state: State) -> None:
        for region, instance in list(instances_of(state.world)):
            for action in self.final_calls:
                target = f"{action}@{instance.id}"
                for identity, key in state.keys.items():
                    if target in self.attack.calls or not self._may_try(state, identity, action):
                        continue
                    where = {"RegionId": region, "ContainerGroupId": instance.id}
                    if self._call(key, action, **where) is not None:
                        self.attack.calls.add(target)
                        state.world.put(region, instance)
