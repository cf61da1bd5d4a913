"""Privilege escalation: what an identity can reach in the end, by chains of steps."""

from __future__ import annotations

from .model import Identity, Path, Reach, Reached, Step
from .reach import Escalation

__all__ = ["Escalation", "Identity", "Path", "Reach", "Reached", "Step"]
