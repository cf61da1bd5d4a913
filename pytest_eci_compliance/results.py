"""What a check says of one resource, and what a whole run found: the vocabulary of every report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

VISIBILITY = "auditor-visibility"
BLIND = "there may be more than was shown"
"""How the message begins of a row that is unknown because the auditing identity is not shown to see everything."""

Outcome: TypeAlias = Literal["passed", "failed", "unknown", "waived", "skipped"]
Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Mode: TypeAlias = Literal["live", "record", "replay"]
ResourceType: TypeAlias = Literal[
    "account", "role", "user", "policy", "instance", "image_cache", "virtual_node", "waiver"
]


@dataclass(frozen=True)
class Resource:
    """What a row is about. `region` is None for what has none; `id` is `*` for a whole kind."""

    type: ResourceType
    id: str
    name: str = ""
    region: str | None = None


@dataclass(frozen=True)
class Waived:
    """A waiver as reports name it. `narrowing` says to which failures of a resource it is narrowed, if to some."""

    reason: str
    owner: str
    expires: str
    narrowing: str = ""


@dataclass(frozen=True)
class PathStep:
    """One step of an escalation path: `actor` takes it, `to` is what it reaches, `on` what it is taken on, `by` the
    statements that allow it or why that is undecidable."""

    step: str
    actor: str
    to: str
    on: str
    by: str


@dataclass(frozen=True)
class EscalationPath:
    """A chain of escalation steps to what is reached; `certain` is False where something in it is undecidable."""

    reaches: str
    certain: bool
    steps: tuple[PathStep, ...] = ()


@dataclass(frozen=True)
class Row:
    """One verdict: one check on one resource of one account.

    `message` says what was expected, what was found and by which path; `remediation` what to do.
    `expectation` names the `access` expectation. `waiver` is the waiver that covers a `waived` row.
    `covered_by` are the waivers that cover a part of a failure, or, together, all of it; then `waiver` is the
    one that expires first. `policies` are the policies that a failure is about, where it is about policies.
    `config_path` is where the configuration asks for it, as keys and list indices below the account
    (for example `("instances", 0, "required_tags")`). `plan` says what a planned change does to the verdict
    (`new with the plan`, `fixed by the plan`), `plan_addresses` by which changes of the plan.
    (for example `("instances", 0, "required_tags")`). `paths` are the escalation paths that the verdict is about,
    shortest first.
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


@dataclass(frozen=True)
class Evidence:
    """How the account was read. `recorded` and `started` are UTC, ISO 8601 with `Z`.

    `calls` counts requests that were answered (retries apart), `actions` the calls by `service:Action`.
    `synthetic` marks a recording that was made from a server on this machine, not from the real cloud. `planned`
    says which planned change was laid over the evidence; empty where none was.
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


@dataclass(frozen=True)
class OwnTest:
    """A test of the user's own that ran beside the built-in checks."""

    nodeid: str
    outcome: str


@dataclass(frozen=True)
class Result:
    """A row that was selected and ran, under its pytest node id."""

    row: Row
    nodeid: str
