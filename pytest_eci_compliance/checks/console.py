"""Users who work in the ECI console (section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..inventory.facts import Unreadable
from ..messages import join_words
from ..policy.authorization import Call
from .support.case import Case, Finding, check, failed, passed, unknown
from .support.principals import CALLS_USERS, Principal, nobody, users

if TYPE_CHECKING:
    from ..config.model import Account

# Section 2, beyond full access, each on Resource `*`.
CONSOLE_ACTIONS = (
    "ram:ListRoles",
    "nas:DescribeFileSystems",
    "oss:ListBuckets",
    "vpc:DescribeCommonBandwidthPackages",
    "cr:GetRepoList",
    "cr:GetRepoTags",
    "cr:GetImageManifest",
    "cr:SearchRepo",
)


def _unless_console(intent: Account) -> str | None:
    if any(one.console for one in intent.users or ()):
        return None
    return "no entry of `users` has `console: true`"


@check(
    "user-console",
    severity="low",
    section="2",
    calls=(*CALLS_USERS, "ram:GetPolicy"),
    remediation="Attach a custom policy that allows the missing actions on `*`, or remove `console: true`.",
    off=_unless_console,
    about="user",
)
def user_console(case: Case) -> Iterator[Finding]:
    """A user who works in the ECI console holds every permission that it needs beyond full access."""
    anybody = False
    for one in users(case):
        if isinstance(one, Finding):
            anybody = True
            yield one
            continue
        wanted = [entry for entry in one.entries if getattr(entry.intent, "console", False)]
        if not wanted:
            continue
        anybody = True
        doubts = [entry.fits for entry in wanted if isinstance(entry.fits, Unreadable)]
        if len(doubts) == len(wanted):
            because = "whether they work in the console is not known"
            yield unknown(one.resource, *doubts, because=because, config_path=one.config_path)
        else:
            yield _judged(case, one)
    if not anybody:
        yield nobody(case, "users", "no user whom an entry with `console: true` fits exists")


def _judged(case: Case, one: Principal) -> Finding:
    holder, path = case.access.holder(one.holdings), one.config_path
    decisions = {action: case.access.decide_call(holder, Call(action)) for action in CONSOLE_ACTIONS}
    missing = [action for action, decision in decisions.items() if decision.outcome == "denied"]
    if missing:
        why = decisions[missing[0]].why
        return failed(
            one.resource, f"the console needs {join_words(missing)}, which it lacks: {why}", config_path=path
        )
    turning = [decision.why for decision in decisions.values() if decision.outcome == "undecidable"]
    if turning:
        because = f"whether it holds what the console needs cannot be decided: {turning[0]}"
        return unknown(one.resource, *holder.causes, because=because, config_path=path)
    return passed(
        one.resource, f"it holds what the console needs: {join_words(CONSOLE_ACTIONS)}", config_path=path
    )
