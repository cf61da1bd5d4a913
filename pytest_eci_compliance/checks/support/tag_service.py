"""Tags that a holder of a policy changes through the Tag service, and not through ECI (section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ...inventory.facts import PolicyRef
from ...policy.authorization import Call, Target
from ...policy.condition_operators import is_negated
from ...policy.conditions import RESOURCE_TAG
from ...policy.decision import Principal
from ...policy.document import Statement
from ...policy.eci_actions import EciAction
from ...policy.escalation.retagging import TAG_SERVICE_NEEDS_ECI
from ...policy.evaluator import Access
from ...policy.three_valued import how_to_settle
from .around_tags import place_of, tags_within

_TAG, _UNTAG = "tag:TagResources", "tag:UntagResources"


def by_tag_service(
    access: Access, holder: Principal, ref: PolicyRef, acts: Sequence[EciAction], groups: Sequence[str]
) -> tuple[list[str], list[str]]:
    """What undoes the tag conditions of a policy by the Tag service, and what may, in words.

    Whether the Tag service asks for the permission of ECI too is not documented. Where the owner of the account
    settles that it does, it adds nothing to the actions of ECI; where it does not, the permission of the Tag service
    is enough. Raises `OutOfBudget`.
    """
    needs_eci = access.account.settled.get(TAG_SERVICE_NEEDS_ECI)
    if needs_eci:
        return [], []
    statements = [
        ground.statement
        for grant in holder.grants
        if grant.policy == str(ref)
        for ground in grant.grounds.values()
        if ground.statement.turns_on(RESOURCE_TAG)
    ]
    decisions = {action: access.decide_call(holder, Call(action)) for action in _services(statements)}
    possible = {action: decision for action, decision in decisions.items() if decision.outcome != "denied"}
    if not possible:
        return [], []
    first = next(iter(possible.values())).why
    if needs_eci is None:
        doubt = "whether the Tag service asks for the permission of ECI too is not documented"
        return [], [f"{first}, and {doubt}{how_to_settle(TAG_SERVICE_NEEDS_ECI)}"]
    for action, decision in possible.items():
        changes = _changes(holder, statements, acts, groups, action) if decision.outcome == "allowed" else ()
        for before, after in changes:
            outcomes = [access.decide_call(holder, call).outcome for call in (before, after)]
            if outcomes == ["denied", "allowed"]:
                why = f"{decision.why}, and {after.action} is allowed on a resource once its tags are changed"
                return [why], []
    return [], [f"{first}, and what that opens is not decided"]


def _services(statements: Sequence[Statement]) -> Iterator[str]:
    """The actions that could undo tag conditions.

    Tags that are added open an Allow and, by another value, lift a Deny. Tags that are taken away open what asks for
    their absence, and lift a Deny.
    """
    yield _TAG
    if any(
        statement.effect != "Allow"
        or any(is_negated(condition.operator) for condition in statement.conditions)
        for statement in statements
    ):
        yield _UNTAG


def _changes(
    holder: Principal,
    statements: Iterable[Statement],
    acts: Sequence[EciAction],
    groups: Sequence[str],
    action: str,
) -> Iterator[tuple[Call, Call]]:
    """Calls on a resource before and after its tags were changed by an action of the Tag service.

    Tags that a statement asks for are added, or replaced by others, or all of them are taken away.
    """
    for statement in statements:
        tags = tags_within(statement, RESOURCE_TAG, holder.budget)
        if not tags:
            continue
        others = tuple((key, f"not-{value}") for key, value in tags)
        allows = statement.effect == "Allow"
        before, after = (((), tags) if allows else (tags, others)) if action == _TAG else (tags, ())
        region, id_ = place_of(statement)
        for row in acts:
            for kind in row.kinds if row.id != "no" and statement.names(row.action) is not False else ():
                for group in groups:
                    target = Target(kind, id_, region, group, before)
                    yield Call(row.action, target), Call(row.action, replace(target, tags=after))
