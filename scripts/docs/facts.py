"""The fixtures, and the classes of the facts that they hand to tests."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from pytest_eci_compliance.inventory import facts, guards, readable
from pytest_eci_compliance.plugin import fixtures as given
from pytest_eci_compliance.policy.escalation import Path, Reached, Step
from pytest_eci_compliance.policy.evaluator import Access, Decision

_CLASSES = (
    facts.ContainerGroup,
    facts.Container,
    facts.EnvironmentVar,
    facts.Volume,
    facts.ConfigFile,
    facts.ImageCache,
    facts.VirtualNode,
    facts.Tags,
    facts.User,
    facts.Group,
    facts.Role,
    facts.Policy,
    facts.ResourceGroup,
    facts.PolicyAttachment,
    facts.Inventory,
    facts.Listing,
    facts.Attachments,
    facts.GrantGap,
    facts.CallerIdentity,
    facts.Unreadable,
    readable.AccountInventory,
    guards.MissingPart,
    guards.UnreadableError,
)


@dataclass(frozen=True)
class Fixture:
    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Class:
    """A class of facts: its fields as name and type, and what can be asked of it."""

    name: str
    meaning: str
    fields: tuple[tuple[str, str], ...]
    properties: tuple[str, ...]


@dataclass(frozen=True)
class Method:
    name: str
    signature: str
    meaning: str


def fixtures() -> list[Fixture]:
    """Every fixture of the plugin."""
    # A fixture's definition keeps the function below it.
    functions = {name: getattr(value, "__wrapped__", None) for name, value in vars(given).items()}
    return [
        Fixture(name, str(inspect.signature(function).return_annotation), _prose(function))
        for name, function in functions.items()
        if function is not None and not name.startswith("_")
    ]


def classes() -> list[Class]:
    """The classes of facts, those of ECI first."""
    return [_class(class_) for class_ in _CLASSES]


def evaluator() -> list[Method]:
    """What can be asked of the evaluator, and of its answers."""
    return [
        *(_method("eci_access", Access, name) for name in ("decide", "who_can", "reach")),
        Method("Decision", "Decision", _prose(Decision)),
        *(Method(class_.__name__, class_.__name__, _prose(class_)) for class_ in (Reached, Path, Step)),
    ]


def _class(class_: type) -> Class:
    names = tuple(
        (field.name, _without_marks(str(field.type)))
        for field in (fields(class_) if "__dataclass_fields__" in vars(class_) else ())
        if field.init
    )
    properties = tuple(name for name, value in vars(class_).items() if isinstance(value, property))
    return Class(class_.__name__, _prose(class_) if _documented(class_) else "", names, properties)


def _without_marks(annotation: str) -> str:
    """The type of a field without what it says of answers and redaction.

    >>> _without_marks('Annotated[tuple[Secret, ...], AlsoNamed("Arg")]'), _without_marks("Derived[str]")
    ('tuple[str, ...]', 'str')
    """
    marked = re.fullmatch(r"Derived\[(.+)\]|Annotated\[(.+), \w+\(.*\)\]", annotation)
    plain = (marked[1] or marked[2]) if marked else annotation
    return re.sub(r"\b(Secret|Options|Name|FieldPath|ServiceText)\b", "str", plain)


def _documented(class_: type) -> bool:
    """Whether somebody wrote its docstring: dataclasses make one of the signature."""
    return not (class_.__doc__ or "").startswith(f"{class_.__name__}(")


def _method(owner: str, class_: type, name: str) -> Method:
    function: Callable[..., Any] = getattr(class_, name)
    signature = inspect.signature(function)
    shown = "".join(f"    {line},\n" for line in _parameters(signature))
    return Method(name, f"{owner}.{name}(\n{shown}) -> {signature.return_annotation}", _prose(function))


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    """The parameters as they are written, `self` apart."""
    named_only = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not named_only:
            named_only = True
            yield "*"
        if parameter.name != "self":
            yield str(parameter).replace("'", "")


def _prose(documented: Any) -> str:
    """The docstring without its examples."""
    text = inspect.getdoc(documented) or ""
    return text.partition("\n>>>")[0].strip()
