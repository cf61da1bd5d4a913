"""`--eci-baseline PATH`: write a configuration that describes accounts as they are, for review."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from .. import audit
from ..checks import KNOWN_CHECKS
from ..checks.support.case import Case
from ..config.loader import Loaded, load
from ..inventory.facts import Inventory, Unreadable
from ..inventory.linked_roles import LINKED_ROLES
from ..judge import judge
from ..messages import pluralize, visible
from ..results import VISIBILITY
from .account import AccountDescription, describe_account, description_intent
from .rendering import error_lines, render
from .review_notes import notes

# The connection settings of an account; all other keys state what is intended for it.
_SETTINGS = (
    "mode",
    "regions",
    "credentials",
    "endpoints",
    "rate",
    "default_resource_group",
    "max_age",
    "deadline",
)

_GRANT = "attach the policy that pytest --eci-audit-policy prints to the auditing identity, account-wide, and run again"


def write(request: audit.AuditRequest, path: Path, progress: audit.Progress | None = None) -> int:
    """Read the accounts of `request`, and write the configuration that describes them to `path`.

    The policy documents go to the folder `<stem>-policies` beside it. Nothing is overwritten. Returns the exit code
    of pytest: 0, or 1 where an account was not read completely; where nothing was read, nothing is written. Raises
    `UsageProblem` and `ConfigurationError`.
    """
    folder = path.with_name(f"{path.stem}-policies")
    _refuse_to_overwrite(path, folder)
    loaded = audit.configuration_if_any(request)
    request = _with_names(request, loaded)
    readings = audit.read_for_baseline(request, loaded, progress)
    accounts = _describe(readings, loaded, folder.name)
    unidentified = [
        (reading.name or "this machine", " ".join(reading.notes))
        for reading in readings
        if reading.inventory is None
    ]
    problems = [f"{name}: {reason}" for name, reason in unidentified]
    is_readable = any(reading.inventory and _shows_something(reading.inventory) for reading in readings)
    if accounts and not is_readable:
        problems.append(f"{path} was not written, because nothing of the account could be read: {_GRANT}")
    elif accounts:
        draft = _load_draft(render(accounts, unidentified, folder.name), accounts)
        inventories = [reading.inventory for reading in readings if reading.inventory]
        accounts, visibility_problems = _with_notes(accounts, inventories, draft)
        text = render(accounts, unidentified, folder.name)
        _load_draft(text, accounts)
        _save(path, folder, accounts, text)
        _print_result(
            path, accounts, text.count("# DECIDE: "), _next_command(path, accounts, request, loaded)
        )
        problems += visibility_problems
    problems += _missing_evidence(readings, accounts)
    sys.stderr.writelines(f"{visible(problem)}\n" for problem in problems)
    return 1 if problems else 0


def _shows_something(inventory: Inventory) -> bool:
    """Whether any list of the account was read.

    An empty list of ECI resources shows nothing: ECI answers a denied query with one.
    """
    lists = (inventory.users, inventory.groups, inventory.roles, inventory.resource_groups)
    resources = (
        item for kind in inventory.listings.values() for listing in kind for item in listing.read_items
    )
    is_read = any(not isinstance(part, Unreadable) for part in lists)
    return is_read or bool(inventory.attachments.items) or any(True for _ in resources)


def _missing_evidence(
    readings: Iterable[audit.AccountReading], accounts: Iterable[AccountDescription]
) -> list[str]:
    """What was not read of the accounts that were identified, as lines for people."""
    notes = [
        f"{reading.name or 'this machine'}: {note}"
        for reading in readings
        if reading.inventory is not None
        for note in reading.notes
    ]
    return notes + [
        f"{account.name}: {line}" for account in accounts for line in error_lines(account.missing)
    ]


def _refuse_to_overwrite(path: Path, folder: Path) -> None:
    for target in (path, folder):
        if target.exists() or target.is_symlink():
            raise audit.UsageProblem(
                f"--eci-baseline: {target} exists, and is not overwritten: name another file, or remove it"
            )
    if path.suffix not in (".yaml", ".yml"):
        raise audit.UsageProblem(f"--eci-baseline: {path} is not a YAML file: name one that ends in .yaml")
    if not path.parent.is_dir():
        raise audit.UsageProblem(f"--eci-baseline: the folder {path.parent} does not exist: create it")


def _with_names(request: audit.AuditRequest, loaded: Loaded | None) -> audit.AuditRequest:
    """The request with the names of the accounts to read; the default is the only account there is."""
    if loaded is None:
        return _check_names(request)
    known = tuple(loaded.configuration.accounts)
    if request.names:
        return request
    if len(known) > 1:
        raise audit.UsageProblem(
            f"--eci-baseline: name the account with --eci-account=NAME (repeatable) or all: {loaded.path} has"
            f" {', '.join(known)}"
        )
    return replace(request, names=known)


def _check_names(request: audit.AuditRequest) -> audit.AuditRequest:
    """The request itself. Raises UsageProblem where it needs a configuration."""
    if len(set(request.names)) > 1 or "all" in request.names:
        raise audit.UsageProblem(
            "--eci-baseline: without a configuration one account can be read, the one that the credentials belong to:"
            " name it with one --eci-account=NAME, or name a configuration with --eci-config"
        )
    if request.mode in ("record", "replay") and not request.names:
        raise audit.UsageProblem(f"--eci-mode={request.mode}: name the recording with --eci-account=NAME")
    if any(not _is_account_name(name) for name in request.names):
        raise audit.UsageProblem(
            f"--eci-account={request.names[0]} is not an account name: use a-z, 0-9, `_` and `-`"
        )
    return request


def _is_account_name(name: str) -> bool:
    return name[:1].isalnum() and all(
        character in "abcdefghijklmnopqrstuvwxyz0123456789_-" for character in name
    )


def _describe(
    readings: tuple[audit.AccountReading, ...], loaded: Loaded | None, folder: str
) -> tuple[AccountDescription, ...]:
    several = len(readings) > 1
    accounts = []
    for reading in readings:
        if reading.inventory is not None:
            name = reading.name or f"account-{reading.inventory.account_id}"
            intent = description_intent(reading.inventory, reading.intent)
            case = Case(name, intent, reading.inventory, _today())
            missing = tuple(cause for cause in reading.missing if not _is_beyond_recording(reading, cause))
            account_folder = f"{folder}/{name}" if several else folder
            settings = _settings(loaded, reading)
            accounts.append(
                describe_account(case, reading.mode, reading.read_at, settings, missing, account_folder)
            )
    return tuple(accounts)


def _settings(loaded: Loaded | None, reading: audit.AccountReading) -> Mapping[str, Any]:
    """The connection settings of the account, as they are written in the configuration."""
    if loaded is None:
        regions = reading.intent.regions
        return {"regions": regions if isinstance(regions, str) else list(regions)}
    data, _ = loaded.document.data()
    written = data["accounts"][reading.name]
    return {key: written[key] for key in _SETTINGS if key in written}


def _is_beyond_recording(reading: audit.AccountReading, cause: Unreadable) -> bool:
    """Whether a recording lacks only the service-linked roles, which its own sweep may not have read."""
    names = {name for role in LINKED_ROLES for name in (role.name, role.policy)}
    return reading.mode == "replay" and cause.code == "NotRecorded" and cause.subject in names


def _with_notes(
    accounts: tuple[AccountDescription, ...], inventories: list[Inventory], draft: Loaded
) -> tuple[tuple[AccountDescription, ...], list[str]]:
    """The accounts with notes on the checks that the draft does not pass, and the problems of visibility."""
    with_notes, problems = [], []
    for account, inventory in zip(accounts, inventories, strict=True):
        intent = draft.configuration.accounts[account.name]
        rows = judge(Case(account.name, intent, inventory, _today()))
        with_notes.append(replace(account, notes=notes(rows)))
        not_passed = (row for row in rows if row.check == VISIBILITY and row.outcome != "passed")
        problems += [f"{account.name}: {row.message}. {row.remediation}" for row in not_passed]
    return tuple(with_notes), problems


def _load_draft(text: str, accounts: tuple[AccountDescription, ...]) -> Loaded:
    """Load the text as a configuration with its policy documents, as a run would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "draft.yaml")
        _write_documents(path.parent, accounts)
        path.write_text(text, "utf-8")
        return load(path, KNOWN_CHECKS)


def _save(path: Path, folder: Path, accounts: tuple[AccountDescription, ...], text: str) -> None:
    """Write the documents and the configuration, or neither. Raises UsageProblem."""
    try:
        if any(account.documents for account in accounts):
            folder.mkdir()
            _write_documents(path.parent, accounts)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise audit.UsageProblem(f"--eci-baseline: {error.filename} exists, and is not overwritten") from None
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise audit.UsageProblem(f"--eci-baseline: {path} cannot be written: {error.strerror}") from None


def _write_documents(folder: Path, accounts: tuple[AccountDescription, ...]) -> None:
    """Write the policy documents, those of each account to its own folder below `folder`."""
    for account in accounts:
        for name, text in account.documents.items():
            path = folder / account.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")


def _print_result(path: Path, accounts: tuple[AccountDescription, ...], decisions: int, command: str) -> None:
    lines = []
    for account in accounts:
        users = len({name for entry in account.users.entries for name in entry.names})
        counts = [f"{pluralize(users, 'user')} with policies that concern ECI"]
        counts += [pluralize(kind.count, kind.noun) for kind in account.kinds if kind.count]
        lines.append(f"{account.name}: {', '.join(counts)}")
    lines += [
        f"wrote {path}: review it ({pluralize(decisions, 'DECIDE comment')}), cut it down, then run",
        f"  {command}",
    ]
    sys.stdout.writelines(f"{visible(line)}\n" for line in lines)


def _next_command(
    path: Path, accounts: tuple[AccountDescription, ...], request: audit.AuditRequest, loaded: Loaded | None
) -> str:
    """The command of a run with the written configuration, on the same recordings where there are any."""
    words = ["pytest", *(f"--eci-account={account.name}" for account in accounts), f"--eci-config={path}"]
    modes = {account.settings.get("mode", "live") for account in accounts}
    if request.mode == "replay" and modes != {"replay"}:
        words.append("--eci-mode=replay")
    home = request.invocation_dir if loaded is None else loaded.path.parent
    recordings = request.cassettes or home / "cassettes"
    is_elsewhere = recordings.resolve() != path.with_name("cassettes").resolve()
    if is_elsewhere and (request.mode == "replay" or modes != {"live"}):
        words.append(f"--eci-cassettes={recordings}")
    return shlex.join(words)


def _today() -> date:
    return datetime.now(timezone.utc).date()
