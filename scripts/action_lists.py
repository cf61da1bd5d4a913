"""The action lists that follow from the installed SDKs: `python -m scripts.action_lists` prints what differs.

An edition of the package's lists that names an SDK holds exactly the API methods of that SDK.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path

LISTS = Path(__file__).parents[1] / "pytest_eci_compliance" / "policy" / "action_lists"
PACKAGES = {
    "eci": "alibabacloud_eci20180808",
    "ram": "alibabacloud_ram20150501",
    "sts": "alibabacloud_sts20150401",
    "resourcemanager": "alibabacloud_resourcemanager20200331",
}


def methods(service: str) -> set[str]:
    """The API methods of the installed SDK of a service."""
    spec = find_spec(PACKAGES[service])
    if spec is None or spec.origin is None:
        raise LookupError(f"{PACKAGES[service]} is not installed")
    text = Path(spec.origin).with_name("client.py").read_text("utf-8")
    return set(re.findall(r"action\s*=\s*'([A-Za-z0-9]+)'", text))


def listed(service: str) -> set[str]:
    """The actions of every edition of a service's list."""
    data = json.loads((LISTS / f"{service}.json").read_text("utf-8"))
    return {action for edition in data["editions"] for action in edition["actions"]}


def missing() -> dict[str, list[str]]:
    """By service, the API methods that no edition has."""
    return {service: sorted(methods(service) - listed(service)) for service in PACKAGES}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(missing(), indent=1) + "\n")
