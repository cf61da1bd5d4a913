"""What two inventories of an account cannot be compared for: parts that one of them could not read.

One row stands for everything that was unread for one reason. Equal gaps on both sides are no equality: what neither
side read may have changed between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..inventory.facts import Inventory, Role, Unreadable
from ..inventory.kinds import KINDS
from ..messages import describe_error, join_words
from .permission_sides import Side
from .trust_document import ASSUME_ROLE

REACH = "reach"
"""The action under which what an identity can reach in the end is listed."""

_MOST_NAMED = 20


@dataclass(frozen=True)
class GapRow:
    """Permissions that cannot be compared: whose (`*`: of every identity), which action (None: any), where, and why."""

    identity: str
    action: str | None
    where: str
    why: str


def gap_rows(then: Side, now: Side, *, one_reading: bool = False) -> list[GapRow]:
    """The parts that one side could not read, once per reason and side.

    `one_reading` says that both sides rest on one reading of the account: what neither could read is the same on both.
    """
    before, after = list(_gaps(then.inventory)), list(_gaps(now.inventory))
    if one_reading:
        both = set(before) & set(after)
        before, after = ([row for row in rows if row not in both] for rows in (before, after))
    rows = [replace(row, why=f"then: {row.why}") for row in before]
    rows += [replace(row, why=f"now: {row.why}") for row in after]
    if not one_reading:
        rows += _regions_of_one_side(then.inventory, now.inventory)
        rows += _hidden_parts(then, now)
    return list(dict.fromkeys(rows))


def _gaps(inventory: Inventory) -> Iterator[GapRow]:
    for cause in inventory.incomplete:
        yield GapRow("*", None, "account", describe_error(cause))
    if isinstance(inventory.regions, Unreadable):
        yield GapRow("*", None, "every region", describe_error(inventory.regions))
    for kind, listings in inventory.listings.items():
        unread = ((listing.region, listing.items) for listing in listings)
        for regions, why in _by_reason(unread):
            yield GapRow("*", None, f"{KINDS[kind].plural} in {regions}", why)
    lists = (
        (ASSUME_ROLE, "role/*", inventory.roles),
        (REACH, "group/*", inventory.groups),
        (REACH, "policy/Custom/*", inventory.custom_policies),
        (REACH, "policy/System/*", inventory.system_policies),
    )
    for action, where, part in lists:
        if isinstance(part, Unreadable):
            yield GapRow("*", action, where, describe_error(part))
    groups = () if isinstance(inventory.groups, Unreadable) else inventory.groups
    members = ((f"group/{group.group_name}", group.members) for group in groups)
    trusts = ((f"role/{name}", document) for name, document in trust_policies(inventory))
    versions = ((f"policy/{ref}", part) for ref, part in sorted(inventory.policy_versions.items()))
    held = {attachment.ref for attachment in inventory.attachments.items}
    documents = (
        (f"policy/{ref}", policy.policy_document)
        for ref, policy in sorted(inventory.policies.items())
        if ref not in held  # what somebody holds is listed under its holders
    )
    for action, parts in (
        (REACH, members),
        (ASSUME_ROLE, trusts),
        (REACH, versions),
        (REACH, documents),
    ):
        for names, why in _by_reason(parts):
            yield GapRow("*", action, names, why)


def trust_policies(inventory: Inventory) -> Iterator[tuple[str, object]]:
    """The trust policy of each known role, or why it could not be read."""
    for name, role in sorted(inventory.role_lookups.items()):
        yield name, role.assume_role_policy_document if isinstance(role, Role) else role


def _by_reason(parts: Iterable[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    """The names of the parts that could not be read, together where the reason is the same, and the reason."""
    together: dict[Unreadable, list[str]] = defaultdict(list)
    for name, part in parts:
        if isinstance(part, Unreadable):
            together[replace(part, region=None, subject=None)].append(name)
    for cause, names in together.items():
        yield join_words(dict.fromkeys(names), most=_MOST_NAMED), describe_error(cause)


def _regions_of_one_side(then: Inventory, now: Inventory) -> Iterator[GapRow]:
    """Regions with resources that the other side did not ask about."""
    for here, there, when in ((now, then, "then"), (then, now, "now")):
        for kind, listings in here.listings.items():
            other_regions = {listing.region for listing in there.listings.get(kind, ())}
            regions = [
                listing.region
                for listing in listings
                if listing.region not in other_regions and listing.read_items
            ]
            if regions and not isinstance(there.regions, Unreadable):
                where = f"{KINDS[kind].plural} in {join_words(dict.fromkeys(regions), most=_MOST_NAMED)}"
                yield GapRow("*", None, where, f"{when}: the list was not read there")


def _hidden_parts(then: Side, now: Side) -> Iterator[GapRow]:
    """Resources whose tags neither side shows, where some policy looks at tags."""
    if not then.tag_keys | now.tag_keys:
        return
    names = [
        f"{KINDS[resource.kind].noun} {resource.id}"
        for key, resource in sorted(now.resources.items())
        if (former := then.resources.get(key)) is not None
        if "tags" in resource.not_shown and "tags" in former.not_shown
    ]
    if names:
        where = join_words(names, most=_MOST_NAMED)
        yield GapRow("*", None, where, "then and now: the answer does not show the tags")


def unread_object(side: Side, names: Sequence[str]) -> Unreadable | None:
    """Why it is not known whether a side has one of these objects (`role/NAME`, `policy/Custom/NAME`, …); None where
    it is known of each."""
    return next((cause for name in names if (cause := _why_unknown(side, name))), None)


def _why_unknown(side: Side, named: str) -> Unreadable | None:
    kind, _, name = named.partition("/")
    inventory = side.inventory
    if kind in ("user", "role"):
        cause = next((cause for unread, cause in side.unread if unread == kind), None)
        return None if named in side.identities else cause
    if kind == "group":
        return inventory.groups if isinstance(inventory.groups, Unreadable) else None
    if kind == "policy":
        known = any(name in (ref.policy_name, str(ref)) for ref in inventory.policies)
        lists = (inventory.custom_policies, inventory.system_policies)
        return None if known else next((part for part in lists if isinstance(part, Unreadable)), None)
    return None
