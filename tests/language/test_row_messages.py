"""Rows in Chinese: nothing of a check's sentences stays English, and nothing of an account is translated."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.language.row_messages import row_text
from pytest_eci_compliance.language.tables import read_table
from pytest_eci_compliance.language.templates import Template, template
from pytest_eci_compliance.messages import quote
from tests.language.built_accounts import rows_of_built_accounts
from tests.language.english_left import english_left
from tests.language.message_sites import PACKAGE, is_in_source

HERE = Path(__file__).parent
SENTENCES = (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()
EXAMPLES: dict[str, str] = yaml.safe_load((HERE / "examples.yaml").read_text(encoding="utf-8"))
TABLE = read_table("messages.rows.zh.yaml")
WORDS = read_table("messages.words.zh.yaml")
TEMPLATES = [template(*row) for row in TABLE.items()]


def untranslated(sentences: Iterator[str] | list[str]) -> dict[str, list[str]]:
    """The sentences of which a part stays English, each with that part."""
    left = {sentence: english_left(row_text(sentence, "zh")) for sentence in sentences}
    return {sentence: words for sentence, words in left.items() if words}


def sentences_of_rows() -> Iterator[str]:
    """The messages, remediations, causes and steps of the rows of the built accounts."""
    for row in rows_of_built_accounts():
        yield from (row.message, row.remediation)
        yield from (text for cause in row.causes for text in (cause.problem, cause.remediation))
        yield from (step.by for path in row.paths for step in path.steps)


def test_no_row_of_the_demonstrations_and_built_accounts_keeps_an_english_sentence() -> None:
    sentences = list(dict.fromkeys(sentences_of_rows()))
    assert len(sentences) > 400
    assert untranslated(sentences) == {}


def test_no_sentence_that_the_tests_of_checks_have_produced_stays_english() -> None:
    assert untranslated(SENTENCES) == {}


def test_the_remediation_of_every_check_is_in_the_table() -> None:
    assert untranslated([check.remediation for check in CHECKS]) == {}


def test_the_table_has_no_template_that_nothing_in_the_source_says() -> None:
    assert [row.english for row in TEMPLATES if not is_in_source(row)] == []


def test_a_template_that_nothing_says_is_noticed() -> None:
    assert not is_in_source(template("the moon is made of cheese", ""))
    assert not is_in_source(template("{name} has no moons attached", ""))


@pytest.mark.parametrize("name", ["messages.rows.zh.yaml", "messages.words.zh.yaml"])
def test_a_table_has_each_text_once(name: str) -> None:
    source = (PACKAGE / "data" / name).read_text(encoding="utf-8")
    table = yaml.compose(source)
    assert table is not None
    keys = [key.value for key, _ in table.value]
    assert len(keys) == len(set(keys))


def test_a_sentence_of_each_template_is_translated() -> None:
    """No template is shadowed by another one that leaves a part in English."""
    values = {
        "*": "the role could not be read",
        "#": "3",
        "!": "user",
        "^": "'x'",
        "@": "eci:DeleteContainerGroup",
    }
    left = {}
    for row in TEMPLATES:
        sentence = row.words[0]
        for placeholder, words in zip(row.placeholders, row.words[1:], strict=True):
            sentence += values.get(placeholder.kind, "x-1") + words
        if row.letters >= 8 and (words_left := english_left(row_text(sentence, "zh"))):
            left[sentence] = words_left
    assert left == {}


def test_a_translation_has_the_placeholders_of_its_template() -> None:
    for row in TEMPLATES:
        names = [placeholder.name for placeholder in row.placeholders]
        assert sorted(names) == sorted(re.findall(r"\{(\w+)\}", row.chinese)), row.english
        assert len(names) == len(set(names)), row.english


def test_translations_are_chinese() -> None:
    for chinese in (*TABLE.values(), *WORDS.values()):
        words = re.sub(r"\{\w+\}|Deny", "", chinese)
        assert re.search("[\u4e00-\u9fff]", words) or not re.search("[a-z]{2}", words), chinese
        assert not re.search("[\u4e00-\u9fff] [\u4e00-\u9fff]|[,;:] ?[\u4e00-\u9fff]", words), chinese


@given(st.text())
def test_english_is_never_changed(text: str) -> None:
    assert row_text(text, "en") == text


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from([*TABLE, *WORDS, "'", "(", ")", "`", "; ", ". ", ": ", " "])).map("".join),
    )
)
def test_any_text_has_a_translation(text: str) -> None:
    assert isinstance(row_text(text, "zh"), str)


def english(template: Template, draw: st.DrawFn, names: list[str]) -> str:
    """A sentence of a template, with drawn names in its placeholders."""
    values = {"*": "the role could not be read", "#": "3", "!": "user", "@": "eci:DeleteContainerGroup"}
    sentence = template.words[0]
    for placeholder, words in zip(template.placeholders, template.words[1:], strict=True):
        value = values.get(placeholder.kind)
        if value is None:
            value = quote(draw(st.one_of(st.text(min_size=1), st.sampled_from([*TABLE, *WORDS]))))
            names.append(value)
        sentence += value + words
    return sentence


@st.composite
def sentences(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Sentences of the table, and the quoted names in them, which may read like sentences of the table."""
    names: list[str] = []
    drawn = draw(st.lists(st.sampled_from(TEMPLATES), min_size=1, max_size=3))
    return "; ".join(english(template, draw, names) for template in drawn), names


@given(sentences())
def test_a_name_comes_out_as_it_is(sentence: tuple[str, list[str]]) -> None:
    text, names = sentence
    chinese = row_text(text, "zh")
    for name in names:
        assert name in chinese


@pytest.mark.parametrize("name", ["no user exists", "user", "none", "the role could not be read"])
def test_a_name_that_reads_like_a_sentence_is_no_sentence(name: str) -> None:
    message = f"tag {quote(name)} is {quote(name)}, expected {quote(name)}"
    assert row_text(message, "zh") == f"标签 {quote(name)} 的值为 {quote(name)}，应为 {quote(name)}"
    unquoted = f"{name} has no policies attached"
    assert row_text(unquoted, "zh") in (unquoted, f"{name} 没有被授予任何权限策略")


@pytest.mark.parametrize(
    "message",
    [
        "somebody's own sentence; and another one. The end",
        "env is missing: wanted prod",
        "Tag the instance with UpdateContainerGroup.",
        "Remove the key, rotate it, and give the instance a RAM role.",
        "bucket on fire",
        "user bob",
        "expected 'a' or 'b'",
        "a: b",
        "no virtual nodes: 3 regions, 3 pages read",
    ],
)
def test_the_message_of_an_own_check_stays_as_it_is(message: str) -> None:
    assert row_text(message, "zh") == message


def test_a_part_that_is_not_in_the_table_stays_as_it_is() -> None:
    message = "not judged: ram:ListUsers could not be read: Odd (what nobody wrote)"
    assert row_text(message, "zh") == "未判定：无法读取 ram:ListUsers：Odd（what nobody wrote）"


@pytest.mark.parametrize(("message", "chinese"), EXAMPLES.items())
def test_whole_messages(message: str, chinese: str) -> None:
    assert row_text(message, "zh") == chinese


@pytest.mark.parametrize(
    "unit", ["a; ", "a: ", "a → ", "(", "' ", "'a' and ", "not judged: ", "P, held directly; "]
)
def test_the_work_for_a_long_text_is_bounded(unit: str) -> None:
    """A text of 50,000 characters, as a hostile name may be, takes a second, on a busy machine a little longer."""
    started = time.process_time()
    row_text(f"ann can {unit * (50_000 // len(unit))}", "zh")
    assert time.process_time() - started < 3


def test_thousands_of_rows_take_less_than_a_second() -> None:
    """Three times that, on a busy machine."""
    messages = [
        f"tag 'env' is missing ('prod' or 'test'); tag 'owner' is 'ann-{number}', expected 'ops'"
        for number in range(3000)
    ]
    row_text(messages[0], "zh")
    started = time.process_time()
    assert all("缺少标签 'env'" in row_text(message, "zh") for message in messages)
    assert time.process_time() - started < 3
