"""The main job: from accounts and a configuration to verdicts. Each account is read once, then judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ..causes import UNIDENTIFIED
from ..change.judging import verdicts
from ..checks import CHECKS
from ..checks.support.case import Case
from ..config.loader import ConfigurationError, Loaded
from ..config.model import Account
from ..evidence.rate_limit import USUAL, Timing
from ..inventory.facts import Inventory, Unreadable
from ..judge import judge
from ..results import Cause, Evidence, Mode, Resource, Row
from ..snapshot import AccountSnapshot, Snapshot
from .plan import (
    AccountPlan,
    plan_accounts,
    plan_baseline,
    plan_former,
    plan_question,
    timestamp,
    utc_now,
)
from .reading import Progress, ReadAccount, Unidentified, read_accounts
from .recording import (
    note_of_unidentified,
    number_of_files,
)
from .request import (
    DEMONSTRATION,
    AuditRequest,
    UsageProblem,
    account_names,
    configuration_if_any,
    demonstration_path,
    is_demonstration,
    load_configuration,
)


@dataclass(frozen=True)
class AccountReading:
    """One account, read and not judged. `read_at` is UTC, ISO 8601; `name` is empty without a configuration.

    `inventory` is None where the account could not be identified. `missing` are the parts that could not be read.
    `synthetic` marks a recording of a test server.
    """

    name: str
    intent: Account
    mode: Mode
    read_at: str
    inventory: Inventory | None
    missing: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    synthetic: bool = False


def audit(
    request: AuditRequest, loaded: Loaded, progress: Progress | None = None, timing: Timing = USUAL
) -> Snapshot:
    """Read and judge every requested account, concurrently.

    Raises UsageProblem for an unknown account, a recording that cannot be used, the wrong account id, and where no
    account has usable credentials.
    """
    plans = plan_accounts(request, loaded, timing)
    started = utc_now()
    results = read_accounts(plans, progress)
    accounts = (_snapshot(plan, result, started) for plan, result in zip(plans, results, strict=True))
    return Snapshot(timestamp(started), tuple(accounts))


def read_for_baseline(
    request: AuditRequest, loaded: Loaded | None, progress: Progress | None = None
) -> tuple[AccountReading, ...]:
    """Read every requested account, with the service-linked roles, and judge nothing.

    Without a configuration: one account, the one that the credentials or the recording belong to. Raises UsageProblem
    as `audit` does.
    """
    return _read_without_judging(plan_baseline(request, loaded), progress)


def read_for_question(
    request: AuditRequest, loaded: Loaded | None, progress: Progress | None = None
) -> tuple[AccountReading, ...]:
    """Read every requested account, with everything that escalation needs, and judge nothing.

    A recording may be of any age and any regions. Without a configuration: one account, the one that the credentials
    or the recording belong to. Raises UsageProblem as `audit` does.
    """
    return _read_without_judging(plan_question(request, loaded), progress)


def _read_without_judging(
    plans: Sequence[AccountPlan], progress: Progress | None
) -> tuple[AccountReading, ...]:
    started = timestamp(utc_now())
    results = read_accounts(plans, progress)
    return tuple(_reading(plan, result, started) for plan, result in zip(plans, results, strict=True))


@dataclass(frozen=True)
class FormerAccount:
    """A former recording of an account, judged with today's configuration. `recorded` is UTC, ISO 8601."""

    name: str
    recorded: str
    regions: tuple[str, ...]
    inventory: Inventory
    rows: tuple[Row, ...]


def read_former(request: AuditRequest, loaded: Loaded, directory: Path) -> FormerAccount:
    """Replay the former recording in `directory`, and judge it with today's configuration.

    A call that the recording lacks is unreadable evidence. Raises UsageProblem for an incomplete recording, and for
    one of an account that was not requested.
    """
    plan = plan_former(request, loaded, directory)
    (result,) = read_accounts([plan], None)
    if isinstance(result, Unidentified):
        raise UsageProblem(
            f"--eci-since {directory}: its caller could not be identified: {result.reason}. {result.remediation}"
        )
    regions = result.inventory.regions
    recorded = plan.manifest.recorded if plan.manifest is not None else ""
    rows = judge(Case(plan.name, plan.intent, result.inventory, utc_now().date()))
    return FormerAccount(
        plan.name, recorded, regions if isinstance(regions, tuple) else (), result.inventory, rows
    )


def _reading(plan: AccountPlan, result: ReadAccount | Unidentified, started: str) -> AccountReading:
    if isinstance(result, Unidentified):
        note = f"{result.reason}. {result.remediation}"
        return AccountReading(plan.name, plan.intent, plan.mode, started, None, notes=(note,))
    failed_calls = [failure.unreadable for failure in result.counts.failures]
    missing = tuple(dict.fromkeys((*failed_calls, *result.inventory.incomplete)))
    read_at = plan.manifest.recorded if plan.manifest else started
    synthetic = plan.manifest is not None and plan.manifest.synthetic
    return AccountReading(
        plan.name, plan.intent, plan.mode, read_at, result.inventory, missing, result.notes, synthetic
    )


def _snapshot(plan: AccountPlan, result: ReadAccount | Unidentified, started: datetime) -> AccountSnapshot:
    if isinstance(result, Unidentified):
        notes = note_of_unidentified(plan, result.reason, result.remediation)
        evidence = Evidence(plan.mode, plan.intent.account_id, notes=notes)
        return AccountSnapshot(plan.name, evidence, None, _unknown_rows(plan, result))
    case = Case(plan.name, plan.intent, result.inventory, started.date())
    judged = verdicts(case, plan.changes or (), result.context, is_planned=plan.changes is not None)
    evidence = _evidence(plan, result)
    if judged.plan is not None:
        evidence = replace(evidence, planned=judged.plan.sentence)
    return AccountSnapshot(
        plan.name,
        evidence,
        judged.inventory,
        judged.rows,
        plan.intent.default_resource_group,
        judged.plan,
        plan.intent.evaluator_settings,
    )


def _evidence(plan: AccountPlan, result: ReadAccount) -> Evidence:
    counts, regions = result.counts, result.inventory.regions
    is_written = plan.mode == "record" and result.recorded is not None
    return Evidence(
        mode=plan.mode,
        account_id=result.inventory.account_id,
        regions=regions if isinstance(regions, tuple) else (),
        recorded=result.recorded,
        calls=counts.calls,
        pages=counts.pages,
        retries=counts.retries,
        complete=not counts.failures and not result.inventory.incomplete,
        synthetic=plan.manifest is not None and plan.manifest.synthetic,
        actions=dict(sorted(counts.actions.items())),
        notes=result.notes,
        directory=str(plan.directory) if is_written else "",
        files=number_of_files(plan.directory) if is_written else 0,
        seconds=result.seconds,
    )


def _unknown_rows(plan: AccountPlan, result: Unidentified) -> tuple[Row, ...]:
    """One unknown row per enabled check, for an account that could not be identified."""
    problem = f"the account could not be identified: {result.reason}"
    cause = Cause("account", UNIDENTIFIED, plan.name, problem, result.remediation)
    return tuple(
        Row(
            account=plan.name,
            check=check.id,
            severity=check.severity,
            section=check.section,
            resource=Resource("account", plan.name, plan.name),
            outcome="unknown",
            message=f"not judged: {problem}",
            remediation=result.remediation,
            causes=(cause,),
        )
        for check in CHECKS
        if check.disabled_because(plan.intent) is None
    )


__all__ = [
    "DEMONSTRATION",
    "AccountReading",
    "AccountSnapshot",
    "AuditRequest",
    "ConfigurationError",
    "FormerAccount",
    "Progress",
    "Snapshot",
    "UsageProblem",
    "account_names",
    "audit",
    "configuration_if_any",
    "demonstration_path",
    "is_demonstration",
    "load_configuration",
    "read_for_baseline",
    "read_for_question",
    "read_former",
]
