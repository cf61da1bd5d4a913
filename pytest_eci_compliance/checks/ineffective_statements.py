"""Custom policies that somebody holds: no statement is certainly without effect."""

from __future__ import annotations

from collections.abc import Iterator

from ..inventory.facts import PolicyRef, Unreadable
from ..messages import command, escape, join_words
from ..policy.document import Document, parse
from ..policy.ineffective import Ineffective, ineffective_parts
from .custom_policies import CALLS_OF_CUSTOM_POLICIES, judged_policies, policy_resource, unread_content
from .support.case import Case
from .support.registry import check, has_section
from .support.tagged_statements import is_void
from .support.verdicts import Finding, failed, passed, unknown
from .tag_policy import tag_policy

_REMEDIATION = (
    "Correct the action, the Resource or the condition in a new version of the policy, or remove it."
)


@check(
    "ineffective-statement",
    severity="medium",
    section="2",
    calls=CALLS_OF_CUSTOM_POLICIES,
    remediation=_REMEDIATION,
    enabled_when=has_section("users", "roles"),
    resource_type="policy",
)
def ineffective_statement(case: Case) -> Iterator[Finding]:
    """No statement of a custom policy that somebody holds is certainly without effect.

    Without effect are an action of ECI, RAM, STS or ResourceManager that no edition of the service's action list
    has, a Resource that fits no resource of any of the statement's actions, and a condition that no call can
    satisfy. A Deny without effect is named first: it protects nothing. Statements that `tag-policy` fails are not
    failed twice.
    """
    for policy in judged_policies(case, with_denies=True):
        yield policy if isinstance(policy, Finding) else _evaluate(case, *policy)


def _evaluate(case: Case, ref: PolicyRef, text: str | Unreadable) -> Finding:
    if isinstance(text, Unreadable):
        return unread_content(ref, text)
    resource, name = policy_resource(ref), escape(str(ref))
    document = parse(text)
    parts = _parts(case, document)
    if parts:
        words = escape(join_words(map(str, parts), most=8))
        message = f"{name} has no effect in part: {words}"
        return failed(message, remediation=_remediation(ref), reasons=map(str, parts)).on(resource)
    if problem := next(
        (statement.problem for statement in document.statements if statement.problem), document.problem
    ):
        because = f"whether every statement of {name} has an effect is not known: {escape(problem)}"
        return unknown(because=because).on(resource)
    return passed(f"no statement of {name} is certainly without effect").on(resource)


def _remediation(ref: PolicyRef) -> str:
    """The remediation with the command that makes a new version; DOCUMENT stands for the corrected one."""
    name, document = ("--PolicyName", ref.policy_name), ("--PolicyDocument", "DOCUMENT")
    return f"{_REMEDIATION} With DOCUMENT for the corrected document: " + command(
        "aliyun", "ram", "CreatePolicyVersion", *name, *document, "--SetAsDefault", "true"
    )


def _parts(case: Case, document: Document) -> list[Ineffective]:
    judged_there = tag_policy.disabled_because(case.intent) is None
    parts = ineffective_parts(document, case.inventory.account_id, case.today)
    if judged_there:
        return [part for part in parts if not is_void(part.statement)]
    void = [
        Ineffective(statement, "no call can satisfy its tag conditions")
        for statement in document.statements
        if is_void(statement)
    ]
    return sorted([*parts, *void], key=lambda part: part.statement.effect != "Deny")
