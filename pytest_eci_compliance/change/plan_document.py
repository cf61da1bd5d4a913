"""The frame of a plan in JSON: what stands where, before any of it is read (Terraform, "JSON output format").

A key with `null` counts as left out, as Terraform leaves out what is empty. Anything else of another type than the
format has is refused, so that everything behind this module can rely on the frame. The attributes of resources are
values of the provider, and not judged here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SkipValidation,
    ValidationError,
    model_validator,
)

Anything: TypeAlias = "Annotated[Any, SkipValidation]"


def _without_nulls(value: Any) -> Any:
    return (
        {key: inner for key, inner in value.items() if inner is not None}
        if isinstance(value, dict)
        else value
    )


_Named: TypeAlias = "Annotated[dict[str, Anything], BeforeValidator(_without_nulls)]"


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, data: Any) -> Any:
        return _without_nulls(data)


class _ResourceOfState(_Part):
    address: str = ""
    mode: str = ""
    type: str = ""
    name: str = ""
    index: str | int | None = None
    values: dict[str, Anything] = {}
    sensitive_values: Anything = None


class _ModuleOfState(_Part):
    resources: list[_ResourceOfState] = []
    child_modules: list[_ModuleOfState] = []


class _Values(_Part):
    root_module: _ModuleOfState = _ModuleOfState()


class _State(_Part):
    values: _Values = _Values()


class _ResourceOfConfiguration(_Part):
    mode: str = ""
    type: str = ""
    name: str = ""
    provider_config_key: str = ""
    expressions: _Named = {}


class _Output(_Part):
    expression: Anything = None


class _ModuleCall(_Part):
    expressions: _Named = {}
    module: _ModuleOfConfiguration = Field(default_factory=lambda: _ModuleOfConfiguration())  # noqa: PLW0108 - it is defined below


class _ModuleOfConfiguration(_Part):
    resources: list[_ResourceOfConfiguration] = []
    module_calls: Annotated[dict[str, _ModuleCall], BeforeValidator(_without_nulls)] = {}
    outputs: Annotated[dict[str, _Output], BeforeValidator(_without_nulls)] = {}


class _Provider(_Part):
    module_address: str = ""
    expressions: _Named = {}


class _Configuration(_Part):
    provider_config: Annotated[dict[str, _Provider], BeforeValidator(_without_nulls)] = {}
    root_module: _ModuleOfConfiguration = _ModuleOfConfiguration()


class _Variable(_Part):
    value: Anything = None


class _Effect(_Part):
    actions: list[str]
    before: dict[str, Anything] | None = None
    after: dict[str, Anything] | None = None
    after_unknown: dict[str, Anything] | bool = False
    before_sensitive: dict[str, Anything] | bool = False
    after_sensitive: dict[str, Anything] | bool = False
    importing: Anything = None


class _ResourceChange(_Part):
    address: str
    type: str
    mode: str = "managed"
    name: str = ""
    module_address: str | None = None
    index: str | int | None = None
    index_unknown: bool = False
    deposed: str = ""
    change: _Effect


class _Deferred(_Part):
    reason: str = "deferred"
    resource_change: _ResourceChange | None = None


class _Invocation(_Part):
    address: str = "action_invocations"


class _Plan(_Part):
    resource_changes: list[_ResourceChange] = []
    resource_drift: list[_ResourceChange] = []
    deferred_changes: list[_Deferred] = []
    action_invocations: list[_Invocation] = []
    prior_state: _State = _State()
    configuration: _Configuration = _Configuration()
    variables: Annotated[dict[str, _Variable], BeforeValidator(_without_nulls)] = {}
    timestamp: str = ""
    complete: bool | None = None
    errored: bool = False


def framed(data: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """The plan with every key of the frame, of the type that the format has; and what is wrong with it, if anything.

    The problem names a key and the type that it should have, and nothing of its content.
    """
    try:
        return _plain(_Plan.model_validate(dict(data))), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(step) for step in first["loc"] if isinstance(step, int) or step in _KEYS)
        return {}, f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _plain(value: Any) -> Any:
    """A part of the frame as mappings and lists; the values of the provider are not copied."""
    if isinstance(value, _Part):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, list):
        return [_plain(inner) if isinstance(inner, _Part) else inner for inner in value]
    if isinstance(value, dict):
        return {key: _plain(inner) if isinstance(inner, _Part) else inner for key, inner in value.items()}
    return value


_MODELS: tuple[type[_Part], ...] = (
    *(_Plan, _ResourceChange, _Effect, _Deferred, _Invocation, _Variable, _Configuration, _Provider),
    *(_ModuleOfConfiguration, _ModuleCall, _Output, _ResourceOfConfiguration),
    *(_State, _Values, _ModuleOfState, _ResourceOfState),
)
_KEYS = frozenset(name for model in _MODELS for name in model.model_fields)
"""The keys of the format: a name that the plan gives to something is not shown."""
