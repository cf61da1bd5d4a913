"""Resources that statements cannot tell apart: they are decided once."""

from __future__ import annotations

from collections.abc import Iterable

from ..inventory.facts import EciResource, Inventory, Unreadable, has_no_id_yet
from ..inventory.kinds import KINDS
from .authorization import TagItems, Target
from .conditions import (
    REQUEST_TAG,
    RESOURCE_TAG,
    UNSTATED,
    VARIABLE,
    Condition,
    Context,
    Seen,
    condition_work,
    holds,
)
from .decision import Principal
from .document import parse
from .held_policies import HeldPolicy
from .patterns import matches
from .three_valued import Assumptions

_MOST_MATCHES = 2_000_000
"""Patterns of the account times its resources, up to which resources are compared by patterns (seconds)."""
_MOST_WORK = 512
"""Units of work of a principal's conditions and patterns, up to which resources are compared by them."""


class AlikeToAccount:
    """Finds resources that no policy of the account can tell apart."""

    def __init__(self, inventory: Inventory, control_policies: Iterable[HeldPolicy] = ()) -> None:
        texts = [policy.policy_document for policy in inventory.policies.values()]
        # Another version of a policy may become its default version: what it tells apart counts too.
        texts += [
            version.policy_document
            for versions in inventory.policy_versions.values()
            if not isinstance(versions, Unreadable)
            for version in versions
        ]
        documents = [parse(text) for text in texts if not isinstance(text, Unreadable)]
        documents += [policy.document for policy in control_policies]
        statements = [statement for document in documents for statement in document.statements]
        keys = {condition.key for statement in statements for condition in statement.conditions}
        self._tags = {
            key.partition("/")[2].casefold()
            for key in keys
            if key.casefold().startswith((REQUEST_TAG.casefold(), RESOURCE_TAG.casefold()))
        }
        patterns = {
            pattern for statement in statements for pattern in statement.resources or () if pattern != "*"
        }
        exact = {pattern for pattern in patterns if not {"*", "?"} & set(pattern) and VARIABLE not in pattern}
        self._exact, self._wild = exact, sorted(filter(_may_name_eci, patterns - exact))
        self.by_region = any(map(_names_a_region, patterns))
        self._account = inventory.account_id
        self._first: dict[object, Target] = {}
        self._targets: dict[Target, Target] = {}
        listings = (listing for listings in inventory.listings.values() for listing in listings)
        resources = sum(len(listing.read_items) for listing in listings)
        self._compares_patterns = resources * len(self._wild) <= _MOST_MATCHES

    def representative(self, resource: EciResource) -> Target:
        """The first resource that was seen of those that policies cannot tell apart from this one."""
        kind = KINDS[resource.kind].arn_kind
        tags = self._policy_tags(resource)
        arn_class = self._arn_class(resource, f"acs:eci:{resource.region_id}:{self._account}:{kind}/")
        group = None if "resource_group" in resource.not_shown else resource.resource_group_id or None
        id_ = None if has_no_id_yet(resource) else resource.id
        key = (kind, group, tags, arn_class, id_ is None)
        target = Target(kind, id_, resource.region_id, group, tags)
        # Planned resources of other names may be equal: they are the same object too.
        return self._first.setdefault(key, self._targets.setdefault(target, target))

    def _arn_class(self, resource: EciResource, stem: str) -> object:
        arn = stem + resource.id
        if not self._compares_patterns:
            return arn
        by_pattern = (
            (matches(pattern, arn), matches(pattern, f"{stem}*")) if VARIABLE not in pattern else resource.id
            for pattern in self._wild
        )
        return arn if arn in self._exact else "", tuple(by_pattern)

    def _policy_tags(self, resource: EciResource) -> TagItems | None:
        """The tags that policies could see; None where they are not known.

        ECI gives a resource one value for a key: where an answer shows several, it is not known which one counts.
        """
        tags = sorted({(tag.key, tag.value) for tag in resource.tags if tag.key.casefold() in self._tags})
        doubled = len({key for key, _ in tags}) < len(tags)
        return None if "tags" in resource.not_shown or doubled else tuple(tags)


def _may_name_eci(pattern: str) -> bool:
    """Whether a resource pattern could fit the ARN of an ECI resource."""
    scheme, _, rest = pattern.partition(":")
    service, colon, _ = rest.partition(":")
    is_exact = colon and not {"*", "?", "$"} & set(scheme + service)
    return not is_exact or service == "eci"


def _names_a_region(pattern: str) -> bool:
    """Whether a resource pattern could fit an ECI resource in one region and not in another."""
    _, *parts = pattern.split(":")
    return len(parts) > 1 and matches(parts[0], "eci") and parts[1] != "*"


class AlikeToPrincipal:
    """Finds resources that the statements of one principal cannot tell apart: the decision on each is the same."""

    def __init__(self, principal: Principal) -> None:
        self._account = principal.account.id
        self._scopes = {grant.scope for grant in principal.grants}
        statements = [
            statement
            for policy in (*principal.grants, *principal.ceiling)
            for statement in policy.document.statements
        ]
        self._conditions: dict[str, list[Condition]] = {}
        for condition in dict.fromkeys(c for statement in statements for c in statement.conditions):
            if condition.key.startswith(RESOURCE_TAG):
                self._conditions.setdefault(condition.key, []).append(condition)
        self._patterns = sorted(
            {p for statement in statements for p in statement.resources or () if p != "*"}
        )
        conditions = [c for same_key in self._conditions.values() for c in same_key]
        self._is_light = len(self._patterns) + sum(map(condition_work, conditions)) <= _MOST_WORK
        self._answers: dict[tuple[str, Seen], object] = {}
        self._first: dict[object, Target] = {}
        self._known: dict[Target, Target] = {}

    def representative(self, target: Target) -> Target:
        """The first resource that was asked about of those that are alike."""
        if target.id is None or target.region is None or not self._is_light:
            return target
        if target not in self._known:
            self._known[target] = self._first.setdefault(self._class(target, target.id), target)
        return self._known[target]

    def _class(self, target: Target, id_: str) -> object:
        group = target.group if target.group in self._scopes else target.group is not None
        context = Context(resource_tags=None if target.tags is None else dict(target.tags))
        tags = tuple(self._answer(key, context.look(key)) for key in self._conditions)
        stem = f"acs:eci:{target.region}:{self._account}:{target.kind}/"
        fits = tuple(_fits(pattern, stem, id_) for pattern in self._patterns)
        return target.kind, group, tags, fits

    def _answer(self, key: str, seen: Seen) -> object:
        """What the conditions on a key say of a value, with the questions that they leave open."""
        if seen is UNSTATED:
            return UNSTATED
        if (key, seen) not in self._answers:
            assumptions = Assumptions()
            context = Context(resource_tags={key.removeprefix(RESOURCE_TAG): seen})
            results = tuple(holds(condition, context, assumptions) for condition in self._conditions[key])
            self._answers[key, seen] = results, tuple(assumptions.open)
        return self._answers[key, seen]


def _fits(pattern: str, stem: str, id_: str) -> object:
    if VARIABLE in pattern:
        return stem + id_
    return matches(pattern, stem + id_), matches(pattern, f"{stem}*")
