"""Names from the account as YAML: quoted scalars, lists and comments."""

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
# Some version of YAML reads each of these as a boolean or as null.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WIDTH = 100


def quoted(text: str) -> str:
    r"""Quote a text as a YAML scalar that every version of YAML reads as the same text, in a flow list too.

    >>> print(quoted("prod"), quoted("1e3"), quoted("yes"), quoted("a: b"), quoted("x\u202e"), quoted(""))
    prod "1e3" "yes" "a: b" "x\u202E" ""
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    scalar: str = yaml.safe_dump(
        text, default_style='"', width=math.inf, allow_unicode=text.isprintable(), default_flow_style=True
    )
    return scalar.removesuffix("\n")


def round_trips(text: str) -> bool:
    """Whether YAML can contain a text and return it unchanged; it cannot contain a lone surrogate, for example.

    >>> round_trips("1e3 \\n'\\""), round_trips("\\ud800"), round_trips("")
    (True, False, False)
    """
    try:
        return bool(text) and yaml.load(quoted(text), Loader=_Loader) == text  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError):
        return False


def is_plain_name(text: str) -> bool:
    """Whether a name, read as a glob, matches only itself."""
    return not has_wildcard(text) and round_trips(text)


def is_policy(text: str) -> bool:
    """Whether the configuration can name a policy: `NAME` or `Custom/NAME`."""
    return is_plain_name(text) and re.fullmatch(r"(Custom/)?[^/\s]+", text) is not None


def flow(texts: Iterable[str]) -> str:
    """Format texts as a flow list.

    >>> flow(["prod", "1e3"])
    '[prod, "1e3"]'
    """
    return f"[{', '.join(map(quoted, texts))}]"


def comment(text: str, indent: int) -> str:
    """Format a text as comment lines, indented by `indent` blanks; nothing in it can end the comment."""
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
    """Format plain data of a configuration as lines of YAML, indented by `indent` blanks."""
    text: str = yaml.safe_dump(dict(data), sort_keys=False, width=math.inf, allow_unicode=True)
    return textwrap.indent(text.removesuffix("\n"), " " * indent)
