"""Planning: how each requested account is read, decided before anything is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ..change.judging import load_changes
from ..change.model import ChangeSet, PlanError
from ..config.loader import Loaded
from ..config.model import Account, ServiceLinkedRole, VirtualNodeRole
from ..evidence.rate_limit import USUAL, Timing
from ..evidence.recording import BadRecording, Manifest, read_manifest
from ..evidence.regions import EndpointsOfService
from ..evidence.replay import Replay, load_recording
from ..results import Mode
from .request import AuditRequest, UsageProblem, account_names

_RECORD_AGAIN = "record again with --eci-mode=record"
_CLOCK_TOLERANCE = timedelta(minutes=10)  # between the clocks of two machines


@dataclass(frozen=True)
class AccountPlan:
    """How one account is read.

    `any_account` is true without a configuration: then the credentials decide which account it is. `judged` is false
    for a baseline, which rests on every call. `changes` are those of --eci-plan, None without it.
    """

    name: str
    intent: Account
    mode: Mode
    directory: Path
    manifest: Manifest | None = None
    replay: Replay | None = None
    timing: Timing = USUAL
    any_account: bool = False
    judged: bool = True
    changes: tuple[ChangeSet, ...] | None = None

    @property
    def endpoints(self) -> dict[str, EndpointsOfService]:
        """The configured endpoints, by service; of ECI also by region."""
        return {name: urls for name, urls in self.intent.endpoints.model_dump().items() if urls is not None}

    @property
    def endpoint_urls(self) -> tuple[str, ...]:
        """Every configured endpoint."""
        written = self.endpoints.values()
        return tuple(url for urls in written for url in ((urls,) if isinstance(urls, str) else urls.values()))


def plan_accounts(request: AuditRequest, loaded: Loaded, timing: Timing = USUAL) -> list[AccountPlan]:
    """The plans of the requested accounts. Raises UsageProblem for a recording or a change that cannot be used."""
    plans = [
        replace(_plan_account(request, loaded, name), timing=timing)
        for name in account_names(request, loaded)
    ]
    return _with_changes(request, plans) if request.plans else plans


def _with_changes(request: AuditRequest, plans: list[AccountPlan]) -> list[AccountPlan]:
    """The plans, each with the changes of --eci-plan for its account."""
    if any(plan.mode == "record" for plan in plans):
        raise UsageProblem(
            "--eci-plan judges an account as planned, and --eci-mode=record records it as it is: record first,"
            " then test with --eci-mode=replay and --eci-plan"
        )
    try:
        changes = load_changes(request.plans, {plan.name: plan.intent.account_id for plan in plans})
    except PlanError as problem:
        raise UsageProblem(str(problem)) from None
    return [replace(plan, changes=changes[plan.name]) for plan in plans]


def plan_former(request: AuditRequest, loaded: Loaded, directory: Path) -> AccountPlan:
    """The plan for a former recording of a requested account, to be judged with today's configuration.

    Raises UsageProblem for an incomplete recording, and for one of an account that was not requested.
    """
    try:
        manifest = read_manifest(directory)
        replay = load_recording(directory, manifest)
    except BadRecording as problem:
        raise UsageProblem(f"--eci-since {directory}: {problem}") from None
    names, accounts = account_names(request, loaded), loaded.configuration.accounts
    name = next((name for name in names if accounts[name].account_id == manifest.account_id), None)
    if name is None:
        requested = ", ".join(f"{name} ({accounts[name].account_id})" for name in names)
        raise UsageProblem(
            f"--eci-since {directory} was recorded from account {manifest.account_id}, and this run tests {requested}:"
            " name a recording of the same account"
        )
    # It is older on purpose, and it may have been recorded for other regions.
    intent = accounts[name].model_copy(update={"max_age": None, "regions": manifest.requested})
    return AccountPlan(name, intent, "replay", directory, manifest, replay)


def plan_baseline(request: AuditRequest, loaded: Loaded | None) -> list[AccountPlan]:
    """The plans for a baseline, which reads the service-linked roles too. Raises UsageProblem.

    Without a configuration: one account, the one that the credentials or the recording belong to.
    """
    plans: Sequence[AccountPlan]
    plans = plan_accounts(request, loaded) if loaded is not None else [_plan_unconfigured_account(request)]
    roles = {
        "service_linked_role": ServiceLinkedRole(policy="seen"),
        "virtual_node_role": VirtualNodeRole(policy="seen"),
    }
    return [replace(plan, intent=plan.intent.model_copy(update=roles), judged=False) for plan in plans]


def plan_question(request: AuditRequest, loaded: Loaded | None) -> list[AccountPlan]:
    """The plans for a question about accounts, which judges nothing. Raises UsageProblem.

    A question is about the moment that a recording was made: it may be of any age, and of any regions. Escalation is
    read whether the configuration has intents for users or not.
    """
    if loaded is None:
        plans = [_plan_unconfigured_account(request)]
    else:
        plans = [
            _plan_account(request, loaded, name, any_recording=True)
            for name in account_names(request, loaded)
        ]
    users = [plan.intent.users or () for plan in plans]
    return [
        replace(plan, intent=plan.intent.model_copy(update={"users": entries}), judged=False)
        for plan, entries in zip(plans, users, strict=True)
    ]


def _plan_account(
    request: AuditRequest, loaded: Loaded, name: str, *, any_recording: bool = False
) -> AccountPlan:
    intent = loaded.configuration.accounts[name]
    mode = request.mode or intent.mode
    directory = (request.cassettes or loaded.path.parent / "cassettes") / name
    plan = AccountPlan(name, intent, mode, directory)
    if mode != "replay":
        return plan
    try:
        manifest = read_manifest(directory)
        if any_recording:
            of_then = intent.model_copy(update={"max_age": None, "regions": manifest.requested})
            plan = replace(plan, intent=of_then)
        _refuse_unsuitable(plan, manifest)
        return replace(plan, manifest=manifest, replay=load_recording(directory, manifest))
    except BadRecording as problem:
        raise UsageProblem(f"account {name}: {problem}") from None


def _plan_unconfigured_account(request: AuditRequest) -> AccountPlan:
    name, mode = next(iter(request.names), ""), request.mode or "live"
    directory = (request.cassettes or request.invocation_dir / "cassettes") / name
    plan = AccountPlan(name, Account(account_id="0"), mode, directory, any_account=True)
    if mode != "replay":
        return plan
    try:
        manifest = read_manifest(directory)
        intent = Account(account_id=manifest.account_id, regions=manifest.requested)
        return replace(plan, intent=intent, manifest=manifest, replay=load_recording(directory, manifest))
    except BadRecording as problem:
        raise UsageProblem(f"account {name}: {problem}") from None


def _refuse_unsuitable(plan: AccountPlan, manifest: Manifest) -> None:
    """Raise BadRecording for a recording of another account or of other regions, or one that is too old."""
    intent = plan.intent
    if manifest.account_id != intent.account_id:
        raise BadRecording(
            f"{plan.directory} was recorded from account {manifest.account_id}, the configuration's account_id is "
            f"{intent.account_id}: correct account_id, or {_RECORD_AGAIN}"
        )
    if _region_set(manifest.requested) != _region_set(intent.regions):
        raise BadRecording(
            f"{plan.directory} was recorded for regions {_region_text(manifest.requested)}, the configuration's "
            f"regions are {_region_text(intent.regions)}: correct regions, or {_RECORD_AGAIN}"
        )
    if intent.max_age is not None:
        _refuse_old(plan.directory, manifest.recorded, intent.max_age)


def _refuse_old(directory: Path, recorded: str, max_age: timedelta) -> None:
    age = utc_now() - datetime.strptime(recorded, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    if age < -_CLOCK_TOLERANCE:
        raise BadRecording(
            f"{directory} was recorded at {recorded}, which is in the future, so max_age cannot be checked: "
            f"correct the clock of this machine, or {_RECORD_AGAIN}"
        )
    if age > max_age:
        raise BadRecording(
            f"{directory} was recorded at {recorded}, {age_text(age)} ago; max_age allows {age_text(max_age)}: "
            f"{_RECORD_AGAIN}, or raise max_age"
        )


def _region_set(regions: str | tuple[str, ...]) -> str | frozenset[str]:
    return regions if isinstance(regions, str) else frozenset(regions)


def _region_text(regions: str | tuple[str, ...]) -> str:
    return regions if isinstance(regions, str) else ", ".join(regions)


def utc_now() -> datetime:
    """The current time, with the time zone UTC."""
    return datetime.now(timezone.utc)


def timestamp(moment: datetime) -> str:
    """A moment in UTC as ISO 8601 with `Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def age_text(age: timedelta) -> str:
    """A duration in its largest whole unit, as the configuration writes it: `7d`, `12h`, `10m`."""
    minutes = int(age.total_seconds() // 60)
    if minutes >= 2880 or (minutes >= 1440 and minutes % 1440 == 0):
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes >= 120 or minutes == 60 else f"{minutes}m"
