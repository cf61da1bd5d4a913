"""`pytest -p tests.language.record tests/checks tests/change`: write the sentences of rows into `sentences.txt`.

The file has one sentence for each way in which templates of the table make one: that of the first recorded row that has
it. A sentence that has no translation yet is written too, and fails `test_row_messages.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance import results
from pytest_eci_compliance.language import row_messages
from pytest_eci_compliance.language.templates import Template

SENTENCES = Path(__file__).parent / "sentences.txt"
_LONGEST = 900


class _Recorder:
    """Collects the sentences of every row that is made."""

    def __init__(self) -> None:
        self.sentences: set[str] = set(SENTENCES.read_text(encoding="utf-8").splitlines())

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        make = results.Row.__init__

        def remember(row: results.Row, *values: Any, **named: Any) -> None:
            make(row, *values, **named)
            causes = [text for cause in row.causes for text in (cause.problem, cause.remediation)]
            steps = [step.by for path in row.paths for step in path.steps]
            self.sentences.update((row.message, row.remediation, *causes, *steps))

        monkeypatch.setattr(results.Row, "__init__", remember)


def pytest_sessionstart(session: pytest.Session) -> None:
    recorder = _Recorder()
    monkeypatch = pytest.MonkeyPatch()
    recorder.watch(monkeypatch)
    session.config.add_cleanup(lambda: _write(recorder.sentences))
    session.config.add_cleanup(monkeypatch.undo)


def _write(sentences: Iterable[str]) -> None:
    by_templates: dict[frozenset[str], str] = {}
    for sentence in sorted(sentences, key=lambda text: (len(text), text)):
        if " " in sentence and len(sentence) <= _LONGEST and "\n" not in sentence:
            by_templates.setdefault(_templates_of(sentence) or frozenset((sentence,)), sentence)
    SENTENCES.write_text("\n".join(sorted(by_templates.values())) + "\n", encoding="utf-8", errors="replace")


def _templates_of(sentence: str) -> frozenset[str]:
    """The templates that the translation of a sentence is made of."""
    used: set[str] = set()
    fill = Template.filled

    def note(template: Template, *values: Any) -> str:
        used.add(template.english)
        return fill(template, *values)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Template, "filled", note)
        row_messages._in_chinese.cache_clear()
        row_messages.row_text(sentence, "zh")
    return frozenset(used)
