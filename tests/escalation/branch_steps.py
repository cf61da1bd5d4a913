"""Steps that may also take something away: they are tried in a copy of the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.emulator import Credential, authorize
from tests.emulator.account import Instance
from tests.escalation import knowledge
from tests.escalation.grant_steps import GrantSteps
from tests.escalation.state import (
    State,
    instances_of,
    numbered_tags,
)


class BranchSteps(GrantSteps):
    """Lists the steps that are possible in a state, each with the function that takes it."""

    def _branches(self, state: State) -> Iterator[tuple[str, Callable[[State], bool]]]:
        """(name, act) of each step that is tried in a branch; `act` returns whether some credential can do it."""
        yield from self._branches_of_policies(state)
        for user, group in self._joinable(state):
            if self._group_denies(state, group):
                yield (
                    f"join {user} {group}",
                    self._by_any(self._join, user, group),
                )
        for user, group in self._memberships(state):
            if self._group_denies(state, group):
                yield (
                    f"leave {user} {group}",
                    self._by_any(self._leave, user, group),
                )
        if knowledge.tag_values(state.world):
            yield from self._branches_of_tags(state)
        yield from self._branches_of_groups(state)

    def _branches_of_policies(self, state: State) -> Iterator[tuple[str, Callable[[State], bool]]]:
        for kind, name, policy_type, policy in self._attachable(state):
            if knowledge.denies(authorize.statements(state.world.policies[policy_type, policy].document)):
                row = (kind, name, policy_type, policy)
                yield f"attach {row}", self._by_any(self._attach, *row)
        for attachment in self._denying(state):
            if self._allows_too(state, attachment):
                step = f"detach {attachment.policy} {attachment.principal} {attachment.scope}"
                yield step, self._by_any(self._detach, attachment)
        for name in self._custom_policies_held(state):
            for version in state.world.policies["Custom", name].versions:
                if name not in state.rewritten:
                    yield (
                        f"switch {name} {version}",
                        self._by_any(self._switch, name, version),
                    )

    def _switch(self, state: State, identity: str, key: Credential, name: str, version: str) -> bool:
        """Make another version the default. It is a gain where it allows more than the first default version did.

        Going back to the first default version after a lesser one gains nothing.
        """
        if not self._may_try(state, identity, "ram:SetDefaultPolicyVersion"):
            return False
        new, first = (
            state.world.policies["Custom", name].versions[version],
            self.initial.policies["Custom", name],
        )
        more = knowledge.allows_more(new, first.document, state.world)
        if self._call(key, "ram:SetDefaultPolicyVersion", PolicyName=name, VersionId=version) is None:
            return False
        if more:
            self._reach(f"policy/Custom/{name}", "switch-policy-version")
        return True

    def _branches_of_tags(self, state: State) -> Iterator[tuple[str, Callable[[State], bool]]]:
        wanted = knowledge.tag_values(state.world)
        for region, instance in self._worthwhile_instances(state):
            tags = dict(instance.tags or ())
            for key, values in sorted(wanted.items()):
                for value in sorted(values - {tags.get(key, "")}):
                    change = ("Tag", region, instance.id, key, value)
                    yield f"{change}", self._by_any(self._tag, *change)
                if key in tags:
                    change = ("Untag", region, instance.id, key, "")
                    yield f"{change}", self._by_any(self._tag, *change)

    def _worthwhile_instances(self, state: State) -> Iterator[tuple[str, Instance]]:
        """The instances that have something to give yet: their role, or a final call."""
        for region, instance in instances_of(state.world):
            role = instance.ram_role and f"role/{instance.ram_role}" not in state.keys
            calls = {f"{action}@{instance.id}" for action in self.final_calls}
            if role or not calls <= self.attack.calls:
                yield region, instance

    def _tag(
        self,
        state: State,
        identity: str,
        key: Credential,
        verb: str,
        region: str,
        instance: str,
        tag: str,
        value: str,
    ) -> bool:
        params = {"RegionId": region, "ResourceType": "ContainerGroup", "ResourceId.1": instance}
        params.update({"Tag.1.Key": tag, "Tag.1.Value": value} if verb == "Tag" else {"TagKey.1": tag})
        for service in ("eci", "tag"):
            action = f"{service}:{verb}Resources"
            if self._may_try(state, identity, action) and self._call(key, action, **params) is not None:
                return True
        if not self.ways.beyond or not self._may_try(state, identity, "eci:UpdateContainerGroup"):
            return False
        current = dict(state.world.shelves[region].instances.get(instance).tags or ())  # type: ignore[union-attr]
        sent = {**current, tag: value} if verb == "Tag" else {k: v for k, v in current.items() if k != tag}
        update = {"RegionId": region, "ContainerGroupId": instance, **numbered_tags(sent)}
        return bool(sent) and self._call(key, "eci:UpdateContainerGroup", **update) is not None

    def _branches_of_groups(self, state: State) -> Iterator[tuple[str, Callable[[State], bool]]]:
        scopes = {attachment.scope for attachment in state.world.account.attachments if attachment.scope}
        default = state.world.default_resource_group
        for region, instance in self._worthwhile_instances(state):
            others = sorted((scopes | {default}) - {instance.resource_group or default}) if scopes else []
            for group in others:
                place = (region, instance.id, group)
                yield f"move {place}", self._by_any(self._move, *place)

    def _move(
        self, state: State, identity: str, key: Credential, region: str, instance: str, group: str
    ) -> bool:
        if self._may_try(state, identity, "eci:UpdateContainerGroup"):
            update = {"RegionId": region, "ContainerGroupId": instance, "ResourceGroupId": group}
            if self._call(key, "eci:UpdateContainerGroup", **update) is not None:
                return True
        if not self._may_try(state, identity, "resourcemanager:MoveResources"):
            return False
        resource = {
            "RegionId": region,
            "ResourceId": instance,
            "ResourceType": "containergroup",
            "Service": "eci",
        }
        params = {f"Resources.1.{name}": value for name, value in resource.items()}
        answer = self._call(key, "resourcemanager:MoveResources", ResourceGroupId=group, **params)
        return answer is not None and answer["Responses"][0]["Status"] == "SUCCESS"

    def _by_any(self, act: Callable[..., bool], *arguments: object) -> Callable[[State], bool]:
        """A function that tries a step with every credential of a state, until it works."""

        def try_all(state: State) -> bool:
            return any(act(state, identity, key, *arguments) for identity, key in list(state.keys.items()))

        return try_all
