"""How reports put into words what the evidence is, whether it is whole, and what a row is about."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..inventory.kinds import KINDS
from ..results import Evidence, ResourceType
from .model import Report

SYNTHETIC = "made from a test server, not from the real cloud"
ANSWERED = "every call was answered, but the auditing identity is not shown to see everything"

Whole: TypeAlias = Literal["yes", "answered", "no"]

_VISIBILITY = "auditor-visibility"
_DELETABLE = "slr-deletable"
_NOUNS: dict[ResourceType, tuple[str, str]] = {
    "account": ("account", "accounts"),
    "role": ("role", "roles"),
    "user": ("user", "users"),
    "policy": ("policy", "policies"),
    **{kind.name: (kind.noun, kind.plural) for kind in KINDS.values()},
    "waiver": ("waiver", "waivers"),
}


def evidence(one: Evidence) -> str:
    """Where the facts come from: `live`, `recorded TIME`, `synthetic, recorded TIME`."""
    source = "live" if one.recorded is None else f"recorded {one.recorded}"
    return f"synthetic, {source}" if one.synthetic else source


def whole(report: Report, account: str) -> Whole:
    """Whether the account was read completely, as far as the run shows it.

    ECI answers a query that is denied with an empty list: without a passed `auditor-visibility`, that every
    call was answered does not mean that everything was seen.
    """
    if not report.accounts[account].complete:
        return "no"
    rows = (one.row for one in report.results)
    seen = {row.outcome for row in rows if row.account == account and row.check == _VISIBILITY}
    return "yes" if seen == {"passed"} else "answered"


def noun(type_: ResourceType) -> str:
    """The noun for one resource of that type."""
    return _NOUNS[type_][0]


def everything(check: str, type_: ResourceType) -> str:
    """What a row is about whose resource is `*`: every resource that the check would judge."""
    if check == _DELETABLE and type_ == "role":
        # Its row names the role, but what may be left unseen is what blocks the role's deletion.
        return "all instances and image caches"
    return f"all {_NOUNS[type_][1]}"
