"""The emulator, asked through the real SDK; its answers, held against the SDK's models and the documents."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from alibabacloud_credentials.utils import parameter_helper
from alibabacloud_eci20180808 import models as eci_models
from alibabacloud_eci20180808.client import Client as EciClient
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_resourcemanager20200331 import models as rm_models
from alibabacloud_resourcemanager20200331.client import Client as RmClient
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from tests.emulator import (
    KINDS,
    Account,
    Attachment,
    Container,
    Credential,
    Emulator,
    EmulatorProcess,
    Group,
    ImageCache,
    Instance,
    Policy,
    Quirks,
    RateLimit,
    Region,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
    Volume,
    config_yaml,
    endpoints,
    environment,
    from_dict,
    generate,
    load,
    to_dict,
)
from tests.emulator.account import dump
from tests.emulator.actions import KNOWN, SERVED, VERSIONS, is_write
from tests.emulator.churn import After, Steady, arrive, leave
from tests.emulator.documented import (
    ECI_ROLE,
    ECI_ROLE_GRANT,
    VNODE_ROLE,
    VNODE_ROLE_GRANT,
    allow,
    document,
    trust,
)

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

ACCOUNT_ID = "1098765432109876"
ROOT = Credential("LTAI5tRoot", "root-secret")
ALICE = Credential("LTAI5tAlice", "alice-secret", "user/alice")
BOB = Credential("LTAI5tBob", "bob-secret", "user/bob")
CAROL = Credential("LTAI5tCarol", "carol-secret", "user/carol")

TAG_POLICY = document(
    allow("eci:Create*", StringEquals={"acs:RequestTag/env": "test"}),
    allow("eci:*", StringEquals={"acs:ResourceTag/env": "test"}),
    allow("eci:Describe*", StringEquals={"acs:RequestTag/env": "test"}),
)

WEB = Instance(
    "eci-web1",
    "web-1",
    resource_group="rg-production1",
    ram_role="AppRole",
    tags={"env": "prod"},
    containers=(
        Container("nginx", env={"PATH": "/usr/bin/"}, commands=("nginx",), args=("-g", "daemon off;")),
    ),
    init_containers=(Container("init", env=(("A", "1"), ("A", "2")), commands=("sh",)),),
    volumes=(Volume("config", files={"app.ini": "a2V5PTE="}),),
)
JOB = Instance(
    "eci-job1", "job-1", "Succeeded", "rg-test1", tags={"env": "test"}, succeeded_time="2026-02-01T00:00:00Z"
)
BARE = Instance("eci-bare1", tags=())

ACME = Account(
    account_id=ACCOUNT_ID,
    alias="acme",
    default_resource_group="rg-default1",
    users=(
        User("alice", email="alice@example.com", mobile_phone="86-1", comments="the auditor"),
        User("bob"),
        User("carol", console=True),
    ),
    groups=(Group("developers", ("bob",)), Group("operators")),
    roles=(ECI_ROLE, VNODE_ROLE, Role("AppRole", trust("ecs.aliyuncs.com"), tags={"env": "prod"})),
    policies=(Policy("TagPolicy", TAG_POLICY), Policy("Odd", '{ "Version":"1","Statement":[] }')),
    attachments=(
        ECI_ROLE_GRANT,
        VNODE_ROLE_GRANT,
        Attachment("AliyunRAMReadOnlyAccess", user="alice"),
        Attachment("AliyunECIReadOnlyAccess", user="alice"),
        Attachment("AliyunECIFullAccess", user="bob", scope="rg-production1"),
        Attachment("AliyunECIReadOnlyAccess", group="developers", scope="rg-test1"),
        Attachment("Custom/TagPolicy", user="carol"),
        Attachment("AliyunECIReadOnlyAccess", group="operators"),
        Attachment("AliyunECIFullAccess", role="AppRole"),
    ),
    resource_groups=(
        ResourceGroup("rg-default1", "default"),
        ResourceGroup("rg-production1", "production", tags={"env": "prod"}),
        ResourceGroup("rg-test1", "test"),
    ),
    regions=(
        Region(
            "cn-hangzhou",
            "eci.aliyuncs.com",
            ("cn-hangzhou-g", "cn-hangzhou-j"),
            (WEB, JOB, BARE),
            (ImageCache("imc-1", "cache", tags={"imc": "test"}, resource_group="rg-test1"),),
            (VirtualNode("vnd-1", "node"),),
        ),
        Region("cn-beijing"),
    ),
    credentials=(ROOT, ALICE, BOB, CAROL),
)


class Cloud:
    """The four SDK clients with one credential, and raw answers."""

    def __init__(self, endpoint: str, credential: Credential = ROOT) -> None:
        self._settings = {
            "access_key_id": credential.access_key_id,
            "access_key_secret": credential.access_key_secret,
            "security_token": credential.token or None,
            "endpoint": endpoint,
            "protocol": "http",
            "region_id": "cn-hangzhou",
        }
        self.ram = RamClient(self._config())
        self.eci = EciClient(self._config())
        self.rm = RmClient(self._config())
        self.sts = StsClient(self._config())

    def _config(self) -> Any:
        return utils_models.Config(**self._settings)

    def raw(self, action_id: str, **params: Any) -> dict[str, Any]:
        """The body of the answer as it came over the wire."""
        service, _, action = action_id.partition(":")
        call = utils_models.Params(
            action=action,
            version=VERSIONS.get(service, service),
            protocol="HTTP",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = utils_models.OpenApiRequest(query={key: str(value) for key, value in params.items()})
        runtime = RuntimeOptions(read_timeout=2000, connect_timeout=2000)
        answer: dict[str, Any] = OpenApiClient(self._config()).call_api(call, request, runtime)
        body: dict[str, Any] = answer["body"]
        return body

    def refused(self, action_id: str, **params: Any) -> TeaException:
        with pytest.raises(TeaException) as caught:
            self.raw(action_id, **params)
        return caught.value

    def ids(self, **params: Any) -> list[str]:
        body = self.raw("eci:DescribeContainerGroups", RegionId="cn-hangzhou", **params)
        return [containergroup["ContainerGroupId"] for containergroup in body["ContainerGroups"]]


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    with Emulator(ACME) as running:
        yield running


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.account = ACME
    server.reset()
    server.backend.latency, server.backend.limits, server.backend.churn = 0.0, (), ()
    server.backend.quirks = Quirks()
    return server


@pytest.fixture
def cloud(emulator: Emulator) -> Cloud:
    return Cloud(emulator.endpoint)


def asked_as(emulator: Emulator, credential: Credential) -> Cloud:
    return Cloud(emulator.endpoint, credential)


# What the SDK's models know -------------------------------------------------------------------------------

EXAMPLES: dict[str, dict[str, Any]] = {
    "sts:GetCallerIdentity": {},
    "ram:ListUsers": {"MaxItems": 2},
    "ram:GetUser": {"UserName": "alice"},
    "ram:ListGroups": {"MaxItems": 1},
    "ram:ListUsersForGroup": {"GroupName": "developers"},
    "ram:ListGroupsForUser": {"UserName": "bob"},
    "ram:ListRoles": {"MaxItems": 1},
    "ram:GetRole": {"RoleName": "AliyunServiceRoleForECI"},
    "ram:ListPolicies": {"PolicyType": "Custom", "MaxItems": 1},
    "ram:GetPolicy": {"PolicyType": "System", "PolicyName": "AliyunECIFullAccess"},
    "ram:GetPolicyVersion": {"PolicyType": "Custom", "PolicyName": "Odd", "VersionId": "v1"},
    "ram:ListPolicyVersions": {"PolicyType": "Custom", "PolicyName": "Odd"},
    "ram:ListPoliciesForUser": {"UserName": "alice"},
    "ram:ListPoliciesForGroup": {"GroupName": "operators"},
    "ram:ListPoliciesForRole": {"RoleName": "AppRole"},
    "ram:ListEntitiesForPolicy": {"PolicyType": "System", "PolicyName": "AliyunECIReadOnlyAccess"},
    "ram:GetAccountAlias": {},
    "ram:ListAccessKeys": {"UserName": "alice"},
    "ram:GetLoginProfile": {"UserName": "carol"},
    "ram:GetPasswordPolicy": {},
    "ram:ListVirtualMFADevices": {},
    "resourcemanager:ListPolicyAttachments": {"PageSize": 3},
    "resourcemanager:ListResourceGroups": {"IncludeTags": "true"},
    "eci:DescribeRegions": {},
    "eci:DescribeContainerGroups": {"RegionId": "cn-hangzhou", "Limit": 2},
    "eci:DescribeContainerGroupStatus": {"RegionId": "cn-hangzhou", "Limit": 2},
    "eci:DescribeImageCaches": {"RegionId": "cn-hangzhou"},
    "eci:DescribeVirtualNodes": {"RegionId": "cn-hangzhou"},
    "eci:ListTagResources": {"RegionId": "cn-hangzhou", "ResourceType": "ContainerGroup", "Limit": 1},
    "eci:ListUsage": {"RegionId": "cn-hangzhou"},
}
MODELS = {"ram": ram_models, "eci": eci_models, "resourcemanager": rm_models, "sts": sts_models}


def unknown_keys(sent: Any, kept: Any, path: str = "") -> list[str]:
    """The paths of what was sent and a model dropped."""
    if isinstance(sent, dict):
        gone = [f"{path}.{key}" for key in sent if not isinstance(kept, dict) or key not in kept]
        both = [key for key in sent if isinstance(kept, dict) and key in kept]
        return gone + [lost for key in both for lost in unknown_keys(sent[key], kept[key], f"{path}.{key}")]
    if isinstance(sent, list):
        assert isinstance(kept, list), path
        assert len(kept) == len(sent), path
        return [
            lost for item, other in zip(sent, kept, strict=True) for lost in unknown_keys(item, other, path)
        ]
    assert sent == kept, path
    return []


def test_every_served_read_has_an_example() -> None:
    assert set(SERVED) - set(EXAMPLES) == {
        "sts:AssumeRole",
        "resourcemanager:GetServiceLinkedRoleDeletionStatus",
    }


@pytest.mark.parametrize("action_id", EXAMPLES)
def test_the_models_know_every_field_that_is_sent(cloud: Cloud, action_id: str) -> None:
    service, _, action = action_id.partition(":")
    model = getattr(MODELS[service], f"{action}ResponseBody")
    body = cloud.raw(action_id, **EXAMPLES[action_id])
    assert unknown_keys(body, model().from_map(body).to_map()) == []


@pytest.mark.parametrize("action_id", EXAMPLES)
def test_every_answer_carries_its_payload_and_a_request_id(cloud: Cloud, action_id: str) -> None:
    body = cloud.raw(action_id, **EXAMPLES[action_id])
    results = body
    for key in SERVED[action_id].payload:
        results = results[key]
    assert results or action_id == "ram:ListVirtualMFADevices"
    assert len(body["RequestId"]) == 36


# The sample bodies of the documents ----------------------------------------------------------------------

SAMPLES = {
    "eci:DescribeContainerGroups": (
        {"ContainerGroupIds": '["eci-web1"]', "RegionId": "cn-hangzhou"},
        """{"RequestId":"89945DD3","TotalCount":1,"ContainerGroups":[{"ContainerGroupId":"eci-bp1jrgfqqy54kg5hc",
        "ContainerGroupName":"test","RegionId":"cn-hangzhou","Status":"Running","CreationTime":"2018-08-02T15:00:00Z",
        "ResourceGroupId":"rg-8db03793gfrz","RamRoleName":"x","Tags":[{"Key":"name","Value":"test-xh"}],
        "Containers":[{"Name":"nginx","Image":"mysql","Cpu":2.0,"Memory":2.0,
        "EnvironmentVars":[{"Key":"PATH","Value":"/usr/bin/"}]}]}]}""",
    ),
    "eci:DescribeRegions": (
        {},
        """{"RequestId":"x","Regions":[{"RegionId":"cn-hangzhou","RegionEndpoint":"eci.aliyuncs.com",
        "Zones":["cn-hangzhou-g"],"RecommendZones":["cn-hangzhou-j"]}]}""",
    ),
    "eci:DescribeImageCaches": (
        {"RegionId": "cn-hangzhou"},
        """{"RequestId":"x","TotalCount":15,"ImageCaches":[{"ImageCacheId":"imc-bp195erqe9o2pb09",
        "ImageCacheName":"imagetest","Status":"Ready","RegionId":"cn-beijing","ResourceGroupId":"rg-2df3isufhi38",
        "Tags":[{"Key":"imc","Value":"test"}],"Images":["x"]}]}""",
    ),
    "eci:ListTagResources": (
        {"RegionId": "cn-hangzhou", "ResourceType": "ContainerGroup", "Limit": "1"},
        """{"RequestId":"x","TagResources":[{"ResourceType":"ContainerGroup","ResourceId":"eci-2ze","TagKey":"testkey",
        "TagValue":"testvalue"}],"NextToken":"AAAAA"}""",
    ),
    "ram:ListPoliciesForUser": (
        {"UserName": "alice"},
        """{"Policies":{"Policy":[{"DefaultVersion":"v1","Description":"x","PolicyName":"OSS-Administrator",
        "AttachDate":"2015-01-23T12:33:18Z","PolicyType":"Custom"}]},"RequestId":"7B8A4E7D"}""",
    ),
    "ram:GetRole": (
        {"RoleName": "AppRole"},
        """{"RequestId":"x","Role":{"RoleName":"ECSAdmin","RoleId":"901234567890","Arn":"acs:ram::1234:role/ECSAdmin",
        "AssumeRolePolicyDocument":"{}","CreateDate":"2015-01-23T12:33:18Z","UpdateDate":"2015-01-23T12:33:18Z"}}""",
    ),
    "resourcemanager:ListPolicyAttachments": (
        {},
        """{"PageNumber":1,"PageSize":10,"TotalCount":2,"RequestId":"x","PolicyAttachments":{"PolicyAttachment":[
        {"AttachDate":"2015-01-23T12:33:18Z","Description":"x","PolicyName":"AdministratorAccess",
        "PolicyType":"System","PrincipalName":"alice@demo.onaliyun.com","PrincipalType":"IMSUser",
        "ResourceGroupId":"rg-9gLOoK"}]}}""",
    ),
}


def lacking(sample: Any, sent: Any, path: str = "") -> list[str]:
    """Where an answer has not the shape of a sample: a key that is missing, a value of another type."""
    if type(sample) is not type(sent):
        return [f"{path}: {type(sample).__name__} became {type(sent).__name__}"]
    if isinstance(sample, dict):
        missing = [f"{path}.{key}" for key in sample if key not in sent]
        both = [key for key in sample if key in sent]
        return missing + [lack for key in both for lack in lacking(sample[key], sent[key], f"{path}.{key}")]
    if isinstance(sample, list):
        return lacking(sample[0], sent[0], f"{path}[0]") if sent else [f"{path}: empty"]
    return []


@pytest.mark.parametrize("action_id", SAMPLES)
def test_the_documents_sample_bodies_have_this_shape(cloud: Cloud, action_id: str) -> None:
    params, sample = SAMPLES[action_id]
    assert lacking(json.loads(sample), cloud.raw(action_id, **params)) == []


def test_an_instance_carries_all_that_was_declared(cloud: Cloud) -> None:
    request = eci_models.DescribeContainerGroupsRequest(
        region_id="cn-hangzhou", container_group_ids='["eci-web1"]'
    )
    (web,) = cloud.eci.describe_container_groups(request).body.container_groups
    assert (web.container_group_name, web.ram_role_name, web.resource_group_id) == (
        "web-1",
        "AppRole",
        "rg-production1",
    )
    assert web.containers[0].environment_vars[0].to_map() == {"Key": "PATH", "Value": "/usr/bin/"}
    assert (web.containers[0].commands, web.containers[0].args) == (["nginx"], ["-g", "daemon off;"])
    assert [var.value for var in web.init_containers[0].environment_vars] == ["1", "2"]
    assert web.init_containers[0].command == ["sh"]
    assert web.volumes[0].config_file_volume_config_file_to_paths[0].content == "a2V5PTE="


def test_documents_are_plain_json_text(cloud: Cloud) -> None:
    odd = cloud.raw("ram:GetPolicy", PolicyType="Custom", PolicyName="Odd")
    assert odd["DefaultPolicyVersion"]["PolicyDocument"] == '{ "Version":"1","Statement":[] }'
    role = cloud.ram.get_role(ram_models.GetRoleRequest(role_name="AliyunServiceRoleForECI")).body.role
    assert json.loads(role.assume_role_policy_document)["Statement"][0]["Principal"] == {
        "Service": ["eci.aliyuncs.com"]
    }
    assert role.arn == f"acs:ram::{ACCOUNT_ID}:role/aliyunserviceroleforeci"
    assert role.is_service_linked_role is True
    listed = cloud.raw("ram:ListRoles")["Roles"]["Role"]
    assert not {"AssumeRolePolicyDocument", "IsServiceLinkedRole"} & set(listed[0])


def test_grants_name_their_principal_and_scope(cloud: Cloud) -> None:
    rows = cloud.raw("resourcemanager:ListPolicyAttachments", PageSize=100)["PolicyAttachments"][
        "PolicyAttachment"
    ]
    results = {(row["PrincipalName"], row["PolicyName"], row["ResourceGroupId"]) for row in rows}
    assert ("alice@acme.onaliyun.com", "AliyunECIReadOnlyAccess", ACCOUNT_ID) in results
    assert ("developers@group.acme.onaliyun.com", "AliyunECIReadOnlyAccess", "rg-test1") in results
    assert ("AppRole@role.acme.onaliyunservice.com", "AliyunECIFullAccess", ACCOUNT_ID) in results
    only = cloud.raw("resourcemanager:ListPolicyAttachments", PrincipalType="IMSGroup")
    assert only["TotalCount"] == 2


def test_ram_does_not_show_grants_on_resource_groups(cloud: Cloud) -> None:
    assert cloud.raw("ram:ListPoliciesForUser", UserName="bob")["Policies"] == {"Policy": []}
    assert cloud.raw("ram:ListPoliciesForGroup", GroupName="developers")["Policies"] == {"Policy": []}


# Paging --------------------------------------------------------------------------------------------------

LARGE = generate.account(
    generate.Size(
        users=250, groups=3, policies=30, instances=70, image_caches=45, virtual_nodes=25, regions=1
    )
)


def chain(cloud: Cloud, action_id: str, **params: Any) -> list[list[Any]]:
    """The pages of a list, followed to its end."""
    action = SERVED[action_id]
    pages: list[list[Any]] = []
    while len(pages) < 100:
        body = cloud.raw(action_id, **params)
        items: Any = body
        for key in action.payload:
            items = items[key]
        pages.append(items)
        if action.paging == "pages":
            if body["PageNumber"] * body["PageSize"] >= body["TotalCount"]:
                break
            params["PageNumber"] = body["PageNumber"] + 1
        elif body.get(action.parameter):
            params[action.parameter] = body[action.parameter]
        else:
            break
    return pages


@pytest.mark.parametrize(
    ("action_id", "params", "sizes"),
    [
        ("ram:ListUsers", {}, [100, 100, 51]),
        ("ram:ListUsers", {"MaxItems": 1000}, [251]),
        ("ram:ListUsersForGroup", {"GroupName": "group000", "MaxItems": 50}, [50, 34]),
        ("resourcemanager:ListPolicyAttachments", {"PageSize": 100}, [100, 100, 100, 100, 100, 16]),
        ("resourcemanager:ListResourceGroups", {}, [6]),
        ("eci:DescribeContainerGroups", {"RegionId": "cn-hangzhou"}, [20, 20, 20, 10]),
        ("eci:DescribeContainerGroupStatus", {"RegionId": "cn-hangzhou"}, [70]),
        ("eci:DescribeImageCaches", {"RegionId": "cn-hangzhou"}, [20, 20, 5]),
        ("eci:DescribeVirtualNodes", {"RegionId": "cn-hangzhou"}, [20, 5]),
        (
            "eci:DescribeContainerGroups",
            {"RegionId": "cn-hangzhou", "Limit": 10, "Tag.1.Key": "env"},
            [10] * 7,
        ),
    ],
)
def test_lists_are_paged(
    emulator: Emulator, action_id: str, params: dict[str, Any], sizes: list[int]
) -> None:
    emulator.account = LARGE
    pages = chain(asked_as(emulator, generate.ROOT), action_id, **params)
    assert [len(page) for page in pages] == sizes
    rows = [json.dumps(entry, sort_keys=True) for page in pages for entry in page]
    assert len(set(rows)) == len(rows)


def test_a_token_belongs_to_its_action(emulator: Emulator) -> None:
    emulator.account = LARGE
    cloud = asked_as(emulator, generate.ROOT)
    token = cloud.raw("eci:DescribeContainerGroups", RegionId="cn-hangzhou")["NextToken"]
    assert cloud.refused("eci:DescribeImageCaches", RegionId="cn-hangzhou", NextToken=token).code.startswith(
        "Invalid"
    )
    assert cloud.refused("ram:ListUsers", Marker="made up").code == "InvalidParameter.Marker"


@pytest.mark.parametrize("positions", ["item", "offset"])
def test_short_pages_and_totals_are_quirks(emulator: Emulator, positions: Any) -> None:
    emulator.account = LARGE
    emulator.backend.quirks = Quirks(max_page=30, positions=positions, total_count="absent")
    pages = chain(
        asked_as(emulator, generate.ROOT), "eci:DescribeContainerGroupStatus", RegionId="cn-hangzhou"
    )
    assert [len(page) for page in pages] == [30, 30, 10]
    assert len({entry["ContainerGroupId"] for page in pages for entry in page}) == 70


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"ResourceGroupId": "rg-test1"}, ["eci-job1"]),
        ({"ResourceGroupId": "rg-default1"}, ["eci-bare1"]),
        ({"Tag.1.Key": "env", "Tag.1.Value": "prod"}, ["eci-web1"]),
        ({"Tag.1.Key": "env"}, ["eci-web1", "eci-job1"]),
        ({"ContainerGroupName": "job-1"}, ["eci-job1"]),
        ({"Status": "Running"}, ["eci-web1", "eci-bare1"]),
        ({"ContainerGroupIds": '["eci-bare1", "eci-none", "eci-web1"]'}, ["eci-bare1", "eci-web1"]),
    ],
)
def test_instances_are_filtered(cloud: Cloud, params: dict[str, Any], ids: list[str]) -> None:
    assert cloud.ids(**params) == ids


# Refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action_id", "params", "code"),
    [
        ("ram:ListUsers", {"MaxItems": 1001}, "InvalidParameter"),
        ("ram:ListGroups", {"MaxItems": 101}, "InvalidParameter"),
        ("resourcemanager:ListPolicyAttachments", {"PageSize": 101}, "InvalidParameter"),
        ("resourcemanager:ListPolicyAttachments", {"PolicyType": "other"}, "InvalidParameter.PolicyType"),
        (
            "resourcemanager:ListPolicyAttachments",
            {"ResourceGroupId": "rg-none"},
            "EntityNotExists.ResourceGroup",
        ),
        ("eci:DescribeContainerGroups", {}, "MissingRegionId"),
        ("eci:DescribeContainerGroups", {"RegionId": "mars-1"}, "InvalidRegionId.NotFound"),
        ("eci:DescribeContainerGroups", {"RegionId": "cn-hangzhou", "Limit": 21}, "InvalidParameter"),
        ("eci:DescribeContainerGroupStatus", {"RegionId": "cn-hangzhou", "Limit": 201}, "InvalidParameter"),
        ("eci:DescribeImageCaches", {"RegionId": "cn-hangzhou", "Limit": 21}, "InvalidParameter"),
        (
            "eci:DescribeContainerGroups",
            {"RegionId": "cn-hangzhou", "ContainerGroupIds": json.dumps([f"eci-{n}" for n in range(21)])},
            "InvalidParameter",
        ),
        ("ram:GetRole", {"RoleName": "none"}, "EntityNotExist.Role"),
        ("ram:ListPoliciesForUser", {"UserName": "none"}, "EntityNotExist.User"),
        ("ram:ListUsersForGroup", {"GroupName": "none"}, "EntityNotExist.Group"),
        ("ram:GetPolicy", {"PolicyType": "Custom", "PolicyName": "none"}, "EntityNotExist.Policy"),
        ("ram:GetPolicy", {"PolicyType": "Custom"}, "MissingPolicyName"),
        ("ram:ListEverything", {}, "InvalidAction.NotFound"),
        ("ram:DescribeContainerGroups", {"RegionId": "cn-hangzhou"}, "InvalidAction.NotFound"),
        ("2099-01-01:ListUsers", {}, "InvalidVersion"),
    ],
)
def test_what_is_wrong_is_refused(cloud: Cloud, action_id: str, params: dict[str, Any], code: str) -> None:
    refused = cloud.refused(action_id, **params)
    assert refused.code == code
    assert refused.data["RequestId"]
    assert {"Code", "Message", "HostId", "Recommend"} <= set(refused.data)


@pytest.mark.parametrize(
    ("credential", "code"),
    [
        (Credential("LTAI5tNobody", "x"), "InvalidAccessKeyId.NotFound"),
        (replace(ROOT, access_key_secret="wrong"), "SignatureDoesNotMatch"),
        (replace(ROOT, token="made up"), "InvalidSecurityToken.Malformed"),
    ],
)
def test_who_is_not_known_is_refused(emulator: Emulator, credential: Credential, code: str) -> None:
    assert asked_as(emulator, credential).refused("sts:GetCallerIdentity").code == code


def test_an_expired_session_is_refused(emulator: Emulator) -> None:
    old = Credential("STS.old", "secret", "role/AppRole/me", "token", expires=time.time() - 1)
    emulator.account = replace(ACME, credentials=(old,))
    assert asked_as(emulator, old).refused("sts:GetCallerIdentity").code == "InvalidSecurityToken.Expired"
    assert asked_as(emulator, replace(old, token="")).refused("ram:ListUsers").code == "MissingSecurityToken"


@pytest.mark.parametrize("action_id", sorted(KNOWN - set(SERVED)))
def test_writes_are_refused_and_remembered(emulator: Emulator, cloud: Cloud, action_id: str) -> None:
    refused = cloud.refused(action_id)
    assert refused.code == ("Forbidden.ReadOnly" if is_write(action_id) else "NotImplemented")
    assert [call.id for call in emulator.violations] == ([action_id] if is_write(action_id) else [])


def test_no_sdk_action_is_missing() -> None:
    for action_id in (
        "ram:DeleteServiceLinkedRole",
        "eci:ExecContainerCommand",
        "resourcemanager:AttachPolicy",
    ):
        assert is_write(action_id)
        assert action_id in KNOWN


# Who may what --------------------------------------------------------------------------------------------


def test_ram_names_the_permission_that_is_missing(emulator: Emulator) -> None:
    bob = asked_as(emulator, BOB)
    refused = bob.refused("resourcemanager:ListPolicyAttachments")
    assert (refused.code, refused.statusCode) == ("NoPermission", 403)
    detail = refused.data["AccessDeniedDetail"]
    assert (detail["AuthAction"], detail["AuthPrincipalType"]) == ("ram:ListPolicyAttachments", "SubUser")
    assert (detail["NoPermissionType"], detail["AuthPrincipalDisplayName"]) == ("ImplicitDeny", "bob")


def test_an_explicit_deny_is_reported(emulator: Emulator) -> None:
    deny = {"Effect": "Deny", "Action": "ram:GetRole", "Resource": "acs:ram:*:*:role/AppRole"}
    emulator.account = replace(
        ACME,
        policies=(*ACME.policies, Policy("Guard", document(deny))),
        attachments=(*ACME.attachments, Attachment("Custom/Guard", user="alice")),
    )
    alice = asked_as(emulator, ALICE)
    refused = alice.refused("ram:GetRole", RoleName="AppRole")
    assert refused.data["AccessDeniedDetail"]["NoPermissionType"] == "ExplicitDeny"
    assert alice.raw("ram:GetRole", RoleName="AliyunServiceRoleForECI")["Role"]


def test_a_denied_query_is_empty_not_refused(emulator: Emulator) -> None:
    emulator.account = replace(ACME, attachments=())
    bob = asked_as(emulator, BOB)
    for action_id in (
        example for example in EXAMPLES if example.startswith("eci:") and example != "eci:ListUsage"
    ):
        body = bob.raw(action_id, **EXAMPLES[action_id])
        assert body[SERVED[action_id].payload[0]] == [], action_id
        assert not body.get("NextToken")
        assert body.get("TotalCount", 0) == 0


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({}, []),
        ({"ResourceGroupId": "rg-production1"}, ["eci-web1"]),  # held by bob himself
        ({"ResourceGroupId": "rg-test1"}, ["eci-job1"]),  # held through the group
        ({"ResourceGroupId": "rg-default1"}, []),
        ({"ContainerGroupIds": '["eci-web1"]'}, []),
        ({"ContainerGroupIds": '["eci-web1"]', "ResourceGroupId": "rg-production1"}, ["eci-web1"]),
        ({"ContainerGroupIds": '["eci-web1"]', "ResourceGroupId": "rg-test1"}, []),
    ],
)
def test_section_3_a_query_must_name_the_right_group(
    emulator: Emulator, params: dict[str, Any], ids: list[str]
) -> None:
    assert asked_as(emulator, BOB).ids(**params) == ids


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"ContainerGroupIds": '["eci-job1"]', "Tag.1.Key": "env", "Tag.1.Value": "test"}, ["eci-job1"]),
        ({"ContainerGroupIds": '["eci-job1"]'}, ["eci-job1"]),
        ({"ContainerGroupIds": '["eci-web1", "eci-bare1"]'}, []),
        ({"Tag.1.Key": "env", "Tag.1.Value": "test"}, ["eci-job1"]),
        ({"Tag.1.Key": "env", "Tag.1.Value": "prod"}, []),
        ({}, []),
    ],
)
def test_section_4_a_query_needs_the_tag(emulator: Emulator, params: dict[str, Any], ids: list[str]) -> None:
    assert asked_as(emulator, CAROL).ids(**params) == ids


def test_the_auditor_sees_everything(emulator: Emulator) -> None:
    alice = asked_as(emulator, ALICE)
    for action_id, params in EXAMPLES.items():
        assert alice.raw(action_id, **params)
    assert alice.ids() == ["eci-web1", "eci-job1", "eci-bare1"]


# Identities and roles ------------------------------------------------------------------------------------

AUDIT_ROLE = Role("Auditor", document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [
    f"acs:ram::{ACCOUNT_ID}:user/alice"]}}))  # fmt: skip
MEMBER = Account(
    account_id="2000000000000002",
    alias="member",
    users=(User("zoe"),),
    roles=(AUDIT_ROLE,),
    attachments=(Attachment("AliyunRAMReadOnlyAccess", role="Auditor"),),
)


def organisation(*allowed: Attachment) -> tuple[Account, Account]:
    may = Policy("MayAssume", document(allow("sts:AssumeRole")))
    return replace(ACME, policies=(may,), attachments=(*ACME.attachments, *allowed)), MEMBER


def assume(cloud: Cloud, **more: Any) -> Credential:
    body = cloud.raw(
        "sts:AssumeRole",
        RoleArn=f"acs:ram::{MEMBER.account_id}:role/auditor",
        RoleSessionName="night",
        **more,
    )
    got = body["Credentials"]
    return Credential(got["AccessKeyId"], got["AccessKeySecret"], "role/Auditor/night", got["SecurityToken"])


def test_callers_are_told_who_they_are(emulator: Emulator, cloud: Cloud) -> None:
    root = cloud.sts.get_caller_identity().body
    assert (root.identity_type, root.account_id, root.arn) == (
        "Account",
        ACCOUNT_ID,
        f"acs:ram::{ACCOUNT_ID}:root",
    )
    alice = asked_as(emulator, ALICE).sts.get_caller_identity().body
    assert (alice.identity_type, alice.arn) == ("RAMUser", f"acs:ram::{ACCOUNT_ID}:user/alice")
    assert alice.user_id == alice.principal_id


def test_a_role_of_another_account_can_be_assumed() -> None:
    with Emulator(*organisation(Attachment("Custom/MayAssume", user="alice"))) as emulator:
        member = asked_as(emulator, assume(asked_as(emulator, ALICE)))
        identity = member.sts.get_caller_identity().body
        assert identity.account_id == MEMBER.account_id
        assert identity.arn == f"acs:ram::{MEMBER.account_id}:assumed-role/auditor/night"
        assert [item["UserName"] for item in member.raw("ram:ListUsers")["Users"]["User"]] == ["zoe"]


def test_a_session_policy_restricts() -> None:
    with Emulator(*organisation(Attachment("Custom/MayAssume", user="alice"))) as emulator:
        policy = json.dumps(document(allow("ram:ListUsers")))
        member = asked_as(emulator, assume(asked_as(emulator, ALICE), Policy=policy))
        assert member.raw("ram:ListUsers")
        assert member.refused("ram:ListGroups").code == "NoPermission"


@pytest.mark.parametrize("grant", [None, Attachment("Custom/MayAssume", user="bob")])
def test_assuming_a_role_needs_a_grant_and_trust(grant: Attachment | None) -> None:
    """Alice is trusted but holds no grant; bob holds the grant but is not trusted."""
    with Emulator(*organisation(*([grant] if grant else []))) as emulator:
        caller = asked_as(emulator, BOB if grant else ALICE)
        arn = f"acs:ram::{MEMBER.account_id}:role/Auditor"
        assert caller.refused("sts:AssumeRole", RoleArn=arn, RoleSessionName="x").code == "NoPermission"


def test_the_credential_providers_signature_is_known() -> None:
    """Their AssumeRole is a GET with signature version 1.0 in the query."""
    with Emulator(*organisation(Attachment("Custom/MayAssume", user="alice"))) as emulator:
        query = {
            "Action": "AssumeRole",
            "Version": "2015-04-01",
            "Format": "JSON",
            "RoleArn": f"acs:ram::{MEMBER.account_id}:role/auditor",
            "RoleSessionName": "night",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "Timestamp": parameter_helper.get_iso_8061_date(),
            "SignatureNonce": "one",
            "AccessKeyId": ALICE.access_key_id,
        }
        text = parameter_helper.compose_string_to_sign("GET", query)
        for secret, status in (("wrong", 400), (ALICE.access_key_secret, 200)):
            signed = {**query, "Signature": parameter_helper.sign_string(text, f"{secret}&")}
            answer = requests.get(emulator.url, params=signed, timeout=5)
            assert answer.status_code == status
        assert answer.json()["Credentials"]["SecurityToken"]
        assert "Signature" not in emulator.calls[0].params


def test_a_signature_is_used_once(emulator: Emulator) -> None:
    """A request that is sent again as it was is refused, as is one that is changed or old."""
    sent: list[requests.PreparedRequest] = []
    session = requests.Session()
    with pytest.MonkeyPatch.context() as patch:
        send = requests.Session.send

        def record(
            session: requests.Session, request: requests.PreparedRequest, **more: Any
        ) -> requests.Response:
            sent.append(request)
            return send(session, request, **more)

        patch.setattr(requests.Session, "send", record)
        asked_as(emulator, ALICE).raw("ram:ListUsers", MaxItems=1)
    again = session.send(sent[0])
    assert again.json()["Code"] == "SignatureNonceUsed"
    sent[0].url = str(sent[0].url).replace("MaxItems=1", "MaxItems=2")
    assert session.send(sent[0]).json()["Code"] == "SignatureDoesNotMatch"
    sent[0].headers["x-acs-date"] = "2020-01-01T00:00:00Z"
    assert session.send(sent[0]).json()["Code"] == "InvalidTimeStamp.Expired"
    del sent[0].headers["Authorization"]
    assert session.send(sent[0]).json()["Code"] == "MissingAccessKeyId"
    session.close()


# Faults --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["no_permission", "throttling", "internal_error", "unavailable", "expired_token"]
)
@pytest.mark.parametrize("action_id", EXAMPLES)
def test_every_action_can_be_refused(emulator: Emulator, cloud: Cloud, action_id: str, kind: str) -> None:
    emulator.faults.add(replace(KINDS[kind], action=action_id, times=1))
    refused = cloud.refused(action_id, **EXAMPLES[action_id])
    assert (refused.code, refused.statusCode) == (KINDS[kind].code, KINDS[kind].status)
    assert cloud.raw(action_id, **EXAMPLES[action_id])
    assert [call.fault for call in emulator.calls] == [kind, ""]


@pytest.mark.parametrize("kind", ["refused", "reset", "dropped", "html", "cut_json", "empty_body"])
@pytest.mark.parametrize(
    "action_id", ["ram:ListUsers", "eci:DescribeContainerGroups", "sts:GetCallerIdentity"]
)
def test_answers_can_be_broken_on_the_way(
    emulator: Emulator, cloud: Cloud, caplog: pytest.LogCaptureFixture, action_id: str, kind: str
) -> None:
    emulator.faults.add(replace(KINDS[kind], action=action_id, times=2))
    for _ in range(2):
        assert cloud.refused(action_id, **EXAMPLES[action_id]).code is None
    assert cloud.raw(action_id, **EXAMPLES[action_id])
    assert emulator.faults.strikes() == 2
    assert [record for record in caplog.records if record.name.startswith("aiohttp")] == []


def test_a_hang_outlasts_the_callers_patience(emulator: Emulator, cloud: Cloud) -> None:
    emulator.faults.add(replace(KINDS["hang"], action="ListUsers"))
    started = time.monotonic()
    assert cloud.refused("ram:ListUsers").code is None
    assert time.monotonic() - started < 4


def test_a_dripping_answer_keeps_the_connection_busy(emulator: Emulator, cloud: Cloud) -> None:
    emulator.faults.add(replace(KINDS["drip"], action="GetCallerIdentity", seconds=0.002))
    started = time.monotonic()
    body = cloud.raw("sts:GetCallerIdentity")
    assert body["AccountId"] == ACCOUNT_ID
    assert time.monotonic() - started > 0.002 * len(json.dumps(body))


def test_throttling_may_say_when_to_come_back(emulator: Emulator, cloud: Cloud) -> None:
    emulator.faults.add(replace(KINDS["throttling_retry_after"], retry_after=30))
    refused = cloud.refused("ram:ListUsers")
    assert (type(refused).__name__, refused.retry_after) == ("ThrottlingException", 30)


def test_faults_can_be_narrowed(emulator: Emulator, cloud: Cloud) -> None:
    emulator.faults.add(
        replace(KINDS["throttling"], action="eci:*", region="cn-beijing", after=1, times=1),
        replace(KINDS["internal_error"], action="GetRole", params={"RoleName": "App*"}),
    )
    for _ in range(3):
        cloud.raw("eci:DescribeContainerGroups", RegionId="cn-hangzhou")
    cloud.raw("eci:DescribeContainerGroups", RegionId="cn-beijing")
    assert cloud.refused("eci:DescribeContainerGroups", RegionId="cn-beijing").code == "Throttling"
    cloud.raw("eci:DescribeContainerGroups", RegionId="cn-beijing")
    cloud.raw("ram:GetRole", RoleName="AliyunServiceRoleForECI")
    assert cloud.refused("ram:GetRole", RoleName="AppRole").code == "InternalError"


PAGED = [(example, EXAMPLES[example]) for example in EXAMPLES if SERVED[example].paging != "none"]


@pytest.fixture
def large(emulator: Emulator) -> Cloud:
    emulator.account = LARGE
    emulator.backend.quirks = Quirks(max_page=10)
    return asked_as(emulator, generate.ROOT)


PAGES: dict[str, dict[str, Any]] = {
    "ram:ListUsers": {},
    "ram:ListUsersForGroup": {"GroupName": "group000"},
    "ram:ListPolicies": {},
    "resourcemanager:ListPolicyAttachments": {"PageSize": 100},
    "eci:DescribeContainerGroups": {"RegionId": "cn-hangzhou"},
    "eci:DescribeContainerGroupStatus": {"RegionId": "cn-hangzhou"},
    "eci:DescribeImageCaches": {"RegionId": "cn-hangzhou"},
    "eci:DescribeVirtualNodes": {"RegionId": "cn-hangzhou"},
}


@pytest.mark.parametrize("action_id", PAGES)
def test_a_page_can_be_lost_or_repeated(emulator: Emulator, large: Cloud, action_id: str) -> None:
    whole = chain(large, action_id, **PAGES[action_id])
    emulator.faults.add(replace(KINDS["lost_page"], action=action_id, after=1, times=1))
    lost = chain(large, action_id, **PAGES[action_id])
    assert [page for page in lost if page] == [whole[0], *whole[2:]]
    emulator.faults.clear()
    emulator.faults.add(replace(KINDS["repeated_page"], action=action_id, after=1, times=1))
    twice = chain(large, action_id, **PAGES[action_id])
    rows = [json.dumps(entry, sort_keys=True) for page in twice for entry in page]
    assert len(rows) > len(set(rows))


@pytest.mark.parametrize("action_id", [page for page in PAGES if SERVED[page].paging != "pages"])
def test_a_token_can_never_end(emulator: Emulator, large: Cloud, action_id: str) -> None:
    emulator.faults.add(replace(KINDS["endless_token"], action=action_id))
    assert len(chain(large, action_id, **PAGES[action_id])) == 100


@pytest.mark.parametrize("action_id", [page for page in PAGES if SERVED[page].counted])
def test_a_total_can_move(emulator: Emulator, large: Cloud, action_id: str) -> None:
    emulator.faults.add(replace(KINDS["moving_total"], action=action_id))
    totals = [large.raw(action_id, **PAGES[action_id])["TotalCount"] for _ in range(3)]
    assert len(set(totals)) == 3


@pytest.mark.parametrize("action_id", EXAMPLES)
def test_a_body_can_lack_what_it_is_for(emulator: Emulator, cloud: Cloud, action_id: str) -> None:
    outer, *inner = SERVED[action_id].payload
    spoilt: dict[str, Callable[[Any], bool]] = {
        "missing_key": lambda body: outer not in body,
        "null_list": lambda body: (body[outer][inner[0]] if inner else body[outer]) is None,
        "wrong_type": lambda body: (body[outer][inner[0]] if inner else body[outer]) == "none",
    }
    for kind, seen in spoilt.items():
        emulator.faults.clear()
        emulator.faults.add(replace(KINDS[kind], action=action_id))
        assert seen(cloud.raw(action_id, **EXAMPLES[action_id])), kind


def test_items_can_be_lost_or_doubled(emulator: Emulator, cloud: Cloud) -> None:
    emulator.faults.add(replace(KINDS["lost_items"], times=1), replace(KINDS["duplicate_items"], after=1))
    assert cloud.ids() == ["eci-web1", "eci-job1"]
    assert cloud.ids() == ["eci-web1", "eci-job1", "eci-bare1", "eci-bare1"]


def test_a_fault_with_nothing_to_spoil_waits(emulator: Emulator, cloud: Cloud) -> None:
    emulator.faults.add(replace(KINDS["repeated_page"], times=1))
    cloud.raw("ram:ListUsers")
    assert emulator.faults.strikes() == 0
    cloud.raw("ram:ListUsers", MaxItems=1)
    assert emulator.faults.strikes() == 1


def test_an_unknown_kind_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="no such kind"):
        emulator.faults.add(replace(KINDS["error"], kind="gremlin"))


# Rate, latency, movement ---------------------------------------------------------------------------------


def test_the_rate_can_be_limited(emulator: Emulator, cloud: Cloud) -> None:
    emulator.backend.limits = (RateLimit(rate=0.001, burst=2, action="ram:List*"),)
    cloud.raw("ram:ListUsers")
    cloud.raw("ram:ListUsers")
    assert cloud.refused("ram:ListUsers").code == "Throttling.User"
    assert cloud.raw("eci:DescribeRegions")


def test_latency_is_per_call(emulator: Emulator, cloud: Cloud) -> None:
    emulator.backend.latency = 0.1
    started = time.monotonic()
    cloud.raw("ram:ListUsers")
    assert time.monotonic() - started >= 0.1
    assert (emulator.calls[0].seconds >= 0.1, emulator.max_in_flight) == (True, 1)


def test_instances_come_and_go_while_they_are_read(emulator: Emulator) -> None:
    emulator.account = LARGE
    instances = LARGE.regions[0].instances
    emulator.backend.churn = (
        After(1, leave("cn-hangzhou", instances[:30])),
        After(2, arrive("cn-hangzhou", Instance("eci-late"))),
    )
    pages = chain(asked_as(emulator, generate.ROOT), "eci:DescribeContainerGroups", RegionId="cn-hangzhou")
    ids = [entry["ContainerGroupId"] for page in pages for entry in page]
    assert ids == [
        *(instance.id for instance in instances[:20]),
        *(instance.id for instance in instances[30:]),
        "eci-late",
    ]


def test_steady_churn_keeps_the_size(emulator: Emulator) -> None:
    emulator.backend.churn = (Steady("cn-hangzhou", keep=lambda item: not item.id.startswith("eci-brief")),)
    cloud = asked_as(emulator, ROOT)
    assert cloud.ids() == ["eci-web1", "eci-job1", "eci-bare1", "eci-brief000000"]
    assert cloud.ids() == ["eci-web1", "eci-job1", "eci-bare1", "eci-brief000001"]


def test_an_account_can_be_replaced_while_it_is_served(emulator: Emulator, cloud: Cloud) -> None:
    emulator.account = replace(ACME, users=(User("dave"),))
    assert cloud.raw("ram:ListUsers")["Users"]["User"][0]["UserName"] == "dave"


def test_a_session_outlives_a_change_of_the_account() -> None:
    acme, member = organisation(Attachment("Custom/MayAssume", user="alice"))
    with Emulator(acme, member) as emulator:
        session = asked_as(emulator, assume(asked_as(emulator, ALICE)))
        emulator.backend.serve_accounts((acme, replace(member, users=(User("yan"),))))
        assert session.raw("ram:ListUsers")["Users"]["User"][0]["UserName"] == "yan"
        emulator.reset()
        assert session.refused("ram:ListUsers").code == "InvalidAccessKeyId.NotFound"


def test_every_account_has_its_default_group(emulator: Emulator) -> None:
    emulator.account = replace(ACME, resource_groups=(), default_resource_group="")
    cloud = asked_as(emulator, ROOT)
    (group,) = cloud.raw("resourcemanager:ListResourceGroups")["ResourceGroups"]["ResourceGroup"]
    assert group["Name"] == "default"
    assert cloud.ids(ResourceGroupId=group["Id"]) == ["eci-bare1"]


def test_long_requests_are_read(cloud: Cloud) -> None:
    ids = json.dumps([f"eci-{number:030}" for number in range(199)] + ["eci-web1"])
    body = cloud.raw("eci:DescribeContainerGroupStatus", RegionId="cn-hangzhou", ContainerGroupIds=ids)
    assert [item["ContainerGroupId"] for item in body["Data"]] == ["eci-web1"]


# Files, processes ----------------------------------------------------------------------------------------


def test_an_account_survives_a_file(tmp_path: Any) -> None:
    path = tmp_path / "account.yaml"
    path.write_text(dump([ACME, LARGE]))
    assert load(path) == (ACME, LARGE)
    assert from_dict(to_dict(ACME)) == ACME


def test_a_mistake_in_a_file_is_named() -> None:
    with pytest.raises(ValueError, match="nickname"):
        from_dict({"account_id": "1", "users": [{"name": "a", "nickname": "b"}]})


def test_a_process_of_its_own_answers_the_same(tmp_path: Any) -> None:
    with EmulatorProcess(ACME, latency=0.01) as emulator:
        cloud = Cloud(emulator.endpoint)
        assert cloud.ids() == ["eci-web1", "eci-job1", "eci-bare1"]
        emulator.set_faults(replace(KINDS["throttling"], times=1))
        assert cloud.refused("ram:ListUsers").code == "Throttling"
        cloud.refused("ram:DeleteUser")
        assert emulator.counts == {"eci:DescribeContainerGroups": 1, "ram:ListUsers": 1, "ram:DeleteUser": 1}
        assert [call.id for call in emulator.violations] == ["ram:DeleteUser"]
        emulator.reset()
        assert emulator.calls == []


def test_a_configuration_points_at_the_emulator(emulator: Emulator) -> None:
    text = config_yaml(emulator.url, ACME, regions=["cn-hangzhou"])
    assert f"account_id: '{ACCOUNT_ID}'" in text
    assert text.count(emulator.url) == len(endpoints(emulator.url)) == 4
    assert environment(ALICE)["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == "alice-secret"


def test_a_generated_account_has_the_asked_for_size() -> None:
    account = generate.account()
    assert (len(account.users), len(account.groups), len(account.policies)) == (1001, 50, 200)
    assert [len(region.instances) for region in account.regions] == [1000] * 5
    held = {attachment.policy for attachment in account.attachments if attachment.policy_type == "Custom"}
    assert len(held) == 200
    assert account == generate.account()
