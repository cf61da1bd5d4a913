"""`--eci-baseline PATH`: a configuration that describes accounts as they are, to be reviewed and cut down."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from .. import audit
from ..checks import KNOWN_CHECKS
from ..checks.support.case import Case
from ..config.loader import Loaded, load
from ..inventory.facts import Inventory, Unreadable
from ..judge import judge
from ..messages import pluralize
from ..plugin.progress import show_progress
from ..printable import visible
from ..results import VISIBILITY
from .account import Described, described, intent_of
from .policy_documents import LINKED
from .rendering import rendered, told
from .review_notes import notes

# How an account is read, as opposed to what is intended for it.
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


def write(request: audit.Request, path: Path) -> int:
    """Read the accounts that `request` names, and write the configuration that describes them to `path`.

    The policy documents that were seen go to the folder `<stem>-policies` beside it. Returns pytest's exit code:
    0, or 1 where an account was not read completely. Raises `UsageProblem` and `ConfigurationError` for what
    cannot be done; nothing is ever overwritten.
    """
    folder = path.with_name(f"{path.stem}-policies")
    _refuse_to_overwrite(path, folder)
    loaded = audit.configuration_if_any(request)
    request = _named(request, loaded)
    with show_progress() as progress:
        readings = audit.read_for_baseline(request, loaded, progress)
    accounts = _described(readings, loaded, folder.name)
    unidentified = [
        (one.name or "this machine", " ".join(one.notes)) for one in readings if one.inventory is None
    ]
    problems = [f"{name}: {why}" for name, why in unidentified]
    if accounts:
        draft = _checked(rendered(accounts, unidentified, folder.name), accounts)
        accounts, blind = _noted(accounts, [one.inventory for one in readings if one.inventory], draft)
        text = rendered(accounts, unidentified, folder.name)
        _checked(text, accounts)
        _keep(path, folder, accounts, text)
        _tell(path, accounts, text.count("# DECIDE: "), _next(path, accounts, request, loaded))
        problems += blind
    problems += [
        f"{one.name or 'this machine'}: {note}"
        for one in readings
        if one.inventory is not None
        for note in one.notes
    ]
    problems += [f"{account.name}: {cause}" for account in accounts for cause in told(account.missing)]
    sys.stderr.writelines(f"{visible(problem)}\n" for problem in problems)
    return 1 if problems else 0


def _refuse_to_overwrite(path: Path, folder: Path) -> None:
    for one in (path, folder):
        if one.exists() or one.is_symlink():
            raise audit.UsageProblem(
                f"--eci-baseline: {one} exists, and is not overwritten: name another file, or remove it"
            )
    if path.suffix not in (".yaml", ".yml"):
        raise audit.UsageProblem(f"--eci-baseline: {path} is no YAML file: name one that ends in .yaml")
    if not path.parent.is_dir():
        raise audit.UsageProblem(f"--eci-baseline: the folder {path.parent} does not exist: create it")


def _named(request: audit.Request, loaded: Loaded | None) -> audit.Request:
    """The request with the accounts to read: the only one, where nobody names any."""
    if loaded is None:
        return _without_configuration(request)
    known = tuple(loaded.configuration.accounts)
    if request.names:
        return request
    if len(known) > 1:
        raise audit.UsageProblem(
            f"--eci-baseline: say which account, with --eci-account=NAME (repeatable) or all: {loaded.path} has"
            f" {', '.join(known)}"
        )
    return replace(request, names=known)


def _without_configuration(request: audit.Request) -> audit.Request:
    if len(set(request.names)) > 1 or "all" in request.names:
        raise audit.UsageProblem(
            "--eci-baseline: without a configuration one account can be read, the one that the credentials belong to:"
            " name it with one --eci-account=NAME, or name a configuration with --eci-config"
        )
    if request.mode in ("record", "replay") and not request.names:
        raise audit.UsageProblem(f"--eci-mode={request.mode}: name the recording with --eci-account=NAME")
    if any(not _is_account_name(one) for one in request.names):
        raise audit.UsageProblem(
            f"--eci-account={request.names[0]} is not an account name: use a-z, 0-9, `_` and `-`"
        )
    return request


def _is_account_name(name: str) -> bool:
    return name[:1].isalnum() and all(one in "abcdefghijklmnopqrstuvwxyz0123456789_-" for one in name)


def _described(
    readings: tuple[audit.Reading, ...], loaded: Loaded | None, folder: str
) -> tuple[Described, ...]:
    several = len(readings) > 1
    found = []
    for one in readings:
        if one.inventory is not None:
            name = one.name or f"account-{one.inventory.account_id}"
            case = Case(name, intent_of(one.inventory, one.intent), one.inventory, _today())
            missing = tuple(cause for cause in one.missing if not _asked_beyond(one, cause))
            own = f"{folder}/{name}" if several else folder
            settings = _settings(loaded, one)
            found.append(described(case, one.mode, one.read_at, settings, missing, own))
    return tuple(found)


def _settings(loaded: Loaded | None, reading: audit.Reading) -> Mapping[str, Any]:
    """How the account is read, as the configuration has it."""
    if loaded is None:
        regions = reading.intent.regions
        return {"regions": regions if isinstance(regions, str) else list(regions)}
    data, _ = loaded.document.data()
    written = data["accounts"][reading.name]
    return {key: written[key] for key in _SETTINGS if key in written}


def _asked_beyond(reading: audit.Reading, cause: Unreadable) -> bool:
    """Whether a recording lacks only what its own sweep did not ask for: the service-linked roles."""
    beyond = {name for role in LINKED for name in (role.name, role.policy)}
    return reading.mode == "replay" and cause.code == "NotRecorded" and cause.subject in beyond


def _noted(
    accounts: tuple[Described, ...], inventories: list[Inventory], draft: Loaded
) -> tuple[tuple[Described, ...], list[str]]:
    """The accounts with notes on what the draft would not pass; and where the auditor may have been blind."""
    noted, blind = [], []
    for account, inventory in zip(accounts, inventories, strict=True):
        intent = draft.configuration.accounts[account.name]
        rows = judge(Case(account.name, intent, inventory, _today()))
        noted.append(replace(account, notes=notes(rows)))
        unseen = (row for row in rows if row.check == VISIBILITY and row.outcome != "passed")
        blind += [f"{account.name}: {row.message}. {row.remediation}" for row in unseen]
    return tuple(noted), blind


def _checked(text: str, accounts: tuple[Described, ...]) -> Loaded:
    """What the text is as a configuration, its documents beside it."""
    with tempfile.TemporaryDirectory() as draft:
        path = Path(draft, "draft.yaml")
        _save(path.parent, accounts)
        path.write_text(text, "utf-8")
        return load(path, KNOWN_CHECKS)


def _keep(path: Path, folder: Path, accounts: tuple[Described, ...], text: str) -> None:
    """Write the documents and the configuration, or neither."""
    try:
        if any(one.documents for one in accounts):
            folder.mkdir()
            _save(path.parent, accounts)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise audit.UsageProblem(f"--eci-baseline: {error.filename} exists, and is not overwritten") from None
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise audit.UsageProblem(f"--eci-baseline: {path} cannot be written: {error.strerror}") from None


def _save(folder: Path, accounts: tuple[Described, ...]) -> None:
    """The policy documents, each account's in its own folder below `folder`."""
    for account in accounts:
        for name, text in account.documents.items():
            path = folder / account.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8", newline="\n")


def _tell(path: Path, accounts: tuple[Described, ...], decisions: int, command: str) -> None:
    lines = []
    for account in accounts:
        people = len({name for one in account.users.entries for name in one.names})
        found = [f"{pluralize(people, 'user')} with something of ECI"]
        found += [pluralize(one.count, one.noun) for one in account.kinds if one.count]
        lines.append(f"{account.name}: {', '.join(found)}")
    lines += [
        f"wrote {path}: review it ({pluralize(decisions, 'comment')} in it: DECIDE), cut it down, then run",
        f"  {command}",
    ]
    sys.stdout.writelines(f"{visible(line)}\n" for line in lines)


def _next(path: Path, accounts: tuple[Described, ...], request: audit.Request, loaded: Loaded | None) -> str:
    """The command that runs with what was written, on the same recordings where there are any."""
    words = ["pytest", *(f"--eci-account={one.name}" for one in accounts), f"--eci-config={path}"]
    modes = {one.settings.get("mode", "live") for one in accounts}
    if request.mode == "replay" and modes != {"replay"}:
        words.append("--eci-mode=replay")
    home = request.invocation_dir if loaded is None else loaded.path.parent
    recordings = request.cassettes or home / "cassettes"
    elsewhere = recordings.resolve() != path.with_name("cassettes").resolve()
    if elsewhere and (request.mode == "replay" or modes != {"live"}):
        words.append(f"--eci-cassettes={recordings}")
    return shlex.join(words)


def _today() -> date:
    return datetime.now(timezone.utc).date()
