"""The RAM roles that ECI instances carry, and the AccessKeys that they should not (section 5)."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence.redact import has_access_key
from ..inventory.facts import Container, ContainerGroup, EciResource, Probe, Unreadable, Volume, unshown
from ..messages import join_words, quote
from ..policy.trust import document_of, trust_in
from .support.case import Case, Finding, check, failed, passed, unknown, unless
from .support.resources import KINDS, each, each_by_rule, eci_resource, find_role, is_live, unless_rule

SERVICE = "ecs.aliyuncs.com"


@check(
    "instance-ram-role",
    severity="high",
    section="5",
    calls=(*KINDS["instance"].calls, "ram:GetRole"),
    remediation="The role of an instance is fixed when it is created: create it anew with an intended role,"
    f" mend the role so that it trusts only {SERVICE} (aliyun ram UpdateRole), or change `ram_roles`.",
    off=unless_rule("instance", "ram_roles"),
    over_eci=True,
    about="instance",
)
def instance_ram_role(case: Case) -> Iterator[Finding]:
    """The RAM role that an instance carries exists, is intended and trusts only ecs.aliyuncs.com."""

    def judged(one: EciResource, intended: tuple[str, ...]) -> Finding | None:
        return (
            _role_judged(case, one, intended)
            if isinstance(one, ContainerGroup) and one.ram_role_name
            else None
        )

    return each_by_rule(case, "instance", "ram_roles", judged)


def _role_judged(case: Case, one: ContainerGroup, intended: tuple[str, ...]) -> Finding:
    resource, name = eci_resource(one), one.ram_role_name
    role = find_role(case, name)
    document = document_of(role) if role and not isinstance(role, Unreadable) else role
    # RAM keeps the case of a role's name, and does not compare by it.
    is_intended = name.casefold() in {one.casefold() for one in intended}
    problems = (
        [] if is_intended else [f"it is not intended, expected {join_words(map(quote, intended), 'or')}"]
    )
    doubts: tuple[str, ...] = ()
    if document is None:
        problems.append("it does not exist")
    elif isinstance(document, str):
        trust = trust_in(document, SERVICE)
        problems += [said] if (said := trust.problem(SERVICE)) else []
        doubts = trust.doubts
    if problems:
        return failed(resource, f"its RAM role is {quote(name)}: {' and '.join(problems)}")
    if isinstance(document, Unreadable):
        return unknown(resource, document, because=f"the RAM role {quote(name)} is not known")
    if doubts:
        return unknown(resource, because=f"whom the RAM role {quote(name)} trusts: {join_words(doubts)}")
    return passed(resource, f"its RAM role {quote(name)} is intended and trusts only {SERVICE}")


@check(
    "instance-no-access-keys",
    severity="critical",
    section="5",
    calls=KINDS["instance"].calls,
    remediation="Disable the AccessKey, take it out of the instance, and give the instance a RAM role.",
    off=unless("instances"),
    over_eci=True,
    about="instance",
)
def instance_no_access_keys(case: Case) -> Iterator[Finding]:
    """No AccessKey id stands in anything that the user writes into an instance: environment, commands, args, probes,
    lifecycle hooks, config files, options of volumes, and any other text (init containers too).

    Every instance is judged, whatever the rules select; where every rule is for live instances only, ended
    ones are left out.
    """
    rules = case.intent.instances or ()
    live_only = bool(rules) and all(rule.states == "live" for rule in rules)

    def judged(one: EciResource) -> Iterator[Finding]:
        if isinstance(one, ContainerGroup) and (is_live(one) or not live_only):
            yield _keys_judged(one)

    return each(case, "instance", judged)


def _keys_judged(instance: ContainerGroup) -> Finding:
    places = list(_places(instance))
    if places:
        return failed(
            eci_resource(instance),
            f"what looks like an AccessKey id stands in {join_words(places)}, expected none",
        )
    causes = [unshown(instance, part.replace("_", " ")) for part in instance.not_shown if part != "tags"]
    if instance.not_kept is not None:
        causes.append(instance.not_kept)
    if causes:
        return unknown(eci_resource(instance), *causes)
    return passed(
        eci_resource(instance),
        "no AccessKey id stands in its environment, commands, args, probes, config files, volume options"
        " and other fields",
    )


def _places(instance: ContainerGroup) -> Iterator[str]:
    """Where something looked like an AccessKey id: the places, never the values."""
    yield from map(_field, instance.access_key_found_in)
    for container in instance.containers:
        yield from (f"{place} of container {quote(container.name)}" for place in _places_in(container))
    for container in instance.init_containers:
        yield from (f"{place} of init container {quote(container.name)}" for place in _places_in(container))
    for volume in instance.volumes:
        yield from (f"{place} of volume {quote(volume.name)}" for place in _places_in_volume(volume))


def _places_in(container: Container) -> Iterator[str]:
    for variable in container.environment_vars:
        if has_access_key(variable.key):
            yield "the name of an environment variable"
        if has_access_key(variable.value):
            yield f"environment variable {quote(variable.key)}"
    if any(map(has_access_key, container.commands)):
        yield "the command"
    if any(map(has_access_key, container.args)):
        yield "the args"
    probes = {
        "liveness": container.liveness_probe,
        "readiness": container.readiness_probe,
        "start-up": container.startup_probe,
    }
    for name, probe in probes.items():
        if isinstance(probe, Probe) and any(map(has_access_key, probe.execs)):
            yield f"the command of the {name} probe"
    yield from map(_field, container.access_key_found_in)


def _places_in_volume(volume: Volume) -> Iterator[str]:
    for file in volume.config_file_volume_config_file_to_paths:
        if has_access_key(file.content):
            yield f"config file {quote(file.path)}"
    options = volume.flex_volume_options
    if isinstance(options, str) and has_access_key(options):
        yield "the options"
    yield from map(_field, volume.access_key_found_in)


def _field(path: str) -> str:
    return f"the field {path}"
