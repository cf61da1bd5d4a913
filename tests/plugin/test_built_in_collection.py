"""The built-in checks as pytest collects them: node ids, selection, and what is collected beside them."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Runs

ALL = [
    "eci-checks/image-cache-required-tags::prod:cn-beijing:*",
    "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-1",
    "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-2",
    "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-3",
    "eci-checks/slr-exists::prod:AliyunServiceRoleForECI",
    "eci-checks/virtual-node-required-tags::prod:*",
]
OF_TAGS = ALL[1:4]


def test_the_built_in_checks_and_nothing_else_without_paths(runs: Runs) -> None:
    runs.write("test_here.py", "def test_x(): pass")
    runs.write("tests/test_there.py", "def test_x(): pass")
    runs.write("pytest.ini", "[pytest]\ntestpaths = tests")
    assert runs.ids() == ALL


def test_an_empty_folder_will_do(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    (runs.folder / "eci-compliance.yaml").rename(runs.folder / "there.yaml")
    (runs.folder / "empty").mkdir()
    monkeypatch.chdir(runs.folder / "empty")
    assert runs.ids("--eci-config=../there.yaml") == ALL


def test_the_tests_of_the_configuration_run_too(runs: Runs) -> None:
    runs.write("eci-compliance.yaml", (runs.folder / "eci-compliance.yaml").read_text() + "tests: [own/]\n")
    runs.write("own/test_own.py", "def test_x(): pass")
    runs.write("own/conftest.py", "")
    runs.write("test_here.py", "def test_x(): pass")
    assert runs.ids() == [*ALL, "own/test_own.py::test_x"]
    result = runs()
    result.stdout.fnmatch_lines(["eci collects: 6 built-in tests, own (tests: of the configuration)"])


def test_tests_of_the_configuration_that_do_not_exist_are_a_mistake(runs: Runs) -> None:
    runs.write("eci-compliance.yaml", (runs.folder / "eci-compliance.yaml").read_text() + "tests: [own/]\n")
    result = runs()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *eci-compliance.yaml: tests: *own does not exist: create it*"])
    assert runs.sweeps == 0


def test_with_paths_exactly_those_run(runs: Runs) -> None:
    runs.write("test_here.py", "def test_x(): pass")
    runs.write("test_there.py", "def test_x(): pass")
    assert runs.ids("test_here.py") == ["test_here.py::test_x"]
    assert runs.ids("test_here.py", "--eci-checks=always") == [*ALL, "test_here.py::test_x"]
    assert runs.ids("--eci-checks=never") == []
    assert runs("--eci-checks=never").ret == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["eci-checks"], ALL),
        (["eci-checks/"], ALL),
        (["eci-checks/instance-required-tags"], OF_TAGS),
        (["../eci-checks/instance-required-tags"], OF_TAGS),
        (["some/where/eci-checks/instance-required-tags/"], OF_TAGS),
        ([OF_TAGS[1]], [OF_TAGS[1]]),
        ([f"../{OF_TAGS[1]}"], [OF_TAGS[1]]),
        ([ALL[0], ALL[5]], [ALL[0], ALL[5]]),
        ([ALL[0], "eci-checks/slr-exists"], [ALL[0], ALL[4]]),
        ([ALL[0], "test_here.py"], [ALL[0], "test_here.py::test_x"]),
        ([ALL[0], "test_here.py::test_x"], [ALL[0], "test_here.py::test_x"]),
    ],
)
def test_a_node_id_pasted_back(runs: Runs, given: list[str], expected: list[str]) -> None:
    runs.write("test_here.py", "def test_x(): pass")
    assert runs.ids(*given) == expected


NOTHING = [
    "eci-checks/instance-required-tags::prod:cn-hangzhou:eci-9",
    "eci-checks/no-such-check",
    "eci-checks/slr-exists::prod",
    "eci-checks::prod",
]


@pytest.mark.parametrize(
    ("given", "more"),
    [
        *((given, []) for given in NOTHING),
        *((given, ["eci-checks/slr-exists"]) for given in NOTHING),
        (NOTHING[0], ["-n1"]),
        *(pytest.param(given, ["-n2"], marks=pytest.mark.nightly) for given in NOTHING[1:]),
    ],
)
def test_a_node_id_that_names_nothing_is_a_mistake(runs: Runs, given: str, more: list[str]) -> None:
    result = runs(given, *more)
    assert result.ret == 4
    result.stderr.fnmatch_lines([f"ERROR: *{given.replace('*', '?')}*"])
    assert "passed" not in result.stdout.str()


def test_a_node_id_of_another_account_names_the_account_to_add(runs: Runs) -> None:
    result = runs("eci-checks/slr-exists::staging:AliyunServiceRoleForECI")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *account that was not asked for*", "Add --eci-account=staging"])


def test_a_node_id_without_an_account_names_the_account_to_add(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("eci-checks/slr-exists::prod:AliyunServiceRoleForECI")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: *is a built-in check: add --eci-account=prod"])


def test_a_folder_of_that_name_is_a_folder(runs: Runs) -> None:
    runs.write("eci-checks/test_x.py", "def test_x(): pass")
    assert runs.ids("eci-checks") == ["eci-checks/test_x.py::test_x"]
    assert runs.ids("eci-checks/slr-exists") == [ALL[4]]


def test_a_named_check_that_is_left_out_is_a_mistake(runs: Runs) -> None:
    result = runs("eci-checks/slr-exists", "--eci-checks=never")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["ERROR: eci-checks/slr-exists is a built-in check*--eci-checks=never*"])


def test_from_a_sub_folder_with_a_configuration_in_the_rootdir(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.write("pytest.ini", "[pytest]")
    (runs.folder / "sub").mkdir()
    monkeypatch.chdir(runs.folder / "sub")
    assert runs.ids() == ALL
    result = runs("-v")
    result.stdout.fnmatch_lines([f"../{OF_TAGS[1]} FAILED*"])
    assert runs.ids(f"../{OF_TAGS[1]}") == [OF_TAGS[1]]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("instance-required-tags", OF_TAGS),
        ("instance_required_tags", OF_TAGS),
        ("critical", [ALL[4]]),
        ("eci-2", [ALL[2]]),
        ("required and not cache and not node", OF_TAGS),
        ("beijing", [ALL[0]]),
        ("nothing", []),
    ],
)
def test_k(runs: Runs, expression: str, expected: list[str]) -> None:
    assert runs.ids("-k", expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("eci", ALL),
        ("eci_critical", [ALL[4]]),
        ("eci_high and not eci_critical", ALL[:4] + ALL[5:]),
        ("not eci", []),
    ],
)
def test_m(runs: Runs, expression: str, expected: list[str]) -> None:
    assert runs.ids("-m", expression, "--strict-markers") == expected


def test_deselect(runs: Runs) -> None:
    assert runs.ids("--deselect", "eci-checks/instance-required-tags") == [ALL[0], *ALL[4:]]
    assert runs.ids("--deselect", ALL[0]) == ALL[1:]


def test_several_accounts(runs: Runs) -> None:
    ids = runs.ids("--eci-account=dev")
    assert len(ids) == 12
    assert ids[1:3] == [
        "eci-checks/image-cache-required-tags::prod:cn-beijing:*",
        "eci-checks/instance-required-tags::dev:cn-hangzhou:eci-1",
    ]


def test_a_root_conftest_sees_the_items(runs: Runs) -> None:
    runs.write(
        "conftest.py",
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for item in items:
                if "eci-2" in item.nodeid:
                    item.add_marker(pytest.mark.xfail(reason="known"))
        """.replace("\n        ", "\n"),
    )
    runs().assert_outcomes(passed=2, xfailed=2, errors=1, skipped=1)
