"""Required tags on ECI instances, image caches and virtual nodes (section 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..globs import any_glob_matches, has_wildcard
from ..inventory.facts import EciResource, Kind, unshown
from ..messages import command, join_words, quote
from .support.case import Case, Finding, check, failed, passed, unknown
from .support.resources import KINDS, each_by_rule, eci_resource, unless_rule

REMEDIATION = (
    "Tag the resource when it is created or updated, or change `required_tags` in the configuration."
)

# What ECI's TagResources calls each kind.
_TAGGED_AS: Mapping[Kind, str] = {
    "instance": "ContainerGroup",
    "image_cache": "ImageCache",
    "virtual_node": "VirtualNode",
}


@check(
    "instance-required-tags",
    severity="high",
    section="4",
    calls=KINDS["instance"].calls,
    remediation=REMEDIATION,
    off=unless_rule("instance", "required_tags"),
    over_eci=True,
    about="instance",
)
def instance_required_tags(case: Case) -> Iterator[Finding]:
    """Every required tag of an instance is there, with an allowed value."""
    return each_by_rule(case, "instance", "required_tags", _judged)


@check(
    "image-cache-required-tags",
    severity="high",
    section="4",
    calls=KINDS["image_cache"].calls,
    remediation=REMEDIATION,
    off=unless_rule("image_cache", "required_tags"),
    over_eci=True,
    about="image_cache",
)
def image_cache_required_tags(case: Case) -> Iterator[Finding]:
    """Every required tag of an image cache is there, with an allowed value."""
    return each_by_rule(case, "image_cache", "required_tags", _judged)


@check(
    "virtual-node-required-tags",
    severity="high",
    section="4",
    calls=KINDS["virtual_node"].calls,
    remediation=REMEDIATION,
    off=unless_rule("virtual_node", "required_tags"),
    over_eci=True,
    about="virtual_node",
)
def virtual_node_required_tags(case: Case) -> Iterator[Finding]:
    """Every required tag of a virtual node is there, with an allowed value."""
    return each_by_rule(case, "virtual_node", "required_tags", _judged)


def _judged(one: EciResource, required: Mapping[str, tuple[str, ...]]) -> Finding:
    if "tags" in one.not_shown:
        return unknown(eci_resource(one), unshown(one, "tags"))
    wrong = {key: said for key, allowed in required.items() if (said := _wrong(one, key, allowed))}
    if not wrong:
        return passed(eci_resource(one), f"it has every required tag: {join_words(map(quote, required))}")
    return failed(eci_resource(one), "; ".join(wrong.values()), remediation=_mend(one, required, wrong))


def _wrong(one: EciResource, key: str, allowed: tuple[str, ...]) -> str | None:
    """What is wrong with a tag, or None. A key that is there twice must be right twice."""
    values = [tag.value for tag in one.tags if tag.key == key]
    if values and all(any_glob_matches(allowed, value) for value in values):
        return None
    expected = join_words(map(quote, allowed), last="or")
    found = f"is {join_words(map(quote, values))}" if values else "is missing"
    return f"tag {quote(key)} {found}, expected {expected}"


def _mend(one: EciResource, required: Mapping[str, tuple[str, ...]], wrong: Mapping[str, str]) -> str:
    words = ["--RegionId", one.region_id, "--ResourceType", _TAGGED_AS[one.kind], "--ResourceId.1", one.id]
    for number, key in enumerate(wrong, 1):
        only = required[key][0] if len(required[key]) == 1 else "*"
        value = "VALUE" if has_wildcard(only) else only  # which of several is right, people know
        words += [f"--Tag.{number}.Key", key, f"--Tag.{number}.Value", value]
    return f"{command('aliyun', 'eci', 'TagResources', *words)}. {REMEDIATION}"
