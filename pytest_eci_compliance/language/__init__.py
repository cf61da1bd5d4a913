"""The language of texts for people: the terminal summary and the HTML report, in English or Chinese.

The English text is the key of its translation, with `{named}` placeholders. The tables are YAML files in
`pytest_eci_compliance/data`, and are read when Chinese is asked for. Identifiers, codes, option names and commands are
the same in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
"""Every language of `--eci-language`."""

_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")


def language_of(option: str | None, environment: Mapping[str, str]) -> Language:
    """The language that `--eci-language` names; without it, that of the locale of the environment.

    The first variable that is set and not empty decides, as POSIX says: LC_ALL, LC_MESSAGES, LANG.

    >>> language_of(None, {"LANG": "zh_CN.UTF-8"}), language_of(None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"})
    ('zh', 'en')
    >>> language_of("en", {"LANG": "zh_CN.UTF-8"})
    'en'
    """
    for language in LANGUAGES:
        if option == language:
            return language
    locale = next((value for name in _LOCALE_VARIABLES if (value := environment.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


@dataclass(frozen=True)
class Translator:
    """Translates the fixed texts of the terminal summary and the HTML report."""

    language: Language = "en"

    def text(self, english: str, /, **values: object) -> str:
        """The text in the language, with `values` in its placeholders.

        Raises KeyError for a text without a translation, or a placeholder without a value.
        """
        pattern = english if self.language == "en" else _table()[english]
        return pattern.format(**values)


ENGLISH = Translator()
"""The translator of every output that is always in English."""


@cache
def _table() -> Mapping[str, str]:
    """The Chinese texts, by their English ones."""
    from .tables import read_table  # noqa: PLC0415 - only Chinese needs YAML

    return read_table("messages.frame.zh.yaml")
