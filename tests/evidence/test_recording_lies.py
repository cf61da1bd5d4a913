"""Recordings that lie are refused, with the file, the reason and the remedy; a failed recording leaves the former."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_eci_compliance.audit import UsageProblem
from pytest_eci_compliance.evidence.recording import MANIFEST, BadRecording, read_manifest
from pytest_eci_compliance.evidence.replay import load_recording
from tests.emulator import KINDS, Emulator
from tests.emulator.churn import Steady
from tests.evidence.sandbox import ROOT, SMALL_PAGES, Sandbox, account, outcomes
from tests.support.credentials import use
from tests.support.sampling import examples


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of the small account."""
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch, Emulator(account(), quirks=SMALL_PAGES) as cloud:
        use(ROOT, patch)
        box = Sandbox(cloud, folder).configure()
        assert box.audit("record").evidence.recorded
        return box.recording


@pytest.fixture
def recording(recorded: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    copy = tmp_path / "copy"
    shutil.copytree(recorded, copy)
    return copy


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def refused(folder: Path, *words: str) -> str:
    with pytest.raises(BadRecording) as problem:
        load_recording(folder, read_manifest(folder))
    text = str(problem.value)
    assert "--eci-mode=record" in text
    for word in words:
        assert word in text
    assert "\n" not in text
    return text


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest as somebody who knows how its digest is made."""
    path = folder / MANIFEST
    fields = json.loads(path.read_text())
    fields.pop("digest")
    change(fields)
    fields["digest"] = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n")


def test_an_undamaged_copy_is_used(recording: Path) -> None:
    load_recording(recording, read_manifest(recording))


def test_damage_to_any_byte_is_refused(recording: Path) -> None:
    chance = random.Random(4)
    for path in sorted(recording.iterdir()):
        content = path.read_bytes()
        places = {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(60))}
        for place in places:
            other = bytes((content[place] ^ (1 << chance.randrange(8)),))
            path.write_bytes(content[:place] + other + content[place + 1 :])
            refused(recording, str(path))
        path.write_bytes(content)


@pytest.mark.parametrize("keep", [0, 1, 10, -1])
def test_a_truncated_file_is_refused(recording: Path, keep: int) -> None:
    for path in sorted(recording.iterdir()):
        content = path.read_bytes()
        path.write_bytes(content[:keep])
        refused(recording, str(path))
        path.write_bytes(content)


def test_a_missing_file_is_refused(recording: Path) -> None:
    for path in sorted(recording.iterdir()):
        content = path.read_bytes()
        path.unlink()
        refused(recording, path.name)
        path.write_bytes(content)


def test_a_file_too_many_is_refused(recording: Path) -> None:
    (recording / "ram.0123456789ab.json").write_text("{}")
    refused(recording, "ram.0123456789ab.json", "does not belong")


def test_files_that_are_not_cassettes_do_no_harm(recording: Path) -> None:
    for name in (".DS_Store", "README.md", ".ram.x.json.tmp"):
        (recording / name).write_text("x")
    load_recording(recording, read_manifest(recording))


def test_files_of_two_recordings_are_refused(recording: Path, sandbox: Sandbox) -> None:
    sandbox.audit("record")
    for path in sandbox.recording.iterdir():
        if path.name != MANIFEST:
            shutil.copy(path, recording / path.name)
    refused(recording)


def test_one_recordings_file_under_anothers_name_is_refused(recording: Path, sandbox: Sandbox) -> None:
    sandbox.audit("record")
    (mine,), (theirs,) = (list(item.glob("ram.*.json")) for item in (recording, sandbox.recording))
    shutil.copy(theirs, mine)
    refused(recording, mine.name, "changed")


@pytest.mark.parametrize("schema", [0, 3, True, "1", None, 99])
def test_another_schema_is_refused(recording: Path, schema: object) -> None:
    rewrite(recording, lambda fields: fields.update(schema=schema))
    refused(recording, MANIFEST, "schema")


@pytest.mark.parametrize(
    "name",
    [
        "../outside.json",
        "/etc/hostname",
        "a/b.json",
        "",
        ".",
        "..",
        "x\0y.json",
        "con",
        "a\nb.json",
        "C:\\x.json",
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(recording: Path, name: str) -> None:
    def change(fields: dict[str, Any]) -> None:
        fields["files"][name] = fields["files"].pop(min(fields["files"]))

    rewrite(recording, change)
    refused(recording, MANIFEST)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recorded", "yesterday"),
        ("recorded", "2026-13-01T00:00:00Z"),
        ("recorded", 5),
        ("account_id", None),
        ("files", []),
        ("files", {"x.json": {}}),
        ("interactions", 10**30),
        ("interactions", -1),
        ("regions", {"a": 1}),
        ("unknown", 1),
    ],
)
def test_a_manifest_that_is_none_is_refused(recording: Path, field: str, value: object) -> None:
    rewrite(recording, lambda fields: fields.update({field: value}))
    refused(recording, MANIFEST)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "{}", "[]", "null", "1" * 10_000, '{"schema": 1}', "\ud800", "💥"]
)
def test_a_manifest_of_any_text_is_refused(recording: Path, text: str) -> None:
    (recording / MANIFEST).write_bytes(text.encode("utf-8", "surrogatepass"))
    refused(recording, MANIFEST)


def forge(folder: Path, content: bytes) -> None:
    """Replace a cassette, and make the manifest vouch for it."""
    path = min(folder.glob("ram.*.json"))
    path.unlink()
    digest = hashlib.sha256(content).hexdigest()
    forged = f"ram.{digest[:12]}.json"
    (folder / forged).write_bytes(content)

    def change(fields: dict[str, Any]) -> None:
        count = fields["files"].pop(path.name)["interactions"]
        fields["files"][forged] = {"interactions": count, "sha256": digest}

    rewrite(folder, change)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=50),
        json_values.map(lambda value: json.dumps(value).encode()),
        st.fixed_dictionaries(
            {
                "version": st.sampled_from([0, 1, 2, "1"]),
                "interactions": st.lists(
                    st.fixed_dictionaries(
                        {},
                        optional={
                            "request": json_values
                            | st.fixed_dictionaries(
                                {
                                    "method": st.just("POST"),
                                    "uri": st.text(max_size=12),
                                    "body": st.text(max_size=3),
                                    "headers": st.dictionaries(
                                        st.sampled_from(["x-acs-action", "x-acs-version", "other"]),
                                        st.lists(st.text(max_size=3), max_size=2) | st.text(max_size=3),
                                    ),
                                }
                            ),
                            "response": json_values
                            | st.fixed_dictionaries(
                                {
                                    "status": st.fixed_dictionaries({"code": json_values}),
                                    "headers": st.just({}),
                                    "body": st.fixed_dictionaries({"string": json_values}),
                                }
                            ),
                        },
                    ),
                    max_size=2,
                ),
            }
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_a_cassette_of_any_content_is_refused(recorded: Path, tmp_path_factory: Any, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("forged") / "copy"
    shutil.copytree(recorded, folder)
    forge(folder, content)
    refused(folder)


@examples(60)
@given(content=st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode()))
def test_a_manifest_of_any_content_is_refused(tmp_path_factory: Any, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    (folder / MANIFEST).write_bytes(content)
    refused(folder, MANIFEST)


def test_what_the_configuration_does_not_mean_is_refused(sandbox: Sandbox) -> None:
    sandbox.audit("record")
    other = sandbox.folder / "eci-compliance.yaml"
    text = other.read_text()
    for before, after, words in (
        ("1098765432109876", "1098765432109877", ("account_id", "1098765432109877")),
        ("deadline: 1m", "deadline: 1m\n    regions: [cn-beijing]", ("regions", "cn-beijing", "all")),
    ):
        assert before in text
        other.write_text(text.replace(before, after))
        with pytest.raises(UsageProblem) as problem:
            sandbox.audit("replay")
        for word in (*words, "--eci-mode=record"):
            assert word in str(problem.value)


def test_without_a_recording_it_says_how_to_make_one(sandbox: Sandbox) -> None:
    with pytest.raises(UsageProblem, match="--eci-mode=record"):
        sandbox.audit("replay")


def test_replay_is_the_same_and_needs_no_server(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    live, recorded = sandbox.audit(), sandbox.audit("record")
    sandbox.cloud.stop()
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a socket was opened"))
    replayed = sandbox.audit("replay")
    assert live.rows == recorded.rows == replayed.rows
    assert live.inventory == recorded.inventory == replayed.inventory
    assert replayed.evidence.actions == recorded.evidence.actions
    assert replayed.evidence.complete


def test_a_failed_recording_leaves_the_former(sandbox: Sandbox) -> None:
    sandbox.audit("record")
    before = contents(sandbox.recording)
    for kind in ("throttling", "lost_page"):
        sandbox.cloud.faults.add(replace(KINDS[kind], action="ram:ListUsers"))
        audited = sandbox.audit("record")
        assert audited.evidence.recorded is None, kind
        assert audited.evidence.notes, kind
        assert contents(sandbox.recording) == before, kind
        sandbox.cloud.faults.clear()
    assert sandbox.audit("replay").evidence.complete


def test_denials_are_evidence(sandbox: Sandbox) -> None:
    """A denial is recorded and replayed, the fallback that it leads to as well."""
    for action in ("resourcemanager:ListPolicyAttachments", "ram:ListPolicies"):
        sandbox.cloud.faults.add(replace(KINDS["no_permission"], action=action))
    recorded = sandbox.audit("record")
    assert recorded.evidence.recorded
    assert not recorded.evidence.complete
    replayed = sandbox.audit("replay")
    assert outcomes(replayed.rows) == outcomes(recorded.rows)
    assert replayed.inventory == recorded.inventory
    assert not replayed.evidence.complete


def test_the_answers_to_one_call_come_in_order(sandbox: Sandbox) -> None:
    """An account that moves is asked the same question again: replay answers as the account did."""
    sandbox.cloud.backend.churn = (Steady("cn-hangzhou", keep=lambda item: "brief" not in item.id),)
    recorded = sandbox.audit("record")
    assert recorded.evidence.complete
    assert sandbox.audit("replay").inventory == recorded.inventory


def test_a_call_that_the_recording_lacks_is_unknown(sandbox: Sandbox) -> None:
    """A newer configuration asks for a role that was not looked up: unknown, not a refusal."""
    sandbox.audit("record")
    sandbox.configure(roles=[{"match": "boss", "policies": []}], virtual_node_role={"expect": "absent"})
    audit = sandbox.audit("replay")
    assert not audit.evidence.complete
    unknown = [row for row in audit.rows if row.outcome == "unknown"]
    assert unknown
    assert all("NotRecorded" in row.message and "--eci-mode=record" in row.remediation for row in unknown)


def test_recordings_are_private_and_whole(sandbox: Sandbox) -> None:
    sandbox.audit("record")
    sandbox.audit("record")
    files = list(sandbox.recording.iterdir())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    named = set(json.loads((sandbox.recording / MANIFEST).read_text())["files"])
    assert {path.name for path in files} == {MANIFEST, *named}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_vcrpy_replays_the_cassettes(recorded: Path) -> None:
    """They are vcrpy's own: it loads them and answers from them, with a matcher that knows the action."""
    player = vcr.VCR(serializer="json", record_mode="none")
    player.register_matcher("action", lambda a, b: a.headers["x-acs-action"] == b.headers["x-acs-action"])
    player.match_on = ["method", "host", "path", "query", "action"]
    path = next(recorded.glob("ram.*.json"))
    stored = json.loads(path.read_text())["interactions"]
    assert len(stored) > 5
    with player.use_cassette(str(path)) as cassette:
        assert len(cassette) == len(stored)
        first = stored[0]
        answer = requests.post(first["request"]["uri"], headers={"x-acs-action": "GetPolicy"}, timeout=5)
        assert answer.json()["DefaultPolicyVersion"]["PolicyDocument"]
