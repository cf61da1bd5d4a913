"""Cases for checks, without HTTP: an inventory by hand, an intent as people write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import CallerIdentity, Inventory, Kind, Listing
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import Row

ACCOUNT = "1098765432109876"
REGION = "cn-hangzhou"
SECTIONS: dict[str, Kind] = {
    "instances": "instance",
    "image_caches": "image_cache",
    "virtual_nodes": "virtual_node",
}


@pytest.fixture
def inventory() -> Inventory:
    """An account of one region with nothing in it, read completely."""
    empty = {kind: (Listing(REGION, (), pages=1),) for kind in SECTIONS.values()}
    identity = CallerIdentity(ACCOUNT, "RAMUser", f"acs:ram::{ACCOUNT}:user/auditor")
    return Inventory(ACCOUNT, identity, regions=(REGION,), all_regions=(REGION,), listings=empty)


@pytest.fixture
def rows_of(inventory: Inventory) -> Callable[..., list[Row]]:
    """The rows of one check: `rows_of("instance-required-tags", "instances: {…}", instances=[…])`.

    The intent is YAML below the account. Further arguments replace parts of the inventory; `instances`,
    `image_caches` and `virtual_nodes` are the resources of the region. No other check runs, so that the
    auditor's visibility is not in question.
    """

    def rows(check: str, intent: str, today: date = date(2026, 11, 23), **parts: Any) -> list[Row]:
        listings = dict(inventory.listings)
        for section, kind in SECTIONS.items():
            if section in parts:
                listings[kind] = (Listing(REGION, tuple(parts.pop(section)), pages=1),)
        results = replace(inventory, **{"listings": listings, **parts})
        written = {"account_id": ACCOUNT, "regions": [REGION], **(yaml.safe_load(intent) or {})}
        case = Case("prod", Account.model_validate(written), results, today)
        return list(judge(case, [item for item in CHECKS if item.id in (check, "waiver")]))

    return rows
