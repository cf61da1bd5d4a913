"""Where the parameters of the fixtures come from: the facts of a snapshot, and a placeholder for each missing part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from ..causes import cause_of
from ..inventory.facts import (
    GIVEN_BY_SERVICE,
    EciResource,
    Inventory,
    Kind,
    Policy,
    ResourceGroup,
    Role,
    Unreadable,
    has_no_id_yet,
)
from ..inventory.guards import MissingPart
from ..inventory.kinds import KINDS, unshown
from ..inventory.readable import guarded, readable
from ..messages import describe_error, pluralize, suggest_fix, visible
from ..results import VISIBILITY, Resource, ResourceType, Row
from .fixtures import Absent, Fact, Unread
from .node_ids import identifier, unique

if TYPE_CHECKING:
    from ..snapshot import AccountSnapshot


T = TypeVar("T")
Value: TypeAlias = "Fact | Absent | Unread"


class Parameter(NamedTuple):
    """A parameter of a fixture, and its part of the test's id."""

    id: str
    value: Value
    resource_id: str = "*"
    name: str = ""
    region: str | None = None

    def value_of(self, account: str, resource_type: ResourceType) -> Value:
        """The value, with its account and its resource: `*` stands for every resource of the type."""
        resource = Resource(resource_type, self.resource_id, self.name, self.region)
        return replace(self.value, account=account, resource=resource)


class FactSource(NamedTuple):
    """Where the parameters of a fixture come from, and the type of their resources in rows."""

    type: ResourceType
    parameters: Callable[[AccountSnapshot, Inventory], Iterator[Parameter]]


def parameters(account: AccountSnapshot, name: str) -> list[Parameter]:
    """The parameters of a fixture for one account: at least one, even where nothing could be read."""
    source = SOURCES[name]
    if account.inventory is None:
        row = next(iter(account.rows), None)
        reason = row.message if row is not None else f"account {account.name} could not be identified"
        unread = Unread(visible(reason), causes=row.causes if row is not None else ())
        lost = Parameter(identifier(account.name, None, "*"), unread)
        return [lost._replace(value=lost.value_of(account.name, source.type))]
    facts = list(source.parameters(account, account.inventory))
    ids = unique(parameter.id for parameter in facts)
    return [
        parameter._replace(id=unique_id, value=parameter.value_of(account.name, source.type))
        for unique_id, parameter in zip(ids, facts, strict=True)
    ]


def _account(account: AccountSnapshot, inventory: Inventory) -> Iterator[Parameter]:
    row = _failed_visibility(account)
    blind = None
    if row is not None:
        reason = f"there may be ECI resources that the auditing identity is not shown: {visible(row.message)}"
        blind = MissingPart("resources", reason, visible(row.remediation), causes=row.causes)
    yield Parameter(account.name, Fact(readable(inventory, blind)), account.name, account.name)


def _eci(kind: Kind, noun: str) -> Callable[[AccountSnapshot, Inventory], Iterator[Parameter]]:
    """A source of ECI resources, by region and id. A region that could not be read fails in the set-up."""

    def source(account: AccountSnapshot, inventory: Inventory) -> Iterator[Parameter]:
        regions = inventory.regions
        if isinstance(regions, Unreadable):
            yield _unread(account, regions)
            return
        listings = {listing.region: listing for listing in inventory.listings_of(kind)}
        resources, pages, unread = [], 0, []
        for region in regions:
            listing = listings.get(region)
            if listing is None:
                unread.append(_missing(account, region, noun))
            elif isinstance(listing.items, Unreadable):
                unread.append(_unread(account, listing.items, region))
            else:
                pages += listing.pages
                resources += [(region, resource) for resource in listing.items]
        yield from (
            Parameter(
                identifier(account.name, region, resource.id),
                resource_value(resource),
                resource.id,
                resource.name,
                resource.region_id or None,
            )
            for region, resource in sorted(resources, key=lambda item: (item[0], item[1].id))
        )
        unread += _invisible(account, noun)
        yield from unread
        if not resources and not unread:
            read = f"{pluralize(len(regions), 'region')} and {pluralize(pages, 'page')} were read"
            yield _absent(account, noun, read)

    return source


def resource_value(resource: EciResource) -> Value:
    """The resource, or the reason why the answer did not show all of it.

    Of a planned resource, what its service gives is not known: only a test that reads such a field is unknown.
    """
    if has_no_id_yet(resource) and set(resource.not_shown) <= GIVEN_BY_SERVICE:
        return Fact(guarded(resource))
    if resource.not_shown:
        return _cause(unshown(resource, " and ".join(resource.not_shown)))
    return Fact(resource)


def _invisible(account: AccountSnapshot, noun: str) -> Iterator[Parameter]:
    """ECI answers a denied query with an empty list: without proof of visibility there may be more resources."""
    row = _failed_visibility(account)
    if row is not None:
        reason = f"there may be {noun}s that the auditing identity is not shown: {row.message}"
        text = f"{visible(reason)}\nFix: {visible(row.remediation)}"
        yield Parameter(identifier(account.name, None, "*"), Unread(text, causes=row.causes))


def _failed_visibility(account: AccountSnapshot) -> Row | None:
    """The row of the check of visibility; None where it passed."""
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
    listed: Callable[[Inventory], Iterable[T] | Unreadable],
    name_of: Callable[[T], str],
    gaps: Callable[[Inventory], Iterable[Unreadable]] = lambda _: (),
) -> Callable[[AccountSnapshot, Inventory], Iterator[Parameter]]:
    """A source of facts without a region, by name. A fact with an unreadable part fails in the set-up."""

    def source(account: AccountSnapshot, inventory: Inventory) -> Iterator[Parameter]:
        read = listed(inventory)
        if isinstance(read, Unreadable):
            yield _unread(account, read)
            return
        missing = list(gaps(inventory))
        facts = sorted(read, key=name_of)
        for fact in facts:
            name, unreadable = name_of(fact), _unreadable_part(fact)
            value = Fact(fact) if unreadable is None else _cause(unreadable)
            yield Parameter(identifier(account.name, None, name), value, *_id_and_name(fact, name))
        if missing:
            yield _unread(account, missing[0])
        elif not facts:
            yield _absent(account, noun, f"{pluralize(account.evidence.pages, 'page')} were read in all")

    return source


def _id_and_name(fact: object, listed_as: str) -> tuple[str, str]:
    """The id and the name of a RAM resource or resource group, as in the rows of the built-in checks."""
    if isinstance(fact, ResourceGroup):
        return fact.id, fact.name
    return listed_as, fact.policy_name if isinstance(fact, Policy) else listed_as


def _unreadable_part(fact: object) -> Unreadable | None:
    return next((part for part in vars(fact).values() if isinstance(part, Unreadable)), None)


def _roles(inventory: Inventory) -> list[Role] | Unreadable:
    """Every role, with its trust policy where GetRole was asked for it."""
    if isinstance(inventory.roles, Unreadable):
        return inventory.roles
    return [_looked_up(role, inventory.role_lookups) for role in inventory.roles]


def _looked_up(role: Role, lookups: Mapping[str, Role | Unreadable | None]) -> Role:
    result = lookups.get(role.role_name)
    if isinstance(result, Role):
        return result
    return replace(role, assume_role_policy_document=result) if result is not None else role


def _incomplete_list(call: str) -> Callable[[Inventory], Iterator[Unreadable]]:
    """The reasons why the list of `call` may lack entries that exist."""
    return lambda inventory: (cause for cause in inventory.incomplete if cause.call == call)


def _policy_gaps(inventory: Inventory) -> Iterator[Unreadable]:
    """A policy is known because it is attached to a principal, or because it is listed as a custom policy."""
    if isinstance(inventory.custom_policies, Unreadable):
        yield inventory.custom_policies
    yield from (gap.cause for gap in inventory.attachments.gaps)


def _unread(account: AccountSnapshot, cause: Unreadable, region: str | None = None) -> Parameter:
    region = region or cause.region
    return Parameter(identifier(account.name, region, "*"), _cause(cause), region=region)


def _cause(cause: Unreadable) -> Unread:
    return Unread(f"{describe_error(cause)}\nFix: {suggest_fix(cause)}", causes=(cause_of(cause),))


def _missing(account: AccountSnapshot, region: str, noun: str) -> Parameter:
    value = Unread(f"the {noun}s of {region} were not read")
    return Parameter(identifier(account.name, region, "*"), value, region=region)


def _absent(account: AccountSnapshot, noun: str, read: str) -> Parameter:
    return Parameter(
        identifier(account.name, None, "*"), Absent(f"there is no {noun} in {account.name}: {read}")
    )


SOURCES: Mapping[str, FactSource] = {
    "eci_account": FactSource("account", _account),
    **{kind.fixture: FactSource(kind.name, _eci(kind.name, kind.noun)) for kind in KINDS.values()},
    "ram_user": FactSource(
        "user",
        _ram("RAM user", lambda i: i.users, lambda user: user.user_name, _incomplete_list("ram:ListUsers")),
    ),
    "ram_group": FactSource(
        "group",
        _ram(
            "RAM user group",
            lambda i: i.groups,
            lambda group: group.group_name,
            _incomplete_list("ram:ListGroups"),
        ),
    ),
    "ram_role": FactSource(
        "role", _ram("RAM role", _roles, lambda role: role.role_name, _incomplete_list("ram:ListRoles"))
    ),
    "ram_policy": FactSource(
        "policy", _ram("policy", lambda i: i.policies.values(), lambda policy: str(policy.ref), _policy_gaps)
    ),
    "resource_group": FactSource(
        "resource_group",
        _ram("resource group", lambda i: i.resource_groups, lambda group: group.name or group.id),
    ),
}
"""The sources by the name of their fixture."""
