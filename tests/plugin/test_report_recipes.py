"""The recipes of docs/how-to/report-hook.md, executed; and other plugins that report, which show our messages."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from pytest_eci_compliance.policy.permissions import Permission, PermissionChanges
from pytest_eci_compliance.report.model import ChangedResult, Comparison, Report, RowKey
from tests.plugin.conftest import Runs

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "report-hook.md"
CHAT, UPLOAD, ALLURE = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
Recipe: TypeAlias = "dict[str, Any]"
AllureRun: TypeAlias = "tuple[str, list[dict[str, Any]], dict[str, dict[str, Any]]]"
NEW = ChangedResult(RowKey("prod", "slr-trust", "role", "App"), '<at user_id="all"></at>', "passed", "failed")


class Server(HTTPServer):
    """Keeps each request, and answers all with `answer`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str, Any, bytes]] = []
        self.answer = b'{"errcode": 0}'

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Keeps each request, and answers as `answer` of the server says."""

    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append((self.command, self.path, self.headers, body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.answer)

    do_PUT = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    """A local HTTP server."""
    with Server() as local:
        thread = threading.Thread(target=local.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield local
        local.shutdown()
        thread.join()


@pytest.fixture
def chat(server: Server, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """The functions of the recipe of the chat message, set up for the local server."""
    monkeypatch.setenv("ECI_CHAT_WEBHOOK", f"{server.url}/robot/send?access_token=SECRET")
    monkeypatch.setenv("ECI_CHAT", "dingtalk")
    names: dict[str, Any] = {}
    exec(compile(CHAT, str(PAGE), "exec"), names)
    return names


def report_with(*new: ChangedResult, gained: tuple[Permission, ...] = ()) -> Report:
    since = Comparison("former/prod", "2026-11-01T00:00:00Z", new=new)
    permissions = {"prod": PermissionChanges(gained=gained)}
    return Report("0.1.0", "2026-11-02T00:00:00Z", {}, (), since=since, permissions=permissions)


@pytest.mark.parametrize(
    ("kind", "answer", "text_of"),
    [
        ("dingtalk", b'{"errcode": 0, "errmsg": "ok"}', lambda body: body["text"]["content"]),
        ("feishu", b'{"code": 0, "msg": "success"}', lambda body: body["content"]["text"]),
        ("wecom", b'{"errcode": 0, "errmsg": "ok"}', lambda body: body["text"]["content"]),
    ],
)
def test_the_chat_message_says_what_is_new(
    chat: Recipe,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    answer: bytes,
    text_of: Callable[[Any], str],
) -> None:
    monkeypatch.setenv("ECI_CHAT", kind)
    server.answer = answer
    gained = Permission("user/li.na", "eci:DeleteContainerGroup", "account", "grant")
    chat["pytest_eci_report"](report_with(NEW, gained=(gained,)), None)
    ((method, path, headers, body),) = server.requests
    assert (method, path) == ("POST", "/robot/send?access_token=SECRET")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["msg_type" if kind == "feishu" else "msgtype"] == "text"
    assert text_of(json.loads(body)).splitlines()[1:] == [
        "failed: slr-trust App (prod)",
        "gained: user/li.na eci:DeleteContainerGroup (prod)",
    ]


def test_a_long_message_fits_the_robot(chat: Recipe, server: Server) -> None:
    new = [replace(NEW, key=NEW.key._replace(id=f"r{number:0100}")) for number in range(30)]
    chat["pytest_eci_report"](report_with(*new), None)
    text = json.loads(server.requests[0][3])["text"]["content"]
    assert len(text.encode()) <= 2048


def test_nothing_is_sent_where_nothing_is_new(chat: Recipe, server: Server) -> None:
    chat["pytest_eci_report"](report_with(), None)
    chat["pytest_eci_report"](replace(report_with(), since=None, permissions=None), None)
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b'{"errcode": 310000, "errmsg": "keywords not in content"}', "refused: keywords not in content"),
        (b'{"code": 19001, "msg": "param invalid"}', "refused: param invalid"),
        (b"{}", "refused"),
        (b"<html>", "not sent: JSONDecodeError"),
    ],
)
def test_a_message_that_did_not_arrive_is_an_error(
    chat: Recipe, server: Server, answer: bytes, text: str
) -> None:
    server.answer = answer
    with pytest.raises(RuntimeError, match=text):
        chat["pytest_eci_report"](report_with(NEW), None)


def test_the_token_of_the_robot_is_in_no_message(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECI_CHAT_WEBHOOK", "http://127.0.0.1:1/robot/send?access_token=SECRET")
    monkeypatch.setenv("ECI_CHAT", "dingtalk")
    runs.write("conftest.py", CHAT)
    runs("-q", "--eci-report=former.json")
    former = json.loads((runs.folder / "former.json").read_text())
    for row in former["results"]:
        row["outcome"] = "passed"
    runs.write("former.json", json.dumps(former))
    result = runs("-q", "--eci-since=former.json")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*RuntimeError: the chat message was not sent: ConnectionError*"])
    assert "SECRET" not in result.stdout.str() + result.stderr.str()


def test_reports_are_uploaded(runs: Runs, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECI_STORE", f"{server.url}/reports")
    monkeypatch.setenv("ECI_STORE_TOKEN", "token")
    runs.write("conftest.py", UPLOAD)
    runs("--eci-report=out.json", "--eci-report=out.md")
    assert [(method, path) for method, path, *_ in server.requests] == [
        ("PUT", "/reports/2026-11-23/out.json"),
        ("PUT", "/reports/2026-11-23/out.md"),
    ]
    assert server.requests[0][2]["Authorization"] == "Bearer token"
    assert server.requests[0][3] == (runs.folder / "out.json").read_bytes()


OWN = """
import pytest

from tests.plugin.conftest import Runs
@pytest.mark.eci_check("one", severity="critical")
def test_x(eci_image_cache): pass
@pytest.mark.eci_check("two", severity="low")
def test_y(eci_account): assert 0, "the reason of y"
"""


@pytest.fixture
def allure(runs: Runs) -> AllureRun:
    """A run with Allure: its output, its results, and the rows of our own report by check."""
    pytest.importorskip("allure_pytest")
    runs.write("test_own.py", OWN)
    runs.write("conftest.py", ALLURE)
    arguments = ("test_own.py", "--eci-checks=always", "--eci-report=out.json")
    runs.installed_plugins = True
    output = runs(*arguments, "--alluredir=allure").stdout.str()
    results = [json.loads(path.read_text()) for path in (runs.folder / "allure").glob("*-result.json")]
    rows = json.loads((runs.folder / "out.json").read_text())["results"]
    return output, results, {row["check"]: row for row in rows}


def test_allure_shows_unknown_as_broken(allure: AllureRun, runs: Runs) -> None:
    output, results, rows = allure
    labels = [
        ({label["name"]: label["value"] for label in result["labels"]}, result["status"])
        for result in results
    ]
    seen = {(label["check"], label["severity"], label["section"], status) for label, status in labels}
    assert {
        ("one", "blocker", "own", "broken"),
        ("two", "minor", "own", "failed"),
        ("image-cache-required-tags", "critical", "4", "broken"),
        ("instance-required-tags", "critical", "4", "failed"),
        ("instance-required-tags", "critical", "4", "passed"),
    } <= seen
    assert rows["one"]["outcome"] == "unknown"
    assert rows["one"]["remediation"].startswith("Grant eci:DescribeImageCaches")
    broken = [result["statusDetails"] for result in results if result["status"] == "broken"]
    assert len(broken) == 2
    assert all(details["message"].startswith("NotJudgedError: ") for details in broken)
    assert all("Fix: " in details["trace"] and "collection.py" not in details["trace"] for details in broken)
    assert "collection.py" not in output
    categories = json.loads((runs.folder / "allure" / "categories.json").read_text())
    assert {status for category in categories for status in category["matchedStatuses"]} == {
        "failed",
        "broken",
    }


def test_messages_are_shown_by_other_plugins(runs: Runs) -> None:
    """pytest-html and pytest-json-report show the message and the remediation of rows, and own messages."""
    for name in ("pytest_html", "pytest_jsonreport"):
        pytest.importorskip(name)
    runs.write("test_own.py", OWN)
    runs.installed_plugins = True
    files = ("--html=out.html", "--self-contained-html", "--json-report", "--json-report-file=tests.json")
    runs("test_own.py", "--eci-checks=always", *files, "-p", "no:cacheprovider")
    tests = json.loads((runs.folder / "tests.json").read_text())["tests"]
    texts = [str(test.get(phase, {}).get("longrepr", "")) for test in tests for phase in ("setup", "call")]
    page = (runs.folder / "out.html").read_text("utf-8")
    for text in (
        "eci-2: the message",
        "remedy eci-2",
        "*: the message",
        "the reason of y",
        "Grant eci:Describe",
    ):
        assert any(text in shown for shown in texts), text
        assert text in page, text
    assert {"check", "severity"} <= {
        name for test in tests for properties in test["user_properties"] for name in properties
    }
