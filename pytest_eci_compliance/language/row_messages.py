"""The messages and remediations of rows in the language of the reader."""

from __future__ import annotations

from . import Language


def row_text(text: str, language: Language) -> str:  # noqa: ARG001 - no sentence of a check is translated yet
    """The message or remediation of a row in a language; the English text where it has no translation."""
    return text
