"""Properties of escalation on generated accounts: removing a grant never adds reach, and the like."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from tests.policy.escalation_world import DEV, EVERYTHING, World, arn, trust
from tests.policy.policy_world import allow, deny
from tests.support.sampling import examples

MFA = {"Bool": {"acs:MFAPresent": "true"}}
ENV = {"StringEquals": {"acs:ResourceTag/env": "dev"}}
ALLOWS = (
    allow("sts:AssumeRole"),
    allow("sts:AssumeRole", arn("role/Build")),
    allow("ram:CreateAccessKey", arn("user/ops")),
    allow("ram:UpdateLoginProfile", arn("user/ops")),
    allow("eci:ExecContainerCommand", Condition=ENV),
    allow("eci:ExecContainerCommand"),
    allow("eci:UpdateContainerGroup"),
    allow("eci:TagResources"),
    allow(["eci:CreateContainerGroup", "ram:PassRole"]),
    allow("ram:UpdateRole", arn("role/Build")),
    allow("ram:AddUserToGroup"),
    allow("ram:AttachPolicyToUser", arn("user/*", "policy/extra")),
    allow("ram:AttachPolicyToRole", arn("role/*", "policy/extra")),
    allow("ram:DetachPolicyFromUser"),
    allow("ram:CreatePolicyVersion", arn("policy/extra")),
    allow("eci:DeleteContainerGroup"),
    allow("sts:*", Condition=MFA),
    EVERYTHING,
)
DENIES = (deny("sts:*"), deny("eci:Delete*"), deny("ram:*"), deny("eci:*", Condition=ENV))
HOLDERS = ("user/dev", "user/ops", "role/Build", "role/Admin", "group/team")
TRUSTS = (trust("root"), trust("user/ops"), trust("ecs.aliyuncs.com"), trust("role/Build"), None)
CALLS = ("eci:DeleteContainerGroup", "eci:UpdateContainerGroup")
RANK = {"no": 0, "undecidable": 1, "yes": 2}

grants = st.lists(
    st.tuples(st.sampled_from(HOLDERS), st.sampled_from((*ALLOWS, *ALLOWS, *DENIES))), min_size=1, max_size=6
)
slow = settings(examples(60), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def world(held: list[Any], trusts: tuple[Any, ...]) -> World:
    world = World(users=["dev", "ops"], groups={"team": ("ops",)})
    world.policy("Custom/extra", allow("eci:DeleteContainerGroup"), allow("sts:AssumeRole"))
    world.role("Build", trusts[0])
    world.role("Admin", trusts[1])
    for index, (holder, statement) in enumerate(held):
        world.hold(holder, statement, name=f"Custom/p{index}")
    world.instance("eci-1", "Build", env="prod")
    world.instance("eci-2", "Admin", env="dev")
    return world


def outcomes(world: World) -> dict[object, int]:
    """How far everything is reached: 2 for certainly, 1 for possibly."""
    access = world.access()
    reach: dict[object, int] = {
        target.name: 2 if target.certain else 1 for target in access.escalation.reach(DEV)
    }
    for action in CALLS:
        for id_ in ("eci-1", "eci-2"):
            answer = access.escalation.reaches(DEV, access.call(action, id_))
            reach[action, id_] = RANK[answer.outcome]
    return reach


@slow
@given(grants, st.tuples(st.sampled_from(TRUSTS), st.sampled_from(TRUSTS)), st.data())
def test_removing_an_allow_never_adds_reach(
    held: list[Any], trusts: tuple[Any, ...], data: DataObject
) -> None:
    allowing = [index for index, (_, item) in enumerate(held) if item["Effect"] == "Allow"]
    if not allowing:
        return
    left_out = data.draw(st.sampled_from(allowing))
    before = outcomes(world(held, trusts))
    # The policies keep their names: only the attachment is gone.
    subject = world(held, trusts)
    subject.attached = [item for item in subject.attached if item.policy_name != f"p{left_out}"]
    after = outcomes(subject)
    # An identity with any permission has every policy, and none is listed beside it.
    policies = (name for name in after if str(name).startswith("policy/"))
    before = dict.fromkeys(policies, before.get("any-permission", 0)) | before
    assert {name: rank for name, rank in after.items() if rank > before.get(name, 0)} == {}


@slow
@given(grants, st.tuples(st.sampled_from(TRUSTS), st.sampled_from(TRUSTS)))
def test_direct_permissions_are_part_of_what_is_reached_and_paths_are_whole(
    held: list[Any], trusts: tuple[Any, ...]
) -> None:
    access = world(held, trusts).access()
    for action in CALLS:
        direct = access.decide("dev", action, "eci-1")
        in_the_end = access.decide("dev", action, "eci-1", paths="any")
        if direct.outcome == "allowed":
            assert in_the_end.outcome == "allowed"
        if in_the_end.outcome == "denied":
            assert direct.outcome == "denied"
    for reached in access.reach("dev"):
        for path in reached.paths:
            acted_as = {"user/dev"}
            for step in path.steps:
                assert step.actor in acted_as or " with " in step.actor
                assert step.by
                acted_as.add(step.to)
                if step.step == "create-identity":
                    acted_as.add(step.on.removeprefix("new ").replace(" ", "/", 1))
