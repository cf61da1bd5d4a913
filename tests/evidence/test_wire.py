"""What stays of every answer, frozen for reviewers; and that a field of a fact class is written once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from pytest_eci_compliance.evidence.access_keys import mentions_access_key
from pytest_eci_compliance.evidence.redact import ACCESS_KEY, REDACTED, project, secret
from pytest_eci_compliance.evidence.responses import ERROR, RESPONSES
from pytest_eci_compliance.evidence.wire import parse_fact, shape_of
from pytest_eci_compliance.inventory import facts
from pytest_eci_compliance.inventory.facts import Tag, Tags, Unreadable
from pytest_eci_compliance.inventory.kinds import KINDS
from pytest_eci_compliance.inventory.marks import AlsoNamed, Derived, Mark, Name, Secret, fact_fields
from tests.support.package_copy import copy_of_the_package

KEY = "LTAI5tAbCdEfGhIjKlMnOpQr"


def kept(shape: Any, path: str = "") -> Iterator[str]:
    """The paths that a shape keeps; a rule for the value is named behind a colon."""
    if isinstance(shape, dict):
        for name, inner in shape.items():
            yield from kept(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(shape, list):
        yield from kept(shape[0], f"{path}[]")
    else:
        yield path if shape is None else f"{path}:{shape.__name__}"


PAGE = "NextToken TotalCount PageNumber PageSize IsTruncated Marker"
PAGED = (
    "ListUsers",
    "ListGroups",
    "ListUsersForGroup",
    "ListRoles",
    "ListPolicies",
    "ListPoliciesForUser",
    "ListPoliciesForGroup",
    "ListPoliciesForRole",
    "ListPolicyAttachments",
    "ListResourceGroups",
    "DescribeContainerGroupStatus",
    "DescribeContainerGroups",
    "DescribeImageCaches",
    "DescribeVirtualNodes",
)
"""The actions whose answers are pages: they keep `PAGE` too."""

KEPT = {
    "GetCallerIdentity": """
        AccountId IdentityType Arn PrincipalId UserId RoleId
    """,
    "ListUsers": """
        Users.User[].UserName Users.User[].UserId Users.User[].DisplayName Users.User[].CreateDate
        Users.User[].UpdateDate
    """,
    "GetUser": """
        User.UserName User.UserId User.DisplayName User.CreateDate User.UpdateDate
    """,
    "ListGroups": """
        Groups.Group[].GroupName Groups.Group[].GroupId Groups.Group[].CreateDate
        Groups.Group[].UpdateDate
    """,
    "ListUsersForGroup": """
        Users.User[].UserName Users.User[].DisplayName Users.User[].JoinDate
    """,
    "ListRoles": """
        Roles.Role[].RoleName Roles.Role[].RoleId Roles.Role[].Arn Roles.Role[].CreateDate
        Roles.Role[].UpdateDate Roles.Role[].MaxSessionDuration Roles.Role[].AssumeRolePolicyDocument
    """,
    "GetRole": """
        Role.RoleName Role.RoleId Role.Arn Role.CreateDate Role.UpdateDate Role.MaxSessionDuration
        Role.AssumeRolePolicyDocument
    """,
    "ListPolicies": """
        Policies.Policy[].PolicyType Policies.Policy[].PolicyName Policies.Policy[].DefaultVersion
        Policies.Policy[].CreateDate Policies.Policy[].UpdateDate Policies.Policy[].AttachmentCount
        Policies.Policy[].AttachDate
    """,
    "ListPoliciesForUser": """
        Policies.Policy[].PolicyType Policies.Policy[].PolicyName Policies.Policy[].DefaultVersion
        Policies.Policy[].CreateDate Policies.Policy[].UpdateDate Policies.Policy[].AttachmentCount
        Policies.Policy[].AttachDate
    """,
    "ListPoliciesForGroup": """
        Policies.Policy[].PolicyType Policies.Policy[].PolicyName Policies.Policy[].DefaultVersion
        Policies.Policy[].CreateDate Policies.Policy[].UpdateDate Policies.Policy[].AttachmentCount
        Policies.Policy[].AttachDate
    """,
    "ListPoliciesForRole": """
        Policies.Policy[].PolicyType Policies.Policy[].PolicyName Policies.Policy[].DefaultVersion
        Policies.Policy[].CreateDate Policies.Policy[].UpdateDate Policies.Policy[].AttachmentCount
        Policies.Policy[].AttachDate
    """,
    "GetPolicy": """
        Policy.PolicyType Policy.PolicyName Policy.DefaultVersion Policy.CreateDate Policy.UpdateDate
        Policy.AttachmentCount Policy.AttachDate DefaultPolicyVersion.VersionId
        DefaultPolicyVersion.IsDefaultVersion DefaultPolicyVersion.PolicyDocument
        DefaultPolicyVersion.CreateDate
    """,
    "ListPolicyVersions": """
        PolicyVersions.PolicyVersion[].VersionId PolicyVersions.PolicyVersion[].IsDefaultVersion
        PolicyVersions.PolicyVersion[].PolicyDocument PolicyVersions.PolicyVersion[].CreateDate
    """,
    "ListPolicyAttachments": """
        PolicyAttachments.PolicyAttachment[].PolicyType PolicyAttachments.PolicyAttachment[].PolicyName
        PolicyAttachments.PolicyAttachment[].PrincipalType
        PolicyAttachments.PolicyAttachment[].PrincipalName
        PolicyAttachments.PolicyAttachment[].ResourceGroupId
        PolicyAttachments.PolicyAttachment[].AttachDate
    """,
    "ListResourceGroups": """
        ResourceGroups.ResourceGroup[].Id ResourceGroups.ResourceGroup[].Name
        ResourceGroups.ResourceGroup[].DisplayName ResourceGroups.ResourceGroup[].Status
        ResourceGroups.ResourceGroup[].CreateDate ResourceGroups.ResourceGroup[].AccountId
    """,
    "DescribeRegions": """
        Regions[].RegionId Regions[].RegionEndpoint
    """,
    "DescribeContainerGroupStatus": """
        Data[].ContainerGroupId Data[].Name Data[].Status
    """,
    "DescribeContainerGroups": """
        ContainerGroups[].ContainerGroupId ContainerGroups[].ContainerGroupName
        ContainerGroups[].RegionId ContainerGroups[].ZoneId ContainerGroups[].Status
        ContainerGroups[].CreationTime ContainerGroups[].SucceededTime ContainerGroups[].FailedTime
        ContainerGroups[].ExpiredTime ContainerGroups[].ResourceGroupId ContainerGroups[].RamRoleName
        ContainerGroups[].Tags[].Key ContainerGroups[].Tags[].Value ContainerGroups[].Tags[].TagKey
        ContainerGroups[].Tags[].TagValue ContainerGroups[].Containers[].Name
        ContainerGroups[].Containers[].Image ContainerGroups[].Containers[].Commands[]:secret
        ContainerGroups[].Containers[].Command[]:secret ContainerGroups[].Containers[].Args[]:secret
        ContainerGroups[].Containers[].Arg[]:secret
        ContainerGroups[].Containers[].EnvironmentVars[].Key:unless_access_key
        ContainerGroups[].Containers[].EnvironmentVars[].Value:secret
        ContainerGroups[].Containers[].EnvironmentVars[].ValueFrom.FieldRef.FieldPath:word
        ContainerGroups[].Containers[].LivenessProbe.Execs[]:secret
        ContainerGroups[].Containers[].ReadinessProbe.Execs[]:secret
        ContainerGroups[].Containers[].StartupProbe.Execs[]:secret
        ContainerGroups[].Containers[].AccessKeyFoundIn[]:field_path
        ContainerGroups[].Containers[].NotSearchedIn[]:field_path
        ContainerGroups[].InitContainers[].Name ContainerGroups[].InitContainers[].Image
        ContainerGroups[].InitContainers[].Commands[]:secret
        ContainerGroups[].InitContainers[].Command[]:secret
        ContainerGroups[].InitContainers[].Args[]:secret ContainerGroups[].InitContainers[].Arg[]:secret
        ContainerGroups[].InitContainers[].EnvironmentVars[].Key:unless_access_key
        ContainerGroups[].InitContainers[].EnvironmentVars[].Value:secret
        ContainerGroups[].InitContainers[].EnvironmentVars[].ValueFrom.FieldRef.FieldPath:word
        ContainerGroups[].InitContainers[].LivenessProbe.Execs[]:secret
        ContainerGroups[].InitContainers[].ReadinessProbe.Execs[]:secret
        ContainerGroups[].InitContainers[].StartupProbe.Execs[]:secret
        ContainerGroups[].InitContainers[].AccessKeyFoundIn[]:field_path
        ContainerGroups[].InitContainers[].NotSearchedIn[]:field_path
        ContainerGroups[].Volumes[].Name ContainerGroups[].Volumes[].Type
        ContainerGroups[].Volumes[].ConfigFileVolumeConfigFileToPaths[].Path
        ContainerGroups[].Volumes[].ConfigFileVolumeConfigFileToPaths[].Content:secret
        ContainerGroups[].Volumes[].FlexVolumeOptions:options
        ContainerGroups[].Volumes[].AccessKeyFoundIn[]:field_path
        ContainerGroups[].Volumes[].NotSearchedIn[]:field_path ContainerGroups[].VpcId
        ContainerGroups[].VSwitchId ContainerGroups[].SecurityGroupId ContainerGroups[].InstanceType
        ContainerGroups[].Cpu ContainerGroups[].Memory ContainerGroups[].RestartPolicy
        ContainerGroups[].SpotStrategy ContainerGroups[].InternetIp ContainerGroups[].IntranetIp
        ContainerGroups[].AccessKeyFoundIn[]:field_path ContainerGroups[].NotSearchedIn[]:field_path
        ContainerGroups[].NotKept
    """,
    "DescribeImageCaches": """
        ImageCaches[].ImageCacheId ImageCaches[].ImageCacheName ImageCaches[].RegionId
        ImageCaches[].Status ImageCaches[].CreationTime ImageCaches[].ExpireDateTime
        ImageCaches[].ResourceGroupId ImageCaches[].ContainerGroupId ImageCaches[].SnapshotId
        ImageCaches[].Tags[].Key ImageCaches[].Tags[].Value ImageCaches[].Tags[].TagKey
        ImageCaches[].Tags[].TagValue ImageCaches[].Images[]
    """,
    "DescribeVirtualNodes": """
        VirtualNodes[].VirtualNodeId VirtualNodes[].VirtualNodeName VirtualNodes[].RegionId
        VirtualNodes[].Status VirtualNodes[].CreationTime VirtualNodes[].ResourceGroupId
        VirtualNodes[].Tags[].Key VirtualNodes[].Tags[].Value VirtualNodes[].Tags[].TagKey
        VirtualNodes[].Tags[].TagValue VirtualNodes[].RamRoleName
    """,
    "error": """
        Code:word code:word ErrorCode:word errorCode:word AccessDeniedDetail.AuthAction:word
        AccessDeniedDetail.AuthPrincipalType:word
        AccessDeniedDetail.NoPermissionType:word AccessDeniedDetail.PolicyType:word
    """,
}


@pytest.mark.parametrize("action", [*RESPONSES, "error"])
def test_what_stays_of_an_answer(action: str) -> None:
    """A change of this literal is a change of what recordings keep: look at it with care."""
    shape = ERROR if action == "error" else RESPONSES[action]
    assert sorted(kept(shape)) == sorted((PAGE if action in PAGED else "").split() + KEPT[action].split())


def test_the_literal_has_every_action() -> None:
    assert set(KEPT) == {*RESPONSES, "error"}


@dataclass(frozen=True)
class Inner:
    id: str
    password: Secret = ""


@dataclass(frozen=True)
class Outer:
    """A fact with a field of every type that fields may have."""

    name: Name
    state: Literal["on", "off"] = "on"
    size: int = 0
    limit: int | None = None
    share: float | None = None
    is_public: bool = False
    is_ready: bool | None = None
    note: str | Unreadable | None = None
    words: Annotated[tuple[Secret, ...], AlsoNamed("Word")] = ()
    inner: Inner | None = None
    all_inner: tuple[Inner, ...] = ()
    tags: Tags = Tags()  # noqa: RUF009 - it cannot be changed
    later: Derived[tuple[str, ...]] = ()


ITEM = {
    "Name": "a",
    "State": "off",
    "Size": 3,
    "Limit": 4,
    "Share": 0.5,
    "IsPublic": True,
    "IsReady": False,
    "Note": "text",
    "Words": ["x"],
    "Word": [KEY],
    "Inner": {"Id": "b", "Password": "p", "Other": "x"},
    "AllInner": [{"Id": "c", "Password": ""}],
    "Tags": [{"TagKey": "k", "TagValue": "v"}],
    "Later": ["dropped"],
    "Unknown": "dropped",
}


def test_a_fact_is_redacted_and_parsed_by_its_class() -> None:
    left = project(ITEM, shape_of(Outer, {}))
    assert not {"Later", "Unknown"} & set(left)
    assert not mentions_access_key(str(left))
    assert parse_fact(Outer, left) == Outer(
        name="a",
        state="off",
        size=3,
        limit=4,
        share=0.5,
        is_public=True,
        is_ready=False,
        note="text",
        words=(REDACTED, ACCESS_KEY),
        inner=Inner("b", REDACTED),
        all_inner=(Inner("c", ""),),
        tags=Tags([Tag("k", "v")]),
    )


def test_values_of_other_types_become_empty_ones() -> None:
    wrong = {name: {"x": 1} for name in ITEM} | {"Inner": 5, "Size": True, "IsPublic": "yes", "Limit": 1e999}
    assert parse_fact(Outer, wrong) == Outer(name="", state="")  # type: ignore[arg-type]
    assert parse_fact(Outer, {}) == Outer(name="", state="")  # type: ignore[arg-type]


def test_what_is_known_from_elsewhere_is_not_read() -> None:
    assert parse_fact(Inner, {"Id": "a"}, id="b") == Inner("b")


def test_a_type_that_no_answer_can_have_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd:
        place: Path

    Odd.__annotations__["place"] = Path
    with pytest.raises(TypeError, match="cannot be read from an answer"):
        parse_fact(Odd, {})


def test_null_in_the_place_of_a_secret_stays_null() -> None:
    assert (secret(None), secret(""), secret("x")) == (None, "", REDACTED)


def test_the_fields_that_are_marked_secret() -> None:
    """Whoever takes a mark away, or renames a field, sees it here."""
    classes = [facts.EnvironmentVar, facts.Probe, facts.Container, facts.ConfigFile, facts.Volume]
    marks = (Mark.SECRET, Mark.OPTIONS)
    assert {
        f"{fact.__name__}.{field.name}"
        for fact in classes
        for field in fact_fields(fact)
        if field.mark in marks
    } == {
        "EnvironmentVar.value",
        "Probe.execs",
        "Container.commands",
        "Container.args",
        "ConfigFile.content",
        "Volume.flex_volume_options",
    }


def insert(file: Path, before: str, line: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, line + before), encoding="utf-8")


def run(folder: Path, script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_field_is_one_line(tmp_path: Path) -> None:
    """Two fields are added to a fact class, one of them a secret: each is one line in one file."""
    module = copy_of_the_package(tmp_path) / "inventory" / "facts" / "containers.py"
    lines = '    working_dir: str = ""\n    stdin: Secret = ""\n'
    insert(module, "    liveness_probe: Probe", lines)
    run(
        tmp_path,
        f"""
from pytest_eci_compliance.evidence.parse import resource
from pytest_eci_compliance.evidence.responses import redact
from pytest_eci_compliance.inventory.facts import ContainerGroup
item = {{"ContainerGroupId": "a", "Containers": [{{"WorkingDir": "/srv", "Stdin": "id={KEY}"}}]}}
body = redact("DescribeContainerGroups", 200, {{"ContainerGroups": [item]}})
assert "{KEY}" not in str(body), body
(container,) = resource(ContainerGroup, body["ContainerGroups"][0], "cn-hangzhou").containers
assert container.working_dir == "/srv", container
assert container.stdin == "{ACCESS_KEY}", container
""",
    )


CLASS = """
@dataclass(frozen=True)
class DataCache:
    data_cache_id: str
    data_cache_name: str = ""
    region_id: str = ""
    tags: Tags = field(default_factory=Tags)
    not_shown: Derived[tuple[str, ...]] = ()

    kind: Kind = field(default="data_cache", init=False, repr=False)


"""
ROW = """
DATA_CACHE = EciKind(
    name="data_cache",
    noun="data cache",
    section="data_caches",
    fact=DataCache,
    list_action="DescribeDataCaches",
    arn_kind="datacache",
    tag_type="DataCache",
    delete_action="DeleteDataCache",
    id_option="--DataCacheId",
)
"""


def test_a_kind_is_a_class_and_a_row(tmp_path: Path) -> None:
    """A kind of resource is added to a copy of the package: it is on the read list, redacted, parsed and named."""
    package = copy_of_the_package(tmp_path)
    insert(package / "inventory" / "facts" / "eci.py", "EciResource: TypeAlias", CLASS)
    kinds = package / "inventory" / "kinds.py"
    insert(kinds, "ContainerGroup, EciResource,", "DataCache, ")
    insert(kinds, "\nKINDS: Mapping", ROW)
    text = kinds.read_text(encoding="utf-8")
    kinds.write_text(text.replace("IMAGE_CACHE, VIRTUAL_NODE)", "IMAGE_CACHE, VIRTUAL_NODE, DATA_CACHE)"))
    run(
        tmp_path,
        """
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.mentions import entries
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.evidence.api_actions import LISTS, READ_LIST
from pytest_eci_compliance.evidence.parse import resource
from pytest_eci_compliance.evidence.responses import redact
from pytest_eci_compliance.inventory.kinds import KINDS
from pytest_eci_compliance.plugin.fact_sources import SOURCES
from pytest_eci_compliance.report.wording import noun
action = LISTS["data_cache"]
assert action in READ_LIST and action.items == ("DataCaches",) and action.key == "DataCacheId"
item = {"DataCacheId": "edc-1", "Tags": [{"Key": "env", "Value": "prod"}], "Bucket": "dropped"}
body = redact(action.name, 200, {"DataCaches": [item], "TotalCount": 1})
assert body == {"DataCaches": [{"DataCacheId": "edc-1", "Tags": item["Tags"]}], "TotalCount": 1}, body
fact = resource(KINDS["data_cache"].fact, body["DataCaches"][0], "cn-hangzhou")
assert (fact.data_cache_id, fact.region_id, fact.tags["env"]) == ("edc-1", "cn-hangzhou", "prod")
assert "data-cache-required-tags" in {check.id for check in CHECKS}, [check.id for check in CHECKS]
assert "eci_data_cache" in SOURCES
assert noun("data_cache") == "data cache"
intent = Account(account_id="1098765432109876")  # the configuration has no section for the kind
assert intent.rules("data_cache") is None
assert "data-cache-required-tags" in {check.id for check in CHECKS if check.disabled_because(intent)}
assert list(entries(intent)) == []
""",
    )


def test_every_kind_is_read_and_parsed() -> None:
    for kind in KINDS.values():
        (field, *_) = fact_fields(kind.fact)
        assert kind.key == field.wire_names[0]
        assert kind.list_action in RESPONSES
