"""The parameters of the fixtures: the facts of a snapshot, and a placeholder for each missing part."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import TYPE_CHECKING

import pytest

from .fact_sources import SOURCES, Parameter, parameters
from .node_ids import unique

if TYPE_CHECKING:
    from ..snapshot import AccountSnapshot


class Parameters:
    """The parameters of all fixtures, from the accounts of a run."""

    def __init__(self, accounts: Iterable[AccountSnapshot]) -> None:
        self._accounts = tuple(accounts)
        self._cache: dict[tuple[str, str], list[Parameter]] = {}

    def parametrise(self, metafunc: pytest.Metafunc) -> None:
        """Run a test once per combination of its fixtures' facts, within one account."""
        requested = (name for name in SOURCES if name in metafunc.fixturenames)
        names = [name for name in requested if not _has_own_values(metafunc, name)]
        if not names:
            return
        axes = [[self._parameters(account, name) for name in names] for account in self._accounts]
        if len(axes) == 1:
            for name, axis in zip(names, axes[0], strict=True):
                scope = "session" if name == "eci_account" else "function"
                # The ids of the other facts name the account too.
                hidden = name == "eci_account" and len(names) > 1
                _apply(metafunc, [name], [(parameter,) for parameter in axis], scope, hidden=hidden)
        else:
            combinations = [combination for axis in axes for combination in product(*axis)]
            _apply(metafunc, names, combinations, "session" if names == ["eci_account"] else "function")

    def _parameters(self, account: AccountSnapshot, name: str) -> list[Parameter]:
        key = account.name, name
        if key not in self._cache:
            self._cache[key] = parameters(account, name)
        return self._cache[key]


def _apply(
    metafunc: pytest.Metafunc,
    names: list[str],
    combinations: list[tuple[Parameter, ...]],
    scope: str,
    *,
    hidden: bool = False,
) -> None:
    # The fixtures are session-scoped, so that fixtures of any scope can use them. A narrower scope here keeps
    # pytest from reordering tests by parameter.
    metafunc.parametrize(
        ",".join(names),
        [tuple(parameter.value for parameter in combination) for combination in combinations]
        if len(names) > 1
        else [parameter.value for (parameter,) in combinations],
        indirect=True,
        ids=[pytest.HIDDEN_PARAM]
        if hidden
        else unique(_id(names, combination) for combination in combinations),
        scope=scope,  # type: ignore[arg-type]
    )


def _id(names: list[str], combination: tuple[Parameter, ...]) -> str:
    """The id of a combination. Each fact names its account, so the account itself is left out."""
    ids = dict(zip(names, (parameter.id for parameter in combination), strict=True))
    return "-".join(text for name, text in ids.items() if name != "eci_account" or len(ids) == 1)


def _has_own_values(metafunc: pytest.Metafunc, name: str) -> bool:
    """Whether the test's own `parametrize` gives the values."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", ())
        if name in ([part.strip() for part in names.split(",")] if isinstance(names, str) else names):
            return True
    return False
