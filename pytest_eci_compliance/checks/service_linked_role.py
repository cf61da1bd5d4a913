"""The service-linked roles of ECI and of its virtual nodes: existence, trust and policies (section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias

from ..config.model import ServiceLinkedRole, VirtualNodeRole
from ..inventory.facts import Role, Unreadable
from ..inventory.kinds import KINDS
from ..inventory.linked_roles import LINKED_ROLES, LinkedRole
from ..messages import command, join_words, quote
from ..policy.trust import document_of, trust_in
from .support.case import Case
from .support.documents import content_judged, expected_document
from .support.registry import check, has_section
from .support.resources import (
    path_label,
    role_resource,
)
from .support.verdicts import Finding, Verdict, failed, passed, skipped, unknown

Intent: TypeAlias = "ServiceLinkedRole | VirtualNodeRole"
RoleJudge: TypeAlias = "Callable[[Case, LinkedRole, Intent], Iterable[Verdict]]"

_IS_CONFIGURED = has_section(*(role.section for role in LINKED_ROLES))


def _over_roles(case: Case, judge: RoleJudge) -> Iterator[Finding]:
    """The findings on every service-linked role that the configuration has a section for."""
    for linked, intent in case.intent.service_linked_roles:
        for verdict in judge(case, linked, intent):
            path = verdict.config_path or (linked.section,)
            yield replace(verdict, config_path=path).on(role_resource(linked.name))


@check(
    "slr-exists",
    severity="high",
    section="1",
    calls=("ram:GetRole",),
    remediation="Create the role, or delete it. Or change `expect` in the configuration.",
    enabled_when=_IS_CONFIGURED,
    resource_type="role",
)
def slr_exists(case: Case) -> Iterator[Finding]:
    """A service-linked role exists, or does not, as `expect` says; with `deletable` it may do either."""
    return _over_roles(case, _existence)


def _existence(case: Case, linked: LinkedRole, intent: Intent) -> Iterator[Verdict]:
    role, path = case.role(linked.name), (linked.section, "expect")
    if isinstance(role, Unreadable):
        yield unknown(role, because="it is not known whether the role exists", config_path=path)
        return
    state = "the role does not exist" if role is None else "the role exists"
    if intent.expect == "deletable" or (intent.expect == "present") == (role is not None):
        yield passed(f"{state}, as intended ({intent.expect})", config_path=path)
    elif role is None:
        yield failed(f"{state} but must", remediation=_how_to_create(linked), config_path=path)
    else:
        yield failed(f"{state} but must not", remediation=_how_to_delete(linked), config_path=path)


def _how_to_create(linked: LinkedRole) -> str:
    create = command("aliyun", "resourcemanager", "CreateServiceLinkedRole", "--ServiceName", linked.service)
    first = KINDS[linked.blocking[0]].noun
    return f"{create}. ECI also creates the role with the first {first}. Or change `expect` in the configuration."


def _how_to_delete(linked: LinkedRole) -> str:
    delete = command("aliyun", "resourcemanager", "DeleteServiceLinkedRole", "--RoleName", linked.name)
    blocking = " ".join(f"Delete every {KINDS[kind].noun} in every region." for kind in linked.blocking)
    return f"{blocking} Then delete the role: {delete}. Or change `expect` in the configuration."


def _role_to_judge(case: Case, linked: LinkedRole, intent: Intent) -> Role | Verdict:
    """The role, where there is one to judge; else the verdict that takes its place."""
    if intent.expect == "absent":
        return skipped("the role must be absent: slr-exists judges that")
    role = case.role(linked.name)
    if isinstance(role, Unreadable):
        return unknown(role, because="the role could not be read")
    return role or skipped("the role does not exist: slr-exists judges whether it must")


@check(
    "slr-trust",
    severity="critical",
    section="1",
    calls=("ram:GetRole",),
    remediation="Find out in ActionTrail how the trust policy of the role changed: RAM lets nobody edit that of a"
    " service-linked role. Then delete the role and let ECI create it anew.",
    enabled_when=_IS_CONFIGURED,
    resource_type="role",
)
def slr_trust(case: Case) -> Iterator[Finding]:
    """A service-linked role trusts only its service."""
    return _over_roles(case, _trust)


def _trust(case: Case, linked: LinkedRole, intent: Intent) -> Iterator[Verdict]:
    role = _role_to_judge(case, linked, intent)
    yield role if isinstance(role, Verdict) else _trust_verdict(role, linked)


def _trust_verdict(role: Role, linked: LinkedRole) -> Verdict:
    document = document_of(role)
    if isinstance(document, Unreadable):
        return unknown(document, because="the trust policy of the role could not be read")
    trust = trust_in(document, linked.service)
    if problem := trust.problem(linked.service):
        return failed(problem, reasons=trust.others)
    if trust.doubts:
        return unknown(because=f"it cannot be decided whom the role trusts: {join_words(trust.doubts)}")
    return passed(f"the role trusts only the service {linked.service}")


@check(
    "slr-policy",
    severity="high",
    section="1",
    calls=("ram:GetRole", "resourcemanager:ListPolicyAttachments", "ram:GetPolicy"),
    remediation="ECI updates the policy of its role on demand. Review the current document, and pin it as `policy`"
    " in the configuration.",
    enabled_when=_IS_CONFIGURED,
    resource_type="role",
)
def slr_policy(case: Case) -> Iterator[Finding]:
    """A service-linked role has exactly its own policy, with the documented content.

    Where the configuration has no `policy`, only the name of the policy is compared. It is not documented whether
    ListPolicyAttachments shows the policy of a service-linked role: where it shows nothing for the role although
    the policy counts attachments, the row is unknown.
    """
    return _over_roles(case, _policy)


def _policy(case: Case, linked: LinkedRole, intent: Intent) -> Iterator[Verdict]:
    role = _role_to_judge(case, linked, intent)
    if isinstance(role, Verdict):
        yield role
        return
    yield _attached_policies(case, role, linked)
    if intent.policy is not None:
        expected = expected_document(case.intent, linked.policy, intent.policy)
        content = content_judged(
            case.inventory, linked.policy, expected, intent.policy, case.intent.assumptions
        )
        yield replace(content, config_path=(linked.section, "policy"))


def _attached_policies(case: Case, role: Role, linked: LinkedRole) -> Verdict:
    """Whether the role has its policy account-wide, and no other."""
    holdings = case.grants.role(role.role_name)
    own = linked.policy_ref
    others = [grant for grant in holdings.held if grant.policy != own or grant.resource_group_id is not None]
    if others:
        policies = [f"{quote(str(grant.policy))}, {path_label(case, grant)}" for grant in others]
        attached = join_words(policies, between="; ")
        return failed(
            f"the role has {attached}; expected only {linked.policy}",
            remediation="Find out in ActionTrail how it was attached: RAM lets nobody attach a policy to a"
            " service-linked role. Then detach it, or delete the role and let ECI create it anew.",
            reasons=policies,
        )
    if holdings.gaps:
        causes = (gap.cause for gap in holdings.gaps)
        return unknown(*causes, because="the policies of the role could not be read")
    if holdings.held:
        return passed(f"the role has exactly {linked.policy}")
    policy = case.inventory.policies.get(own)
    if policy is not None and policy.attachment_count:
        return unknown(
            because=f"no policy of the role was listed, although {linked.policy} counts attachments",
            remediation="Look at the role's permissions in the RAM console.",
        )
    return failed(f"the role has no policy; expected {linked.policy}")
