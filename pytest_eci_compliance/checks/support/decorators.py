"""Decorators that make a check of a function over one ECI resource, or one RAM user or role.

They derive from the kind what every such check needs: the loop, the calls that it rests on, the type of
resource, the unknown row of a list that could not be read, and the skipped row where there is nothing to judge.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ...inventory.facts import EciResource, Kind, Unreadable
from ...inventory.kinds import KINDS
from ...messages import pluralize
from ...results import Resource, Severity
from .case import Case
from .misspelt import corrected
from .principals import CALLS, CheckedPrincipal, PrincipalSection
from .registry import Check, Requirement, check, has_section
from .resources import (
    AUTOMATIC_NAME,
    eci_resource,
    has_rule,
    has_rules,
    is_automatic,
    listings_of,
    nothing_to_judge,
    rule_fits,
)
from .verdicts import Finding, Verdict, skipped, unknown

VerdictFunction: TypeAlias = "Callable[..., Verdict | None]"

_PRINCIPALS: Mapping[str, PrincipalSection] = {"user": "users", "role": "roles"}


def resource_check(
    id: str,  # noqa: A002
    *,
    kind: Kind,
    severity: Severity,
    section: str,
    remediation: str,
    key: str | None = None,
    calls: Iterable[str] = (),
    enabled_when: Requirement | None = None,
) -> Callable[[VerdictFunction], Check]:
    """Make a check of a function over one resource of a kind.

    The function takes the resource and, where `key` names a key of the kind's rules, the value of that key in
    each rule that selects the resource. Where it has a parameter `case`, it gets the case. It returns a verdict,
    or None where the check does not apply to the resource. `calls` are those beyond the list of the kind.
    """
    default = has_rule(kind, key) if key is not None else has_rules(kind)

    def decorate(judge: VerdictFunction) -> Check:
        judge_in = _with_case(judge)

        def evaluate(case: Case) -> Iterator[Finding]:
            if key is None:
                return _over_resources(case, kind, lambda resource: [judge_in(case, resource)])
            return _over_rules(case, kind, key, judge_in)

        evaluate.__doc__ = (judge.__doc__ or "").replace("{noun}", KINDS[kind].noun)
        return check(
            id,
            severity=severity,
            section=section,
            calls=(*KINDS[kind].calls, *calls),
            remediation=remediation,
            enabled_when=enabled_when or default,
            resource_type=kind,
        )(evaluate)

    return decorate


def resource_checks(id: str, **options: Any) -> Callable[[VerdictFunction], tuple[Check, ...]]:  # noqa: A002
    """The same for every kind of resource: `{kind}` in the id and `{noun}` in the docstring are filled in."""

    def decorate(judge: VerdictFunction) -> tuple[Check, ...]:
        return tuple(
            resource_check(id.format(kind=kind.replace("_", "-")), kind=kind, **options)(judge)
            for kind in KINDS
        )

    return decorate


def principal_check(  # noqa: PLR0913 - each is an option by name
    id: str,  # noqa: A002
    *,
    principal: str,
    severity: Severity,
    section: str,
    remediation: str,
    calls: Iterable[str] = (),
    enabled_when: Requirement | None = None,
    nobody: str = "",
    key: str | None = None,
) -> Callable[[VerdictFunction], Check]:
    """Make a check of a function over one RAM user (`principal="user"`) or role (`"role"`).

    The function takes a `CheckedPrincipal` and, where it has a parameter `case`, the case. It returns a verdict, or
    None where the check does not apply to the principal; `nobody` is the message where it applies to none. Users
    are all judged, roles where an entry of the configuration matches them. `key` is the key of an entry that the
    check is about: the first matching entry that has it is the place in the configuration.
    """
    entries = _PRINCIPALS[principal]
    message = nobody or ("no user exists" if entries == "users" else "no role matches an entry of `roles`")

    def decorate(judge: VerdictFunction) -> Check:
        judge_in = _with_case(judge)

        def evaluate(case: Case) -> Iterator[Finding]:
            return over_principals(case, (entries,), judge_in, message, key)

        evaluate.__doc__ = (judge.__doc__ or "").replace("{noun}", principal)
        return check(
            id,
            severity=severity,
            section=section,
            calls=(*CALLS[entries], *calls),
            remediation=remediation,
            enabled_when=enabled_when or has_section(entries),
            resource_type="user" if entries == "users" else "role",
        )(evaluate)

    return decorate


def principal_checks(
    id: str,  # noqa: A002
    *,
    sections: Mapping[str, str],
    **options: Any,
) -> Callable[[VerdictFunction], tuple[Check, ...]]:
    """The same for users and for roles: `{principal}` in the id and `{noun}` in the docstring are filled in.

    `sections` are the sections of the security documents, by principal.
    """

    def decorate(judge: VerdictFunction) -> tuple[Check, ...]:
        return tuple(
            principal_check(id.format(principal=principal), principal=principal, section=section, **options)(
                judge
            )
            for principal, section in sections.items()
        )

    return decorate


def _with_case(judge: VerdictFunction) -> Callable[..., Verdict | None]:
    """The function with the case as first argument, whether it takes the case or not."""
    if "case" in inspect.signature(judge).parameters:
        return lambda case, *subject: judge(*subject, case=case)
    return lambda _, *subject: judge(*subject)


def over_principals(
    case: Case,
    sections: Iterable[PrincipalSection],
    judge: Callable[..., Verdict | None],
    nobody: str,
    key: str | None = None,
) -> Iterator[Finding]:
    """The findings on every principal of the sections; where there is none, the skipped row."""
    sections = tuple(sections)
    concerned = False
    for section in sections:
        for principal in case.principals.of(section):
            finding = (
                principal
                if isinstance(principal, Finding)
                else _evaluate_principal(case, principal, judge, key)
            )
            if finding is not None:
                concerned = True
                yield finding
    if not concerned:
        yield case.principals.none_concerned(sections[0], nobody)


def _evaluate_principal(
    case: Case, principal: CheckedPrincipal, judge: Callable[..., Verdict | None], key: str | None
) -> Finding | None:
    verdict = judge(case, principal)
    if verdict is None:
        return None
    finding = corrected(case, principal, verdict.on(principal.resource))
    return finding if finding.config_path else replace(finding, config_path=principal.config_path_of(key))


def _over_resources(
    case: Case, kind: Kind, judge: Callable[[EciResource], Iterable[Verdict | None]]
) -> Iterator[Finding]:
    """The findings on every resource of a kind, in the regions of the configuration.

    A region that could not be read is one unknown finding; where everything was read and nothing was judged,
    one skipped finding says how much was read.
    """
    noun = KINDS[kind].noun
    listings, missing = listings_of(case.inventory, kind, case.inventory.regions)
    for cause in missing:
        region_unread = unknown(cause, because=f"the {noun}s of a region are missing")
        yield region_unread.on(Resource(kind, "*", region=cause.region))
    judged = bool(missing)
    for listing in listings:
        for resource in listing.read_items:
            for verdict in judge(resource):
                if verdict is not None:
                    judged = True
                    yield verdict.on(eci_resource(resource))
    if not judged:
        yield skipped(nothing_to_judge(noun, listings), rests_on_emptiness=True).on(Resource(kind, "*"))


def _over_rules(case: Case, kind: Kind, key: str, judge: Callable[..., Verdict | None]) -> Iterator[Finding]:
    """The findings on every resource of a kind, for every rule that selects it and has the key."""
    section = KINDS[kind].section
    rules = [
        (index, rule)
        for index, rule in enumerate(case.intent.rules(kind) or ())
        if getattr(rule, key) is not None
    ]

    left_out: dict[str, tuple[str | int, ...]] = {}

    def by_rules(resource: EciResource) -> Iterator[Verdict | None]:
        for index, rule in rules:
            fits = rule_fits(case, rule, resource)
            if fits is False:
                continue
            if is_automatic(resource) and getattr(rule, "automatic", "judge") == "ignore":
                left_out[resource.id] = (section, index)
                continue
            verdict: Verdict | None = (
                _undecided(fits)
                if isinstance(fits, Unreadable)
                else judge(case, resource, getattr(rule, key))
            )
            if verdict is not None:
                yield replace(verdict, config_path=(section, index, key))

    yield from _over_resources(case, kind, by_rules)
    if left_out:
        count = pluralize(len(left_out), KINDS[kind].noun)
        yield skipped(
            f"{count} that ECI made by itself ({AUTOMATIC_NAME}…) left out: `automatic: ignore`",
            config_path=next(iter(left_out.values())),
        ).on(Resource(kind, "*"))


def _undecided(cause: Unreadable) -> Verdict:
    return unknown(cause, because="it is not known whether the rule's `resources` selects it")
