"""Every text of the frame has a Chinese translation with the same placeholders, and no translation is left over."""

from __future__ import annotations

import re
from string import Formatter
from typing import get_args

import pytest

from pytest_eci_compliance.assumptions import BASES, assumptions
from pytest_eci_compliance.audit.request import DEMONSTRATION
from pytest_eci_compliance.causes import CONDITIONAL, LACKS, NOT_SHOWN
from pytest_eci_compliance.checks import CHECKS
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.kinds import KINDS
from pytest_eci_compliance.language import Translator, language_of
from pytest_eci_compliance.language.columns import wrap
from pytest_eci_compliance.language.tables import read_data, read_table
from pytest_eci_compliance.report import charts, permission_answers, permissions, rules, waivers
from pytest_eci_compliance.report.assumptions import UNDECIDED
from pytest_eci_compliance.report.stated_assumptions import AssumptionState
from pytest_eci_compliance.report.wording import SYNTHETIC, noun
from pytest_eci_compliance.results import (
    FIXED_BY_PLAN,
    NEW_WITH_PLAN,
    OUTCOMES,
    SEVERITIES,
    ResourceType,
)
from tests.language.frame_texts import frame_texts

TEXTS = read_table("messages.frame.zh.yaml", "texts")
WORDS = read_table("messages.frame.zh.yaml", "words")
HAN = re.compile("[\u4e00-\u9fff]")
CHINESE = Translator("zh")

_ELSEWHERE = (
    *("new", "fixed", "gone", "still open", "every action", "not applicable"),
    *("(outside the configured regions)", "(none)", "(by resources)", "none", "itself", "reading", "on"),
    *("live", "record", "replay", "configuration", "default", "account"),
)
"""Words that the code writes at one place only."""


def words_of_the_code() -> set[str]:
    """Every word that the code may pass to `Translator.word`."""
    types = get_args(ResourceType)
    return {
        *OUTCOMES,
        *SEVERITIES,
        *(kind.replace("_", " ") for kind in types),
        *map(noun, types),
        *(row.plural for row in KINDS.values()),
        *map(permissions.kind_words, permissions.CHANGE_KINDS),
        *(NEW_WITH_PLAN, FIXED_BY_PLAN, DEMONSTRATION, SYNTHETIC),
        *(LACKS, CONDITIONAL, NOT_SHOWN, waivers.NO_END, charts.NOT_JUDGED),
        *(*rules.SECTIONS.values(), rules.BEYOND_DOCUMENTS, rules.OWN),
        *(*permission_answers.PERMISSIONS, permission_answers.PASS_ROLES),
        *(set(get_args(AssumptionState)) - {"settled"}),
        *BASES,
        *BASES.values(),
        *UNDECIDED,
        *_ELSEWHERE,
    }


def placeholders(text: str) -> set[str]:
    """The placeholders of a text, with their formats."""
    return {f"{name}:{spec}" for _, name, spec, _ in Formatter().parse(text) if name is not None}


def test_every_text_has_a_translation_and_none_is_left_over() -> None:
    texts = frame_texts()
    assert len(texts) > 200
    assert {text.key for text in texts} == set(TEXTS)


def test_translations_have_the_placeholders_of_their_texts() -> None:
    for text in frame_texts():
        for form in (*text.forms, TEXTS[text.key]):
            assert placeholders(form) == placeholders(text.key), f"{text.place}: {form!r}"


def test_every_word_has_a_translation_and_none_is_left_over() -> None:
    assert words_of_the_code() == set(WORDS)


def test_translations_are_chinese() -> None:
    for english, chinese in {**TEXTS, **WORDS}.items():
        has_words = re.search("[A-Za-z]{4,}", re.sub(r"\{[^}]*\}", "", english))  # beyond "is", "of", "and"
        assert HAN.search(chinese) or not has_words, english


def test_every_translation_of_an_assumption_belongs_to_one_and_is_whole() -> None:
    data = read_data("assumptions.zh.yaml")
    assert set(data) <= {assumption.id for assumption in assumptions()}
    for id_, parts in data.items():
        assert set(parts) == {"statement", "source", "turns_on_it"}, id_
    if missing := {assumption.id for assumption in assumptions()} - set(data):
        pytest.skip(
            f"welcome, not required: the Chinese texts of the assumptions {', '.join(sorted(missing))}"
        )


def test_a_check_without_a_translation_keeps_its_english_rule() -> None:
    assert CHINESE.rule("no-such-check", "A rule.") == "A rule."
    assert all(HAN.search(CHINESE.rule(check.id, "")) for check in CHECKS if check.id == "access")


def test_the_reason_why_a_check_is_off_names_the_same_keys_in_chinese() -> None:
    keys = re.compile("`[^`]+`")
    for check in CHECKS:
        english = check.disabled_because(Account(account_id="1")) or ""
        assert set(keys.findall(CHINESE.off_reason(check.id, english))) == set(keys.findall(english)), (
            check.id
        )


def test_english_is_what_the_code_says() -> None:
    english = Translator()
    assert english.plural(1, "{number} row", "{number} rows") == "1 row"
    assert english.join(["a", "b", "c"]) == "a, b and c"
    assert (english.word("failed"), english.row("A message."), english.counted(2, "failed")) == (
        "failed",
        "A message.",
        "2 failed",
    )


def test_chinese_has_one_form_for_every_number() -> None:
    single, many = (CHINESE.plural(number, "{number} region", "{number} regions") for number in (1, 2))
    assert (single, many) == ("1个地域", "2个地域")
    assert CHINESE.join(["a", "b", "c"], most=2) == "a、b等3项"
    assert CHINESE.join([]) == "无"


@pytest.mark.parametrize(
    ("scope", "chinese"),
    [
        ("account", "云账号"),
        ("resource groups rg-1 and rg-2", "资源组 rg-1 和 rg-2"),
        ("account, except resource group rg-1 and rg-2", "云账号（资源组 rg-1 和 rg-2 除外）"),
        ("role/A and role/B", "role/A 和 role/B"),
        ("role/A, role/B and 3 more", "role/A、role/B 等，另有3项"),
        ("role/A (no such role is recorded)", "role/A（没有记录到该角色）"),
        ("instance eci-1 and image cache imc-2", "ECI实例 eci-1 和镜像缓存 imc-2"),
        (
            "account: resources tagged env = a or env = b, of which none is recorded",
            "云账号：标签为 env = a 或 env = b 的资源，没有记录到此类资源",
        ),
        ("virtual nodes in cn-beijing and cn-hangzhou", "cn-beijing 和 cn-hangzhou 的虚拟节点"),
        ("policy/Custom/*", "policy/Custom/*"),
        ("nowhere that the table knows", "nowhere that the table knows"),
    ],
)
def test_the_scope_of_a_permission_is_chinese(scope: str, chinese: str) -> None:
    assert (CHINESE.scope(scope), Translator().scope(scope)) == (chinese, scope)


def test_a_value_is_no_pattern() -> None:
    """A name from the account may have braces in it."""
    assert CHINESE.text("wrote {path}", path="{0.__class__}") == "已写入 {0.__class__}"


@pytest.mark.parametrize(
    ("option", "environment", "language"),
    [
        (None, {}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "zh_TW.UTF-8", "LC_ALL": ""}, "zh"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        (None, {"LC_ALL": "zh_CN", "LC_MESSAGES": "en_US"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
    ],
)
def test_the_language_is_that_of_the_option_or_else_of_the_locale(
    option: str | None, environment: dict[str, str], language: str
) -> None:
    assert language_of(option, environment) == language


def test_a_wrapped_line_keeps_words_whole_and_punctuation_off_its_start() -> None:
    text = "用户 li.na 拥有权限策略 AliyunECIFullAccess，授权范围为整个云账号；期望：无（none）。" * 3
    lines = wrap(text, 40, "    失败    ", " " * 12)
    assert "".join("".join(lines).split()) == "失败" + "".join(text.split())
    assert not any(line.strip()[0] in "，；：。）" for line in lines)
    assert all("AliyunECIFull" not in line or "AliyunECIFullAccess" in line for line in lines)
