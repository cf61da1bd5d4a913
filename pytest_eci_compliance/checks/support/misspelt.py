"""Principals that the configuration means, as it seems, under a name that nobody has.

What such a principal holds is not to be taken away: the name in the configuration is to be corrected. But a name that
is near may also be an intruder's, chosen to look like one that is known. So the correction stands under a condition,
and the remediation of the check follows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ...messages import quote
from ...spelling import near_words
from .existing import Noun
from .mentions import Mention, entries
from .verdicts import Finding

if TYPE_CHECKING:
    from .case import Case
    from .principals import CheckedPrincipal

ALIKE = 0.75
"""From which likeness, of 1, a short name is a slip of the fingers: `pord` and `prod` are 0.75."""
POLICIES_ALIKE = 0.85
"""The same for names of policies, which are long."""


class Misspelt(NamedTuple):
    """A name that the configuration writes and that nobody has, and the name that is near to it."""

    noun: Noun
    written: str
    meant: str

    @property
    def question(self) -> str:
        """The end of a message."""
        return (
            f"; the configuration names {self.noun} {quote(self.written)}, which does not exist: did you mean"
            f" {quote(self.meant)}?"
        )

    @property
    def remediation(self) -> str:
        """What to do where the name is misspelt; the remediation of the check has to follow."""
        return (
            f"If the configuration means {self.noun} {quote(self.meant)} by {quote(self.written)}, correct the name"
            " there. If not, do what follows."
        )


def missing_names(case: Case) -> tuple[Mention, ...]:
    """The names in `match` of `users` and `roles` that the completely read account lacks."""
    return tuple(
        mention
        for entry in entries(case.intent)
        for mention in entry.mentions
        if mention.path[:1] in (("users",), ("roles",)) and "match" in mention.path
        if not mention.is_glob and case.existing.exists(mention.noun, mention.text) is False
    )


def corrected(case: Case, principal: CheckedPrincipal, finding: Finding) -> Finding:
    """A failure of a principal with the correction of the configuration before its remediation, where the principal
    may be meant under a misspelt name, or through a misspelt group."""
    if finding.outcome != "failed" or not case.missing_names:
        return finding
    slip = next(_slips(case, principal), None)
    if slip is None:
        return finding
    return replace(finding, message=finding.message + slip.question, correction=slip.remediation)


def _slips(case: Case, principal: CheckedPrincipal) -> Iterator[Misspelt]:
    written = {name for entry in principal.entries for name in entry.intent.match}
    noun: Noun = "role" if principal.section == "roles" else "user"
    if principal.name not in written:
        yield from _near(case.missing_names, noun, principal.name)
    for group in sorted(case.grants.groups_of(principal.name)) if noun == "user" else ():
        if f"group/{group}" not in written:
            yield from _near(case.missing_names, "group", group)


def _near(missing: Iterable[Mention], noun: Noun, name: str) -> Iterator[Misspelt]:
    names = [mention.text for mention in missing if mention.noun == noun]
    yield from (Misspelt(noun, written, name) for written in near_words(name, names, ALIKE, most=1))
