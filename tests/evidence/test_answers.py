"""What an answer must be to be believed, beyond the faults of the matrix."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from pytest_eci_compliance.evidence import parse
from pytest_eci_compliance.evidence.api_actions import LIST_USERS
from pytest_eci_compliance.evidence.errors import ApiCall, failure_of
from pytest_eci_compliance.evidence.exchange import Exchange
from pytest_eci_compliance.evidence.paging import Look, is_page
from pytest_eci_compliance.evidence.transport import seam
from pytest_eci_compliance.inventory.facts import ContainerGroup, Kind, Unreadable
from pytest_eci_compliance.inventory.kinds import KINDS
from pytest_eci_compliance.messages import describe_error, suggest_fix
from tests.emulator import KINDS as FAULTS
from tests.evidence.sandbox import Sandbox, account, failures, whole_text

LISTING = ApiCall(LIST_USERS, {})


def answered(status: int, body: dict[str, Any]) -> Any:
    return failure_of(LISTING, Exchange("ListUsers", 0.0, status=status, parsed=body))


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"Users": {"User": []}}, None),
        (200, {"Code": "200", "Success": True}, None),
        (200, {"Code": "OK"}, None),
        (200, {"Success": False}, "malformed"),
        (200, {"Code": 200, "Success": "true"}, None),
        (200, {"Code": 0}, None),
        (200, {"Success": "false"}, "malformed"),
        (200, {"success": False}, "malformed"),
        (200, {"Code": 500}, "malformed"),
        (200, {"code": "Throttling.User"}, "malformed"),
        (200, {"ErrorCode": "NoPermission"}, "malformed"),
        (200, {"errorCode": "InternalError"}, "malformed"),
        (206, {}, "malformed"),
        (302, {}, "malformed"),
        (403, {}, "malformed"),  # a page of a proxy is no denial
    ],
)
def test_an_answer_is_good_only_where_status_and_body_say_so(
    status: int, body: dict[str, Any], kind: str | None
) -> None:
    failure = answered(status, body)
    assert (failure and failure.kind) == kind


@pytest.mark.parametrize(
    ("code", "status", "kind", "remedy"),
    [
        ("NoPermission", 403, "denied", "Grant ram:ListUsers"),
        ("NoPermission", 200, "denied", "Grant ram:ListUsers"),
        ("Throttling.User", 200, "throttled", "lower `rate`"),
        ("InternalError", 200, "server", "run again later"),
        ("Account.Arrearage", 403, "refused", "Resolve the state of the account"),
        ("ServiceNotEnabled", 403, "refused", "Enable the service"),
        ("Forbidden.UserBussinessStatus", 403, "refused", "Resolve the state of the account"),
        ("Forbidden", 403, "denied", "Grant ram:ListUsers"),
        ("Forbidden.SubUser", 403, "refused", "Resolve the state of the account"),
        ("Forbidden.AccountClosed", 403, "refused", "Resolve the state of the account"),
        ("Forbidden.RiskControl", 403, "refused", "Resolve the state of the account"),
        ("Forbidden.AccessKeyDisabled", 403, "refused", "Check the AccessKey"),
        ("Forbidden.NotSupportRAM", 403, "refused", "Use an identity that the service accepts"),
        ("Forbidden.OnlyForInvitedTest", 403, "refused", "Resolve the state of the account"),
        ("FeatureAccessRestricted", 403, "refused", "Resolve the state of the account"),
        ("Degrade.Api", 400, "throttled", "lower `rate`"),
        ("Rejected.Throttling", 400, "throttled", "lower `rate`"),
        ("Request.Throttling.Api", 400, "throttled", "run"),
        ("InvalidUser.PassRoleForbidden", 403, "denied", "Grant ram:PassRole"),
        ("EntityNotExist.Role", 403, "refused", "Correct `assume_role`"),
        ("InvalidSecurityToken.Expired", 400, "expired", "outlive the sweep"),
        ("InvalidTimeStamp.Expired", 400, "refused", "clock"),
        ("SignatureDoesNotMatch", 400, "credentials", "Correct the secret"),
        ("InternalError", 500, "server", "run again later"),
    ],
)
def test_a_code_says_what_is_the_matter_and_what_to_do(
    code: str, status: int, kind: str, remedy: str
) -> None:
    exchange = Exchange("ListUsers", 0.0, status=status, parsed={"Code": code})
    exchange.body = f'{{"Code": "{code}"}}'.encode()
    failure = failure_of(LISTING, exchange)
    assert failure is not None
    assert (failure.kind, failure.unreadable.code) == (kind, code)
    assert remedy in suggest_fix(failure.unreadable)


@pytest.mark.parametrize("truncated", ["true", "false", 0, None, {}])
def test_a_list_does_not_end_by_what_is_no_truth_value(truncated: dict[str, Any] | int | str | None) -> None:
    assert (
        is_page(LISTING, {"Users": {"User": []}, "IsTruncated": truncated}) == "IsTruncated is not a boolean"
    )


@pytest.mark.parametrize("longest", range(1, 12))
@pytest.mark.parametrize("pages", [1, 2])
def test_the_second_look_asks_for_less_than_was_given(longest: int, pages: int) -> None:
    """A service may give fewer than it is asked for: a page that it gave whole would show no end."""
    asked = Look((), None, pages, longest).other_size(1000)
    assert asked < longest or asked == longest == 1
    assert Look((), None, pages, longest).other_size(asked) != asked


FIELD = {"FieldRef": {"FieldPath": "status.podIP"}}
FILES = "ConfigFileVolumeConfigFileToPaths"


@pytest.mark.parametrize(
    ("item", "hidden"),
    [
        ({"Containers": [{"Name": "a"}]}, ()),
        ({"Containers": [{}], "Tags": []}, ()),
        ({"Containers": []}, ("containers",)),
        ({}, ("containers",)),
        ({"Containers": None}, ("containers",)),
        ({"Containers": [None]}, ("containers",)),
        ({"Containers": [{"EnvironmentVars": [None]}]}, ("containers",)),
        ({"Containers": [{"EnvironmentVars": None}], "InitContainers": None, "Volumes": None}, ()),
        ({"Containers": [{}], "InitContainers": [None], "Volumes": [1]}, ("init_containers", "volumes")),
        ({"Containers": [{}], "Tags": None}, ()),  # null is no tags
        ({"Containers": [{}], "Tags": [None]}, ("tags",)),
        ({"Containers": [{}], "Tags": [{"Value": "x"}]}, ("tags",)),
        ({"Containers": [{}], "Tags": [{"Key": "", "Value": "x"}]}, ("tags",)),
        ({"Containers": [{}], "Tags": [{"Key": "a", "Value": "x"}, {"Key": "a", "Value": "y"}]}, ("tags",)),
        ({"Containers": [{}], "Tags": [{"Key": "a", "Value": "x"}, {"Key": "a", "Value": "x"}]}, ("tags",)),
        ({"Containers": [{}], "Tags": [{"Key": "a", "Value": "x"}, {"Key": "A", "Value": "x"}]}, ()),
        ({"Containers": [{"Name": "app", "EnvironmentVars": [{"Key": "A", "Value": ""}]}]}, ()),
        (
            {"Containers": [{"Name": "app", "EnvironmentVars": [{"Key": "A"}]}]},
            ("value for environment variable 'A' of container 'app'",),
        ),
        (
            {"Containers": [{}], "InitContainers": [{"EnvironmentVars": [{"Key": "A", "Value": None}]}]},
            ("value for environment variable 'A' of init container ''",),
        ),
        ({"Containers": [{"EnvironmentVars": [{"Key": "A", "ValueFrom": FIELD}]}]}, ()),
        ({"Containers": [{"EnvironmentVars": [{"Key": "A", "Value": "", "ValueFrom": FIELD}]}]}, ()),
        (
            {"Containers": [{"Name": "a", "EnvironmentVars": [{"Key": "A", "ValueFrom": {"FieldRef": {}}}]}]},
            ("value for environment variable 'A' of container 'a'",),
        ),
        ({"Containers": [{}], "Volumes": [{"Name": "v", "Type": "EmptyDirVolume"}]}, ()),
        ({"Containers": [{}], "Volumes": [{"Name": "v", "Type": "ConfigFileVolume", FILES: []}]}, ()),
        (
            {"Containers": [{}], "Volumes": [{"Name": "v", "Type": "ConfigFileVolume"}]},
            ("config files of volume 'v'",),
        ),
        (
            {"Containers": [{}], "Volumes": [{"Name": "v", "Type": "ConfigFileVolume", FILES: None}]},
            ("config files of volume 'v'",),
        ),
        ({"Containers": [{}], "Volumes": [{"Name": "v"}]}, ("config files of volume 'v'",)),
        (
            {
                "Containers": [{}],
                "Volumes": [{"Name": "v", FILES: [{"Path": "a"}, {"Path": "b", "Content": ""}]}],
            },
            ("content for config file 'a' of volume 'v'",),
        ),
        # null in the place of a value shows nothing; an empty text is a value
        ({"Containers": [{"Name": "a", "Commands": [""], "Args": []}]}, ()),
        ({"Containers": [{"Name": "a", "Commands": ["sh", None]}]}, ("command of container 'a'",)),
        ({"Containers": [{"Name": "a", "Arg": [None]}]}, ("args of container 'a'",)),
        (
            {"Containers": [{}], "InitContainers": [{"Name": "i", "LivenessProbe": {"Execs": [None]}}]},
            ("liveness probe of init container 'i'",),
        ),
        (
            {"Containers": [{}], "Volumes": [{"Name": "v", "Type": "FlexVolume", "FlexVolumeOptions": None}]},
            ("options of volume 'v'",),
        ),
        ({"Containers": [{}], "Volumes": [{"Name": "v", "Type": "FlexVolume"}]}, ("options of volume 'v'",)),
        ({"Containers": [{}], "Volumes": [{"Name": "v", "Type": "flexVolume"}]}, ("options of volume 'v'",)),
        (
            {"Containers": [{}], "Volumes": [{"Name": "v", "Type": "FlexVolume", "FlexVolumeOptions": ""}]},
            (),
        ),
        (
            {"Containers": [{}], "Volumes": [{"Name": "v", "Type": "configFileVolume"}]},
            ("config files of volume 'v'",),
        ),
    ],
)
def test_what_an_answer_does_not_show_is_not_taken_for_nothing(
    item: dict[str, Any], hidden: tuple[str, ...]
) -> None:
    resource = parse.resource(ContainerGroup, {"ContainerGroupId": "eci-1", **item}, "cn-hangzhou")
    assert resource.not_shown == hidden


def test_a_name_that_is_an_access_key_is_no_part_of_what_is_not_shown() -> None:
    key = "LTAI5tAbCdEfGhIjKlMnOpQr"
    item = {
        "ContainerGroupId": "eci-1",
        "Containers": [{"Name": key, "EnvironmentVars": [{"Key": key}], "Commands": [None]}],
        "Volumes": [{"Name": key, "Type": "FlexVolume"}],
    }
    hidden = parse.resource(ContainerGroup, item, "cn-hangzhou").not_shown
    assert len(hidden) == 3
    assert key not in "".join(hidden)


@pytest.mark.parametrize("kind", ["image_cache", "virtual_node"])
def test_a_tag_key_that_comes_twice_does_not_show_the_tags(kind: Kind) -> None:
    tags = [{"Key": "env", "Value": "dev"}, {"Key": "env", "Value": "prod"}]
    assert parse.resource(KINDS[kind].fact, {"Tags": tags}, "cn-hangzhou").not_shown == ("tags",)
    assert parse.resource(KINDS[kind].fact, {"Tags": tags[:1]}, "cn-hangzhou").not_shown == ()


def test_members_are_users_however_their_names_are_spelled(sandbox_of: Callable[..., Sandbox]) -> None:
    prod = account()
    shouted = tuple(
        replace(group, members=tuple(name.upper() for name in group.members)) for group in prod.groups
    )
    plain, results = sandbox_of(prod).audit(), sandbox_of(replace(prod, groups=shouted)).audit()
    assert failures(results.rows) == failures(plain.rows)


def test_a_policy_that_is_held_and_not_found_keeps_the_former_recording(sandbox: Sandbox) -> None:
    sandbox.audit("record")
    before = whole_text(sandbox.recording)
    gone = replace(FAULTS["error"], action="ram:GetPolicy", status=404, code="EntityNotExist.Policy")
    sandbox.cloud.faults.add(gone)
    audit = sandbox.audit("record")
    assert not audit.evidence.complete
    assert whole_text(sandbox.recording) == before
    assert "not recorded" in audit.evidence.notes[0]


def test_a_role_that_is_listed_and_not_found_is_unknown(sandbox: Sandbox) -> None:
    gone = replace(FAULTS["error"], action="ram:GetRole", status=404, code="EntityNotExist.Role")
    sandbox.cloud.faults.add(gone)
    audit = sandbox.audit()
    assert not audit.evidence.complete
    rows = [row for row in audit.rows if row.check in ("slr-exists", "slr-trust")]
    assert {row.outcome for row in rows} == {"unknown"}


def test_a_name_that_is_no_text_is_unknown(sandbox_of: Callable[..., Sandbox]) -> None:
    """JSON can hold half of a surrogate pair; no call can."""
    prod = account()
    (region,) = prod.regions
    odd = replace(region.instances[0], ram_role="\udfff")
    audit = sandbox_of(replace(prod, regions=(replace(region, instances=(odd,)),))).audit()
    assert not audit.evidence.complete
    (row,) = [row for row in audit.rows if row.check == "instance-ram-role"]
    assert row.outcome != "passed"


@pytest.mark.parametrize("call", ["ram:ListUsers", "eci:DescribeImageCaches", "eci:DescribeContainerGroups"])
def test_a_call_that_hangs_until_the_deadline_spoils_nothing_else(sandbox: Sandbox, call: str) -> None:
    sandbox.configure(deadline="3s")
    sandbox.cloud.faults.add(replace(FAULTS["hang"], action=call))
    rows = sandbox.audit().rows
    linked = [row for row in rows if row.check in ("slr-exists", "slr-trust", "slr-policy")]
    assert linked
    assert not [row for row in linked if "Deadline" in row.message]


def test_nothing_logs_an_address_during_a_sweep(caplog: pytest.LogCaptureFixture) -> None:
    """The SDK's credential providers put signatures into it."""
    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("urllib3.connectionpool")
    with seam():
        logger.debug('"GET /?Action=AssumeRole&Signature=s3cret"')
    logger.debug("later")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("urllib3")] == [
        "later"
    ]


def test_a_page_that_is_refused_as_too_large_is_asked_for_smaller(sandbox: Sandbox) -> None:
    """The SDK says 1,000 items, the documents of 2021 say 100."""
    large = replace(
        FAULTS["error"], params={"MaxItems": "1000"}, status=400, code="InvalidParameter.MaxItems"
    )
    sound = sandbox.audit()
    sandbox.cloud.faults.add(large)
    audit = sandbox.audit()
    assert sandbox.cloud.faults.strikes()
    assert audit.rows == sound.rows
    assert audit.evidence.complete


def test_a_denial_by_a_control_policy_is_reported_as_such() -> None:
    body = {
        "Code": "NoPermission",
        "AccessDeniedDetail": {"AuthAction": "ram:ListUsers", "PolicyType": "ControlPolicy"},
    }
    exchange = Exchange("ListUsers", 0.0, status=403, parsed=body)
    exchange.body = json.dumps(body).encode()
    failure = failure_of(LISTING, exchange)
    assert failure is not None
    assert failure.kind == "denied"
    assert "a control policy of the resource directory denies the call" in describe_error(failure.unreadable)
    assert "is not granted" not in describe_error(failure.unreadable)
    fix = suggest_fix(failure.unreadable)
    assert "Have a control policy of the resource directory allow ram:ListUsers" in fix
    assert "Grant " not in fix


@pytest.mark.parametrize(
    ("region", "remark"),
    [
        ("cn-nanjing", "cn-nanjing is published as closing"),
        ("na-south-1", "na-south-1 is published without an endpoint"),
        ("cn-hangzhou", ""),
    ],
)
def test_a_region_that_does_not_answer_is_named_with_its_host_and_what_is_published_of_it(
    region: str, remark: str
) -> None:
    request = requests.Request("POST", f"https://eci.{region}.aliyuncs.com/").prepare()
    exchange = Exchange("ListUsers", 0.0, request=request, error=requests.ConnectionError("no such host"))
    failure = failure_of(replace(LISTING, region=region), exchange)
    assert failure is not None
    detail = failure.unreadable.detail
    reason = f"the connection failed (ConnectionError): eci.{region}.aliyuncs.com:443"
    assert detail.startswith(reason)
    assert detail.endswith(remark or reason)


def test_regions_that_are_not_named_may_be_a_denial() -> None:
    cause = Unreadable("eci:DescribeRegions", "Incomplete", detail="it names no region")
    assert "Grant eci:DescribeRegions" in suggest_fix(cause)
    assert "`regions` of the configuration" in suggest_fix(cause)
    assert "while it was read" in suggest_fix(Unreadable("ram:ListUsers", "Incomplete"))
