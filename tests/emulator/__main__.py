"""Serve accounts from a file: `python -m tests.emulator account.yaml [--port 8080] [--latency 0.05]`."""

from __future__ import annotations

import argparse
import signal

from .account import load
from .backend import RateLimit
from .emulator import Emulator


def main() -> None:
    parser = argparse.ArgumentParser(prog="emulator", description=__doc__)
    parser.add_argument("account", help="YAML or JSON: one account, or a list of them")
    parser.add_argument("--port", type=int, default=0, help="default: any free port; the URL is printed")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each call takes")
    parser.add_argument("--rate", type=float, default=0.0, help="calls a second; more are throttled")
    options = parser.parse_args()
    limits = (RateLimit(options.rate),) if options.rate else ()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Emulator(*load(options.account), port=options.port, latency=options.latency, limits=limits) as cloud:
        print(cloud.url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
