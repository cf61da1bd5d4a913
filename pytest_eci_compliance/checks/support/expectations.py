"""What an expectation of `access` asks: of whom, which calls, on which recorded resources."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...config.model import Request
from ...globs import has_wildcard
from ...inventory.facts import Kind, Unreadable, read_or_empty
from ...inventory.kinds import KINDS
from ...messages import quote
from ...policy.authorization import PASS_ROLE, Call, Target
from ...policy.call_arguments import caller
from ...policy.eci_actions import SAME_EFFECT, EciAction, eci_action, fitting
from ...policy.ram_actions import ASSUME_ROLE, RamResource
from ...policy.three_valued import any_of
from ...spelling import did_you_mean
from .case import Case
from .resources import listings_of
from .selectors import role_matches, user_matches

if TYPE_CHECKING:
    from ...config.model import Expectation
    from .selectors import BoolOrUnread


_KIND_OF: dict[str | None, Kind] = {kind.arn_kind: kind.name for kind in KINDS.values()}


@dataclass
class _Recorded:
    """The recorded resources of a kind that an expectation is about, as policies see them, each with its ids;
    those of which it is not known, and the causes why."""

    fitting: dict[Target, list[str]] = field(default_factory=dict)
    in_doubt: dict[Target, None] = field(default_factory=dict)
    unread: list[Unreadable] = field(default_factory=list)


@dataclass
class ExpectedCalls:
    """The calls of one expectation, each with the words for the resources that it stands for.

    Resources that no policy can tell apart are one call. `unread` are the causes why resources may be
    missing; the calls of `unread_calls` stand for what they could be like. Those of `never_read` are about a kind
    that no sweep reads: they count where the answer is plain whatever there is. `selects` is whether the expectation
    says which resources it is about. `by_other_names` are, with `cannot`, calls of actions that do the same.
    """

    selects: bool = False
    calls: dict[Call, tuple[str, ...]] = field(default_factory=dict)
    unread: list[Unreadable] = field(default_factory=list)
    unread_calls: list[Call] = field(default_factory=list)
    never_read: dict[Call, tuple[str, ...]] = field(default_factory=dict)
    recorded: dict[Kind, _Recorded] = field(default_factory=dict)
    wants_resources: bool = False
    found_resources: bool = False
    _by_other_names: ExpectedCalls | None = None

    @property
    def by_other_names(self) -> ExpectedCalls:
        """The calls of actions that do the same as those of the expectation."""
        if self._by_other_names is None:
            self._by_other_names = ExpectedCalls(self.selects, recorded=self.recorded)
        return self._by_other_names

    @property
    def nothing(self) -> bool:
        """Whether no recorded resource fits, and the lists that say so were read completely.

        Calls that name no resource are asked all the same, unless the expectation selects resources.
        """
        none_fits = self.wants_resources and not self.found_resources
        return not self.unread and (not self.calls or (self.selects and none_fits))


def expectation_id(expectation: Expectation) -> str:
    """Its name, else a digest of its content."""
    if expectation.name is not None:
        return expectation.name
    content = expectation.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"may_be_empty"})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def is_meant(case: Case, expectation: Expectation, name: str) -> BoolOrUnread:
    """Whether an expectation is about the user, or role, of that name."""
    if expectation.roles is not None:
        return role_matches(expectation.roles, name) and not role_matches(expectation.except_, name)
    groups = case.inventory.groups
    meant = user_matches(expectation.users or (), name, groups)
    spared = user_matches(expectation.except_, name, groups)
    if meant is False or spared is True:
        return False
    return any_of(answer for answer in (meant, spared) if isinstance(answer, Unreadable)) or True


def carried(case: Case, expectation: Expectation) -> Call | str:
    """A call with what every call of the expectation carries, or why that cannot be said."""
    request = expectation.request if isinstance(expectation.request, Request) else Request()
    group = _group(case, request.resource_group)
    if group is not None and not group[0]:
        return group[1]
    return Call(
        action="",
        tags=tuple(sorted((request.tags or {}).items())),
        group=group[0] if group else None,
        role=request.ram_role,
        caller=caller(request.source_ip, request.mfa, request.time),
    )


def _group(case: Case, written: str | None) -> tuple[str, str] | None:
    """The id of the group that a call names, or nothing and why.

    An id that is not in the list of groups may be a mistake: no policy is attached on it, so that every call in it
    would be denied.
    """
    if written is None:
        return None
    group_id = case.resource_groups.id_of(written)
    if isinstance(group_id, str):
        return group_id, ""
    groups = case.inventory.resource_groups
    if isinstance(groups, Unreadable):
        why = "the resource groups could not be read"
    elif isinstance(group_id, Unreadable):
        why = group_id.detail
    else:
        known = [name for group in groups for name in (group.id, group.name)]
        why = f"there is no such group{did_you_mean(written, known)}"
    return "", f"the resource group that the request names, {quote(written)}, is not known: {why}"


def expected_calls(case: Case, expectation: Expectation, base: Call) -> ExpectedCalls:
    """Every call of an expectation, with what `base` carries."""
    calls = ExpectedCalls(selects=expectation.resources is not None)
    for pattern in expectation.can or expectation.cannot or ():
        rows = _meant(pattern, expectation) if has_wildcard(pattern) or _is_eci(pattern) else []
        for row in _same_effect(rows) if expectation.cannot is not None else ():
            substitute = replace(base, action=row.action)
            _ask(case, expectation, substitute, row, calls.by_other_names, by_wildcard=True)
        for row in rows:
            _ask(
                case,
                expectation,
                replace(base, action=row.action),
                row,
                calls,
                by_wildcard=has_wildcard(pattern),
            )
        if not rows:
            _ask_plain(case, expectation, replace(base, action=pattern), calls)
    return calls


def _meant(pattern: str, expectation: Expectation) -> list[EciAction]:
    """The ECI actions that a pattern means. With `can`, wildcards mean those of the SDK: nobody calls the others.

    Section 4 speaks of Create* as of calls without an id: CreateInstanceOpsTask, which names an instance, is meant
    where it is named, and by wider patterns.
    """
    rows = list(fitting(pattern))
    if has_wildcard(pattern) and expectation.can is not None:
        rows = [row for row in rows if row.in_sdk]
    if has_wildcard(pattern) and pattern.lower().startswith("eci:create"):
        return [row for row in rows if row.id != "must"] or rows
    return rows


def _same_effect(rows: list[EciAction]) -> list[EciAction]:
    """The actions that the SDK lacks and that do the same as one of these: who cannot delete an instance cannot delete
    it in a batch either."""
    others = (eci_action(action) for row in rows for action in SAME_EFFECT.get(row.action.lower(), ()))
    return [row for row in dict.fromkeys(others) if row is not None and row not in rows]


def _is_eci(pattern: str) -> bool:
    return pattern.lower().startswith("eci:")


def _ask_plain(case: Case, expectation: Expectation, call: Call, calls: ExpectedCalls) -> None:
    """An action of another service. Passing or assuming a role is asked for the role that is named, else for every
    role."""
    action = call.action.lower()
    if action not in (PASS_ROLE.lower(), ASSUME_ROLE.lower()):
        calls.calls[replace(call, role=None)] = ()
        return
    if expectation.resources is not None and expectation.resources.role is not None:
        # As written: whether a pattern matches another case is not documented, and left to the evaluator.
        names = [expectation.resources.role]
    else:
        listed = case.inventory.roles
        if isinstance(listed, Unreadable):
            calls.unread.append(listed)
            calls.unread_calls.append(replace(call, role=None))
            return
        calls.wants_resources = True
        names = [role.role_name for role in listed]
    for name in names:
        calls.found_resources = True
        of_role = _on_role(call, name)
        calls.calls[of_role] = (*calls.calls.get(of_role, ()), f"role {quote(name)}")
    if action == ASSUME_ROLE.lower() and expectation.cannot is not None:
        # No list shows the roles of other accounts, which can be assumed as well.
        calls.calls[replace(call, role=None)] = ("any other role",)


def _on_role(call: Call, name: str) -> Call:
    """The call that passes, or assumes, a role of the account."""
    if call.action.lower() == ASSUME_ROLE.lower():
        return replace(call, role=None, ram=RamResource(role=name))
    return replace(call, role=name)


def _ask(
    case: Case,
    expectation: Expectation,
    call: Call,
    row: EciAction,
    calls: ExpectedCalls,
    *,
    by_wildcard: bool,
) -> None:
    kinds = _kinds(expectation, row)
    if row.id == "no" or (row.id == "may" and expectation.resources is None):
        if not by_wildcard or row.kind in (None, "any") or kinds or expectation.resources is None:
            for region in _regions(case, expectation):
                calls.calls.setdefault(replace(call, region=region), ())
        # Whatever a query carries may be an id too, unless the expectation says what it carries (section 4).
        if row.id == "no" or expectation.request != "any":
            return
    calls.wants_resources = True
    if row.kind == "datacache" and expectation.resources is None:
        # Where the action is named, what holds must hold for whatever data cache there is.
        calls.found_resources |= not by_wildcard
        of_data_caches = calls.never_read if by_wildcard else calls.calls
        of_data_caches[replace(call, target=Target("datacache"))] = ("any data cache",)
    for kind in kinds:
        recorded = calls.recorded.get(kind)
        if recorded is None:
            recorded = calls.recorded[kind] = _recorded(case, expectation, kind)
        calls.unread += recorded.unread
        calls.unread_calls += [replace(call, target=target) for target in recorded.in_doubt]
        calls.found_resources |= bool(recorded.fitting)
        calls.calls |= {replace(call, target=target): tuple(ids) for target, ids in recorded.fitting.items()}


def _regions(case: Case, expectation: Expectation) -> list[str | None]:
    """In which regions a call that names no resource is made, where policies tell regions apart.

    None is any region: what is not allowed must not be allowed in a region that nobody reads either.
    """
    if not case.access.tells_regions_apart:
        return [None]
    read = case.inventory.regions
    listed = read_or_empty(read)
    chosen = expectation.resources.regions if expectation.resources is not None else None
    regions: list[str | None] = list(chosen or listed)
    return regions if chosen or (expectation.can is not None and regions) else [*regions, None]


def _kinds(expectation: Expectation, row: EciAction) -> list[Kind]:
    """The kinds of recorded resources that a call can name and the expectation is about."""
    own = list(KINDS) if row.kind == "any" else [kind for kind in [_KIND_OF.get(row.kind)] if kind]
    chosen = expectation.resources.kind if expectation.resources is not None else None
    return [kind for kind in own if chosen in (None, kind)]


def _recorded(case: Case, expectation: Expectation, kind: Kind) -> _Recorded:
    recorded = _Recorded()
    listings, unread = listings_of(case.inventory, kind, case.inventory.regions)
    recorded.unread += unread
    recorded.in_doubt |= dict.fromkeys([Target(KINDS[kind].arn_kind)] if unread else [])
    for resource in (resource for listing in listings for resource in listing.read_items):
        fits = case.selects(expectation.resources, resource)
        if isinstance(fits, Unreadable):
            recorded.unread.append(fits)
            recorded.in_doubt[case.access.target(resource)] = None
        elif fits:
            recorded.fitting.setdefault(case.access.target(resource), []).append(quote(resource.id))
    return recorded
