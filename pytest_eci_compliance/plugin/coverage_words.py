"""The coverage of an account in words: what was read, and whether that is everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..language import Translator
from ..results import (
    OPEN_OUTCOMES,
    VISIBILITY,
    Evidence,
    Row,
)

if TYPE_CHECKING:
    pass


def is_blind(row: Row) -> bool:
    """Whether a row says that the auditing identity may not see everything."""
    return row.check == VISIBILITY and row.outcome in OPEN_OUTCOMES


def amount_read(evidence: Evidence, translator: Translator) -> str:
    """How many calls and pages were read, and in what time."""
    parts = [
        translator.plural(evidence.calls, "{number} call", "{number} calls"),
        translator.plural(evidence.pages, "{number} page", "{number} pages"),
    ]
    if evidence.retries:
        parts.append(translator.text("{number} retried", number=evidence.retries))
    read = translator.comma.join(parts)
    if not evidence.seconds:
        return read
    return translator.text("{read} in {seconds:.1f}s", read=read, seconds=evidence.seconds)


def completeness_words(evidence: Evidence, translator: Translator, *, is_blind: bool) -> str:
    """Whether everything was read; `is_blind` where the auditing identity may see only a part."""
    if not evidence.complete:
        return translator.text("incomplete: what could not be read is unknown")
    if is_blind:
        return translator.text(
            "every call answered, but there may be more than was shown ({check})", check=VISIBILITY
        )
    return translator.text("complete")
