"""What is shown while accounts are read: on a terminal, to somebody who looks, and gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pty
from collections.abc import Callable, Iterator

import pytest
import rich.console
import rich.progress  # noqa: F401 - once, not in the test that reads a terminal

from pytest_eci_compliance import audit
from pytest_eci_compliance.evidence.api_actions import DESCRIBE_CONTAINER_GROUPS, LIST_USERS
from pytest_eci_compliance.evidence.counts import Counts
from pytest_eci_compliance.evidence.errors import ApiCall
from pytest_eci_compliance.plugin import progress

HOSTILE = "cn-\x1b[31m\nevil[bold]"


@pytest.fixture(autouse=True)
def _person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")


@contextlib.contextmanager
def terminal() -> Iterator[Callable[[], str]]:
    """Standard error as a terminal; gives what was written to it."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, contextlib.redirect_stderr(stream):

        def written() -> str:
            stream.flush()
            os.set_blocking(ours, False)
            results = b""
            with contextlib.suppress(BlockingIOError):
                while chunk := os.read(ours, 65536):
                    results += chunk
            return results.decode()

        yield written
    os.close(ours)


def sweep(show: audit.Progress | None) -> None:
    assert show is not None
    counts = Counts()
    counts.actions.update({"ram:ListUsers": 1})
    counts.pages, counts.retries = 1, 2
    show("prod", ApiCall(LIST_USERS, {}), counts)
    counts.actions.update({"eci:DescribeContainerGroups": 1})
    counts.pages = 2
    show("prod", ApiCall(DESCRIBE_CONTAINER_GROUPS, {}, region=HOSTILE), counts)
    show("dev", ApiCall(LIST_USERS, {}), Counts())


def test_services_regions_pages_and_retries_are_told() -> None:
    with terminal() as written:
        with progress.show_progress() as show:
            sweep(show)
        text = written()
    assert "prod: eci 1 ram 1 · 1 region · 2 pages · 2 retried · eci:DescribeContainerGroups" in text
    assert "dev: ram 1 · 0 pages" in text
    assert "0:00:0" in text


def test_nothing_stays_on_the_screen_and_nothing_steers_it() -> None:
    with terminal() as written:
        with progress.show_progress() as show:
            sweep(show)
        text = written()
    assert "\x1b[31m\n" not in text
    assert "evil[b" in text, "other people's text is no mark-up"
    assert text.rfind("\x1b[2K") > text.rfind("prod:"), "the lines are erased"
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l"), "the cursor is back"


def _interrupted() -> None:
    with progress.show_progress() as show:
        sweep(show)
        raise KeyboardInterrupt


def test_ctrl_c_leaves_nothing_either() -> None:
    with terminal() as written:
        with pytest.raises(KeyboardInterrupt):
            _interrupted()
        text = written()
    assert text.rfind("\x1b[2K") > text.rfind("prod:")
    assert text.rfind("\x1b[?25h") > text.rfind("\x1b[?25l")


@pytest.mark.parametrize("variable", [("CI", "true"), ("TERM", "dumb")])
def test_a_log_is_spared(monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str]) -> None:
    monkeypatch.setenv(*variable)
    with terminal() as written:
        with progress.show_progress() as show:
            assert show is None
        assert written() == ""


def test_silence_is_kept() -> None:
    with terminal() as written:
        with progress.show_progress(quiet=True) as show:
            assert show is None
        assert written() == ""


def test_a_pipe_is_no_terminal(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.show_progress() as show:
        assert show is None
    assert capfd.readouterr() == ("", "")
