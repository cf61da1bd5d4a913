"""What the configuration can say, and what is said of each mistake."""

# ruff: noqa: E501 - a table is read by its rows

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.config.loader import ConfigurationError, Loaded, load
from pytest_eci_compliance.config.model import Account, Request
from tests.support.values import present

DOCUMENTED = Path(__file__).with_name("documented.yaml")


@pytest.fixture
def documented(tmp_path: Path) -> Loaded:
    (tmp_path / "reviewed").mkdir()
    (tmp_path / "reviewed" / "full.json").write_text('{"Version": "1", "Statement": []}')
    file = tmp_path / "eci-compliance.yaml"
    file.write_bytes(DOCUMENTED.read_bytes())
    return load(file, ["instance-required-tags"])


def test_the_documented_example(documented: Loaded) -> None:
    prod = documented.configuration.accounts["prod"]
    assert documented.configuration.tests == ("compliance/",)
    assert (prod.account_id, prod.mode, prod.regions) == (
        "1098765432109876",
        "live",
        ("cn-hangzhou", "cn-beijing"),
    )
    assert prod.credentials.assume_role == "acs:ram::1098765432109876:role/auditor"
    assert prod.endpoints.sts == "http://127.0.0.1:8080"
    assert (prod.rate.eci, prod.rate.ram, prod.rate.sts) == (16, 50, None)
    assert present(prod.service_linked_role).policy == "2024-02-06"
    assert prod.virtual_node_role is None
    assert [user.match for user in present(prod.users)] == [("*",), ("user00?0",)]
    assert present(prod.users)[0].resource_groups is None
    assert present(prod.users)[1].required_resource_groups == {"rg-0000000000000": ("AliyunECIFullAccess",)}
    assert present(prod.users)[1].console is True
    assert present(prod.roles)[0].policies == ("Custom/AppRead",)
    assert json.loads(prod.document("reviewed/full.json")) == {"Version": "1", "Statement": []}
    assert present(prod.instances)[0].required_tags == {"env": ("prod", "test"), "owner": ("?*",)}
    assert (present(prod.instances)[0].ram_roles, present(prod.instances)[0].states) == (
        ("ECIRamRoleTest",),
        "all",
    )
    assert (
        present(prod.image_caches)[0].resource_groups,
        present(prod.virtual_nodes)[0].resource_groups,
    ) == (("prod",), None)
    assert present(prod.access)[0].request == Request(resource_group="rg-0000000000000", tags={"env": "test"})
    assert (present(prod.access)[1].except_, present(prod.access)[1].request) == (("ops-*",), None)
    assert present(present(prod.access)[1].resources).tags == {"env": ("prod",)}
    assert (prod.waivers[0].resource, prod.waivers[0].expires) == ("eci-2ze*", date(2026, 12, 31))
    assert (prod.max_age, prod.deadline) == (timedelta(days=7), timedelta(minutes=10))
    assert prod.default_resource_group == "rg-0000000000001"


def test_every_part_has_its_line(documented: Loaded) -> None:
    written = DOCUMENTED.read_text(encoding="utf-8").splitlines()
    prod = ("accounts", "prod")
    for path, text in {
        (*prod, "instances", 0, "required_tags"): "required_tags: {env: [prod, test]",
        (*prod, "users", 1, "pass_roles"): "pass_roles: [ECIRamRoleTest]",
        (*prod, "users", 1): '- match: "user00?0"',
        (*prod, "image_caches", 0, "resource_groups", 0): "image_caches:",
        (*prod, "access", 1, "cannot", 1): "cannot: [",
        (*prod, "waivers", 0, "nothing", "of", 3): "- check: instance-required-tags",
        ("tests",): "tests: [",
        (): "version: 1",
    }.items():
        assert text in written[documented.line_of(path) - 1]


def test_an_account_survives_pickling_with_its_documents(documented: Loaded) -> None:
    prod = documented.configuration.accounts["prod"]
    assert pickle.loads(pickle.dumps(prod)).document("reviewed/full.json") == prod.document(
        "reviewed/full.json"
    )


def test_defaults(account: Callable[[str], Account]) -> None:
    prod = account("service_linked_role: {}\ninstances: {}\n")
    assert (prod.mode, prod.regions, prod.grants, prod.deadline) == (
        "live",
        "all",
        "all",
        timedelta(minutes=10),
    )
    unset = (prod.credentials.profile, prod.endpoints.eci, prod.rate.eci, prod.max_age)
    assert unset == (None, None, None, None)
    role = present(prod.service_linked_role)
    assert (role.expect, role.blocking, role.policy) == ("present", "all", None)
    assert present(prod.instances)[0].states == "all"


def test_left_out_is_not_empty(account: Callable[[str], Account]) -> None:
    out = account("")
    for section in ("users", "roles", "system_policies", "instances", "access", "virtual_node_role"):
        assert getattr(out, section) is None
    empty = account("users: []\nroles: []\nsystem_policies: {}\ninstances: []\naccess: []\n")
    assert (empty.users, empty.roles, empty.system_policies, empty.instances, empty.access) == (
        (),
        (),
        {},
        (),
        (),
    )
    (rule,) = present(account("instances: {ram_roles: [], required_tags: {}}").instances)
    assert (rule.ram_roles, rule.required_tags, rule.resource_groups) == ((), {}, None)


def test_one_rule_or_a_list_of_rules(account: Callable[[str], Account]) -> None:
    instances = account("instances: {ram_roles: [a]}").instances
    assert instances == account("instances: [{ram_roles: [a]}]").instances
    written = account("""
        image_caches:
          - {required_tags: {env: prod}, resources: {regions: cn-beijing}}
          - {resource_groups: [rg-1], resources: {ids: "imc-*", names: [a, "b*"], resource_group: prod}}
    """)
    selectors = [present(rule.resources) for rule in present(written.image_caches)]
    assert [selector.regions for selector in selectors] == [("cn-beijing",), None]
    assert (selectors[1].ids, selectors[1].names) == (("imc-*",), ("a", "b*"))


def test_the_whole_request(account: Callable[[str], Account]) -> None:
    written = account("""
        access:
          - users: [a, group/dev]
            cannot: ["eci:*"]
            request: {resource_group: g, tags: {a: b}, ram_role: r, source_ip: "10.0.0.1", mfa: false,
                      time: 2026-06-01T08:00:00+08:00}
          - {roles: r, cannot: [eci:Create*], request: any}
          - {users: u, cannot: [eci:Create*], request: {}}
          - {users: u, can: [ram:PassRole], resources: {role: ECIRamRole}}
    """)
    whole, of_any, empty, without = present(written.access)
    assert isinstance(whole.request, Request)
    assert whole.request.time == datetime(2026, 6, 1, tzinfo=timezone.utc)
    assert (whole.request.mfa, whole.request.source_ip) == (False, "10.0.0.1")
    assert (of_any.request, empty.request, without.request) == ("any", Request(), None)
    assert present(without.resources).role == "ECIRamRole"


@pytest.mark.parametrize("time", ["2026-06-01T00:00:00Z", '"2026-06-01T00:00:00Z"', "2026-06-01 00:00:00"])
def test_a_moment_is_utc_unless_it_says_otherwise(account: Callable[[str], Account], time: str) -> None:
    written = account(f"access: [{{users: u, can: [eci:ListUsage], request: {{time: {time}}}}}]")
    (expectation,) = present(written.access)
    assert isinstance(expectation.request, Request)
    assert expectation.request.time == datetime(2026, 6, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("written", "length"),
    [("7d", timedelta(days=7)), ("12h", timedelta(hours=12)), ("10m", timedelta(minutes=10))],
)
def test_times(account: Callable[[str], Account], written: str, length: timedelta) -> None:
    assert account(f"max_age: {written}").max_age == length


@pytest.mark.parametrize("written", ["0d", "7", "7w", "-1d", "1.5h", "10 m", "9999999d", "[7d]", "7d12h"])
def test_not_a_time(wrong_in: Callable[[str], dict[str, str]], written: str) -> None:
    assert "7d, 12h or 10m" in wrong_in(f"deadline: {written}")["deadline"]


def test_x_keys_are_a_home_for_anchors(read: Callable[[str], Loaded]) -> None:
    loaded = read("""
        version: 1
        x-look: &look {policies: [AliyunECIReadOnlyAccess], console: true}
        x-anything: [1, yes, null, 2026-01-01]
        accounts:
          prod:
            account_id: "1"
            users:
              - <<: *look
                match: a
                console: false
              - {match: b, <<: [{pass_roles: [r]}, *look]}
    """)
    first, second = present(loaded.configuration.accounts["prod"].users)
    assert (first.policies, first.console) == (("AliyunECIReadOnlyAccess",), False)
    assert (second.pass_roles, second.console) == (("r",), True)
    assert loaded.line_of(("accounts", "prod", "users", 1, "policies")) == 3


def test_x_keys_are_known_at_the_top_only(wrong_in: Callable[[str], dict[str, str]]) -> None:
    assert "is not a known key" in wrong_in("x-a: 1")["x-a"]


def test_every_error_is_listed_by_path(wrong: Callable[[str], dict[str, str]]) -> None:
    message = wrong("""
        version: 2
        accounts:
          Prod: {account_id: "1"}
          all: {account_id: 0123}
          prod:
            acount_id: "1"
            mode: lief
            users: [{match: a}, {match: b}, {policies: []}]
        extra: 1
    """)
    assert set(message) == {
        "version",
        "accounts.Prod",
        "accounts.all",
        "accounts.all.account_id",
        "accounts.prod.account_id",
        "accounts.prod.acount_id",
        "accounts.prod.mode",
        "accounts.prod.users[2].match",
        "extra",
    }
    assert message["version"] == "must be 1"
    assert message["accounts.prod.acount_id"] == "is not a known key; did you mean `account_id`?"
    assert message["accounts.prod.mode"] == "must be 'live', 'record' or 'replay'"
    assert "known keys are version, accounts, tests" in message["extra"]


def test_errors_of_the_file_the_model_and_the_rules_are_told_together(
    wrong_in: Callable[[str], dict[str, str]],
) -> None:
    wrong = wrong_in("""
        mode: live
        mode: replay
        max_age: soon
        service_linked_role: {policy: nowhere.json}
        waivers: [{check: Nonsense, resource: a, reason: r, owner: o, expires: 2026-12-31}]
    """)
    assert set(wrong) == {"mode", "max_age", "service_linked_role.policy", "waivers[0].check"}


@pytest.mark.parametrize(
    ("sections", "key", "remedy"),
    [
        ("instances: {required_tags: {env: yes}}", "instances.required_tags.env", 'a truth value: put it in quotes: "yes"'),
        ("instances: {required_tags: {env: [a, on]}}", "instances.required_tags.env[1]", 'put it in quotes: "on"'),
        ("instances: {required_tags: {env: 1}}", "instances.required_tags.env", 'a number: put it in quotes: "1"'),
        ("instances: {required_tags: {env: 010}}", "instances.required_tags.env", 'put it in quotes: "010"'),
        ("instances: {required_tags: {env: 1_0}}", "instances.required_tags.env", 'put it in quotes: "1_0"'),
        ("instances: {required_tags: {env: 1:30}}", "instances.required_tags.env", 'put it in quotes: "1:30"'),
        ("instances: {required_tags: {env: 1e3}}", None, None),
        ("instances: {required_tags: {env: 1.0}}", "instances.required_tags.env", 'put it in quotes: "1.0"'),
        ("instances: {required_tags: {d: 2026-01-01}}", "instances.required_tags.d", 'a date: put it in quotes: "2026-01-01"'),
        ("instances: {required_tags: {d: 2026-13-01}}", "instances.required_tags.d", 'put it in quotes: "2026-13-01"'),
        ("instances: {required_tags: {on: x}}", "instances.required_tags.on", 'a key that YAML reads as a truth value: put it in quotes: "on"'),
        ("service_linked_role: {policy: 2022-05-11}", "service_linked_role.policy", 'put it in quotes: "2022-05-11"'),
        ("users: [{match: 007}]", "users[0].match", 'put it in quotes: "007"'),
    ],
)  # fmt: skip
def test_what_yaml_reads_otherwise_must_be_quoted(
    account: Callable[[str], Account],
    wrong_in: Callable[[str], dict[str, str]],
    sections: str,
    key: str | None,
    remedy: str | None,
) -> None:
    if key is None:
        assert present(account(sections).instances)[0].required_tags == {"env": ("1e3",)}
    else:
        assert present(remedy) in wrong_in(sections)[key]


def test_an_account_id_without_quotes(wrong: Callable[[str], dict[str, str]]) -> None:
    message = wrong("version: 1\naccounts: {prod: {account_id: 1098765432109876}}")
    assert message["accounts.prod.account_id"].endswith('put it in quotes: "1098765432109876"')


def test_a_key_without_a_value_is_neither_left_out_nor_empty(
    wrong_in: Callable[[str], dict[str, str]],
) -> None:
    for section in ("users", "instances", "mode", "max_age", "credentials"):
        assert "has no value" in wrong_in(f"{section}:\n")[section]
    assert "has no value" in wrong_in("instances: {ram_roles: ~}")["instances.ram_roles"]


@pytest.mark.parametrize(
    ("sections", "key", "message"),
    [
        ("regions: cn-hangzhou", "regions", "list of region ids, or all"),
        ("regions: []", "regions", "is empty"),
        ("regions: [cn-hangzhou, all]", "regions[1]", "is not a valid region id"),
        ("regions: [CN-Hangzhou]", "regions[0]", "is not a valid region id"),
        ("regions: [cn-hangzhou-i]", "regions[0]", "looks like a zone"),
        ("regions: [us-east-1a]", "regions[0]", "looks like a zone"),
        ("credentials: {access_key_id: x}", "credentials.access_key_id", "is not a known key"),
        ("credentials: {assume_role: auditor}", "credentials.assume_role", "acs:ram::ACCOUNT:role/NAME"),
        ("endpoints: {ram: http://ram.aliyuncs.com}", "endpoints.ram", "use https"),
        ("endpoints: {ram: http://127.0.0.1.evil.example}", "endpoints.ram", "use https"),
        ("endpoints: {ram: ftp://127.0.0.1}", "endpoints.ram", "is not a valid endpoint"),
        ("endpoints: {ram: https://u:p@ram.aliyuncs.com}", "endpoints.ram", "is not a valid endpoint"),
        ("endpoints: {eci: 'eci.{zone}.aliyuncs.com'}", "endpoints.eci", "only {region} is replaced"),
        ("endpoints: {ecs: a}", "endpoints.ecs", "is not a known key"),
        ("endpoints: {eci: 'https://h:99999'}", "endpoints.eci", "is not a valid endpoint"),
        ("rate: {eci: 0}", "rate.eci", "above 0"),
        ("rate: {eci: -1}", "rate.eci", "above 0"),
        ("rate: {eci: .nan}", "rate.eci", "above 0"),
        ("rate: {eci: .inf}", "rate.eci", "above 0"),
        ("rate: {eci: true}", "rate.eci", "must be a number"),
        ("rate: {eci: '16'}", "rate.eci", "must be a number"),
        ("service_linked_role: {expect: gone}", "service_linked_role.expect", "'present', 'absent' or 'deletable'"),
        ("virtual_node_role: {expect: gone}", "virtual_node_role.expect", "'present', 'absent' or 'deletable'"),
        ("virtual_node_role: {blocking: all}", "virtual_node_role.blocking", "is not a known key"),
        ("service_linked_role: {policy: '1999-01-01'}", "service_linked_role.policy", "known editions are 2022-05-11, 2024-02-06"),
        ("grants: none", "grants", "must be 'all' or 'eci'"),
        ("users: {match: a}", "users", "must be a list"),
        ("users: [a]", "users[0]", "must be a mapping"),
        ("users: [{match: []}]", "users[0].match", "is empty"),
        ("users: [{match: ''}]", "users[0].match", "is empty"),
        ("users: [{match: a, console: 'true'}]", "users[0].console", "must be true or false"),
        ("users: [{match: a, policies: A}]", "users[0].policies", "must be a list"),
        ("users: [{match: a, policies: ['A*']}]", "users[0].policies[0]", "must be a full name"),
        ("users: [{match: a, policies: [System/A]}]", "users[0].policies[0]", "Custom/NAME"),
        ("users: [{match: a, resource_groups: [g]}]", "users[0].resource_groups", "must be a mapping"),
        ("roles: [{match: a, console: true}]", "roles[0].console", "is not a known key"),
        ("roles: [{match: group/a}]", "roles[0].match", "roles have no groups"),
        ("instances: {ram_roles: ['a*']}", "instances.ram_roles[0]", "must be a full name"),
        ("instances: {states: running}", "instances.states", "must be 'all' or 'live'"),
        ("instances: {resources: {kind: image_cache}}", "instances.resources.kind", "can only be instance here"),
        ("image_caches: {resources: {role: r}}", "image_caches.resources.role", "did you mean `ram_role`"),
        ("image_caches: {states: all}", "image_caches.states", "is not a known key"),
        ("virtual_nodes: {ram_roles: []}", "virtual_nodes.ram_roles", "is not a known key"),
        ("default_resource_group: ''", "default_resource_group", "is empty"),
        ("waivers: {}", "waivers", "must be a list"),
        (
            "waivers: [&w {check: slr-exists, resource: a, reason: r, owner: o, expires: 2026-12-31}, *w]",
            "waivers[1]",
            "covers the same as waivers[0]",
        ),
    ],
)  # fmt: skip
def test_wrong_values(
    wrong_in: Callable[[str], dict[str, str]], sections: str, key: str, message: str
) -> None:
    assert message in wrong_in(sections)[key]


@pytest.mark.parametrize(
    "endpoint",
    ["https://ram.aliyuncs.com", "ram.aliyuncs.com", "eci.{region}.aliyuncs.com", "http://localhost:8080",
     "http://[::1]:80", "http://127.1.2.3", "https://eci-vpc.{region}.aliyuncs.com/", "127.0.0.1:8080"],
)  # fmt: skip
def test_endpoints(account: Callable[[str], Account], endpoint: str) -> None:
    assert account(f'endpoints: {{eci: "{endpoint}"}}').endpoints.eci == endpoint


@pytest.mark.parametrize(
    ("expectation", "key", "message"),
    [
        ("{can: [eci:ListUsage]}", "access[0]", "needs `users` or `roles`"),
        ("{users: a}", "access[0]", "needs `can` or `cannot`"),
        ("{users: a, roles: b, can: [eci:ListUsage]}", "access[0].roles", "excludes `users`"),
        ("{users: a, can: [eci:ListUsage], cannot: [eci:ListUsage]}", "access[0].cannot", "excludes `can`"),
        ("{users: a, can: []}", "access[0].can", "is empty"),
        ("{users: a, can: eci:ListUsage}", "access[0].can", "must be a list"),
        ("{users: [], can: [eci:ListUsage]}", "access[0].users", "is empty"),
        ("{users: a, can: [ListUsage]}", "access[0].can[0]", "is not a valid action"),
        ("{users: a, can: [eci:ListUsages]}", "access[0].can[0]", "did you mean `eci:ListUsage`"),
        ("{users: a, can: ['eci:Foo*']}", "access[0].can[0]", "matches no ECI action"),
        ("{users: a, can: ['ram:*']}", "access[0].can[0]", "wildcards match ECI actions"),
        ("{users: a, can: [eci:ListUsage], request: any}", "access[0].request", "only with `cannot`"),
        ("{users: a, can: [eci:ListUsage], paths: any}", "access[0].paths", "only with `cannot`"),
        ("{users: a, can: [eci:ListUsage], request: some}", "access[0].request", "or any"),
        ("{users: a, can: [eci:ListUsage], request: {mfa: 'true'}}", "access[0].request.mfa", "true or false"),
        ("{users: a, can: [eci:ListUsage], request: {source_ip: 10.0.0.0/8}}", "access[0].request.source_ip", "IP"),
        ("{users: a, can: [eci:ListUsage], request: {time: noon}}", "access[0].request.time", "2026-12-31T08"),
        ("{users: a, can: [eci:ListUsage], request: {tags: {a: [b]}}}", "access[0].request.tags.a", "must be text"),
        ("{users: a, can: [eci:ListUsage], request: {region: x}}", "access[0].request.region", "not a known key"),
        ("{users: a, can: [eci:ListUsage], resources: {kind: pod}}", "access[0].resources.kind", "'virtual_node'"),
        ("{users: a, can: [eci:ListUsage], resources: {role: r}}", "access[0].resources.role", "ram:PassRole"),
        ("{users: a, can: [ram:PassRole], resources: {role: r, ids: x}}", "access[0].resources.role", "without other keys"),
        ("{users: a, can: [ram:passrole], resources: {ids: x}}", "access[0].resources", "{role: NAME}"),
        ("{users: a, can: [eci:ListUsage], except_: [b]}", "access[0].except_", "did you mean `except`"),
        ("{users: a, cannot: [ram:CreateAcessKey]}", "access[0].cannot[0]", "did you mean `ram:CreateAccessKey`"),
        ("{users: a, cannot: [sts:AssumeRol]}", "access[0].cannot[0]", "did you mean `sts:AssumeRole`"),
        ("{users: a, can: [ram:PasRole]}", "access[0].can[0]", "did you mean `ram:PassRole`"),
        ("{users: a, cannot: [resourcemanager:AttachPolicyy]}", "access[0].cannot[0]", "`resourcemanager:AttachPolicy`"),
        ("{users: a, cannot: [ram:Frobnicate]}", "access[0].cannot[0]", "is no action of ram"),
        ("{users: a, cannot: [esc:RunInstances]}", "access[0].cannot[0]", "or `ecs:RunInstances`"),
        ("{users: a, cannot: [iam:CreateUser]}", "access[0].cannot[0]", "did you mean `ram:CreateUser`"),
    ],
)  # fmt: skip
def test_wrong_expectations(
    wrong_in: Callable[[str], dict[str, str]], expectation: str, key: str, message: str
) -> None:
    assert message in wrong_in(f"access: [{expectation}]")[key]


@pytest.mark.parametrize(
    "action",
    ["eci:CreateContainerGroup", "eci:createcontainergroup", "eci:Create*", "eci:*", "*", "eci:UpdateVirtualNode",
     "eci:DescribeContainerGroups", "eci:Describe*", "eci:TagResources", "eci:CopyDataCache"],
)  # fmt: skip
def test_cannot_writes_the_request_of_what_takes_a_group_tags_or_a_role(
    wrong_in: Callable[[str], dict[str, str]], account: Callable[[str], Account], action: str
) -> None:
    assert (
        "write `request`" in wrong_in(f'access: [{{users: a, cannot: ["{action}"]}}]')["access[0].cannot[0]"]
    )
    for request in ("{}", "any", "{tags: {a: b}}"):
        assert account(f'access: [{{users: a, cannot: ["{action}"], request: {request}}}]').access
    assert account(f'access: [{{users: a, can: ["{action}"]}}]').access


@pytest.mark.parametrize(
    "action",
    ["eci:DeleteContainerGroup", "eci:Delete*", "eci:ExecContainerCommand", "eci:DescribeContainerLog",
     "eci:RestartContainerGroup", "ecs:DescribeSecurityGroups", "ram:PassRole", "ram:createaccesskey",
     "sts:AssumeRole", "ram:ListUsers", "resourcemanager:MoveResources", "oss:GetObject", "ims:CreateAccessKey",
     "ess:CreateScalingConfiguration", "ots:GetRow", "sms:SendSms", "vpc:DescribeVpcs"],
)  # fmt: skip
def test_cannot_without_a_request(account: Callable[[str], Account], action: str) -> None:
    assert account(f'access: [{{users: a, cannot: ["{action}"]}}]').access


@pytest.mark.parametrize("reach", ["roles/Admin", "grup/x", "any-permisson", "Role/x", "role/", "policies/*"])
def test_may_reach_names_what_can_be_reached(wrong_in: Callable[[str], dict[str, str]], reach: str) -> None:
    errors = wrong_in(f'users: [{{match: a, may_reach: ["{reach}"]}}]')
    assert "write role/NAME, user/NAME" in errors["users[0].may_reach[0]"]


@pytest.mark.parametrize(
    "reach",
    ["*", "role/Admin", "r*", "?ole/x", "role/*", "user/a", "group/g*", "policy/Custom/X", "policy/X", "any-permission", "any*"],
)  # fmt: skip
def test_what_may_be_reached(account: Callable[[str], Account], reach: str) -> None:
    (entry,) = account(f'users: [{{match: a, may_reach: ["{reach}"]}}]').users or ()
    assert entry.may_reach == (reach,)


def test_two_expectations_have_two_names(wrong_in: Callable[[str], dict[str, str]]) -> None:
    wrong = wrong_in("""
        access:
          - {name: n, users: a, can: [eci:ListUsage]}
          - {name: n, users: b, can: [eci:ListUsage]}
          - {users: b, can: [eci:ListUsage]}
          - {users: b, can: [eci:ListUsage]}
    """)
    assert "has the same name as access[0]" in wrong["access[1]"]
    assert "is the same as access[2]" in wrong["access[3]"]


WAIVER = {"check": "slr-exists", "resource": '"*"', "reason": "r", "owner": "o", "expires": "2026-12-31"}


def waiver(**changed: str | None) -> str:
    keys = {**WAIVER, **changed}
    return "waivers: [{" + ", ".join(f"{key}: {value}" for key, value in keys.items() if value) + "}]"


@pytest.mark.parametrize("missing", ["check", "reason", "owner", "expires"])
def test_a_waiver_needs(wrong_in: Callable[[str], dict[str, str]], missing: str) -> None:
    assert "is missing" in wrong_in(waiver(**{missing: None}))[f"waivers[0].{missing}"]


@pytest.mark.parametrize(
    ("changed", "key", "message"),
    [
        ({"resource": None}, "waivers[0]", "needs `resource` or `resources`"),
        ({"resources": "{ids: a}"}, "waivers[0].resources", "excludes `resource`"),
        (
            {"resource": None, "resources": "{role: a}"},
            "waivers[0].resources.role",
            "did you mean `ram_role`",
        ),
        ({"check": "slr_exist"}, "waivers[0].check", "did you mean `slr-exists`?"),
        ({"check": "Zzzz"}, "waivers[0].check", "--eci-list-checks"),
        ({"reason": "' '"}, "waivers[0].reason", "is empty"),
        ({"owner": "''"}, "waivers[0].owner", "is empty"),
        ({"expires": "never"}, "waivers[0].expires", "2026-12-31"),
        ({"expires": "2026-12-31T00:00:00Z"}, "waivers[0].expires", "2026-12-31"),
        ({"expires": "20261231"}, "waivers[0].expires", "2026-12-31"),
        ({"policy": "Custom/A"}, "waivers[0].policy", "is for waivers of role-intended-policies"),
        ({"check": "user-intended-policies", "policy": "a b"}, "waivers[0].policy", "Custom/NAME"),
        ({"expectation": "x"}, "waivers[0].expectation", "is for waivers of access"),
    ],
)
def test_wrong_waivers(
    wrong_in: Callable[[str], dict[str, str]], changed: dict[str, Any], key: str, message: str
) -> None:
    assert message in wrong_in(waiver(**changed))[key]


def test_waivers(account: Callable[[str], Account]) -> None:
    (item,) = account(waiver(expires='"2026-12-31"')).waivers
    assert item.expires == date(2026, 12, 31)
    (item,) = account(waiver(resource=None, resources="{tags: {env: [a, b]}}")).waivers
    assert present(item.resources).tags == {"env": ("a", "b")}
    (item,) = account(waiver(check="user-intended-policies", policy="Custom/A")).waivers
    assert (item.policy, item.expectation, item.narrowing) == ("Custom/A", None, "policy=Custom/A")


NARROWED = "{check: user-intended-policies, reason: r, owner: o, expires: 2026-12-31"


def test_waivers_of_the_same_resource_that_are_narrowed_differently(
    account: Callable[[str], Account],
) -> None:
    policies = ("", ", policy: A", ", policy: Custom/A")
    written = ", ".join(f"{NARROWED}, resource: bob{policy}}}" for policy in policies)
    assert len(account(f"waivers: [{written}]").waivers) == 3


@pytest.mark.parametrize("other", ["resource: bob, policy: A", "resource: 'bob:policy=A'"])
def test_two_waivers_never_share_the_id_of_their_row(
    wrong_in: Callable[[str], dict[str, str]], other: str
) -> None:
    written = f"waivers: [{NARROWED}, resource: bob, policy: A}}, {NARROWED}, {other}}}]"
    assert "covers the same as waivers[0]" in wrong_in(written)["waivers[1]"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "has no Statement"),
        ("{}", "has no Statement"),
        (b"\xff", "is not UTF-8"),
    ],
)
def test_reviewed_documents_must_be_there_and_be_policies(
    wrong_in: Callable[[str], dict[str, str]], tmp_path: Path, content: bytes | str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / "p.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    for section in ("service_linked_role: {policy: p.json}", "virtual_node_role: {policy: p.json}",
                    "system_policies: {policy: p.json}"):  # fmt: skip
        key = f"{section.partition(':')[0]}.policy"
        assert message in wrong_in(section)[key]


def test_an_edition_is_for_roles_only(wrong_in: Callable[[str], dict[str, str]]) -> None:
    assert "does not exist" in wrong_in("system_policies: {A: '2022-05-11'}")["system_policies.A"]
    assert (
        "known editions are 2024-02-06"
        in wrong_in("virtual_node_role: {policy: '2022-05-11'}")["virtual_node_role.policy"]
    )


def test_a_secret_is_never_repeated(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    secret = "Zq9Lw3TsecretV7"
    file.write_text(f"""
version: 1
accounts:
  prod:
    account_id: {{key: {secret}}}
    credentials: {{access_key_secret: {secret}, profile: [{secret}], assume_role: {secret}}}
    rate: {secret}
    mode: {secret}
    endpoints: {{ram: "https://user:{secret}@h"}}
    waivers: {secret}
    max_age: {secret}
    access: [{{users: a, can: [{secret}], request: {secret}}}]
    {"s" * 900}: 1
""")
    with pytest.raises(ConfigurationError) as refused:
        load(file, [])
    assert secret not in str(refused.value)
    assert max(map(len, str(refused.value).splitlines())) < 600
    assert len(refused.value.problems) >= 10


def test_problems_are_in_the_order_of_the_file_and_point_into_it(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "version: 1\naccounts:\n  prod:\n    account_id: '1'\n    b: 1\n    a: 1\n    users: [{}]\n"
    )
    with pytest.raises(ConfigurationError) as refused:
        load(file, [])
    assert [problem.line for problem in refused.value.problems] == [5, 6, 7]
    text = str(refused.value)
    assert text.startswith(
        f"{file}: the configuration cannot be used, 3 problems:\n  line 5: accounts.prod.b: "
    )
