"""Waivers: failures that are accepted for a time. They cover failures, never what could not be read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .globs import glob_matches
from .inventory.facts import EciResource, Unreadable
from .results import Row, Waived

if TYPE_CHECKING:
    from .checks.support.case import Case
    from .config.model import Waiver

NEVER_WAIVED = frozenset({"auditor-visibility", "waiver"})


def pattern_of(waiver: Waiver) -> str:
    """What a waiver is for, as text: its glob, or its selector as compact JSON; and what it is narrowed to.

    It is unique among the waivers of a check: the configuration refuses two that cover the same.
    """
    return ":".join(filter(None, (_resources_of(waiver), waiver.narrowing)))


def _resources_of(waiver: Waiver) -> str:
    if waiver.resource is not None or waiver.resources is None:
        return waiver.resource or ""
    selector = waiver.resources.model_dump(mode="json", exclude_none=True)
    return json.dumps(selector, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_valid(waiver: Waiver, case: Case) -> bool:
    """Through its expiry day, by today's date in UTC."""
    return case.today <= waiver.expires


def covers(waiver: Waiver, row: Row, case: Case) -> bool | Unreadable:
    """Whether a waiver covers a failure of a row, or why that cannot be said.

    One that is narrowed to a policy covers the failures about that policy: there may be others in the row.
    """
    if waiver.policy is not None and waiver.policy not in row.policies:
        return False
    return fits(waiver, row, case)


def fits(waiver: Waiver, row: Row, case: Case) -> bool | Unreadable:
    """Whether a waiver is for the resource, and the expectation, of a row of its check, or why that cannot be said."""
    if row.check != waiver.check or row.check in NEVER_WAIVED:
        return False
    if waiver.expectation is not None and row.expectation != waiver.expectation:
        return False
    if waiver.resource is not None:
        return glob_matches(waiver.resource, row.resource.id)
    resource = _resource_of(row, case)
    if waiver.resources is None or resource is None:
        return False
    return case.selects(waiver.resources, resource)


def _resource_of(row: Row, case: Case) -> EciResource | None:
    return case.eci_resources.get((row.resource.type, row.resource.region, row.resource.id))


def by_check(case: Case) -> dict[str, list[Waiver]]:
    """The waivers that are valid today, by the check that they are for."""
    waivers_by_check: dict[str, list[Waiver]] = {}
    for waiver in case.intent.waivers:
        if is_valid(waiver, case):
            waivers_by_check.setdefault(waiver.check, []).append(waiver)
    return waivers_by_check


def whole(waivers: Iterable[Waiver], row: Row, case: Case) -> Waiver | None:
    """The first waiver that covers everything in a failing row."""
    return next(
        (waiver for waiver in waivers if waiver.policy is None and covers(waiver, row, case) is True), None
    )


def by_policy(waivers: Iterable[Waiver], row: Row, case: Case) -> dict[str, Waiver]:
    """For each policy that a failing row is about the first waiver that covers the failures about it."""
    waivers_by_policy: dict[str, Waiver] = {}
    for waiver in waivers:
        if waiver.policy is not None and covers(waiver, row, case) is True:
            waivers_by_policy.setdefault(waiver.policy, waiver)
    return waivers_by_policy


def as_waived(waiver: Waiver) -> Waived:
    """A waiver as reports name it."""
    return Waived(waiver.reason, waiver.owner, waiver.expires.isoformat(), waiver.narrowing)
