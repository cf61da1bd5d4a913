"""YAML files that are no configuration: each is refused with one clear message, and fast."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pytest_eci_compliance.config.loader import ConfigurationError, load
from pytest_eci_compliance.config.yaml_document import UnusableDocument, parse
from tests.support.values import present

BILLION_LAUGHS = "\n".join(
    [
        "a0: &a0 [x, x, x, x, x, x, x, x, x]",
        *(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 40)),
    ]
)
MERGED_LAUGHS = "\n".join(
    ["a0: &a0 {k: v}", *(f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}], k{i}: v}}" for i in range(1, 40))]
)
CHAIN = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 3000))])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"---\n", "is not a mapping"),
        (b"- a\n", "is not a mapping"),
        (b"text", "is not a mapping"),
        (b"a: 1\n---\nb: 2\n", "more than one document"),
        (b"a: b: c", "is not valid YAML"),
        (b"a: [", "is not valid YAML"),
        (b"a: *nowhere", "undefined alias"),
        (b"a: \x00", "is not valid YAML"),
        (b"\xff\xfea", "is not UTF-8"),
        ("a: é".encode("latin-1"), "is not UTF-8"),
        (b"a: !!python/object/apply:os.system [ls]", "has the tag !!python/object/apply:os.system"),
        (b"x-a: !!python/name:os.system", "only plain YAML"),
        (b"a: !include b.yaml", "has the tag !include"),
        (b"a: !!binary aGk=", "has the tag !!binary"),
        (b"a: !!set {b}", "has the tag !!set"),
        (b"!!omap [a: b]", "has the tag !!omap"),
        (b"a: &a [*a]", "contains itself"),
        (b"a: &a {<<: *a}", "contains itself"),
        (b"[" * 200_000, "nest"),  # libyaml 0.2.6 refuses it itself
        (b"{a: " * 200_000, "nests more than"),
        (b"- " * 200_000, "nests more than"),
        (BILLION_LAUGHS.encode(), "expands to more than"),
        (MERGED_LAUGHS.encode(), "expands to more than"),
        (CHAIN.encode(), "expands to more than"),
        (b"a: " + b"x" * (5 * 1024 * 1024), "larger than 4 MiB"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refused(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(content)
    started = time.monotonic()
    with pytest.raises(ConfigurationError) as refused:
        load(file, [])
    assert time.monotonic() - started < 5
    assert message in str(refused.value)
    assert str(file) in str(refused.value)
    assert len(refused.value.problems) == 1


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml.*\n.*does not exist: .* --eci-config"):
        load(tmp_path / "none.yaml", [])


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder"):
        load(tmp_path, [])


def test_a_name_that_cannot_be(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 5000, "f/c.yaml"):
        (tmp_path / "f").touch()
        with pytest.raises(ConfigurationError, match="cannot be read"):
            load(tmp_path / name, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("version: 1")
    file.chmod(0)
    with pytest.raises(ConfigurationError, match="cannot be read: Permission denied"):
        load(file, [])


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_bytes(b"\xef\xbb\xbfversion: 1\naccounts: {a: {account_id: '1'}}\n")
    assert load(file, []).configuration.version == 1


def problems(text: str) -> list[str]:
    return [str(item) for item in parse(text).data()[1]]


NO_NUMBER = (
    "line 1: a: b is not a valid number or date, but looks like one: correct it, or, for a text,"
    ' put it in quotes: "b"'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", ["line 3: a: is a duplicate key, first written in line 1: keep one of them"]),
        ("a: {b: 1, 'b': 2}", ["line 1: a.b: is a duplicate key, first written in line 1: keep one of them"]),
        ("x-a: [{b: 1, b: 2}]", ["line 1: x-a[0].b: is a duplicate key, first written in line 1: keep one of them"]),
        ("x-a: &a {b: 1}\nc: {<<: *a, b: 2}", []),
        ("x-a: &a {b: 1}\nc: {b: 2, <<: *a}", []),
        ("x-a: &a {b: 1}\nc: {<<: *a, <<: *a}",
         ['line 2: c["<<"]: is a duplicate key, first written in line 2: write <<: [*ONE, *TWO]']),
        ("a: {<<: 1}", ['line 1: a["<<"]: can only merge mappings: write <<: *NAME']),
        ("a: {<<: [b]}", ['line 1: a["<<"]: can only merge mappings: write <<: *NAME']),
        ("? [a]\n: 1", ["line 1: has a key that is not text: write KEY: VALUE"]),
        ("x-a:\nx-b: [~, 1, 2026-99-99]", []),
        ("a: !!float b", [NO_NUMBER]),
        ("a: !!int b", [NO_NUMBER]),
    ],
)  # fmt: skip
def test_what_the_document_itself_has_wrong(text: str, message: list[str]) -> None:
    assert problems(text) == message


def test_merging_keeps_the_own_value_then_the_first() -> None:
    data, _ = parse("""
x-a: &a {k: a, only_a: a}
x-b: &b {k: b, only_b: b}
own: {<<: [*a, *b], k: own}
first: {<<: [*a, *b]}
nested: {<<: {<<: *b, more: m}}
""").data()
    assert data == {
        "own": {"k": "own", "only_a": "a", "only_b": "b"},
        "first": {"k": "a", "only_a": "a", "only_b": "b"},
        "nested": {"k": "b", "only_b": "b", "more": "m"},
    }


def test_a_quoted_merge_key_is_a_key() -> None:
    assert parse("a: {'<<': {b: c}}").data() == ({"a": {"<<": {"b": "c"}}}, [])


def test_control_characters_never_reach_the_terminal() -> None:
    (problem,) = problems('"a\\e[31m\\nb":')
    assert "\x1b" not in problem
    assert "\n" not in problem
    with pytest.raises(UnusableDocument) as refused:
        parse("a: !<\u202e> b")
    assert "\u202e" not in str(refused.value)


def test_a_large_plain_configuration_is_read_in_good_time(tmp_path: Path) -> None:
    users = "\n".join(f"      - {{match: user{i}, policies: [A, B, Custom/C]}}" for i in range(5000))
    file = tmp_path / "c.yaml"
    file.write_text(f"version: 1\naccounts:\n  prod:\n    account_id: '1'\n    users:\n{users}\n")
    started = time.monotonic()
    assert len(present(load(file, []).configuration.accounts["prod"].users)) == 5000
    assert time.monotonic() - started < 20
