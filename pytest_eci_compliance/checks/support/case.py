"""What a check is, and the few words that checks are written with.

A check is a pure function from a `Case` (what is intended, what was found, today's date) to findings. It
names its id, severity, section and remediation, the API calls it rests on, and when it is on. To add one,
write one function beside its siblings; `pytest_eci_compliance.checks` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ...inventory.facts import EciResource, Role, Unreadable
from ...inventory.grants import GrantIndex
from ...messages import describe_error, suggest_fix
from ...policy.budget import Budget
from ...policy.evaluator import Access
from ...results import Outcome, Resource, ResourceType, Row, Severity
from .selectors import ResourceGroups

if TYPE_CHECKING:
    from ...config.model import Account
    from ...inventory.facts import Inventory


T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One account to be judged: its name, what is intended, what was found, and today (UTC).

    `rows` is what the other checks said: only the `waiver` check, which runs last, sees it. `budget` bounds the work
    of the evaluator.
    """

    name: str
    intent: Account
    inventory: Inventory
    today: date
    rows: tuple[Row, ...] = ()
    budget: Budget = field(default_factory=Budget, repr=False, compare=False)

    _memory: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def remembered(self, name: str, make: Callable[[], T]) -> T:
        """What several checks need, made once per case."""
        if name not in self._memory:
            self._memory[name] = make()
        found: T = self._memory[name]
        return found

    @cached_property
    def grants(self) -> GrantIndex:
        """Who holds what, by which path."""
        return GrantIndex(self.inventory)

    @cached_property
    def access(self) -> Access:
        """The evaluator of RAM policies over this account."""
        return Access(self.inventory, self.intent.default_resource_group, self.budget)

    @cached_property
    def roles(self) -> Mapping[str, Role | Unreadable | None]:
        """The roles by case-folded name: RAM keeps the case of a role's name, and does not compare by it.

        What GetRole said goes before what ListRoles said; None stands for a role that is shown not to exist.
        """
        listed = self.inventory.roles
        known = () if isinstance(listed, Unreadable) else listed
        roles: dict[str, Role | Unreadable | None] = {one.role_name.casefold(): one for one in known}
        for name, found in self.inventory.role_lookups.items():
            gone = found is None and name.casefold() in roles
            roles[name.casefold()] = _gone(name) if gone else found
        return roles

    @cached_property
    def eci_resources(self) -> Mapping[tuple[str, str | None, str], EciResource]:
        """Every ECI resource that was read, in any region, by type, region and id."""
        listings = [one for some in self.inventory.listings.values() for one in some]
        return {
            (one.kind, one.region_id or None, one.id): one
            for listing in listings
            for one in (*(() if isinstance(listing.items, Unreadable) else listing.items), *listing.later)
        }

    @cached_property
    def resource_groups(self) -> ResourceGroups:
        """The resource groups, found by id or by name."""
        return ResourceGroups(self.inventory.resource_groups)

    @cached_property
    def resource_group_names(self) -> Mapping[str, str]:
        """The names of the resource groups that are known, by id."""
        groups = self.inventory.resource_groups
        return {} if isinstance(groups, Unreadable) else {one.id: one.name for one in groups}


def _gone(role_name: str) -> Unreadable:
    return Unreadable("ram:GetRole", "Incomplete", subject=role_name, detail="listed, then not found")


@dataclass(frozen=True)
class Finding:
    """What a check says of one resource. `remediation` replaces the check's own where it is given.

    `rests_on_emptiness` marks a verdict that holds only because a list of ECI was empty: it cannot stand
    where the auditing identity is not shown to see everything. `policies` are the policies that a failure is
    about; `without` gives the failure that is left where some of them are accepted.
    """

    resource: Resource
    outcome: Outcome
    message: str
    remediation: str | None = None
    expectation: str | None = None
    config_path: tuple[str | int, ...] = ()
    rests_on_emptiness: bool = False
    policies: tuple[str, ...] = ()
    without: Callable[[Collection[str]], Finding] | None = field(default=None, repr=False, compare=False)


Judge: TypeAlias = Callable[[Case], Iterable[Finding]]
Switch: TypeAlias = Callable[["Account"], "str | None"]


@dataclass(frozen=True)
class Check:
    """A built-in check.

    `about` is the type of the resources that it judges. `calls` are the API actions it rests on, as
    `service:Action`. `off` says why the check is off for an account, or None where it is on. `over_eci` marks
    checks over ECI lists: they need the auditing identity to be shown to see everything, since ECI answers a
    denied query with an empty list (section 4).
    """

    id: str
    severity: Severity
    section: str
    calls: tuple[str, ...]
    remediation: str
    off: Switch
    judge: Judge
    over_eci: bool = False
    about: ResourceType = "account"

    @property
    def rule(self) -> str:
        """The rule in prose: the docstring of the function."""
        return (self.judge.__doc__ or "").strip()


def always(_: Account) -> str | None:
    return None


def unless(*sections: str) -> Switch:
    """Off where the configuration has none of these sections.

    >>> from types import SimpleNamespace
    >>> unless("users")(SimpleNamespace(users=None))
    'the configuration has no `users`'
    """

    def off(intent: Account) -> str | None:
        if any(getattr(intent, section) is not None for section in sections):
            return None
        return f"the configuration has no {' and no '.join(f'`{section}`' for section in sections)}"

    return off


def check(
    id: str,  # noqa: A002
    *,
    severity: Severity,
    section: str,
    calls: tuple[str, ...],
    remediation: str,
    off: Switch = always,
    over_eci: bool = False,
    about: ResourceType = "account",
) -> Callable[[Judge], Check]:
    """Make a check of the function below."""

    def made(judge: Judge) -> Check:
        return Check(id, severity, section, calls, remediation, off, judge, over_eci, about)

    return made


def passed(resource: Resource, message: str, **more: object) -> Finding:
    return Finding(resource, "passed", message, **more)  # type: ignore[arg-type]


def failed(resource: Resource, message: str, **more: object) -> Finding:
    return Finding(resource, "failed", message, **more)  # type: ignore[arg-type]


def skipped(resource: Resource, message: str, **more: object) -> Finding:
    return Finding(resource, "skipped", message, **more)  # type: ignore[arg-type]


def unknown(resource: Resource, *causes: Unreadable, because: str = "", **more: object) -> Finding:
    """Not judged, because evidence is missing: each cause is named with its mend.

    `because` says what could not be decided, or, without causes, why.
    """
    distinct = tuple(dict.fromkeys(causes))
    said = "; ".join(([because] if because else []) + [describe_error(one) for one in distinct])
    if distinct:
        more.setdefault("remediation", " ".join(dict.fromkeys(suggest_fix(one) for one in distinct)))
    return Finding(resource, "unknown", f"not judged: {said}", **more)  # type: ignore[arg-type]
