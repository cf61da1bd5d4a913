"""One API request as its handler sees it: checked parameters, the caller, and how to page."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from . import errors
from .world import Caller, Quirks, World

_KEY = b"the emulator's own"


@dataclass(frozen=True)
class Request:
    action: str
    params: Mapping[str, str]
    caller: Caller
    quirks: Quirks
    context: Mapping[str, Sequence[str]]

    @property
    def world(self) -> World:
        return self.caller.world

    def with_params(self, **params: str) -> Request:
        return replace(self, params={**self.params, **params})

    def text(self, name: str, default: str | None = None) -> str:
        """A parameter; without a default it is mandatory."""
        value = self.params.get(name, "")
        if value:
            return value
        if default is None:
            raise errors.missing(name)
        return default

    def number(self, name: str, default: int, maximum: int, minimum: int = 1) -> int:
        text = self.params.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or not minimum <= int(text) <= maximum:
            raise errors.ApiError(
                400,
                "InvalidParameter",
                f"The specified {name} must be from {minimum} to {maximum}, not {text!r}.",
            )
        return int(text)

    def ids(self, name: str, maximum: int) -> list[str] | None:
        """A parameter that is a JSON list of ids; None where it was not sent."""
        text = self.params.get(name, "")
        if not text:
            return None
        try:
            ids = json.loads(text)
        except ValueError:
            raise errors.invalid(name, "it is not JSON") from None
        if not isinstance(ids, list) or not all(isinstance(id_, str) for id_ in ids):
            raise errors.invalid(name, "it is not a list of ids")
        if len(ids) > maximum:
            raise errors.ApiError(
                400, "InvalidParameter", f"{name} takes at most {maximum} ids, not {len(ids)}."
            )
        return ids

    def numbered(self, name: str) -> list[str]:
        """`name.1`, `name.2` and so on, up to 100; numbers may be missing."""
        if not any(key.startswith(f"{name}.") for key in self.params):
            return []
        keys = (f"{name}.{number}" for number in range(1, 101))
        return [self.params[key] for key in keys if key in self.params]

    @cached_property
    def tags(self) -> dict[str, str | None]:
        """Tag.N.Key and Tag.N.Value; a tag without a value asks for the key alone."""
        tags: dict[str, str | None] = {}
        for number in range(1, 21):
            key = self.params.get(f"Tag.{number}.Key")
            if key is None:
                break
            tags[key] = self.params.get(f"Tag.{number}.Value")
        return tags

    def cursor(self, parameter: str) -> int:
        """The position that an opaque token of this action stands for; 0 without a token."""
        token = self.params.get(parameter, "")
        if not token:
            return 0
        try:
            raw = base64.urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
            position, action = _scramble(raw[4:]).decode().split("|")[:2]
        except ValueError:
            raw, position, action = b"", "", ""
        if not raw or raw[:4] != _digest(raw[4:]) or action != self.action:
            raise errors.invalid(parameter, "it was not given by this action")
        return int(position)

    def token(self, position: int, salt: str = "") -> str:
        sealed = _scramble(f"{position}|{self.action}|{salt}".encode())
        return base64.urlsafe_b64encode(_digest(sealed) + sealed).decode().rstrip("=")

    def take(self, items: Iterable[tuple[int, Any]], size: int) -> tuple[list[Any], str]:
        """The first `size` of (position, item), and the token for the rest, or an empty text."""
        size = min(size, self.quirks.max_page or size)
        page: list[Any] = []
        last = 0
        for position, item in items:
            if len(page) == size:
                return page, self.token(last)
            page.append(item)
            last = position
        return page, ""


def from_offset(items: Sequence[Any], offset: int) -> Iterator[tuple[int, Any]]:
    """(number so far, item) of everything behind the first `offset`."""
    for index in range(offset, len(items)):
        yield index + 1, items[index]


def _digest(data: bytes) -> bytes:
    return hashlib.blake2s(data, key=_KEY, digest_size=4).digest()


def _scramble(data: bytes) -> bytes:
    pad = hashlib.shake_128(_KEY).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, pad, strict=True))
