"""Whether a sweep becomes a recording, and the notes that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..checks import CHECKS
from ..checks.service_linked_role_deletion import roles_to_be_deletable
from ..checks.support.existing import OF_RESOURCES
from ..checks.support.mentions import entries
from ..config.model import Account
from ..evidence.access_keys import SEARCH
from ..evidence.api_actions import READ_LIST
from ..evidence.errors import CallFailed
from ..evidence.recording import MANIFEST, Manifest, Recorder, read_manifest
from ..hosts import is_loopback
from ..inventory.facts import Inventory, Unreadable
from ..inventory.kinds import INSTANCE, KINDS
from ..messages import describe_error, suggest_fix
from ..policy.eci_actions import ResourceKind, fitting
from .plan import AccountPlan
from .request import UsageProblem

_RECORD_AGAIN = "To record, run again with --eci-mode=record."
_KIND_OF_CALL: Mapping[str, ResourceKind] = {
    kind.list_call: kind.arn_kind for kind in KINDS.values() if kind is not INSTANCE
}

_ECI_CALLS = frozenset(call for kind in KINDS.values() for call in kind.calls)


def record_or_explain(
    plan: AccountPlan,
    recorder: Recorder,
    inventory: Inventory,
    failures: Sequence[CallFailed],
    started: str,
) -> tuple[str | None, tuple[str, ...]]:
    """Write the recording, unless a call failed that the verdicts rest on.

    A denial is evidence, and so is an answer that is not as documented: it is kept, redacted, so that the difference
    can be reported and replayed. What rests on it is unknown in the recording run and in replay.

    Returns the time of the recording, None where none was written, and notes for the user. Raises UsageProblem where
    it cannot be written.
    """
    failures = [failure for failure in failures if failure.kind != "denied"]
    lost = [failure for failure in failures if not _is_odd_answer(failure)]
    blocking = next((failure for failure in lost if _prevents_recording(plan, failure)), None)
    if blocking is not None:
        cause = blocking.unreadable
        return None, (
            f"{_not_recorded(plan)}: {describe_error(cause)}. {suggest_fix(cause)} {_RECORD_AGAIN}",
        )
    _write(plan, recorder, inventory, started)
    notes = dict.fromkeys(
        _recorded_answer(failure.unreadable)
        if _is_odd_answer(failure)
        else _recorded_failure(failure.unreadable)
        for failure in failures
    )
    return started, tuple(notes)


def note_of_unidentified(plan: AccountPlan, reason: str, remediation: str) -> tuple[str, ...]:
    """The note for an account that could not be identified: what became of the requested recording."""
    if plan.mode != "record":
        return ()
    sentence = f"{_not_recorded(plan)}: the account could not be identified: {reason}."
    return (" ".join(filter(None, (sentence, remediation, _RECORD_AGAIN))),)


def number_of_files(directory: Path) -> int:
    """The number of files of the recording in a directory: the manifest, and those that it names."""
    return len(read_manifest(directory).files) + 1


def manifest_state(directory: Path) -> tuple[int, int] | None:
    """What tells one manifest in a directory from the next; None where there is none."""
    try:
        state = (directory / MANIFEST).stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns


def notes_of_interruption(former: Mapping[Path, tuple[int, int] | None]) -> tuple[str, ...]:
    """What became of each requested recording when the sweep was interrupted, by its directory.

    `former` is the state of the manifests before the sweep.
    """
    return tuple(_note_of_interruption(directory, state) for directory, state in former.items())


def _note_of_interruption(directory: Path, former: tuple[int, int] | None) -> str:
    if manifest_state(directory) != former:
        return f"recorded before the interruption: {directory}"
    if former is None:
        return f"interrupted, nothing was recorded: there is no former recording in {directory}"
    return f"interrupted, nothing was recorded: the former recording in {directory} stays"


def _prevents_recording(plan: AccountPlan, failure: CallFailed) -> bool:
    """Whether the verdicts of this account rest on the failed call.

    A fallback stands in for another call, so its failure always counts.
    """
    call = failure.unreadable.call
    fallbacks = {action.call for action in READ_LIST if action.fallback}
    needed = {
        name
        for check in CHECKS
        if check.disabled_because(plan.intent) is None
        for name in check.calls
        if _check_needs(plan.intent, check.id, name)
    }
    return not plan.judged or call in fallbacks or call in needed


def _check_needs(intent: Account, check: str, call: str) -> bool:
    """Whether a check that is on rests on one of its calls under this intent."""
    if check == "access":
        return _access_needs(intent, call)
    if check == "selector":
        return call not in _ECI_CALLS or _names_resources(intent, call) or _access_needs(intent, call)
    if check != "slr-deletable":
        return True
    kinds = {kind for role in roles_to_be_deletable(intent) for kind in role.blocking}
    return any(call in KINDS[kind].calls for kind in kinds)


def _access_needs(intent: Account, call: str) -> bool:
    """Whether `access` rests on a call: on image caches and virtual nodes only where an action is about them."""
    if not intent.access:
        return False
    kind = _KIND_OF_CALL.get(call)
    patterns = [
        pattern
        for expectation in intent.access or ()
        for pattern in expectation.can or expectation.cannot or ()
    ]
    return kind is None or any(kind in action.kinds for pattern in patterns for action in fitting(pattern))


def _names_resources(intent: Account, call: str) -> bool:
    """Whether `selector` looks up a resource in the list of a call: by its id, name or tags, or for a rule."""
    of_call = [kind.name for kind in KINDS.values() if call in kind.calls]
    return any(
        entry.kind in of_call
        or any(
            m.noun in (*OF_RESOURCES, "region") and (m.kind is None or m.kind in of_call)
            for m in entry.mentions
        )
        for entry in entries(intent)
    )


def _not_recorded(plan: AccountPlan) -> str:
    earlier = (plan.directory / MANIFEST).exists()
    kept = (
        f"the earlier recording in {plan.directory} is kept" if earlier else "there is no earlier recording"
    )
    return f"not recorded, {kept}"


def _is_odd_answer(failure: CallFailed) -> bool:
    """Whether the service answered with success, and the answer is not as documented.

    The body is an object of JSON then: what something else than the service answered is no evidence.
    """
    if failure.unreadable.code != "Malformed":
        return False
    exchange = failure.exchange
    if exchange is None:  # an item of an answer that was read is odd
        return failure.kind == "incomplete"
    return exchange.status == 200 and isinstance(exchange.parsed, dict)


def _recorded_answer(cause: Unreadable) -> str:
    return f"recorded with an answer that is not as documented, what rests on it is unknown: {describe_error(cause)}"


def _recorded_failure(cause: Unreadable) -> str:
    return f"recorded as a failed call, because no enabled check rests on it: {describe_error(cause)}"


def _write(plan: AccountPlan, recorder: Recorder, inventory: Inventory, started: str) -> None:
    regions = inventory.regions if isinstance(inventory.regions, tuple) else ()
    hosts = (url.partition("://")[2].partition(":")[0] for url in plan.endpoint_urls)
    manifest = Manifest(
        account=plan.name,
        account_id=inventory.account_id,
        recorded=started,
        regions=regions,
        requested=plan.intent.regions,
        synthetic=any(map(is_loopback, hosts)),
        interactions=len(recorder),
        search=SEARCH,
    )
    try:
        recorder.save(plan.directory, manifest)
    except OSError as error:
        raise UsageProblem(f"{plan.directory}: the recording cannot be written: {error.strerror}") from None
