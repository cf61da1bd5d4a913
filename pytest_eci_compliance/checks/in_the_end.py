"""What somebody can do in the end, by chains of escalation steps: the `cannot` of an expectation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ..inventory.facts import Inventory, Unreadable, read_or_empty
from ..messages import escape, pluralize
from ..policy.authorization import Call
from ..policy.choices import Free
from ..policy.decision import Principal
from ..policy.escalation import Identity, Path, Reach
from ..policy.escalation.model import ANY_INSTANCE, PASSING
from ..policy.evaluator import Access, Decision
from ..results import EscalationPath, PathStep, Reason, Resource
from .support.call_words import MOST_EXPLAINED, call_words, deciding_words
from .support.case import Case
from .support.expectations import ExpectedCalls
from .support.verdicts import Finding, failed, passed, unknown

if TYPE_CHECKING:
    from ..config.model import Expectation

_MOST_CALLS = 3


def in_the_end(expectation: Expectation) -> bool:
    """Whether an expectation is decided by any chain of steps: the default for `cannot`."""
    return expectation.cannot is not None and expectation.paths != "direct"


def as_rows(paths: Iterable[Path]) -> tuple[EscalationPath, ...]:
    """Paths as rows of reports carry them."""
    # Paths share most of their steps: long ones have thousands together.
    shown: dict[int, PathStep] = {}
    kept = tuple(paths)
    for step in (step for path in kept for step in path.steps):
        if id(step) not in shown:
            shown[id(step)] = PathStep(step.step, step.actor, step.to, step.on, step.by)
    return tuple(
        EscalationPath(path.reaches, path.certain, tuple(shown[id(step)] for step in path.steps))
        for path in kept
    )


def unread_evidence(case: Case, paths: Iterable[EscalationPath]) -> tuple[Unreadable, ...]:
    """Why the evidence could not be read that steps of the paths turn on: versions of policies, trust policies, lists
    of instances, roles, users and policies, members of groups."""
    paths = tuple(paths)
    steps = tuple(dict.fromkeys(step for path in paths for step in path.steps))
    into_any_instance = any(step.on == ANY_INSTANCE for step in steps)
    lists = case.inventory.unread_listings("instance") if into_any_instance else ()
    trusts = _unread_trusts(case.inventory, steps)
    return (*_unread_versions(case, paths), *trusts, *lists, *_unread_lists(case.inventory, steps))


def _unread_trusts(inventory: Inventory, steps: tuple[PathStep, ...]) -> Iterator[Unreadable]:
    """Why the trust policies could not be read of the roles that steps assume, or pass to a service."""
    turning = {step.to for step in steps if step.step in ("assume-role", *PASSING)}
    for name, role in inventory.role_lookups.items():
        if isinstance(role, Unreadable) and any(to.lower() == f"role/{name.lower()}" for to in turning):
            yield role


def _unread_lists(inventory: Inventory, steps: tuple[PathStep, ...]) -> Iterator[Unreadable]:
    """Why the lists could not be read that may have more of what the steps reach, or attach."""
    reached = {step.to.partition("/")[0] for step in steps if step.to != step.actor}
    attaching = [step for step in steps if step.step in ("attach-policy", "create-identity")]
    needed = [
        *([inventory.roles] if "role" in reached else []),
        *([inventory.users] if "user" in reached else []),
        *([inventory.custom_policies, inventory.system_policies] if attaching else []),
    ]
    yield from (listed for listed in needed if isinstance(listed, Unreadable))
    for group in read_or_empty(inventory.groups):
        to_group = any(step.on.endswith(f" to group {group.group_name}") for step in attaching)
        if to_group and isinstance(group.members, Unreadable):
            yield group.members


def _unread_versions(case: Case, paths: Iterable[EscalationPath]) -> tuple[Unreadable, ...]:
    switched = {
        step.on.partition(" ")[0]
        for path in paths
        for step in path.steps
        if step.step == "switch-policy-version"
    }
    causes: list[Unreadable] = []
    for ref, versions in case.inventory.policy_versions.items():
        if str(ref) not in switched:
            continue
        if isinstance(versions, Unreadable):
            causes.append(versions)
            continue
        texts = (version.policy_document for version in versions)
        causes += [text for text in texts if isinstance(text, Unreadable)]
    return tuple(causes)


@dataclass(frozen=True)
class _Answer:
    call: Call
    resources: tuple[str, ...]
    reach: Reach

    @property
    def is_direct(self) -> bool:
        """Whether the call needs no step."""
        return not self.reach.paths[0].steps

    @property
    def words(self) -> str:
        """The call and how it is made, by the shortest path: "eci:X on 'eci-1': allowed by …"."""
        call, path, end = call_words(self.call, self.resources), self.reach.paths[0], self.reach.decisions[0]
        if self.is_direct:
            return f"{call}: {end.reason}"
        return f"{call} in {pluralize(len(path.steps), 'step')}: {path} → {_ends_with(end)}"

    def as_reasons(self, *, explained: bool) -> Iterator[Reason]:
        """The call by each path: its steps, the statement at its end, and every resource for which it is made."""
        call = call_words(self.call, ())
        for path, end in zip(self.reach.paths, self.reach.decisions, strict=False):
            steps = "".join(f" → {step.step} {step.on} {step.to}" for step in path.steps)
            decides = deciding_words(end, explained=explained)
            yield Reason(f"{call}{steps}: {decides}", self.resources)


def _ends_with(decision: Decision) -> str:
    if decision.outcome == "allowed" and decision.policy is not None:
        return f"allowed by statement {decision.statement} of {decision.policy}"
    return decision.why


def judge_in_the_end(
    case: Case, expectation: Expectation, calls: ExpectedCalls, resource: Resource
) -> Finding:
    """The finding on one user or role: a `yes` fails, an undecidable answer is unknown, `no` passes."""
    identity = Identity("user" if resource.type == "user" else "role", resource.id)
    decide = _AnyRequest(case.access) if expectation.request == "any" else None

    def answers(named_calls: Iterable[tuple[Call, tuple[str, ...]]]) -> list[_Answer]:
        """The answers other than `no`: most are."""
        others = []
        for call, named in named_calls:
            reach = case.access.escalation.reaches(identity, call, decide)
            if reach.outcome != "no":
                others.append(_Answer(call, named, reach))
        return others

    known = answers(calls.calls.items())
    substitutes = answers(calls.by_other_names.calls.items())
    plain = [*known, *answers(calls.never_read.items()), *substitutes]
    name = escape(resource.id)
    if wrong := [answer for answer in plain if answer.reach.outcome == "yes"]:
        expected = "; expected: cannot" if all(answer.is_direct for answer in wrong) else ""
        words = f"{name} can {_join_answers(wrong)}{expected}"
        return failed(words, paths=_paths(wrong), reasons=_reasons(wrong)).on(resource)
    if turning := [answer for answer in (*known, *substitutes) if answer.reach.outcome == "undecidable"]:
        because = f"it cannot be decided: {name} may be able to {_join_answers(turning)}"
        paths = _paths(turning)
        causes = (*_causes(case, resource), *unread_evidence(case, paths))
        return unknown(*causes, because=because, paths=paths, reasons=_reasons(turning)).on(resource)
    unread = (*calls.unread_calls, *calls.by_other_names.unread_calls)
    if answers((call, ()) for call in unread):
        because = "resources that the expectation is about could not be read"
        return unknown(*calls.unread, because=because).on(resource)
    asked = len(calls.calls)
    first = islice(calls.calls.items(), _MOST_CALLS)
    denied = "; ".join(call_words(call, named) for call, named in first)
    more = f"; and {pluralize(asked - _MOST_CALLS, 'more call')}" if asked > _MOST_CALLS else ""
    return passed(
        f"as expected, it cannot, directly or by any escalation path: {denied or 'any call'}{more}"
    ).on(resource)


@dataclass(frozen=True)
class _AnyRequest:
    """Decides the worst of every request that a call may carry."""

    access: Access

    def __call__(self, principal: Principal, call: Call) -> Decision:
        return self.access.decide_whatever(principal, call, Free(request=True))


def _join_answers(answers: list[_Answer]) -> str:
    words = "; ".join(answer.words for answer in answers[:_MOST_CALLS])
    more = len(answers) - _MOST_CALLS
    return f"{words}; and {pluralize(more, 'more call')}" if more > 0 else words


def _reasons(answers: list[_Answer]) -> Iterator[Reason]:
    for answer in answers:
        yield from answer.as_reasons(explained=len(answers) <= MOST_EXPLAINED)


def _paths(answers: list[_Answer]) -> tuple[EscalationPath, ...]:
    paths = dict.fromkeys(path for answer in answers for path in answer.reach.paths)
    return as_rows(sorted(paths, key=lambda path: len(path.steps)))


def _causes(case: Case, resource: Resource) -> tuple[Unreadable, ...]:
    grants = case.grants
    holdings = grants.user(resource.id) if resource.type == "user" else grants.role(resource.id)
    return case.access.holder(holdings).causes
