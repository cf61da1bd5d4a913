"""The tags of a resource."""

from __future__ import annotations

from typing import Any, NamedTuple


class Tag(NamedTuple):
    """A tag of a resource."""

    key: str
    value: str


class Tags(tuple[Tag, ...]):
    """The tags of a resource: iterates over `Tag`s, and looks up a value by its key.

    >>> tags = Tags([Tag("env", "test")])
    >>> tags["env"], tags.get("owner"), "env" in tags, [t.key for t in tags]
    ('test', None, True, ['env'])
    """

    __slots__ = ()

    def get(self, key: str, default: str | None = None) -> str | None:
        """The value of the first tag with this key, or the default."""
        return next((tag.value for tag in self if tag.key == key), default)

    def __contains__(self, key: object) -> bool:
        return any(key in (tag, tag.key) for tag in self)

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __getnewargs__(self) -> tuple[tuple[Tag, ...]]:
        return (tuple(self),)
