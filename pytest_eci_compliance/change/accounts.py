"""Which account and which region a change is for: what a plan shows of its providers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .model import PlanError, Unknown
from .resolver import RawChange, Resolver
from .resources import TYPES
from .values import module_path

_ACCOUNT_ID = re.compile(r"\d{10,20}")
_ARN = re.compile(r"acs:ram::(\d{10,20}):")
_DOMAIN = re.compile(r"@(?:\w+\.)?(\d{10,20})\.onaliyun(?:service)?\.com$")
_OF_NO_ACCOUNT = frozenset(
    {
        *("region", "account_id", "endpoints", "protocol", "configuration_source", "skip_region_validation"),
        *(
            "client_read_timeout",
            "client_connect_timeout",
            "max_retry_timeout",
            "source_ip",
            "secure_transport",
        ),
    }
)
"""Arguments of a provider that choose no credentials."""
_ACCOUNT_DATA = {"alicloud_account": "id", "alicloud_caller_identity": "account_id"}


class Providers:
    """The providers of a plan: for which account and region each is shown to be."""

    def __init__(self, file: str, plan: Mapping[str, Any], resolver: Resolver) -> None:
        self._file = file
        self._resolver = resolver
        self._providers: Mapping[str, Any] = plan["configuration"]["provider_config"]
        self._accounts: dict[str, set[str]] = {}
        for key, account in self._of_data(plan["prior_state"]["values"]["root_module"]):
            self._accounts.setdefault(key, set()).add(account)
        for key in self._providers:
            self._accounts.setdefault(key, set()).update(self._of_provider(key))
        for change in resolver.changes:
            if change.mode == "managed" and change.type in TYPES:
                self._accounts.setdefault(self._key(change), set()).update(_of_change(change))

    def account_of(self, change: RawChange) -> str | None:
        """The account id that a change is shown to be for; None where nothing shows it.

        Raises PlanError where the plan shows two.
        """
        key = self._key(change)
        # Without a provider, as for what is no longer configured, a change speaks for itself alone.
        accounts = self._accounts.get(key, set()) if key else set(_of_change(change))
        accounts = accounts or self._of_same_credentials(key)
        if len(accounts) > 1:
            raise PlanError(
                f"--eci-plan {self._file}: the provider {key or 'alicloud'} of the plan is shown to be for the accounts"
                f" {' and '.join(sorted(accounts))}: make one plan per account, with one provider alias each"
            )
        return next(iter(accounts), None)

    def differ(self, changes: Iterable[RawChange]) -> bool:
        """Whether the providers of these changes have different credentials: they may be for several accounts."""
        keys = {self._key(change) for change in changes if change.type in TYPES}
        return len({repr(self._credentials(key) or key) for key in keys}) > 1

    def _of_same_credentials(self, key: str) -> set[str]:
        """The accounts of the providers with the credentials of this one: aliases for other regions, for example.

        A change without a provider has the credentials of all, where those are the same.
        """
        own = [key] if key else [provider for provider in self._providers if "alicloud" in provider]
        credentials = [self._credentials(provider) for provider in own]
        if not credentials or any(value is None or value != credentials[0] for value in credentials):
            return set()
        same = (provider for provider in self._providers if self._credentials(provider) == credentials[0])
        accounts = {account for provider in same for account in self._accounts.get(provider, ())}
        return accounts if len(accounts) == 1 else set()

    def _credentials(self, key: str) -> tuple[object, Mapping[str, Any]] | None:
        """The arguments of a provider from which its account follows; None where the plan does not show them."""
        expressions = {
            name: value for name, value in self._expressions(key).items() if name not in _OF_NO_ACCOUNT
        }
        if any(not value for value in expressions.values()):
            return None
        return self._providers.get(key, {}).get("module_address"), expressions

    def region_of(self, change: RawChange) -> str | None:
        """The region that the provider of a change names; None where it comes from the environment."""
        for side in (change.after, change.before):
            if side is not None and isinstance(side.get("region_id"), str):
                return str(side["region_id"])
        key = self._key(change)
        value = self._value(key, self._expressions(key).get("region"), "region")
        return value if isinstance(value, str) and value else None

    def _key(self, change: RawChange) -> str:
        resource = self._resolver.resource(change)
        key = str((resource or {}).get("provider_config_key", ""))
        if not key:
            known = [provider for provider in self._providers if "alicloud" in provider]
            return known[0] if len(known) == 1 else ""
        return key if key in self._providers else key.rpartition(":")[2]

    def _expressions(self, key: str) -> Mapping[str, Any]:
        expressions: Mapping[str, Any] = self._providers.get(key, {}).get("expressions", {})
        return expressions

    def _value(self, key: str, expression: Any, wanted: str) -> Any:
        module = self._providers.get(key, {}).get("module_address")
        return self._resolver.evaluate(module_path(module), None, expression, wanted)

    def _of_provider(self, key: str) -> Iterator[str]:
        expressions = self._expressions(key)
        account = self._value(key, expressions.get("account_id"), "account_id")
        if isinstance(account, str) and _ACCOUNT_ID.fullmatch(account):
            yield account
        blocks = expressions.get("assume_role") or ()
        for block in blocks if isinstance(blocks, list) else [blocks]:
            if isinstance(block, Mapping):
                arn = self._value(key, block.get("role_arn"), "role_arn")
                yield from _ARN.findall(arn) if isinstance(arn, str) else ()

    def _of_data(self, module: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for resource in module["resources"]:
            attribute = _ACCOUNT_DATA.get(resource["type"])
            if resource["mode"] == "data" and attribute is not None:
                value = resource["values"].get(attribute)
                address, type_, name = resource["address"], resource["type"], resource["name"]
                raw = RawChange(address, module_path(address), "data", type_, name, None, (), None, None)
                if isinstance(value, str) and _ACCOUNT_ID.fullmatch(value):
                    yield self._key(raw), value
        for child in module["child_modules"]:
            yield from self._of_data(child)


def _of_change(change: RawChange) -> Iterator[str]:
    """The account ids that the attributes of a change show."""
    for side in (change.before, change.after):
        for name, pattern in (("account_id", None), ("arn", _ARN), ("principal_name", _DOMAIN)):
            value = None if side is None else side.get(name)
            if not isinstance(value, str) or isinstance(value, Unknown):
                continue
            if pattern is None:
                yield from [value] if _ACCOUNT_ID.fullmatch(value) else ()
            else:
                yield from pattern.findall(value)
        scope = None if side is None else side.get("resource_group_id")
        if isinstance(scope, str) and _ACCOUNT_ID.fullmatch(scope):
            yield scope
