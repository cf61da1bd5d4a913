"""Whom the trust policy of a RAM role lets in: users, roles and services of the account.

The forms of principals are those of "Assume a RAM role" and of the page of CreateRole at help.aliyun.com. What has no
documented meaning (wildcards, role sessions, other accounts, conditions, a policy that could not be read) is None: it
may let in, or keep out, anybody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias

from ..inventory.facts import Unreadable
from ..unique_json import loads
from .conditions import Condition, Context, holds
from .document import conditions_in
from .patterns import matches
from .three_valued import Assumptions, Truth, all_of, any_of
from .trust_document import ASSUME_ROLE, named_principals, statements_of

_Fits: TypeAlias = "Callable[[tuple[str, str]], Truth]"
_OF_AN_ACCOUNT = re.compile(r"acs:ram::([0-9]+):(root|(user|role)/[^/*?$]+)")
_WITH_PROVIDER = ("sts:assumerolewithsaml", "sts:assumerolewithoidc")
_ELEMENTS = frozenset({"Effect", "Action", "Principal", "Condition"})


@dataclass(frozen=True)
class TrustStatement:
    """One statement of a trust policy. `principals` are pairs of a kind (`RAM`, `Service`, `Federated`) and a name.
    `allows` is None where the effect is not known, `clear` False where it has conditions or something else in it is
    not documented. `conditions` are those of a statement that is clear apart from them, None of any other.
    `by_provider` is whether it names a call of identity providers itself, and not only the sts:AssumeRole that the
    documents print for them: any of these calls in an Allow, all of them in a Deny."""

    allows: Truth
    principals: tuple[tuple[str, str], ...]
    clear: bool = True
    conditions: tuple[Condition, ...] | None = ()
    by_provider: bool = False


@dataclass(frozen=True)
class TrustPolicy:
    """The statements of a trust policy about sts:AssumeRole; None where nothing of it is known."""

    statements: tuple[TrustStatement, ...] | None
    account_id: str

    @property
    def names(self) -> frozenset[str]:
        """The users and roles that are named, as `user/name` or `role/name` in lower case."""
        return frozenset(
            name.rpartition(":")[2].lower()
            for statement in self.statements or ()
            for kind, name in statement.principals
            if kind == "RAM"
        )

    @property
    def written_users(self) -> frozenset[str]:
        """The names of the users of the account that are named, as they are written."""
        start = f"acs:ram::{self.account_id}:user/"
        return frozenset(
            name.removeprefix(start)
            for statement in self.statements or ()
            for kind, name in statement.principals
            if kind == "RAM" and name.startswith(start) and not {"*", "?", "$"} & set(name)
        )

    def lets_in(self, kind: str, name: str, *, of_other_accounts: Truth = None) -> Truth:
        """Whether a user or a role (`kind`) of the account may assume the role, as far as its trust is concerned.

        `of_other_accounts` says whether a principal of another account is this identity: that is not documented.
        """

        return self._decided(self._naming(kind, name, of_other_accounts))

    def lets_in_where(self, kind: str, name: str, context: Context) -> Truth:
        """Whether a user or a role (`kind`) of the account may assume the role in a call with this context."""
        return self._decided(self._naming(kind, name, of_other_accounts=False), context)

    def conditions_for(self, kind: str, name: str) -> tuple[Condition, ...]:
        """The conditions of the statements that may be about a user or a role (`kind`) of the account."""
        fits = self._naming(kind, name, of_other_accounts=False)
        return tuple(
            condition
            for statement in self.statements or ()
            if any_of(map(fits, statement.principals)) is not False
            for condition in statement.conditions or ()
        )

    def _naming(self, kind: str, name: str, of_other_accounts: Truth) -> _Fits:
        """The test whether a principal of the policy is this identity."""

        def is_identity(principal: tuple[str, str]) -> Truth:
            if principal[0] == "RAM" and _is_foreign(principal[1], self.account_id):
                return of_other_accounts
            return _is_identity(principal, self.account_id, kind, name)

        return is_identity

    @property
    def providers(self) -> tuple[str | None, ...]:
        """The ARNs of the identity providers that may be let in; None among them stands for any provider, where it is
        not known which principals the policy names."""
        if self.statements is None:
            return (None,)
        named = [
            name if kind == "Federated" else None
            for statement in self.statements
            for kind, name in statement.principals
            if statement.allows is not False
            and kind not in ("RAM", "Service")
            and not self._keeps_out(name, statement)
        ]
        return tuple(dict.fromkeys(named))

    def _keeps_out(self, provider: str, allowing: TrustStatement) -> bool:
        """Whether a Deny certainly keeps out a provider that a statement allows."""
        return any(
            ("Federated", provider) in statement.principals
            and (statement.by_provider or not allowing.by_provider)
            for statement in self.statements or ()
            if statement.allows is False and statement.clear
        )

    def lets_in_service(self, service: str) -> Truth:
        """Whether a service, for example `ecs.aliyuncs.com`, may assume the role."""
        return self._decided(lambda principal: _is_service(principal, service))

    def _decided(self, fits: _Fits, context: Context | None = None) -> Truth:
        if self.statements is None:
            return None
        allowed = any_of(
            _applies(statement, fits, context)
            for statement in self.statements
            if statement.allows is not False
        )
        denied = any_of(
            _applies(statement, fits, context)
            for statement in self.statements
            if statement.allows is not True
        )
        return all_of((allowed, None if denied is None else not denied))


def _applies(statement: TrustStatement, fits: _Fits, context: Context | None) -> Truth:
    """Whether a statement is about a principal; with a context, in a call with it."""
    named = any_of(fits(principal) for principal in statement.principals)
    if named is False:
        return False
    truths = [named, True if statement.allows is not None else None]
    if context is None or statement.conditions is None:
        return all_of([*truths, True if statement.clear else None])
    return all_of(
        [*truths, *(holds(condition, context, Assumptions()) for condition in statement.conditions)]
    )


def is_of_another_account(provider: str, account_id: str) -> bool:
    """Whether the ARN of an identity provider names another account."""
    parts = provider.split(":")
    return len(parts) > 4 and parts[3].isdigit() and parts[3] != account_id


def _is_foreign(written: str, account_id: str) -> bool:
    """Whether a principal is written as an identity, or the root, of another account."""
    parts = _OF_AN_ACCOUNT.fullmatch(written)
    return parts is not None and parts[1] != account_id


def _is_identity(principal: tuple[str, str], account_id: str, kind: str, name: str) -> Truth:
    written_kind, written = principal
    if written_kind in ("Service", "Federated"):
        return False
    if written_kind != "RAM":
        return None
    own = f"acs:ram::{account_id}:"
    if written in (f"{own}root", f"{own}{kind}/{name}"):
        return True
    if not written.startswith(own):
        return None  # another account, a wildcard, or a form that is not documented
    rest = written.removeprefix(own)
    if rest.lower() == f"{kind}/{name}".lower():
        return None
    if "*" in rest or "?" in rest or "${" in rest:
        return None if "${" in rest or matches(rest.lower(), f"{kind}/{name}".lower()) else False
    return False if rest.startswith(("user/", "role/")) and rest.count("/") == 1 else None


def _is_service(principal: tuple[str, str], service: str) -> Truth:
    kind, name = principal
    if kind in ("RAM", "Federated"):
        return False  # services are named by `Service` alone: a wildcard under RAM is about RAM identities
    if kind != "Service":
        return None
    if name == service:
        return True
    return None if "*" in name or "?" in name or name.lower() == service else False


def trust_policy(document: str | Unreadable | None, account_id: str) -> TrustPolicy:
    """The trust policy of a role: its JSON text, or what stands for one that was not read."""
    return _parsed(document if isinstance(document, str) else None, account_id)


@lru_cache(maxsize=4096)
def _parsed(document: str | None, account_id: str) -> TrustPolicy:
    if document is None:
        return TrustPolicy(None, account_id)
    try:
        data = loads(document)
        return TrustPolicy(tuple(_statements(data)), account_id)
    except (ValueError, RecursionError):
        return TrustPolicy(None, account_id)


def _statements(data: object) -> Iterator[TrustStatement]:
    if not isinstance(data, dict) or data.get("Version") != "1" or set(data) - {"Version", "Statement"}:
        raise ValueError("not a documented trust policy")
    for part in statements_of(data):
        names = _names_action(part.get("Action"), (ASSUME_ROLE.lower(),))
        if names is not False:
            yield replace(_statement(part, clear=names is True), by_provider=_names_provider_calls(part))
        elif _names_action(part.get("Action"), _WITH_PROVIDER) is not False:
            yield _about_providers(_statement(part, clear=False))


def _statement(part: Mapping[str, object], *, clear: bool) -> TrustStatement:
    effect = part.get("Effect")
    allows = effect == "Allow" if effect in ("Allow", "Deny") else None
    clear = clear and not set(part) - _ELEMENTS
    conditions = conditions_in(part) if clear and part.get("Condition") else ()
    principals = tuple(_principals(part.get("Principal")))
    return TrustStatement(
        allows, principals, clear and not part.get("Condition"), conditions if clear else None
    )


def _about_providers(statement: TrustStatement) -> TrustStatement:
    """A statement that names only the calls of identity providers: the documents print sts:AssumeRole for them."""
    federated = tuple(principal for principal in statement.principals if principal[0] == "Federated")
    return replace(statement, principals=federated, by_provider=True)


def _names_provider_calls(part: Mapping[str, object]) -> bool:
    """Whether a statement names the calls of identity providers: all of them in a Deny, any of them in another one."""
    named = [_names_action(part.get("Action"), (call,)) for call in _WITH_PROVIDER]
    return (
        all(truth is True for truth in named) if part.get("Effect") == "Deny" else any_of(named) is not False
    )


def _names_action(value: object, actions: Iterable[str]) -> Truth:
    """Whether the Action element names one of the actions, which are in lower case."""
    written = value if isinstance(value, list) else [value]
    patterns = [pattern for pattern in written if isinstance(pattern, str)]
    if not patterns or len(patterns) != len(written):
        return None
    return any_of(
        None if "${" in pattern else any(matches(pattern.lower(), action) for action in actions)
        for pattern in patterns
    )


def _principals(value: object) -> Iterable[tuple[str, str]]:
    if not isinstance(value, dict) or not value:
        yield "", ""  # anybody, or nobody: it is not documented
        return
    for kind, name in named_principals(value):
        yield ("", "") if name is None else (kind, name)
