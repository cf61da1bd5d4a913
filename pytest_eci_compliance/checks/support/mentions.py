"""What an entry of the configuration names: users, groups, roles, resource groups, policies and resources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...config.model import Request
from ...globs import has_wildcard
from ...inventory.facts import Kind
from ...inventory.kinds import KINDS
from .existing import Noun
from .expectations import expectation_id
from .verdicts import ConfigPath

if TYPE_CHECKING:
    from ...config.model import Account, Expectation, Resources, RoleIntent, Rule


@dataclass(frozen=True)
class Mention:
    """A name or a glob in an entry. `path` is its place, as keys and indices below the account.

    `kind` is the kind of ECI resources that a resource, its name or its tag is of; None: of any. `written` is the text
    as the configuration has it, where it is another one.
    """

    noun: Noun
    text: str
    path: ConfigPath
    kind: Kind | None = None
    written: str = ""

    @property
    def is_glob(self) -> bool:
        """Whether the text has a wildcard."""
        return has_wildcard(self.text)

    @property
    def key(self) -> str:
        """The place for people: `users[0].match`.

        >>> Mention("user", "ann", ("users", 0, "match")).key
        'users[0].match'
        """
        words = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(words).removeprefix(".")


@dataclass(frozen=True)
class ConfiguredEntry:
    """An entry of `users`, `roles`, `access`, or a rule of a kind of resource, and what it names; or a key of the
    account that names something.

    `guards` is the id of the most severe check that the entry serves. `expectation` is that of `access`, `rule` that
    of a kind of resource, `kind`.
    """

    id: str
    path: ConfigPath
    guards: str
    may_be_empty: bool
    mentions: tuple[Mention, ...]
    expectation: Expectation | None = None
    rule: Rule | None = None
    kind: Kind | None = None


def entries(intent: Account) -> Iterator[ConfiguredEntry]:
    """Every entry of a configuration that names something of the account."""
    nouns: dict[str, Noun] = {"users": "user", "roles": "role"}
    for section, noun in nouns.items():
        for index, entry in enumerate(getattr(intent, section) or ()):
            path: ConfigPath = (section, index)
            mentions = tuple(_of_principals(entry, path, noun))
            yield ConfiguredEntry(
                f"{section}:{','.join(entry.match)}", path, f"{noun}-pass-role", entry.may_be_empty, mentions
            )
    for kind in KINDS.values():
        for index, rule in enumerate(intent.rules(kind.name) or ()):
            path = (kind.section, index)
            guards = f"{kind.name.replace('_', '-')}-required-tags"
            yield ConfiguredEntry(
                f"{kind.section}:{index}",
                path,
                guards,
                rule.may_be_empty,
                tuple(_of_rule(rule, path, kind.name)),
                rule=rule,
                kind=kind.name,
            )
    for index, expectation in enumerate(intent.access or ()):
        path = ("access", index)
        yield ConfiguredEntry(
            f"access:{expectation_id(expectation)}",
            path,
            "access",
            expectation.may_be_empty,
            tuple(_of_expectation(expectation, path)),
            expectation,
        )
    yield from _of_account(intent)


def _of_account(intent: Account) -> Iterator[ConfiguredEntry]:
    """What the account names outside of a list: the default resource group, and policies with a reviewed document."""
    if intent.default_resource_group is not None:
        path: ConfigPath = ("default_resource_group",)
        default = Mention("resource group", intent.default_resource_group, path)
        yield ConfiguredEntry("default_resource_group", path, "access", False, (default,))
    for section, prefix, guards in (
        ("system_policies", "", "system-policy"),
        ("custom_policies", "Custom/", "custom-policy"),
    ):
        mentions = tuple(
            Mention("policy", f"{prefix}{name}", (section, name)) for name in getattr(intent, section) or ()
        )
        if mentions:
            yield ConfiguredEntry(section, (section,), guards, False, mentions)


def _matches(patterns: Iterable[str], path: ConfigPath, noun: Noun) -> Iterator[Mention]:
    """Globs of users, `group/NAME` included, or of roles."""
    for pattern in patterns:
        if noun == "user" and pattern.startswith("group/"):
            yield Mention("group", pattern.removeprefix("group/"), path, written=pattern)
        else:
            yield Mention(noun, pattern, path)


def _of_principals(entry: RoleIntent, path: ConfigPath, noun: Noun) -> Iterator[Mention]:
    yield from _matches(entry.match, (*path, "match"), noun)
    for key in ("policies", "required_policies"):
        yield from (Mention("policy", name, (*path, key)) for name in getattr(entry, key))
    for key in ("resource_groups", "required_resource_groups"):
        for group, policies in (getattr(entry, key) or {}).items():
            yield Mention("resource group", group, (*path, key, group))
            yield from (Mention("policy", name, (*path, key, group)) for name in policies)
    # A glob there is about roles of the future too: only names are looked up.
    yield from (Mention("role", name, (*path, "pass_roles")) for name in _literal(entry.pass_roles))
    nouns: dict[str, Noun] = {"role": "role", "user": "user", "group": "group", "policy": "policy"}
    for target in _literal(entry.may_reach):
        kind, _, name = target.partition("/")
        if name and kind in nouns:
            yield Mention(nouns[kind], name, (*path, "may_reach"))


def _literal(patterns: Iterable[str]) -> Iterator[str]:
    return (pattern for pattern in patterns if not has_wildcard(pattern))


def _of_rule(rule: Rule, path: ConfigPath, kind: Kind) -> Iterator[Mention]:
    yield from _of_resources(rule.resources, (*path, "resources"), kind)
    yield from (
        Mention("resource group", name, (*path, "resource_groups")) for name in rule.resource_groups or ()
    )
    yield from (
        Mention("role", name, (*path, "ram_roles")) for name in getattr(rule, "ram_roles", None) or ()
    )


def _of_expectation(expectation: Expectation, path: ConfigPath) -> Iterator[Mention]:
    noun: Noun = "user" if expectation.users is not None else "role"
    section = f"{noun}s"
    yield from _matches(expectation.users or expectation.roles or (), (*path, section), noun)
    yield from _matches(expectation.except_, (*path, "except"), noun)
    if isinstance(expectation.request, Request):
        request, below = expectation.request, (*path, "request")
        if request.resource_group is not None:
            yield Mention("resource group", request.resource_group, (*below, "resource_group"))
        if request.ram_role is not None:
            yield Mention("role", request.ram_role, (*below, "ram_role"))
    kind = expectation.resources.kind if expectation.resources is not None else None
    yield from _of_resources(expectation.resources, (*path, "resources"), kind)


def _of_resources(resources: Resources | None, path: ConfigPath, kind: Kind | None) -> Iterator[Mention]:
    if resources is None:
        return
    yield from (Mention("resource", id_, (*path, "ids"), kind) for id_ in resources.ids or ())
    yield from (Mention("resource name", name, (*path, "names"), kind) for name in resources.names or ())
    yield from (
        Mention("tag", f"{key}={value}", (*path, "tags", key), kind)
        for key, values in (resources.tags or {}).items()
        for value in values
    )
    yield from (Mention("region", region, (*path, "regions")) for region in resources.regions or ())
    if resources.resource_group is not None:
        yield Mention("resource group", resources.resource_group, (*path, "resource_group"))
    for key in ("ram_role", "role"):
        if (name := getattr(resources, key)) is not None:
            yield Mention("role", name, (*path, key))
