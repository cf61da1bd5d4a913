"""Who can, or cannot, do what: expectations decided offline by the policy evaluator (sections 3, 4 and 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ..inventory.facts import Unreadable, User
from ..inventory.kinds import KINDS
from ..messages import escape, pluralize
from ..policy.authorization import Call
from ..policy.choices import Free
from ..policy.decision import Principal
from ..policy.evaluator import Decision
from ..results import Outcome, Reason, Resource
from .in_the_end import in_the_end, judge_in_the_end
from .support.call_words import MOST_EXPLAINED, call_words, deciding_words
from .support.case import Case
from .support.expectations import ExpectedCalls, carried, expectation_id, expected_calls, is_meant
from .support.principals import CALLS
from .support.registry import check, has_section
from .support.resources import role_resource, user_resource
from .support.verdicts import Finding, Verdict, failed, passed, skipped, unknown

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
    remediation="Change the policy that the message names, or detach it, or change the expectation.",
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
        yield skipped("`access` has no expectation", config_path=("access",)).on(Resource("user", "*"))
    for index, expectation in enumerate(case.intent.access or ()):
        for finding in _evaluate_expectation(case, expectation):
            yield replace(finding, expectation=expectation_id(expectation), config_path=("access", index))


def _evaluate_expectation(case: Case, expectation: Expectation) -> Iterator[Finding]:
    base = carried(case, expectation)
    calls = ExpectedCalls() if isinstance(base, str) else expected_calls(case, expectation, base)
    everybody = Resource("user" if expectation.users is not None else "role", "*")
    if not isinstance(base, str) and calls.nothing:
        yield skipped("no recorded resource fits the expectation", rests_on_emptiness=True).on(everybody)
        return
    for cause in dict.fromkeys(calls.unread):
        yield unknown(cause, because="resources that the expectation is about are missing").on(
            replace(everybody, region=cause.region)
        )
    anybody, evaluations = False, dict[Principal, _Evaluation]()
    for subject in _subjects(case, expectation):
        anybody = True
        if isinstance(base, str):
            yield unknown(because=base).on(subject.resource)
        elif subject.hindrance is not None:
            yield subject.hindrance.on(subject.resource)
        else:
            if in_the_end(expectation):
                yield judge_in_the_end(case, expectation, calls, subject.resource)
                continue
            principal = _principal(case, subject.resource)
            if principal not in evaluations:
                evaluations[principal] = _evaluate_calls(case, expectation, calls, principal)
            yield evaluations[principal].verdict(escape(subject.resource.id)).on(subject.resource)
    if not anybody:
        yield skipped(f"the expectation fits no {everybody.type} of the account").on(everybody)


def _principal(case: Case, resource: Resource) -> Principal:
    grants = case.grants
    return case.access.holder(
        grants.user(resource.id) if resource.type == "user" else grants.role(resource.id)
    )


@dataclass(frozen=True)
class _Subject:
    """A user or role that an expectation is about. `hindrance` is why nothing can be said of it, if so."""

    resource: Resource
    hindrance: Verdict | None = None


def _subjects(case: Case, expectation: Expectation) -> Iterator[_Subject]:
    """Every user, or role, that the expectation is about, or may be."""
    users = expectation.users is not None
    listed = case.inventory.users if users else case.inventory.roles
    if isinstance(listed, Unreadable):
        yield _Subject(Resource("user" if users else "role", "*"), _not_known_whether_meant(listed))
        return
    names = [
        principal.user_name if isinstance(principal, User) else principal.role_name for principal in listed
    ]
    type_ = "IMSUser" if users else "ServiceRole"
    attachments = case.inventory.attachments.items
    attached = {grant.principal_name for grant in attachments if grant.principal_type == type_}
    unlisted = sorted(attached - set(names))
    for name in (*names, *unlisted):
        meant = is_meant(case, expectation, name)
        hindrance = None
        if isinstance(meant, Unreadable):
            hindrance = _not_known_whether_meant(meant)
        elif name in unlisted:
            because = (
                f"a policy is attached to this {'user' if users else 'role'}, and the list does not show it"
            )
            hindrance = unknown(because=because)
        if meant is not False:
            yield _Subject(user_resource(name) if users else role_resource(name), hindrance)


def _not_known_whether_meant(cause: Unreadable) -> Verdict:
    return unknown(cause, because="it is not known whether the expectation is about it")


@dataclass(frozen=True)
class _Answer:
    """How one call is decided."""

    call: Call
    resources: tuple[str, ...]
    decision: Decision

    @property
    def words(self) -> str:
        """The call and why it is decided so: "eci:X on 'eci-1': allowed by …"."""
        return f"{call_words(self.call, self.resources)}: {self.decision.reason}"

    def as_reason(self, *, explained: bool) -> Reason:
        """The call, what decides it, and every resource for which it does."""
        decides = deciding_words(self.decision, explained=explained)
        return Reason(f"{call_words(self.call, ())}: {decides}", self.resources)


@dataclass(frozen=True)
class _Evaluation:
    """The answers to an expectation for everybody who has the same grants."""

    outcome: Outcome
    expected: Literal["can", "cannot"]
    words: str
    causes: tuple[Unreadable, ...] = ()
    reasons: tuple[Reason, ...] = ()

    def verdict(self, name: str) -> Verdict:
        """The verdict on one of them."""
        if self.outcome == "passed":
            return passed(f"{name} {self.expected} {self.words}")
        if self.outcome == "failed":
            actual = "cannot" if self.expected == "can" else "can"
            message = f"{name} {actual} {self.words}; expected: {self.expected}"
            return failed(message, reasons=self.reasons)
        because = f"it is not known whether {name} can {self.words}; expected: {self.expected}"
        return unknown(*self.causes, because=because, reasons=self.reasons)


def _evaluate_calls(
    case: Case, expectation: Expectation, calls: ExpectedCalls, principal: Principal
) -> _Evaluation:
    """Decide every call of an expectation for a principal."""
    expected: Literal["can", "cannot"] = "can" if expectation.can is not None else "cannot"
    expected_outcome = "allowed" if expected == "can" else "denied"

    def answers(ids_by_call: Mapping[Call, tuple[str, ...]]) -> list[_Answer]:
        return [
            _Answer(call, ids, _decide(case, expectation, principal, call))
            for call, ids in ids_by_call.items()
        ]

    known = answers(calls.calls)
    plain = (*known, *answers(calls.never_read))
    if wrong := [
        answer for answer in plain if answer.decision.outcome not in (expected_outcome, "undecidable")
    ]:
        return _Evaluation("failed", expected, _join_answers(wrong), reasons=_reasons(wrong))
    if open_ := [answer for answer in known if answer.decision.outcome == "undecidable"]:
        return _Evaluation("unknown", expected, _join_answers(open_), principal.causes, _reasons(open_))
    if substitutes := [
        answer for answer in answers(calls.by_other_names.calls) if answer.decision.outcome != "denied"
    ]:
        allowed = [answer for answer in substitutes if answer.decision.outcome == "allowed"]
        outcome: Outcome = "failed" if allowed else "unknown"
        words, reasons = _join_answers(allowed or substitutes), _reasons(allowed or substitutes)
        return _Evaluation(outcome, expected, words, principal.causes, reasons)
    unread = answers(dict.fromkeys((*calls.unread_calls, *calls.by_other_names.unread_calls), ()))
    if any(answer.decision.outcome != expected_outcome for answer in unread):
        words = "do it to resources that could not be read"
        return _Evaluation("unknown", expected, words, tuple(calls.unread))
    words = _join_answers(known) if known else "do it to any resource that the expectation may be about"
    return _Evaluation("passed", expected, words)


def _decide(case: Case, expectation: Expectation, principal: Principal, call: Call) -> Decision:
    if expectation.request == "any":
        return case.access.decide_whatever(principal, call, Free(request=True))
    return case.access.decide_call(principal, call)


def _join_answers(answers: list[_Answer]) -> str:
    words = "; ".join(answer.words for answer in answers[:3])
    more = len(answers) - 3
    return f"{words}; and {pluralize(more, 'more call')}" if more > 0 else words


def _reasons(answers: list[_Answer]) -> tuple[Reason, ...]:
    explained = len(answers) <= MOST_EXPLAINED
    return tuple(answer.as_reason(explained=explained) for answer in answers)
