"""The handle on a running emulator: in a thread of this process, or in a process of its own."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import Request, urlopen

from aiohttp import web

from . import account as accounts_file
from .account import Account
from .backend import Backend, Call
from .faults import Fault, Faults
from .server import answer
from .world import World

CONTROL = "/-/"


class Emulator:
    """Serves accounts over loopback HTTP from a background thread with its own event loop.

    >>> with Emulator(account) as cloud:            # doctest: +SKIP
    ...     run(config_yaml(cloud.url, account))
    ...     assert not cloud.violations

    Keyword arguments are the fields of `backend.Backend` (latency, limits, quirks, churn, ...); all of them
    are attributes of `backend` and may be changed while the server runs.
    """

    def __init__(self, *accounts: Account, port: int = 0, **settings: Any) -> None:
        self.backend = Backend(accounts=accounts, **settings)
        self.port = port
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="eci-emulator", daemon=True)

    def start(self) -> Emulator:
        self._thread.start()
        self._ready.wait()
        if self._failure:
            raise RuntimeError(f"the emulator did not start: {self._failure}") from self._failure
        return self

    def stop(self) -> None:
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        """Host and port, as the SDK's `Config.endpoint` takes them."""
        return f"127.0.0.1:{self.port}"

    @property
    def account(self) -> Account:
        """The first account; assign another to replace all of them."""
        return self.backend.accounts[0]

    @account.setter
    def account(self, account: Account) -> None:
        self.backend.serve_accounts((account,))

    @property
    def world(self) -> World:
        """The living state of the first account: `put` and `remove` resources in it."""
        return self.backend.worlds[self.account.account_id]

    @property
    def faults(self) -> Faults:
        return self.backend.faults

    @property
    def calls(self) -> Sequence[Call]:
        return self.backend.calls

    @property
    def violations(self) -> Sequence[Call]:
        """Calls that would have changed the account."""
        return self.backend.violations

    @property
    def counts(self) -> Counter[str]:
        """Calls by `service:Action`."""
        return Counter(call.id for call in self.calls)

    @property
    def max_in_flight(self) -> int:
        return max((call.in_flight for call in self.calls), default=0)

    def reset(self) -> None:
        self.backend.reset()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        runner = web.ServerRunner(
            web.Server(self._answer, access_log=None, handler_cancellation=True, max_line_size=1 << 16),
            shutdown_timeout=0.1,
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port, backlog=512)
        await site.start()
        self.port = runner.addresses[0][1]
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _answer(self, http: web.BaseRequest) -> web.StreamResponse:
        if http.path.startswith(CONTROL):
            return await _control(self.backend, http)
        return await answer(self.backend, http)


async def _control(backend: Backend, http: web.BaseRequest) -> web.Response:
    """The side door for whoever runs the emulator in another process: state in JSON, over the same port."""
    door = http.path.removeprefix(CONTROL)
    if http.method == "POST":
        data = json.loads(await http.read() or "null")
        if door == "reset":
            backend.reset()
        elif door == "faults":
            backend.faults.clear()
            backend.faults.add(*(Fault(**fault) for fault in data))
        elif door == "accounts":
            backend.serve_accounts(tuple(accounts_file.from_dict(described) for described in data))
        elif door == "settings":
            backend.latency = data.get("latency", backend.latency)
        else:
            return web.Response(status=404)
        return web.json_response({})
    answers: dict[str, Callable[[], Any]] = {
        "calls": lambda: [dataclasses.asdict(call) for call in backend.calls],
        "violations": lambda: [dataclasses.asdict(call) for call in backend.violations],
        "counts": lambda: Counter(call.id for call in backend.calls),
        "ready": dict,
    }
    return web.json_response(answers[door]()) if door in answers else web.Response(status=404)


class EmulatorProcess:
    """The same server in a process of its own, so that it does not share the caller's interpreter lock.

    `options` are those of `python -m tests.emulator`, for example `latency=0.05`.
    """

    def __init__(self, *accounts: Account, **options: float) -> None:
        self._accounts = accounts
        self._options = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self.url = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> EmulatorProcess:
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False, encoding="utf-8") as file:
            file.write(accounts_file.dump(self._accounts))
        command = [sys.executable, "-m", __package__, file.name, *self._options]
        root = Path(__file__).parents[__package__.count(".") + 1]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        Path(file.name).unlink()
        if not self.url:
            raise RuntimeError("the emulator did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()

    @property
    def endpoint(self) -> str:
        return self.url.removeprefix("http://")

    @property
    def calls(self) -> list[Call]:
        return [Call(**call) for call in self._get("calls")]

    @property
    def violations(self) -> list[Call]:
        return [Call(**call) for call in self._get("violations")]

    @property
    def counts(self) -> Counter[str]:
        return Counter(self._get("counts"))

    @property
    def max_in_flight(self) -> int:
        return max((call.in_flight for call in self.calls), default=0)

    def reset(self) -> None:
        self._post("reset", None)

    def set_faults(self, *faults: Fault) -> None:
        self._post("faults", [dataclasses.asdict(fault) for fault in faults])

    def _get(self, door: str) -> Any:
        with urlopen(f"{self.url}{CONTROL}{door}", timeout=60) as response:
            return json.load(response)

    def _post(self, door: str, data: Any) -> None:
        request = Request(f"{self.url}{CONTROL}{door}", json.dumps(data).encode(), method="POST")
        with urlopen(request, timeout=60):
            pass
