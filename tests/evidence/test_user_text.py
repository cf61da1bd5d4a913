"""Where every text field of the SDK's models of ECI's answers goes.

Each field is judged for AccessKeys, kept as evidence, or named below, in a list that a person has reviewed. A new
version of the SDK with a new field makes these tests fail until somebody decides.
"""

from __future__ import annotations

import base64
import inspect
import json
import typing
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from alibabacloud_eci20180808 import models

from pytest_eci_compliance.checks.instances import instance_no_access_keys
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account as Intent
from pytest_eci_compliance.evidence import parse
from pytest_eci_compliance.evidence.redact import NOT_KEPT, misfit
from pytest_eci_compliance.evidence.responses import RESPONSES, redact
from pytest_eci_compliance.inventory.facts import (
    CallerIdentity,
    ContainerGroup,
    EciResource,
    Inventory,
    Listing,
    Probe,
    Unreadable,
)
from tests.emulator import Container, Instance, Volume
from tests.evidence.sandbox import ACCOUNT_ID, LEAKED, Sandbox, account
from tests.evidence.test_recording_lies import rewrite

Path = tuple[str, ...]
PLAIN = "harmless"

NOT_THE_USERS: dict[str, tuple[str, ...]] = {
    "ids that the service gives": (
        "ContainerGroupId", "EniInstanceId", "SecurityGroupId", "TenantEniInstanceId", "TenantSecurityGroupId",
        "TenantVSwitchId", "VSwitchId", "VpcId", "ResourceGroupId", "RegionId", "ZoneId",
    ),
    "addresses that the service gives": ("InternetIp", "IntranetIp", "Ipv6Address", "TenantEniIp"),
    "times": ("CreationTime", "ExpiredTime", "FailedTime", "SucceededTime"),
    "words of which the service accepts only its own": (
        "ComputeCategory", "InstanceType", "RestartPolicy", "SpotStrategy", "Status",
        "Containers.ImagePullPolicy", "InitContainers.ImagePullPolicy",
    ),
}  # fmt: skip
"""Text fields of an instance that cannot carry text of the user's, and why. They are not searched."""

NOT_EVIDENCE: dict[str, tuple[str, ...]] = {
    # What the service reports of the making of a cache, and its own ids and words.
    "DescribeImageCaches": (
        "EliminationStrategy", "Events.FirstTimestamp", "Events.LastTimestamp", "Events.Message", "Events.Name",
        "Events.Reason", "Events.Type", "FlashSnapshotId", "LastMatchedTime", "Progress",
    ),
    # What the service reports of a node, and its addresses.
    "DescribeVirtualNodes": (
        "Events.FirstTimestamp", "Events.LastTimestamp", "Events.Message", "Events.Name", "Events.Reason",
        "Events.Type", "InternetIp", "IntranetIp", "VirtualNodeSecurityGroupId", "VirtualNodeVSwitchId", "VpcId",
    ),
    # The call is made for ids alone, and only where an account has more than a page: see evidence/eci.py.
    "DescribeContainerGroupStatus": ("Annotations", "Namespace", "PodStatus", "uuid"),
    "DescribeRegions": ("RecommendZones", "Zones"),
}  # fmt: skip
"""Text fields of the other lists that are neither judged nor kept."""


def filled(cls: Any) -> Any:
    """An instance of a model of the SDK with a value in every field."""
    types = typing.get_type_hints(cls.__init__)
    types.pop("return", None)
    return cls(**{name: value_of(kind) for name, kind in types.items()})


def value_of(kind: Any) -> Any:
    if typing.get_origin(kind) is list:
        return [value_of(typing.get_args(kind)[0])]
    if typing.get_origin(kind) is typing.Union:  # Python 3.10 adds None to the type where it is the default
        return value_of(typing.get_args(kind)[0])
    if inspect.isclass(kind) and hasattr(kind, "from_map"):
        return filled(kind)
    return {str: PLAIN, int: 1, float: 1.0, bool: True}[kind]


def texts(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every text in an answer: keys, without the places in lists."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    elif isinstance(value, str):
        yield path


def with_text(value: Any, path: Path, text: str) -> Any:
    """An answer with another text at a path."""
    if isinstance(value, list):
        return [with_text(inner, path, text) for inner in value]
    if not path:
        return text
    return {**value, path[0]: with_text(value[path[0]], path[1:], text)}


def answer(action: str) -> dict[str, Any]:
    """An answer of the action with every field that the SDK knows, as it is on the wire."""
    body: dict[str, Any] = json.loads(json.dumps(filled(getattr(models, f"{action}ResponseBody")).to_map()))
    return body


def fields(action: str) -> list[Path]:
    """The text fields of the items of an action's answer, each once."""
    (items,) = (name for name, value in answer(action).items() if isinstance(value, list))
    return list(dict.fromkeys(path[1:] for path in texts(answer(action)) if path[0] == items))


def judged(body: Any) -> tuple[str, str]:
    """The outcome and the message of `instance-no-access-keys` over an answer with one instance."""
    kept = redact("DescribeContainerGroups", 200, body)
    assert misfit(kept, RESPONSES["DescribeContainerGroups"]) is None
    assert redact("DescribeContainerGroups", 200, kept) == kept
    instance = parse.resource(ContainerGroup, kept["ContainerGroups"][0], "cn-hangzhou")  # type: ignore[index]
    (finding,) = instance_no_access_keys.evaluate(case_of(instance))
    return finding.outcome, finding.message


def case_of(instance: EciResource) -> Case:
    """An account with that instance and no other resource."""
    region = "cn-hangzhou"
    inventory = Inventory(
        ACCOUNT_ID,
        CallerIdentity(ACCOUNT_ID, "Account", f"acs:ram::{ACCOUNT_ID}:root"),
        regions=(region,),
        listings={"instance": (Listing(region, (instance,)),)},
    )
    intent = Intent.model_validate({"account_id": ACCOUNT_ID, "regions": [region], "instances": {}})
    return Case("prod", intent, inventory, date(2026, 1, 1))


def test_the_models_are_walked_whole() -> None:
    assert len(fields("DescribeContainerGroups")) > 100
    assert ("Containers", "LivenessProbe", "Execs") in fields("DescribeContainerGroups")
    assert judged(answer("DescribeContainerGroups"))[0] == "passed"


@pytest.mark.parametrize("field", fields("DescribeContainerGroups"), ids=".".join)
def test_every_text_of_an_instance_is_judged_or_cannot_be_the_users(field: Path) -> None:
    body = with_text(answer("DescribeContainerGroups"), ("ContainerGroups", *field), f"key={LEAKED}")
    outcome, message = judged(body)
    listed = {name for names in NOT_THE_USERS.values() for name in names}
    assert outcome == ("passed" if ".".join(field) in listed else "failed"), message
    assert LEAKED not in message or field[-1] == "Name"  # a name says where, and stays
    if outcome == "failed" and field[0] in ("Containers", "InitContainers", "Volumes") and field[1] != "Name":
        noun = {"Containers": "container", "InitContainers": "init container", "Volumes": "volume"}[field[0]]
        assert f" of {noun} 'harmless'" in message


def test_every_field_that_cannot_be_the_users_exists() -> None:
    listed = {name for names in NOT_THE_USERS.values() for name in names}
    assert listed <= {".".join(field) for field in fields("DescribeContainerGroups")}


@pytest.mark.parametrize("action", NOT_EVIDENCE)
def test_every_text_of_the_other_lists_is_kept_or_listed(action: str) -> None:
    body = answer(action)
    kept = set(texts(redact(action, 200, body)))
    dropped = {path[1:] for path in texts(body) if path not in kept and len(path) > 1}
    named = {tuple(name.split(".")) for name in NOT_EVIDENCE[action]}
    assert {field for field in dropped if not any(field[: len(name)] == name for name in named)} == set()
    assert all(any(field[: len(name)] == name for field in dropped) for name in named)


UNMODELLED: dict[str, dict[str, Any]] = {
    "a start-up probe": {"StartupProbe": {"Execs": ["sh", f"-k {LEAKED}"]}},
    "a probe's command in another shape": {"LivenessProbe": {"Exec": {"Command": [LEAKED]}}},
    "a header of a probe": {"ReadinessProbe": {"HttpGet": {"HttpHeaders": [{"Name": "X", "Value": LEAKED}]}}},
    "a lifecycle hook": {"LifecyclePostStartHandlerExecs": ["sh", LEAKED]},
    "a lifecycle hook that is an object": {"Lifecycle": {"PreStop": {"Exec": {"Command": [LEAKED]}}}},
    "the name of something": {"Annotations": {LEAKED: "x"}},
}


@pytest.mark.parametrize("place", ["Containers", "InitContainers"])
@pytest.mark.parametrize("subject", UNMODELLED)
def test_what_the_models_do_not_know_is_judged_where_the_answer_has_it(subject: str, place: str) -> None:
    body = answer("DescribeContainerGroups")
    body["ContainerGroups"][0][place][0].update(UNMODELLED[subject])
    outcome, message = judged(body)
    assert outcome == "failed"
    assert "container 'harmless'" in message
    assert LEAKED not in json.dumps(redact("DescribeContainerGroups", 200, body))


@pytest.mark.parametrize("options", [f'{{"akId": "{LEAKED}"}}', {"akId": LEAKED}, {LEAKED: ""}])
def test_options_of_a_volume_are_judged_in_any_shape(options: Any) -> None:
    body = answer("DescribeContainerGroups")
    body["ContainerGroups"][0]["Volumes"][0]["FlexVolumeOptions"] = options
    outcome, message = judged(body)
    assert (outcome, "the options of volume 'harmless'" in message) == ("failed", True)


def test_names_below_a_field_that_is_not_listed_do_not_stay() -> None:
    """They may be text of the user's."""
    body = answer("DescribeContainerGroups")
    body["ContainerGroups"][0]["Containers"][0]["Something"] = {"Secret": {"AnotherSecret": LEAKED}}
    text = json.dumps(redact("DescribeContainerGroups", 200, body))
    assert '"AccessKeyFoundIn": ["Something"]' in text
    assert "Secret" not in text


def test_an_answer_that_is_nested_deeply_is_searched() -> None:
    body, deep = answer("DescribeContainerGroups"), LEAKED
    for _ in range(5000):
        deep = [deep]  # type: ignore[assignment]
    body["ContainerGroups"][0]["Something"] = deep
    assert judged(body)[0] == "failed"


def leaky() -> Any:
    """The small account, with one more instance for each new place."""
    places = {
        "eci-probe1": {"containers": (Container(liveness_probe=("sh", "-c", f"check {LEAKED}")),)},
        "eci-probe2": {"init_containers": (Container("init", readiness_probe=(LEAKED,)),)},
        "eci-volume1": {"volumes": (Volume("oss", "FlexVolume", options=f'{{"akId": "{LEAKED}"}}'),)},
        "eci-volume2": {"volumes": (Volume("nfs", "NFSVolume", wire={"NFSVolumePath": f"/{LEAKED}"}),)},
        "eci-hidden1": {"volumes": (Volume("conf"),)},
        "eci-hidden2": {"containers": (Container(wire={"EnvironmentVars": [{"Key": "A"}]}),)},
    }
    prod = account()
    more = (Instance(name, tags={"env": "prod"}, **parts) for name, parts in places.items())  # type: ignore[arg-type]
    region = prod.regions[0]
    return replace(prod, regions=(replace(region, instances=(*region.instances, *more)),))


OUTCOMES = {
    "eci-probe1": "failed", "eci-probe2": "failed", "eci-volume1": "failed", "eci-volume2": "failed",
    "eci-hidden1": "unknown", "eci-hidden2": "unknown", "eci-bad0004": "failed", "eci-good0001": "passed",
}  # fmt: skip


def outcomes_of(sandbox: Sandbox, mode: str) -> dict[str, str]:
    rows = sandbox.audit(mode).rows
    return {row.resource.id: row.outcome for row in rows if row.check == "instance-no-access-keys"}


def test_a_replay_decides_as_the_live_run_did(sandbox_of: Callable[..., Sandbox]) -> None:
    sandbox = sandbox_of(leaky())
    for mode in ("live", "record", "replay"):
        outcomes = outcomes_of(sandbox, mode)
        assert {name: outcomes[name] for name in OUTCOMES} == OUTCOMES, mode


def test_a_recording_without_the_new_fields_is_unknown(sandbox_of: Callable[..., Sandbox]) -> None:
    """An earlier version dropped probes: their absence says nothing. What it found is still found."""
    sandbox = sandbox_of()
    sandbox.audit("record")
    rewrite(sandbox.recording, lambda fields: fields.update(schema=1))
    audit = sandbox.audit("replay")
    rows = {row.resource.id: row for row in audit.rows if row.check == "instance-no-access-keys"}
    assert {name: row.outcome for name, row in rows.items()} == {
        "eci-bad0004": "failed",
        **dict.fromkeys(("eci-good0001", "eci-bad0001", "eci-bad0002", "eci-bad0003"), "unknown"),
    }
    assert "an earlier version made the recording" in rows["eci-good0001"].message
    assert "--eci-mode=record" in rows["eci-good0001"].remediation
    others = {row.outcome for row in audit.rows if row.check == "instance-required-tags"}
    assert others == {"passed", "failed"}


def test_a_recording_that_was_searched_in_fewer_encodings_is_unknown(
    sandbox_of: Callable[..., Sandbox],
) -> None:
    """Its markers say what was found then; a text in which an encoding was not read says nothing."""
    sandbox = sandbox_of()
    sandbox.audit("record")
    rewrite(sandbox.recording, lambda fields: fields.pop("search"))
    audit = sandbox.audit("replay")
    rows = {row.resource.id: row for row in audit.rows if row.check == "instance-no-access-keys"}
    assert {name: row.outcome for name, row in rows.items()} == {
        "eci-bad0004": "failed",
        **dict.fromkeys(("eci-good0001", "eci-bad0001", "eci-bad0002", "eci-bad0003"), "unknown"),
    }
    assert "it searched fewer encodings for AccessKeys" in rows["eci-good0001"].message
    assert "--eci-mode=record" in rows["eci-good0001"].remediation
    others = {row.outcome for row in audit.rows if row.check == "instance-required-tags"}
    assert others == {"passed", "failed"}


def test_a_text_in_too_many_layers_is_unknown() -> None:
    text = LEAKED
    for _ in range(7):
        text = base64.b64encode(text.encode()).decode()
    deep = {"EnvironmentVars": [{"Key": "A", "Value": text}], "Name": "main"}
    outcome, message = judged({"ContainerGroups": [{"ContainerGroupId": "eci-1", "Containers": [deep]}]})
    assert outcome == "unknown"
    assert "the text of environment variable 'A' of container 'main' is encoded or compressed" in message


def test_own_tests_see_that_a_probe_was_not_kept() -> None:
    item = {"Containers": [{"Name": "a"}], "Volumes": [{"Name": "v", "Type": "FlexVolume"}]}
    former = parse.resource(ContainerGroup, {**item, NOT_KEPT: True}, "cn-hangzhou")
    assert isinstance(former, ContainerGroup)
    assert isinstance(former.containers[0].liveness_probe, Unreadable)
    assert isinstance(former.volumes[0].flex_volume_options, Unreadable)
    now = parse.resource(
        ContainerGroup, {**item, "InitContainers": [{"LivenessProbe": {"Execs": ["x"]}}]}, "cn-hangzhou"
    )
    assert isinstance(now, ContainerGroup)
    assert now.containers[0].liveness_probe is None
    assert now.init_containers[0].liveness_probe == Probe(("x",))
    assert now.volumes[0].flex_volume_options == ""
