"""What the fixtures are parametrised over: the facts of a snapshot, and what stands in for missing ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pytest

from ..inventory.facts import EciResource, Inventory, Kind, Role, Unreadable
from ..inventory.kinds import KINDS, unshown
from ..inventory.readable import MissingPart, readable
from ..messages import describe_error, pluralize, suggest_fix
from ..printable import visible
from ..results import VISIBILITY, Row
from .fixtures import Absent, Fact, Unread
from .node_ids import identifier, unique

if TYPE_CHECKING:
    from ..snapshot import AccountSnapshot

Given: TypeAlias = "Fact | Absent | Unread"


class Parameter(NamedTuple):
    """A parameter of a fixture, and its part of the test's id."""

    id: str
    given: Given


class Facts:
    """The facts of the accounts of a run."""

    def __init__(self, accounts: Iterable[AccountSnapshot]) -> None:
        self._accounts = tuple(accounts)
        self._known: dict[tuple[str, str], list[Parameter]] = {}

    def parametrise(self, metafunc: pytest.Metafunc) -> None:
        """Run a test once for each fact that its fixtures stand for, never across accounts."""
        wanted = (name for name in _SOURCES if name in metafunc.fixturenames)
        names = [name for name in wanted if not _given_by_hand(metafunc, name)]
        if not names:
            return
        axes = [[self._parameters(account, name) for name in names] for account in self._accounts]
        if len(axes) == 1:
            for name, axis in zip(names, axes[0], strict=True):
                scope = "session" if name == "eci_account" else "function"
                # The other facts name the account too: once is enough.
                hidden = name == "eci_account" and len(names) > 1
                _apply(metafunc, [name], [(one,) for one in axis], scope, hidden=hidden)
        else:
            combinations = [one for axis in axes for one in product(*axis)]
            _apply(metafunc, names, combinations, "session" if names == ["eci_account"] else "function")

    def _parameters(self, account: AccountSnapshot, name: str) -> list[Parameter]:
        key = account.name, name
        if key not in self._known:
            self._known[key] = parameters(account, name)
        return self._known[key]


def _apply(
    metafunc: pytest.Metafunc,
    names: list[str],
    combinations: list[tuple[Parameter, ...]],
    scope: str,
    *,
    hidden: bool = False,
) -> None:
    # The fixtures are session-scoped, so that fixtures of any scope can use them. A narrower scope here keeps
    # pytest from reordering tests by parameter.
    metafunc.parametrize(
        ",".join(names),
        [tuple(one.given for one in combination) for combination in combinations]
        if len(names) > 1
        else [one.given for (one,) in combinations],
        indirect=True,
        ids=[pytest.HIDDEN_PARAM]
        if hidden
        else unique(_id(names, combination) for combination in combinations),
        scope=scope,  # type: ignore[arg-type]
    )


def _id(names: list[str], combination: tuple[Parameter, ...]) -> str:
    """The facts by which a test is told apart: each of them names its account."""
    ids = dict(zip(names, (one.id for one in combination), strict=True))
    return "-".join(text for name, text in ids.items() if name != "eci_account" or len(ids) == 1)


def _given_by_hand(metafunc: pytest.Metafunc, name: str) -> bool:
    """Whether the test's own `parametrize` gives the values."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if name in ([one.strip() for one in names.split(",")] if isinstance(names, str) else names):
            return True
    return False


def parameters(account: AccountSnapshot, name: str) -> list[Parameter]:
    """The parameters of a fixture for one account: at least one, whatever was read."""
    if account.inventory is None:
        reason = next(
            (row.message for row in account.rows), f"account {account.name} could not be identified"
        )
        return [Parameter(identifier(account.name, None, "*"), Unread(visible(reason)))]
    found = list(_SOURCES[name](account, account.inventory))
    ids = unique(one.id for one in found)
    return [Parameter(id, one.given) for id, one in zip(ids, found, strict=True)]  # noqa: A001


def _account(account: AccountSnapshot, inventory: Inventory) -> Iterator[Parameter]:
    row = _blindness(account)
    blind = None
    if row is not None:
        why = f"there may be ECI resources that the auditing identity is not shown: {visible(row.message)}"
        blind = MissingPart("resources", why, visible(row.remediation))
    yield Parameter(account.name, Fact(readable(inventory, blind)))


def _eci(kind: Kind, noun: str) -> Callable[[AccountSnapshot, Inventory], Iterator[Parameter]]:
    """Resources by region and id; every region that could not be read is a failing set-up."""

    def source(account: AccountSnapshot, inventory: Inventory) -> Iterator[Parameter]:
        regions = inventory.regions
        if isinstance(regions, Unreadable):
            yield _unread(account, regions)
            return
        listings = {one.region: one for one in inventory.listings_of(kind)}
        found, pages, unread = [], 0, []
        for region in regions:
            listing = listings.get(region)
            if listing is None:
                unread.append(_missing(account, region, noun))
            elif isinstance(listing.items, Unreadable):
                unread.append(_unread(account, listing.items, region))
            else:
                pages += listing.pages
                found += [(region, one) for one in listing.items]
        yield from (
            Parameter(identifier(account.name, region, one.id), _whole(one))
            for region, one in sorted(found, key=lambda each: (each[0], each[1].id))
        )
        unread += _hidden(account, noun)
        yield from unread
        if not found and not unread:
            read = f"{pluralize(len(regions), 'region')} and {pluralize(pages, 'page')} were read"
            yield _absent(account, noun, read)

    return source


def _whole(one: EciResource) -> Given:
    """A resource; where the answer did not show all of it, why."""
    return _cause(unshown(one, " and ".join(one.not_shown))) if one.not_shown else Fact(one)


def _hidden(account: AccountSnapshot, noun: str) -> Iterator[Parameter]:
    """ECI answers a denied query with an empty list: without the auditor's sight shown, there may be more."""
    row = _blindness(account)
    if row is not None:
        reason = f"there may be {noun}s that the auditing identity is not shown: {row.message}"
        told = f"{visible(reason)}\nMend: {visible(row.remediation)}"
        yield Parameter(identifier(account.name, None, "*"), Unread(told))


def _blindness(account: AccountSnapshot) -> Row | None:
    """The row that says why the auditing identity is not shown to see everything; None where it is."""
    return next(
        (
            row
            for row in account.rows
            if row.check == VISIBILITY and row.resource.type == "account" and row.outcome != "passed"
        ),
        None,
    )


def _ram(
    noun: str,
    listed: Callable[[Inventory], Iterable[tuple[str, object]] | Unreadable],
    gaps: Callable[[Inventory], Iterable[Unreadable]] = lambda _: (),
) -> Callable[[AccountSnapshot, Inventory], Iterator[Parameter]]:
    """What has no region, by name; a fact with a part that could not be read is a failing set-up."""

    def source(account: AccountSnapshot, inventory: Inventory) -> Iterator[Parameter]:
        read = listed(inventory)
        if isinstance(read, Unreadable):
            yield _unread(account, read)
            return
        missing = list(gaps(inventory))
        found = sorted(read, key=lambda one: one[0])
        for name, one in found:
            broken = _unreadable_part(one)
            given = Fact(one) if broken is None else _cause(broken)
            yield Parameter(identifier(account.name, None, name), given)
        if missing:
            yield _unread(account, missing[0])
        elif not found:
            yield _absent(account, noun, f"{pluralize(account.evidence.pages, 'page')} were read in all")

    return source


def _unreadable_part(fact: object) -> Unreadable | None:
    return next((part for part in vars(fact).values() if isinstance(part, Unreadable)), None)


def _roles(inventory: Inventory) -> list[tuple[str, Role]] | Unreadable:
    """Every role, with its trust policy where GetRole was asked for it."""
    if isinstance(inventory.roles, Unreadable):
        return inventory.roles
    return [(role.role_name, _looked_up(role, inventory.role_lookups)) for role in inventory.roles]


def _looked_up(role: Role, lookups: Mapping[str, Role | Unreadable | None]) -> Role:
    found = lookups.get(role.role_name)
    if isinstance(found, Role):
        return found
    return replace(role, assume_role_policy_document=found) if found is not None else role


def _not_whole(call: str) -> Callable[[Inventory], Iterator[Unreadable]]:
    """Why a list that was read lacks one that exists: there may be more of them."""
    return lambda inventory: (one for one in inventory.incomplete if one.call == call)


def _policy_gaps(inventory: Inventory) -> Iterator[Unreadable]:
    """A policy is known because somebody holds it, or because it is listed as a custom one."""
    if isinstance(inventory.custom_policies, Unreadable):
        yield inventory.custom_policies
    yield from (gap.cause for gap in inventory.attachments.gaps)


def _unread(account: AccountSnapshot, cause: Unreadable, region: str | None = None) -> Parameter:
    return Parameter(identifier(account.name, region or cause.region, "*"), _cause(cause))


def _cause(cause: Unreadable) -> Unread:
    return Unread(f"{describe_error(cause)}\nMend: {suggest_fix(cause)}")


def _missing(account: AccountSnapshot, region: str, noun: str) -> Parameter:
    return Parameter(identifier(account.name, region, "*"), Unread(f"the {noun}s of {region} were not read"))


def _absent(account: AccountSnapshot, noun: str, read: str) -> Parameter:
    return Parameter(
        identifier(account.name, None, "*"), Absent(f"there is no {noun} in {account.name}: {read}")
    )


_SOURCES: Mapping[str, Callable[[AccountSnapshot, Inventory], Iterator[Parameter]]] = {
    "eci_account": _account,
    **{kind.fixture: _eci(kind.name, kind.noun) for kind in KINDS.values()},
    "ram_user": _ram(
        "RAM user",
        lambda i: i.users if isinstance(i.users, Unreadable) else [(one.user_name, one) for one in i.users],
        _not_whole("ram:ListUsers"),
    ),
    "ram_group": _ram(
        "RAM user group",
        lambda i: (
            i.groups if isinstance(i.groups, Unreadable) else [(one.group_name, one) for one in i.groups]
        ),
        _not_whole("ram:ListGroups"),
    ),
    "ram_role": _ram("RAM role", _roles, _not_whole("ram:ListRoles")),
    "ram_policy": _ram(
        "policy", lambda i: [(str(one.ref), one) for one in i.policies.values()], _policy_gaps
    ),
    "resource_group": _ram(
        "resource group",
        lambda i: (
            i.resource_groups
            if isinstance(i.resource_groups, Unreadable)
            else [(one.name or one.id, one) for one in i.resource_groups]
        ),
    ),
}
