"""Other people's names in a configuration: read back as they are, or not written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_eci_compliance.baseline.yaml_text import comment, flow, is_plain_name, quoted, round_trips
from pytest_eci_compliance.config.yaml_document import parse

LOOKS_LIKE_SOMETHING_ELSE = (
    "yes No ON null ~ 1e3 0x1f 0o17 1_000 12:30:45 2026-01-01 .inf .nan true"
    " << = - ? : # & * ! | > ' \" % @ ` [ ] { } ,"
)


@given(st.lists(st.text(min_size=1).filter(round_trips)))
@example(LOOKS_LIKE_SOMETHING_ELSE.split())
@example(["a\nb: c", "x\u202ey", "\x85", "\u2028", "\ufeff", "😀", " a ", "a #b", "a: b", "---", "\t"])
def test_texts_come_back_as_they_are(texts: list[str]) -> None:
    document = parse(
        f"some: {flow(texts)}\nkeys:\n" + "".join(f"  {quoted(text)}: 1\n" for text in set(texts))
    )
    data, problems = document.data()
    assert data["some"] == texts
    assert set(data.get("keys") or ()) == set(texts)
    assert not [problem for problem in problems if texts]


@given(st.text(min_size=1))
def test_nothing_invisible_is_written(text: str) -> None:
    written = quoted(text)
    assert "\n" not in written
    assert all(char.isprintable() for char in written)


@pytest.mark.parametrize("text", ["", "\ud800", "a\udfffb"])
def test_what_yaml_cannot_hold_is_not_written(text: str) -> None:
    assert not round_trips(text)


@pytest.mark.parametrize(("name", "plain"), [("alice", True), ("a*", False), ("b?", False), ("[c]", True)])
def test_a_name_that_is_a_glob_means_more_than_itself(name: str, plain: bool) -> None:
    assert is_plain_name(name) is plain


@given(st.text(), st.sampled_from((0, 4, 6)))
@example("a\n  evil: true", 4)
@example("x" * 500, 0)
def test_a_comment_is_nothing_but_a_comment(text: str, indent: int) -> None:
    written = comment(text, indent)
    for line in written.splitlines():
        assert not line.strip() or line.strip().startswith("#")
    assert yaml.safe_load(f"a: 1\n{written}\nb: 2\n") == {"a": 1, "b": 2}
