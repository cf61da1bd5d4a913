"""Arguments of an ECI resource under the names that an answer of the API has.

Every argument is taken over, so that redaction searches all text of a planned instance for AccessKeys, as it does
that of an instance that was read. A value that the plan does not have is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.alias_generators import to_pascal

from .model import Unknown

_PROBES = ("liveness_probe", "readiness_probe")


def item(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """An object of a plan as an object of an answer: `working_dir` becomes `WorkingDir`."""
    return {to_pascal(name): _value(value) for name, value in attributes.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return item(value)
    if isinstance(value, list):
        return [_value(inner) for inner in value]
    return None if isinstance(value, Unknown) else value


def text(value: Any) -> str:
    """A text that the plan has; empty for anything else."""
    return value if isinstance(value, str) else ""


def containers(value: Any) -> list[dict[str, Any]]:
    """The containers, or init containers, of an instance."""
    return [_container(block) for block in _blocks(value)]


def _container(block: Mapping[str, Any]) -> dict[str, Any]:
    probes = {to_pascal(name): _probe(block.get(name)) for name in _PROBES if _blocks(block.get(name))}
    return {
        **item({name: value for name, value in block.items() if name not in _PROBES}),
        "Name": text(block.get("name")),
        "Image": text(block.get("image")),
        "Commands": _texts(block.get("commands")),
        "Args": _texts(block.get("args")),
        "EnvironmentVars": [
            {**item(variable), "Key": text(variable.get("key")), "Value": text(variable.get("value"))}
            for variable in _blocks(block.get("environment_vars"))
        ],
        **probes,
    }


def _probe(value: Any) -> dict[str, Any]:
    """A probe. The provider writes its command into a block `exec`, an answer has it as `Execs`."""
    (block, *_) = _blocks(value)
    commands = [_texts(inner.get("commands")) for inner in _blocks(block.get("exec"))]
    others = {name: inner for name, inner in block.items() if name != "exec"}
    return {**item(others), "Execs": [word for words in commands for word in words]}


def volumes(value: Any) -> list[dict[str, Any]]:
    """The volumes of an instance."""
    return [
        {
            **item(block),
            "Name": text(block.get("name")),
            "Type": text(block.get("type")),
            "ConfigFileVolumeConfigFileToPaths": [
                {"Path": text(path.get("path")), "Content": text(path.get("content"))}
                for path in _blocks(block.get("config_file_volume_config_file_to_paths"))
            ],
        }
        for block in _blocks(value)
    ]


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [block for block in value if isinstance(block, Mapping)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
