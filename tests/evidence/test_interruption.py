"""What became of a recording when the sweep is interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_eci_compliance.audit import reading as audit_reading
from pytest_eci_compliance.audit.recording import manifest_state, notes_of_interruption
from tests.evidence.sandbox import Sandbox

MANIFEST = "manifest.json"


def test_a_former_recording_stays(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{}")
    (note,) = notes_of_interruption({tmp_path: manifest_state(tmp_path)})
    assert note == f"interrupted, nothing was recorded: the former recording in {tmp_path} stays"


def test_without_a_former_recording_there_is_none(tmp_path: Path) -> None:
    (note,) = notes_of_interruption({tmp_path: manifest_state(tmp_path)})
    assert note == f"interrupted, nothing was recorded: there is no former recording in {tmp_path}"


def test_what_was_recorded_before_the_interruption_is_reported(tmp_path: Path) -> None:
    former = {tmp_path: manifest_state(tmp_path)}
    (tmp_path / MANIFEST).write_text("{}")
    assert notes_of_interruption(former) == (f"recorded before the interruption: {tmp_path}",)


def test_ctrl_c_in_the_sweep_of_a_recording_carries_the_note(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sandbox.audit("record")
    assert first.evidence.directory == str(sandbox.recording)
    assert first.evidence.files == len(list(sandbox.recording.iterdir()))
    assert first.evidence.seconds > 0

    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit_reading, "_read_if_identified", interrupted)
    with pytest.raises(KeyboardInterrupt, match=r"the former recording in .* stays"):
        sandbox.audit("record")
