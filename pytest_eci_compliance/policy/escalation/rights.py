"""What states may be allowed at all, looked up once for all states with the same grants."""

from __future__ import annotations

from ..decision import Principal
from .account import AccountIndex
from .states import State


class Rights:
    """The actions that states may be allowed."""

    def __init__(self, account: AccountIndex) -> None:
        self._account = account
        self._may: dict[tuple[Principal, tuple[str, ...]], bool] = {}
        self._everything: dict[tuple[Principal, bool], bool] = {}

    def may(self, state: State, actions: tuple[str, ...]) -> bool:
        """Whether a state may be allowed one of these actions at all."""
        principal = self._account.principal(state)
        key = (principal, actions)
        may = self._may.get(key)
        if may is None:
            may = self._may[key] = any(principal.may_allow(action) for action in actions)
        return may

    def has_everything(self, state: State, *, at_best: bool) -> bool:
        """Whether a state allows everything, and denies nothing; at best, whether it may."""
        principal = self._account.principal(state)
        key = (principal, at_best)
        everything = self._everything.get(key)
        if everything is None:
            everything = self._everything[key] = _has_everything(principal, at_best=at_best)
        return everything


def _has_everything(principal: Principal, *, at_best: bool) -> bool:
    statements = [(grant, statement) for grant in principal.grants for statement in grant.document.statements]
    denied = {grant.bundle for grant, statement in statements if statement.effect == "Deny"}
    if None in denied:
        return False
    allowing = any(
        grant.scope is None
        and grant.bundle not in denied
        and statement.effect == "Allow"
        and not statement.problem
        and not statement.not_action
        and not statement.conditions
        and "*" in (statement.actions or ())
        and "*" in (statement.resources or ())
        for grant, statement in statements
    )
    unclear = any(grant.scope is None and statement.effect is None for grant, statement in statements)
    has_gap = any(gap.account for gap in principal.gaps)
    return (
        (allowing or has_gap or unclear)
        if at_best
        else allowing and not unclear and not principal.gaps and principal.account.control_policies is None
    )
