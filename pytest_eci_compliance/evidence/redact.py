"""Redaction: what may stay of a response is listed (`responses`); everything else goes.

It runs on every response, in every mode, before the SDK sees it, so that no secret reaches the inventory, a
recording, a report or a log. It is deterministic and idempotent, and keeps the fact that checks need: that a
value looked like an AccessKey id, and where it stood (section 5). Of an instance, everything is searched that can
carry text of the user's, whether it is kept or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ..inventory.facts import ContainerGroup
from ..inventory.marks import Mark, wire_names
from .access_keys import find_access_key

REDACTED = "[redacted]"
ACCESS_KEY = "[redacted: looks like an AccessKey id]"
NOT_SEARCHED = "[redacted: not searched to its end]"
_MARKERS = (REDACTED, ACCESS_KEY, NOT_SEARCHED)

_NEIGHBOURS = 3  # words of a command, over which an AccessKey may be split
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,59}")  # shorter than any signature
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,47}(?:\.[A-Za-z][A-Za-z0-9]{0,47}){0,5}")

FOUND_IN = "AccessKeyFoundIn"
"""Added to an instance, a container or a volume: the fields, beside those that are kept as markers, where something
looked like an AccessKey id. A field that the API gains later is among them."""
NOT_SEARCHED_IN = "NotSearchedIn"
"""Added likewise: the fields with text in more layers of encodings, or more compressed bytes, than are searched."""
NOT_KEPT = "NotKept"
"""Added to an instance on replay of a recording by an earlier version, which kept less (`replay.load_recording`): its
value is `FIELDS` or `ENCODINGS`."""
FIELDS = "fields"
"""Markers of fields that this version keeps are missing, and fewer fields and encodings were searched."""
ENCODINGS = "encodings"
"""Every field was kept, and searched for AccessKeys in fewer encodings."""

_NOT_IN_FACTS = (
    "ComputeCategory", "EniInstanceId", "ImagePullPolicy", "Ipv6Address", "TenantEniInstanceId", "TenantEniIp",
    "TenantSecurityGroupId", "TenantVSwitchId",
)  # fmt: skip
SERVICE_TEXT = wire_names(ContainerGroup, Mark.SERVICE_TEXT) | {*_NOT_IN_FACTS}
"""Fields of an instance that cannot carry text of the user's: ids, times, addresses and states that the service
gives, and words of which the service accepts only its own. They are not searched for AccessKeys."""

Shape: TypeAlias = "Mapping[str, Any] | list[Any] | Callable[[Any], Any] | None"


def has_access_key(marker: str) -> bool:
    """Whether a redacted value stood for something that looked like an AccessKey id."""
    return marker == ACCESS_KEY


def is_not_searched(marker: str) -> bool:
    """Whether a redacted value stood for text of which a part was not searched for AccessKeys."""
    return marker == NOT_SEARCHED


def marker(value: object) -> str:
    """The marker that stands for a secret value; an empty text stays empty.

    >>> marker("s3cret"), marker(""), marker(marker("AK=LTAI5tAbCdEfGhIjKlMn"))
    ('[redacted]', '', '[redacted: looks like an AccessKey id]')
    """
    text = value if isinstance(value, str) else str(value)
    return text if text in ("", *_MARKERS) else _marker_of([text])


def _marker_of(texts: Iterable[str]) -> str:
    """The marker that stands for these texts together."""
    answers = {find_access_key(text) for text in texts}
    return ACCESS_KEY if True in answers else NOT_SEARCHED if None in answers else REDACTED


def secret(value: object) -> str | None:
    """The marker of a secret value. `null` stays: the answer does not show the value, which may be anything."""
    return None if value is None else marker(value)


def options(value: object) -> str | None:
    """The marker of options, which are a text or an object."""
    if isinstance(value, (dict, list)):
        return _marker_of(_texts(value)) if value else ""
    return secret(value)


def unless_access_key(value: object) -> object:
    """A name stays, unless it is itself an AccessKey id."""
    if not isinstance(value, str) or value in _MARKERS:
        return value
    found = _marker_of([value])
    return value if found == REDACTED else found


def word(value: object) -> object:
    """A word of the API stays; it has no reason to hold anything but letters, digits and dots."""
    if value is None or value == "":
        return value
    plain = isinstance(value, str) and _WORD.fullmatch(value) and find_access_key(value) is False
    return value if plain else REDACTED


def code(value: object) -> object:
    """The code of an answer: a word, or a number, of which the digits stay."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return word(str(value)) if is_number else word(value)


def field_path(value: object) -> object:
    """The path of a field of the API stays; anything else is a field without a name."""
    plain = isinstance(value, str) and _FIELD.fullmatch(value) and find_access_key(value) is False
    return value if plain else "another field"


def _keep(value: Any) -> Any:
    """A scalar stays; of a structure that is not listed only its type, so that a reader sees that it is wrong."""
    return type(value)() if isinstance(value, (dict, list)) else value


def _misfit(value: Any) -> Any:
    """What stands where a structure should: only its type and whether it looked like an AccessKey id stay."""
    return value if value is None else _keep(value) if isinstance(value, (dict, list)) else marker(value)


def project(value: Any, shape: Shape) -> Any:
    """`value` cut down to `shape`: listed keys of objects, every item of lists, leaves as the shape says.

    Of a value of another type than the shape expects nothing stays but its type; `null` stays.
    """
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return _misfit(value)
        kept = {key: project(value[key], inner) for key, inner in shape.items() if key in value}
        return _with_fields(kept, value, shape) if FOUND_IN in shape else kept
    if isinstance(shape, list):
        if not isinstance(value, list):
            return _misfit(value)
        kept_items = [project(item, shape[0]) for item in value]
        return _joined(value, kept_items) if shape[0] is secret else kept_items
    return _keep(value) if shape is None else shape(value)


def _joined(words: list[Any], markers: list[Any]) -> list[Any]:
    """The markers of the words of a command. Neighbours that only together look like an AccessKey are marked."""
    marked = list(markers)
    for number in range(2, _NEIGHBOURS + 1):
        for at in range(len(words) - number + 1):
            group, place = words[at : at + number], slice(at, at + number)
            is_new = ACCESS_KEY not in marked[place] and all(isinstance(word, str) for word in group)
            if is_new and find_access_key("".join(group)):
                marked[place] = [ACCESS_KEY] * number
    return marked


def _with_fields(kept: dict[str, Any], value: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an object, with the fields in which an AccessKey was found where only markers may stay."""
    fields: dict[str, set[str]] = {FOUND_IN: set(), NOT_SEARCHED_IN: set()}
    for name, paths in fields.items():
        former = kept.pop(name, None)
        paths.update(former if isinstance(former, list) else ())
    for name, path in _fields_in_doubt(value, shape):
        fields[name].add(path)
    return {**kept, **{name: sorted(paths) for name, paths in fields.items() if paths}}


def _fields_in_doubt(value: Any, shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """The fields of an object, by their path, in which an AccessKey ID is (`FOUND_IN`) or may be (`NOT_SEARCHED_IN`),
    and which have no marker of their own.

    A path ends at the first field that is not listed: below it, keys may be text of the user's.
    """
    if isinstance(shape, list) and isinstance(value, list):
        for item in value:
            yield from _fields_in_doubt(item, shape[0], path)
    elif isinstance(shape, Mapping) and isinstance(value, dict):
        for key, inner in value.items():
            listed = shape.get(key)
            if key in SERVICE_TEXT or key in (FOUND_IN, NOT_SEARCHED_IN, NOT_KEPT) or _has_marker(listed):
                continue
            if isinstance(inner, (str, dict, list)):
                yield from _fields_in_doubt(inner, listed, (*path, key))
    elif (found := _marker_of(_texts(value))) != REDACTED:
        yield FOUND_IN if found == ACCESS_KEY else NOT_SEARCHED_IN, str(field_path(".".join(path)))


def _has_marker(shape: Shape) -> bool:
    """Whether values of this shape are kept as markers, or as objects that name their fields themselves."""
    inner = shape[0] if isinstance(shape, list) else shape
    return inner in (secret, options, unless_access_key) or (isinstance(inner, Mapping) and FOUND_IN in inner)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value of any shape, keys included. It does not recurse: an answer may be nested deeply."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item


def misfit(value: Any, shape: Shape, path: str = "the answer") -> str | None:
    """Where a value has another type than the shape expects, in words; None where it fits. `null` fits anywhere."""
    if value is None:
        return None
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return f"{path} is not an object"
        parts = ((value[key], inner, f"{path}.{key}") for key, inner in shape.items() if key in value)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            return f"{path} is not a list"
        parts = ((item, shape[0], path) for item in value)
    elif shape is options:
        return None
    else:
        return f"{path} is not a plain value" if isinstance(value, (dict, list)) else None
    problems = (misfit(part, inner, where) for part, inner, where in parts)
    return next(filter(None, problems), None)
