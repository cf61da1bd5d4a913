"""Facts of what a container group runs: containers, their environment, and volumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from ..marks import AlsoNamed, FieldPath, Name, Options, Secret
from .unreadable import Unreadable


@dataclass(frozen=True)
class EnvironmentVar:
    """An environment variable; `value` is a redacted marker."""

    key: Name
    value: Secret = ""


@dataclass(frozen=True)
class Probe:
    """A probe of a container; `execs` is the command that it runs, as redacted markers."""

    execs: tuple[Secret, ...] = ()


@dataclass(frozen=True)
class Container:
    """`commands`, `args` and environment values are redacted markers (see `evidence.redact`).

    A probe is None where the container has none. It is `Unreadable` where the recording was made by a version
    that did not keep probes; the same holds for `Volume.flex_volume_options`.
    `access_key_found_in` names the other fields of the answer in which something looked like an AccessKey id,
    `not_searched_in` those with text in more layers of encodings than are searched.
    """

    name: str = ""
    image: str = ""
    commands: Annotated[tuple[Secret, ...], AlsoNamed("Command")] = ()
    args: Annotated[tuple[Secret, ...], AlsoNamed("Arg")] = ()
    environment_vars: tuple[EnvironmentVar, ...] = ()
    liveness_probe: Probe | Unreadable | None = None
    readiness_probe: Probe | Unreadable | None = None
    startup_probe: Probe | Unreadable | None = None
    access_key_found_in: tuple[FieldPath, ...] = ()
    not_searched_in: tuple[FieldPath, ...] = ()


@dataclass(frozen=True)
class ConfigFile:
    """A config file of a volume; `content` is a redacted marker."""

    path: str = ""
    content: Secret = ""


@dataclass(frozen=True)
class Volume:
    """`flex_volume_options` is a redacted marker, empty where there are no options.

    `access_key_found_in` and `not_searched_in` are as of a container.
    """

    name: str = ""
    type: str = ""
    config_file_volume_config_file_to_paths: tuple[ConfigFile, ...] = ()
    flex_volume_options: Options | Unreadable = ""
    access_key_found_in: tuple[FieldPath, ...] = ()
    not_searched_in: tuple[FieldPath, ...] = ()
