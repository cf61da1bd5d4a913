"""`python -m bench [NAME ...]`: run the benchmarks of those names, or all but the one that downloads its peer."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import (
    accounts,
    adversarial,
    adversarial_accounts,
    cost,
    escalation,
    ordinary,
    peer,
    permissions,
    scale,
    who_can,
)
from .table import heading

BENCHMARKS: dict[str, Callable[[], None]] = {
    "calls": scale.calls,
    "latency": scale.latency,
    "rate": scale.rate,
    "modes": scale.modes,
    "replay": scale.replay,
    "doubling": scale.doubling,
    "accounts": accounts.accounts,
    "items": cost.items,
    "own": cost.own,
    "unused": cost.unused,
    "who_can": who_can.who_can,
    "adversarial": adversarial.adversarial,
    "adversarial_accounts": adversarial_accounts.adversarial_accounts,
    "escalation": escalation.escalation,
    "permissions": permissions.permissions,
    "ordinary": ordinary.ordinary,
    "peer": peer.peer,
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(BENCHMARKS)}")
    parser.add_argument(
        "--peer-python", metavar="PATH", help="the Python, 3.11 or 3.12, to install Prowler for"
    )
    parser.add_argument(
        "--peer-venv", metavar="DIR", type=Path, help="where Prowler is, or is to be, installed"
    )
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    run = dict(BENCHMARKS)
    run["peer"] = partial(peer.peer, options.peer_python, options.peer_venv)
    for name in options.names or [name for name in BENCHMARKS if name != "peer"]:
        print(heading(name, BENCHMARKS[name].__doc__ or ""))
        run[name]()
        print(flush=True)


if __name__ == "__main__":
    main()
