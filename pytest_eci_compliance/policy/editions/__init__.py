"""The policies that the security chapters document, word for word, by edition.

`<folder>/<policy>@<edition>.json`: the edition is the date of the documents. ECI updates its policies on
demand, so an edition is what was documented then, and drift from it is a verdict of its own (section 1).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def _found() -> dict[str, dict[str, Path]]:
    files: dict[str, dict[str, Path]] = {}
    for file in Path(__file__).parent.glob("*/*@*.json"):
        policy, _, edition = file.stem.partition("@")
        files.setdefault(policy, {})[edition] = file
    return files


def editions(policy_name: str) -> tuple[str, ...]:
    """The documented editions of a system policy, oldest first; none where it is not documented."""
    return tuple(sorted(_found().get(policy_name, ())))


def document(policy_name: str, edition: str) -> str:
    """The documented policy, as JSON text. KeyError where there is no such edition."""
    return _found()[policy_name][edition].read_text("utf-8")


OFFICIAL_PAGES = "https://help.aliyun.com/zh/ram/developer-reference"


def official_page(policy_name: str) -> str:
    """The page of a system policy in Alibaba Cloud's documents: its current text, version and update time."""
    return f"{OFFICIAL_PAGES}/{policy_name.lower()}"


def other_editions(policy_name: str, edition: str) -> tuple[str, ...]:
    """The documented editions of a system policy but one, the newest first."""
    return tuple(known for known in reversed(editions(policy_name)) if known != edition)
