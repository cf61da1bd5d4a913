"""What a baseline says: everything that is there, and what needs a decision."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.config.model import Account as Intent
from tests.baseline.baseline_accounts import GROUPS, POLICIES, ROOT
from tests.baseline.conftest import Desk
from tests.emulator import (
    KINDS,
    Account,
    Attachment,
    Container,
    Group,
    ImageCache,
    Instance,
    Policy,
    Region,
    Role,
    User,
    VirtualNode,
)
from tests.emulator.account import Credential
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT, FULL_ACCESS, allow, trust
from tests.support.sampling import sample

WORKING = tuple(policy for policy in POLICIES if policy.name not in ("Void", "Broken", "Tagged"))
FULL, READ = "AliyunECIFullAccess", "AliyunECIReadOnlyAccess"
PRODUCTION, TEST = (group.id for group in GROUPS)


@pytest.fixture
def account() -> Account:
    """Two people alike, one with less, one with nothing; three instances and an image cache."""
    alike = [Attachment(FULL, user=user, scope=TEST) for user in ("alice", "bob")]
    return Account(
        "1098765432109876",
        alias="acc",
        users=tuple(map(User, ("alice", "bob", "carol", "dave", "yes"))),
        groups=(Group("readers", ("alice", "bob", "carol", "yes")), Group("on")),
        roles=(ECI_ROLE, Role("app-web", trust("ecs.aliyuncs.com")), Role("idle", trust("ecs.aliyuncs.com"))),
        policies=WORKING,
        attachments=(
            ECI_ROLE_GRANT,
            *alike,
            Attachment(READ, group="readers"),
            Attachment("Custom/Buckets", user="dave"),
            Attachment("Custom/Buckets", role="app-web"),
        ),
        resource_groups=GROUPS,
        regions=(
            Region(
                "cn-hangzhou",
                instances=tuple(
                    Instance(f"eci-{n}", f"web-{n}", resource_group=PRODUCTION, ram_role=role, tags=tags)
                    for n, role, tags in (
                        (1, "app-web", {"env": "prod", "1e3": "yes", "n": "1"}),
                        (2, "", {"env": "test", "1e3": "no", "n": "*"}),
                        (3, "", {"env": "test", "1e3": "", "n": "3", "only": "here"}),
                    )
                ),
            ),
            Region("cn-beijing", image_caches=(ImageCache("imc-1", tags=None),)),
        ),
        credentials=(ROOT,),
    )


@pytest.fixture
def written(desk: Desk, account: Account) -> Callable[..., Intent]:
    """The intent that a baseline writes of the account, with changes."""

    def write(*, code: int = 0, **changes: Any) -> Intent:
        desk.serve(replace(account, **changes))
        assert desk.baseline() == code
        return desk.loaded().configuration.accounts["acc"]

    return write


def on_one_line(text: str) -> str:
    """The text, each comment on one line."""
    return re.sub(r"\n *#   ", " ", text)


def decisions(text: str) -> str:
    """The comments that need a decision, each on one line."""
    return "\n".join(line for line in on_one_line(text).splitlines() if "# DECIDE: " in line)


def test_users_are_grouped_by_what_they_hold(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any]
) -> None:
    intent = written()
    entries = {entry.match: (entry.policies, entry.resource_groups) for entry in intent.users}
    assert entries == {
        ("group/readers",): ((READ,), None),
        ("alice", "bob"): ((), {TEST: (FULL,)}),
    }
    assert intent.grants == "eci"
    assert "# 4 users\n      - match: [group/readers]" in desk.text
    assert f"{TEST}: [{FULL}]  # 1e3" in desk.text
    assert "1 user without any policy that concerns ECI: dave" in desk.text
    assert "DECIDE: " not in desk.text


def test_who_holds_the_same_without_the_group_shares_its_entry(
    written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    grants = (*account.attachments, Attachment(READ, user="dave"))
    intent = written(attachments=grants)
    assert ("group/readers", "dave") in [entry.match for entry in intent.users]


def test_roles_in_use_are_described_with_all_that_they_hold(
    written: Callable[..., Any] | Callable[..., Any],
) -> None:
    intent = written()
    assert [(entry.match, entry.policies) for entry in intent.roles] == [(("app-web",), ("Custom/Buckets",))]
    assert intent.instances[0].ram_roles == ("app-web",)


def test_tags_on_everything_are_required_with_the_values_seen(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any]
) -> None:
    intent = written()
    assert intent.instances[0].required_tags == {
        "1e3": ("", "no", "yes"),
        "env": ("prod", "test"),
        "n": ("?*",),
    }
    assert intent.instances[0].resource_groups == (PRODUCTION,)
    assert intent.image_caches[0].required_tags is None
    assert intent.virtual_nodes is None
    assert "env: [prod, test]  # 2 test, 1 prod" in desk.text
    assert f"- {PRODUCTION}  # production, 3 instances" in desk.text
    assert "# No virtual node found (2 regions, 2 pages read)." in desk.text


def test_many_values_are_any_value(
    written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    many = tuple(Instance(f"eci-{n}", tags={"n": str(n), "m": str(n % 8)}) for n in range(20))
    intent = written(regions=(Region("cn-hangzhou", instances=many),))
    assert intent.instances[0].required_tags == {"m": tuple("01234567"), "n": ("?*",)}
    assert intent.instances[0].ram_roles == ()


def test_without_instances_their_check_stays_on(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any]
) -> None:
    intent = written(regions=(Region("cn-hangzhou"),))
    assert intent.instances[0].required_tags is None
    assert {row.check for row in desk.audit()} >= {"instance-no-access-keys"}


def test_access_keys_are_never_blessed(desk: Desk, written: Callable[..., Any] | Callable[..., Any]) -> None:
    container = Container(env={"KEY": "LTAI5tExampleExample1234"})
    named = Instance("eci-9", "x\n- \u202eevil: true", containers=(container,))
    written(regions=(Region("cn-hangzhou", instances=(named, Instance("eci-8"))),))
    comments = decisions(desk.text)
    assert "instance-no-access-keys, cn-hangzhou eci-9 (x / - \\u202eevil: true)" in comments
    assert "eci-8" not in comments
    assert "LTAI5t" not in desk.text
    (row,) = [row for row in desk.audit() if row.outcome == "failed"]
    assert (row.check, row.resource.id) == ("instance-no-access-keys", "eci-9")


def test_policies_are_saved_and_pinned_and_drift_is_reported(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    drifted = {**FULL_ACCESS, "Statement": [*FULL_ACCESS["Statement"], allow("ecs:RunInstances")]}
    intent = written(policies=(*WORKING, Policy(FULL, drifted, type="System")))
    folder = "eci-compliance-policies"
    assert intent.system_policies == {item: f"{folder}/system/{item}.json" for item in (FULL, READ)}
    assert json.loads((desk.folder / intent.system_policies[FULL]).read_text()) == drifted
    assert (desk.folder / folder / "custom" / "Buckets.json").exists()
    assert intent.service_linked_role.policy == f"{folder}/system/AliyunServiceRolePolicyForECI.json"
    assert f"{FULL} differs from the edition documented on 2022-05-11: added: ecs:RunInstances" in decisions(
        desk.text
    )
    assert not [row for row in desk.audit() if row.outcome == "failed"]


def test_what_cannot_work_needs_a_decision(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    grants = [Attachment("Custom/Void", user="dave"), Attachment("Custom/Broken", user="dave")]
    roles = (*account.roles, Role("app-bad", trust("fc.aliyuncs.com")))
    odd = tuple(
        Instance(f"eci-{role or group}", ram_role=role, resource_group=group)
        for role, group in (("gone", PRODUCTION), ("app-bad", PRODUCTION), ("", "rg-gone"))
    )
    intent = written(
        attachments=(*account.attachments, *grants),
        roles=roles,
        policies=POLICIES,
        regions=(Region("cn-hangzhou", instances=odd),),
    )
    comments = decisions(desk.text)
    for check, subject in {
        "tag-policy": "Custom/Void",
        "Custom/Broken cannot be evaluated": "not JSON",
        "instance-ram-role, cn-hangzhou eci-gone": "does not exist and is not intended, expected none",
        "instance-ram-role, cn-hangzhou eci-app-bad": "fc.aliyuncs.com",
        "instance-resource-group": "rg-gone",
    }.items():
        assert re.search(f"{re.escape(check)}.*{re.escape(subject)}", comments), subject
    assert intent.instances[0].ram_roles == ()
    assert intent.instances[0].resource_groups == (PRODUCTION,)
    text = on_one_line(desk.text)
    assert (
        "ram_roles: []\n        # Left out, because the configuration cannot accept a role that does not exist"
        in text
    )
    assert "app-bad (1 instance)" in text
    assert "a group that does not exist: rg-gone (1 instance)" in text
    failed = [row for row in desk.audit() if row.outcome == "failed"]
    assert len(failed) == comments.count(
        "Cannot be accepted in the configuration; the check fails until the account is fixed."
    )


def test_what_the_auditor_may_not_see_is_reported_at_each_kind(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    eyes = Credential("LTAI5tBaselineEyes0002", "secret", "user/carol")
    node = VirtualNode("vnd-1", resource_group=PRODUCTION)
    written(credentials=(eyes,), regions=(replace(account.regions[0], virtual_nodes=(node,)),), code=1)
    blocks = re.split(r"\n\n(?=    # )", on_one_line(desk.text))
    for section, kind in (
        ("instances", "every instance"),
        ("virtual_nodes", "every virtual node"),
    ):
        (block,) = [block for block in blocks if f"\n    {section}:" in block]
        everything = [line for line in block.splitlines() if "# UNKNOWN: " in line and "every " in line]
        assert everything
        assert all(f", {kind}: not judged" in line for line in everything)
    assert "# 1 virtual node (1 region read)" in desk.text


def test_a_group_grant_that_confines_nobody_is_written_account_wide(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    intent = written(attachments=(*account.attachments, Attachment("Custom/Create", user="alice")))
    entries = {entry.match: entry for entry in intent.users}
    assert entries[("alice",)].policies == (FULL, "Custom/Create")
    assert entries[("alice",)].resource_groups is None
    assert entries[("bob",)].resource_groups == {TEST: (FULL,)}
    assert f"attached only on resource group {TEST} (1e3): [{FULL}]" in decisions(desk.text)
    assert {row.outcome for row in desk.audit()} <= {"passed", "skipped"}


def test_roles_that_may_be_passed_are_written(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    more = [Attachment("Custom/LendApp", user="dave"), Attachment("AdministratorAccess", user="carol")]
    more += [Attachment("Custom/LendAny", user="yes"), Attachment("Custom/LendNone", user="yes")]
    intent = written(attachments=(*account.attachments, *more))
    lent = {entry.match: (entry.pass_roles, entry.console) for entry in intent.users}
    assert lent[("dave",)] == (("app-*",), False)
    assert lent[("carol",)] == (("*",), True)
    assert lent[("yes",)] == ((), False)
    assert "they may pass any role" in decisions(desk.text)


def test_names_that_are_globs_are_left_out_and_reported(
    desk: Desk, written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    users = (*account.users, User("a*"), User("group/x"))
    more = [Attachment(FULL, user="a*"), Attachment(FULL, user="group/x")]
    intent = written(users=users, attachments=(*account.attachments, *more))
    assert not {"a*", "group/x"} & {item for entry in intent.users for item in entry.match}
    assert 'would match others too: "a*" and group/x' in decisions(desk.text)
    failed = {row.resource.id for row in desk.audit() if row.outcome == "failed"}
    assert failed == {"a*", "group/x"}


def test_an_absent_service_linked_role_is_absent(
    written: Callable[..., Any] | Callable[..., Any], account: Account
) -> None:
    intent = written(roles=account.roles[1:], attachments=account.attachments[1:])
    assert (intent.service_linked_role.expect, intent.virtual_node_role.expect) == ("absent", "absent")


@pytest.mark.parametrize(
    ("action", "key", "place"),
    sample(
        [
            ("ram:ListUsers", "users", "users: [{match: NAME"),
            ("eci:DescribeContainerGroups", None, "No instance found (0 regions"),
            ("eci:DescribeRegions", "image_caches", "No image cache found (0 regions"),
            ("ram:GetRole", "service_linked_role", "service_linked_role: {expect: present}"),
            ("resourcemanager:ListPolicyAttachments", None, "grants: eci"),
            ("ram:GetPolicy", "system_policies", "    users:"),
        ],
        every=2,
    ),
)
def test_what_could_not_be_read_is_reported_at_its_place(
    desk: Desk,
    written: Callable[..., Any] | Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
    action: str,
    key: str | None,
    place: str,
) -> None:
    desk.cloud.faults.add(replace(KINDS["no_permission"], action=action))
    intent = written(code=1)
    assert key is None or getattr(intent, key) is None
    lines = re.sub(r"\n *#   ", " ", desk.text).splitlines()
    at = next(number for number, line in enumerate(lines) if place in line)
    near = [line for line in lines[max(0, at - 8) : at + 4] if re.search("# (MISSING|UNKNOWN): ", line)]
    assert any(action in line for line in near)
    assert f"acc: {action}" in capsys.readouterr().err
    assert "passed" in {row.outcome for row in desk.audit()}


def test_an_auditor_who_may_be_blind_has_no_complete_baseline(
    desk: Desk,
    written: Callable[..., Any] | Callable[..., Any],
    account: Account,
    capsys: pytest.CaptureFixture[str],
) -> None:
    eyes = Credential("LTAI5tBaselineEyes0001", "secret", "user/carol")
    written(credentials=(eyes,), code=1)
    assert "auditing identity" in capsys.readouterr().err


def test_how_the_account_is_read_is_kept(desk: Desk, account: Account) -> None:
    desk.serve(account, regions=["cn-hangzhou"], deadline="5m", rate={"eci": 50}, users=[{"match": "*"}])
    assert desk.baseline() == 0
    intent = desk.loaded().configuration.accounts["acc"]
    assert intent.regions == ("cn-hangzhou",)
    assert intent.rate.eci == 50
    assert str(intent.deadline) == "0:05:00"
    assert intent.endpoints.eci == desk.cloud.url
    assert "deadline: 5m" in desk.text
