"""Reading ECI: regions, and the resources of every kind in each.

Accounts change while they are read: thousands of short-lived instances come and go. A list is read until two
readings agree, or, where it never stops changing, until several showed as many items as the service counts. What was
seen once stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from ..inventory.facts import Kind, Listing
from ..inventory.kinds import KINDS
from . import parse
from .api_actions import (
    DESCRIBE_CONTAINER_GROUP_STATUS,
    DESCRIBE_CONTAINER_GROUPS,
    DESCRIBE_REGIONS,
    LISTS,
)
from .caller import Body, Caller
from .errors import ApiCall, CallFailed
from .paging import (
    LOOKS,
    Item,
    Look,
    by_key,
    chain,
    chain_from,
    doubt,
    gather,
    items_in,
    page,
    total_of,
    whole,
)
from .wire import text

PAGE = 20  # items, the most that Describe* gives
STATUS_PAGE = 200  # items, the maximum of DescribeContainerGroupStatus
_REGION = re.compile(r"[a-z0-9-]{1,64}")  # it becomes part of a host's name
_ENOUGH = 3  # looks at an account that moves


async def regions(caller: Caller) -> tuple[str, ...]:
    """Every region of ECI (DescribeRegions). Raises `CallFailed`."""
    call = ApiCall(DESCRIBE_REGIONS, {})

    async def read(_: int) -> Look:
        body = await page(caller, call)
        items = tuple(items_in(call, body) or ())
        return Look(items, None, 1, len(items), _why_no_regions(items))

    return tuple(item["RegionId"] for item in await whole(caller, call, read, 1))


def _why_no_regions(items: tuple[Item, ...]) -> str | None:
    """Why an answer of DescribeRegions does not name the regions; None where it does."""
    if not items:
        return "it names no region, as where the query is denied: ECI answers that with an empty list"
    are_names = all(_REGION.fullmatch(item["RegionId"]) for item in items)
    return None if are_names else "it names something that is no region"


async def listing(caller: Caller, kind: Kind, region: str, started: str) -> Listing:
    """One kind of resource in one region, proved whole; `started` (UTC) tells later arrivals apart."""
    call = ApiCall(LISTS[kind], {"RegionId": region, "Limit": str(PAGE)}, region)
    reading = _Reading(caller, call, started)
    try:
        await (_instances(reading) if kind == "instance" else _chained(reading))
    except CallFailed as failure:
        return Listing(region, failure.unreadable, reading.pages)
    facts = [parse.resource(KINDS[kind].fact, item, region) for _, item in sorted(reading.items.items())]
    late = reading.late()
    return Listing(
        region,
        tuple(fact for fact in facts if fact.id not in late),
        reading.pages,
        tuple(fact for fact in facts if fact.id in late),
    )


@dataclass
class _Reading:
    """What one listing has found so far: items by id, those of each look, and the pages read.

    `started` (UTC, ISO 8601) is when the sweep began. `unlisted` are instances older than that, of which
    DescribeContainerGroupStatus did not list the id.
    """

    caller: Caller
    call: ApiCall
    started: str
    items: dict[str, Item] = field(default_factory=dict)
    first: frozenset[str] = frozenset()
    latest: frozenset[str] = frozenset()
    looks: int = 0
    pages: int = 0
    unlisted: frozenset[str] = frozenset()

    def keep(self, look: Look) -> None:
        """Keep what was described."""
        self.pages += look.pages
        for item in look.items:
            self.items[item[self.call.action.key]] = item

    def looked(self, seen: frozenset[str], *, sure: bool) -> bool:
        """Count a look that saw these ids; whether it is the last one, because it saw what the former one saw.

        Two looks at an account that changes all the time never see the same. There, several looks are enough, each
        in pages of another size, if nothing else contradicts them (`sure`).
        """
        self.looks += 1
        former, self.latest = self.latest, seen
        if self.looks == 1:
            self.first = seen
            return False
        return seen == former or (sure and self.looks >= _ENOUGH)

    def is_old(self, name: str) -> bool:
        """Whether a resource was there before the sweep began; one that was gone before it was described was not."""
        return name in self.items and text(self.items[name], "CreationTime")[:19] < self.started[:19]

    def late(self) -> frozenset[str]:
        """What appeared while the list was read."""
        return frozenset(name for name in self.items.keys() - self.first if not self.is_old(name))

    def incomplete(self, why: str) -> CallFailed:
        """The failure of the listing, because it is not shown to be whole."""
        return self.caller.incomplete_list(self.call, "Incomplete", why)


def _limited(call: ApiCall, size: int) -> ApiCall:
    return replace(call, params={**call.params, "Limit": str(size)})


async def _chained(reading: _Reading, first: Body | None = None) -> None:
    """Follow the chain of tokens until what was found is whole. `first` is a first page that was read already."""
    why: str | None = None
    size, reading.looks, counted = PAGE, 0, True
    for number in range(LOOKS):
        if number == 0 and first is not None:
            look = await chain_from(reading.caller, reading.call, "NextToken", first)
        else:
            look = await chain(reading.caller, _limited(reading.call, size), "NextToken")
        reading.keep(look)
        _note_total(reading.caller, look)
        seen = frozenset(item[reading.call.action.key] for item in look.items)
        if not seen and look.total == 0 and look.complaint is None:
            return
        counted = counted and look.counted(size)
        why = doubt(look, by_key(reading.call), exact=False)
        if reading.looked(seen, sure=counted) and why is None:
            return
        size = look.other_size(size)
    raise reading.incomplete(why or "no two readings of it agree")


async def _instances(reading: _Reading) -> None:
    """Instances: one page if that is all; else the ids by larger pages, then the details side by side.

    Where the ids cannot be shown to be all, the chain of details is followed to its end.
    """
    first = await page(reading.caller, reading.call)
    if first.get("NextToken"):
        with suppress(_NoShortCut):
            return await _short_cut(reading, first)
    await _chained(reading, first)
    if reading.unlisted & reading.latest:
        # It is there before and after its id was not listed.
        reading.caller.observations.note("status-lists-every-instance", held=False)
    return None


class _NoShortCut(Exception):  # noqa: N818
    """The ids that DescribeContainerGroupStatus lists are not shown to be those of every instance."""


async def _short_cut(reading: _Reading, first: Body) -> None:
    """List the ids by themselves, and describe each.

    The count of the first page proves that they are all: it is not larger than the number of instances that are
    described and were made before the sweep began, so that it counted each of them, and nothing beside them.
    Raises `_NoShortCut` where there is no such count, and `CallFailed` where an instance stays listed and is not
    described.
    """
    total = _counted(first)
    if total is None:
        raise _NoShortCut
    reading.keep(Look(tuple(items_in(reading.call, first) or ()), None, 1))
    ids = await _status(reading)
    await _describe(reading, ids - reading.items.keys())
    if unseen := ids - reading.items.keys():
        await _refuse_undescribed(reading, unseen)
    old = {name for name, item in reading.items.items() if _was_there(item, reading.started)}
    reading.unlisted = frozenset(old - ids)
    if total > len(old) or reading.items.keys() - ids:
        raise _NoShortCut
    reading.caller.observations.note("status-lists-every-instance", held=True)
    if total == len(ids):
        reading.caller.observations.note("total-count-counts-the-list", held=True)
    reading.looked(ids, sure=True)


def _note_total(caller: Caller, look: Look) -> None:
    """Whether TotalCount counts the list or the page, where a reading of several pages shows it."""
    if look.pages == 1 or look.total is None or look.complaint is not None:
        return
    if look.total == len(look.items) > look.longest:
        caller.observations.note("total-count-counts-the-list", held=True)
    elif look.total <= look.longest:
        caller.observations.note("total-count-counts-the-list", held=False)


def _counted(body: Body) -> int | None:
    """How many instances there are by the count of a page that is not the last; None where it counts the page."""
    total, shown = total_of(body), len(body[DESCRIBE_CONTAINER_GROUPS.items[0]])
    return total if total is not None and total > shown else None


def _was_there(item: Item, started: str) -> bool:
    """Whether an instance is shown to be older than the sweep."""
    created = text(item, "CreationTime")[:19]
    return bool(created) and created < started[:19]


async def _refuse_undescribed(reading: _Reading, ids: frozenset[str]) -> None:
    """Raise `CallFailed` where an instance that is not described is still listed: it has not gone."""
    listed = ids & await _status(reading)
    await _describe(reading, listed)
    if undescribed := listed - reading.items.keys():
        raise reading.incomplete(f"{len(undescribed)} instances are listed but not described")


async def _status(reading: _Reading) -> frozenset[str]:
    """The ids that DescribeContainerGroupStatus lists. Raises `_NoShortCut` where its pages are not whole."""
    region = reading.call.region or ""
    call = ApiCall(DESCRIBE_CONTAINER_GROUP_STATUS, {"RegionId": region, "Limit": str(STATUS_PAGE)}, region)
    try:
        look = await chain(reading.caller, call, "NextToken")
    except CallFailed as failure:
        reading.caller.discard_failure(failure)
        raise _NoShortCut from None
    reading.pages += look.pages
    if doubt(look, by_key(call), exact=False) is not None:
        raise _NoShortCut
    return frozenset(item["ContainerGroupId"] for item in look.items)


async def _describe(reading: _Reading, ids: Iterable[str]) -> None:
    """Describe the instances with these ids, in batches side by side, and keep them."""
    ordered = sorted(ids)
    batches = (ordered[start : start + PAGE] for start in range(0, len(ordered), PAGE))
    for look in await gather(_describe_batch(reading, batch) for batch in batches):
        reading.keep(look)


async def _describe_batch(reading: _Reading, ids: Sequence[str]) -> Look:
    """The details of at most a page of instances. Raises `CallFailed` where no answer is whole."""
    id_list = json.dumps(ids, separators=(",", ":"))
    call = replace(reading.call, params={**reading.call.params, "ContainerGroupIds": id_list})
    for _ in range(LOOKS):
        try:
            look = await chain(reading.caller, call, "NextToken")
        except CallFailed as failure:
            # An id of the batch may have gone: the whole list is looked at again (Terraform provider: such a query
            # answers InvalidParameter.NotFound).
            if not failure.unreadable.code.startswith("InvalidParameter"):
                raise
            reading.caller.discard_failure(failure)
            raise _NoShortCut from None
        if {item["ContainerGroupId"] for item in look.items} - set(ids):
            raise _NoShortCut  # the answer is about others
        why = doubt(look, by_key(call), exact=False)
        if why is None:
            return look
    raise reading.caller.incomplete_list(call, "Incomplete", why or "")
