"""The words of reports for the evidence, its completeness, and the resource of a row."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ..inventory.kinds import KINDS
from ..language import ENGLISH, Translator
from ..results import VISIBILITY, Evidence, ResourceType
from .model import Report

SYNTHETIC = "made from a test server, not from the real cloud"
ANSWERED = "every call was answered, but it is not proven that the auditing identity may read everything"

Completeness: TypeAlias = Literal["yes", "answered", "no"]

_DELETABLE = "slr-deletable"
_NOUNS: dict[ResourceType, tuple[str, str]] = {
    "account": ("account", "accounts"),
    "role": ("role", "roles"),
    "user": ("user", "users"),
    "group": ("user group", "user groups"),
    "policy": ("policy", "policies"),
    "resource_group": ("resource group", "resource groups"),
    "waiver": ("waiver", "waivers"),
    "selector": ("entry of the configuration", "entries of the configuration"),
    **{kind: (row.noun, row.plural) for kind, row in KINDS.items()},
}


def evidence_source(evidence: Evidence) -> str:
    """Where the facts come from: `live`, `recorded TIME`, `synthetic, recorded TIME`; before it a planned change."""
    source = "live" if evidence.recorded is None else f"recorded {evidence.recorded}"
    source = f"synthetic, {source}" if evidence.synthetic else source
    return f"{evidence.planned}; evidence: {source}" if evidence.planned else source


def completeness(report: Report, account: str) -> Completeness:
    """Whether the account was read completely, as far as the run proves it.

    ECI answers a query that is denied with an empty list. So the answer to every call is a complete list only
    where `auditor-visibility` passed; without it the completeness is `answered`.
    """
    if not report.accounts[account].complete:
        return "no"
    rows = (result.row for result in report.results)
    outcomes = {row.outcome for row in rows if row.account == account and row.check == VISIBILITY}
    return "yes" if outcomes == {"passed"} else "answered"


def noun(resource_type: ResourceType, translator: Translator = ENGLISH) -> str:
    """The noun for one resource of a type."""
    return translator.word(_NOUNS[resource_type][0])


def words_for_all(check: str, resource_type: ResourceType, translator: Translator = ENGLISH) -> str:
    """The words for the id `*`: every resource that the check evaluates."""
    if check == _DELETABLE and resource_type == "role":
        # The row names the role; the resources that may be missing are those that block its deletion.
        return translator.text("all instances and image caches")
    noun_of_many = (
        _NOUNS[resource_type][1] if translator.language == "en" else noun(resource_type, translator)
    )
    return translator.text("all {resources}", resources=noun_of_many)
