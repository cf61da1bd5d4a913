"""A call that failed prevents a recording only where a check that is on rests on it; the run says what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.emulator import KINDS
from tests.emulator.faults import Fault
from tests.evidence.sandbox import Sandbox, outcomes, whole_text
from tests.support.sampling import sample

GONE = replace(KINDS["error"], action="eci:DescribeVirtualNodes", status=404, code="InvalidAction.NotFound")
WITHOUT_NODES = {"virtual_nodes": None, "access": None}


@pytest.mark.parametrize(
    "fault",
    sample(
        [
            GONE,
            *(
                replace(KINDS[kind], action="eci:DescribeVirtualNodes")
                for kind in ("internal_error", "html", "refused")
            ),
        ],
        every=2,
    ),
    ids=lambda fault: fault.kind,
)
def test_a_call_that_no_check_rests_on_is_recorded_as_the_failure_that_it_was(
    sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.configure(**WITHOUT_NODES)
    sandbox.cloud.faults.add(fault)
    recorded = sandbox.audit("record")
    assert recorded.evidence.recorded
    assert not recorded.evidence.complete
    (note,) = recorded.evidence.notes
    assert "eci:DescribeVirtualNodes in cn-hangzhou" in note
    sandbox.cloud.faults.clear()
    replayed = sandbox.audit("replay")
    assert outcomes(replayed.rows) == outcomes(recorded.rows)
    assert not replayed.evidence.complete


def test_what_comes_to_rest_on_the_failed_call_is_unknown_in_replay(sandbox: Sandbox) -> None:
    sandbox.configure(**WITHOUT_NODES)
    sandbox.cloud.faults.add(GONE)
    assert sandbox.audit("record").evidence.recorded
    sandbox.configure(access=None)
    rows = [row for row in sandbox.audit("replay").rows if row.check == "virtual-node-required-tags"]
    assert {row.outcome for row in rows} == {"unknown"}
    assert "InvalidAction.NotFound" in rows[0].message


@pytest.mark.parametrize(
    ("action", "is_recorded"),
    [("eci:DeleteContainerGroup", True), ("eci:DeleteVirtualNode", False), ("eci:Delete*", False)],
)
def test_access_rests_on_the_lists_of_what_its_actions_are_about(
    sandbox: Sandbox, action: str, is_recorded: bool
) -> None:
    expectation = {"users": "*", "cannot": [action]}
    sandbox.configure(virtual_nodes=None, access=[expectation])
    sandbox.cloud.faults.add(GONE)
    audit = sandbox.audit("record")
    assert (audit.evidence.recorded is not None) is is_recorded
    unknown = {row.check for row in audit.rows if row.outcome == "unknown"}
    assert unknown == (set() if is_recorded else {"access"})


@pytest.mark.parametrize(
    "resources", sample([{"kind": "virtual_node", "ids": "*"}, {"names": "*"}, None], every=2)
)
def test_virtual_nodes_alone_rest_on_no_list_of_instances(
    sandbox: Sandbox, resources: dict[str, str] | None
) -> None:
    nodes = {"required_tags": {"env": "?*"}, **({"resources": resources} if resources else {})}
    nothing = dict.fromkeys(
        ("service_linked_role", "users", "roles", "instances", "image_caches", "access"), None
    )
    sandbox.configure(**{**nothing, "virtual_nodes": nodes})
    sandbox.cloud.faults.add(replace(GONE, action="eci:DescribeContainerGroups"))
    audit = sandbox.audit("record")
    assert audit.evidence.recorded
    assert "unknown" not in {row.outcome for row in audit.rows}


def test_a_call_that_a_check_rests_on_keeps_the_earlier_recording(sandbox: Sandbox) -> None:
    sandbox.audit("record")
    before = whole_text(sandbox.recording)
    sandbox.cloud.faults.add(GONE)
    audit = sandbox.audit("record")
    assert audit.evidence.recorded is None
    assert whole_text(sandbox.recording) == before
    (note,) = audit.evidence.notes
    assert note.startswith(f"not recorded, the earlier recording in {sandbox.recording} is kept: ")
    assert "eci:DescribeVirtualNodes in cn-hangzhou could not be read: InvalidAction.NotFound" in note
    assert note.endswith("To record, run again with --eci-mode=record.")


def test_without_an_earlier_recording_the_note_says_that_there_is_none(sandbox: Sandbox) -> None:
    sandbox.cloud.faults.add(GONE)
    assert "there is no earlier recording" in sandbox.audit("record").evidence.notes[0]
    assert not sandbox.recording.exists()


def test_denials_are_recorded_beside_the_failure(sandbox: Sandbox) -> None:
    sandbox.configure(**WITHOUT_NODES)
    sandbox.cloud.faults.add(GONE, replace(KINDS["no_permission"], action="ram:ListUsers"))
    recorded = sandbox.audit("record")
    assert recorded.evidence.recorded
    assert outcomes(sandbox.audit("replay").rows) == outcomes(recorded.rows)


def test_a_fallback_that_failed_prevents_the_recording(sandbox: Sandbox) -> None:
    sandbox.cloud.faults.add(
        replace(KINDS["no_permission"], action="resourcemanager:ListPolicyAttachments"),
        replace(KINDS["internal_error"], action="ram:ListPoliciesForGroup"),
    )
    assert sandbox.audit("record").evidence.recorded is None


def test_an_account_that_cannot_be_identified_is_not_recorded_and_says_so(sandbox: Sandbox) -> None:
    sandbox.cloud.faults.add(replace(KINDS["internal_error"], action="sts:GetCallerIdentity"))
    (note,) = sandbox.audit("record").evidence.notes
    assert note.startswith(
        "not recorded, there is no earlier recording: the account could not be identified: "
    )
    assert "--eci-mode=record" in note


def test_a_page_that_is_refused_as_too_large_is_refused_in_replay_too(sandbox: Sandbox) -> None:
    """The refusal leads to smaller pages: without it a replay would never ask for these."""
    large = replace(KINDS["error"], params={"MaxItems": "1000"}, status=400, code="InvalidParameter.MaxItems")
    sandbox.cloud.faults.add(large)
    recorded = sandbox.audit("record")
    assert recorded.evidence.complete
    assert recorded.evidence.recorded
    replayed = sandbox.audit("replay")
    assert replayed.evidence.complete
    assert replayed.rows == recorded.rows


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("eci:DescribeVirtualNodes", "missing_key"),
        ("ram:ListUsers", "wrong_type"),
        *(
            pytest.param(action, kind, marks=pytest.mark.nightly)
            for action, kind in (
                ("eci:DescribeVirtualNodes", "null_list"),
                ("eci:DescribeVirtualNodes", "wrong_type"),
                ("ram:ListUsers", "missing_key"),
                ("ram:ListUsers", "null_list"),
            )
        ),
    ],
)
def test_an_answer_that_is_not_as_documented_is_kept_and_stays_unknown(
    sandbox: Sandbox, kind: str, action: str
) -> None:
    sandbox.cloud.faults.add(replace(KINDS[kind], action=action))
    recorded = sandbox.audit("record")
    assert recorded.evidence.recorded
    assert not recorded.evidence.complete
    assert any("is not as documented" in note and action in note for note in recorded.evidence.notes)
    sandbox.cloud.faults.clear()
    replayed = sandbox.audit("replay")
    assert outcomes(replayed.rows) == outcomes(recorded.rows)
    unknown = [row for row in replayed.rows if row.outcome == "unknown"]
    assert unknown, "without the fault no row of this account is unknown, and with it there has to be one"
    assert any("Malformed" in row.message and action in row.message for row in unknown)


@pytest.mark.parametrize("kind", sample(["html", "cut_json", "empty_body"], every=3))
def test_what_is_no_answer_of_the_service_keeps_the_earlier_recording(sandbox: Sandbox, kind: str) -> None:
    sandbox.audit("record")
    before = whole_text(sandbox.recording)
    sandbox.cloud.faults.add(replace(KINDS[kind], action="ram:ListUsers"))
    assert sandbox.audit("record").evidence.recorded is None
    assert whole_text(sandbox.recording) == before
