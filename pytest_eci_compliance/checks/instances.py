"""The RAM roles of ECI instances, and AccessKeys written into instances (section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ..evidence.access_keys import masked
from ..evidence.redact import has_access_key, is_not_searched
from ..inventory.facts import GIVEN_BY_SERVICE, Container, ContainerGroup, Probe, Unreadable, Volume
from ..inventory.kinds import unshown
from ..messages import join_words, quote
from ..policy.trust import document_of, trust_in
from .support.case import Case
from .support.decorators import resource_check
from .support.resources import is_live
from .support.verdicts import Verdict, failed, passed, unknown

ECS_SERVICE = "ecs.aliyuncs.com"
_NO_TEXT = GIVEN_BY_SERVICE | {"tags", "resource_group"}


_MISSING = f"Create the role, with a trust policy for {ECS_SERVICE} alone (aliyun ram CreateRole)."
_NOT_INTENDED = (
    "Create the instance anew with an intended role, since its role is fixed when it is created, or add the role to"
    " `ram_roles`."
)
_TRUST = f"Change the trust policy of the role so that it trusts only {ECS_SERVICE} (aliyun ram UpdateRole)."


@resource_check(
    "instance-ram-role",
    kind="instance",
    key="ram_roles",
    severity="high",
    section="5",
    calls=("ram:GetRole",),
    remediation=f"{_NOT_INTENDED} {_MISSING} {_TRUST}",
)
def instance_ram_role(instance: ContainerGroup, intended: tuple[str, ...], case: Case) -> Verdict | None:
    """The RAM role that an instance carries exists, is intended and trusts only ecs.aliyuncs.com."""
    if "ram_role" in instance.not_shown:
        return unknown(unshown(instance, "RAM role"))
    name = instance.ram_role_name
    if not name:
        return None
    role = case.role(name)
    document = document_of(role) if role and not isinstance(role, Unreadable) else role
    fixes, doubts, reasons = dict[str, str](), list[str](), list[str]()
    if document is None:
        fixes["does not exist"] = _MISSING
    # RAM keeps the case of a role's name, and does not compare by it.
    if name.casefold() not in {role_name.casefold() for role_name in intended}:
        fixes[f"is not intended, expected {join_words(map(quote, intended), 'or')}"] = _NOT_INTENDED
    reasons += fixes
    if isinstance(document, str):
        trust = trust_in(document, ECS_SERVICE)
        if problem := trust.problem(ECS_SERVICE):
            fixes[problem.removeprefix("it ")] = _TRUST
            reasons += trust.others or [problem]
        doubts += trust.doubts
    if fixes:
        return failed(
            f"the RAM role {quote(name)} of the instance {' and '.join(fixes)}",
            remediation=" ".join(fixes.values()),
            reasons=reasons,
        )
    if isinstance(document, Unreadable):
        return unknown(document, because=f"the RAM role {quote(name)} could not be read")
    if doubts:
        return unknown(
            because=f"it cannot be decided whom the RAM role {quote(name)} trusts: {join_words(doubts)}"
        )
    return passed(f"the RAM role {quote(name)} of the instance is intended and trusts only {ECS_SERVICE}")


@resource_check(
    "instance-no-access-keys",
    kind="instance",
    severity="critical",
    section="5",
    remediation="Disable the AccessKey, take it out of the instance, and give the instance a RAM role.",
)
def instance_no_access_keys(instance: ContainerGroup, case: Case) -> Verdict | None:
    """No AccessKey ID is in anything that the user writes into an instance: environment, commands, args, probes,
    lifecycle hooks, config files, options of volumes, and any other text (init containers too).

    Every instance is judged, whatever the rules select; where every rule is for live instances only, ended
    instances are left out.
    """
    rules = case.intent.instances or ()
    if rules and all(rule.states == "live" for rule in rules) and not is_live(instance):
        return None
    places = list(_places(instance, _FOUND))
    if places:
        return failed(
            f"what looks like an AccessKey ID is in {join_words(places)}; expected none", reasons=places
        )
    causes = [
        unshown(instance, part.replace("_", " ")) for part in instance.not_shown if part not in _NO_TEXT
    ]
    if instance.not_kept is not None:
        causes.append(instance.not_kept)
    if unsearched := list(_places(instance, _NOT_SEARCHED)):
        causes.append(_not_searched(instance, join_words(unsearched)))
    if causes:
        return unknown(*causes)
    return passed(
        "no AccessKey ID is in its environment, commands, args, probes, config files, volume options"
        " and other fields"
    )


@dataclass(frozen=True)
class _Answer:
    """An answer of the search for AccessKeys: which markers stand for it, and which field names the other places."""

    has: Callable[[str], bool]
    fields: str


_FOUND = _Answer(has_access_key, "access_key_found_in")
_NOT_SEARCHED = _Answer(is_not_searched, "not_searched_in")


def _not_searched(instance: ContainerGroup, places: str) -> Unreadable:
    """Why it is not known whether an AccessKey is in a text."""
    return Unreadable(
        "eci:DescribeContainerGroups",
        "NotSearched",
        region=instance.region_id or None,
        subject=instance.id,
        detail=f"the text of {places} is encoded or compressed in more layers or bytes than are searched for"
        " AccessKeys",
    )


def _places(instance: ContainerGroup, answer: _Answer) -> Iterator[str]:
    """Where the search had that answer: the places, never the values."""
    yield from map(_field, getattr(instance, answer.fields))
    for noun, containers in (
        ("container", instance.containers),
        ("init container", instance.init_containers),
    ):
        for container in containers:
            yield from (
                f"{place} of {noun} {quote(masked(container.name))}"
                for place in _places_in(container, answer)
            )
    for volume in instance.volumes:
        places = _places_in_volume(volume, answer)
        yield from (f"{place} of volume {quote(masked(volume.name))}" for place in places)


def _places_in(container: Container, answer: _Answer) -> Iterator[str]:
    for variable in container.environment_vars:
        if answer.has(variable.key):
            yield "the name of an environment variable"
        if answer.has(variable.value):
            yield f"environment variable {quote(variable.key)}"
    if any(map(answer.has, container.commands)):
        yield "the command"
    if any(map(answer.has, container.args)):
        yield "the args"
    probes = {
        "liveness": container.liveness_probe,
        "readiness": container.readiness_probe,
        "start-up": container.startup_probe,
    }
    for name, probe in probes.items():
        if isinstance(probe, Probe) and any(map(answer.has, probe.execs)):
            yield f"the command of the {name} probe"
    yield from map(_field, getattr(container, answer.fields))


def _places_in_volume(volume: Volume, answer: _Answer) -> Iterator[str]:
    for file in volume.config_file_volume_config_file_to_paths:
        if answer.has(file.content):
            yield f"config file {quote(masked(file.path))}"
    options = volume.flex_volume_options
    if isinstance(options, str) and answer.has(options):
        yield "the options"
    yield from map(_field, getattr(volume, answer.fields))


def _field(path: str) -> str:
    return f"the field {path}"
