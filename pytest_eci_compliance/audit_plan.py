"""Planning: how each requested account is read, decided before anything is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from . import demonstration
from .change.judging import load_changes
from .change.model import ChangeSet, PlanError
from .checks import KNOWN_CHECKS
from .config.loader import ConfigurationError, Loaded, load
from .config.model import Account, ServiceLinkedRole, VirtualNodeRole
from .config.problems import Problem
from .evidence.rate_limit import USUAL, Timing
from .evidence.recording import BadRecording, Manifest, Replay, read_manifest
from .evidence.recording import load as load_recording
from .evidence.regions import EndpointsOfService
from .messages import visible
from .results import Mode
from .spelling import did_you_mean, nearest

DEFAULT_NAME = "eci-compliance.yaml"
DEMONSTRATION = (
    f"the demonstration that ships with pytest-eci-compliance, because there is no {DEFAULT_NAME} here"
)
_RECORD_AGAIN = "record again with --eci-mode=record"
_CLOCK_TOLERANCE = timedelta(minutes=10)  # between the clocks of two machines


class UsageProblem(Exception):  # noqa: N818 - users read the message as it is
    """A mistake of the user, with its remediation: pytest's exit code 4."""


@dataclass(frozen=True)
class Request:
    """The request of the command line. Paths are absolute, and None where none is named."""

    names: tuple[str, ...]
    config: Path | None
    config_source: str
    mode: Mode | None
    cassettes: Path | None
    invocation_dir: Path
    rootdir: Path
    plans: tuple[Path, ...] = ()


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


def load_configuration(request: Request) -> Loaded:
    """The configuration that the request names, or the default one; for its accounts, that of the demonstration.

    Raises ConfigurationError.
    """
    path = demonstration_path(request) or request.config or _default_path(request)
    try:
        return load(path, KNOWN_CHECKS)
    except ConfigurationError as error:
        if path.exists():
            raise
        raise ConfigurationError(error.path, [*error.problems, *_misspelt_demonstrations(request)]) from None


def _misspelt_demonstrations(request: Request) -> Iterator[Problem]:
    """Accounts that no file has, and whose names are near to those of the demonstration, which needs no file."""
    for name in request.names:
        if name in demonstration.ACCOUNTS:
            continue
        if hint := did_you_mean(name, demonstration.ACCOUNTS, alike=0.7):
            yield Problem((), f"the demonstration needs none, but has no account `{visible(name)}`{hint}")


def is_demonstration(request: Request, loaded: Loaded) -> bool:
    """Whether the demonstration serves, because there is no configuration."""
    return loaded.path == demonstration_path(request)


def demonstration_path(request: Request) -> Path | None:
    """The configuration of the demonstration, where only its accounts are named and there is no other one."""
    if request.config is not None or _default_path(request).exists() or request.cassettes is not None:
        return None
    is_asked_for = bool(request.names) and set(request.names) <= set(demonstration.ACCOUNTS)
    is_replayed = request.mode in (None, "replay")  # it is never read from the cloud, nor recorded anew
    return demonstration.configuration() if is_asked_for and is_replayed else None


def configuration_if_any(request: Request) -> Loaded | None:
    """The same; None where none is named and the default one does not exist."""
    exists = request.config is not None or _default_path(request).exists()
    return load_configuration(request) if exists else None


def _default_path(request: Request) -> Path:
    in_current_folder = request.invocation_dir / DEFAULT_NAME
    in_rootdir = request.rootdir / DEFAULT_NAME
    return in_rootdir if in_rootdir.exists() and not in_current_folder.exists() else in_current_folder


def account_names(request: Request, loaded: Loaded) -> tuple[str, ...]:
    """The names of the requested accounts. Raises UsageProblem for a name that the configuration lacks."""
    known = tuple(loaded.configuration.accounts)
    names = dict.fromkeys(
        name for option in request.names for name in (known if option == "all" else (option,))
    )
    for name in names:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near}?" if near else f"it has {', '.join(known)}."
            raise UsageProblem(f"--eci-account={name}: {loaded.path} has no such account; {hint}")
    return tuple(names)


def plan_accounts(request: Request, loaded: Loaded, timing: Timing = USUAL) -> list[AccountPlan]:
    """The plans of the requested accounts. Raises UsageProblem for a recording or a change that cannot be used."""
    plans = [
        replace(_plan_account(request, loaded, name), timing=timing)
        for name in account_names(request, loaded)
    ]
    return _with_changes(request, plans) if request.plans else plans


def _with_changes(request: Request, plans: list[AccountPlan]) -> list[AccountPlan]:
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


def plan_former(request: Request, loaded: Loaded, directory: Path) -> AccountPlan:
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


def plan_baseline(request: Request, loaded: Loaded | None) -> list[AccountPlan]:
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


def plan_question(request: Request, loaded: Loaded | None) -> list[AccountPlan]:
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


def _plan_account(request: Request, loaded: Loaded, name: str, *, any_recording: bool = False) -> AccountPlan:
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


def _plan_unconfigured_account(request: Request) -> AccountPlan:
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
