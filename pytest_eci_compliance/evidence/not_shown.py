"""The parts of a resource of which an answer does not show what they hold.

A list that is left out may be empty, and is then shown; null in the place of a value, or something of another type in
the place of a list, shows nothing. What is not shown is not known: it may hold a tag, or an AccessKey.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from ..inventory.facts import ContainerGroup, EciResource
from .access_keys import masked
from .redact import ENCODINGS, NOT_KEPT
from .wire import Item, mapping, objects, text

_CONFIG_FILES = "ConfigFileVolumeConfigFileToPaths"
_PROBES = {
    "LivenessProbe": "liveness probe",
    "ReadinessProbe": "readiness probe",
    "StartupProbe": "start-up probe",
}


def not_shown(fact: type[EciResource], item: Item) -> tuple[str, ...]:
    """The parts of a resource that are not shown: fields of its fact, and values within them, in words."""
    if fact is ContainerGroup:
        return (*_lists_not_shown(item), *_values_not_shown(item))
    return () if _shows_tags(item) else ("tags",)


def _lists_not_shown(item: Item) -> Iterator[str]:
    """The lists of an instance that are not shown. An instance always has containers."""
    shown = {
        "tags": _shows_tags(item),
        "containers": bool(item.get("Containers")) and _shows_containers(item, "Containers"),
        "init_containers": item.get("InitContainers") is None or _shows_containers(item, "InitContainers"),
        "volumes": item.get("Volumes") is None or _are_objects(item["Volumes"]),
    }
    return (name for name, is_shown in shown.items() if not is_shown)


def _are_objects(value: object) -> TypeGuard[list[Item]]:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _shows_tags(item: Item) -> bool:
    """Whether the tags are shown. An answer without Tags, or with null, shows that there are none, as the SDK reads it.

    A key has one value: of two tags with the same key, the answer does not show which counts. A tag without a value,
    or with null, does not show it; an empty text is a value.
    """
    tags = item.get("Tags")
    tags = [] if tags is None else tags
    if not _are_objects(tags):
        return False
    keys = [text(tag, "Key") or text(tag, "TagKey") for tag in tags]
    is_clear = not any(
        _contradicts(tag, "Key", "TagKey") or _contradicts(tag, "Value", "TagValue") for tag in tags
    )
    return all(keys) and len(set(keys)) == len(keys) and all(map(_shows_tag_value, tags)) and is_clear


def _contradicts(tag: Item, name: str, other_name: str) -> bool:
    """Whether a tag has a field under both of its names, with two values."""
    value, other = tag.get(name), tag.get(other_name)
    return value is not None and other is not None and text(tag, name) != text(tag, other_name)


def _shows_tag_value(tag: Item) -> bool:
    """Whether a tag has a value: a text, or a number, which reads as its digits. A truth value has no one spelling."""
    value = tag.get("Value")
    value = tag.get("TagValue") if value is None else value
    return value is not None and not isinstance(value, (dict, list, bool))


def _shows_containers(item: Item, name: str) -> bool:
    containers = item.get(name)
    return _are_objects(containers) and all(
        _are_objects(container.get("EnvironmentVars") or []) for container in containers
    )


def _has_every_field(item: Item) -> bool:
    """Whether the answer has every field that is kept: an earlier version did not keep where a value comes from, nor
    the options of a volume."""
    return item.get(NOT_KEPT) in (None, ENCODINGS)


def _values_not_shown(item: Item) -> Iterator[str]:
    """The values in containers and volumes of which the answer shows nothing, in words.

    A value that is shown as empty is a value, and so is a list of config files.
    """
    for noun, name in (("container", "Containers"), ("init container", "InitContainers")):
        for container in objects(item, name):
            where = f"{noun} '{masked(text(container, 'Name'))}'"
            if _has_every_field(item):
                yield from (f"{part} of {where}" for part in _variables_not_shown(container))
            yield from (f"{part} of {where}" for part in _commands_not_shown(container))
    for volume in objects(item, "Volumes"):
        where = f"volume '{masked(text(volume, 'Name'))}'"
        yield from (f"{part} of {where}" for part in _files_not_shown(volume))
        if _has_every_field(item) and _lacks_options(volume):
            yield f"options of {where}"


def _variables_not_shown(container: Item) -> Iterator[str]:
    for variable in objects(container, "EnvironmentVars"):
        if not _shows_value(variable):
            yield f"value for environment variable '{masked(text(variable, 'Key'))}'"


def _shows_value(variable: Item) -> bool:
    """Whether a variable has a `Value`, or takes it from a field of the instance (`ValueFrom`)."""
    field = mapping(mapping(variable, "ValueFrom") or {}, "FieldRef")
    refers = field is not None and bool(text(field, "FieldPath"))
    return refers or variable.get("Value") is not None


def _commands_not_shown(container: Item) -> Iterator[str]:
    """The commands of a container of which a word is null."""
    commands = {
        "command": (container.get("Commands"), container.get("Command")),
        "args": (container.get("Args"), container.get("Arg")),
        **{noun: ((mapping(container, name) or {}).get("Execs"),) for name, noun in _PROBES.items()},
    }
    for noun, lists in commands.items():
        if any(None in words for words in lists if isinstance(words, list)):
            yield noun


def _files_not_shown(volume: Item) -> Iterator[str]:
    """The config files of a volume that are not shown."""
    files = volume.get(_CONFIG_FILES)
    # Only a volume of another type has no config files; where no type is shown, it may have some.
    may_lack_files = files is None and _type_of(volume) not in ("", "configfilevolume")
    if not may_lack_files and not _are_objects(files):
        yield "config files"
    for file in objects(volume, _CONFIG_FILES):
        if file.get("Content") is None:
            yield f"content for config file '{masked(text(file, 'Path'))}'"


def _lacks_options(volume: Item) -> bool:
    """Whether the options of a FlexVolume are not shown: its driver takes the AccessKey of a bucket from them."""
    return _type_of(volume) == "flexvolume" and volume.get("FlexVolumeOptions") is None


def _type_of(volume: Item) -> str:
    """The type of a volume in lower case: the case of the letters does not tell types apart."""
    return text(volume, "Type").casefold()
