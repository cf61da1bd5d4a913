"""From a call to what RAM is asked: the resource ARN, the resource group and the condition keys of each question.

One call can need several authorisations, all of them: an update that changes tags must be allowed for the old
and for the new tags (section 4), and a creation that lends a RAM role needs `ram:PassRole` as well (section
5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from .authorization import (
    ECI,
    LISTED_BY_GROUP,
    LISTS_BY_TAGS,
    PASS_ROLE,
    Account,
    Authorization,
    Call,
    Refused,
    Target,
)
from .conditions import REQUEST_TAG, RESOURCE_TAG, Context, Seen
from .eci_actions import GROUP_KINDS, EciAction, eci_action
from .patterns import ANYTHING, UNKNOWN
from .ram_actions import RamAction, RamResource, arns_of, ram_action
from .three_valued import Question

_RAM_WITHOUT_REGION = "acs:ram::"
_ROLE_ARN = re.compile(r"acs:ram:\*:\d+:role/[^\0\1]+")
DEFAULT_UNKNOWN = (
    "the call names no resource group, and which group is the default one is not known:"
    " set `default_resource_group` in the configuration to its id"
)
GROUP_UNKNOWN = "the resource group of the resource is not known"


def authorizations(call: Call, account: Account) -> tuple[Authorization, ...] | Refused:
    """Everything that must be allowed for the call to succeed."""
    row = eci_action(call.action)
    if row is not None:
        return _eci(call, row, account)
    if call.action.lower() == PASS_ROLE.lower():
        return (_pass_role(call, account),)
    known = ram_action(call.action)
    if known is not None and call.arn is None:
        return _ram(call, known, account)
    return (_plain(call),)


def _ram(call: Call, row: RamAction, account: Account) -> tuple[Authorization, ...]:
    """An action of RAM, STS or ResourceManager: one question for each ARN that is checked.

    Whether a grant on a resource group counts for them is not documented, nor whether they see tags: neither the
    groups nor the tags are known.
    """
    context = Context(None, None, dict(call.caller))
    return tuple(
        Authorization(
            row.action,
            readings[0],
            (),
            context,
            role_name=any(":role/" in arn for arn in readings),
            readings=readings if len(readings) > 1 else (),
            settled_by=reading,
        )
        for readings, reading in arns_of(row, call.ram or RamResource(), account.id)
    )


def _plain(call: Call) -> Authorization:
    """An action whose request model is not known here: its tags and group are not known, nor its resource unless
    the call states it.

    The resource may be of any service, or all resources: the documents authorise ram:CreateOIDCProvider on all
    resources, and the ims actions on ARNs of RAM. So whether a pattern other than `*` fits is open, for an Allow and
    for a Deny.
    """
    arn = call.arn or ANYTHING
    # The documents print the region of a RAM ARN as `*` or leave it empty, and mean the same.
    if arn.startswith(_RAM_WITHOUT_REGION):
        arn = f"acs:ram:*:{arn.removeprefix(_RAM_WITHOUT_REGION)}"
    is_role = _ROLE_ARN.fullmatch(arn) is not None
    return Authorization(call.action, arn, (), Context(None, None, dict(call.caller)), role_name=is_role)


def _pass_role(call: Call, account: Account) -> Authorization:
    role = call.role if call.role is not None else UNKNOWN
    arn = f"acs:ram:*:{account.id}:role/{role}"
    service = call.service or ("" if call.action.lower() == PASS_ROLE.lower() else ECI)
    return Authorization(PASS_ROLE, arn, (), Context(None, None, dict(call.caller), service), role_name=True)


def _eci(call: Call, row: EciAction, account: Account) -> tuple[Authorization, ...] | Refused:
    call = _carried(call, row)
    own = _own(call.target) if row.group == "query" and call.group and call.target else None
    if own and call.group not in own:
        return Refused(
            f"the resource is in group {own[0]}, not in {call.group} that the call names:"
            " the query does not show it (section 3)"
        )
    authorization = Authorization(
        row.action,
        _arn(call, row, account),
        _groups(call, row, account),
        _context(call, row, account),
        shown=own != (),
        deny_groups=_deny_groups(call, row),
        group_unknown=DEFAULT_UNKNOWN if row.group == "create" else GROUP_UNKNOWN,
        all_resources=row.all_resources,
    )
    moved = _in_new_group(authorization, call, row)
    if row.tags == "change" and call.tags:
        return (_for_old_tags(authorization), _for_new_tags(authorization), *moved)
    if moved:
        return (authorization, *moved)
    if row.role and call.role:
        return (authorization, _pass_role(call, account))
    return (authorization,)


def _context(call: Call, row: EciAction, account: Account) -> Context:
    """What conditions see of a call of ECI."""
    stated = dict(call.caller)
    looks_at_tags = row.tag_key or account.settled.get(LISTS_BY_TAGS)
    if looks_at_tags is None:
        return Context(stated=stated, open_tags=LISTS_BY_TAGS)
    if not looks_at_tags:
        return Context({}, {}, stated)
    resource_tags: Mapping[str, Seen] | None = {}
    if call.target is not None:
        resource_tags = None if call.target.tags is None else dict(call.target.tags)
    return Context(dict(call.tags), resource_tags, stated)


def _carried(call: Call, row: EciAction) -> Call:
    """The call with only what this action can carry."""
    target = call.target
    if row.id == "no":
        target = None
    elif row.id == "must" and target is None:
        target = Target(None if row.kind == "any" else row.kind)
    tags = call.tags if row.tags != "no" else ()
    group = call.group if row.group in ("create", "query") or row.moves else None
    return replace(call, target=target, tags=tags, group=group, role=call.role if row.role else None)


def _in_new_group(authorization: Authorization, call: Call, row: EciAction) -> tuple[Authorization, ...]:
    """A call that moves a resource to another group: whether it is authorised in that group too is open."""
    kind = row.kind if call.target is None else call.target.kind or row.kind
    if not row.moves or call.group is None or kind not in GROUP_KINDS:
        return ()
    if call.target is not None and call.target.group == call.group:
        return ()
    question = Question(
        ("new group", row.action, call.group),
        f"whether {row.action} with the new resource group {call.group} is authorised in that group too",
        assumption="new-resource-group-is-authorised",
    )
    return (replace(authorization, groups=(call.group,), deny_groups=None, only_if=question),)


def _for_old_tags(authorization: Authorization) -> Authorization:
    """The resource as it is: a statement that does not look at the resource's tags must not be satisfied by
    the tags that the call brings."""
    return replace(
        authorization, unless_on=RESOURCE_TAG, otherwise=replace(authorization.context, request_tags={})
    )


def _for_new_tags(authorization: Authorization) -> Authorization:
    """The resource as it will be: the new tags are held where they are allowed as tags of the request, or as
    tags of the resource ("two policies, one for the tags before, one for the tags after")."""
    after = replace(authorization.context, resource_tags=authorization.context.request_tags)
    return replace(authorization, unless_on=REQUEST_TAG, otherwise=after)


def _arn(call: Call, row: EciAction, account: Account) -> str:
    region = (call.target and call.target.region) or call.region or UNKNOWN
    kind = row.kind if row.kind != "any" else call.target and call.target.kind
    if row.all_resources:
        return f"acs:eci:{region}:{account.id}:*"
    if kind is None:
        return f"acs:eci:{region}:{account.id}:{UNKNOWN}"
    name = "*"
    if call.target is not None and row.each:
        name = UNKNOWN if call.target.id is None else call.target.id
    return f"acs:eci:{region}:{account.id}:{kind}/{name}"


def _groups(call: Call, row: EciAction, account: Account) -> tuple[str | None, ...]:
    kind = row.kind if call.target is None else call.target.kind or row.kind
    if kind not in (*GROUP_KINDS, None, "any"):
        return (None,)
    if row.group == "create":
        return (call.group,) if call.group else _default(account)
    if row.group == "query" and call.group:
        return (call.group,)
    if row.group == "none" or call.target is None or row.action == LISTED_BY_GROUP:
        return (None,)
    # Of other queries by id section 3 says nothing: like every call that names a resource, they use its own group.
    return _own(call.target)


def _deny_groups(call: Call, row: EciAction) -> tuple[str | None, ...] | None:
    """DescribeContainerGroups must name the group to be allowed in it (section 3). Whether a Deny on the group of
    the instance that it names counts too, where it does not name the group, is not documented."""
    if row.action != LISTED_BY_GROUP or call.group or call.target is None:
        return None
    own = _own(call.target)
    return (*own, None) if own else ()


def _own(target: Target) -> tuple[str, ...]:
    """The group of a resource. Every resource is in a group: an answer that shows none says nothing."""
    return (target.group,) if target.group else ()


def _default(account: Account) -> tuple[str, ...]:
    return () if account.default_group is None else (account.default_group,)
