"""What users and roles reach by privilege escalation, against what is intended (sections 2 and 5)."""

from __future__ import annotations

from collections.abc import Iterable

from ..globs import any_glob_matches
from ..inventory.facts import Unreadable
from ..inventory.kinds import KINDS
from ..messages import escape, join_words, pluralize, quote
from ..policy.escalation import Identity, Path, Reached
from ..policy.escalation.model import ANY_PERMISSION, PASSING
from .in_the_end import as_rows, unread_evidence
from .support.case import Case
from .support.decorators import principal_checks
from .support.principals import CALLS, CheckedPrincipal
from .support.verdicts import Verdict, failed, passed, unknown

_MOST = 3


@principal_checks(
    "{principal}-escalation",
    sections={"user": "2 and 5", "role": "2 and 5"},
    severity="critical",
    calls=(
        *CALLS["users"],
        *CALLS["roles"],
        "ram:GetPolicy",
        "ram:GetRole",
        "ram:ListPolicyVersions",
        *KINDS["instance"].calls,
    ),
    remediation="Remove the permission that the message names, narrow it to the resources that are needed, or add what"
    " is reached to `may_reach` of the entry.",
)
def escalation(principal: CheckedPrincipal, case: Case) -> Verdict:
    """Everything that a {noun} reaches by privilege escalation is named by `may_reach`.

    Chains of steps count: acting as roles and other users, attaching, rewriting and switching policies, joining groups,
    creating identities. A possible step to something unintended makes the row unknown. Only roles that an entry matches
    are judged.
    """
    identity = Identity("user" if principal.type == "IMSUser" else "role", principal.name)
    reached = case.access.escalation.reach(identity)
    beyond = _beyond(principal, reached, certain_entries=True)
    certain = [target for target in _beyond(principal, reached, certain_entries=False) if _fails(target)]
    name, expected = escape(principal.name), _expected(principal)
    if certain:
        paths = as_rows(path for target in certain for path in target.paths)
        reasons = [target.name for target in certain]
        return failed(f"{_words(name, certain)}; {expected}", paths=paths, reasons=reasons)
    if beyond:
        causes = [entry.fits for entry in principal.entries if isinstance(entry.fits, Unreadable)]
        because = (
            f"it is not known whether {name} reaches what is not intended: {_words(name, beyond)}; {expected}"
        )
        paths = as_rows(path for target in beyond for path in target.paths)
        holder = case.access.holder(principal.holdings)
        causes += [*holder.causes, *unread_evidence(case, paths)]
        return unknown(*causes, because=because, paths=paths, reasons=[target.name for target in beyond])
    if not reached:
        return passed(f"{name} reaches nothing by privilege escalation")
    targets = join_words((quote(target.name) for target in reached), most=6)
    paths = as_rows(path for target in reached for path in target.paths)
    return passed(f"{name} reaches only what is intended: {targets}", paths=paths)


def _fails(target: Reached) -> bool:
    """Whether something unintended is certainly reached. Any permission of ECI on a resource group is, though it is not
    certain that it is any permission at all."""
    return target.certain or any(path.only_on_group for path in target.paths)


def _beyond(
    principal: CheckedPrincipal, reached: Iterable[Reached], *, certain_entries: bool
) -> list[Reached]:
    """What is reached beyond what is intended, each with the paths that are not."""
    return [
        Reached(target.name, paths)
        for target in reached
        if (
            paths := tuple(
                path
                for path in target.paths
                if not _is_intended(principal, target.name, path, certain_entries=certain_entries)
            )
        )
    ]


def _is_intended(principal: CheckedPrincipal, reached: str, path: Path, *, certain_entries: bool) -> bool:
    """Whether an entry names what is reached by a path: an entry that fits, or, without `certain_entries`, one that may
    fit."""
    entries = [entry.intent for entry in principal.entries if entry.fits is True or not certain_entries]
    globs = [glob for intent in entries for glob in intent.may_reach]
    if any_glob_matches(globs, reached) or any_glob_matches(globs, ANY_PERMISSION):
        return True
    kind, _, name = reached.partition("/")
    if kind != "role" or not path.steps or path.steps[-1].step not in PASSING:
        return False
    return any_glob_matches([glob for intent in entries for glob in intent.pass_roles], name)


def _words(name: str, reached: list[Reached]) -> str:
    words = []
    for target in reached[:_MOST]:
        path = min(target.paths, key=lambda path: not path.certain)
        verb = "reaches" if path.certain or path.only_on_group else "may reach"
        how = (
            f"in {pluralize(len(path.steps), 'step')}: {path}"
            if path.steps
            else f"by steps that were not followed: {path}"
        )
        words.append(f"{name} {verb} {target.name} {how}")
    more = len(reached) - _MOST
    return "; ".join(words) + (f"; and {more} more" if more > 0 else "")


def _expected(principal: CheckedPrincipal) -> str:
    globs = dict.fromkeys(glob for entry in principal.entries for glob in entry.intent.may_reach)
    return f"intended: only {join_words(map(quote, globs))}" if globs else "intended: nothing"
