"""What a check says: verdicts, and findings, which are verdicts on a resource."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from ...causes import cause_of
from ...inventory.facts import Unreadable
from ...messages import describe_error, suggest_fix
from ...results import Cause, EscalationPath, Outcome, Reason, Resource

ConfigPath: TypeAlias = "tuple[str | int, ...]"


@dataclass(frozen=True)
class Finding:
    """What a check says of one resource.

    `remediation` replaces the check's own where it is given; `correction` goes before either. `expectation` names
    an expectation of `access`. `config_path` is the place in the configuration that asks for it, as keys and
    indices below the account. `rests_on_emptiness` marks a verdict that is true only because an ECI list was empty:
    it does not stand where the auditing identity is not shown to see everything. `policies` are the policies that a
    failure is about; `without` gives the failure that remains where some of them are accepted. `paths` are the
    escalation paths that it is about. `causes` say what evidence is missing. `reasons` are all reasons, where the
    message may leave some out or shorten them.
    """

    resource: Resource
    outcome: Outcome
    message: str
    remediation: str | None = None
    expectation: str | None = None
    config_path: ConfigPath = ()
    rests_on_emptiness: bool = False
    policies: tuple[str, ...] = ()
    paths: tuple[EscalationPath, ...] = ()
    without: Callable[[Collection[str]], Finding] | None = field(default=None, repr=False, compare=False)
    causes: tuple[Cause, ...] = ()
    reasons: tuple[Reason, ...] = field(default=(), repr=False, compare=False)
    correction: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a check says, before it is known of which resource. The fields are those of `Finding`."""

    outcome: Outcome
    message: str
    remediation: str | None = None
    expectation: str | None = None
    config_path: ConfigPath = ()
    rests_on_emptiness: bool = False
    policies: tuple[str, ...] = ()
    paths: tuple[EscalationPath, ...] = ()
    without: Callable[[Collection[str]], Verdict] | None = field(default=None, repr=False, compare=False)
    causes: tuple[Cause, ...] = ()
    reasons: tuple[Reason, ...] = field(default=(), repr=False, compare=False)

    def on(self, resource: Resource) -> Finding:
        """The verdict on a resource."""
        without = self.without
        return Finding(
            resource,
            self.outcome,
            self.message,
            self.remediation,
            self.expectation,
            self.config_path,
            self.rests_on_emptiness,
            self.policies,
            self.paths,
            None if without is None else lambda accepted: self._remaining(without(accepted)).on(resource),
            self.causes,
            self.reasons,
        )

    def _remaining(self, verdict: Verdict) -> Verdict:
        """The failure that remains of this one: it keeps the place in the configuration."""
        return verdict if verdict.config_path else replace(verdict, config_path=self.config_path)


def passed(
    message: str,
    *,
    config_path: ConfigPath = (),
    rests_on_emptiness: bool = False,
    paths: tuple[EscalationPath, ...] = (),
) -> Verdict:
    """The evidence was read, and the rule is met."""
    return Verdict(
        "passed", message, config_path=config_path, rests_on_emptiness=rests_on_emptiness, paths=paths
    )


def failed(
    message: str,
    *,
    remediation: str | None = None,
    config_path: ConfigPath = (),
    policies: tuple[str, ...] = (),
    without: Callable[[Collection[str]], Verdict] | None = None,
    paths: tuple[EscalationPath, ...] = (),
    reasons: Iterable[str | Reason] = (),
) -> Verdict:
    """The evidence was read, and the rule is violated.

    `policies` are the policies that the failure is about, as messages write them; `without` gives the failure
    that remains where some of them are accepted by a waiver. `reasons` are all reasons, where the message may leave
    some out or shorten them.
    """
    return Verdict(
        "failed",
        message,
        remediation,
        config_path=config_path,
        policies=policies,
        paths=paths,
        without=without,
        reasons=_as_reasons(reasons),
    )


def _as_reasons(reasons: Iterable[str | Reason]) -> tuple[Reason, ...]:
    return tuple(Reason(reason) if isinstance(reason, str) else reason for reason in reasons)


def skipped(message: str, *, config_path: ConfigPath = (), rests_on_emptiness: bool = False) -> Verdict:
    """There is nothing to judge, and the evidence that says so is complete."""
    return Verdict("skipped", message, config_path=config_path, rests_on_emptiness=rests_on_emptiness)


def unknown(
    *causes: Unreadable,
    because: str = "",
    remediation: str | None = None,
    config_path: ConfigPath = (),
    paths: tuple[EscalationPath, ...] = (),
    of: tuple[Cause, ...] = (),
    reasons: Iterable[str | Reason] = (),
) -> Verdict:
    """Not judged, because evidence is missing. Each cause is named with the step that makes it readable.

    `because` says what could not be decided. `remediation` replaces the steps of the causes. `of` are causes that
    `because` describes. `reasons` are all reasons beside the causes, where `because` may leave some out.
    """
    distinct = tuple(dict.fromkeys(causes))
    reasons = "; ".join(([because] if because else []) + [describe_error(cause) for cause in distinct])
    if distinct and remediation is None:
        remediation = " ".join(dict.fromkeys(suggest_fix(cause) for cause in distinct))
    return Verdict(
        "unknown",
        f"not judged: {reasons}",
        remediation,
        config_path=config_path,
        paths=paths,
        causes=(*(cause_of(cause) for cause in distinct), *of),
        reasons=_as_reasons(reasons),
    )
