"""The actions of the services whose statements are judged, by edition: `<service>.json` beside this file.

An action counts as known where any edition has it. `resource_types` are the types of resources that the RAM
authorization pages name for an action; an action without them may be about any.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ...spelling import nearest
from ..patterns import matches

SERVICES = ("eci", "ram", "sts", "resourcemanager")


@dataclass(frozen=True)
class ActionList:
    """The known actions of a service by their lower-cased name (`deletecontainergroup`), as they are written."""

    service: str
    editions: tuple[str, ...]
    names: Mapping[str, str]
    resource_types: Mapping[str, tuple[str, ...]]

    def fitting(self, pattern: str) -> list[str]:
        """The known actions that a pattern of action names fits, as they are written."""
        folded = pattern.lower()
        return [name for key, name in self.names.items() if matches(folded, key)]

    def nearest(self, pattern: str) -> str | None:
        """The known action that is spelled most alike, as `service:Name`."""
        name = nearest(pattern.replace("*", "").replace("?", ""), self.names.values())
        return f"{self.service}:{name}" if name else None


@lru_cache(maxsize=len(SERVICES))
def action_list(service: str) -> ActionList:
    """The list of one of `SERVICES`."""
    data = json.loads((Path(__file__).parent / f"{service}.json").read_text("utf-8"))
    names = {name.lower(): name for edition in data["editions"] for name in edition["actions"]}
    types = {name.lower(): tuple(kinds) for name, kinds in data.get("resource_types", {}).items()}
    return ActionList(service, tuple(edition["edition"] for edition in data["editions"]), names, types)
