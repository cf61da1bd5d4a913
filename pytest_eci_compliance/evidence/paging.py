"""Reading whole lists, and proving that they are whole.

A list is whole when every chain ended, every item is a fact with an id of its own, the counts that the service
gives agree, and a second reading, in pages of another size, finds the same: a page that is lost is not lost
twice in the same place, and whatever moved between two pages shows. Only one page with a count needs no second
reading. Where readings differ the account may have moved: it is looked at again, and only if it never comes
out whole is the list unreadable. A count is never taken for the end of a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

from .caller import Body, Caller
from .errors import ApiCall, CallFailed

T = TypeVar("T")
Item: TypeAlias = "dict[str, Any]"
ItemIdentity: TypeAlias = Callable[[Item], object]

LOOKS = 5
_EMPTY_PAGES = 8  # in a row, after which a chain is taken to be endless
_SMALLER = 100  # items a page, for a service that refuses more
_CUT = 10  # the longest pages of services are multiples of it: 10, 20, 50, 100
_WAVE = 50  # numbered pages that are asked for side by side


@dataclass(frozen=True)
class Look:
    """One reading of a list.

    `items` are in order, `total` is the last total that a page gave, `pages` the number of pages read, `longest` the
    most items that a page had, and `complaint` why the reading is not whole by itself.
    """

    items: tuple[Item, ...]
    total: int | None
    pages: int
    longest: int = 0
    complaint: str | None = None

    def counted(self, asked: int) -> bool:
        """Whether the total can be that of the list: the documents leave open whether it is that of the page.

        Of a single page that is as long as was asked for, it may be either.
        """
        if self.total is None:
            return False
        return self.total > self.longest if self.pages > 1 else self.longest < asked

    def is_one_short_page(self, asked: int) -> bool:
        """Whether it is a single page that ends by itself: shorter than was asked for, and of no round length, at
        which services cut pages."""
        return self.pages == 1 and self.longest < asked and (not self.longest or self.longest % _CUT != 0)

    def other_size(self, asked: int) -> int:
        """A page size for the next reading: unlike the one that this reading asked for and the one that it was given.

        It is smaller than the pages were, so that a service that gives fewer items than it is asked for shows the
        ends of its pages too.
        """
        other = max(1, min(self.longest, asked) * 7 // 10)
        return other if other != asked else 2


def items_in(call: ApiCall, body: Body) -> list[Item] | None:
    """The items of a page, or None where the list is not there."""
    value: Any = body
    for name in call.action.items:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else None


def is_page(call: ApiCall, body: Body) -> str | None:
    """What is wrong with a page, or None."""
    items = items_in(call, body)
    if items is None:
        return f"the list {'.'.join(call.action.items)} is missing from the answer"
    key = call.action.key
    if not all(isinstance(item, dict) and isinstance(item.get(key), str) and item[key] for item in items):
        return f"an item has no {key}"
    if call.region and any((item.get("RegionId") or call.region) != call.region for item in items):
        return "an item is of another region than was asked for"
    if not isinstance(truncated := body.get("IsTruncated", False), bool):
        return "IsTruncated is not a boolean"
    if truncated and not body.get("Marker"):
        return "the answer is cut off without a marker to go on from"
    if any(not isinstance(body.get(token) or "", str) for token in ("Marker", "NextToken")):
        return "the token for the next page is not a text"
    return None


async def page(caller: Caller, call: ApiCall) -> Body:
    """One page, checked. Raises `CallFailed`."""
    body = await caller(call, lambda body: is_page(call, body))
    caller.counts.pages += 1
    return body


def _with(call: ApiCall, **params: str | int) -> ApiCall:
    return replace(call, params={**call.params, **{name: str(value) for name, value in params.items()}})


async def chain(caller: Caller, call: ApiCall, token: str) -> Look:
    """Follow a chain of tokens to its end. `token` is `Marker` (RAM) or `NextToken` (ECI).

    Raises `CallFailed` where a page fails; a chain that does not end gives a complaint.
    """
    first = await page(caller, call)
    return await chain_from(caller, call, token, first)


async def chain_from(caller: Caller, call: ApiCall, token: str, first: Body) -> Look:
    """Follow a chain whose first page was read already."""
    items: list[Item] = []
    ids: set[str] = set()
    tokens: set[str] = set()
    total, longest, complaint = None, 0, None
    body, pages, stale = first, 1, 0
    while True:
        page_items, known = items_in(call, body) or [], len(ids)
        ids |= {item[call.action.key] for item in page_items}
        items += page_items
        total, longest = total_of(body), max(longest, len(page_items))
        following = _next(body, token)
        stale = stale + 1 if len(ids) == known else 0
        if following in tokens or stale >= _EMPTY_PAGES:
            complaint = "its pages never end"
        if following is None or complaint is not None:
            return Look(tuple(items), total, pages, longest, complaint)
        tokens.add(following)
        body = await page(caller, _with(call, **{token: following}))
        pages += 1


def _next(body: Body, token: str) -> str | None:
    following = body.get(token)
    if body.get("IsTruncated") is False or not isinstance(following, str):
        return None
    return following or None


def total_of(body: Body) -> int | None:
    """The `TotalCount` of a page, a number or its digits; None where it has none."""
    total = body.get("TotalCount")
    if isinstance(total, str) and total.isascii() and total.isdecimal():
        return int(total)
    return total if isinstance(total, int) and not isinstance(total, bool) else None


async def numbered(caller: Caller, call: ApiCall, size: int) -> Look:
    """Every page of a page-numbered list, side by side once the first says how many there are."""
    bodies = [await page(caller, _with(call, PageNumber=1, PageSize=size))]
    total = total_of(bodies[0])
    if total is None:
        return Look((), None, 1, complaint="the answer has no TotalCount")
    last = -(-total // (len(items_in(call, bodies[0]) or []) or size))
    while len(bodies) < last and items_in(call, bodies[-1]):
        wave = range(len(bodies) + 1, min(last, len(bodies) + _WAVE) + 1)
        bodies += await gather(page(caller, _with(call, PageNumber=number, PageSize=size)) for number in wave)
    pages = [items_in(call, body) or [] for body in bodies]
    complaint = "its TotalCount changed while it was read" if {total} != set(map(total_of, bodies)) else None
    items = tuple(item for page_items in pages for item in page_items)
    return Look(items, total, len(bodies), max(map(len, pages)), complaint)


async def gather(work: Iterable[Awaitable[T]]) -> list[T]:
    """All results; the first failure is raised after every one has ended, so that nothing is left running."""
    results = await asyncio.gather(*work, return_exceptions=True)
    done: list[T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done


def by_key(call: ApiCall) -> ItemIdentity:
    """What tells the items of a list apart: the key of its action."""
    return lambda item: item[call.action.key]


def doubt(look: Look, identity: ItemIdentity, *, exact: bool) -> str | None:
    """Why one reading of a list may not be whole, or None.

    `exact`: the total counts the items of the list. Otherwise it may also count the items of the page (the
    documents do not say), and only more than was read is a contradiction.
    """
    if look.complaint is not None:
        return look.complaint
    ids = [identity(item) for item in look.items]
    if len(set(ids)) != len(ids):
        return "an item came twice"
    if look.total is None:
        return None
    if look.total > len(ids) or (exact and look.total != len(ids)):
        return f"the service counts {look.total}, its pages hold {len(ids)}"
    return None


async def whole(
    caller: Caller,
    call: ApiCall,
    read: Callable[[int], Awaitable[Look]],
    size: int,
    *,
    identity: ItemIdentity | None = None,
    counted: bool = False,
) -> tuple[Item, ...]:
    """The items of a list, proved whole. Raises `CallFailed` (kind `incomplete`) where it cannot be proved.

    `read` reads the list in pages of the size that it is given. `counted`: the service says how many items
    there are, so that a single short page is proved by it.
    """
    same = identity or by_key(call)
    former: Look | None = None
    why: str | None = None
    for _ in range(LOOKS):
        look = await read(size)
        why = doubt(look, same, exact=counted)
        if why is None and ((counted and look.is_one_short_page(size)) or _agree(former, look, same)):
            return look.items
        former, size = look, look.other_size(size)
    raise caller.incomplete_list(call, "Incomplete", why or "two readings of it never agreed")


def _agree(former: Look | None, look: Look, identity: ItemIdentity) -> bool:
    """Whether two readings show the same items."""
    return former is not None and set(map(identity, former.items)) == set(map(identity, look.items))


async def marked(caller: Caller, call: ApiCall, size: int) -> tuple[Item, ...]:
    """A RAM list, by `Marker`, whole. Raises `CallFailed`.

    The SDK documents 1,000 items a page, the documents of 2021 say 100: a service that refuses is asked for fewer.
    """

    def read(asked: int) -> Awaitable[Look]:
        return chain(caller, _with(call, MaxItems=asked), "Marker")

    try:
        return await whole(caller, call, read, size)
    except CallFailed as failure:
        if size <= _SMALLER or not failure.unreadable.code.startswith("InvalidParameter"):
            raise
        caller.discard_failure(failure)
        return await whole(caller, call, read, _SMALLER)


async def paged(caller: Caller, call: ApiCall, identity: ItemIdentity, size: int = 100) -> tuple[Item, ...]:
    """A ResourceManager list, by page number, whole. Raises `CallFailed`."""
    return await whole(
        caller,
        call,
        lambda asked: numbered(caller, call, asked),
        size,
        identity=identity,
        counted=True,
    )
