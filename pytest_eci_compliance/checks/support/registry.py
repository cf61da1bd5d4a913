"""What a check is, and the decorators that make one of a function.

`check` is the plain form: a function from a `Case` to findings. `resource_check` and `principal_check` derive
the loop, the calls, the skipped row and the type of resource from the kind of resource or principal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ...results import ResourceType, Severity

if TYPE_CHECKING:
    from ...config.model import Account
    from .case import Case
    from .verdicts import Finding

Evaluate: TypeAlias = "Callable[[Case], Iterable[Finding]]"


@dataclass(frozen=True)
class Requirement:
    """What the configuration of an account must have for a check to be enabled; `otherwise` says it lacks it."""

    is_met: Callable[[Account], bool]
    otherwise: str


ALWAYS = Requirement(lambda _: True, "")


def has_section(*sections: str) -> Requirement:
    """The configuration has one of these sections.

    >>> from types import SimpleNamespace
    >>> requirement = has_section("users", "roles")
    >>> requirement.is_met(SimpleNamespace(users=None, roles=()))
    True
    >>> requirement.otherwise
    'the configuration has no `users` and no `roles`'
    """
    names = " and no ".join(f"`{section}`" for section in sections)
    return Requirement(
        lambda intent: any(getattr(intent, section) is not None for section in sections),
        f"the configuration has no {names}",
    )


@dataclass(frozen=True)
class Check:
    """A built-in check.

    `section` is the section of the security documents, "-" for none. `calls` are the API actions that it rests
    on, as `service:Action`. `resource_type` is the type of the resources that it judges.
    """

    id: str
    severity: Severity
    section: str
    calls: tuple[str, ...]
    remediation: str
    enabled_when: Requirement
    evaluate: Evaluate
    rule: str
    resource_type: ResourceType = "account"

    def disabled_because(self, intent: Account) -> str | None:
        """Why the check is disabled for an account, or None where it is enabled."""
        return None if self.enabled_when.is_met(intent) else self.enabled_when.otherwise

    @property
    def rests_on_eci_lists(self) -> bool:
        """Whether an empty answer could hide something: ECI answers a denied query with an empty list."""
        return any(call.startswith("eci:") for call in self.calls)


def check(
    id: str,  # noqa: A002
    *,
    severity: Severity,
    section: str,
    calls: Iterable[str],
    remediation: str,
    enabled_when: Requirement = ALWAYS,
    resource_type: ResourceType = "account",
) -> Callable[[Evaluate], Check]:
    """Make a check of a function from a case to findings. Its docstring is the rule."""

    def decorate(evaluate: Evaluate) -> Check:
        return Check(
            id=id,
            severity=severity,
            section=section,
            calls=tuple(dict.fromkeys(calls)),
            remediation=remediation,
            enabled_when=enabled_when,
            evaluate=evaluate,
            rule=(evaluate.__doc__ or "").strip(),
            resource_type=resource_type,
        )

    return decorate
