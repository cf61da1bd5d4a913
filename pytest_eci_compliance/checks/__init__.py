"""Every built-in check. A `Check` in a module of this package is a check of the product: no list names it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from .support.registry import Check


def _checks() -> Iterator[Check]:
    """The checks of every module, whether a name stands for one or for a family of them."""
    for module in iter_modules(__path__):
        for value in vars(import_module(f"{__name__}.{module.name}")).values():
            for candidate in value if isinstance(value, tuple) else (value,):
                if isinstance(candidate, Check):
                    yield candidate


CHECKS: tuple[Check, ...] = tuple(
    sorted({check.id: check for check in _checks()}.values(), key=lambda check: check.id)
)
KNOWN_CHECKS = frozenset(check.id for check in CHECKS)
