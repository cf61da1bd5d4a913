"""The header, the summary, the reports, and the mistakes that are told before anything runs."""

from __future__ import annotations

import json

import pytest

from tests.plugin.conftest import Runs

MANY = """
def make(request):
    long = "required tag `owner` is missing, with a value that fits ?*; found env=test, " * 4
    rows = tuple(
        row("instance-required-tags", f"eci-{i}", "failed", message=long, remediation="Tag it.") for i in range(5)
    )
    return snapshot(account(rows=rows))
"""


def test_the_header_says_what_is_tested_and_on_what_evidence(runs: Runs) -> None:
    runs().stdout.fnmatch_lines(
        [
            (
                "eci account: prod (1098765432109876), replay (configuration),"
                " recorded 2026-11-01T00:00:00Z (* ago), cn-hangzhou and cn-beijing"
            ),
            "eci configuration: eci-compliance.yaml (default)",
            "eci collects: 6 built-in tests, nothing else (the configuration has no tests:)",
        ]
    )


def test_the_header_says_where_a_setting_comes_from(runs: Runs) -> None:
    runs.write("conf/mine.yaml", (runs.folder / "eci-compliance.yaml").read_text())
    runs("--eci-mode=live", "--eci-config=conf/mine.yaml").stdout.fnmatch_lines(
        ["*replay (--eci-mode)*", "eci configuration: conf/mine.yaml (--eci-config)"]
    )
    runs.write("sub/pytest.ini", "[pytest]\neci_config = ../conf/mine.yaml\n")
    runs("-c", "sub/pytest.ini", account="dev").stdout.fnmatch_lines(
        ["*: dev (*replay (default)*", "eci configuration: conf/mine.yaml (ini)"]
    )


def test_the_summary_names_the_first_and_the_fix_once(runs: Runs) -> None:
    runs.write("snapshots.py", MANY)
    text = runs().stdout.str().partition("= ECI compliance =")[2]
    assert "prod: 5 failed" in text
    assert "instance-required-tags (high, section 4): 5 failed" in text
    assert text.count("    failed  ") == 3
    assert "and 2 more (-v shows all)" in text
    assert text.count("    Fix:    Tag it.") == 1
    assert "ECI coverage: prod: 35 calls, 40 pages, 2 retried, incomplete" in text


@pytest.mark.parametrize("columns", ["40", "80"])
def test_narrow_terminals(runs: Runs, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    runs.write("snapshots.py", MANY)
    text = runs().stdout.str().partition("= ECI compliance =")[2]
    details = [line for line in text.splitlines() if line.startswith("    ")]
    assert details
    assert max(map(len, details)) <= int(columns)


def test_quiet_and_verbose(runs: Runs) -> None:
    runs.write("snapshots.py", MANY)
    quiet = runs("-q").stdout.str()
    assert "instance-required-tags (high, section 4): 5 failed" in quiet
    assert "Tag it." not in quiet.partition("= ECI compliance =")[2]
    verbose = runs("-v").stdout.str().partition("= ECI compliance =")[2]
    assert verbose.count("    failed  ") == 5
    assert "more" not in verbose


def test_colours(runs: Runs) -> None:
    assert "\x1b[31mprod: 1 failed" in runs("--color=yes").stdout.str()
    assert "\x1b" not in runs("--color=no").stdout.str()


def test_reports_and_what_changed(runs: Runs) -> None:
    assert runs("--eci-report=one.json", "--eci-report=two.csv", "--eci-report=three.md").ret == 1
    data = json.loads((runs.folder / "one.json").read_text())
    assert data["accounts"]["prod"]["calls"] == 35
    assert len((runs.folder / "two.csv").read_text().splitlines()) == 7
    runs.write(
        "snapshots.py",
        "def make(request):\n    return snapshot(account(rows=(row('instance-required-tags', 'eci-2', 'passed'),)))\n",
    )
    result = runs("--eci-since=one.json")
    result.stdout.fnmatch_lines(["since *(one.json): 0 new, 1 fixed*"])


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("out.pdf", "*out.pdf*: the suffix selects the format*"),
        ("nowhere/out.json", "*nowhere*does not exist*"),
        ("folder.json", "*is a directory*"),
        ("eci-compliance.yaml/out.json", "*does not exist*"),
    ],
)
def test_a_report_that_cannot_be_written_is_reported_before_the_sweep(
    runs: Runs, path: str, message: str
) -> None:
    (runs.folder / "folder.json").mkdir()
    result = runs(f"--eci-report={path}")
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: --eci-report: {message}"])
    assert runs.sweeps == 0


def test_a_report_that_can_no_longer_be_written_is_not_silent(runs: Runs) -> None:
    runs.write(
        "conftest.py",
        "import os\ndef pytest_collection_finish(): os.mkdir('out.json')\n",
    )
    result = runs("-k", "slr", "--eci-report=out.json")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*out.json: the report could not be written: *"])


@pytest.mark.parametrize("content", [None, "", "[]", "{}"])
def test_a_former_report_that_is_none_is_a_mistake(runs: Runs, content: str | None) -> None:
    if content is not None:
        runs.write("old.json", content)
    result = runs("--eci-since=old.json")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: --eci-since *old.json*"])
    assert runs.sweeps == 0


@pytest.mark.parametrize("workers", [[], ["-n1"]])
def test_mistakes_in_the_configuration_end_without_traceback(runs: Runs, workers: list[str]) -> None:
    runs.write("eci-compliance.yaml", "version: 1\naccounts: {prod: {account_id: 12, rolls: []}}\n")
    result = runs(*workers)
    assert result.ret == 4
    text = result.stderr.str()
    assert "eci-compliance.yaml" in text
    assert "rolls" in text
    assert "account_id" in text
    assert "Traceback" not in text + result.stdout.str()
    assert runs.sweeps == 0


def test_mistakes_that_the_sweep_finds_end_without_traceback(runs: Runs) -> None:
    runs.write(
        "snapshots.py",
        "from pytest_eci_compliance import audit\n"
        "def make(request):\n    raise audit.UsageProblem('wrong account\\x1b[31m: remedy')\n",
    )
    result = runs()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: wrong account\\x1b*: remedy"])
    assert "Traceback" not in result.stderr.str()


def test_ctrl_c_in_the_sweep_ends_pytest_and_says_what_became_of_the_recording(runs: Runs) -> None:
    note = "interrupted, nothing was recorded: the former recording in cassettes/prod stays"
    runs.write("snapshots.py", f"def make(request):\n    raise KeyboardInterrupt({note!r})\n")
    result = runs("--eci-mode=record", "--eci-report=out.json", "-n0", own_process=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not (runs.folder / "out.json").exists()
    result.stdout.fnmatch_lines([f"ECI compliance: {note}"])


WRITTEN = """
def make(request):
    folder = os.path.join(os.environ["ECI_FAKE_FOLDER"], "cassettes", "prod")
    evidence = Evidence("record", "1", (HZ,), "2026-11-01T00:00:00Z", 35, 40, complete=True, directory=folder,
        files=7, seconds=12.34)
    return snapshot(account(evidence=evidence, rows=(row("instance-required-tags", "eci-1", "passed"),)))
"""


@pytest.mark.parametrize("options", [(), ("--no-summary",)])
def test_what_was_written_is_reported(runs: Runs, options: tuple[str, ...]) -> None:
    runs.write("snapshots.py", WRITTEN)
    result = runs("--eci-mode=record", "--eci-report=drift.html", *options)
    assert result.ret == 0
    assert "recorded cassettes/prod/ (7 files)" in result.outlines
    if not options:
        assert "wrote drift.html" in result.outlines
        assert "ECI coverage: prod: 35 calls, 40 pages in 12.3s, complete" in result.outlines


def test_no_configuration(runs: Runs) -> None:
    (runs.folder / "eci-compliance.yaml").unlink()
    result = runs()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *eci-compliance.yaml*", "*does not exist*--eci-config*"])


def test_a_path_that_does_not_exist_is_reported_before_the_sweep(runs: Runs) -> None:
    runs.write("out.json", "kept")
    result = runs("nowhere/test_x.py::test_y", "eci-checks", "--eci-report=out.json")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: file or directory not found: nowhere/test_x.py::test_y"])
    assert runs.sweeps == 0
    assert (runs.folder / "out.json").read_text() == "kept"


def test_a_test_that_does_not_exist_leaves_the_former_report(runs: Runs) -> None:
    runs.write("out.json", "kept")
    runs.write("test_own.py", "def test_x(): pass")
    assert runs("test_own.py::test_y", "--eci-report=out.json").ret == 4
    assert (runs.folder / "out.json").read_text() == "kept"


def test_the_summary_is_the_last_thing_on_the_screen(runs: Runs) -> None:
    text = runs().stdout.str()
    assert text.index("short test summary info") < text.index("= ECI compliance =")


def test_github_actions_gets_annotations_and_a_summary(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(runs.folder / "summary.md"))
    lines = [line for line in runs().outlines if line.startswith("::")]
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::warning"]
    assert "instance-required-tags" in (runs.folder / "summary.md").read_text()


def test_elsewhere_there_are_no_annotations(runs: Runs) -> None:
    assert "::error" not in runs().stdout.str()


BLIND_ACCOUNT = """
from pytest_eci_compliance.causes import all_lacking

def make(request):
    causes = all_lacking(["ram:ListUsers", "ram:ListRoles", "eci:DescribeImageCaches", "ram:ListGroups"])
    blind = [row("instance-required-tags", "*", "unknown", region=None, causes=causes, message="a long reason")]
    blind += [row("user-pass-role", f"user-{i}", "unknown", causes=causes, type="user", region=None) for i in (1, 2)]
    bad = row("instance-required-tags", "eci-9", "failed", config_path=("instances",), severity="critical",
        message="it is wrong; and more",
        remediation="`aliyun eci TagResources --ResourceId.1 eci-9 --Tag.1.Key env`. Tag it, or change the rule.")
    return snapshot(account(rows=(*blind, bad)))
"""


def test_a_cause_is_reported_once_before_all_rows(runs: Runs) -> None:
    runs.write("snapshots.py", BLIND_ACCOUNT)
    result = runs("--eci-report=r.json", "--eci-report=r.md", "--junitxml=r.xml", "--tb=short")
    text = result.stdout.str().partition("= ECI compliance =")[2]
    lines = text.splitlines()
    sentence = (
        "user 'auditor' lacks 4 permissions (ram:ListUsers, ram:ListRoles, eci:DescribeImageCaches, …):"
        " attach the policy of `--eci-audit-policy`; 3 results depend on it"
    )
    assert lines[1:3] == ["evidence is missing:", f"  prod: auditor-visibility: {sentence}"]
    assert "    unknown: see auditor-visibility (user-1 (name-user-1) and user-2 (name-user-2))" in lines
    assert "a long reason" not in result.stdout.str()
    assert "a long reason" in (runs.folder / "r.json").read_text()
    assert "a long reason" in (runs.folder / "r.xml").read_text()
    (entry,) = json.loads((runs.folder / "r.json").read_text())["missing_evidence"]
    assert (entry["id"], entry["results"]) == ("auditor-visibility", 3)
    markdown = (runs.folder / "r.md").read_text()
    assert markdown.count("lacks 4 permissions") == 1
    assert markdown.index("lacks 4 permissions") < markdown.index("Failed and unknown")
    assert "see auditor-visibility" in markdown
    assert "a long reason" not in markdown


def test_verbose_shows_the_whole_message_of_what_lacks_evidence(runs: Runs) -> None:
    runs.write("snapshots.py", BLIND_ACCOUNT)
    assert "a long reason" in runs("-v").stdout.str().partition("= ECI compliance =")[2]


@pytest.mark.parametrize("options", [(), ("--eci-config=eci-compliance.yaml",)])
def test_the_last_lines_say_how_bad_it_is_and_where_to_start(runs: Runs, options: tuple[str, ...]) -> None:
    runs.write("snapshots.py", BLIND_ACCOUNT)
    lines = runs(*options).outlines[-6:-1]
    assert lines == [
        "failed:      1 critical",
        "unknown:     3 high (1 cause, at the top of this summary)",
        "start with:  critical: instance-required-tags cn-hangzhou eci-9 (name-eci-9): it is wrong",
        "required by: eci-compliance.yaml:4",
        "$ aliyun eci TagResources --ResourceId.1 eci-9 --Tag.1.Key env",
    ]
    # Without a command that is ready to run, the test is run again.
    runs.write("snapshots.py", BLIND_ACCOUNT.replace("--Tag.1.Key env", "--Tag.1.Value VALUE"))
    again = (
        "$ pytest --eci-account=prod",
        *options,
        "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-9",
    )
    assert runs(*options).outlines[-2] == " ".join(again)


def test_the_last_lines_are_wrapped_but_for_the_command(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    runs.write("snapshots.py", BLIND_ACCOUNT.replace("it is wrong", "it is wrong " * 20))
    lines = runs().outlines
    start = next(place for place, line in enumerate(lines) if line.startswith("start with:"))
    *wrapped, command, _ = lines[start:]
    assert command.startswith("$ aliyun eci TagResources")
    assert max(map(len, wrapped)) <= 60
    assert wrapped[1].startswith(" " * len("required by: "))


def test_what_stands_for_a_whole_list_is_in_words(runs: Runs) -> None:
    runs.write("snapshots.py", BLIND_ACCOUNT)
    assert "    unknown: see auditor-visibility (every instance)" in runs().outlines


def test_commands_stand_on_a_line_of_their_own(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    runs.write("snapshots.py", BLIND_ACCOUNT)
    lines = runs("--tb=no").outlines
    assert "    $ aliyun eci TagResources --ResourceId.1 eci-9 --Tag.1.Key env" in lines
    assert "    Fix:    Tag it, or change the rule." in lines


def test_messages_are_not_cut(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    runs.write("snapshots.py", MANY)
    text = runs("--tb=no").stdout.str().partition("= ECI compliance =")[2]
    assert " ".join(text.split()).count("found env=test, required") == 9
    assert "…" not in text


UNREAD = """
from pytest_eci_compliance.results import Cause

def make(request):
    cause = Cause("account", "account", "prod", "the account could not be identified: refused", "Correct it.")
    rows = lambda name: tuple(
        row(f"check-{i}", name, "unknown", type="account", region=None, causes=(cause,), account=name) for i in range(5)
    )
    unread = lambda name: account(name, evidence=Evidence("live", "1"), inventory=None, rows=rows(name))
    return snapshot(*(unread(name) if name == "prod" else account(name) for name in request.names))
"""


def test_the_only_account_that_cannot_be_identified_is_a_mistake(runs: Runs) -> None:
    runs.write("snapshots.py", UNREAD)
    result = runs("--eci-report=r.json")
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["ERROR: account prod: the account could not be identified: refused. Correct it."]
    )
    assert not (runs.folder / "r.json").exists()


def test_an_account_of_several_that_cannot_be_identified_is_one_line(runs: Runs) -> None:
    runs.write("snapshots.py", UNREAD)
    result = runs("--eci-account=dev", "--tb=short", "-rN")
    assert result.ret == 1
    lines = [line for line in result.outlines if line.startswith(("prod", "  prod"))]
    assert lines == [
        "  prod: the account could not be identified: refused: Correct it; 5 results depend on it"
    ]
