"""The main job: from accounts and a configuration to verdicts. Each account is read once, then judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TypeAlias, TypeVar

from .audit_plan import (
    DEMONSTRATION,
    AccountPlan,
    Request,
    UsageProblem,
    account_names,
    configuration_if_any,
    demonstration_path,
    is_demonstration,
    load_configuration,
    plan_accounts,
    plan_baseline,
    plan_former,
    plan_question,
    timestamp,
    utc_now,
)
from .audit_recording import (
    manifest_state,
    note_of_unidentified,
    notes_of_interruption,
    number_of_files,
    record_or_explain,
)
from .causes import UNIDENTIFIED
from .change.apply import Context, lay
from .change.judging import verdicts
from .change.overlay_fitting import fitted
from .change.routing import needed
from .checks import CHECKS
from .checks.support.case import Case
from .config.loader import ConfigurationError, Loaded
from .config.model import Account
from .evidence.caller import Caller
from .evidence.counts import Counts
from .evidence.credentials import DUMMY
from .evidence.errors import Call, CallFailed, UnusableCredentials
from .evidence.event_loop import run
from .evidence.identity import identity, keys_finder
from .evidence.rate_limit import USUAL, Limits, Timing
from .evidence.recording import Recorder
from .evidence.sdk import Clients
from .evidence.sweep import Sweep
from .evidence.threads import in_thread
from .evidence.transport import Live, Transport, seam
from .inventory.facts import CallerIdentity, Inventory, Unreadable
from .judge import judge
from .messages import describe_error, suggest_fix
from .results import Cause, Evidence, Mode, Resource, Row
from .snapshot import AccountSnapshot, Snapshot

K = TypeVar("K")
V = TypeVar("V")
Progress: TypeAlias = Callable[[str, Call, Counts], None]
"""Called after each answered call, with the name of the account and the counts so far."""


@dataclass(frozen=True)
class Reading:
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


@dataclass(frozen=True)
class _ReadAccount:
    """The result of a sweep. `recorded` is None where there is no recording, neither an old nor a new one."""

    inventory: Inventory
    counts: Counts
    recorded: str | None
    notes: tuple[str, ...] = ()
    context: Context = field(default_factory=Context)
    seconds: float = 0.0


@dataclass(frozen=True)
class _Unidentified:
    """An account whose caller could not be identified. `credentials`: whether its credentials are unusable."""

    reason: str
    remediation: str
    credentials: bool


def audit(
    request: Request, loaded: Loaded, progress: Progress | None = None, timing: Timing = USUAL
) -> Snapshot:
    """Read and judge every requested account, concurrently.

    Raises UsageProblem for an unknown account, a recording that cannot be used, the wrong account id, and where no
    account has usable credentials.
    """
    plans = plan_accounts(request, loaded, timing)
    started = utc_now()
    results = _read_accounts(plans, progress)
    accounts = (_snapshot(plan, result, started) for plan, result in zip(plans, results, strict=True))
    return Snapshot(timestamp(started), tuple(accounts))


def read_for_baseline(
    request: Request, loaded: Loaded | None, progress: Progress | None = None
) -> tuple[Reading, ...]:
    """Read every requested account, with the service-linked roles, and judge nothing.

    Without a configuration: one account, the one that the credentials or the recording belong to. Raises UsageProblem
    as `audit` does.
    """
    return _read_without_judging(plan_baseline(request, loaded), progress)


def read_for_question(
    request: Request, loaded: Loaded | None, progress: Progress | None = None
) -> tuple[Reading, ...]:
    """Read every requested account, with everything that escalation needs, and judge nothing.

    A recording may be of any age and any regions. Without a configuration: one account, the one that the credentials
    or the recording belong to. Raises UsageProblem as `audit` does.
    """
    return _read_without_judging(plan_question(request, loaded), progress)


def _read_without_judging(plans: Sequence[AccountPlan], progress: Progress | None) -> tuple[Reading, ...]:
    started = timestamp(utc_now())
    results = _read_accounts(plans, progress)
    return tuple(_reading(plan, result, started) for plan, result in zip(plans, results, strict=True))


@dataclass(frozen=True)
class FormerAccount:
    """A former recording of an account, judged with today's configuration. `recorded` is UTC, ISO 8601."""

    name: str
    recorded: str
    regions: tuple[str, ...]
    inventory: Inventory
    rows: tuple[Row, ...]


def read_former(request: Request, loaded: Loaded, directory: Path) -> FormerAccount:
    """Replay the former recording in `directory`, and judge it with today's configuration.

    A call that the recording lacks is unreadable evidence. Raises UsageProblem for an incomplete recording, and for
    one of an account that was not requested.
    """
    plan = plan_former(request, loaded, directory)
    (result,) = _read_accounts([plan], None)
    if isinstance(result, _Unidentified):
        raise UsageProblem(
            f"--eci-since {directory}: its caller could not be identified: {result.reason}. {result.remediation}"
        )
    regions = result.inventory.regions
    recorded = plan.manifest.recorded if plan.manifest is not None else ""
    rows = judge(Case(plan.name, plan.intent, result.inventory, utc_now().date()))
    return FormerAccount(
        plan.name, recorded, regions if isinstance(regions, tuple) else (), result.inventory, rows
    )


def _read_accounts(
    plans: Sequence[AccountPlan], progress: Progress | None
) -> list[_ReadAccount | _Unidentified]:
    async def read_all() -> list[_ReadAccount | _Unidentified]:
        return list(await asyncio.gather(*(_read_if_identified(plan, progress) for plan in plans)))

    former = {plan.directory: manifest_state(plan.directory) for plan in plans if plan.mode == "record"}
    try:
        with seam():
            results = run(read_all())
    except KeyboardInterrupt:
        raise KeyboardInterrupt(*notes_of_interruption(former)) from None
    _refuse_without_credentials(plans, results)
    return results


def _refuse_without_credentials(
    plans: Sequence[AccountPlan], results: Sequence[_ReadAccount | _Unidentified]
) -> None:
    if not results or not all(isinstance(item, _Unidentified) and item.credentials for item in results):
        return
    lines = (
        f"  {plan.name or 'this machine'}: {result.reason}"
        for plan, result in zip(plans, results, strict=True)
        if isinstance(result, _Unidentified)
    )
    raise UsageProblem("no account has usable credentials:\n" + "\n".join(lines))


async def _read_if_identified(plan: AccountPlan, progress: Progress | None) -> _ReadAccount | _Unidentified:
    try:
        return await _read(plan, progress)
    except UnusableCredentials as problem:
        return _Unidentified(str(problem), "", credentials=True)
    except CallFailed as failure:
        cause = failure.unreadable
        return _Unidentified(describe_error(cause), suggest_fix(cause), credentials=False)


async def _read(plan: AccountPlan, progress: Progress | None) -> _ReadAccount:
    """Read one account. Raises UnusableCredentials or CallFailed where the caller cannot be identified."""
    started = plan.manifest.recorded if plan.manifest else timestamp(utc_now())
    begin = time.monotonic()
    recorder = Recorder() if plan.mode == "record" else None
    caller = await _caller(plan, recorder, progress)
    auditor = await identity(caller)
    _refuse_other_account(plan, auditor)
    sweep = Sweep(caller, plan.intent, auditor, started)
    inventory = await sweep.inventory()
    context = await _context(plan, sweep, inventory)
    seconds = time.monotonic() - begin
    if recorder is None:
        recorded = started if plan.manifest else None
        return _ReadAccount(inventory, caller.counts, recorded, context=context, seconds=seconds)
    recorded, notes = record_or_explain(plan, recorder, inventory, caller.counts.failures, started)
    return _ReadAccount(inventory, caller.counts, recorded, notes, context, seconds)


async def _context(plan: AccountPlan, sweep: Sweep, inventory: Inventory) -> Context:
    """What laying a change over the account needs beside the inventory: live, what only the change names is read."""
    context = Context(sweep.started, plan.intent.default_resource_group, live=plan.replay is None)
    if not plan.changes or plan.replay is not None:
        return context
    policies, roles = await sweep.for_plan(*needed(plan.changes, inventory))
    context = replace(context, policies=policies, roles=roles)
    planned = lay(inventory, [fitted(change, inventory) for change in plan.changes], context).inventory
    read = await sweep.for_planned(planned)
    return replace(
        context,
        policies={**policies, **_added(read.policies, planned.policies)},
        roles={**roles, **_added(read.role_lookups, planned.role_lookups)},
        versions=_added(read.policy_versions, planned.policy_versions),
        system_policies=read.system_policies,
    )


def _added(read: Mapping[K, V], before: Mapping[K, V]) -> dict[K, V]:
    """The entries that were read in addition."""
    return {key: value for key, value in read.items() if key not in before}


async def _caller(plan: AccountPlan, recorder: Recorder | None, progress: Progress | None) -> Caller:
    intent = plan.intent
    rates = {name: rate for name, rate in intent.rate.model_dump().items() if rate is not None}
    limits = Limits(time.monotonic() + intent.deadline.total_seconds(), rates, plan.timing)
    transport: Transport = plan.replay or Live()
    caller = Caller(
        await _clients(plan, transport, limits),
        transport,
        limits,
        replayed=plan.replay is not None,
        recorder=recorder,
        progress=None if progress is None else lambda call: progress(plan.name, call, caller.counts),
    )
    return caller


async def _clients(plan: AccountPlan, transport: Transport, limits: Limits) -> Clients:
    if plan.replay is not None:
        return Clients(lambda: DUMMY, {})
    credentials = plan.intent.credentials
    keys = keys_finder(credentials.profile, credentials.assume_role, plan.endpoints, transport, limits)
    return await in_thread(lambda: Clients(keys, plan.endpoints))


def _refuse_other_account(plan: AccountPlan, auditor: CallerIdentity) -> None:
    if plan.any_account or auditor.account_id == plan.intent.account_id:
        return
    raise UsageProblem(
        f"account {plan.name}: these credentials belong to account {auditor.account_id}, the configuration's "
        f"account_id is {plan.intent.account_id}: use the right credentials, or correct account_id"
    )


def _reading(plan: AccountPlan, result: _ReadAccount | _Unidentified, started: str) -> Reading:
    if isinstance(result, _Unidentified):
        note = f"{result.reason}. {result.remediation}"
        return Reading(plan.name, plan.intent, plan.mode, started, None, notes=(note,))
    failed_calls = [failure.unreadable for failure in result.counts.failures]
    missing = tuple(dict.fromkeys((*failed_calls, *result.inventory.incomplete)))
    read_at = plan.manifest.recorded if plan.manifest else started
    synthetic = plan.manifest is not None and plan.manifest.synthetic
    return Reading(
        plan.name, plan.intent, plan.mode, read_at, result.inventory, missing, result.notes, synthetic
    )


def _snapshot(plan: AccountPlan, result: _ReadAccount | _Unidentified, started: datetime) -> AccountSnapshot:
    if isinstance(result, _Unidentified):
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


def _evidence(plan: AccountPlan, result: _ReadAccount) -> Evidence:
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


def _unknown_rows(plan: AccountPlan, result: _Unidentified) -> tuple[Row, ...]:
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
    "AccountSnapshot",
    "ConfigurationError",
    "FormerAccount",
    "Progress",
    "Reading",
    "Request",
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
