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
from ..language import ENGLISH, Translator
from ..language.columns import wrap
from .arguments import absolute_path, audit_request, translator_of, usage_errors
from .progress import show_progress

if TYPE_CHECKING:
    import pytest

    from ..checks.support.registry import Check
    from ..config.model import Account

_WIDTH, _INDENT = 100, "    "
SOURCES_PAGE = "docs/reference/sources.md"
"""The page that maps each section to its document, from the root of the repository."""


def run_command(config: pytest.Config) -> int:
    """Do what the option asks for, and return the exit code. Raises UsageError where it cannot be done."""
    if config.getoption("eci_list_checks"):
        lines = check_lines(_selected_accounts(config), translator_of(config))
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0
    if config.getoption("eci_list_assumptions"):
        lines = assumption_lines(_selected_accounts(config), translator_of(config))
        sys.stdout.writelines(f"{line}\n" for line in lines)
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


def check_lines(accounts: Mapping[str, Account], translator: Translator = ENGLISH) -> Iterator[str]:
    """Every built-in check as lines of text. For each account: whether the check is on, and if not, why."""
    yield translator.text(
        "Sections are those of ECI's security documents: {page} names each document and its address.",
        page=SOURCES_PAGE,
    )
    for check in CHECKS:
        details = (translator.word(check.severity), translator.sections(check.section))
        yield f"{check.id} ({translator.comma.join(filter(None, details))})"
        rule = translator.rule_paragraphs(check.id, check.rule)
        yield from _wrapped(rule.partition("\n\n")[0], translator)
        if check.calls:
            calls = translator.separator.join(check.calls)
            yield from _wrapped(translator.text("rests on {calls}", calls=calls), translator)
        yield from (f"    {name}: {_state(check, account, translator)}" for name, account in accounts.items())


def assumption_lines(accounts: Mapping[str, Account], translator: Translator = ENGLISH) -> Iterator[str]:
    """Every assumption about the cloud as lines of text. For each account: how an open question is settled."""
    text = translator.text
    for assumption in assumptions():
        basis = BASES[assumption.evidence]
        yield f"{assumption.id} ({translator.word(assumption.evidence)}: {translator.word(basis)})"
        yield from _wrapped(translator.assumption(assumption, "statement"), translator)
        decides = translator.assumption(assumption, "turns_on_it")
        yield from _wrapped(text("decides {verdicts}", verdicts=decides), translator)
        source = translator.assumption(assumption, "source")
        yield from _wrapped(text("source: {source}", source=source), translator)
        if assumption.owner_may_settle:
            setting = f"`assumptions: {{{assumption.id}: true}}`"
            yield from _wrapped(text("settle it with {setting}, or false", setting=setting), translator)
            yield from (
                f"    {name}: {_settlement(assumption, account, translator)}"
                for name, account in accounts.items()
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


def _state(check: Check, account: Account, translator: Translator) -> str:
    reason = check.disabled_because(account)
    if reason is None:
        return translator.word("on")
    return translator.text("off: {reason}", reason=translator.off_reason(check.id, reason))


def _settlement(assumption: Assumption, account: Account, translator: Translator) -> str:
    settled = account.assumptions.get(assumption.id)
    if settled is None:
        return translator.text("open, so undecidable")
    return translator.text("settled as {answer}", answer=str(settled).lower())


def _wrapped(text: str, translator: Translator) -> list[str]:
    if translator.language != "en":
        return wrap(text, _WIDTH, _INDENT, _INDENT)
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=_INDENT,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )
