"""One text for every way in which patterns can tell texts apart: the calls that a comparison of documents tries."""

from __future__ import annotations

from collections.abc import Iterator

from .document import Statement
from .patterns import Pattern, classes, matches

_ANY_ACTION, _ANY_RESOURCE = "?*:?*", "?*"
_NO_ACTION = "*:*:*"  # an action has one colon: between its service and its name


def action_examples(*statements: Statement) -> list[str]:
    """One action for every way in which these statements can tell actions apart, in lower case.

    Raises `TooManyPatterns` where there are too many ways to try.
    """
    patterns = {action.lower() for statement in statements for action in statement.actions or ()}
    services = {pattern.partition(":")[0] for pattern in patterns} - {"*"}
    named = {service for service in services if not _is_wild(service)}
    examples: dict[str, None] = {}
    for service in sorted(named):
        mine = {
            pattern for pattern in patterns if pattern == "*" or matches(pattern.partition(":")[0], service)
        }
        examples |= dict.fromkeys(_examples(mine, f"{service}:?*", _NO_ACTION))
    others = {pattern for pattern in patterns if _is_wild(pattern.partition(":")[0])}
    known = {f"{service}:*" for service in named}
    for text in _examples(others | known, _ANY_ACTION, _NO_ACTION):
        if text.partition(":")[0] not in named:
            examples.setdefault(text)
    return list(examples)


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def _examples(patterns: set[str], within: str, never: str = "") -> Iterator[str]:
    """A text within `within` for every way in which texts can fit some of the patterns and not others.

    Texts that fit the pattern `never` are left out.
    """
    literals = {pattern for pattern in patterns if not _is_wild(pattern)}
    yield from sorted(text for text in literals if matches(within, text) and not matches(never, text))
    wild = [Pattern.wild(pattern) for pattern in sorted(patterns - literals)]
    taken: set[str] = set()
    while True:
        # A text that is a literal itself is no example of the texts that fit the wildcards alone.
        apart = [Pattern.literal(text) for text in sorted(taken)]
        apart += [Pattern.wild(never)] if never else []
        examples = classes([*wild, *apart], Pattern.wild(within))
        texts = {text for fits, text in examples.items() if not any(fits[len(wild) :])}
        if not texts & (literals - taken):
            yield from sorted(texts)
            return
        taken |= texts & literals


def resource_examples(patterns: set[str]) -> list[str]:
    """One resource for every way in which these patterns can tell resources apart.

    Raises `TooManyPatterns` where there are too many ways to try.
    """
    return ["*"] if patterns == {"*"} else list(_examples(patterns, _ANY_RESOURCE))
