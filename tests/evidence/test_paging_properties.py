"""Any sequence of arrivals and departures between two pages: what was there throughout is never missing.

A list is read from a fake service whose account changes before every call, as hypothesis likes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from pytest_eci_compliance.evidence import eci
from pytest_eci_compliance.evidence.api_actions import LIST_POLICY_ATTACHMENTS, LIST_USERS, Action
from pytest_eci_compliance.evidence.counts import Counts, Observations
from pytest_eci_compliance.evidence.errors import ApiCall, CallFailed
from pytest_eci_compliance.evidence.paging import marked, paged
from pytest_eci_compliance.inventory.facts import Unreadable
from tests.support.sampling import examples

STARTED = "2026-06-01T12:00:00Z"
OLD, NEW = "2026-01-15T08:00:00Z", "2026-06-01T12:00:05Z"
Positions = Literal["item", "offset"]
Totals = Literal["all", "page", "absent"]


@dataclass
class Service:
    """A list of names that changes; pages of at most `cap`. `positions` is what a token remembers."""

    names: list[str]
    script: list[tuple[bool, int]]
    positions: Positions = "item"
    totals: Totals = "all"
    cap: int = 3
    dated: bool = True
    counts: Counts = field(default_factory=Counts)
    observations: Observations = field(default_factory=Observations)
    _born: dict[str, str] = field(default_factory=dict)
    _order: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.throughout = set(self.names)
        self._order = {name: number for number, name in enumerate(self.names)}

    def change(self) -> None:
        """One step of the script: somebody comes, at any place of an offset's order, or somebody goes."""
        if not self.script:
            return
        arrives, place = self.script.pop(0)
        if arrives:
            name = f"n{len(self._order):03}"
            self._order[name] = len(self._order)
            self._born[name] = NEW if self.dated else OLD
            where = len(self.names) if self.positions == "item" else place % (len(self.names) + 1)
            self.names.insert(where, name)
        elif self.names:
            gone = self.names.pop(place % len(self.names))
            self.throughout.discard(gone)

    def page(self, start: int, size: int) -> tuple[list[str], str]:
        size = min(size, self.cap)
        if self.positions == "offset":
            results = self.names[start : start + size]
            return results, f"t{start + size}" if start + size < len(self.names) else ""
        behind = [name for name in self.names if self._order[name] >= start]
        results = behind[:size]
        return results, f"t{self._order[results[-1]] + 1}" if len(behind) > size else ""

    async def __call__(
        self, call: ApiCall, valid: Callable[[Any], str | None] | None = None
    ) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.change()
        body = self.answer(call.action, call.params)
        assert valid is None or valid(body) is None
        return body

    def answer(self, action: Action, params: Any) -> dict[str, Any]:
        if action is LIST_POLICY_ATTACHMENTS:
            size = min(int(params["PageSize"]), self.cap)
            start = (int(params["PageNumber"]) - 1) * size
            items = [{"PrincipalName": name} for name in self.names[start : start + size]]
            return {"TotalCount": len(self.names), "PolicyAttachments": {"PolicyAttachment": items}}
        if action is LIST_USERS:
            names, token = self.page(int(params.get("Marker", "t0")[1:]), int(params["MaxItems"]))
            body = {"Users": {"User": [{"UserName": name} for name in names]}, "IsTruncated": bool(token)}
            return {**body, "Marker": token} if token else body
        return self.eci(action, params)

    def eci(self, action: Action, params: Any) -> dict[str, Any]:
        if "ContainerGroupIds" in params:
            asked = json.loads(params["ContainerGroupIds"])
            names, token = [name for name in asked if name in self.names], ""
            total = len(names)
        else:
            names, token = self.page(int(params.get("NextToken", "t0")[1:]), int(params["Limit"]))
            total = len(self.names) if self.totals == "all" else len(names)
        items = [{action.key: name, "CreationTime": self._born.get(name, OLD)} for name in names]
        body: dict[str, Any] = {action.items[0]: items, "NextToken": token}
        return body if self.totals == "absent" else {**body, "TotalCount": total}

    def incomplete_list(self, call: ApiCall, code: str, detail: str) -> CallFailed:
        return call.failed("incomplete", code, detail)

    def discard_failure(self, failure: CallFailed) -> None:
        pass


scripts = st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=40)
starts = st.integers(0, 11).map(lambda count: [f"n{number:03}" for number in range(count)])


def read(work: Awaitable[Any]) -> Any:
    async def run() -> Any:
        return await work

    return asyncio.run(run())


@examples(300)
@given(starts, scripts, st.sampled_from(["item", "offset"]), st.integers(1, 4))
def test_a_marked_list(names: list[str], script: list[Any], positions: Positions, cap: int) -> None:
    service = Service(names, script, positions, cap=cap)
    try:
        items = read(marked(service, ApiCall(LIST_USERS, {}), 4))  # type: ignore[arg-type]
    except CallFailed:
        event("incomplete")
        return
    event("whole")
    assert service.throughout <= {resource["UserName"] for resource in items}


@examples(300)
@given(starts, scripts, st.integers(1, 4))
def test_a_numbered_list(names: list[str], script: list[Any], cap: int) -> None:
    service = Service(names, script, "offset", cap=cap)
    call = ApiCall(LIST_POLICY_ATTACHMENTS, {})
    try:
        items = read(paged(service, call, lambda item: item["PrincipalName"], 4))  # type: ignore[arg-type]
    except CallFailed:
        event("incomplete")
        return
    event("whole")
    assert service.throughout <= {resource["PrincipalName"] for resource in items}


@examples(400)
@given(
    starts,
    scripts,
    st.sampled_from(["instance", "image_cache", "virtual_node"]),
    st.sampled_from(["all", "page", "absent"]),
    st.integers(1, 4),
    st.booleans(),
)
def test_a_list_of_resources(
    names: list[str], script: list[Any], kind: Any, totals: Totals, cap: int, dated: bool
) -> None:
    """Tokens remember the last resource; what is later need not say when it was made."""
    service = Service(names, script, "item", totals, cap, dated)
    listing = read(eci.listing(service, kind, "cn-hangzhou", STARTED))  # type: ignore[arg-type]
    if isinstance(listing.items, Unreadable):
        event("unreadable")
        return
    event(f"read, {kind}")
    ids = {resource.id for resource in listing.items}
    assert service.throughout <= ids
    assert not ids & {resource.id for resource in listing.later}
    assert all(resource.creation_time >= STARTED for resource in listing.later)


@examples(300)
@given(starts, st.lists(st.tuples(st.just(False), st.integers(0, 40)), max_size=12), st.integers(1, 4))
def test_tokens_that_are_offsets_lose_nothing_when_resources_go(
    names: list[str], script: list[Any], cap: int
) -> None:
    """Whatever goes moves the rest by one, past the end of a page: lists by offset are read until they agree."""
    for kind in ("image_cache", "virtual_node"):
        service = Service(list(names), list(script), "offset", "all", cap)
        listing = read(eci.listing(service, kind, "cn-hangzhou", STARTED))  # type: ignore[arg-type]
        if not isinstance(listing.items, Unreadable):
            assert service.throughout <= {resource.id for resource in listing.items}


@pytest.mark.parametrize("kind", ["instance", "image_cache", "virtual_node"])
@pytest.mark.parametrize("totals", ["all", "page", "absent"])
@pytest.mark.parametrize("count", [0, 1, 3, 20, 21, 200, 201, 450])
def test_an_account_at_rest_is_read_whole(kind: Any, totals: Totals, count: int) -> None:
    service = Service([f"n{number:03}" for number in range(count)], [], "item", totals, cap=200)
    listing = read(eci.listing(service, kind, "cn-hangzhou", STARTED))  # type: ignore[arg-type]
    assert not isinstance(listing.items, Unreadable)
    assert {resource.id for resource in listing.items} == service.throughout
    assert not listing.later


@pytest.mark.parametrize("dated", [True, False])
def test_an_account_that_never_rests_is_read_whole(dated: bool) -> None:
    """Before every call one comes and one goes: no night is unknown."""
    script = [(bool(number % 2), 0) for number in range(4000)]
    service = Service([f"n{number:03}" for number in range(300)], script, "item", "all", 200, dated)
    listing = read(eci.listing(service, "instance", "cn-hangzhou", STARTED))  # type: ignore[arg-type]
    assert not isinstance(listing.items, Unreadable)
    assert service.throughout <= {resource.id for resource in listing.items}
