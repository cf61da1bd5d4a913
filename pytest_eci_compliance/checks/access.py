"""Who can, or cannot, do what: expectations decided offline by the policy evaluator (sections 3, 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..inventory.facts import Unreadable
from ..inventory.kinds import KINDS
from ..messages import pluralize
from ..policy.authorization import Call
from ..policy.decision import Principal
from ..policy.evaluator import Decision
from ..policy.worst_case import Free
from ..results import Resource
from .in_the_end import in_the_end, judge_in_the_end
from .support.case import Case
from .support.expectations import Asked, asked, call_words, carried, expectation_id, is_meant
from .support.principals import CALLS
from .support.registry import check, has_section
from .support.resources import role_resource, user_resource
from .support.verdicts import Finding, failed, passed, skipped, unknown

if TYPE_CHECKING:
    from ..config.model import Expectation

_CALLS = (
    *CALLS["users"],
    *CALLS["roles"],
    "ram:GetPolicy",
    "ram:GetRole",
    "ram:ListPolicyVersions",
    "resourcemanager:ListResourceGroups",
    *(call for kind in KINDS.values() for call in kind.calls),
)


@check(
    "access",
    severity="high",
    section="3, 4 and 5",
    calls=tuple(dict.fromkeys(_CALLS)),
    remediation="Change the policy that the message names, or who holds it, or the expectation.",
    enabled_when=has_section("access"),
    resource_type="user",
)
def access(case: Case) -> Iterator[Finding]:
    """The evaluator decides as expected for every action and resource that an expectation names.

    One row per expectation and user (or role). What the documents or the evidence leave open is neither
    `can` nor `cannot`: such a row is unknown. `cannot` is decided in the end: by any chain of escalation steps, unless
    the expectation says `paths: direct`.
    """
    if not case.intent.access:
        yield skipped("`access` says nothing", config_path=("access",)).on(Resource("user", "*"))
    for index, one in enumerate(case.intent.access or ()):
        for finding in _expectation(case, one):
            yield replace(finding, expectation=expectation_id(one), config_path=("access", index))


def _expectation(case: Case, one: Expectation) -> Iterator[Finding]:
    base = carried(case, one)
    found = Asked() if isinstance(base, str) else asked(case, one, base)
    everybody = Resource("user" if one.users is not None else "role", "*")
    if not isinstance(base, str) and found.nothing:
        yield skipped("no recorded resource fits the expectation", rests_on_emptiness=True).on(everybody)
        return
    for cause in dict.fromkeys(found.unread):
        yield unknown(cause, because="resources that it is about are missing").on(
            replace(everybody, region=cause.region)
        )
    anybody, said = False, dict[Principal, Finding]()
    for name, resource, doubt in _people(case, one):
        anybody = True
        if isinstance(base, str):
            yield unknown(because=base).on(resource)
        elif doubt is not None:
            yield unknown(doubt, because="whether the expectation is about it is not known").on(resource)
        elif not name:
            yield unknown(because="a grant names it, and the list of its kind does not show it").on(resource)
        else:
            if in_the_end(one):
                yield replace(judge_in_the_end(case, one, found, resource), resource=resource)
                continue
            principal = _principal(case, resource)
            if principal not in said:
                said[principal] = _judged(case, one, found, principal)
            yield replace(said[principal], resource=resource)
    if not anybody:
        what = "user" if one.users is not None else "role"
        yield skipped(f"the expectation fits no {what} of the account").on(everybody)


def _principal(case: Case, resource: Resource) -> Principal:
    grants = case.grants
    return case.access.holder(
        grants.user(resource.id) if resource.type == "user" else grants.role(resource.id)
    )


def _people(case: Case, one: Expectation) -> Iterator[tuple[str, Resource, Unreadable | None]]:
    """Everybody the expectation is about: the name (empty for who is not listed), and what is in doubt."""
    users = one.users is not None
    listed = case.inventory.users if users else case.inventory.roles
    if isinstance(listed, Unreadable):
        yield "", Resource("user" if users else "role", "*"), listed
        return
    names = [getattr(each, "user_name" if users else "role_name") for each in listed]
    kind = "IMSUser" if users else "ServiceRole"
    known, grants = set(names), case.inventory.attachments.items
    granted = {each.principal_name for each in grants if each.principal_type == kind}
    for name in (*names, *sorted(granted - known)):
        meant = is_meant(case, one, name)
        if meant is not False:
            resource = user_resource(name) if users else role_resource(name)
            doubt = meant if isinstance(meant, Unreadable) else None
            yield name if name in known else "", resource, doubt


@dataclass(frozen=True)
class _Answer:
    """How one call is decided; `words` says it."""

    call: Call
    resources: list[str]
    decision: Decision

    @property
    def words(self) -> str:
        return f"{call_words(self.call, self.resources)}: {self.decision.why}"


def _judged(case: Case, one: Expectation, found: Asked, principal: Principal) -> Finding:
    """What is to be said of everybody who holds what this principal holds."""
    nobody = Resource("user", "*")
    expected = "allowed" if one.can is not None else "denied"

    def answers(calls: Mapping[Call, list[str]]) -> list[_Answer]:
        return [_Answer(call, named, _decide(case, one, principal, call)) for call, named in calls.items()]

    known = answers(found.calls)
    plain = (*known, *answers(found.never_read))
    if wrong := [each for each in plain if each.decision.outcome not in (expected, "undecidable")]:
        can = "cannot" if one.can is not None else "can"
        return failed(f"it {can} {_told(wrong)}").on(nobody)
    if turning := [each for each in known if each.decision.outcome == "undecidable"]:
        return unknown(*principal.causes, because=f"it cannot be decided: {_told(turning)}").on(nobody)
    if any(each.decision.outcome != expected for each in answers({call: [] for call in found.unread_calls})):
        because = "resources that the expectation is about could not be read"
        return unknown(*found.unread, because=because).on(nobody)
    can = "can" if one.can is not None else "cannot"
    if not known:
        return passed(f"as expected, it {can} do it to any resource that the expectation may be about").on(
            nobody
        )
    return passed(f"as expected, it {can} {_told(known)}").on(nobody)


def _decide(case: Case, one: Expectation, principal: Principal, call: Call) -> Decision:
    if one.request == "any":
        return case.access.decide_whatever(principal, call, Free(request=True))
    return case.access.decide_call(principal, call)


def _told(answers: list[_Answer]) -> str:
    words = "; ".join(each.words for each in answers[:3])
    more = len(answers) - 3
    return f"{words}; and {pluralize(more, 'more call')}" if more > 0 else words
