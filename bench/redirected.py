"""Prowler, its calls sent to the server of the first argument: run by the interpreter of Prowler's own venv.

Prowler has no option for an endpoint and hard-codes the hosts. Nothing else about it is changed.
"""

from __future__ import annotations

import sys
from typing import Any


def main(server: str, *arguments: str) -> None:
    from alibabacloud_tea_openapi.client import Client  # noqa: PLC0415 - of Prowler's venv
    from prowler.__main__ import prowler  # type: ignore[import-not-found] # noqa: PLC0415

    plain = Client.__init__

    def redirected(self: Any, config: Any) -> None:
        config.endpoint, config.protocol = server, "http"
        plain(self, config)

    Client.__init__ = redirected
    sys.argv = ["prowler", *arguments]
    prowler()


if __name__ == "__main__":
    main(*sys.argv[1:])
