"""One side of a change of a resource: its attributes, and what the configuration shows of those that are unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..messages import quote
from .documents import is_document
from .model import PlannedText, Unknown
from .resolver import RawChange, Resolver


@dataclass
class PlanSide:
    """One side of a change. On the side after, unknown attributes are looked up in the configuration.

    `inferred` collects what was found that way.
    """

    change: RawChange
    attributes: Mapping[str, Any]
    resolver: Resolver | None = None
    region: str | None = None
    account_id: str | None = None
    inferred: list[str] = field(default_factory=list)

    @property
    def is_after(self) -> bool:
        """Whether this is the side after the change, on which references are resolved."""
        return self.resolver is not None

    def get(self, name: str) -> Any:
        """An attribute: its value, `Unknown`, or None where it is not set."""
        value = self.attributes.get(name)
        if isinstance(value, Unknown) and value.why != "sensitive" and self.resolver is not None:
            resolved = self.resolver.resolve(self.change, name)
            if isinstance(resolved, str) and resolved and ("document" not in name or is_document(resolved)):
                self.inferred.append(name if "document" in name else f"{name} is {quote(resolved)}")
                return resolved
        return value

    def text(self, *names: str) -> PlannedText | None:
        """The first of several twins that is known as text; `Unknown` where only unknown ones are set."""
        unknown: Unknown | None = None
        for name in self.in_order(names):
            value = self.attributes.get(name)
            if isinstance(value, str) and value:
                return value
        for name in self.in_order(names):
            value = self.get(name)
            if isinstance(value, str) and value:
                return value
            unknown = unknown or (value if isinstance(value, Unknown) else None)
        return unknown

    def required(self, *names: str) -> PlannedText:
        """The text of the first of these attributes that is set; `Unknown` where none is."""
        value = self.text(*names)
        return Unknown(names[0], "not set") if value is None else value

    def named(self, *names: str) -> PlannedText:
        """The name of an object whose id is its name: a name that is masked may still stand there."""
        name, id_ = self.required(*names), self.attributes.get("id")
        return id_ if isinstance(name, Unknown) and isinstance(id_, str) and id_ else name

    def in_order(self, names: Iterable[str]) -> list[str]:
        """The twins that the configuration sets, then the others."""
        written = self.written
        return sorted(names, key=lambda name: written is not None and name not in written)

    @property
    def written(self) -> Mapping[str, Any] | None:
        """The arguments that the configuration sets; None where it is not shown."""
        return self.resolver.expressions(self.change) if self.resolver is not None else None
