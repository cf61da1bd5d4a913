"""What blocks the deletion of the service-linked roles of ECI and of its virtual nodes (section 1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..config.model import Account
from ..inventory.facts import EciResource, Unreadable, read_or_empty
from ..inventory.kinds import KINDS
from ..inventory.linked_roles import LINKED_ROLES, LinkedRole
from ..messages import command, indefinite, join_words, pluralize, quote
from ..results import Resource
from .support.case import Case
from .support.registry import Requirement, check
from .support.resources import (
    eci_resource,
    is_automatic,
    is_live,
    listings_of,
    role_resource,
)
from .support.verdicts import Finding, failed, passed, unknown

AUTOMATIC_REMEDIATION = (
    "ECI deletes the image cache 7 days after its creation if it was never used,"
    " and 30 days after its last use."
)


def _live_only(case: Case, linked: LinkedRole) -> bool:
    """Whether instances that have ended are not counted as blocking the deletion of the role."""
    return getattr(getattr(case.intent, linked.section), "blocking", "all") == "live"


def roles_to_be_deletable(intent: Account) -> tuple[LinkedRole, ...]:
    """The service-linked roles that the configuration wants to be deletable."""
    return tuple(linked for linked, section in intent.service_linked_roles if section.expect == "deletable")


@check(
    "slr-deletable",
    severity="medium",
    section="1",
    calls=dict.fromkeys(
        call for linked in LINKED_ROLES for kind in linked.blocking for call in KINDS[kind].calls
    ),
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
    every = tuple(dict.fromkeys((*regions, *read_or_empty(selected))))
    for kind in linked.blocking:
        noun = KINDS[kind].noun
        for cause in listings_of(case.inventory, kind, every)[1]:
            verdict = unknown(cause, because=f"it is not known whether {indefinite(noun)} is left")
            yield verdict.on(Resource(kind, "*", region=cause.region))


def _blockers(case: Case, linked: LinkedRole) -> Iterator[Finding]:
    """A failed finding for every resource that is left and blocks the deletion."""
    live_only = _live_only(case, linked)
    for kind in linked.blocking:
        for listing in case.inventory.listings.get(kind, ()):
            for resource in listing.all_items:
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
