"""The service-linked roles of ECI and of its virtual nodes, and what still needs them (section 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ..inventory.facts import EciResource, Kind, PolicyRef, Role, Unreadable
from ..messages import command, join_words, pluralize, quote
from ..policy.trust import document_of, trust_in
from ..results import Resource
from .support.case import Case, Finding, check, failed, passed, skipped, unknown, unless
from .support.documents import content_judged, expected_document
from .support.resources import (
    KINDS,
    eci_resource,
    find_role,
    is_live,
    listings_of,
    path_label,
    read_items,
    role_resource,
)

if TYPE_CHECKING:
    from ..config.model import Account, ServiceLinkedRole, VirtualNodeRole


@dataclass(frozen=True)
class LinkedRole:
    """A service-linked role: its name, the service that it trusts, its policy, and its section of the intent."""

    name: str
    service: str
    policy: str
    section: str


ECI = LinkedRole(
    "AliyunServiceRoleForECI", "eci.aliyuncs.com", "AliyunServiceRolePolicyForECI", "service_linked_role"
)
VIRTUAL_NODE = LinkedRole(
    "AliyunServiceRoleForECIVnode",
    "vnode.eci.aliyuncs.com",
    "AliyunServiceRolePolicyForECIVnode",
    "virtual_node_role",
)

Intent: TypeAlias = "ServiceLinkedRole | VirtualNodeRole"

_is_configured = unless(ECI.section, VIRTUAL_NODE.section)


def _each(case: Case, judge: Callable[[Case, LinkedRole, Intent], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings on every service-linked role that the configuration speaks of."""
    for linked in (ECI, VIRTUAL_NODE):
        intent: Intent | None = getattr(case.intent, linked.section)
        if intent is not None:
            for finding in judge(case, linked, intent):
                yield replace(finding, config_path=finding.config_path or (linked.section,))


@check(
    "slr-exists",
    severity="high",
    section="1",
    calls=("ram:GetRole",),
    remediation="ECI makes the role when the first instance is created; where it must not exist, delete every"
    " instance and image cache, then the role. Or change `expect` in the configuration.",
    off=_is_configured,
    about="role",
)
def slr_exists(case: Case) -> Iterator[Finding]:
    """A service-linked role exists, or does not, as intended; to be deletable it may do either."""
    return _each(case, _existence)


def _existence(case: Case, linked: LinkedRole, intent: Intent) -> Iterator[Finding]:
    resource, role = role_resource(linked.name), find_role(case, linked.name)
    path = (linked.section, "expect")
    if isinstance(role, Unreadable):
        yield unknown(resource, role, because="whether the role exists is not known", config_path=path)
        return
    found = "it does not exist" if role is None else "it exists"
    if intent.expect == "deletable" or (intent.expect == "present") == (role is not None):
        yield passed(resource, f"{found}, as intended ({intent.expect})", config_path=path)
    elif role is None:
        mend = command(
            "aliyun", "resourcemanager", "CreateServiceLinkedRole", "--ServiceName", linked.service
        )
        remediation = f"{mend}. {slr_exists.remediation}"
        yield failed(resource, f"{found}, expected it to", remediation=remediation, config_path=path)
    else:
        yield failed(resource, f"{found}, expected it not to", config_path=path)


def _existing(case: Case, linked: LinkedRole, intent: Intent) -> Role | Finding:
    """The role, where there is one to judge; else the finding that stands in for a judgement."""
    resource = role_resource(linked.name)
    if intent.expect == "absent":
        return skipped(resource, "the role is intended to be absent: slr-exists judges that")
    role = find_role(case, linked.name)
    if isinstance(role, Unreadable):
        return unknown(resource, role, because="the role is not known")
    return role or skipped(resource, "the role does not exist: slr-exists judges whether it should")


@check(
    "slr-trust",
    severity="critical",
    section="1",
    calls=("ram:GetRole",),
    remediation="Find out who changed the trust policy of the role, take the other principals out of it"
    " (aliyun ram UpdateRole), or delete the role and let ECI make it anew.",
    off=_is_configured,
    about="role",
)
def slr_trust(case: Case) -> Iterator[Finding]:
    """A service-linked role trusts only its service."""
    return _each(case, _trust)


def _trust(case: Case, linked: LinkedRole, intent: Intent) -> Iterator[Finding]:
    role = _existing(case, linked, intent)
    yield role if isinstance(role, Finding) else _trust_judged(role, linked)


def _trust_judged(role: Role, linked: LinkedRole) -> Finding:
    resource, document = role_resource(linked.name), document_of(role)
    if isinstance(document, Unreadable):
        return unknown(resource, document, because="whom the role trusts is not known")
    trust = trust_in(document, linked.service)
    if problem := trust.problem(linked.service):
        return failed(resource, problem)
    if trust.doubts:
        return unknown(resource, because=f"whom the role trusts: {join_words(trust.doubts)}")
    return passed(resource, f"it trusts only the service {linked.service}")


@check(
    "slr-policy",
    severity="high",
    section="1",
    calls=("ram:GetRole", "resourcemanager:ListPolicyAttachments", "ram:GetPolicy"),
    remediation="ECI updates the policy of its role on demand: review what it says now, and pin the reviewed"
    " document as `policy` in the configuration.",
    off=_is_configured,
    about="role",
)
def slr_policy(case: Case) -> Iterator[Finding]:
    """A service-linked role holds exactly its policy, with the documented content.

    Where the configuration names no `policy`, only the name of the policy is compared. Whether
    ListPolicyAttachments always shows what a service-linked role holds is not documented: where it shows
    nothing for the role although the policy counts attachments, nothing is decided.
    """
    return _each(case, _policy)


def _policy(case: Case, linked: LinkedRole, intent: Intent) -> Iterator[Finding]:
    role = _existing(case, linked, intent)
    if isinstance(role, Finding):
        yield role
        return
    yield _name_judged(case, role, linked)
    if intent.policy is not None:
        resource, written = role_resource(linked.name), intent.policy
        expected = expected_document(case.intent, linked.policy, written)
        content = content_judged(case.inventory, resource, linked.policy, expected, written)
        yield replace(content, config_path=(linked.section, "policy"))


def _name_judged(case: Case, role: Role, linked: LinkedRole) -> Finding:
    """Whether the role holds its policy account-wide, and nothing else."""
    resource, holdings = role_resource(linked.name), case.grants.role(role.role_name)
    own = PolicyRef("System", linked.policy)
    extra = [one for one in holdings.held if one.policy != own or one.resource_group_id is not None]
    if extra:
        held = join_words(f"{quote(str(one.policy))} {path_label(case, one)}" for one in extra)
        return failed(
            resource,
            f"it holds {held}, expected only {linked.policy}",
            remediation="Find out who attached it, and detach it (aliyun resourcemanager DetachPolicy).",
        )
    if holdings.gaps:
        causes = (gap.cause for gap in holdings.gaps)
        return unknown(resource, *causes, because="what the role holds is not known")
    if holdings.held:
        return passed(resource, f"it holds exactly {linked.policy}")
    policy = case.inventory.policies.get(own)
    if policy is not None and policy.attachment_count:
        return unknown(
            resource,
            because=f"no grant to the role was listed, but {linked.policy} is attached to something",
            remediation="Look at the role's permissions in the RAM console.",
        )
    return failed(resource, f"it holds no policy, expected {linked.policy}")


def _not_deletable(intent: Account) -> str | None:
    section = intent.service_linked_role
    if section is not None and section.expect == "deletable":
        return None
    return "`service_linked_role` does not say `expect: deletable`"


BLOCKING: tuple[Kind, ...] = ("instance", "image_cache")

_DELETED_BY: Mapping[Kind, tuple[str, str]] = {
    "instance": ("DeleteContainerGroup", "--ContainerGroupId"),
    "image_cache": ("DeleteImageCache", "--ImageCacheId"),
}


@check(
    "slr-deletable",
    severity="medium",
    section="1",
    calls=("eci:DescribeRegions", *KINDS["instance"].calls[1:], *KINDS["image_cache"].calls[1:]),
    remediation="Delete the instance or image cache, or change `expect` in the configuration.",
    off=_not_deletable,
    over_eci=True,
    about="role",
)
def slr_deletable(case: Case) -> Iterator[Finding]:
    """No instance and no image cache is left, in any region: only then can the service-linked role be deleted.

    Resources that appeared while the account was read count too. With `blocking: live` instances that have
    ended do not count; image caches always do.
    """
    found = [*_unread(case), *_blockers(case)]
    if not found:
        regions = case.inventory.all_regions
        read = pluralize(len(regions), "region") if isinstance(regions, tuple) else "every region"
        said = f"no instance or image cache that blocks its deletion is left: {read} were read, completely"
        found = [passed(role_resource(ECI.name), said, rests_on_emptiness=True)]
    for finding in found:
        yield replace(finding, config_path=(ECI.section, "expect"))


def _unread(case: Case) -> Iterator[Finding]:
    """An unknown finding for every list of every region that was not read."""
    regions = case.inventory.all_regions
    if not regions or isinstance(regions, Unreadable):
        cause = regions if isinstance(regions, Unreadable) else Unreadable("eci:DescribeRegions", "NotRead")
        yield unknown(
            Resource("role", "*"), cause, because="in which regions something may be left is not known"
        )
        return
    asked = case.inventory.regions
    every = tuple(dict.fromkeys((*regions, *(() if isinstance(asked, Unreadable) else asked))))
    for kind in BLOCKING:
        for cause in listings_of(case.inventory, kind, every)[1]:
            yield unknown(
                Resource(kind, "*", region=cause.region),
                cause,
                because=f"whether an {KINDS[kind].noun} is left",
            )


def _blockers(case: Case) -> Iterator[Finding]:
    """A failed finding for every instance and image cache that is left."""
    section = case.intent.service_linked_role
    live_only = section is not None and section.blocking == "live"
    for kind in BLOCKING:
        for listing in case.inventory.listings.get(kind, ()):
            for one in (*read_items(listing), *listing.later):
                if kind == "image_cache" or is_live(one) or not live_only:
                    yield _blocker(one)


def _blocker(one: EciResource) -> Finding:
    mend = command("aliyun", "eci", *_DELETED_BY[one.kind], one.id, "--RegionId", one.region_id)
    return failed(
        eci_resource(one),
        f"{ECI.name} cannot be deleted while this {KINDS[one.kind].noun} is left (status {quote(one.status)})",
        remediation=f"If it is not needed any more: {mend}.",
    )
