"""The types of the values of the configuration: names, globs, durations, dates, endpoints, actions.

Each is validated text, or a number, a date or a duration. The message of a validator says how to correct the value.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from ..assumptions import that_owners_settle
from ..globs import has_wildcard
from ..hosts import is_loopback
from ..spelling import nearest

_ACCOUNT_NAME = r"^[a-z0-9][a-z0-9_-]*$"
_ACTION = r"^([A-Za-z0-9*?-]+:[A-Za-z0-9*?]+|\*)$"
_DURATION = r"^([0-9]{1,6})([dhms])$"
_POLICY = r"^(Custom/)?[^/\s*?]+$"
_REGULAR_EXPRESSION = frozenset("^$[]()|\\")


def one_or_many(value: Any) -> Any:
    """A list of the value, unless it is a list already."""
    return value if isinstance(value, list | tuple) else (value,)


def text_or(text: str, other: str) -> Callable[[Any], str]:
    """The discriminator of a union of text and something else, so that an error is about the right branch."""
    return lambda value: text if isinstance(value, str) else other


def _matching(pattern: str, expected: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def validate(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"is not {expected}")
        return text

    return AfterValidator(validate)


def _text_schema(pattern: str) -> WithJsonSchema:
    """The JSON Schema of a text, for editors."""
    return WithJsonSchema({"type": "string", "pattern": pattern})


def _plain_name(text: str) -> str:
    if has_wildcard(text):
        raise ValueError("must be a full name: wildcards are not supported here")
    return text


def _custom_policy_name(text: str) -> str:
    if text.startswith("Custom/"):
        raise ValueError(f"is the name of a custom policy: write it without `Custom/`: {text[7:]}")
    return text


def _test_path(text: str) -> str:
    if text.startswith("package:") and not re.fullmatch(r"package:[A-Za-z0-9_][A-Za-z0-9._-]*", text):
        raise ValueError("is not a pack: write package:NAME, with the name of an entry point or of a package")
    return text


def _account_name(text: str) -> str:
    if text == "all" or not re.fullmatch(_ACCOUNT_NAME, text):
        raise ValueError("is not a valid account name: use a-z, 0-9, `_` and `-`; `all` is reserved")
    return text


def _glob(text: str) -> str:
    if regular := sorted(_REGULAR_EXPRESSION & set(text)):
        raise ValueError(f"has {' '.join(regular)}: globs know * and ? only; it is no regular expression")
    return text


def _glob_or_text(text: str) -> str:
    # A value without a wildcard is plain text, and may have any character.
    if has_wildcard(text) and (regular := sorted(_REGULAR_EXPRESSION & set(text))):
        raise ValueError(
            f"has {' '.join(regular)}: globs know * and ? only; write ? where any one character may stand"
        )
    return text


def _role_pattern(text: str) -> str:
    if "/" in text:
        raise ValueError("is not a glob of role names: roles have no groups, and their names contain no `/`")
    return text


_REACHABLE_KINDS = ("role/", "user/", "group/", "policy/")
_ANY_PERMISSION = "any-permission"


def _reachable(text: str) -> str:
    """What may be reached: of a glob, the part before its first wildcard has to agree with a form."""
    head = re.split(r"[*?]", text, maxsplit=1)[0]
    names = any(text.startswith(kind) and text != kind for kind in _REACHABLE_KINDS)
    may_fit = has_wildcard(text) and any(
        form.startswith(head) for form in (*_REACHABLE_KINDS, _ANY_PERMISSION)
    )
    if names or may_fit or text == _ANY_PERMISSION:
        return text
    raise ValueError(
        "names nothing that can be reached: write role/NAME, user/NAME, group/NAME, policy/NAME, policy/Custom/NAME"
        ' or any-permission, or a glob of them, such as role/* or "*"'
    )


def _region(text: str) -> str:
    if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+(-[a-z]|(?<=[0-9])[a-z])", text):
        raise ValueError("looks like a zone: write its region, such as cn-hangzhou")
    if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", text):
        raise ValueError("is not a valid region id: write it like cn-hangzhou")
    return text


def _action(text: str) -> str:
    if not re.fullmatch(_ACTION, text):
        raise ValueError("is not a valid action: write it like eci:DeleteContainerGroup or eci:Create*")
    return text


def _endpoint(text: str) -> str:
    filled = text.replace("{region}", "cn-hangzhou")
    try:
        url = urlsplit(filled if "://" in filled else f"https://{filled}")
        host, _ = url.hostname or "", url.port
    except ValueError:
        raise ValueError("is not a valid endpoint: write https://HOST, or HOST alone") from None
    if url.username or url.password or url.query or url.fragment or url.path.strip("/"):
        raise ValueError("is not a valid endpoint: only a scheme, a host and a port are allowed")
    if url.scheme not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        raise ValueError(
            "is not a valid endpoint: write https://HOST, or HOST alone; only {region} is replaced"
        )
    if url.scheme == "http" and not is_loopback(host):
        raise ValueError("uses http to another machine: use https; http is for 127.0.0.1 and localhost only")
    return text


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(_DURATION, value) if isinstance(value, str) else None
    if not match or not int(match[1]):
        raise ValueError("is not a valid time: write days, hours or minutes, such as 7d, 12h or 10m")
    unit = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}[match[2]]
    return timedelta(**{unit: int(match[1])})


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=timezone.utc).date()
    except (TypeError, ValueError):
        raise ValueError("is not a valid day: write it like 2026-12-31") from None


def _moment(value: Any) -> Any:
    if isinstance(value, str) and re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", value):
        try:
            value = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", value))
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise ValueError("is not a valid date and time: write it like 2026-12-31T08:00:00Z")  # noqa: TRY004 - a value error
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def _address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("is not a valid IP address: write it like 203.0.113.7") from None
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty: write a sentence")
    return text


def _open_question(text: str) -> str:
    known = [assumption.id for assumption in that_owners_settle()]
    if text not in known:
        near = nearest(text, known)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(known)}"
        raise ValueError(f"is not an open question of the evaluator: {hint}")
    return text


def _region_or_default(text: str) -> str:
    return text if text == "default" else _region(text)


NonEmptyText: TypeAlias = Annotated[str, Field(min_length=1)]
TestPath: TypeAlias = Annotated[NonEmptyText, AfterValidator(_test_path)]
Prose: TypeAlias = Annotated[str, AfterValidator(_not_blank)]
PlainName: TypeAlias = Annotated[NonEmptyText, AfterValidator(_plain_name)]
AccountName: TypeAlias = Annotated[str, AfterValidator(_account_name)]
AccountId: TypeAlias = Annotated[
    str, _matching(r"[0-9]+", "a valid account id: write its digits, in quotes"), _text_schema(r"^[0-9]+$")
]
RoleArn: TypeAlias = Annotated[
    str,
    _matching(r"acs:ram::[0-9]+:role/[^*?\s]+", "a valid role ARN: write acs:ram::ACCOUNT:role/NAME"),
]
PolicyName: TypeAlias = Annotated[
    PlainName,
    _matching(
        r"(Custom/)?[^/\s]+",
        "a valid policy name: write NAME for a system policy, Custom/NAME for a custom one",
    ),
    _text_schema(_POLICY),
]
SystemPolicyName: TypeAlias = Annotated[
    PlainName, _matching(r"[^/\s]+", "a valid name of a system policy: write NAME without a `/`")
]
CustomPolicyName: TypeAlias = Annotated[NonEmptyText, AfterValidator(_custom_policy_name)]
Region: TypeAlias = Annotated[str, AfterValidator(_region)]
ActionPattern: TypeAlias = Annotated[str, AfterValidator(_action), _text_schema(_ACTION)]
EndpointUrl: TypeAlias = Annotated[NonEmptyText, AfterValidator(_endpoint)]
RegionOrDefault: TypeAlias = Annotated[str, AfterValidator(_region_or_default)]
AssumptionId: TypeAlias = Annotated[
    str,
    AfterValidator(_open_question),
    WithJsonSchema({"type": "string", "enum": [assumption.id for assumption in that_owners_settle()]}),
]
CallsPerSecond: TypeAlias = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Duration: TypeAlias = Annotated[
    timedelta, BeforeValidator(_duration, Annotated[str, Field(pattern=_DURATION)])
]
Day: TypeAlias = Annotated[date, BeforeValidator(_day)]
Moment: TypeAlias = Annotated[datetime, BeforeValidator(_moment)]
IpAddress: TypeAlias = Annotated[str, AfterValidator(_address)]
StrictTruth: TypeAlias = Annotated[bool, Field(strict=True)]

Glob: TypeAlias = Annotated[NonEmptyText, AfterValidator(_glob)]
GlobOrText: TypeAlias = Annotated[NonEmptyText, AfterValidator(_glob_or_text)]
_ReachGlob: TypeAlias = Annotated[Glob, AfterValidator(_reachable)]
_RoleGlob: TypeAlias = Annotated[Glob, AfterValidator(_role_pattern)]

# A list of globs; one glob may stand for a list of one.
Globs: TypeAlias = Annotated[tuple[Glob, ...], BeforeValidator(one_or_many, Glob | tuple[Glob, ...])]
RoleGlobs: TypeAlias = Annotated[
    tuple[_RoleGlob, ...], BeforeValidator(one_or_many, _RoleGlob | tuple[_RoleGlob, ...])
]
ReachGlobs: TypeAlias = Annotated[
    tuple[_ReachGlob, ...], BeforeValidator(one_or_many, _ReachGlob | tuple[_ReachGlob, ...])
]
SomeGlobs: TypeAlias = Annotated[Globs, Field(min_length=1)]
SomeRoleGlobs: TypeAlias = Annotated[RoleGlobs, Field(min_length=1)]
Regions: TypeAlias = Annotated[tuple[Region, ...], BeforeValidator(one_or_many, Region | tuple[Region, ...])]
# The values that a tag may have: globs, of which the empty one fits the empty value.
TagValues: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(one_or_many, str | tuple[str, ...])]
