"""The seam and the network: TLS, redirects, proxies, deadlines, threads; and that everything is put back."""

from __future__ import annotations

import datetime as dt
import http.server
import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from darabonba.core import DaraCore
from requests.adapters import HTTPAdapter

from pytest_eci_compliance.audit import UsageProblem
from pytest_eci_compliance.evidence.errors import RequestRefused
from pytest_eci_compliance.evidence.exchange import Exchange
from pytest_eci_compliance.evidence.rate_limit import USUAL
from pytest_eci_compliance.evidence.transport import Live, seam
from pytest_eci_compliance.hosts import is_loopback
from tests.emulator import KINDS, environment
from tests.evidence.sandbox import ROOT, Sandbox, eventually

HERE = Path(__file__).parents[2]


def threads() -> list[str]:
    return [
        thread.name for thread in threading.enumerate() if thread.name != "eci-emulator" and thread.daemon
    ]


@contextmanager
def server(handle: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server of one's own on the loopback interface; `handle` gets each connection."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def one(connection: socket.socket) -> None:
        try:
            with connection:
                handle(context.wrap_socket(connection, server_side=True) if context else connection)
        except OSError:
            pass

    def run() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), name="eci-emulator", daemon=True).start()

    threading.Thread(target=run, name="eci-emulator", daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()


def everywhere(url: str) -> dict[str, str]:
    return dict.fromkeys(("ram", "eci", "resourcemanager", "sts"), url)


def unidentified(sandbox: Sandbox, url: str, **sections: Any) -> str:
    """The message of an audit whose account could not be identified."""
    audit = sandbox.configure(endpoints=everywhere(url), **sections).audit()
    assert audit.rows
    assert {row.outcome for row in audit.rows} == {"unknown"}
    assert not audit.evidence.complete
    assert all(row.remediation for row in audit.rows)
    return audit.rows[0].message


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(
    sandbox: Sandbox, self_signed: ssl.SSLContext
) -> None:
    heard: list[bytes] = []
    with server(lambda connection: heard.append(connection.recv(100)), self_signed) as host:
        message = unidentified(sandbox, f"https://{host}")
    assert "Tls" in message
    assert "certificate" in message
    assert not any(heard)


def test_redirects_are_not_followed(sandbox: Sandbox) -> None:
    class Redirects(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(307)
            self.send_header("Location", f"{sandbox.cloud.url}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    asked: list[str] = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirects) as redirects:
        threading.Thread(target=redirects.serve_forever, name="eci-emulator", daemon=True).start()
        message = unidentified(sandbox, f"http://127.0.0.1:{redirects.server_address[1]}")
        redirects.shutdown()
    assert "redirect" in message
    assert len(asked) == 1
    assert not sandbox.cloud.calls


def test_http_is_for_this_machine_only() -> None:
    exchange = Exchange("ListUsers", time.monotonic() + 5)
    exchange.request = requests.Request("POST", "http://ram.aliyuncs.com/").prepare()
    with pytest.raises(RequestRefused, match="https"):
        Live().send(HTTPAdapter(), exchange)
    assert [is_loopback(text) for text in ("127.0.0.1", "127.9.9.9", "[::1]", "::1", "localhost")] == [
        True
    ] * 5
    assert not any(map(is_loopback, ("10.0.0.1", "localhost.example.com", "127.0.0.1.nip.io", "", None)))


def test_a_proxy_does_not_hijack_this_machine(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing listens there, so a call that went to any of the proxies would fail."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert sandbox.audit().evidence.complete


def test_everything_is_put_back(sandbox: Sandbox) -> None:
    adapter, sessions = DaraCore.get_adapter, DaraCore._sessions
    loggers = {
        name: logging.getLogger(name).disabled
        for name in ("darabonba-core", "alibabacloud-tea", "credentials")
    }
    for mode in ("live", "record", "replay"):
        sandbox.audit(mode)
        assert DaraCore.get_adapter is adapter
        assert DaraCore._sessions is sessions
        assert loggers == {name: logging.getLogger(name).disabled for name in loggers}
        assert eventually(lambda: not threads()), threads()
        assert not [name for name in threads() if "APScheduler" in name]


def test_another_test_keeps_its_network_during_a_sweep(sandbox: Sandbox) -> None:
    """Only what the sweep sends goes through the seam."""
    with seam():
        adapter = DaraCore.get_adapter("http")
        request = requests.Request("GET", f"{sandbox.cloud.url}/-/ready").prepare()
        assert adapter.send(request, timeout=5).status_code == 200


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_the_deadline_ends_it_all(sandbox: Sandbox, kind: str) -> None:
    """Whatever the usual times are: at the deadline it is over, and no thread is left behind."""
    sandbox.timing = USUAL
    sandbox.configure(deadline="2s")
    sandbox.cloud.faults.add(replace(KINDS[kind], action="ram:*"))
    began = time.monotonic()
    audit = sandbox.audit()
    assert time.monotonic() - began < 4
    unknown = {row.check for row in audit.rows if row.outcome == "unknown"}
    assert "user-intended-policies" in unknown
    judged = [row for row in audit.rows if row.check == "instance-required-tags" and row.resource.id != "*"]
    assert {row.outcome for row in judged} == {"passed", "failed"}
    assert eventually(lambda: not threads()), threads()


@pytest.mark.parametrize(
    "bytes_",
    [
        b"",
        pytest.param(b"HTTP/1.1 200 OK\r\n", marks=pytest.mark.nightly),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Header: ", marks=pytest.mark.nightly),
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
    ],
)
def test_a_server_that_drips_for_ever_ends_at_the_deadline(sandbox: Sandbox, bytes_: bytes) -> None:
    """Headers, too: no single read ever waits long enough to be a timeout."""

    def drip(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(bytes_)
        while True:
            time.sleep(0.05)
            connection.sendall(b"a")

    with server(drip) as host:
        began = time.monotonic()
        unidentified(sandbox, f"http://{host}", deadline="2s")
        assert time.monotonic() - began < 4
        assert eventually(lambda: not threads()), threads()


def test_a_server_that_sends_without_end_is_cut_off(sandbox: Sandbox) -> None:
    def flood(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10\r\n" + b"x" * 16 + b"\r\n")

    with server(flood) as host:
        began = time.monotonic()
        unidentified(sandbox, f"http://{host}", deadline="3s")
        assert time.monotonic() - began < 6


@pytest.mark.parametrize("garbage", [b"", b"\x00" * 100, b"HTTP/1.1 999 \r\n\r\n", b"SSH-2.0-OpenSSH\r\n"])
def test_what_is_no_server_is_unknown(sandbox: Sandbox, garbage: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10_000)
        connection.sendall(garbage)

    with server(talk) as host:
        unidentified(sandbox, f"http://{host}")


INTERRUPTED = """
import signal, sys, threading, time
from pathlib import Path
# A job of a shell in the background inherits that SIGINT is ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
from pytest_eci_compliance import audit
folder = Path(sys.argv[1])
request = audit.AuditRequest(("prod",), None, "default", "record", None, folder, folder)
def progress(name, call, counts):
    if counts.calls == 12:
        print("under way", flush=True)
try:
    audit.audit(request, audit.load_configuration(request), progress)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise SystemExit(130)
print("ended")
"""


def test_ctrl_c_ends_it_at_once_and_leaves_nothing_half_written(sandbox: Sandbox) -> None:
    assert sandbox.audit("record").evidence.recorded
    before = {path.name: path.read_bytes() for path in sandbox.recording.iterdir()}
    sandbox.cloud.faults.add(replace(KINDS["hang"], action="ram:GetPolicy"))
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(sandbox.folder)],
        env={**os.environ, **environment(ROOT), "PYTHONPATH": str(HERE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "under way\n"
        time.sleep(0.3)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert time.monotonic() - began < 3
    assert (process.returncode, out) == (130, "interrupted\n"), err
    assert err == ""
    assert {path.name: path.read_bytes() for path in sandbox.recording.iterdir()} == before


def test_a_recording_that_cannot_be_written_is_reported(sandbox: Sandbox) -> None:
    (sandbox.folder / "cassettes").write_text("a file where a folder should be")
    with pytest.raises(UsageProblem, match="cannot be written"):
        sandbox.audit("record")
