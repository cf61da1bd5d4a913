"""What the plugin can tell without an account: its checks, and what the auditing identity needs."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from ..assumptions import BASES, Assumption, assumptions
from ..checks import CHECKS
from ..evidence.api_actions import READ_LIST
from ..messages import sections

if TYPE_CHECKING:
    from ..checks.support.registry import Check
    from ..config.model import Account


def checks(accounts: Mapping[str, Account]) -> Iterator[str]:
    """Every built-in check in lines of text; for each account, whether it is on, and why not."""
    for check in CHECKS:
        yield f"{check.id} ({', '.join(filter(None, (check.severity, sections(check.section))))})"
        yield from _wrapped(check.rule.partition("\n\n")[0], "    ")
        yield from _wrapped(f"rests on {', '.join(check.calls)}" if check.calls else "", "    ")
        yield from (f"    {name}: {_state(check, account)}" for name, account in accounts.items())


def _state(check: Check, account: Account) -> str:
    reason = check.disabled_because(account)
    return "on" if reason is None else f"off: {reason}"


def all_assumptions(accounts: Mapping[str, Account]) -> Iterator[str]:
    """Every assumption about the cloud in lines of text; for each account, how an open question is settled."""
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


def _settlement(assumption: Assumption, account: Account) -> str:
    settled = account.assumptions.get(assumption.id)
    return "open, so undecidable" if settled is None else f"settled as {str(settled).lower()}"


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def audit_policy() -> str:
    """The RAM policy, as JSON text, that allows the sweep as it normally runs, and nothing else."""
    actions = sorted({one.permission for one in READ_LIST if not (one.fallback or one.on_request)})
    policy = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    return json.dumps(policy, indent=2)


def fallbacks() -> str:
    """The permissions that are of use only where others are denied."""
    names = sorted({one.permission for one in READ_LIST if one.fallback})
    return (
        "Only where ram:ListPolicyAttachments or ram:ListUsers is denied, or does not show what a service-linked role"
        f" or a holder of a grant has, these are tried too: {', '.join(names)}"
    )


def chosen(accounts: Mapping[str, Account], names: tuple[str, ...]) -> dict[str, Account]:
    """The accounts that `--eci-account` names, in the order of the configuration; UsageError for others."""
    if unknown := [name for name in names if name not in accounts and name != "all"]:
        raise pytest.UsageError(
            f"--eci-account={unknown[0]}: the configuration has no such account; it has {', '.join(accounts)}"
        )
    return {name: account for name, account in accounts.items() if name in names or "all" in names}
