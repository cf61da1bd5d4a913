"""The main job: from accounts and a configuration to verdicts. Evidence is read here, once, and judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import TypeAlias

from .checks import CHECKS, KNOWN_CHECKS
from .checks.support.case import Case
from .config.loader import ConfigurationError, Loaded, load
from .config.model import Account, ServiceLinkedRole, VirtualNodeRole
from .evidence.api_actions import READ_LIST
from .evidence.caller import Caller, Counts, Limits, in_thread
from .evidence.credentials import DUMMY
from .evidence.errors import Call, CallFailed, UnusableCredentials
from .evidence.identity import identity, keys_finder
from .evidence.rate_limit import USUAL, Timing
from .evidence.recording import MANIFEST, BadRecording, Manifest, Recorder, Replay, read_manifest
from .evidence.recording import load as load_recording
from .evidence.sdk import Clients
from .evidence.sweep import Sweep
from .evidence.transport import Live, Transport, seam
from .hosts import is_loopback
from .inventory.facts import CallerIdentity, Inventory, Unreadable
from .inventory.kinds import INSTANCE, KINDS
from .judge import judge
from .messages import describe_error, suggest_fix
from .policy.eci_actions import ResourceKind, fitting
from .results import Evidence, Mode, Resource, Row
from .snapshot import AccountSnapshot, Snapshot

DEFAULT_NAME = "eci-compliance.yaml"
_RECORD_AGAIN = "To record, run again with --eci-mode=record."
_ONLY_FOR: Mapping[str, ResourceKind] = {
    kind.list_call: kind.arn_kind for kind in KINDS.values() if kind is not INSTANCE
}
_CLOCKS_DIFFER = timedelta(minutes=10)  # of two machines

Progress: TypeAlias = Callable[[str, Call, Counts], None]


class UsageProblem(Exception):  # noqa: N818 - it is shown to people as it is
    """A mistake of the user's, with its mend: pytest's exit code 4."""


@dataclass(frozen=True)
class Request:
    """What the command line asks for. Paths are absolute, None where nobody names one."""

    names: tuple[str, ...]
    config: Path | None
    config_source: str
    mode: Mode | None
    cassettes: Path | None
    invocation_dir: Path
    rootdir: Path


@dataclass(frozen=True)
class _Plan:
    """How one account will be read."""

    name: str
    intent: Account
    mode: Mode
    directory: Path
    manifest: Manifest | None = None
    replay: Replay | None = None
    timing: Timing = USUAL
    any_account: bool = False  # without a configuration: whatever account the credentials belong to
    judged: bool = True  # False for a baseline, which rests on every call

    @property
    def endpoints(self) -> dict[str, str]:
        return {name: url for name, url in self.intent.endpoints.model_dump().items() if url is not None}


@dataclass(frozen=True)
class _Unidentified:
    """An account of which it is not known who reads it."""

    reason: str
    mend: str
    credentials: bool  # whether it is the credentials that cannot be used


def load_configuration(request: Request) -> Loaded:
    """The configuration that the request names, or the default one. Raises ConfigurationError."""
    path = request.config or _default_path(request)
    return load(path, KNOWN_CHECKS)


def configuration_if_any(request: Request) -> Loaded | None:
    """The same; None where nobody names one and the default one does not exist."""
    wanted = request.config is not None or _default_path(request).exists()
    return load_configuration(request) if wanted else None


def _default_path(request: Request) -> Path:
    here = request.invocation_dir / DEFAULT_NAME
    there = request.rootdir / DEFAULT_NAME
    return there if there.exists() and not here.exists() else here


def audit(
    request: Request, loaded: Loaded, progress: Progress | None = None, timing: Timing = USUAL
) -> Snapshot:
    """Read and judge every account that is asked for, side by side.

    Raises `UsageProblem` for an unknown account, a recording that cannot be used, the wrong account id, and
    where no account has usable credentials.
    """
    plans = [replace(_planned(request, loaded, name), timing=timing) for name in names_of(request, loaded)]
    started = _now()
    with seam():
        read = asyncio.run(_read_all(plans, progress))
    _refuse_without_credentials(plans, read)
    return Snapshot(
        _stamp(started), tuple(_snapshot(plan, one, started) for plan, one in zip(plans, read, strict=True))
    )


def _refuse_without_credentials(plans: list[_Plan], read: list[_Read | _Unidentified]) -> None:
    if read and all(isinstance(one, _Unidentified) and one.credentials for one in read):
        raise UsageProblem(
            "no account has usable credentials:\n"
            + "\n".join(
                f"  {plan.name or 'this machine'}: {one.reason}"
                for plan, one in zip(plans, read, strict=True)
                if isinstance(one, _Unidentified)
            )
        )


@dataclass(frozen=True)
class Reading:
    """One account, read and not judged. `name` is empty where nobody has named it, `read_at` is UTC, ISO 8601.

    `inventory` is None where the account could not be identified; `missing` is what could not be read.
    """

    name: str
    intent: Account
    mode: Mode
    read_at: str
    inventory: Inventory | None
    missing: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()


def read_for_baseline(
    request: Request, loaded: Loaded | None, progress: Progress | None = None
) -> tuple[Reading, ...]:
    """Read every account that is asked for, the service-linked roles included, and judge nothing.

    Without a configuration, one account: the one that the credentials, or the recording, belong to. Raises
    `UsageProblem` as `audit` does.
    """
    plans = (
        [_planned(request, loaded, name) for name in names_of(request, loaded)]
        if loaded is not None
        else [_plan_of_anyone(request)]
    )
    roles = {
        "service_linked_role": ServiceLinkedRole(policy="seen"),
        "virtual_node_role": VirtualNodeRole(policy="seen"),
    }
    plans = [replace(plan, intent=plan.intent.model_copy(update=roles), judged=False) for plan in plans]
    started = _stamp(_now())
    with seam():
        read = asyncio.run(_read_all(plans, progress))
    _refuse_without_credentials(plans, read)
    return tuple(_reading(plan, one, started) for plan, one in zip(plans, read, strict=True))


def _plan_of_anyone(request: Request) -> _Plan:
    """How the one account is read that no configuration speaks of."""
    name, mode = next(iter(request.names), ""), request.mode or "live"
    directory = (request.cassettes or request.invocation_dir / "cassettes") / name
    plan = _Plan(name, Account(account_id="0"), mode, directory, any_account=True)
    if mode != "replay":
        return plan
    try:
        manifest = read_manifest(directory)
        intent = Account(account_id=manifest.account_id, regions=manifest.requested)
        return replace(plan, intent=intent, manifest=manifest, replay=load_recording(directory, manifest))
    except BadRecording as problem:
        raise UsageProblem(f"account {name}: {problem}") from None


def _reading(plan: _Plan, read: _Read | _Unidentified, started: str) -> Reading:
    if isinstance(read, _Unidentified):
        return Reading(
            plan.name, plan.intent, plan.mode, started, None, notes=(f"{read.reason}. {read.mend}",)
        )
    lost = [one.unreadable for one in read.counts.failures]
    missing = tuple(dict.fromkeys((*lost, *read.inventory.incomplete)))
    at = plan.manifest.recorded if plan.manifest else started
    return Reading(plan.name, plan.intent, plan.mode, at, read.inventory, missing, read.notes)


def _now() -> datetime:
    return datetime.now(timezone.utc)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def names_of(request: Request, loaded: Loaded) -> tuple[str, ...]:
    """The accounts that are asked for. Raises `UsageProblem` for one that the configuration lacks."""
    known = tuple(loaded.configuration.accounts)
    wanted = dict.fromkeys(
        name for asked in request.names for name in (known if asked == "all" else (asked,))
    )
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known)}."
            raise UsageProblem(f"--eci-account={name}: {loaded.path} has no such account; {hint}")
    return tuple(wanted)


def _planned(request: Request, loaded: Loaded, name: str) -> _Plan:
    intent = loaded.configuration.accounts[name]
    mode = request.mode or intent.mode
    directory = (request.cassettes or loaded.path.parent / "cassettes") / name
    plan = _Plan(name, intent, mode, directory)
    if mode != "replay":
        return plan
    try:
        manifest = read_manifest(directory)
        _refuse_other(plan, manifest)
        return replace(plan, manifest=manifest, replay=load_recording(directory, manifest))
    except BadRecording as problem:
        raise UsageProblem(f"account {name}: {problem}") from None


def _refuse_other(plan: _Plan, manifest: Manifest) -> None:
    """A recording is refused where it is of another account, of other regions, or older than is allowed."""
    intent = plan.intent
    again = "record again with --eci-mode=record"
    if manifest.account_id != intent.account_id:
        raise BadRecording(
            f"{plan.directory} was recorded from account {manifest.account_id}, the configuration's account_id is "
            f"{intent.account_id}: correct account_id, or {again}"
        )
    if _regions(manifest.requested) != _regions(intent.regions):
        raise BadRecording(
            f"{plan.directory} was recorded for regions {_shown(manifest.requested)}, the configuration's regions "
            f"are {_shown(intent.regions)}: correct regions, or {again}"
        )
    age = _now() - _moment(manifest.recorded)
    if intent.max_age is not None and age < -_CLOCKS_DIFFER:
        raise BadRecording(
            f"{plan.directory} was recorded at {manifest.recorded}, which is in the future, so max_age cannot be "
            f"held: set the clock of this machine right, or {again}"
        )
    if intent.max_age is not None and age > intent.max_age:
        raise BadRecording(
            f"{plan.directory} was recorded at {manifest.recorded}, {age_text(age)} ago; max_age allows "
            f"{age_text(intent.max_age)}: {again}, or raise max_age"
        )


def _regions(regions: str | tuple[str, ...]) -> str | frozenset[str]:
    return regions if isinstance(regions, str) else frozenset(regions)


def _shown(regions: str | tuple[str, ...]) -> str:
    return regions if isinstance(regions, str) else ", ".join(regions)


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def age_text(age: timedelta) -> str:
    """A duration in its largest whole unit, as the configuration writes it: `7d`, `12h`, `10m`."""
    minutes = int(age.total_seconds() // 60)
    if minutes >= 2880 or (minutes >= 1440 and minutes % 1440 == 0):
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes >= 120 or minutes == 60 else f"{minutes}m"


@dataclass(frozen=True)
class _Read:
    """An account that was read: what was found, how, and when the evidence was taken.

    `recorded` is None where there is no recording, neither an old nor a new one. `notes` are for people.
    """

    inventory: Inventory
    counts: Counts
    recorded: str | None
    notes: tuple[str, ...] = ()


async def _read_all(plans: list[_Plan], progress: Progress | None) -> list[_Read | _Unidentified]:
    return list(await asyncio.gather(*(_identified(plan, progress) for plan in plans)))


async def _identified(plan: _Plan, progress: Progress | None) -> _Read | _Unidentified:
    try:
        return await _read(plan, progress)
    except UnusableCredentials as problem:
        return _Unidentified(str(problem), "", credentials=True)
    except CallFailed as failure:
        cause = failure.unreadable
        return _Unidentified(describe_error(cause), suggest_fix(cause), credentials=False)


async def _read(plan: _Plan, progress: Progress | None) -> _Read:
    intent = plan.intent
    started = plan.manifest.recorded if plan.manifest else _stamp(_now())
    limits = Limits(time.monotonic() + intent.deadline.total_seconds(), _rates(intent), plan.timing)
    recorder = Recorder() if plan.mode == "record" else None
    transport: Transport = plan.replay or Live()
    caller = Caller(
        await _clients(plan, transport, limits),
        transport,
        limits,
        replayed=plan.replay is not None,
        recorder=recorder,
        progress=None if progress is None else lambda call: progress(plan.name, call, caller.counts),
    )
    who = await identity(caller)
    _refuse_stranger(plan, who)
    inventory = await Sweep(caller, intent, who, started).inventory()
    if recorder is None:
        return _Read(inventory, caller.counts, started if plan.manifest else None)
    failures = [failure for failure in caller.counts.failures if failure.kind != "denied"]
    blocking = next((failure for failure in failures if _prevents_recording(plan, failure)), None)
    if blocking is not None:
        return _Read(inventory, caller.counts, None, (_not_recorded(plan, blocking.unreadable),))
    _record(plan, recorder, inventory, started)
    notes = dict.fromkeys(_recorded_failure(failure.unreadable) for failure in failures)
    return _Read(inventory, caller.counts, started, tuple(notes))


def _refuse_stranger(plan: _Plan, who: CallerIdentity) -> None:
    if plan.any_account or who.account_id == plan.intent.account_id:
        return
    raise UsageProblem(
        f"account {plan.name}: these credentials belong to account {who.account_id}, the configuration's "
        f"account_id is {plan.intent.account_id}: use the right credentials, or correct account_id"
    )


def _rates(intent: Account) -> dict[str, float]:
    return {name: rate for name, rate in intent.rate.model_dump().items() if rate is not None}


async def _clients(plan: _Plan, transport: Transport, limits: Limits) -> Clients:
    if plan.replay is not None:
        return Clients(lambda: DUMMY, {})
    wanted = plan.intent.credentials
    keys = keys_finder(wanted.profile, wanted.assume_role, plan.endpoints, transport, limits)
    return await in_thread(lambda: Clients(keys, plan.endpoints))


def _prevents_recording(plan: _Plan, failure: CallFailed) -> bool:
    """Whether a call that failed, and was not denied, is one that the verdicts of this account rest on.

    Calls of the fallbacks stand in for other calls, so they always count.
    """
    call = failure.unreadable.call
    fallbacks = {action.call for action in READ_LIST if action.fallback}
    rested_on = {
        name
        for check in CHECKS
        if check.disabled_because(plan.intent) is None
        for name in check.calls
        if check.id != "access" or _is_asked(plan.intent, name)
    }
    return not plan.judged or call in fallbacks or call in rested_on


def _is_asked(intent: Account, call: str) -> bool:
    """Whether `access` rests on a call. It rests on image caches and virtual nodes where an action is about them."""
    kind = _ONLY_FOR.get(call)
    patterns = [pattern for one in intent.access or () for pattern in one.can or one.cannot or ()]
    return kind is None or any(kind in row.kinds for pattern in patterns for row in fitting(pattern))


def _not_recorded(plan: _Plan, cause: Unreadable) -> str:
    return f"{_nothing_recorded(plan)}: {describe_error(cause)}. {suggest_fix(cause)} {_RECORD_AGAIN}"


def _nothing_recorded(plan: _Plan) -> str:
    """What became of the recording that was asked for: nothing, and whether there is an earlier one."""
    earlier = (plan.directory / MANIFEST).exists()
    kept = (
        f"the earlier recording in {plan.directory} is kept" if earlier else "there is no earlier recording"
    )
    return f"not recorded, {kept}"


def _recorded_failure(cause: Unreadable) -> str:
    return f"recorded as a failed call, because no check that is on rests on it: {describe_error(cause)}"


def _record(plan: _Plan, recorder: Recorder, inventory: Inventory, started: str) -> None:
    """Write the recording. Raises `UsageProblem` where it cannot be written."""
    regions = inventory.regions if isinstance(inventory.regions, tuple) else ()
    manifest = Manifest(
        account=plan.name,
        account_id=inventory.account_id,
        recorded=started,
        regions=regions,
        requested=plan.intent.regions,
        synthetic=any(
            is_loopback(url.partition("://")[2].partition(":")[0]) for url in plan.endpoints.values()
        ),
        interactions=len(recorder),
    )
    try:
        recorder.save(plan.directory, manifest)
    except OSError as error:
        raise UsageProblem(f"{plan.directory}: the recording cannot be written: {error.strerror}") from None


def _snapshot(plan: _Plan, read: _Read | _Unidentified, started: datetime) -> AccountSnapshot:
    if isinstance(read, _Unidentified):
        evidence = Evidence(plan.mode, plan.intent.account_id, notes=_notes_of_unidentified(plan, read))
        return AccountSnapshot(plan.name, evidence, None, _unknown_rows(plan, read))
    counts = read.counts
    regions = read.inventory.regions
    evidence = Evidence(
        mode=plan.mode,
        account_id=read.inventory.account_id,
        regions=regions if isinstance(regions, tuple) else (),
        recorded=read.recorded,
        calls=counts.calls,
        pages=counts.pages,
        retries=counts.retries,
        complete=not counts.failures and not read.inventory.incomplete,
        synthetic=plan.manifest is not None and plan.manifest.synthetic,
        actions=dict(sorted(counts.actions.items())),
        notes=read.notes,
    )
    case = Case(plan.name, plan.intent, read.inventory, started.date())
    return AccountSnapshot(
        plan.name, evidence, read.inventory, judge(case), plan.intent.default_resource_group
    )


def _notes_of_unidentified(plan: _Plan, why: _Unidentified) -> tuple[str, ...]:
    if plan.mode != "record":
        return ()
    reason = f"the account could not be identified: {why.reason}"
    return (" ".join(filter(None, (f"{_nothing_recorded(plan)}: {reason}.", why.mend, _RECORD_AGAIN))),)


def _unknown_rows(plan: _Plan, why: _Unidentified) -> tuple[Row, ...]:
    """An account that could not be identified: one unknown row per check that is on."""
    return tuple(
        Row(
            account=plan.name,
            check=one.id,
            severity=one.severity,
            section=one.section,
            resource=Resource("account", plan.name, plan.name),
            outcome="unknown",
            message=f"not judged: the account could not be identified: {why.reason}",
            remediation=why.mend,
        )
        for one in CHECKS
        if one.disabled_because(plan.intent) is None
    )


__all__ = [
    "AccountSnapshot",
    "ConfigurationError",
    "Progress",
    "Reading",
    "Request",
    "Snapshot",
    "UsageProblem",
    "audit",
    "configuration_if_any",
    "load_configuration",
    "names_of",
    "read_for_baseline",
]
