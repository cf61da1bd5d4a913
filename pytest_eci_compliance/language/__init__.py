"""The language of texts for people: the terminal summary and the HTML report, in English or Chinese.

The English text is the key of its translation, with `{named}` placeholders. The tables are YAML files in
`pytest_eci_compliance/data`, and are read when Chinese is asked for. Identifiers, codes, option names and commands are
the same in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from ..messages import has_section_number, join_words

if TYPE_CHECKING:
    from ..assumptions import Assumption

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
    """Translates the texts of the terminal summary and the HTML report.

    A text without a translation stays in English: that must not end a run, and a test finds it.
    """

    language: Language = "en"

    def text(self, english: str, /, **values: object) -> str:
        """The text in the language, with `values` in its placeholders.

        >>> Translator().text("{number} rows", number=2)
        '2 rows'
        """
        return self.pattern(english).format(**values)

    def plural(self, number: int, singular: str, many: str, /, **values: object) -> str:
        """The text for a number, which is the value of `{number}`. Chinese has one form: that of `many`.

        >>> Translator().plural(1, "{number} row", "{number} rows")
        '1 row'
        """
        english = singular if number == 1 and self.language == "en" else many
        return self.text(english, number=number, **values)

    def word(self, english: str) -> str:
        """A word that a program chooses, for example an outcome. What the table does not know is somebody's own."""
        return english if self.language == "en" else _words().get(english, english)

    def counted(self, number: int | str, english: str) -> str:
        """A number with an outcome or a kind of change: `3 failed`."""
        return f"{number} {english}" if self.language == "en" else f"{number}项{self.word(english)}"

    def graded(self, number: int | str, severity: str) -> str:
        """A number of results of a severity: `3 high`."""
        return f"{number} {severity}" if self.language == "en" else f"{self.word(severity)}{number}项"

    def words(self, english: Iterable[str]) -> str:
        """Words that a program chooses, as a list."""
        return self.separator.join(map(self.word, english))

    def rule(self, check: str, english: str) -> str:
        """The rule of a built-in check, as one paragraph."""
        rule = self.rule_paragraphs(check, english)
        return english if rule == english else "".join(rule.split("\n\n"))

    def rule_paragraphs(self, check: str, english: str) -> str:
        """The rule of a built-in check: what it judges, and in further paragraphs how."""
        if self.language == "en" or check not in _checks():
            return english
        from .tables import paragraph  # noqa: PLC0415 - only Chinese needs YAML

        return "\n\n".join(map(paragraph, _checks()[check].strip().split("\n\n")))

    def off_reason(self, check: str, english: str) -> str:
        """Why a built-in check is off."""
        return english if self.language == "en" else _off_reasons().get(check, english)

    def sections(self, section: str) -> str:
        """The sections of the security documents that a check rests on, in words; empty where there is none."""
        if not has_section_number(section):
            return "" if section in ("", "-", "own") else section
        numbers = section.replace(" and ", ", ").split(", ")
        listed = self.join(numbers)
        return self.plural(len(numbers), "section {sections}", "sections {sections}", sections=listed)

    def assumption(self, assumption: Assumption, part: Literal["statement", "source", "turns_on_it"]) -> str:
        """A part of an assumption about the cloud."""
        english: str = getattr(assumption, part)
        return english if self.language == "en" else _assumptions().get((assumption.id, part), english)

    def row(self, text: str) -> str:
        """The message or remediation of a row."""
        if self.language == "en":
            return text
        from .row_messages import row_text  # noqa: PLC0415 - it reads a table

        return row_text(text, self.language)

    def scope(self, english: str) -> str:
        """Where a permission applies: `account`, resource groups, or a list of roles and resources."""
        word = self.word(english)
        if self.language == "en" or word != english:
            return word
        from .row_messages import scope_text  # noqa: PLC0415 - it reads a table

        return scope_text(english, self.language)

    def join(self, words: Iterable[str], most: int = 12) -> str:
        """Words as a list: of more than `most`, the first ones and the number of the others (Chinese: of all).

        >>> Translator().join(["a", "b", "c"], most=2)
        'a, b and 1 more'
        """
        if self.language == "en":
            return join_words(words, most=most)
        parts = list(words)
        shown = self.separator.join(parts[:most]) or self.word("none")
        return shown if len(parts) <= most else f"{shown}等{len(parts)}项"

    @property
    def separator(self) -> str:
        """What stands between the words of a list."""
        return ", " if self.language == "en" else "、"

    @property
    def comma(self) -> str:
        """What stands between the parts of a sentence."""
        return ", " if self.language == "en" else "，"

    def pattern(self, english: str) -> str:
        """The text in the language, with its placeholders."""
        return english if self.language == "en" else _texts().get(english, english)


ENGLISH = Translator()
"""The translator of every output that is always in English."""


@cache
def _texts() -> Mapping[str, str]:
    """The Chinese texts, by their English ones."""
    from .tables import read_table  # noqa: PLC0415 - only Chinese needs YAML

    return read_table("messages.frame.zh.yaml", "texts")


@cache
def _checks() -> Mapping[str, str]:
    """The Chinese rules of the built-in checks, by the id of the check."""
    from .tables import read_data  # noqa: PLC0415 - only Chinese needs YAML

    checks = read_data("checks.zh.yaml")["checks"]
    return {check: texts["rule"] for check, texts in checks.items() if "rule" in texts}


@cache
def _off_reasons() -> Mapping[str, str]:
    """Why the built-in checks are off, in Chinese, by the id of the check."""
    from .tables import paragraph, read_data  # noqa: PLC0415 - only Chinese needs YAML

    checks = read_data("checks.zh.yaml")["checks"]
    return {check: paragraph(texts["disabled"]) for check, texts in checks.items() if "disabled" in texts}


@cache
def _assumptions() -> Mapping[tuple[str, str], str]:
    """The Chinese texts of assumptions, by the id of the assumption and the name of the part."""
    from .tables import read_data  # noqa: PLC0415 - only Chinese needs YAML

    data = read_data("assumptions.zh.yaml")
    return {(id_, part): text for id_, parts in data.items() for part, text in parts.items()}


@cache
def _words() -> Mapping[str, str]:
    """The Chinese words, by their English ones."""
    from .tables import read_table  # noqa: PLC0415 - only Chinese needs YAML

    return read_table("messages.frame.zh.yaml", "words")
