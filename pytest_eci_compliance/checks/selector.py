"""Names in the configuration that the account lacks: a misspelt name guards nothing, and would be silent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..config.model import Account
from ..globs import glob_matches
from ..inventory.facts import Unreadable
from ..inventory.kinds import KINDS
from ..messages import escape, join_words, quote
from ..results import Resource
from .support.case import Case
from .support.existing import OF_RESOURCES
from .support.expectations import carried, expected_calls, is_meant
from .support.mentions import ConfiguredEntry, Mention, entries
from .support.principals import CALLS
from .support.registry import check, has_section
from .support.selectors import BoolOrUnread
from .support.verdicts import Finding, Verdict, failed, passed, skipped, unknown

_CALLS = (
    *CALLS["users"],
    "ram:ListRoles",
    "ram:ListPolicies",
    "resourcemanager:ListResourceGroups",
    *(call for kind in KINDS.values() for call in kind.calls),
)
MATCHES_NOTHING = "matches nothing in the account: "
"""The start of the message that lists globs: each with its place, `; ` between them."""
_MISSING = {"region": "which is not read", "tag": "which no resource has"}
_REMEDIATION = (
    "Correct the name in the configuration, or write `may_be_empty: true` on the entry where the account may lack"
    " it."
)


@check(
    "selector",
    severity="medium",
    section="-",
    calls=_CALLS,
    remediation=_REMEDIATION,
    enabled_when=has_section(
        "users",
        "roles",
        *(kind.section for kind in KINDS.values() if kind.section in Account.model_fields),
        "access",
        "system_policies",
        "custom_policies",
    ),
    resource_type="selector",
)
def selector(case: Case) -> Iterator[Finding]:
    """Every user, role, group, resource group, policy and resource id that the configuration names exists.

    An entry with a name that the completely read account lacks fails, and so does an expectation of `cannot` that
    matches nobody or nothing: it would guard nothing. `may_be_empty: true` on the entry accepts it. A glob, or the
    `resources` of a rule, that matches nothing is one skipped row.
    """
    findings = [finding for entry in entries(case.intent) for finding in _of_entry(case, entry)]
    yield from findings
    if all(finding.outcome == "skipped" for finding in findings):
        message = (
            "every name that the configuration writes out exists in the account; a row each lists what matches nothing"
            if findings
            else "everything that the configuration names exists in the account"
        )
        yield passed(message).on(Resource("selector", "*"))


def _of_entry(case: Case, entry: ConfiguredEntry) -> Iterator[Finding]:
    """The findings on one entry: none where everything that it names exists."""
    if entry.may_be_empty:
        return
    resource = Resource("selector", entry.id)
    of_names = tuple(_of_names(case, entry))
    for verdict in (*of_names, *_of_cannot(case, entry)):
        yield verdict.on(resource)
    # A failure about names must not hide them; one of `cannot` says it itself.
    place = Resource("selector", f"{entry.id}:globs") if of_names else resource
    if empty := [mention for mention in entry.mentions if _matches_nothing(case, mention)]:
        words = "; ".join(f"{mention.key} {quote(mention.written or mention.text)}" for mention in empty)
        message = f"{MATCHES_NOTHING}{words}"
        of_resources = any(mention.noun in OF_RESOURCES for mention in empty)
        yield skipped(message, config_path=empty[0].path, rests_on_emptiness=of_resources).on(place)
    elif pins := _pins_of_unlisted_policies(case, entry):
        yield skipped(f"judges nothing: {pins}", config_path=entry.path).on(place)
    elif not of_names and _selects_nothing(case, entry):
        message = f"the rule judges nothing: no {_noun(entry)} fits every key of its `resources`"
        yield skipped(message, config_path=(*entry.path, "resources"), rests_on_emptiness=True).on(place)


def _is_unlisted_pin(entry: ConfiguredEntry, answer: BoolOrUnread) -> bool:
    """Whether a reviewed system policy is attached to nobody, where the list of system policies is not needed."""
    return entry.id == "system_policies" and isinstance(answer, Unreadable) and answer.code == "NotRead"


def _pins_of_unlisted_policies(case: Case, entry: ConfiguredEntry) -> str:
    """The reviewed system policies that no attachment names and no list was read of, in words; else nothing."""
    return "; ".join(
        f"no policy attachment that was read names policy {quote(mention.text)} of `system_policies`"
        f"{escape(case.existing.near('policy', mention.text))}"
        for mention in entry.mentions
        if _is_unlisted_pin(entry, case.existing.exists("policy", mention.text))
    )


def _noun(entry: ConfiguredEntry) -> str:
    return KINDS[entry.kind].noun if entry.kind is not None else "resource"


def _selects_nothing(case: Case, entry: ConfiguredEntry) -> bool:
    """Whether the `resources` of a rule select none of the resources, all of which were read."""
    if entry.kind is None or entry.rule is None or entry.rule.resources is None:
        return False
    if case.inventory.unread_listings(entry.kind):
        return False
    selection = entry.rule.resources
    return all(
        case.selects(selection, resource) is False for resource in case.inventory.resources(entry.kind)
    )


def _of_names(case: Case, entry: ConfiguredEntry) -> Iterator[Verdict]:
    """A failure of the names that the account lacks; an unknown of those that could not be looked up."""
    answers = [
        (mention, case.existing.exists(mention.noun, mention.text, mention.kind))
        for mention in dict.fromkeys(entry.mentions)
        if not mention.is_glob and not _awaits_resources(case, mention)
    ]
    missing = [mention for mention, answer in answers if answer is False]
    # What rests on an empty list of resources does not stand where the list may hide some.
    for of_resources in (False, True):
        names = [mention for mention in missing if (mention.noun in OF_RESOURCES) is of_resources]
        if names:
            yield replace(_lacking(case, entry, names), rests_on_emptiness=of_resources)
    unread = [
        (mention, answer)
        for mention, answer in answers
        if isinstance(answer, Unreadable) and not _is_unlisted_pin(entry, answer)
    ]
    if unread:
        words = join_words(f"{mention.noun} {quote(mention.text)}" for mention, _ in unread)
        causes = (cause for _, cause in unread)
        yield unknown(
            *causes, because=f"it is not known whether there is {words}", config_path=unread[0][0].path
        )


def _lacking(case: Case, entry: ConfiguredEntry, names: list[Mention]) -> Verdict:
    words = "; ".join(
        f"{mention.key} names {mention.noun} {quote(mention.text)}, "
        f"{_MISSING.get(mention.noun, 'which does not exist')}"
        f"{escape(case.existing.near(mention.noun, mention.text, mention.kind))}"
        for mention in names
    )
    return failed(
        f"{words}; the entry serves {_guarded(entry)}",
        config_path=names[0].path,
        reasons=(f"{mention.noun} {mention.text}" for mention in names),
    )


def _guarded(entry: ConfiguredEntry) -> str:
    """The check that an entry serves, with its severity: how much a misspelt name may hide."""
    from . import CHECKS  # noqa: PLC0415 - the list of checks has this one too

    severity = next(check.severity for check in CHECKS if check.id == entry.guards)
    return f"{entry.guards}, severity {severity}"


def _of_cannot(case: Case, entry: ConfiguredEntry) -> Iterator[Verdict]:
    """A failure where an expectation of `cannot` is about nobody, or about no recorded resource."""
    expectation = entry.expectation
    if expectation is None or expectation.cannot is None:
        return
    noun, key = ("user", "users") if expectation.users is not None else ("role", "roles")
    listed = case.inventory.users if expectation.users is not None else case.inventory.roles
    if isinstance(listed, Unreadable):
        yield unknown(listed, because=f"it is not known whether the expectation matches a {noun}")
        return
    names = (getattr(principal, f"{noun}_name") for principal in listed)
    if all(is_meant(case, expectation, name) is False for name in names):
        yield failed(
            f"the expectation matches no {noun}, so its `cannot` proves nothing",
            config_path=(*entry.path, key),
        )
        return
    base = carried(case, expectation)
    if not isinstance(base, str) and expected_calls(case, expectation, base).nothing:
        message = "the expectation matches no recorded resource, so its `cannot` proves nothing"
        yield replace(failed(message, config_path=entry.path), rests_on_emptiness=True)


def _awaits_resources(case: Case, mention: Mention) -> bool:
    """Whether a name or tag is of a kind of which there is no resource now.

    Instances come and go: that there is none says nothing of how the name is spelled.
    """
    return mention.noun in ("resource name", "tag") and not case.existing.has_resources(mention.kind)


def _matches_nothing(case: Case, mention: Mention) -> bool:
    """Whether a glob, or a name that awaits resources, fits nothing in a list that was read completely."""
    if not mention.is_glob and not _awaits_resources(case, mention):
        return False
    names = case.existing.names(mention.noun, mention.kind)
    if isinstance(names, Unreadable):
        return False
    return not any(glob_matches(mention.text, name) for name in names)
