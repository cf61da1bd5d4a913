"""The configuration as text, from a template in which every name is quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import jinja2

from .. import __version__
from ..inventory.facts import Unreadable
from ..messages import describe_error, join_words, one_line, pluralize, suggest_fix
from .account import AccountDescription
from .resources import Usage
from .yaml_text import comment, flow, quoted, section

_TEMPLATE = "configuration.yaml.jinja"
_MOST_NAMES = 50
_MOST_VALUES = 4
_MAX_COUNTS = 8


def render(
    accounts: Sequence[AccountDescription], unidentified: Iterable[tuple[str, str]], folder: str
) -> str:
    """Render the configuration of accounts. `unidentified`: the names of accounts left out, each with the reason."""
    text = _template().render(
        version=__version__,
        accounts=accounts,
        unidentified=tuple(unidentified),
        documents=any(account.documents for account in accounts),
        folder=folder,
    )
    return "\n".join(line.rstrip(" ") for line in text.split("\n")).rstrip("\n") + "\n"


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    environment = jinja2.Environment(  # noqa: S701 - YAML is not HTML: every name is quoted by a filter
        loader=jinja2.PackageLoader(__package__, "."),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(
        q=quoted,
        flow=flow,
        comment=comment,
        one_line=one_line,
        section=section,
        pluralize=pluralize,
        join_names=_names,
        trailing_comment=_trailing_comment,
        describe_error=describe_error,
        error_lines=error_lines,
        scopes=_scopes,
        values_seen=_values_seen,
        usages=_usages,
        counts=_value_counts,
    )
    return environment.get_template(_TEMPLATE)


def error_lines(causes: Iterable[Unreadable]) -> list[str]:
    """A line with the remediation for each failed call; calls that failed in the same way share a line."""
    groups: dict[tuple[str, str, str | None], list[Unreadable]] = {}
    for cause in causes:
        groups.setdefault((cause.call, cause.code, cause.permission), []).append(cause)
    return [
        f"{describe_error(first)}{_more(len(more))}. {suggest_fix(first)}" for first, *more in groups.values()
    ]


def _more(number: int) -> str:
    return f"; and {pluralize(number, 'call')} like it" if number else ""


def _trailing_comment(text: str) -> str:
    """A comment at the end of a line; empty where there is no text."""
    return f"  # {one_line(text)}" if text else ""


def _names(names: Iterable[str]) -> str:
    return join_words((quoted(name) for name in names), most=_MOST_NAMES)


def _scopes(by_group: Iterable[tuple[str, Iterable[str]]], group_names: Mapping[str, str]) -> str:
    return join_words(
        f"resource group {quoted(group)} ({one_line(group_names.get(group, 'not listed'))}): {flow(policies)}"
        for group, policies in by_group
    )


def _usages(usages: Iterable[Usage], noun: str) -> str:
    return join_words(
        (f"{quoted(usage.id)} ({pluralize(usage.count, noun)})" for usage in usages), most=_MOST_NAMES
    )


def _value_counts(seen: Sequence[tuple[str, int]]) -> str:
    """The values, each with how often it occurs: `prod 9, Prod 1`."""
    shown = ", ".join(f"{quoted(value)} {count}" for value, count in seen[:_MAX_COUNTS])
    more = len(seen) - _MAX_COUNTS
    return f"{shown}, {more} more" if more > 0 else shown


def _values_seen(seen: Sequence[tuple[str, int]]) -> str:
    if len(seen) > _MOST_VALUES:
        return f"{len(seen)} values"
    return ", ".join(f"{count} {quoted(value)}" for value, count in seen)
