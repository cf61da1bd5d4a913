"""The pytest plugin: options, markers, fixtures.

Pytest loads this module in every run where the package is installed. It imports pytest and the standard library only,
and implements no hook that runs per test. `--eci-account` switches the rest on, see `activation`.
"""

from __future__ import annotations

import pytest

from . import hooks
from .fixtures import (  # noqa: F401 - pytest finds fixtures in the plugin's namespace
    eci_access,
    eci_account,
    eci_image_cache,
    eci_instance,
    eci_virtual_node,
    ram_group,
    ram_policy,
    ram_role,
    ram_user,
    resource_group,
)

_MARKERS = (
    "eci: a built-in check of pytest-eci-compliance",
    *(
        f"eci_{severity}: a built-in check of pytest-eci-compliance with the severity {severity}"
        for severity in ("critical", "high", "medium", "low")
    ),
    (
        "eci_check(id, severity='medium', remediation='', section='own'): this test is a check of"
        " pytest-eci-compliance: each of its items is a row of the reports, with the resource of its fixture;"
        " severity is critical, high, medium or low"
    ),
)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("eci-compliance", "Elastic Container Instance (ECI) compliance")
    _add_reading_options(group)
    _add_report_options(group)
    _add_plan_options(group)
    _add_commands(group)
    group.addoption(
        "--eci-checks",
        choices=("auto", "always", "never"),
        default="auto",
        help="run the built-in checks: auto (where no paths are given), always, or never (default: auto)",
    )
    _add_settings(parser)


def _add_reading_options(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--eci-account",
        action="append",
        default=[],
        metavar="NAME",
        help="test this account of the configuration; repeatable; `all` means every account",
    )
    group.addoption(
        "--eci-config",
        metavar="PATH",
        help="the configuration (default: eci-compliance.yaml here, else in the rootdir)",
    )
    group.addoption(
        "--eci-mode",
        choices=("live", "record", "replay"),
        help="read the cloud, read and record it, or replay a recording (default: as configured, else live)",
    )
    group.addoption(
        "--eci-cassettes",
        metavar="DIR",
        help="the folder of the recordings (default: cassettes/ beside the configuration)",
    )


def _add_report_options(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--eci-report",
        action="append",
        default=[],
        metavar="PATH",
        help="write a report: .json, .html, .md, .csv or .sarif; repeatable",
    )
    group.addoption(
        "--eci-since",
        metavar="PATH",
        help="a former JSON report, or the directory of a former recording: print what is new, fixed, gone and still"
        " open, and, with a recording, which permissions were gained and lost",
    )
    group.addoption(
        "--eci-fail-on-gain",
        action="store_true",
        help="with --eci-since=RECORDING: exit code 1 where a permission was gained, or could not be compared",
    )
    group.addoption(
        "--eci-language",
        choices=("en", "zh"),
        help="the language of the terminal summary and the HTML report (default: that of the locale, else en)",
    )


def _add_plan_options(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--eci-plan",
        action="append",
        default=[],
        metavar="PATH",
        help="test the account as a change leaves it: a Terraform plan as JSON, or a YAML overlay; repeatable",
    )
    group.addoption(
        "--eci-plan-only-new",
        action="store_true",
        help="with --eci-plan: only results that are new with the plan decide the exit code",
    )


def _add_commands(group: pytest.OptionGroup) -> None:
    """Add the options that print or write something in place of a test run."""
    group.addoption(
        "--eci-baseline",
        metavar="PATH",
        help="write a configuration that describes the account as it is now, and exit",
    )
    group.addoption(
        "--eci-who-can",
        metavar="ACTION[@RESOURCE]",
        help="print who can make a call, directly or by privilege escalation, with the statement or path, and exit;"
        " for example eci:DeleteContainerGroup@eci-bp1…",
    )
    group.addoption(
        "--eci-list-checks",
        action="store_true",
        help="print every built-in check (with --eci-account: which are on, and why not) and exit",
    )
    group.addoption(
        "--eci-list-assumptions",
        action="store_true",
        help="print what is assumed about the cloud, with its evidence and what turns on it, and exit",
    )
    group.addoption(
        "--eci-audit-policy",
        action="store_true",
        help="print the smallest RAM policy that the auditing identity needs, and exit",
    )
    group.addoption(
        "--eci-schema",
        action="store_true",
        help="print the JSON Schema of the configuration, for editors, and exit",
    )


def _add_settings(parser: pytest.Parser) -> None:
    parser.addini("eci_config", "the configuration, relative to this file", type="string", default="")
    parser.addini(
        "eci_cassettes", "the folder of the recordings, relative to this file", type="string", default=""
    )
    parser.addini(
        "eci_docs",
        "the reference of the checks, for links of the HTML report: a web address, or a path relative to this file",
        type="string",
        default="",
    )
    parser.addini(
        "eci_config_url",
        "the configuration in a repository, for links of the HTML report to its lines (default: the file itself)",
        type="string",
        default="",
    )


_WITHOUT_TESTS = ("eci_list_checks", "eci_list_assumptions", "eci_audit_policy", "eci_schema", "eci_baseline")


def pytest_configure(config: pytest.Config) -> None:
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if config.getoption("eci_account"):
        from .activation import activate  # noqa: PLC0415 - a dormant plugin costs nothing

        activate(config)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Handle the options that run no test."""
    if config.option.help or config.option.version:
        return None
    _refuse_plan_misuse(config)
    _refuse_who_can_misuse(config)
    if any(map(config.getoption, _WITHOUT_TESTS)):
        from . import commands  # noqa: PLC0415 - a dormant plugin costs nothing

        return commands.run_command(config)
    if config.getoption("eci_who_can") is not None:
        from . import who_can  # noqa: PLC0415 - a dormant plugin costs nothing

        return who_can.answer_question(config)
    if not config.getoption("eci_account"):
        _refuse_without_account(config)
        _refuse_node_ids_without_account(config)
    return None


def _refuse_who_can_misuse(config: pytest.Config) -> None:
    if config.getoption("eci_who_can") is None:
        return
    others = ("--eci-plan", "--eci-since", "--eci-fail-on-gain")
    commands = ("--eci-baseline", "--eci-list-checks", "--eci-audit-policy", "--eci-schema")
    for option in (*others, *commands):
        if config.getoption(option):
            raise pytest.UsageError(
                f"--eci-who-can only answers its question about the account as it is: leave out {option}"
            )


def _refuse_node_ids_without_account(config: pytest.Config) -> None:
    """Refuse a pasted node id of a built-in check: without an account, pytest would look for a file."""
    pasted = [text for text in config.option.file_or_dir if "eci-checks" in text]
    if not pasted:
        return
    from .selection import account_of, address_of  # noqa: PLC0415 - a dormant plugin costs nothing

    for text in pasted:
        address = address_of(text)
        path = config.invocation_params.dir / text.partition("::")[0]
        if address is not None and not path.exists():
            account = account_of(address) or "NAME"
            raise pytest.UsageError(f"{text} is a built-in check: add --eci-account={account}")


def _refuse_plan_misuse(config: pytest.Config) -> None:
    if config.getoption("eci_plan") and config.getoption("eci_baseline"):
        raise pytest.UsageError(
            "--eci-baseline describes the account as it is, and --eci-plan plans another: leave one of them out"
        )
    if config.getoption("eci_plan_only_new") and not config.getoption("eci_plan"):
        raise pytest.UsageError("--eci-plan-only-new needs a plan: add --eci-plan=PATH, or leave it out")


def _refuse_without_account(config: pytest.Config) -> None:
    """Refuse the options of a report where no account is read: an empty report would look like a good one."""
    for option in ("--eci-report", "--eci-since", "--eci-fail-on-gain", "--eci-plan"):
        if config.getoption(option):
            raise pytest.UsageError(f"{option} needs an account: add --eci-account=NAME")
