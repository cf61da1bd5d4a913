"""The evidence and verdicts of a run. Workers of pytest-xdist load this module, so it imports no SDK."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .inventory.facts import Inventory
from .policy.settings import Settings
from .results import Evidence, Row

if TYPE_CHECKING:
    from .change.effect import Planned


@dataclass(frozen=True)
class AccountSnapshot:
    """One account, read and judged. `inventory` is None where it could not be identified.

    With `plan`, inventory and rows are those of the account after the planned change.
    """

    name: str
    evidence: Evidence
    inventory: Inventory | None
    rows: tuple[Row, ...]
    default_resource_group: str | None = None
    plan: Planned | None = None
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class Snapshot:
    """All accounts of a run. `started` is UTC, ISO 8601 with `Z`."""

    started: str
    accounts: tuple[AccountSnapshot, ...]
