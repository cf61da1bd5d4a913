"""What is looked up by names, tags, groups and ids leaves out nothing that the evaluator allows, and stays small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.policy.authorization import Account, Call, Target
from pytest_eci_compliance.policy.decision import Principal
from pytest_eci_compliance.policy.document import parse
from pytest_eci_compliance.policy.escalation import Identity
from pytest_eci_compliance.policy.escalation.candidates import Candidates, allowing_patterns
from pytest_eci_compliance.policy.escalation.name_classes import NameClasses
from pytest_eci_compliance.policy.escalation.resource_candidates import ResourceCandidates
from pytest_eci_compliance.policy.evaluator import Access
from pytest_eci_compliance.policy.held_policies import Gap, HeldPolicy
from pytest_eci_compliance.policy.ram_actions import RamResource
from tests import emulator
from tests.emulator import Attachment, Instance, Policy, Region, Role, User
from tests.escalation import accounts
from tests.escalation.inventories import inventory

NAMES = ("app", "App", "app-1", "app-10", "ap", "b", "user")
ENDS = (*NAMES, "app*", "*", "a?p", "app-1*", "${acs:x}", "${acs:x/y}", "ap${acs:x/y}", "*p", "")
HEADS = (
    "acs:ram:*:1:",
    "acs:ram::1:",
    "acs:ram:cn-beijing:1:",
    "acs:*:*:*:",
    "acs:ram:*:",
    "acs:ram:*:${acs:x}:",
    "*",
    "acs:ims:*:1:",
)
KINDS = ("user", "role", "ro?e", "*", "USER")

resources = st.lists(
    st.one_of(
        st.builds("{}{}/{}".format, st.sampled_from(HEADS), st.sampled_from(KINDS), st.sampled_from(ENDS)),
        st.sampled_from(["*", "acs:ram:*:1:*", "user", "acs:ram:*:1:user"]),
    ),
    min_size=1,
    max_size=3,
)


def statement(
    effect: str, actions: list[str], resources: list[str], conditions: dict[str, dict[str, list[str]]]
) -> dict[str, object]:
    condition = {"Condition": conditions} if conditions else {}
    return {"Effect": effect, "Action": actions, "Resource": resources, **condition}


def held(*statements: dict[str, object], scope: str | None = None) -> HeldPolicy:
    return HeldPolicy("p", parse({"Version": "1", "Statement": list(statements)}), scope)


def principal(*statements: dict[str, object], scope: str | None = None) -> Principal:
    return Principal([held(*statements, scope=scope)], Account("1"))


@pytest.mark.parametrize(
    ("kind", "action", "call"),
    [
        ("user", "ram:CreateAccessKey", lambda name: Call("ram:CreateAccessKey", ram=RamResource(user=name))),
        ("role", "sts:AssumeRole", lambda name: Call("sts:AssumeRole", ram=RamResource(role=name))),
        ("role", "ram:PassRole", lambda name: Call("ram:PassRole", role=name)),
        (
            "user",
            "ram:CreateServiceCredential",
            lambda name: Call("ram:CreateServiceCredential", arn=f"acs:ram:*:1:user/{name}"),
        ),
    ],
)
@given(resources=resources)
def test_every_name_on_which_something_may_be_allowed_is_found(
    kind: str, action: str, call: Callable[[str], Call], resources: list[str]
) -> None:
    holder = principal({"Effect": "Allow", "Action": [action], "Resource": resources})
    candidates = Candidates(kind, [(name, [name]) for name in NAMES])
    found = candidates.about(allowing_patterns(holder, [action], kind))
    for name in NAMES:
        if holder.decide(call(name)).outcome != "denied":
            assert name in found


def test_a_policy_variable_may_stand_for_any_name() -> None:
    """Also where it has a slash of its own, or stands in another part of the ARN."""
    candidates = Candidates("user", [(name, [name]) for name in NAMES])
    for pattern in ("acs:ram:*:1:user/${acs:ResourceTag/owner}", "acs:ram:*:${acs:x}:user/app"):
        assert candidates.about([pattern]) == NAMES
    holder = principal(
        statement("Allow", ["eci:*"], ["acs:eci:*:*:containergroup/${acs:ResourceTag/env}"], {})
    )
    resources = ResourceCandidates(TARGETS)
    assert resources.about(holder, ("eci:ExecContainerCommand",)) == resources.all


def test_a_policy_variable_tells_names_apart_that_begin_otherwise() -> None:
    names = NameClasses(["acs:ram:*:1:user/app${acs:ResourceTag/owner}"])
    assert names.key("user", "1", "app-1") != names.key("user", "1", "bob")


def test_what_names_no_resource_may_be_allowed_whatever_the_resource_is() -> None:
    tagged = {"StringNotEquals": {"acs:ResourceTag/env": ["prod"]}}
    holder = principal(statement("Allow", ["eci:CreateContainerGroup"], ["*"], tagged))
    candidates = ResourceCandidates(TARGETS)
    assert candidates.about(holder, ("eci:CreateContainerGroup",)) == candidates.all
    assert candidates.about(principal(), ("eci:CreateContainerGroup",)) == frozenset()


@pytest.mark.parametrize("carrier", [0, 1])
def test_a_planned_instance_that_carries_a_role_is_found_beside_an_equal_one(carrier: int) -> None:
    """Which ids they will have is not known: nothing tells them apart."""
    debug = accounts.document(
        accounts.statement("eci:ExecContainerCommand", ["acs:eci:*:*:containergroup/*"]),
        accounts.statement("eci:Describe*", ["acs:eci:*:*:containergroup/${acs:x}"]),
    )
    instances = [Instance(f"planned:{n}", "web", ram_role="App" if n == carrier else "") for n in range(2)]
    account = emulator.Account(
        account_id=accounts.ACCOUNT_ID,
        users=(User("dev"),),
        roles=(Role("App", accounts.document(accounts.trust(Service=["ecs.aliyuncs.com"]))),),
        policies=(Policy("Debug", debug),),
        attachments=(Attachment("Custom/Debug", user="dev"),),
        regions=(Region(accounts.REGION, instances=tuple(instances)),),
    )
    reached = Access(inventory(account)).escalation.reach(Identity("user", "dev"))
    assert [target.name for target in reached] == ["role/App"]


def test_where_grants_could_not_be_read_every_name_is_found() -> None:
    holder = Principal([], Account("1"), [Gap("not read")])
    assert allowing_patterns(holder, ["ram:CreateAccessKey"], "user") is None
    assert allowing_patterns(principal(), ["ram:SetUserSsoSettings"], "user") is None


def test_names_that_no_pattern_fits_are_not_found() -> None:
    candidates = Candidates("user", [(name, [name]) for name in NAMES])
    assert candidates.about(["acs:ram:*:1:user/app-1"]) == ["app-1"]
    assert candidates.about(["acs:ram:*:1:user/app-1*", "acs:ram:*:1:role/b"]) == ["app-1", "app-10"]
    assert candidates.about(["acs:ram:*:1:user/APP"]) == ["app", "App"]


TARGETS = [
    Target("containergroup", f"eci-{number}", "cn-beijing", group, tags)
    for number, (group, tags) in enumerate(
        (group, tags)
        for group in (None, "rg-1", "rg-2")
        for tags in (None, (), (("env", "prod"),), (("env", "Prod"), ("team", "a")), (("ENV", "prod"),))
    )
]
conditions = st.dictionaries(
    st.sampled_from(
        ["StringEquals", "StringNotEquals", "StringLike", "StringEqualsIgnoreCase", "Bool", "StringOdd"]
    ),
    st.dictionaries(
        st.sampled_from(
            ["acs:ResourceTag/env", "acs:ResourceTag/team", "acs:RequestTag/env", "acs:MFAPresent"]
        ),
        st.lists(st.sampled_from(["prod", "p*", "a", "${x}", "true"]), min_size=1, max_size=2),
        min_size=1,
        max_size=2,
    ),
    max_size=2,
)
ids = st.lists(
    st.sampled_from(
        [
            "*",
            "acs:eci:*:*:containergroup/eci-3",
            "acs:eci:*:*:containergroup/ECI-3",
            "acs:eci:*:*:containergroup/*",
            "acs:eci:*:containergroup/eci-4",
            "acs:eci:cn-hangzhou:*:containergroup/eci-5",
            "acs:eci:*:*:imagecache/eci-6",
            "acs:eci:*:*:containergroup/${acs:ResourceTag/env}",
        ]
    ),
    min_size=1,
    max_size=2,
)
allowed_actions = st.sampled_from(
    [["eci:*"], ["eci:ExecContainerCommand", "eci:Create*"], ["eci:U*", "eci:R*", "eci:L*"]]
)
ACTIONS = (
    "eci:ExecContainerCommand",
    "eci:RunCommand",
    "eci:UpdateContainerGroup",
    "eci:RestartContainerGroup",
    "eci:UpdateContainerGroupByTemplate",
    "eci:UntagResources",
    "eci:DescribeContainerGroups",
    "eci:ListTagResources",
    "eci:ResizeContainerGroupVolume",
    "eci:DeleteContainerGroup",
    "eci:CreateContainerGroup",
)


@given(
    action=st.sampled_from(ACTIONS),
    allow=st.builds(statement, st.just("Allow"), allowed_actions, ids, conditions),
    deny=st.builds(statement, st.just("Deny"), st.just(["eci:*"]), ids, conditions),
    odd=st.sampled_from([{}, {"Odd": "element"}]),
    scopes=st.tuples(*[st.sampled_from([None, "rg-1"])] * 2),
    bundle=st.sampled_from([None, "at times"]),
    gaps=st.sampled_from([(), (), (Gap("not read"),)]),
)
def test_every_resource_on_which_something_may_be_allowed_is_found(
    action: str,
    allow: dict[str, object],
    deny: dict[str, object],
    odd: dict[str, object],
    scopes: tuple[str | None, str | None],
    bundle: str | None,
    gaps: tuple[Gap, ...],
) -> None:
    grants = [held(allow, scope=scopes[0]), replace(held({**deny, **odd}, scope=scopes[1]), bundle=bundle)]
    holder = Principal(grants, Account("1"), gaps)
    candidates = ResourceCandidates(TARGETS).about(holder, (action,))
    for number, target in enumerate(TARGETS):
        if holder.decide(Call(action, target)).outcome != "denied":
            assert number in candidates


DENY = statement("Deny", ["eci:*"], ["*"], {})


@pytest.mark.parametrize(
    "deny",
    [
        pytest.param(held(DENY, scope="rg-1"), id="on a resource group"),
        pytest.param(replace(held(DENY), bundle="at times"), id="held at times"),
        pytest.param(held({**DENY, "Resource": "acs:eci:*:*:imagecache/*"}), id="on other resources"),
        pytest.param(held({**DENY, "Odd": "element"}), id="not understood"),
        pytest.param(held({**DENY, "Action": "eci:${x}"}), id="with a policy variable"),
        pytest.param(held({**DENY, "Condition": {"Bool": {"acs:MFAPresent": "true"}}}), id="with MFA"),
    ],
)
def test_a_deny_that_may_not_apply_leaves_nothing_out(deny: HeldPolicy) -> None:
    holder = Principal([held(statement("Allow", ["eci:*"], ["*"], {})), deny], Account("1"))
    candidates = ResourceCandidates(TARGETS)
    assert candidates.about(holder, ("eci:ExecContainerCommand",)) == candidates.all


def test_a_condition_on_tags_that_may_not_count_leaves_nothing_out() -> None:
    tagged = {"StringEquals": {"acs:ResourceTag/env": ["nobody"]}}
    holder = principal(statement("Allow", ["eci:*"], ["*"], tagged))
    candidates = ResourceCandidates(TARGETS)
    assert candidates.about(holder, ("eci:ListTagResources",)) == candidates.all
    denying = principal(
        statement("Allow", ["eci:*"], ["*"], {}),
        statement("Deny", ["eci:*"], ["*"], {"StringNotEquals": {"acs:ResourceTag/env": ["nobody"]}}),
    )
    assert candidates.about(denying, ("eci:ListTagResources",)) == candidates.all


def test_a_statement_without_a_valid_resource_leaves_no_name_out() -> None:
    holder = principal({"Effect": "Allow", "Action": "ram:*", "Resource": 1})
    assert allowing_patterns(holder, ["ram:CreateAccessKey"], "user") is None


def test_resources_that_no_statement_fits_are_not_found() -> None:
    tagged = statement("Allow", ["eci:*"], ["*"], {"StringEquals": {"acs:ResourceTag/team": ["a"]}})
    plain = statement("Allow", ["eci:*"], ["*"], {})
    own = statement("Allow", ["eci:*"], ["acs:eci:*:*:containergroup/eci-8"], {})
    denying = statement("Deny", ["eci:*"], ["*"], {"StringNotEquals": {"acs:ResourceTag/env": ["prod"]}})
    candidates = ResourceCandidates(
        [target for target in TARGETS if target.tags is not None and target.group]
    )
    holders = [
        principal(tagged),
        principal(plain, scope="rg-1"),
        principal(own),
        principal(plain, denying),
    ]
    numbers = [candidates.about(holder, ("eci:ExecContainerCommand",)) for holder in holders]
    assert list(map(len, numbers)) == [2, 4, 1, 6]
