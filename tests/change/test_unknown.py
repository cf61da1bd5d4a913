"""What a plan does not have is unknown where a verdict turns on it, and nowhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.change.documents import document_of_statements
from pytest_eci_compliance.change.model import Unknown
from pytest_eci_compliance.checks.support.selectors import ResourceGroups, resource_fits
from pytest_eci_compliance.config.model import Resources
from pytest_eci_compliance.inventory.facts import (
    GIVEN_BY_SERVICE,
    Attachments,
    GrantGap,
    PolicyAttachment,
    PolicyRef,
    Role,
    Unreadable,
)
from pytest_eci_compliance.policy.evaluator import Access
from tests.change.plan_writer import change, plan, resource
from tests.change.planned_rows import ALLOW, OTHER, TRUST, held, instances, inventory, kinds, laid, members

USER_GRANT = "alicloud_ram_user_policy_attachment"
P = PolicyRef("Custom", "P")


def grant(name: str = "x", **more: Any) -> dict[str, Any]:
    """A new attachment with what is given; every other argument is unknown."""
    arguments = ("policy_name", "policy_type", "user_name")
    unknown = {"id": True, **{argument: True for argument in arguments if argument not in more}}
    return change(USER_GRANT, name, ("create",), after=more, unknown=unknown)


def gaps(after: Any) -> list[tuple[str, str | None, str | None]]:
    return [(gap.scope, gap.principal_type, gap.principal_name) for gap in after.inventory.attachments.gaps]


def test_an_unknown_policy_is_a_gap_of_its_principal(tmp_path: Path) -> None:
    after = laid(tmp_path, plan(grant(policy_type="Custom", user_name="ben")))

    assert gaps(after) == [("account", "IMSUser", "ben")]
    cause = after.inventory.attachments.gaps[0].cause
    assert (cause.code, cause.subject) == ("NotPlanned", f"{USER_GRANT}.x")
    assert held(after.inventory) == held(inventory())


def test_an_unknown_principal_is_a_gap_of_every_principal_of_its_type(tmp_path: Path) -> None:
    after = laid(tmp_path, plan(grant(policy_type="Custom", policy_name="P")))

    assert gaps(after) == [("account", "IMSUser", None)]


def test_an_unknown_scope_is_any_scope(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_resource_manager_policy_attachment",
                "x",
                ("create",),
                after={
                    "policy_type": "Custom",
                    "policy_name": "P",
                    "principal_type": "IMSGroup",
                    "principal_name": "dev@group.x.onaliyun.com",
                },
                unknown={"resource_group_id": True},
            )
        ),
    )

    assert gaps(after) == [("any", "IMSGroup", "dev")]


@pytest.mark.parametrize(
    ("policy", "references"),
    [
        ("p", {"policy_name": "=alicloud_ram_policy.p.name", "policy_type": "=alicloud_ram_policy.p.type"}),
        ("p", {"policy_name": "=alicloud_ram_policy.p.id", "policy_type": "Custom"}),
    ],
)
def test_references_to_planned_policies_resolve(
    tmp_path: Path, policy: str, references: dict[str, str]
) -> None:
    membership = change(
        "alicloud_ram_policy",
        policy,
        ("create",),
        after={"policy_name": "New", "policy_document": ALLOW},
        unknown={"id": True, "name": True, "type": True, "document": True, "statement": True},
    )
    known = {"policy_type": "Custom"} if references["policy_type"] == "Custom" else {}
    after = laid(
        tmp_path,
        plan(
            grant(user_name="ben", **known), membership, resources=(resource(USER_GRANT, "x", **references),)
        ),
    )

    assert ("user:ben", "Custom/New", None) in held(after.inventory)
    assert set(kinds(after)) == {"inferred"}


def test_each_key_refers_to_the_object_with_the_same_key(tmp_path: Path) -> None:
    """Keys hold dots, slashes and brackets; with `each.key` the references name no attribute."""
    keys = ("a.b[0]", 'x/"y"')
    policies = [
        change(
            "alicloud_ram_policy",
            "p",
            ("create",),
            after={"policy_name": f"New{number}", "policy_document": ALLOW},
            unknown={"id": True, "name": True, "type": True},
            index=key,
        )
        for number, key in enumerate(keys)
    ]
    grants = [{**grant(user_name="ben"), "index": key, "address": f'{USER_GRANT}.x["{key}"]'} for key in keys]
    written = resource(USER_GRANT, "x")
    written["expressions"] = {
        name: {"references": ["alicloud_ram_policy.p", "each.key"]} for name in ("policy_name", "policy_type")
    }
    after = laid(tmp_path, plan(*policies, *grants, resources=(written,)))

    new = {policy for who, policy, _ in held(after.inventory) if who == "user:ben"}
    assert new == {"Custom/New0", "Custom/New1"}


def test_modules_are_followed_through_variables_and_outputs(tmp_path: Path) -> None:
    policy = change(
        "alicloud_ram_policy",
        "p",
        ("create",),
        after={"policy_name": "New", "policy_document": ALLOW},
        unknown={"id": True, "name": True, "type": True},
        module='module.policies["a.b"]',
    )
    attached = change(
        USER_GRANT,
        "x",
        ("create",),
        after={"user_name": "ben", "policy_type": "Custom"},
        unknown={"policy_name": True},
        module="module.grants",
    )
    data = plan(policy, attached)
    output = {"expression": {"references": ["alicloud_ram_policy.p.name", "alicloud_ram_policy.p"]}}
    data["configuration"]["root_module"] = {
        "module_calls": {
            "policies": {"module": {"outputs": {"name": output}}},
            "grants": {
                "expressions": {
                    "policy": {"references": ['module.policies["a.b"].name', 'module.policies["a.b"]']}
                },
                "module": {
                    "resources": [
                        {
                            **resource(USER_GRANT, "x"),
                            "expressions": {"policy_name": {"references": ["var.policy"]}},
                        }
                    ]
                },
            },
        }
    }

    assert ("user:ben", "Custom/New", None) in held(laid(tmp_path, data).inventory)


@pytest.mark.parametrize(
    "expression",
    [
        {},
        {"references": ["local.name"]},
        {"references": ["each.value"]},
        {"references": ["alicloud_ram_policy.p.name", "alicloud_ram_policy.p", "alicloud_ram_policy.q.name"]},
        {"references": ["alicloud_ram_policy.gone.name", "alicloud_ram_policy.gone"]},
        # Its value is known, so the expression must be more than this reference.
        {"references": ["alicloud_ram_policy.known.policy_name", "alicloud_ram_policy.known"]},
        {"references": ["var.name"]},
    ],
)
def test_what_does_not_resolve_stays_unknown(tmp_path: Path, expression: dict[str, Any]) -> None:
    written = {**resource(USER_GRANT, "x"), "expressions": {"policy_name": expression}}
    known = change(
        "alicloud_ram_policy", "known", ("create",), after={"policy_name": "New", "policy_document": ALLOW}
    )
    data = plan(
        grant(user_name="ben", policy_type="Custom"),
        known,
        resources=(written,),
        variables={"name": {"value": "New"}},
    )
    after = laid(tmp_path, data)

    assert gaps(after) == [("account", "IMSUser", "ben")]


def test_unknown_documents(tmp_path: Path) -> None:
    policy = change(
        "alicloud_ram_policy",
        "p",
        ("create",),
        after={"policy_name": "New"},
        unknown={"policy_document": True},
    )
    role = change(
        "alicloud_ram_role", "r", ("create",), after={"role_name": "new"}, unknown={"document": True}
    )
    after = laid(tmp_path, plan(policy, role)).inventory

    assert isinstance(after.policies[PolicyRef("Custom", "New")].policy_document, Unreadable)
    created = after.role_lookups["new"]
    assert isinstance(created, Role)
    assert isinstance(created.assume_role_policy_document, Unreadable)


def test_an_unknown_update_of_a_document(tmp_path: Path) -> None:
    old = {"id": "P", "policy_name": "P", "policy_document": OTHER, "document": OTHER}
    new = {"id": "P", "policy_name": "P", "document": OTHER}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_policy",
                "p",
                ("update",),
                before=old,
                after=new,
                unknown={"policy_document": True},
            )
        ),
    ).inventory

    assert isinstance(after.policies[P].policy_document, Unreadable)


def test_unknown_parts_of_an_instance(tmp_path: Path) -> None:
    web = change(
        "alicloud_eci_container_group",
        "x",
        ("create",),
        after={
            "container_group_name": "n",
            "containers": [{"name": "a", "image": "i", "environment_vars": [{"key": "K", "value": None}]}],
            "tags": {"env": "prod"},
        },
        unknown={
            "containers": [{"environment_vars": [{"value": True}], "ready": True}],
            "tags": {"owner": True},
            "ram_role_name": True,
            "resource_group_id": True,
        },
    )
    written = resource("alicloud_eci_container_group", "x", resource_group_id="=data.x.y.id")
    after = laid(tmp_path, plan(web, resources=(written,))).inventory
    instance = instances(after)["planned:alicloud_eci_container_group.x"]

    assert set(instance.not_shown) - GIVEN_BY_SERVICE == {"containers", "tags", "ram_role", "resource_group"}
    decision = Access(after).decide("ann", "eci:DeleteContainerGroup", instance)
    assert decision.outcome == "allowed", "a grant on the whole account decides whatever the group is"


def test_in_a_group_that_is_not_known_nobody_is_denied_for_certain(tmp_path: Path) -> None:
    """A grant on a resource group may or may not be for the instance."""
    scoped = Attachments((PolicyAttachment("System", "AliyunECIFullAccess", "IMSUser", "ben", "rg-1"),))
    base = replace(inventory(), attachments=scoped, groups=())
    web = change(
        "alicloud_eci_container_group",
        "x",
        ("create",),
        after={"container_group_name": "n", "containers": []},
        unknown={"resource_group_id": True},
    )
    written = resource("alicloud_eci_container_group", "x", resource_group_id="=data.x.y.id")
    after = laid(tmp_path, plan(web, resources=(written,)), over=base).inventory
    instance = instances(after)["planned:alicloud_eci_container_group.x"]

    assert Access(after).decide("ben", "eci:DeleteContainerGroup", instance).outcome == "undecidable"


def test_an_instance_that_names_no_group_is_in_the_default_one(tmp_path: Path) -> None:
    web = change(
        "alicloud_eci_container_group",
        "x",
        ("create",),
        after={"containers": []},
        unknown={"resource_group_id": True},
    )
    written = resource("alicloud_eci_container_group", "x", container_group_name="n")
    after = laid(tmp_path, plan(web, resources=(written,))).inventory

    assert instances(after)["planned:alicloud_eci_container_group.x"].resource_group_id == "rg-default"


def test_sensitive_values_are_unknown(tmp_path: Path) -> None:
    attached = change(
        USER_GRANT,
        "x",
        ("create",),
        after={"policy_type": "Custom", "policy_name": "P", "user_name": "ben"},
        _after_sensitive={"policy_name": True},
    )
    after = laid(tmp_path, plan(attached))

    assert gaps(after) == [("account", "IMSUser", "ben")]
    assert "sensitive" in after.inventory.attachments.gaps[0].cause.detail


def test_unknown_names_make_the_list_incomplete(tmp_path: Path) -> None:
    changes = [
        change(type_, "x", ("create",), after={}, unknown=dict.fromkeys(names, True))
        for type_, names in (
            ("alicloud_ram_user", ["name"]),
            ("alicloud_ram_group", ["group_name", "name"]),
            ("alicloud_ram_role", ["role_name", "name"]),
            ("alicloud_ram_policy", ["policy_name", "name", "policy_document"]),
        )
    ]
    calls = [part.call for part in laid(tmp_path, plan(*changes)).inventory.incomplete]

    assert calls == ["ram:ListUsers", "ram:ListGroups", "ram:ListRoles", "ram:ListPolicies"]


def test_unknown_members(tmp_path: Path) -> None:
    joined = change(
        "alicloud_ram_group_membership",
        "x",
        ("create",),
        after={"group_name": "ops"},
        unknown={"user_names": True},
    )

    assert isinstance(members(laid(tmp_path, plan(joined)).inventory, "ops"), Unreadable)


def test_an_instance_without_a_region(tmp_path: Path) -> None:
    """The provider's region may come from the environment: of several regions none is taken."""
    web = change(
        "alicloud_eci_container_group", "x", ("create",), after={"containers": []}, unknown={"id": True}
    )
    data = plan(web)
    data["configuration"]["provider_config"]["alicloud"]["expressions"] = {}
    several = laid(tmp_path, data)
    (part,) = several.inventory.incomplete
    only = laid(tmp_path, data, over=inventory(regions=("cn-hangzhou",)))

    assert (part.call, part.code) == ("eci:DescribeContainerGroups", "NotPlanned")
    assert "planned:alicloud_eci_container_group.x" in instances(only.inventory)
    assert "inferred" in kinds(only)


def test_the_region_may_be_a_variable(tmp_path: Path) -> None:
    web = change(
        "alicloud_eci_container_group", "x", ("create",), after={"containers": []}, unknown={"id": True}
    )
    data = plan(web, variables={"region": {"value": "cn-beijing"}})
    data["configuration"]["provider_config"]["alicloud"]["expressions"] = {
        "region": {"references": ["var.region"]}
    }

    instance = instances(laid(tmp_path, data).inventory)["planned:alicloud_eci_container_group.x"]
    assert instance.region_id == "cn-beijing"


@pytest.mark.parametrize(
    ("resources", "outcome"),
    [
        (["*", None], "allowed"),
        (["acs:oss:*:*:*", None], "undecidable"),
        ([None], "undecidable"),
        (["acs:oss:*:*:*"], "denied"),
    ],
)
def test_known_elements_decide_alone(tmp_path: Path, resources: list[str | None], outcome: str) -> None:
    """A document with a hole: what the known elements allow is allowed, whatever the hole is."""
    data_change = {
        **change(
            "alicloud_ram_policy_document",
            "d",
            ("read",),
            after={
                "statement": [{"effect": "Allow", "action": ["eci:*"], "resource": resources}],
                "version": None,
            },
            unknown={
                "document": True,
                "statement": [{"action": [False], "resource": [resource is None for resource in resources]}],
            },
        ),
        "mode": "data",
    }
    old = {"id": "P", "policy_name": "P", "policy_document": OTHER}
    update = change(
        "alicloud_ram_policy",
        "p",
        ("update",),
        before=old,
        after={"id": "P", "policy_name": "P"},
        unknown={"policy_document": True},
    )
    ref = "=data.alicloud_ram_policy_document.d.document"
    after = laid(
        tmp_path,
        plan(data_change, update, resources=(resource("alicloud_ram_policy", "p", policy_document=ref),)),
        over=inventory(groups=()),
    ).inventory

    assert Access(after).decide("ann", "eci:DeleteContainerGroup", "eci-1").outcome == outcome


def test_a_hole_in_a_deny_protects_nobody_for_certain() -> None:
    text = document_of_statements(
        [
            {"effect": "Deny", "action": ["eci:*"], "resource": [Unknown("r")]},
            {"action": ["eci:*"], "resource": ["*"]},
        ]
    )
    statements = json.loads(str(text))["Statement"]

    assert [statement["Effect"] for statement in statements] == ["Deny", "Allow"]
    assert "PlanUnknown" in statements[0]["Condition"]


def test_secrets_of_a_plan_stay_in_the_plan(tmp_path: Path) -> None:
    secret = "correct-horse-7731"
    web = change(
        "alicloud_eci_container_group",
        "x",
        ("create",),
        after={
            "container_group_name": "n",
            "containers": [
                {
                    "name": "a",
                    "image": "i",
                    "commands": [secret],
                    "args": [secret],
                    "environment_vars": [
                        {"key": "K", "value": secret},
                        {"key": "A", "value": "LTAI5tAbCdEfGhIjKlMnOpQr"},
                    ],
                }
            ],
            "volumes": [
                {"name": "v", "config_file_volume_config_file_to_paths": [{"path": "p", "content": secret}]}
            ],
            "image_registry_credential": [{"password": secret, "server": "s", "user_name": "u"}],
        },
        unknown={"id": True},
    )
    login = change(
        "alicloud_ram_login_profile", "l", ("create",), after={"user_name": "ann", "password": secret}
    )
    data = plan(web, login, variables={"token": {"value": secret}})
    data["configuration"]["provider_config"]["alicloud"]["expressions"]["secret_key"] = {
        "constant_value": secret
    }
    after = laid(tmp_path, data)

    assert secret not in repr(after)
    assert "LTAI5tAbCdEfGhIjKlMnOpQr" not in repr(after)
    (container,) = instances(after.inventory)["planned:alicloud_eci_container_group.x"].containers
    assert "looks like an AccessKey" in container.environment_vars[1].value


def test_a_trust_policy_that_is_not_known_is_no_trust(tmp_path: Path) -> None:
    old = {"id": "app", "role_name": "app", "assume_role_policy_document": TRUST}
    after = laid(
        tmp_path,
        plan(
            change(
                "alicloud_ram_role",
                "r",
                ("update",),
                before=old,
                after={"id": "app", "role_name": "app"},
                unknown={"assume_role_policy_document": True},
            )
        ),
    ).inventory

    role = after.role_lookups["app"]
    assert isinstance(role, Role)
    assert isinstance(role.assume_role_policy_document, Unreadable)
    assert GrantGap not in map(type, after.attachments.gaps)


@pytest.mark.parametrize("hidden", [{"unknown": True}, {"_after_sensitive": True}])
def test_an_object_that_is_hidden_as_a_whole(tmp_path: Path, hidden: dict[str, Any]) -> None:
    """Nothing of it is known: it has not no tags, and is not in the default group."""
    web = change(
        "alicloud_eci_container_group", "x", ("create",), after={"container_group_name": "n"}, **hidden
    )
    web["change"]["after_unknown"] = hidden.get("unknown", {})
    after = laid(tmp_path, plan(web), over=inventory(regions=("cn-hangzhou",))).inventory
    instance = instances(after)["planned:alicloud_eci_container_group.x"]

    assert {"tags", "containers", "ram_role", "resource_group"} <= set(instance.not_shown)


def test_a_member_of_a_group_that_nobody_knows(tmp_path: Path) -> None:
    joined = change(
        "alicloud_ram_user_group_attachment",
        "x",
        ("create",),
        after={"group_name": "gone", "user_name": "ben"},
    )

    after = laid(tmp_path, plan(joined))

    assert gaps(after) == [("any", "IMSUser", "ben"), ("any", "IMSGroup", "gone")]
    assert {cause.call for cause in after.inventory.incomplete} == {"ram:ListGroups"}


def test_a_new_instance_has_no_id_yet(tmp_path: Path) -> None:
    """A statement for some ids may be for it: it is not denied for certain, and no glob of ids leaves it out."""
    web = change(
        "alicloud_eci_container_group", "x", ("create",), after={"containers": []}, unknown={"id": True}
    )
    narrow = ALLOW.replace('"*"', '"acs:eci:*:*:containergroup/eci-*"')
    policies = {PolicyRef("Custom", "P"): replace(inventory().policies[P], policy_document=narrow)}
    base = inventory(policies=policies, groups=())
    after = laid(tmp_path, plan(web), over=base).inventory
    instance = instances(after)["planned:alicloud_eci_container_group.x"]

    assert Access(after).decide("ann", "eci:DeleteContainerGroup", instance).outcome == "undecidable"
    groups = ResourceGroups(after.resource_groups)
    assert isinstance(resource_fits(instance, Resources(ids=("eci-*",)), groups), Unreadable)
    assert resource_fits(instance, Resources(ids=("eci-1",)), groups) is False
