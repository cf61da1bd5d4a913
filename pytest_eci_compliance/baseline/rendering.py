"""The configuration as text: a template, in which every name is quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import jinja2

from .. import __version__
from ..inventory.facts import Unreadable
from ..messages import describe_error, join_words, pluralize, suggest_fix
from ..printable import one_line
from .account import Described
from .resources import Used
from .yaml_text import comment, flow, quoted, section

_TEMPLATE = "configuration.yaml.jinja"
_MOST_NAMES = 50
_MOST_VALUES = 4
_MAX_COUNTS = 8


def rendered(accounts: Sequence[Described], unidentified: Iterable[tuple[str, str]], folder: str) -> str:
    """The configuration of these accounts. `unidentified` are the accounts that are left out, and why."""
    text = _template().render(
        version=__version__,
        accounts=accounts,
        unidentified=tuple(unidentified),
        documents=any(one.documents for one in accounts),
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
        note=comment,
        line=one_line,
        section=section,
        counted=pluralize,
        listed=_names,
        aside=_aside,
        cause=describe_error,
        told=told,
        scopes=_scopes,
        values_seen=_values_seen,
        counts=_value_counts,
        uses_seen=_uses_seen,
    )
    return environment.get_template(_TEMPLATE)


def told(causes: Iterable[Unreadable]) -> list[str]:
    """What could not be read, with the mend; calls that failed in the same way are told as one."""
    alike: dict[tuple[str, str, str | None], list[Unreadable]] = {}
    for one in causes:
        alike.setdefault((one.call, one.code, one.permission), []).append(one)
    return [
        f"{describe_error(first)}{_more(len(more))}. {suggest_fix(first)}" for first, *more in alike.values()
    ]


def _more(number: int) -> str:
    return f"; and {pluralize(number, 'call')} like it" if number else ""


def _aside(text: str) -> str:
    """A comment behind what it is about."""
    return f"  # {one_line(text)}" if text else ""


def _names(names: Iterable[str]) -> str:
    return join_words((quoted(one) for one in names), most=_MOST_NAMES)


def _scopes(wide: Iterable[tuple[str, Iterable[str]]], group_names: Mapping[str, str]) -> str:
    return join_words(
        f"resource group {quoted(group)} ({one_line(group_names.get(group, 'not listed'))}): {flow(policies)}"
        for group, policies in wide
    )


def _uses_seen(uses: Iterable[Used], noun: str) -> str:
    return join_words((f"{quoted(one.id)} ({pluralize(one.count, noun)})" for one in uses), most=_MOST_NAMES)


def _value_counts(seen: Sequence[tuple[str, int]]) -> str:
    """The values, each with how often it occurs: `prod 9, Prod 1`."""
    shown = ", ".join(f"{quoted(value)} {count}" for value, count in seen[:_MAX_COUNTS])
    more = len(seen) - _MAX_COUNTS
    return f"{shown}, {more} more" if more > 0 else shown


def _values_seen(seen: Sequence[tuple[str, int]]) -> str:
    if len(seen) > _MOST_VALUES:
        return f"{len(seen)} values"
    return ", ".join(f"{count} {quoted(value)}" for value, count in seen)
