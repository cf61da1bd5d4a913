"""Which names of users, groups, roles and policies the Resource elements of an account can tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from ..conditions import VARIABLE
from ..patterns import UNKNOWN, Pattern, TooManyPatterns, classes, matches

_WILDCARDS = frozenset("*?")
_NAME = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")
"""The characters of a name that RAM takes."""


class NameClasses:
    """Groups names that no Resource of the account's policies tells apart.

    Patterns that end in `kind/PREFIX*` are looked up by their prefix, the others are matched one by one.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._written = {pattern for pattern in patterns if pattern != "*"}
        self._exact_names: set[str] = set()
        self._prefixes: dict[str, list[str]] = {}
        self._others: list[str] = []
        self._others_by_kind: dict[str, tuple[str, ...]] = {}
        for pattern in sorted(self._written):
            self._sort_in(pattern)

    def _sort_in(self, pattern: str) -> None:
        last = pattern.rpartition(":")[2]
        kind, slash, name = last.partition("/")
        prefix = name.removesuffix("*")
        if VARIABLE in pattern:
            self._others.append(pattern)
        elif not _WILDCARDS & set(last):
            # A pattern that ends in a plain name tells that name apart from all others.
            self._exact_names.add(last.lower())
        elif slash and not _WILDCARDS & set(kind + prefix):
            self._prefixes.setdefault(f"{kind}/{prefix}".lower(), []).append(last)
        else:
            self._others.append(pattern)

    def key(self, kind: str, owner: str, name: str) -> Hashable:
        """What policies can see of a name; `owner` is the account id, or `system` for a system policy."""
        text = f"{kind}/{name}"
        if text.lower() in self._exact_names:
            return name
        others = self._others_about(kind)
        if not others:
            return tuple(self._matching_prefixes(text))
        arns = [f"acs:{service}:{owner}:{text}" for service in ("ram:*", "ram:", "ims:*", "ims:")]
        fits = (name if VARIABLE in pattern else _fits(pattern, arns) for pattern in others)
        return (*self._matching_prefixes(text), *fits)

    def _matching_prefixes(self, text: str) -> Iterator[tuple[str, bool]]:
        """The patterns `kind/PREFIX*` that fit a text in any case, each with whether it fits as written."""
        folded = text.lower()
        for length in range(len(folded) + 1):
            for pattern in self._prefixes.get(folded[:length], ()):
                yield pattern, text.startswith(pattern[:-1])

    def patterns(self, kind: str) -> tuple[str, ...]:
        """Every pattern that may be about a kind of name."""
        return tuple(pattern for pattern in sorted(self._written) if _may_be_about(pattern, kind))

    def _others_about(self, kind: str) -> tuple[str, ...]:
        others = self._others_by_kind.get(kind)
        if others is None:
            others = tuple(pattern for pattern in self._others if _may_be_about(pattern, kind))
            self._others_by_kind[kind] = others
        return others


def example_names(patterns: Iterable[str], head: str, plain: str) -> tuple[str, ...]:
    """A name for every way in which patterns of ARNs can tell names apart, `plain` first. `head` is the ARN up to the
    name."""
    wild = [Pattern.wild(_any_region(pattern)) for pattern in patterns if VARIABLE not in pattern]
    try:
        texts = classes(wild, Pattern.partly_known(head + UNKNOWN)).values() if wild else ()
    except TooManyPatterns:
        texts = ()
    names = (plain, *(text[len(head) :] for text in texts))
    return tuple(dict.fromkeys(name for name in names if name and set(name) <= _NAME))


def _any_region(pattern: str) -> str:
    parts = pattern.split(":", 3)
    plain = len(parts) == 4 and "*" not in parts[0] + parts[1]
    return ":".join((*parts[:2], "*", parts[3])) if plain else pattern


def _fits(pattern: str, arns: list[str]) -> tuple[int, ...]:
    return tuple(matches(pattern.lower(), arn.lower()) + matches(pattern, arn) for arn in arns)


def _may_be_about(pattern: str, kind: str) -> bool:
    if VARIABLE in pattern:
        return True
    last = pattern.rpartition(":")[2]
    head, slash, _ = last.partition("/")
    return not slash or bool(_WILDCARDS & set(head)) or head.lower() == kind
