"""Other people's names as they may stand in a configuration: quoted, or not at all; and in its comments."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from ..globs import has_wildcard
from ..messages import one_line

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
# YAML reads these as truth values or nothing, in one version of it or another.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WIDTH = 100


def quoted(text: str) -> str:
    r"""A text as a YAML scalar that every version of YAML reads as just that text, in a flow too.

    >>> print(quoted("prod"), quoted("1e3"), quoted("yes"), quoted("a: b"), quoted("x\u202e"), quoted(""))
    prod "1e3" "yes" "a: b" "x\u202E" ""
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    written: str = yaml.safe_dump(
        text, default_style='"', width=math.inf, allow_unicode=text.isprintable(), default_flow_style=True
    )
    return written.removesuffix("\n")


def round_trips(text: str) -> bool:
    """Whether a text can stand in a configuration at all: a lone surrogate, for one, cannot.

    >>> round_trips("1e3 \\n'\\""), round_trips("\\ud800"), round_trips("")
    (True, False, False)
    """
    try:
        return bool(text) and yaml.load(quoted(text), Loader=_Loader) == text  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError):
        return False


def is_plain_name(text: str) -> bool:
    """Whether a name means just what has that name: as a glob it would fit others too."""
    return not has_wildcard(text) and round_trips(text)


def is_policy(text: str) -> bool:
    """Whether the configuration can name a policy (`NAME`, `Custom/NAME`)."""
    return is_plain_name(text) and re.fullmatch(r"(Custom/)?[^/\s]+", text) is not None


def flow(texts: Iterable[str]) -> str:
    """
    >>> flow(["prod", "1e3"])
    '[prod, "1e3"]'
    """
    return f"[{', '.join(map(quoted, texts))}]"


def comment(text: str, indent: int) -> str:
    """A text as lines of comment, `indent` blanks deep; nothing in it can end the comment."""
    start = f"{' ' * indent}# "
    return textwrap.fill(
        one_line(text),
        max(_WIDTH, indent + 40),
        initial_indent=start,
        subsequent_indent=start + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def section(data: Mapping[str, Any], indent: int) -> str:
    """Plain data, as the configuration has it, as lines of YAML, `indent` blanks deep."""
    text: str = yaml.safe_dump(dict(data), sort_keys=False, width=math.inf, allow_unicode=True)
    return textwrap.indent(text.removesuffix("\n"), " " * indent)
