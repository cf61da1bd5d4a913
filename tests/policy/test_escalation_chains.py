"""Chains of steps: acting as others, order, Denies that bind and Denies that are left behind; and the API."""

from __future__ import annotations

import json

import pytest

from pytest_eci_compliance.inventory.facts import Role, User
from pytest_eci_compliance.policy.escalation import Identity
from tests.policy.escalation_world import ADMIN, DEV, EVERYTHING, World, arn, trust
from tests.policy.policy_world import allow, deny
from tests.policy.test_escalation_steps import CERTAIN, POSSIBLE

DELETE = "eci:DeleteContainerGroup"


def test_steps_chain_and_the_shortest_path_is_first() -> None:
    world = World(users=["dev", "ops"])
    world.role("Build", trust("root"), allow("ram:CreateAccessKey", arn("user/ops")))
    world.role("Admin", trust("user/ops"), allow("eci:Delete*"))
    world.hold("user/dev", allow("sts:AssumeRole"))
    world.hold("user/ops", allow("sts:AssumeRole"))
    world.instance("eci-1")
    assert world.reach() == {"role/Build": CERTAIN, "user/ops": CERTAIN, "role/Admin": CERTAIN}
    assert world.steps("role/Admin") == ["assume-role", "create-access-key", "assume-role"]
    decision = world.access().decide("dev", DELETE, "eci-1", paths="any")
    assert decision.outcome == "allowed"
    (path,) = decision.paths
    assert path.as_data() == {
        "reaches": "role/Admin",
        "certain": True,
        "steps": [
            {
                "step": "assume-role",
                "from": "user/dev",
                "to": "role/Build",
                "on": "Build",
                "by": "statement 1 of Custom/p3, held directly",
            },
            {
                "step": "create-access-key",
                "from": "role/Build",
                "to": "user/ops",
                "on": "ops",
                "by": "statement 1 of Custom/p1, held directly",
            },
            {
                "step": "assume-role",
                "from": "user/ops",
                "to": "role/Admin",
                "on": "Admin",
                "by": "statement 1 of Custom/p4, held directly",
            },
        ],
    }
    assert decision.why.startswith(
        "in 3 steps: assume-role Build (statement 1 of Custom/p3, held directly) →"
    )


def test_an_identity_that_is_acted_as_brings_its_own_denies_and_leaves_ones_own_behind() -> None:
    world = World()
    world.role("Admin", trust("root"), allow("eci:*"))
    world.hold("user/dev", allow("sts:AssumeRole"), deny("eci:*"))
    world.instance("eci-1")
    assert world.can(DELETE, "eci-1") == "yes"
    world.hold("role/Admin", deny("eci:Delete*"))
    assert world.can(DELETE, "eci-1") == "no"


def test_what_a_user_holds_is_not_held_by_the_role() -> None:
    world = World()
    world.role("Build", trust("root"), allow("eci:Create*"))
    world.role("Admin", trust("ecs.aliyuncs.com"), allow("eci:Delete*"))
    world.hold("user/dev", allow("sts:AssumeRole"), allow("ram:PassRole"))
    assert world.reach() == {"role/Build": CERTAIN}, "neither may create an instance with a role"


def test_a_possible_step_never_yields_certain_ones() -> None:
    world = World(users=["dev", "ops"])
    world.role("Admin", trust("root"), allow("eci:Delete*"))
    world.hold("user/dev", allow("ram:UpdateLoginProfile", arn("user/ops")))
    world.hold("user/ops", allow("sts:AssumeRole"))
    world.instance("eci-1")
    assert world.reach() == {"user/ops": POSSIBLE, "role/Admin": POSSIBLE}
    assert world.can(DELETE, "eci-1") == "undecidable"
    (path,) = (target.paths[0] for target in world.escalation().reach(DEV) if target.name == "role/Admin")
    assert not path.certain


def test_a_longer_certain_path_goes_before_a_shorter_possible_one() -> None:
    world = World(users=["dev", "ops"])
    world.role("Admin", trust("root"), allow("eci:Delete*"))
    world.hold("user/dev", allow("ecs:RunCommand"), allow("ram:CreateAccessKey", arn("user/ops")))
    world.roles["Admin"] = trust("user/ops", "ecs.aliyuncs.com")
    world.hold("user/ops", allow("sts:AssumeRole"))
    assert world.reach()["role/Admin"] is CERTAIN
    assert world.steps("role/Admin") == ["create-access-key", "assume-role"]


def test_what_a_group_denies_does_not_undo_what_was_done_before_it_was_joined() -> None:
    world = World(groups={"ops": ()})
    world.role("Admin", trust("root"), allow("eci:Update*"))
    world.hold("group/ops", allow("eci:Delete*"), deny("sts:*"), name="Custom/ops")
    world.hold("user/dev", allow("sts:AssumeRole"), allow("ram:AddUserToGroup"), name="Custom/own")
    world.instance("eci-1")
    assert world.can(DELETE, "eci-1") == "yes"
    assert world.can("eci:UpdateContainerGroup", "eci-1") == "yes"
    assert world.reach() == {"group/ops": CERTAIN, "role/Admin": CERTAIN}


def test_a_group_that_denies_what_it_would_open_opens_nothing() -> None:
    world = World(groups={"ops": ()})
    world.hold("group/ops", allow("eci:*"), deny("eci:Delete*"), name="Custom/ops")
    world.hold("user/dev", allow("ram:AddUserToGroup"), name="Custom/own")
    world.instance("eci-1")
    assert world.can("eci:UpdateContainerGroup", "eci-1") == "yes"
    assert world.can(DELETE, "eci-1") != "yes"


def test_a_group_that_takes_the_right_to_join_another_one() -> None:
    """Either group can be joined first; the one that denies joining comes last."""
    world = World(groups={"first": (), "second": ()})
    world.hold(
        "group/first", allow("eci:DeleteContainerGroup"), deny("ram:AddUserToGroup"), name="Custom/first"
    )
    world.hold("group/second", allow("eci:UpdateContainerGroup"), name="Custom/second")
    world.hold("user/dev", allow("ram:AddUserToGroup"), name="Custom/own")
    world.instance("eci-1")
    assert world.reach() == {"group/first": CERTAIN, "group/second": CERTAIN}
    assert world.can(DELETE, "eci-1") == "yes"
    assert world.can("eci:UpdateContainerGroup", "eci-1") == "yes"


def test_parts_that_exclude_each_other_are_not_certain() -> None:
    """Both groups deny what the other one needs: no order reaches both; the engine does not claim it."""
    world = World(groups={"a": (), "b": ()})
    world.hold("group/a", allow("sts:AssumeRole"), deny("ram:*"), name="Custom/a")
    world.hold("group/b", allow("ram:UpdateRole"), deny("sts:*"), name="Custom/b")
    world.role("Admin", trust("user/x"), allow("eci:*"))
    world.hold("user/dev", allow("ram:AddUserToGroup"), name="Custom/own")
    assert world.reach().get("role/Admin") is not CERTAIN


def test_the_same_grants_of_several_users_are_told_apart_by_their_names() -> None:
    world = World(users=["dev", "dev2", "ops"])
    world.role("Admin", trust("user/dev2"), allow("eci:Delete*"))
    own = world.hold("user/dev", allow("sts:AssumeRole"), allow("ram:CreateAccessKey"))
    world.attach(own, "user/dev2")
    assert world.steps("role/Admin") == ["create-access-key", "assume-role"]
    dev2 = Identity("user", "dev2")
    assert world.steps("role/Admin", dev2) == ["assume-role"]
    assert set(world.reach(dev2)) == {"role/Admin", "user/dev", "user/ops"}


def test_users_that_nothing_tells_apart_share_the_work_and_not_the_names() -> None:
    world = World(users=["a", "b", "c"])
    own = world.hold("user/a", allow("ram:CreateAccessKey"))
    world.attach(own, "user/b")
    escalation = world.escalation()
    for name, others in (("a", {"user/b", "user/c"}), ("b", {"user/a", "user/c"})):
        reached = escalation.reach(Identity("user", name))
        assert {target.name for target in reached} == others
        assert {step.actor for target in reached for path in target.paths for step in path.steps} <= {
            f"user/{name}",
            *others,
        }
        assert all(path.steps[0].actor == f"user/{name}" for target in reached for path in target.paths)


def test_who_may_do_everything_reaches_everything() -> None:
    world = World(users=["dev", "ops"], groups={"team": ("ops",), "all": ("dev", "ops")})
    world.role("Admin", trust("root"), EVERYTHING)
    world.role("Other", trust("fc.aliyuncs.com"))
    world.hold("user/dev", allow("sts:AssumeRole"))
    reached = world.reach()
    assert set(reached) >= {"role/Admin", "role/Other", "user/ops", "any-permission", "group/team"}
    assert all(reached.values())
    assert "group/all" not in reached


def test_an_administrator_with_a_deny_lifts_it() -> None:
    world = World()
    world.hold("user/dev", EVERYTHING, name="AdministratorAccess")
    world.hold("user/dev", deny("eci:Delete*"), name="Custom/never")
    world.instance("eci-1")
    assert world.can(DELETE, "eci-1") == "yes"
    world.hold("user/dev", deny(["ram:*", "sts:*", "ecs:*", "fc:*", "tag:*"]), name="Custom/no-ram")
    assert world.can(DELETE, "eci-1") == "no"


def test_a_new_identity_takes_further_steps() -> None:
    world = World(groups={"ops": ()})
    world.role("Admin", trust("root"), allow("eci:Delete*"))
    world.policy("Custom/assume", allow("sts:AssumeRole"))
    world.hold(
        "user/dev",
        allow("ram:CreateUser"),
        allow("ram:CreateAccessKey", arn("user/tmp-*")),
        allow("ram:AttachPolicyToUser", arn("user/tmp-*", "policy/assume")),
        name="Custom/own",
    )
    world.instance("eci-1")
    assert world.steps("role/Admin") == ["create-identity", "assume-role"]
    assert world.can(DELETE, "eci-1") == "yes"


def test_the_api_takes_users_and_roles() -> None:
    world = World()
    world.role("Admin", trust("root"), allow("eci:Delete*"))
    world.hold("user/dev", allow("sts:AssumeRole"))
    world.instance("eci-1")
    access = world.access()
    for principal in ("dev", User("dev")):
        assert [target.name for target in access.reach(principal)] == ["role/Admin"]
        assert access.decide(principal, DELETE, "eci-1").outcome == "denied"
        assert access.decide(principal, DELETE, "eci-1", paths="any").outcome == "allowed"
    assert access.reach(Role("Admin")) == ()
    assert access.decide(Role("Admin"), DELETE, "eci-1", paths="any").paths[0].steps == ()
    assert access.who_can(DELETE, "eci-1") == ()
    (answer,) = access.who_can(DELETE, "eci-1", paths="any")
    assert (answer.user.user_name, answer.decision.outcome) == ("dev", "allowed")
    assert json.dumps(answer.decision.paths[0].as_data())


def test_names_of_nobody_are_refused() -> None:
    with pytest.raises(LookupError, match="no RAM user"):
        World().access().reach("nobody")


def test_what_cannot_be_reached_keeps_the_direct_reason() -> None:
    world = World()
    world.instance("eci-1")
    decision = world.access().decide("dev", DELETE, "eci-1", paths="any")
    assert (decision.outcome, decision.paths) == ("denied", ())
    assert "no statement" in decision.why
    assert ADMIN.kind == "role"


def test_a_new_identity_takes_steps_under_its_name() -> None:
    world = World(users=["dev", "ops"], groups={"admins": ()})
    world.hold(
        "user/dev",
        allow(["ram:CreateUser", "ram:CreateAccessKey"], arn("user/new", "user/*")),
        allow("ram:AttachPolicyToUser"),
        deny("ram:AttachPolicyToUser", arn("user/dev", "user/ops")),
    )
    (reached,) = [target for target in world.escalation().reach(DEV) if target.name == "group/admins"]
    create, join = reached.paths[0].steps
    assert (create.step, create.actor, create.on) == ("create-identity", "user/dev", "new user new")
    assert (join.step, join.actor) == ("join-group", "user/new")


def test_identities_that_nothing_tells_apart_have_paths_of_their_own() -> None:
    world = World(users=["dev", "kim", "ops"])
    policy = world.hold("user/dev", allow("ram:CreateAccessKey"), allow("ram:AttachPolicyToUser"))
    world.attach(policy, "user/kim")
    by_name = {
        target.name: target.paths[0].steps for target in world.escalation().reach(Identity("user", "kim"))
    }
    (attach,) = by_name["any-permission"]
    assert (attach.actor, attach.on) == ("user/kim", "any policy to user kim")
    for name in ("dev", "ops"):
        (step,) = by_name[f"user/{name}"]
        assert (step.actor, step.to, step.on) == ("user/kim", f"user/{name}", name)
    assert "user/kim" not in by_name


def test_a_step_shared_with_the_first_that_took_it_reaches_that_one() -> None:
    world = World(users=["dev", "ops"])
    for user in world.users:
        world.hold(f"user/{user}", allow("ram:CreateAccessKey"))
    world.hold("user/ops", allow("oss:*"))
    escalation = world.escalation()
    escalation.reach(DEV)
    (reached,) = escalation.reach(Identity("user", "ops"))
    (step,) = reached.paths[0].steps
    assert (reached.name, step.actor, step.to, step.on) == ("user/dev", "user/ops", "user/dev", "dev")


@pytest.mark.parametrize("how", ["detached", "attached", "joined", "left"])
def test_a_policy_with_a_deny_allows_nothing_that_it_denies_at_any_time(how: str) -> None:
    """Whether a policy is attached or not, its Deny is there whenever its Allow is: no order of steps helps."""
    world = World(groups={"team": ("dev",) if how == "left" else ()})
    world.role("Admin", trust("root"))
    mixed = world.policy("Custom/Mixed", allow("sts:*"), deny("sts:AssumeRole"))
    to = {"detached": "user/dev", "joined": "group/team", "left": "group/team"}.get(how)
    if to:
        world.attach(mixed, to)
    world.hold(
        "user/dev",
        allow("ram:DetachPolicyFromUser"),
        allow("ram:AttachPolicyToUser", arn("user/dev", "policy/Mixed")),
        allow(["ram:AddUserToGroup", "ram:RemoveUserFromGroup"]),
    )
    assert "role/Admin" not in world.reach()
    other = world.hold("user/dev", allow("sts:AssumeRole"))
    assert world.reach()["role/Admin"] is True
    world.attached = [item for item in world.attached if item.ref != other]
    world.policy("Custom/Mixed", allow("sts:*"))
    assert world.reach()["role/Admin"] is True


def test_a_call_that_carries_a_role_turns_on_the_grants_of_pass_role_too() -> None:
    """Users with the same grants about the creation share no answer where their grants to pass the role differ."""
    world = World(users=["dev", "ops", "eve"])
    world.role("Admin", trust("ecs.aliyuncs.com"))
    create = world.hold("user/dev", allow("eci:CreateContainerGroup"))
    world.attach(create, "user/ops")
    world.attach(create, "user/eve")
    passing = world.hold("user/ops", allow("ram:PassRole"), name="Custom/pass")
    world.hold("user/eve", allow("ram:AttachPolicyToUser", arn("user/eve", f"policy/{passing.policy_name}")))
    access = world.access()
    outcomes = {
        user: access.decide(user, "eci:CreateContainerGroup", ram_role="Admin", paths="any").outcome
        for user in world.users
    }
    assert outcomes == {"dev": "denied", "ops": "allowed", "eve": "allowed"}
    call = access.call("eci:CreateContainerGroup", ram_role="Admin")
    assert access.escalation.reaches(Identity("user", "ops"), call).outcome == "yes"


@pytest.mark.parametrize("helped", [False, True])
@pytest.mark.parametrize("tagging", [True, False])
def test_a_resource_is_moved_after_it_got_the_tags_that_the_move_needs(tagging: bool, helped: bool) -> None:
    world = World(users=["dev", "ops"])
    world.instance("eci-1", env="prod")
    in_test = {"Condition": {"StringEquals": {"acs:ResourceTag/env": "test"}}}
    mover = "user/ops" if helped else "user/dev"
    world.hold(mover, allow("eci:UpdateContainerGroup", **in_test))
    world.hold("user/dev", allow("eci:DeleteContainerGroup"), scope="rg-prod")
    world.hold("user/dev", allow("ram:CreateAccessKey", arn("user/ops")))
    if tagging:
        world.hold("user/dev", allow("eci:TagResources"))
    assert world.can("eci:DeleteContainerGroup", "eci-1") == ("undecidable" if tagging else "no")
