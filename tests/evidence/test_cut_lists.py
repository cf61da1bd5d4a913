"""Lists that a service cuts where nothing in the answer says so: no token, and a count of the page alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_eci_compliance.evidence import eci, resource_manager
from pytest_eci_compliance.evidence.api_actions import LIST_POLICY_ATTACHMENTS, LIST_USERS
from pytest_eci_compliance.evidence.caller import Validator
from pytest_eci_compliance.evidence.counts import Observations
from pytest_eci_compliance.evidence.errors import ApiCall, CallFailed
from pytest_eci_compliance.evidence.paging import marked, paged, total_of
from pytest_eci_compliance.inventory.facts import Unreadable
from pytest_eci_compliance.inventory.kinds import KINDS

STARTED = "2026-02-02T00:00:00Z"


class Cut:
    """A service that gives the first page of a list, of at most `cap` items, as if it were the whole list."""

    def __init__(self, count: int, cap: int) -> None:
        self.names = [f"n{number:03}" for number in range(count)]
        self.cap = cap
        self.counts = SimpleNamespace(pages=0)
        self.observations = Observations()

    async def __call__(self, call: ApiCall, valid: Validator | None = None) -> dict[str, Any]:
        size = next(
            int(call.params[name]) for name in ("Limit", "MaxItems", "PageSize") if name in call.params
        )
        names = self.names[: min(size, self.cap)]
        key = call.action.key
        content: Any = [{key: name, "CreationTime": "2026-01-01T00:00:00Z"} for name in names]
        for name in reversed(call.action.items[1:]):
            content = {name: content}
        return {call.action.items[0]: content, "NextToken": "", "TotalCount": len(names)}

    def incomplete_list(self, call: ApiCall, code: str, detail: str) -> CallFailed:
        return call.failed("incomplete", code, detail)

    def discard_failure(self, failure: CallFailed) -> None:
        pass


def read(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


@pytest.mark.parametrize("cap", [10, 15, 20])
@pytest.mark.parametrize("kind", [*KINDS])
def test_a_cut_list_of_resources_is_unreadable(kind: Any, cap: int) -> None:
    listing = read(eci.listing(Cut(cap + 7, cap), kind, "cn-hangzhou", STARTED))  # type: ignore[arg-type]
    assert isinstance(listing.items, Unreadable)
    assert listing.items.code == "Incomplete"


@pytest.mark.parametrize("cap", [10, 20, 50, 100])
def test_a_cut_list_with_page_numbers_is_unreadable(cap: int) -> None:
    service: Any = Cut(cap + 7, cap)
    with pytest.raises(CallFailed):
        read(paged(service, ApiCall(LIST_POLICY_ATTACHMENTS, {}), lambda item: item["PrincipalName"]))


@pytest.mark.parametrize("cap", [10, 20, 50, 100])
def test_a_cut_list_with_markers_is_unreadable(cap: int) -> None:
    with pytest.raises(CallFailed):
        read(marked(Cut(cap + 7, cap), ApiCall(LIST_USERS, {}), 1000))  # type: ignore[arg-type]


def test_a_list_of_no_resource_group_is_unreadable() -> None:
    """Every account has a default one."""
    groups = read(resource_manager.resource_groups(Cut(0, 100)))  # type: ignore[arg-type]
    assert isinstance(groups, Unreadable)
    assert groups.detail == "it names no resource group, and every account has a default one"


@pytest.mark.parametrize(
    ("total", "number"),
    [
        (7, 7),
        ("7", 7),
        ("0", 0),
        ("", None),
        ("7.0", None),
        ("-1", None),
        ("many", None),
        (True, None),
        (None, None),
    ],
)
def test_a_count_is_a_number_or_its_digits(total: object, number: int | None) -> None:
    assert total_of({"TotalCount": total}) == number
