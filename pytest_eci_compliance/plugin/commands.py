"""The options that run no test: list the checks, print the audit policy, write a baseline."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..assumptions import BASES, Assumption, assumptions
from ..checks import CHECKS
from ..config.json_schema import SCHEMA_FILE
from ..evidence.api_actions import READ_LIST
from ..messages import sections
from .arguments import absolute_path, audit_request, translator_of, usage_errors
from .progress import show_progress

if TYPE_CHECKING:
    import pytest

    from ..checks.support.registry import Check
    from ..config.model import Account

SOURCES_PAGE = "docs/reference/sources.md"
"""The page that maps each section to its document, from the root of the repository."""


def run_command(config: pytest.Config) -> int:
    """Do what the option asks for, and return the exit code. Raises UsageError where it cannot be done."""
    if config.getoption("eci_list_checks"):
        sys.stdout.writelines(f"{line}\n" for line in check_lines(_selected_accounts(config)))
        return 0
    if config.getoption("eci_list_assumptions"):
        sys.stdout.writelines(f"{line}\n" for line in assumption_lines(_selected_accounts(config)))
        return 0
    if config.getoption("eci_audit_policy"):
        # The note goes to stderr, so that the policy alone can be redirected to a file.
        sys.stderr.write(f"{fallback_note()}\n")
        sys.stdout.write(f"{audit_policy()}\n")
        return 0
    if config.getoption("eci_schema"):
        sys.stdout.write(SCHEMA_FILE.read_text("utf-8"))
        return 0
    return _write_baseline(config)


def check_lines(accounts: Mapping[str, Account]) -> Iterator[str]:
    """Every built-in check as lines of text. For each account: whether the check is on, and if not, why."""
    yield f"Sections are those of ECI's security documents: {SOURCES_PAGE} names each document and its address."
    for check in CHECKS:
        yield f"{check.id} ({', '.join(filter(None, (check.severity, sections(check.section))))})"
        yield from _wrapped(check.rule.partition("\n\n")[0], "    ")
        yield from _wrapped(f"rests on {', '.join(check.calls)}" if check.calls else "", "    ")
        yield from (f"    {name}: {_state(check, account)}" for name, account in accounts.items())


def assumption_lines(accounts: Mapping[str, Account]) -> Iterator[str]:
    """Every assumption about the cloud as lines of text. For each account: how an open question is settled."""
    for assumption in assumptions():
        yield f"{assumption.id} ({assumption.evidence}: {BASES[assumption.evidence]})"
        yield from _wrapped(assumption.statement, "    ")
        yield from _wrapped(f"decides {assumption.turns_on_it}", "    ")
        yield from _wrapped(f"source: {assumption.source}", "    ")
        if assumption.owner_may_settle:
            yield from _wrapped(f"settle it with `assumptions: {{{assumption.id}: true}}`, or false", "    ")
            yield from (
                f"    {name}: {_settlement(assumption, account)}" for name, account in accounts.items()
            )


def audit_policy() -> str:
    """The RAM policy, as JSON text, that allows an ordinary sweep, and nothing else."""
    actions = sorted(
        {action.permission for action in READ_LIST if not (action.fallback or action.on_request)}
    )
    policy = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    return json.dumps(policy, indent=2)


def fallback_note() -> str:
    """The sentence about the permissions that are of use only where others are denied."""
    permissions = sorted({action.permission for action in READ_LIST if action.fallback})
    return (
        "Only where ram:ListPolicyAttachments or ram:ListUsers is denied, or does not show the policies of a"
        f" service-linked role or a principal, these are tried too: {', '.join(permissions)}"
    )


def _selected_accounts(config: pytest.Config) -> dict[str, Account]:
    if not config.getoption("eci_account"):
        return {}
    from .. import audit  # noqa: PLC0415 - the SDK comes with it

    with usage_errors():
        request = audit_request(config)
        loaded = audit.load_configuration(request)
        names = audit.account_names(request, loaded)
    return {name: loaded.configuration.accounts[name] for name in names}


def _write_baseline(config: pytest.Config) -> int:
    from .. import baseline  # noqa: PLC0415 - the SDK comes with it

    path = absolute_path(config.invocation_params.dir, config.getoption("eci_baseline"))
    with usage_errors(), show_progress(translator_of(config)) as progress:
        return baseline.write(audit_request(config), path, progress)


def _state(check: Check, account: Account) -> str:
    reason = check.disabled_because(account)
    return "on" if reason is None else f"off: {reason}"


def _settlement(assumption: Assumption, account: Account) -> str:
    settled = account.assumptions.get(assumption.id)
    return "open, so undecidable" if settled is None else f"settled as {str(settled).lower()}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
