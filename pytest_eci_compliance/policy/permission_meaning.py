"""Whether an identity holds the same by meaning on both sides, however its documents are spelled."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import lru_cache

from ..inventory.facts import Unreadable
from ..unique_json import loads
from .diff import compare
from .permission_sides import Signature


def same_meaning(old: Signature, new: Signature) -> bool:
    """Whether the documents that only one of two holdings has certainly say the same, scope by scope."""
    if old[1] != new[1]:
        return False
    by_scope: dict[str | None, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for place, only in enumerate((old[0] - new[0], new[0] - old[0])):
        for content, scope in only:
            if isinstance(content, Unreadable):
                return False
            by_scope[scope][place].append(content)
    return all(
        _same(tuple(sorted(old_texts)), tuple(sorted(new_texts)))
        for old_texts, new_texts in by_scope.values()
    )


@lru_cache(maxsize=4096)
def _same(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    texts = [_together(documents) for documents in (old, new)]
    if texts[0] is None or texts[1] is None:
        return False
    difference = compare(texts[0], texts[1])
    return not difference.found and not difference.doubts


def _together(documents: tuple[str, ...]) -> str | None:
    """Documents as one with all of their statements; None where one is not of the documented form."""
    statements: list[object] = []
    for text in documents:
        try:
            document = loads(text)
        except (ValueError, RecursionError):
            return None
        if not isinstance(document, dict) or document.get("Version") != "1" or len(document) != 2:
            return None
        if not isinstance(document.get("Statement"), list):
            return None
        statements += document["Statement"]
    return json.dumps({"Version": "1", "Statement": statements})
