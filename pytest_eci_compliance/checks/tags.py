"""Required tags on ECI instances, image caches and virtual nodes (section 4)."""

from __future__ import annotations

from collections.abc import Mapping

from ..globs import any_glob_matches, has_wildcard
from ..inventory.facts import EciResource
from ..inventory.kinds import KINDS, unshown
from ..messages import command, join_words, quote
from ..spelling import near_words
from .support.decorators import resource_checks
from .support.verdicts import Verdict, failed, passed, unknown

_REMEDIATION = "Tag the resource, or change `required_tags` in the configuration."


@resource_checks(
    "{kind}-required-tags", key="required_tags", severity="high", section="4", remediation=_REMEDIATION
)
def required_tags(resource: EciResource, required: Mapping[str, tuple[str, ...]]) -> Verdict:
    """Every required tag of the {noun} is present, with an allowed value."""
    if "tags" in resource.not_shown:
        return unknown(unshown(resource, "tags"))
    problems = {
        key: problem for key, allowed in required.items() if (problem := _problem(resource, key, allowed))
    }
    if not problems:
        return passed(f"every required tag is present: {join_words(map(quote, required))}")
    return failed(
        "; ".join(problems.values()),
        remediation=_remediation(resource, required, problems),
        reasons=problems.values(),
    )


def _problem(resource: EciResource, key: str, allowed: tuple[str, ...]) -> str | None:
    """What is wrong with a tag, or None. Where a key is present twice, both values must be allowed."""
    values = [tag.value for tag in resource.tags if tag.key == key]
    if values and all(any_glob_matches(allowed, value) for value in values):
        return None
    expected = "any non-empty value" if allowed == ("?*",) else join_words(map(quote, allowed), last="or")
    if not values:
        return f"tag {quote(key)} is missing ({expected})"
    return f"tag {quote(key)} is {join_words(map(quote, values))}, expected {expected}"


def _remediation(
    resource: EciResource, required: Mapping[str, tuple[str, ...]], problems: Mapping[str, str]
) -> str:
    kind = KINDS[resource.kind]
    words = ["--RegionId", resource.region_id, "--ResourceType", kind.tag_type, "--ResourceId.1", resource.id]
    choices = []
    for number, key in enumerate(problems, 1):
        literal = [value for value in required[key] if not has_wildcard(value)]
        words += [f"--Tag.{number}.Key", key, f"--Tag.{number}.Value", _value(resource, key, literal)]
        if len(literal) > 1:
            choices.append(
                f"For tag {quote(key)} choose among {join_words(map(quote, literal), last='and')}."
            )
    return " ".join([f"{command('aliyun', 'eci', 'TagResources', *words)}. {_REMEDIATION}", *choices])


def _value(resource: EciResource, key: str, allowed: list[str]) -> str:
    """The value for a command: the allowed one that is nearest to the present one, else the first; only the owner
    knows the value where any is allowed."""
    present = [tag.value for tag in resource.tags if tag.key == key]
    near = [value for text in present for value in near_words(text, allowed, most=1)]
    return next(iter([*near, *allowed]), "VALUE")
