"""Faults on demand: what can go wrong between a caller and the cloud, declared per action.

`KINDS` holds one ready fault of every kind; `dataclasses.replace` narrows it to an action, a region or a
parameter, to the calls after the first few, or to a number of times:

    emulator.faults.add(replace(KINDS["throttling"], action="ram:ListUsers", after=1, times=2))
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .actions import Action
from .errors import ApiError, no_permission, throttled
from .request import Request


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    `action` is a glob of `service:Action` or of the action's name alone; `region` and `params` (globs of
    values) narrow the calls further. The first `after` calls that fit go through, then `times` calls are
    spoilt (None: all). `status`, `code`, `message` and `retry_after` (milliseconds) are those of an error
    answer, `seconds` the length of a hang or a delay, or the pause between the bytes of a dripping answer.
    """

    kind: str
    action: str = "*"
    region: str = "*"
    params: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    times: int | None = None
    status: int = 200
    code: str = ""
    message: str = ""
    retry_after: int | None = None
    seconds: float = 0.0

    def fits(self, action_id: str, params: Mapping[str, str]) -> bool:
        name = action_id.partition(":")[2]
        return (
            (fnmatchcase(action_id, self.action) or fnmatchcase(name, self.action))
            and fnmatchcase(params.get("RegionId", ""), self.region)
            and all(fnmatchcase(params.get(key, ""), value) for key, value in self.params.items())
        )

    def concerns(self, action: Action) -> bool:
        """Whether this kind of fault can happen to that action at all."""
        if self.kind in ("lost_page", "repeated_page"):
            return action.paging != "none"
        if self.kind in ("endless_token", "lost_token"):
            return action.paging in ("token", "marker")
        if self.kind == "moving_total":
            return action.counted
        if self.kind == "missing_inner_key":
            return len(action.payload) > 1
        if self.kind == "another_entity":
            return action.name in _ENTITIES
        if self.kind == "another_region":
            return action.name in ("DescribeContainerGroups", "DescribeImageCaches", "DescribeVirtualNodes")
        if self.kind in ("duplicate_items", "lost_items"):
            return action.paging != "none" or len(action.payload) > 1 or action.name == "DescribeRegions"
        return True


KINDS: Mapping[str, Fault] = {
    fault.kind: fault
    for fault in (
        Fault("no_permission", status=403, code="NoPermission"),
        Fault("throttling", status=400, code="Throttling"),
        Fault("throttling_user", status=400, code="Throttling.User"),
        Fault("throttling_retry_after", status=400, code="Throttling.User", retry_after=20),
        Fault("degraded", status=400, code="Degrade.Api"),
        Fault("rejected", status=400, code="Rejected.Throttling"),
        Fault("control_policy", status=403, code="NoPermission"),  # of the resource directory
        Fault("account_closed", status=403, code="Forbidden.AccountClosed"),
        Fault("internal_error", status=500, code="InternalError"),
        Fault("unavailable", status=503, code="ServiceUnavailable"),
        Fault("expired_token", status=400, code="InvalidSecurityToken.Expired"),
        Fault("error"),  # any other answer: status, code and message say which
        Fault("refused"),  # the connection is closed without an answer
        Fault("reset"),  # the connection is reset (RST)
        Fault("dropped"),  # half of the body, then the connection closes
        Fault("hang", seconds=3600),
        Fault("slow", seconds=1),  # the right answer, later
        Fault("drip", seconds=0.05),  # the right answer, a byte at a time
        Fault("html"),
        Fault("cut_json"),
        Fault("empty_body"),
        Fault("not_an_object"),  # JSON, but a list
        Fault("missing_key"),  # the answer lacks its list, or its object
        Fault("missing_inner_key"),  # {"Users": {}} for {"Users": {"User": [...]}}
        Fault("null_list"),
        Fault("null_body"),  # the text null
        Fault("wrong_type"),  # a text where the list should be
        Fault("another_status", status=206),  # the right answer, with a status that is not its own
        Fault("keys_twice"),  # every key of the answer comes twice
        Fault("said_inside"),  # an empty answer, with status 200, that says in its body that it failed
        Fault("lost_token"),  # an answer that goes on does not say so
        Fault("lost_page"),  # a page is left out; the chain goes on behind it
        Fault("repeated_page"),  # a page comes twice
        Fault("endless_token"),  # the end of the list carries a token, for ever
        Fault("moving_total"),  # every answer gives another TotalCount
        Fault("lost_items"),  # the last item of a page is left out
        Fault("duplicate_items"),  # the last item of a page comes twice
        Fault("another_entity"),  # the answer is about another user, role or policy
        Fault("another_region"),  # the items of the answer are those of another region
    )
}

_ENTITIES: Mapping[str, str] = {"GetUser": "User", "GetRole": "Role", "GetPolicy": "Policy"}

TRANSPORT = (
    "refused",
    "reset",
    "dropped",
    "hang",
    "drip",
    "html",
    "cut_json",
    "empty_body",
    "another_status",
    "keys_twice",
)


class Faults:
    """The faults that are set, and how often each has struck. Safe to change while the server runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: list[tuple[Fault, list[int]]] = []

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([fault for fault, _ in self._set])

    def add(self, *faults: Fault) -> None:
        for fault in faults:
            if fault.kind not in KINDS:
                raise ValueError(f"no such kind of fault: {fault.kind}")
        with self._lock:
            self._set += [(fault, [0, 0]) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._set.clear()

    def strikes(self, kind: str | None = None) -> int:
        """How many calls were spoilt (by that kind)."""
        with self._lock:
            return sum(struck for fault, (_, struck) in self._set if kind in (None, fault.kind))

    def due(self, action_id: str, params: Mapping[str, str]) -> list[tuple[Fault, list[int]]]:
        """The faults that strike this call, with their counters. A fault that turns out to have nothing to
        spoil (the only page of a list cannot be lost) gives its strike back with `spare`."""
        with self._lock:
            due = []
            for fault, counters in self._set:
                if not fault.fits(action_id, params):
                    continue
                counters[0] += 1
                if counters[0] > fault.after and (fault.times is None or counters[1] < fault.times):
                    counters[1] += 1
                    due.append((fault, counters))
            return due

    def spare(self, counters: list[int]) -> None:
        with self._lock:
            counters[1] -= 1


def refuse(fault: Fault, action: Action | None, action_id: str, account_id: str) -> ApiError | None:
    """The error answer of a fault, or None where the fault is of another sort."""
    if fault.kind in ("no_permission", "control_policy"):
        permission = (action.permission if action else "") or action_id
        error = no_permission(
            permission,
            principal_type="SubUser",
            owner=account_id,
            principal="auditor",
            denial="ImplicitDeny",
            resource="*",
            policy_type=_POLICY_TYPES[fault.kind],
        )
        return ApiError(fault.status, fault.code, fault.message or error.message, error.more)
    if "Throttling" in fault.code:
        return throttled(fault.code, fault.status, fault.retry_after)
    if fault.code:
        return ApiError(fault.status, fault.code, fault.message or "The request processing has failed.")
    return None


_POLICY_TYPES = {"no_permission": "AccountLevelIdentityBasedPolicy", "control_policy": "ControlPolicy"}

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """A right answer, before it is spoilt; `serve` answers another request, `strike` counts from 1."""

    action: Action
    request: Request
    body: Body
    serve: Callable[[Request], Body]
    strike: int

    @property
    def following(self) -> str:
        """What the request for the next page carries; an empty text at the end of the list."""
        if self.action.paging == "pages":
            more = self.body["PageNumber"] * self.body["PageSize"] < self.body["TotalCount"]
            return str(self.body["PageNumber"] + 1) if more else ""
        return str(self.body.get(self.action.parameter, "")) if self.action.parameter else ""

    @property
    def items(self) -> list[Any]:
        value: Any = self.body
        for key in self.action.payload:
            value = value[key]
        return value if isinstance(value, list) else []

    def with_items(self, items: Any) -> Body:
        outer, *inner = self.action.payload
        return {**self.body, outer: {inner[0]: items} if inner else items}


def spoil(fault: Fault, answer: Answer) -> Any:
    """The spoilt body; the very same object where there was nothing to spoil."""
    spoiler = _SPOILERS.get(fault.kind)
    return answer.body if spoiler is None else spoiler(answer)


def _lost_page(answer: Answer) -> Body:
    if answer.action.paging == "pages":
        return answer.with_items([]) if answer.items else answer.body
    if not answer.following:
        return answer.body
    return answer.serve(answer.request.with_params(**{answer.action.parameter: answer.following}))


def _repeated_page(answer: Answer) -> Body:
    parameter = answer.action.parameter
    if answer.action.paging == "pages":
        number = answer.body["PageNumber"]
        if number == 1:
            return answer.body
        former = answer.serve(answer.request.with_params(PageNumber=str(number - 1)))
        return {**former, "PageNumber": number}
    if not answer.following:
        return answer.body
    return {**answer.body, parameter: answer.request.params.get(parameter) or answer.request.token(0)}


def _lost_token(answer: Answer) -> Body:
    if not answer.following:
        return answer.body
    ended = {"IsTruncated": False} if answer.action.paging == "marker" else {}
    return {**answer.body, **ended, answer.action.parameter: ""}


def _said_inside(answer: Answer) -> Body:
    empty = answer.with_items([]) if answer.items else answer.body
    return {**empty, "Code": "ServiceUnavailable", "Success": False}


def _endless_token(answer: Answer) -> Body:
    if answer.following:
        return answer.body
    ended = {"IsTruncated": True} if answer.action.paging == "marker" else {}
    token = answer.request.token(2**40, str(answer.strike))
    return {**answer.body, **ended, answer.action.parameter: token}


def _moving_total(answer: Answer) -> Body:
    body = answer.body
    return {**body, "TotalCount": body["TotalCount"] + answer.strike} if "TotalCount" in body else body


def _lost_items(answer: Answer) -> Body:
    return answer.with_items(answer.items[:-1]) if answer.items else answer.body


def _duplicate_items(answer: Answer) -> Body:
    return answer.with_items([*answer.items, answer.items[-1]]) if answer.items else answer.body


def _missing_key(answer: Answer) -> Body:
    return {key: value for key, value in answer.body.items() if key != answer.action.payload[0]}


def _missing_inner_key(answer: Answer) -> Body:
    outer, *inner = answer.action.payload
    return {**answer.body, outer: {}} if inner else answer.body


def _null_list(answer: Answer) -> Body:
    return answer.with_items(None)


def _wrong_type(answer: Answer) -> Body:
    return answer.with_items("none")


def _another_entity(answer: Answer) -> Body:
    entity = _ENTITIES[answer.action.name]
    return {**answer.body, entity: {**answer.body[entity], f"{entity}Name": "another"}}


def _another_region(answer: Answer) -> Body:
    return answer.with_items([{**item, "RegionId": "cn-elsewhere"} for item in answer.items])


def _not_an_object(answer: Answer) -> list[Body]:
    return [answer.body]


def _null_body(answer: Answer) -> None:
    return None


_SPOILERS: Mapping[str, Callable[[Answer], Any]] = {
    "lost_page": _lost_page,
    "repeated_page": _repeated_page,
    "endless_token": _endless_token,
    "lost_token": _lost_token,
    "said_inside": _said_inside,
    "moving_total": _moving_total,
    "lost_items": _lost_items,
    "duplicate_items": _duplicate_items,
    "missing_key": _missing_key,
    "missing_inner_key": _missing_inner_key,
    "null_list": _null_list,
    "wrong_type": _wrong_type,
    "another_entity": _another_entity,
    "another_region": _another_region,
    "not_an_object": _not_an_object,
    "null_body": _null_body,
}

SPOILING = frozenset(_SPOILERS)
