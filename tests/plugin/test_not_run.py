"""Rows that were judged and did not run are counted at the end, and a red one counts unless it was left out."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Runs

LINE = "6 rows were judged and not run: 1 failed, 1 unknown*"
VERBOSITIES = [[], ["-q"], ["-qqqq"], ["-v"], ["--no-summary"]]
ALL_ROWS = {"passed": 2, "failed": 1, "errors": 1, "xfailed": 1, "skipped": 1}
TESTMON = """
import pytest

@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items, config):
    gone = [item for item in items if "eci-checks" in item.nodeid]
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=gone)
"""


@pytest.fixture
def own(runs: Runs) -> Runs:
    """A folder of tests of the user's own, which pass."""
    runs.write("own/test_own.py", "def test_x(): pass")
    return runs


@pytest.mark.parametrize("verbosity", VERBOSITIES)
def test_given_paths_leave_the_rows_out_and_the_end_says_so(own: Runs, verbosity: list[str]) -> None:
    result = own("own", *verbosity)
    assert result.ret == 0
    result.stdout.fnmatch_lines([f"{LINE} The command line left them out, so they do not count."])


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-k", "slr"], "5 rows were judged and not run: 1 failed, 1 unknown*"),
        (["-kslr", "-n1"], "5 rows were judged and not run: 1 failed, 1 unknown*"),
        (["-m", "eci_critical"], "5 rows were judged and not run: 1 failed, 1 unknown*"),
        (["eci-checks/slr-exists"], "5 rows were judged and not run: 1 failed, 1 unknown*"),
        (
            ["eci-checks/instance-required-tags::prod:cn-hangzhou:eci-1"],
            "5 rows were judged and not run: 1 failed, 1 unknown*",
        ),
        (
            [
                "--deselect=eci-checks/instance-required-tags",
                "--deselect=eci-checks/image-cache-required-tags",
            ],
            "4 rows were judged and not run: 1 failed, 1 unknown*",
        ),
        (
            ["-k", "not eci-2", "--deselect=eci-checks/image-cache-required-tags"],
            "2 rows were judged and not run: 1 failed, 1 unknown*",
        ),
    ],
)
def test_what_the_command_line_selects_decides_the_exit_code(
    runs: Runs, arguments: list[str], line: str
) -> None:
    result = runs(*arguments, "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines([line])


def test_rows_that_hold_and_did_not_run_are_counted_too(runs: Runs) -> None:
    result = runs("-k", "eci-2 or image")
    result.stdout.fnmatch_lines(["4 rows were judged and not run: none failed or unknown"])


def test_where_every_row_ran_there_is_no_such_line(runs: Runs) -> None:
    assert "judged and not run" not in runs().stdout.str()
    assert "judged and not run" not in runs("--co").stdout.str()


@pytest.mark.parametrize(
    ("source", "workers"),
    [("ini", []), ("environment", []), pytest.param("environment", ["-n1"], marks=pytest.mark.nightly)],
)
def test_a_path_from_the_set_up_is_not_given(
    own: Runs, monkeypatch: pytest.MonkeyPatch, source: str, workers: list[str]
) -> None:
    """It adds tests, and switches no built-in check off."""
    if source == "ini":
        own.write("pytest.ini", "[pytest]\naddopts = own\n")
    else:
        monkeypatch.setenv("PYTEST_ADDOPTS", "own")
    result = own("-v", *workers)
    result.assert_outcomes(**{**ALL_ROWS, "passed": 3})
    assert result.ret == 1
    result.stdout.fnmatch_lines(["eci collects: 6 built-in tests, own (addopts or PYTEST_ADDOPTS)"])


def test_a_path_from_the_set_up_beside_the_tests_of_the_configuration(
    own: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write("more/test_more.py", "def test_y(): pass")
    configuration = own.folder / "eci-compliance.yaml"
    configuration.write_text(f"{configuration.read_text()}tests: [more/]\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "own/test_own.py::test_x")
    ids = [name for name in own.ids() if "eci-checks" not in name]
    assert ids == ["more/test_more.py::test_y", "own/test_own.py::test_x"]


def test_the_same_word_as_a_value_of_an_option_is_not_given(
    own: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "own")
    result = own("-k", "own or slr")
    result.assert_outcomes(passed=2, deselected=5)


def test_a_path_of_the_set_up_that_does_not_exist_is_a_mistake(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "nowhere")
    result = runs()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: file or directory not found: nowhere"])
    assert runs.sweeps == 0


def test_a_node_id_from_the_set_up_does_not_narrow_the_checks(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "eci-checks/slr-exists")
    result = runs()
    result.assert_outcomes(**ALL_ROWS)
    result.stdout.fnmatch_lines(["eci note: eci-checks/slr-exists comes from addopts or PYTEST_ADDOPTS*"])


@pytest.mark.parametrize(
    "option", ["-k slr", "-m eci_critical", "--deselect=eci-checks/instance-required-tags"]
)
def test_an_expression_from_the_set_up_cannot_hide_a_red_row(
    runs: Runs, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", option)
    result = runs("-qq")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["* judged and not run: 1 failed*The command line did not leave out * so the run fails.*"]
    )


@pytest.mark.parametrize("workers", [[], pytest.param(["-n1"], marks=pytest.mark.nightly)])
def test_last_failed_over_own_tests_cannot_hide_a_red_row(runs: Runs, workers: list[str]) -> None:
    runs.write("own/test_own.py", "def test_x(): assert 0")
    assert runs("own").ret == 1
    runs.write("own/test_own.py", "def test_x(): pass")
    configuration = runs.folder / "eci-compliance.yaml"
    configuration.write_text(f"{configuration.read_text()}tests: [own/]\n")
    result = runs("--lf", "-q", *workers)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [f"{LINE} The command line did not leave out 2 of the failed or unknown rows*--lf*"]
    )


def test_a_plugin_that_deselects_cannot_hide_a_red_row(own: Runs) -> None:
    own.write("conftest.py", TESTMON)
    result = own("-q")
    assert result.ret == 1
    result.stdout.fnmatch_lines([f"{LINE} The command line did not leave out 2 *"])


def test_a_plugin_that_deselects_rows_that_hold_does_no_harm(own: Runs) -> None:
    own.write("conftest.py", TESTMON)
    own.write(
        "snapshots.py",
        "def make(request):\n    return snapshot(account(rows=(row('slr-exists', 'x', 'passed'),)))\n",
    )
    result = own("--eci-checks=always", "own")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["1 row was judged and not run: none failed or unknown"])


def test_what_the_command_line_leaves_out_is_left_out_beside_a_plugin(own: Runs) -> None:
    own.write("conftest.py", TESTMON)
    assert own("own", "-k", "test_x").ret == 0


RECORDING = """
def make(request):
    evidence = Evidence("record", "1098765432109876", recorded=RECORDED, notes=NOTES)
    return snapshot(account(evidence=evidence, rows=(row("slr-exists", "x", "passed"),)))
"""


@pytest.mark.parametrize("more", [*VERBOSITIES, ["-k", "no_such_name"], ["own"], ["--co"]])
def test_a_recording_that_was_not_made_fails_the_run_and_is_reported(own: Runs, more: list[str]) -> None:
    own.write("snapshots.py", f"RECORDED, NOTES = None, ('not recorded: do this',)\n{RECORDING}")
    result = own("--eci-mode=record", *more)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*prod: not recorded: do this"])


@pytest.mark.parametrize("more", [[], ["-qq"]])
def test_a_recording_that_was_made_does_not(own: Runs, more: list[str]) -> None:
    own.write("snapshots.py", f"RECORDED, NOTES = '2026-11-01T00:00:00Z', ()\n{RECORDING}")
    assert own("--eci-mode=record", *more).ret == 0


def test_reports_are_written_all_the_same(own: Runs) -> None:
    own.write("snapshots.py", f"RECORDED, NOTES = None, ('not recorded: do this',)\n{RECORDING}")
    assert own("--eci-mode=record", "--eci-report=out.json").ret == 1
    assert json.loads((own.folder / "out.json").read_text())["results"]
