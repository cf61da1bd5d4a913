"""Reading: each account is identified and swept, and laid under the planned changes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from ..change.apply import LayContext, lay
from ..change.overlay_fitting import fitted
from ..change.routing import needed
from ..evidence.caller import Caller
from ..evidence.counts import Counts
from ..evidence.credentials import DUMMY
from ..evidence.errors import ApiCall, CallFailed, UnusableCredentials
from ..evidence.event_loop import run
from ..evidence.identity import identity, keys_finder
from ..evidence.rate_limit import Limits
from ..evidence.recording import Recorder
from ..evidence.sdk import Clients
from ..evidence.sweep import Sweep
from ..evidence.threads import in_thread
from ..evidence.transport import Live, Transport, seam
from ..inventory.facts import CallerIdentity, Inventory
from ..messages import describe_error, suggest_fix
from .plan import AccountPlan, timestamp, utc_now
from .recording import manifest_state, notes_of_interruption, record_or_explain
from .request import UsageProblem

K = TypeVar("K")
V = TypeVar("V")
Progress: TypeAlias = Callable[[str, ApiCall, Counts], None]
"""Called after each answered call, with the name of the account and the counts so far."""


@dataclass(frozen=True)
class ReadAccount:
    """The result of a sweep. `recorded` is None where there is no recording, neither an old nor a new one."""

    inventory: Inventory
    counts: Counts
    recorded: str | None
    notes: tuple[str, ...] = ()
    context: LayContext = field(default_factory=LayContext)
    seconds: float = 0.0


@dataclass(frozen=True)
class Unidentified:
    """An account whose caller could not be identified. `credentials`: whether its credentials are unusable."""

    reason: str
    remediation: str
    credentials: bool


def read_accounts(
    plans: Sequence[AccountPlan], progress: Progress | None
) -> list[ReadAccount | Unidentified]:
    """Read every planned account, concurrently; the results are in the order of the plans.

    Raises UsageProblem where a plan meets another account, and where no account has usable credentials;
    KeyboardInterrupt with notes on the recordings where the user stops the run.
    """

    async def read_all() -> list[ReadAccount | Unidentified]:
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
    plans: Sequence[AccountPlan], results: Sequence[ReadAccount | Unidentified]
) -> None:
    if not results or not all(isinstance(item, Unidentified) and item.credentials for item in results):
        return
    lines = (
        f"  {plan.name or 'this machine'}: {result.reason}"
        for plan, result in zip(plans, results, strict=True)
        if isinstance(result, Unidentified)
    )
    raise UsageProblem("no account has usable credentials:\n" + "\n".join(lines))


async def _read_if_identified(plan: AccountPlan, progress: Progress | None) -> ReadAccount | Unidentified:
    try:
        return await _read(plan, progress)
    except UnusableCredentials as problem:
        return Unidentified(str(problem), "", credentials=True)
    except CallFailed as failure:
        cause = failure.unreadable
        return Unidentified(describe_error(cause), suggest_fix(cause), credentials=False)


async def _read(plan: AccountPlan, progress: Progress | None) -> ReadAccount:
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
        return ReadAccount(inventory, caller.counts, recorded, context=context, seconds=seconds)
    recorded, notes = record_or_explain(plan, recorder, inventory, caller.counts.failures, started)
    return ReadAccount(inventory, caller.counts, recorded, notes, context, seconds)


async def _context(plan: AccountPlan, sweep: Sweep, inventory: Inventory) -> LayContext:
    """What laying a change over the account needs beside the inventory: live, what only the change names is read."""
    context = LayContext(sweep.started, plan.intent.default_resource_group, live=plan.replay is None)
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
