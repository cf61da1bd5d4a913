"""Custom policies that grant ECI by tags: whether their conditions can work, and are not undone (section
4)."""

from __future__ import annotations

from collections.abc import Iterator

from ..inventory.facts import PolicyRef, Unreadable, read_or_empty
from ..messages import join_words
from ..policy.authorization import LISTS_BY_TAGS
from ..policy.document import parse
from ..policy.escalation.account import AccountIndex
from ..policy.escalation.ask import Ask
from ..policy.escalation.effort import Effort
from ..results import Resource
from .support.case import Case
from .support.documents import document_found
from .support.principals import CALLS
from .support.registry import check, has_section
from .support.tag_undoing import undone_by_grants
from .support.tagged_statements import (
    asks_for_tags_alone,
    is_tagged,
    named_actions,
    not_understood,
    void_reasons,
)
from .support.verdicts import Finding, Verdict, failed, passed, skipped, unknown


@check(
    "tag-policy",
    severity="high",
    section="4",
    calls=(*CALLS["users"], *CALLS["roles"], "ram:ListPolicies", "ram:GetPolicy"),
    remediation="Use acs:RequestTag for what is created and acs:ResourceTag for what exists, as the worked policy"
    " of section 4 does, and remove statements that allow the same without tags, or that change the tags of resources"
    " outside the scope.",
    enabled_when=has_section("users", "access"),
    resource_type="policy",
)
def tag_policy(case: Case) -> Iterator[Finding]:
    """The tag conditions of a custom policy can work, and no holder has another grant that undoes them.

    A statement is void where no action that it names can satisfy it: acs:ResourceTag where the call names no
    resource (Create*), acs:RequestTag where no tag can be sent. A grant undoes a tag policy where it allows
    the same action without any tag, or lets its holder tag other people's resources into scope, or out of
    the scope of a Deny: by TagResources, UntagResources or an Update* that changes tags. That grant may be a
    statement of the policy itself. By the same actions of the Tag service (`tag:TagResources`) that is possible.
    An action of the same effect counts as the action itself. A Deny that its holder can detach is undone, and a
    resource that its holder can move to another resource group may be.
    """
    has_any = False
    for finding in _findings(case):
        has_any = True
        yield finding
    if not has_any:
        yield skipped("no custom policy has tag conditions on ECI actions").on(Resource("policy", "*"))


def _findings(case: Case) -> Iterator[Finding]:
    ask = Ask(AccountIndex(case.inventory, case.access), Effort(case.access.budget))
    listed_policies = case.inventory.custom_policies
    if isinstance(listed_policies, Unreadable):
        because = "which custom policies exist is not known"
        yield unknown(listed_policies, because=because).on(Resource("policy", "*"))
    known = {ref for ref in case.inventory.policies if ref.policy_type == "Custom"}
    for ref in sorted(known.union(read_or_empty(listed_policies))):
        verdict = _evaluate_policy(case, ref, ask)
        if verdict is not None:
            yield verdict.on(Resource("policy", str(ref), ref.policy_name))


def _evaluate_policy(case: Case, ref: PolicyRef, ask: Ask) -> Verdict | None:
    """The verdict on one custom policy; None where it has no tag conditions on ECI actions."""
    text = document_found(case.inventory, ref)
    open_question = "whether it has tag conditions is not known"
    if isinstance(text, Unreadable):
        return unknown(text, because=open_question)
    statements = parse(text).statements
    tagged = [statement for statement in statements if is_tagged(statement) and named_actions(statement)]
    if not tagged:
        problems = (statement.problem for statement in statements if statement.actions is None)
        problem = next(filter(None, problems), None)
        return unknown(because=f"{open_question}: {problem}") if problem else None
    settled = case.access.account.settled
    void = [words for statement in tagged for words in void_reasons(statement)]
    if settled.get(LISTS_BY_TAGS) is False:
        void += [
            f"statement {statement.index} names only calls that show no tags to conditions"
            for statement in tagged
            if asks_for_tags_alone(statement)
        ]
    undone = undone_by_grants(case, ref, tagged, ask)
    if problems_found := [*void, *undone.undone]:
        words = join_words(problems_found, last="and also", most=5)
        return failed(f"its tag conditions do not hold: {words}", reasons=[*void, *undone.reasons])
    doubts = [
        f"statement {statement.index}: {why}"
        for statement in tagged
        for why in not_understood(statement, settled)
    ]
    doubts += undone.doubts
    if doubts:
        because = f"whether its tag conditions hold is not known: {join_words(doubts, most=3)}"
        return unknown(*undone.causes, because=because, reasons=[*doubts, *undone.possible])
    return passed("its tag conditions can work, and no principal has another grant that undoes them")
