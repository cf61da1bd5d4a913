"""Users who work in the ECI console (section 2)."""

from __future__ import annotations

from ..inventory.facts import Unreadable
from ..messages import join_words
from ..policy.authorization import Call
from .support.case import Case
from .support.decorators import principal_check
from .support.principals import CheckedPrincipal
from .support.registry import Requirement
from .support.verdicts import Verdict, failed, passed, unknown

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


@principal_check(
    "user-console",
    principal="user",
    severity="low",
    key="console",
    section="2",
    calls=("ram:GetPolicy",),
    remediation="Attach a custom policy that allows the missing actions on `*`, or remove `console: true`.",
    enabled_when=Requirement(
        lambda intent: any(entry.console for entry in intent.users or ()),
        "no entry of `users` has `console: true`",
    ),
    nobody="no user matches an entry with `console: true`",
)
def user_console(user: CheckedPrincipal, case: Case) -> Verdict | None:
    """A user who works in the ECI console has every permission that it needs beyond full access."""
    entries = [entry for entry in user.entries if getattr(entry.intent, "console", False)]
    if not entries:
        return None
    doubts = [entry.fits for entry in entries if isinstance(entry.fits, Unreadable)]
    if len(doubts) == len(entries):
        return unknown(*doubts, because="it is not known whether an entry with `console: true` matches")
    return _permissions(user, case)


def _permissions(user: CheckedPrincipal, case: Case) -> Verdict:
    principal = case.access.holder(user.holdings)
    decisions = {action: case.access.decide_call(principal, Call(action)) for action in CONSOLE_ACTIONS}
    missing = [action for action, decision in decisions.items() if decision.outcome == "denied"]
    if missing:
        why = decisions[missing[0]].why
        return failed(
            f"{user.name} lacks {join_words(missing)}, which the ECI console needs; {why}",
            reasons=missing,
        )
    undecided = [decision.why for decision in decisions.values() if decision.outcome == "undecidable"]
    if undecided:
        because = f"it cannot be decided whether {user.name} has what the ECI console needs: {undecided[0]}"
        return unknown(*principal.causes, because=because, reasons=undecided)
    return passed(f"{user.name} has what the ECI console needs: {join_words(CONSOLE_ACTIONS)}")
