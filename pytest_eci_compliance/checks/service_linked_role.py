"""The service-linked roles of ECI and of its virtual nodes, and what blocks their deletion (section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from ..config.model import Account, ServiceLinkedRole, VirtualNodeRole
from ..inventory.facts import EciResource, Kind, PolicyRef, Role, Unreadable
from ..inventory.kinds import KINDS
from ..messages import command, indefinite, join_words, pluralize, quote
from ..policy.trust import document_of, trust_in
from ..results import Resource
from .support.case import Case
from .support.documents import content_judged, expected_document
from .support.registry import Requirement, check, has_section
from .support.resources import (
    eci_resource,
    is_automatic,
    is_live,
    listings_of,
    path_label,
    role_resource,
)
from .support.verdicts import Finding, Verdict, failed, passed, skipped, unknown


@dataclass(frozen=True)
class LinkedRole:
    """A service-linked role.

    `service` is the service that it trusts, `policy` its system policy, `section` its section of the configuration.
    `blocking` are the kinds of resources that keep it from being deleted.
    """

    name: str
    service: str
    policy: str
    section: str
    blocking: tuple[Kind, ...]


ECI = LinkedRole(
    "AliyunServiceRoleForECI",
    "eci.aliyuncs.com",
    "AliyunServiceRolePolicyForECI",
    "service_linked_role",
    ("instance", "image_cache"),
)
VIRTUAL_NODE = LinkedRole(
    "AliyunServiceRoleForECIVnode",
    "vnode.eci.aliyuncs.com",
    "AliyunServiceRolePolicyForECIVnode",
    "virtual_node_role",
    ("virtual_node",),
)
ROLES = (ECI, VIRTUAL_NODE)

AUTOMATIC_REMEDIATION = (
    "ECI deletes the image cache 7 days after its creation if it was never used,"
    " and 30 days after its last use."
)

Intent: TypeAlias = "ServiceLinkedRole | VirtualNodeRole"
Judge: TypeAlias = "Callable[[Case, LinkedRole, Intent], Iterable[Verdict]]"

_IS_CONFIGURED = has_section(*(role.section for role in ROLES))


def _over_roles(case: Case, judge: Judge) -> Iterator[Finding]:
    """The findings on every service-linked role that the configuration has a section for."""
    for linked in ROLES:
        intent: Intent | None = getattr(case.intent, linked.section)
        if intent is not None:
            for verdict in judge(case, linked, intent):
                path = verdict.config_path or (linked.section,)
                yield replace(verdict, config_path=path).on(role_resource(linked.name))


@check(
    "slr-exists",
    severity="high",
    section="1",
    calls=("ram:GetRole",),
    remediation="ECI creates the role with the first instance. Where it must not exist, delete every instance and"
    " image cache, then the role. Or change `expect` in the configuration.",
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
        create = command(
            "aliyun", "resourcemanager", "CreateServiceLinkedRole", "--ServiceName", linked.service
        )
        yield failed(f"{state} but must", remediation=f"{create}. {slr_exists.remediation}", config_path=path)
    else:
        yield failed(f"{state} but must not", config_path=path)


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
    remediation="Find out who changed the trust policy of the role, take the other principals out of it"
    " (aliyun ram UpdateRole), or delete the role and let ECI create it anew.",
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
        return failed(problem)
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
    own = PolicyRef("System", linked.policy)
    others = [grant for grant in holdings.held if grant.policy != own or grant.resource_group_id is not None]
    if others:
        attached = join_words(
            (f"{quote(str(grant.policy))}, {path_label(case, grant)}" for grant in others), between="; "
        )
        return failed(
            f"the role has {attached}; expected only {linked.policy}",
            remediation="Find out who attached it, and detach it (aliyun resourcemanager DetachPolicy).",
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


def _live_only(intent: Intent) -> bool:
    """Whether instances that have ended are not counted as blocking the deletion of the role."""
    return getattr(intent, "blocking", "all") == "live"


def roles_to_be_deletable(intent: Account) -> tuple[LinkedRole, ...]:
    """The service-linked roles that the configuration wants to be deletable."""
    return tuple(
        linked for linked in ROLES if getattr(getattr(intent, linked.section), "expect", "") == "deletable"
    )


@check(
    "slr-deletable",
    severity="medium",
    section="1",
    calls=dict.fromkeys(call for linked in ROLES for kind in linked.blocking for call in KINDS[kind].calls),
    remediation="Delete what blocks the deletion, or change `expect` in the configuration.",
    enabled_when=Requirement(
        lambda intent: bool(roles_to_be_deletable(intent)),
        "neither `service_linked_role` nor `virtual_node_role` has `expect: deletable`",
    ),
    resource_type="role",
)
def slr_deletable(case: Case) -> Iterator[Finding]:
    """Nothing that blocks the deletion of a service-linked role is left, in any region.

    Instances and image caches block the deletion of AliyunServiceRoleForECI, virtual nodes that of
    AliyunServiceRoleForECIVnode. Resources that appeared while the account was read count too. With `blocking:
    live` instances that have ended do not count; image caches always do.
    """
    roles = roles_to_be_deletable(case.intent)
    unlisted = _unlisted_regions(case)
    for linked in roles:
        findings = [*_unread(case, linked), *_blockers(case, linked)]
        if not findings and unlisted is None:
            findings = [_nothing_left(case, linked)]
        for finding in findings:
            yield replace(finding, config_path=(linked.section, "expect"))
    if unlisted is not None and roles:
        yield replace(unlisted, config_path=(roles[0].section, "expect"))


def _nothing_left(case: Case, linked: LinkedRole) -> Finding:
    regions = case.inventory.all_regions
    read = pluralize(len(regions), "region") if isinstance(regions, tuple) else "every region"
    nouns = join_words(f"no {KINDS[kind].noun}" for kind in linked.blocking)
    message = f"{nouns} blocks its deletion ({read} read, the lists are complete)"
    return passed(message, rests_on_emptiness=True).on(role_resource(linked.name))


def _unlisted_regions(case: Case) -> Finding | None:
    """An unknown finding where the list of regions is missing."""
    regions = case.inventory.all_regions
    if regions and not isinstance(regions, Unreadable):
        return None
    cause = regions if isinstance(regions, Unreadable) else Unreadable("eci:DescribeRegions", "NotRead")
    return unknown(cause, because="the list of regions is missing").on(Resource("role", "*"))


def _unread(case: Case, linked: LinkedRole) -> Iterator[Finding]:
    """An unknown finding for every list of every region that was not read."""
    regions = case.inventory.all_regions
    if not regions or isinstance(regions, Unreadable):
        return
    selected = case.inventory.regions
    every = tuple(dict.fromkeys((*regions, *(() if isinstance(selected, Unreadable) else selected))))
    for kind in linked.blocking:
        noun = KINDS[kind].noun
        for cause in listings_of(case.inventory, kind, every)[1]:
            verdict = unknown(cause, because=f"it is not known whether {indefinite(noun)} is left")
            yield verdict.on(Resource(kind, "*", region=cause.region))


def _blockers(case: Case, linked: LinkedRole) -> Iterator[Finding]:
    """A failed finding for every resource that is left and blocks the deletion."""
    live_only = _live_only(getattr(case.intent, linked.section))
    for kind in linked.blocking:
        for listing in case.inventory.listings.get(kind, ()):
            for resource in (*listing.read_items, *listing.later):
                if kind != "instance" or is_live(resource) or not live_only:
                    yield _blocker(resource, linked)


def _blocker(resource: EciResource, linked: LinkedRole) -> Finding:
    kind = KINDS[resource.kind]
    delete = command(
        "aliyun", "eci", kind.delete_action, kind.id_option, resource.id, "--RegionId", resource.region_id
    )
    remediation = f"If it is no longer needed: {delete}."
    made_by = ""
    if is_automatic(resource):
        made_by = "; ECI made it by itself and deletes it by itself"
        remediation = f"{AUTOMATIC_REMEDIATION} To delete it now: {delete}."
    verdict = failed(
        f"this {kind.noun} blocks the deletion of {linked.name} (status {quote(resource.status)}){made_by}",
        remediation=remediation,
    )
    return verdict.on(eci_resource(resource))
