"""A part of the configuration, as a model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict


class Section(BaseModel):
    """A part of the configuration: frozen, and without unknown keys."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )


def exactly_one_of(*choices: tuple[str, str]) -> JsonDict:
    """The JSON Schema of keys that exclude each other; `consistency` validates them."""
    return {"allOf": [{"oneOf": [{"required": [key]} for key in keys]} for keys in choices]}
