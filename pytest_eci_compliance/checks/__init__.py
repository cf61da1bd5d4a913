"""Every built-in check. A `Check` in a module of this package is a check of the product: nothing lists it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from .support.case import Check

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        {
            one.id: one
            for module in iter_modules(__path__)
            for one in vars(import_module(f"{__name__}.{module.name}")).values()
            if isinstance(one, Check)
        }.values(),
        key=lambda one: one.id,
    )
)
KNOWN_CHECKS = frozenset(one.id for one in CHECKS)
