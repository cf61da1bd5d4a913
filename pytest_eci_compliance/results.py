"""Rows, outcomes and evidence: what judging produces and every report is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from .inventory.facts import Kind

VISIBILITY = "auditor-visibility"
"""The id of the check that the auditing identity may read everything."""
BLIND = "there may be more than was shown"
"""Part of the message of a row that is unknown because lists may be incomplete for the auditing identity."""

Outcome: TypeAlias = Literal["passed", "failed", "unknown", "waived", "skipped"]
Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Mode: TypeAlias = Literal["live", "record", "replay"]
ResourceType: TypeAlias = Literal[
    "account",
    "role",
    "user",
    "group",
    "policy",
    "resource_group",
    Kind,
    "waiver",
    "selector",
]
CauseKind: TypeAlias = Literal["permission", "denied", "call", "account", "assumption", "plan"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""Every outcome, in the order of counts: passed, failed, unknown, waived, skipped."""
OPEN_OUTCOMES: tuple[Outcome, ...] = ("failed", "unknown")
"""The outcomes that fail a run, the worst first."""
NOTABLE_OUTCOMES: tuple[Outcome, ...] = (*OPEN_OUTCOMES, "waived")
"""The outcomes that people look at: the open ones, and failures that a waiver accepts."""
BY_ATTENTION: tuple[Outcome, ...] = (*NOTABLE_OUTCOMES, "passed", "skipped")
"""Every outcome, in the order of details: what needs a person first."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Every severity, the worst first."""

NEW_WITH_PLAN = "new with the plan"
"""`Row.plan` of a row that is open, or waived, only with the planned change."""
FIXED_BY_PLAN = "fixed by the plan"
"""`Row.plan` of a row that is open, or waived, only without the planned change."""


@dataclass(frozen=True)
class Resource:
    """The resource of a row. `region` is None where it has none; `id` is `*` for every resource of the type."""

    type: ResourceType
    id: str
    name: str = ""
    region: str | None = None


@dataclass(frozen=True)
class Waived:
    """A waiver in a report. `narrowing` names the failures of a resource that it accepts; empty for all of them."""

    reason: str
    owner: str
    expires: str
    narrowing: str = ""


@dataclass(frozen=True)
class PathStep:
    """A step of an escalation path: `actor` takes it and reaches `to`.

    `on` is the resource of the step, `by` the statements that allow it, or why the step is undecidable.
    """

    step: str
    actor: str
    to: str
    on: str
    by: str


@dataclass(frozen=True)
class EscalationPath:
    """A chain of escalation steps and what it reaches; `certain` is False where one of the steps is undecidable."""

    reaches: str
    certain: bool
    steps: tuple[PathStep, ...] = ()


@dataclass(frozen=True)
class Cause:
    """One reason why the evidence of a row is missing.

    `key` is the name under which rows with the same reason stand together: `auditor-visibility` where the auditing
    identity lacks a permission, else the error code or the id of the assumption. `subject` is what is missing: the
    permission, the call, the address of a planned change. `problem` says what is the matter with it, in words that
    depend on `kind`; `remediation` is what to do.
    """

    kind: CauseKind
    key: str
    subject: str
    problem: str
    remediation: str


@dataclass(frozen=True)
class Reason:
    """One reason of a verdict, whole, where the message names only the first ones.

    `about` are the resources for which it is the reason; empty where `text` says it all. They may be many, and are
    shared by the reasons of many rows. `is_message` marks the message of a check that does not list its reasons.
    """

    text: str
    about: tuple[str, ...] = ()
    is_message: bool = False


@dataclass(frozen=True)
class Row:
    """One verdict: one check on one resource of one account.

    `message` states what was found, what was expected and by which path; `remediation` what to do.
    `expectation` is the name of the `access` expectation. `waiver` is the waiver of a `waived` row.
    `covered_by` are the waivers that accept a part of a failure or, together, all of it; `waiver` is then the
    one that expires first. `policies` are the policies that caused the failure, where policies did.
    `config_path` is the line of the configuration that requires it, as keys and list indices below the account,
    for example `("instances", 0, "required_tags")`. `plan` is the effect of a planned change on the verdict
    (`new with the plan`, `fixed by the plan`), `plan_addresses` the changes of the plan that cause it. `paths` are
    the escalation paths of the verdict, shortest first. `causes` say what evidence an unknown row lacks; empty where
    it is undecided for another reason. `reasons` are the reasons of an open row, none left out, for comparisons; no
    report shows them. `test` tells the tests of one own check apart: the name of the function with its own parameters;
    empty for rows of built-in checks.
    """

    account: str
    check: str
    severity: Severity
    section: str
    resource: Resource
    outcome: Outcome
    message: str
    remediation: str = ""
    expectation: str | None = None
    waiver: Waived | None = None
    config_path: tuple[str | int, ...] = ()
    policies: tuple[str, ...] = ()
    covered_by: tuple[Waived, ...] = ()
    plan: str | None = None
    plan_addresses: tuple[str, ...] = ()
    paths: tuple[EscalationPath, ...] = ()
    causes: tuple[Cause, ...] = ()
    reasons: tuple[Reason, ...] = field(default=(), compare=False, repr=False)
    test: str = ""


@dataclass(frozen=True)
class Evidence:
    """How the account was read. `recorded` and `started` are UTC, ISO 8601 with `Z`.

    `calls` is the number of answered requests without retries, `actions` the calls by `service:Action`.
    `synthetic` marks a recording of a server on the same machine, which is not the real cloud. `planned` describes
    the planned change that is applied to the evidence; empty where there is none. `directory` and `files` are the
    absolute path of the recording that was written and the number of its files; empty and 0 where none was.
    `seconds` is how long the sweep took.
    """

    mode: Mode
    account_id: str
    regions: tuple[str, ...] = ()
    recorded: str | None = None
    calls: int = 0
    pages: int = 0
    retries: int = 0
    complete: bool = False
    synthetic: bool = False
    actions: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    planned: str = ""
    directory: str = ""
    files: int = 0
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class OwnTest:
    """A test of the user without the marker `eci_check`: its outcome, and why it did not pass."""

    nodeid: str
    outcome: Outcome
    message: str = ""


@dataclass(frozen=True)
class Result:
    """A row that was selected and ran, with its pytest node id."""

    row: Row
    nodeid: str

    @property
    def check(self) -> str:
        """The id of the check."""
        return self.row.check

    @property
    def resource(self) -> Resource:
        """The resource that the check judged."""
        return self.row.resource

    @property
    def outcome(self) -> Outcome:
        """`passed`, `failed`, `unknown`, `waived` or `skipped`."""
        return self.row.outcome

    @property
    def message(self) -> str:
        """What was found, and what was expected."""
        return self.row.message
