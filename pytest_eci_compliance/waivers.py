"""Waivers: failures that are accepted for a time. They cover failures, never what could not be read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from .config.globs import glob_matches
from .config.select import resource_fits
from .inventory import EciResource, Unreadable
from .outcome import Row, Waived

if TYPE_CHECKING:
    from .checks.base import Case
    from .config.model import Waiver

NEVER_WAIVED = frozenset({"auditor-visibility", "waiver"})


def pattern_of(waiver: Waiver) -> str:
    """What a waiver is for, as text: its glob, or its selector as compact JSON."""
    if waiver.resource is not None or waiver.resources is None:
        return waiver.resource or ""
    selector = waiver.resources.model_dump(mode="json", exclude_none=True)
    return json.dumps(selector, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_valid(waiver: Waiver, case: Case) -> bool:
    """Through its expiry day, by today's date in UTC."""
    return case.today <= waiver.expires


def covers(waiver: Waiver, row: Row, case: Case) -> bool | Unreadable:
    """Whether a waiver is for the resource of a row of its check, or why that cannot be said."""
    if row.check != waiver.check or row.check in NEVER_WAIVED:
        return False
    if waiver.resource is not None:
        return glob_matches(waiver.resource, row.resource.id)
    resource = _resource_of(row, case)
    if waiver.resources is None or resource is None:
        return False
    return resource_fits(resource, waiver.resources, case.resource_groups)


def _resource_of(row: Row, case: Case) -> EciResource | None:
    return case.eci_resources.get((row.resource.type, row.resource.region, row.resource.id))


def apply(case: Case, rows: Iterable[Row]) -> list[Row]:
    """The rows, with the failing ones that a valid waiver covers made waived."""
    valid = [one for one in case.intent.waivers if is_valid(one, case)]
    by_check = {one.check: [other for other in valid if other.check == one.check] for one in valid}
    return [_waived(case, row, by_check.get(row.check, ())) for row in rows]


def _waived(case: Case, row: Row, waivers: Iterable[Waiver]) -> Row:
    if row.outcome != "failed":
        return row
    waiver = next((one for one in waivers if covers(one, row, case) is True), None)
    if waiver is None:
        return row
    told = Waived(waiver.reason, waiver.owner, waiver.expires.isoformat())
    return replace(row, outcome="waived", waiver=told)
