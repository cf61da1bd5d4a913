"""What a run asks for: which accounts, from which configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import demonstration
from ..checks import KNOWN_CHECKS
from ..config.loader import ConfigurationError, Loaded, load
from ..config.problems import Problem
from ..messages import visible
from ..results import Mode
from ..spelling import did_you_mean, nearest

DEFAULT_NAME = "eci-compliance.yaml"
DEMONSTRATION = (
    f"the demonstration that ships with pytest-eci-compliance, because there is no {DEFAULT_NAME} here"
)


class UsageProblem(Exception):  # noqa: N818 - users read the message as it is
    """A mistake of the user, with its remediation: pytest's exit code 4."""


@dataclass(frozen=True)
class AuditRequest:
    """The request of the command line. Paths are absolute, and None where none is named."""

    names: tuple[str, ...]
    config: Path | None
    config_source: str
    mode: Mode | None
    cassettes: Path | None
    invocation_dir: Path
    rootdir: Path
    plans: tuple[Path, ...] = ()


def load_configuration(request: AuditRequest) -> Loaded:
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


def _misspelt_demonstrations(request: AuditRequest) -> Iterator[Problem]:
    """Accounts that no file has, and whose names are near to those of the demonstration, which needs no file."""
    for name in request.names:
        if name in demonstration.ACCOUNTS:
            continue
        if hint := did_you_mean(name, demonstration.ACCOUNTS, alike=0.7):
            yield Problem((), f"the demonstration needs none, but has no account `{visible(name)}`{hint}")


def is_demonstration(request: AuditRequest, loaded: Loaded) -> bool:
    """Whether the demonstration serves, because there is no configuration."""
    return loaded.path == demonstration_path(request)


def demonstration_path(request: AuditRequest) -> Path | None:
    """The configuration of the demonstration, where only its accounts are named and there is no other one."""
    if request.config is not None or _default_path(request).exists() or request.cassettes is not None:
        return None
    is_asked_for = bool(request.names) and set(request.names) <= set(demonstration.ACCOUNTS)
    is_replayed = request.mode in (None, "replay")  # it is never read from the cloud, nor recorded anew
    return demonstration.configuration() if is_asked_for and is_replayed else None


def configuration_if_any(request: AuditRequest) -> Loaded | None:
    """The same; None where none is named and the default one does not exist."""
    exists = request.config is not None or _default_path(request).exists()
    return load_configuration(request) if exists else None


def _default_path(request: AuditRequest) -> Path:
    in_current_folder = request.invocation_dir / DEFAULT_NAME
    in_rootdir = request.rootdir / DEFAULT_NAME
    return in_rootdir if in_rootdir.exists() and not in_current_folder.exists() else in_current_folder


def account_names(request: AuditRequest, loaded: Loaded) -> tuple[str, ...]:
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
