"""Damage to the answers of the emulator, generated over every key of every answer, and audits without a network.

The emulator answers in this process, so that requests which a damaged answer provokes are answered too. Answers
pass the same redaction as those of the network.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, TypeAlias

import requests

from pytest_eci_compliance.checks import KNOWN_CHECKS
from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.loader import load
from pytest_eci_compliance.config.model import Account as Intent
from pytest_eci_compliance.evidence import transport
from pytest_eci_compliance.evidence.api_actions import READ_LIST
from pytest_eci_compliance.evidence.caller import Caller
from pytest_eci_compliance.evidence.errors import ApiCall, CallFailed, UnusableCredentials
from pytest_eci_compliance.evidence.identity import identity
from pytest_eci_compliance.evidence.rate_limit import Limits
from pytest_eci_compliance.evidence.sweep import Sweep
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.results import Row
from tests.emulator import Account, Backend, Credential, config_yaml
from tests.emulator.actions import SERVED
from tests.emulator.errors import ApiError, no_permission
from tests.emulator.request import Request
from tests.emulator.server import _authorize
from tests.evidence.sandbox import SMALL_PAGES, key

Mutation: TypeAlias = Literal["removed", "null", "doubled"]
Path_: TypeAlias = "tuple[str | int, ...]"
Asked: TypeAlias = "tuple[str, tuple[tuple[str, str], ...]]"
ANY = "*"
ITEMS: Mapping[str, tuple[str, ...]] = {action.call: action.items for action in READ_LIST}


class _Twice(dict[str, Any]):
    """An object that is written with one of its keys twice."""

    def __init__(self, content: Mapping[str, Any], name: str) -> None:
        super().__init__(content)
        self._name = name

    def items(self) -> Any:
        return [*super().items(), (self._name, self[self._name])]


@dataclass(frozen=True)
class Damage:
    """A mutation at `path` in the answers of an action.

    `path` holds keys, indices and `ANY` for every item of a list. `request` limits it to the answer to one request,
    `item` to one item of the action's list, wherever it appears: `path` then begins at the item.
    """

    call: str
    path: Path_
    mutation: Mutation
    request: Asked | None = None
    item: str | None = None

    def __str__(self) -> str:
        where = ""
        if self.request is not None:
            where = f" in the answer to {dict(self.request[1])}"
        if self.item is not None:
            where = f" of the item {self.item}"
        return f"{self.call} {self.place} {self.mutation}{where} at {'.'.join(map(str, self.path))}"

    @property
    def place(self) -> str:
        """The path without indices, from the top of the answer: what a reviewed exception names."""
        inside = (*ITEMS[self.call], ANY) if self.item is not None else ()
        return ".".join(ANY if isinstance(part, int) else part for part in (*inside, *self.path))

    def apply(self, asked: Asked, body: Any) -> Any:
        """The damaged answer to a request; the same object where it is not touched."""
        if asked[0] != self.call or (self.request is not None and asked != self.request):
            return body
        if self.item is None:
            return _mutated(body, self.path, self.mutation)
        items = body
        for name in ITEMS[self.call]:
            items = items.get(name) if isinstance(items, dict) else None
        if not isinstance(items, list):
            return body
        changed = body
        for number, item in enumerate(items):
            if digest(item) == self.item:
                changed = _mutated(changed, (*ITEMS[self.call], number, *self.path), self.mutation)
        return changed


def digest(item: object) -> str:
    """A short name of an item, by its content."""
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:12]


def _mutated(value: Any, path: Path_, mutation: Mutation) -> Any:
    """The value with the mutation at `path`; the same object where the path leads nowhere."""
    if isinstance(value, list):
        return _in_list(value, path, mutation)
    return _in_object(value, path, mutation) if isinstance(value, dict) and path[0] in value else value


def _in_list(items: list[Any], path: Path_, mutation: Mutation) -> list[Any]:
    head, rest = path[0], path[1:]
    struck = [head in (ANY, number) for number in range(len(items))]
    if rest:
        changed = [
            _mutated(item, rest, mutation) if hit else item for item, hit in zip(items, struck, strict=True)
        ]
        same = all(before is after for before, after in zip(items, changed, strict=True))
        return items if same else changed
    if not any(struck):
        return items
    if mutation == "null":
        return [None if hit else item for item, hit in zip(items, struck, strict=True)]
    return [
        copy for item, hit in zip(items, struck, strict=True) for copy in ([item, item] if hit else [item])
    ]


def _in_object(value: dict[str, Any], path: Path_, mutation: Mutation) -> dict[str, Any]:
    head, rest = str(path[0]), path[1:]
    if rest:
        inner = _mutated(value[head], rest, mutation)
        return value if inner is value[head] else {**value, head: inner}
    if mutation == "doubled":
        return _Twice(value, head)
    if mutation == "null":
        return {**value, head: None}
    return {name: item for name, item in value.items() if name != head}


def _paths(value: object) -> Iterator[tuple[Path_, bool]]:
    """Every path into a value, and whether a key (not an index) ends it."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (name,), True
            yield from (((name, *path), is_key) for path, is_key in _paths(item))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield (number,), False
            yield from (((number, *path), is_key) for path, is_key in _paths(item))


def _mutations(is_key: bool) -> tuple[Mutation, ...]:
    return ("removed", "null", "doubled") if is_key else ("null", "doubled")


@dataclass
class World:
    """An account, who audits it, what is intended, and the verdicts on its undamaged answers.

    `denied` are calls that are refused, `hidden` users that ListUsers leaves out although they exist.
    """

    account: Account
    credential: Credential
    intent: Intent
    denied: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    answers: dict[Asked, tuple[int, Any]] = field(default_factory=dict)
    _cleaned: dict[Asked, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._backend = Backend(accounts=(self.account,), quirks=SMALL_PAGES)
        (self._world,) = self._backend.worlds.values()
        self.sound = {key(row): row for row in self.audit(None) or ()}
        self.recorded = dict(self.answers)

    def audit(self, damage: Damage | None) -> tuple[Row, ...] | None:
        """The verdicts on the damaged answers; None where the run is refused."""
        return asyncio.run(self._audit(damage))

    async def _audit(self, damage: Damage | None) -> tuple[Row, ...] | None:
        caller = Caller(_Sender(self, damage), None, Limits(time.monotonic() + 60), replayed=True)  # type: ignore[arg-type]
        try:
            principal = await identity(caller)
        except (CallFailed, UnusableCredentials):
            return None
        if principal.account_id != self.intent.account_id:
            return None
        started = datetime.now(timezone.utc)
        inventory = await Sweep(
            caller, self.intent, principal, started.strftime("%Y-%m-%dT%H:%M:%SZ")
        ).inventory()
        return judge(Case(self.account.alias, self.intent, inventory, started.date()))

    def body(self, asked: Asked, damage: Damage | None) -> tuple[int, bytes]:
        """The status and the redacted body that answer a request."""
        if asked not in self.answers:
            self.answers[asked] = self._answer(*asked)
        status, whole = self.answers[asked]
        damaged = whole if damage is None else damage.apply(asked, whole)
        if damaged is not whole:
            return status, _clean(asked[0], status, damaged)
        if asked not in self._cleaned:
            self._cleaned[asked] = _clean(asked[0], status, whole)
        return status, self._cleaned[asked]

    def _answer(self, call: str, params: tuple[tuple[str, str], ...]) -> tuple[int, Any]:
        action = SERVED[call]
        caller = self._world.caller(self.credential)
        context = {"acs:PrincipalArn": [caller.arn], "acs:SecureTransport": ["true"]}
        request = Request(action.name, dict(params), caller, self._backend.quirks, context)
        try:
            if call in self.denied:
                raise _refusal(self.account, call)
            _authorize(action, request)
            body = json.loads(json.dumps({**action.handler(request), "RequestId": "0"}))
        except ApiError as error:
            return error.status, {"Code": error.code, "Message": error.message, **error.more}
        if call == "ram:ListUsers":
            shown = [user for user in body["Users"]["User"] if user["UserName"] not in self.hidden]
            body["Users"]["User"] = shown
        return 200, body

    def effect(self, damage: Damage) -> tuple[tuple[Asked, bytes], ...]:
        """What the damage changes in the answers of the undamaged audit, after redaction."""
        asked = (
            [damage.request]
            if damage.request is not None
            else [item for item in self.recorded if item[0] == damage.call]
        )
        bodies = ((item, self.body(item, damage)[1]) for item in asked)
        return tuple((item, body) for item, body in bodies if body != self.body(item, None)[1])


def _refusal(account: Account, call: str) -> ApiError:
    return no_permission(
        SERVED[call].permission,
        principal_type="SubUser",
        owner=account.account_id,
        principal="auditor",
        denial="ImplicitDeny",
        resource="*",
    )


def _clean(call: str, status: int, body: Any) -> bytes:
    exchange = SimpleNamespace(action=call.partition(":")[2])
    return transport.clean(exchange, SimpleNamespace(status_code=status), json.dumps(body).encode())  # type: ignore[arg-type]


class _Sender:
    """Answers in the place of the SDK."""

    generation = 0

    def __init__(self, world: World, damage: Damage | None) -> None:
        self._world, self._damage = world, damage

    def renew(self, generation: int) -> None:
        """There are no other credentials."""

    def send(self, call: ApiCall, connect: float, read: float) -> Any:
        passage = transport._passage.get()
        assert passage is not None
        asked = (call.action.call, tuple(sorted(call.params.items())))
        exchange = passage.exchange
        # First: once there is a request, an exception here would be taken for one of the SDK's.
        exchange.status, exchange.body = self._world.body(asked, self._damage)
        exchange.request = requests.PreparedRequest()
        return json.loads(exchange.body)


def intent_of(folder: Path, account: Account, sections: Mapping[str, Any]) -> Intent:
    """A configuration that is written to `folder` and read as people's own is."""
    path = folder / "eci-compliance.yaml"
    path.write_text(config_yaml("http://127.0.0.1:9", account, **sections), encoding="utf-8")
    return load(path, KNOWN_CHECKS).configuration.accounts[account.alias]


def candidates(world: World, call: str) -> list[Damage]:
    """Every damage to the answers of an action: first to all its answers alike, then to one item wherever it
    appears, then to one answer."""
    families = (_everywhere(world, call), _by_item(world, call), _by_answer(world, call))
    return list(dict.fromkeys(damage for family in families for damage in family))


def sample(world: World, call: str, size: int, chance: random.Random) -> list[Damage]:
    """Some damages that have an effect, by chance."""
    damages = candidates(world, call)
    chance.shuffle(damages)
    return list(itertools.islice((damage for damage in damages if world.effect(damage)), size))


def every_damage(world: World, call: str) -> Iterator[Damage]:
    """Every damage to the answers of an action that has an effect of its own on the recorded answers."""
    seen: set[object] = set()
    for damage in candidates(world, call):
        effect = world.effect(damage)
        if effect and effect not in seen:
            seen.add(effect)
            yield damage


def is_everywhere(damage: Damage) -> bool:
    return damage.request is None and damage.item is None


def _bodies(world: World, call: str) -> Iterator[tuple[Asked, Any]]:
    return ((asked, body) for asked, (_, body) in world.recorded.items() if asked[0] == call)


def _everywhere(world: World, call: str) -> Iterator[Damage]:
    for _, body in _bodies(world, call):
        for path, is_key in _paths(body):
            general = tuple(ANY if isinstance(part, int) else part for part in path)
            yield from (Damage(call, general, mutation) for mutation in _mutations(is_key))


def _by_item(world: World, call: str) -> Iterator[Damage]:
    for _, body in _bodies(world, call):
        items = body
        for name in ITEMS[call]:
            items = items.get(name) if isinstance(items, dict) else None
        for item in items if ITEMS[call] and isinstance(items, list) else ():
            for path, is_key in _paths(item):
                yield from (
                    Damage(call, path, mutation, item=digest(item)) for mutation in _mutations(is_key)
                )


def _by_answer(world: World, call: str) -> Iterator[Damage]:
    for asked, body in _bodies(world, call):
        for path, is_key in _paths(body):
            yield from (Damage(call, path, mutation, request=asked) for mutation in _mutations(is_key))


_RED = ("failed", "unknown")


def improved(world: World, rows: Iterable[Row]) -> list[str]:
    """Each row that a damage made better: red rows that hold or are gone, and rows that vanished without a trace.

    A row may vanish only where its check has an unknown row in its place.
    """
    after = {key(row): row for row in rows}
    unknown = {row.check for row in after.values() if row.outcome == "unknown"}
    better: list[str] = []
    for name, row in world.sound.items():
        then = after.get(name)
        if then is None:
            if row.check not in unknown:
                better.append(f"{row.outcome} {'/'.join(name)} vanished")
        elif row.outcome in _RED and then.outcome not in _RED:
            better.append(f"{row.outcome} {'/'.join(name)} became {then.outcome}: {then.message[:160]}")
    return better


def violations(
    world: World, damages: Iterable[Damage], excepted: Callable[[Damage], bool]
) -> Iterator[tuple[Damage, list[str]]]:
    """The damages that are not excepted and make a verdict better, or end in an exception."""
    for damage in damages:
        if excepted(damage):
            continue
        try:
            rows = world.audit(damage)
        except Exception as error:  # noqa: BLE001 - a traceback is a violation, and named with its damage
            yield damage, [f"the run ended with {type(error).__name__}: {error}"]
            continue
        if rows is not None and (better := improved(world, rows)):
            yield damage, better


def calls_of(world: World) -> list[str]:
    return sorted({asked[0] for asked in world.recorded})
