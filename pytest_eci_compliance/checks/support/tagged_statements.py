"""Statements with tag conditions on ECI actions: whether their conditions can work (section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...messages import join_words
from ...policy.authorization import LISTS_BY_TAGS
from ...policy.condition_operators import OPERATORS, is_negated
from ...policy.conditions import REQUEST_TAG, RESOURCE_TAG, Condition
from ...policy.document import Statement
from ...policy.eci_actions import ACTIONS, EciAction
from ...policy.three_valued import how_to_settle


def is_tagged(statement: Statement) -> bool:
    """Whether a statement has tag conditions, or what may be meant as such."""
    return statement.turns_on_tags or any(map(_is_odd, statement.conditions))


def _is_odd(condition: Condition) -> bool:
    """A key that is documented for tags in another spelling, or (`eci:tag`) without its meaning."""
    folded, prefixes = condition.key.casefold(), (REQUEST_TAG, RESOURCE_TAG)
    as_written = condition.key.startswith(prefixes)
    return folded.startswith(("eci:tag", *map(str.casefold, prefixes))) and not as_written


def named_actions(statement: Statement) -> list[EciAction]:
    """The ECI actions that a statement names, or may name."""
    return [row for row in ACTIONS.values() if statement.names(row.action) is not False]


def not_understood(statement: Statement, settled: Mapping[str, bool]) -> Iterator[str]:
    """Why it cannot be decided whether the tag conditions of a statement work."""
    if statement.problem is not None:
        yield statement.problem
    rows = named_actions(statement)
    if asks_for_tags_alone(statement) and LISTS_BY_TAGS not in settled:
        actions = join_words(row.action for row in rows)
        why = f"whether {actions} looks at tags: the RAM page of ECI lists no condition key for it"
        yield f"{why}{how_to_settle(LISTS_BY_TAGS)}"
    for condition in statement.conditions:
        if _is_odd(condition):
            yield f"what the key {condition.key} means"
        if condition.operator not in OPERATORS:
            yield f"the operator {condition.operator}"


def asks_for_tags_alone(statement: Statement) -> bool:
    """Whether a statement with tag conditions names only actions for which no condition key for tags is documented."""
    rows = named_actions(statement)
    return statement.turns_on_tags and bool(rows) and not any(row.tag_key for row in rows)


def can_work(statement: Statement, row: EciAction) -> bool:
    """Whether a call can satisfy the tag conditions at all. Negated operators are not judged."""
    keys = [condition.key for condition in statement.conditions if not is_negated(condition.operator)]
    on_request = any(key.startswith(REQUEST_TAG) for key in keys)
    on_resource = any(key.startswith(RESOURCE_TAG) for key in keys)
    # Section 4 says of Create* as such that no id is in the request, whatever a single one carries.
    names_none = row.id == "no" or row.name.startswith("Create")
    return not (on_request and row.tags == "no") and not (on_resource and names_none)


def void_reasons(statement: Statement) -> Iterator[str]:
    """Why a statement is void, in words; nothing where a call can satisfy its conditions."""
    rows = named_actions(statement)
    if (
        statement.problem is None
        and not _names_others(statement)
        and not any(can_work(statement, row) for row in rows)
    ):
        keys = join_words(dict.fromkeys(condition.key for condition in statement.conditions))
        actions = join_words((row.action for row in rows), most=3)
        yield f"statement {statement.index} is void, since no call of {actions} can satisfy {keys}"


def is_void(statement: Statement) -> bool:
    """Whether this check fails a statement by itself: no call can satisfy its tag conditions."""
    return is_tagged(statement) and bool(named_actions(statement)) and any(void_reasons(statement))


def _names_others(statement: Statement) -> bool:
    """Whether a statement may also name actions of other services."""
    return statement.not_action or any(
        not action.lower().startswith("eci:") for action in statement.actions or ("*",)
    )
