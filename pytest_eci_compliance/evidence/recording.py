"""Recordings: vcrpy cassettes of the final, redacted answers of one sweep, bound together by a manifest.

A recording is a directory: one cassette per service and region, named by its content, and `manifest.json`,
which names them, says when and of what account they were made, and holds the digest of each file and its own.
The manifest is replaced in one step, so there is always exactly one whole recording: the former or the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pydantic
from vcr.request import Request
from vcr.serialize import serialize
from vcr.serializers import jsonserializer

from .. import __version__
from .errors import ApiCall
from .exchange import Exchange

SCHEMA = 2
SCHEMA_WITH_FEWER_FIELDS = 1
"""The schema of recordings in which DescribeContainerGroups lacks probes, volume options, `ValueFrom`, and the
fields in which an AccessKey was found. They are replayed; what they lack is unreadable evidence."""
MANIFEST = "manifest.json"
CASSETTE_NAME = re.compile(r"[a-z0-9-]+\.[0-9a-f]{12}\.json")

RequestKey: TypeAlias = "tuple[str, str, tuple[tuple[str, str], ...]]"
Interaction: TypeAlias = "tuple[Request, dict[str, Any]]"


class BadRecording(Exception):  # noqa: N818
    """A recording that cannot be used: the text names the file, what is wrong with it, and the fix."""


@dataclass(frozen=True)
class CassetteFile:
    """The entry of a cassette in the manifest."""

    interactions: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a recording is. `recorded` is UTC, ISO 8601 with `Z`; `requested` the `regions` of the configuration.

    `search` is the number of the rules by which its text was searched for AccessKeys: 0 for a version that did not
    write it. `synthetic` is true for a recording that was made from a server on this machine, not from the real cloud.
    """

    account: str
    account_id: str
    recorded: str
    regions: tuple[str, ...]
    requested: str | tuple[str, ...]
    synthetic: bool
    interactions: int
    files: Mapping[str, CassetteFile] = field(default_factory=dict)
    plugin: str = __version__
    schema: int = SCHEMA
    search: int = 0

    def render(self) -> bytes:
        """The manifest as it is written: its own digest covers everything else in it."""
        content = asdict(self)
        if not self.search:
            del content["search"]
        body = json.dumps(content, sort_keys=True)
        content["digest"] = hashlib.sha256(body.encode()).hexdigest()
        return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


_MANIFEST = pydantic.TypeAdapter(Manifest)


class Recorder:
    """Collects the final exchange of every call, and writes them as one recording."""

    def __init__(self) -> None:
        self._interactions: dict[str, list[Interaction]] = defaultdict(list)

    def __call__(self, call: ApiCall, exchange: Exchange) -> None:
        if exchange.secret or exchange.request is None:
            return
        request = exchange.request
        headers = {name: _text(request.headers[name]) for name in ("x-acs-action", "x-acs-version")}
        stored = Request(request.method, request.url, "", headers)
        response = {
            "status": {"code": exchange.status, "message": ""},
            "headers": {"content-type": ["application/json"]},
            "body": {"string": exchange.body},
        }
        name = call.action.service if call.region is None else f"{call.action.service}-{call.region}"
        self._interactions[name].append((stored, response))

    def __len__(self) -> int:
        return sum(map(len, self._interactions.values()))

    def save(self, directory: Path, manifest: Manifest) -> Manifest:
        """Write the recording into `directory`, replacing the former one in one step.

        Returns the manifest with its files filled in. Raises OSError.
        """
        contents: dict[str, bytes] = {}
        files: dict[str, CassetteFile] = {}
        for name, interactions in sorted(self._interactions.items()):
            content = _cassette(interactions)
            digest = hashlib.sha256(content).hexdigest()
            file = f"{name}.{digest[:12]}.json"
            contents[file], files[file] = content, CassetteFile(len(interactions), digest)
        whole = replace(manifest, files=files, interactions=len(self))
        _write(directory, contents, whole.render())
        return whole


def _write(directory: Path, contents: Mapping[str, bytes], manifest: bytes) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    former = cassettes_in(directory)
    try:
        for name, content in contents.items():
            _replace(directory / name, content)
        _replace(directory / MANIFEST, manifest)
    except BaseException:
        for name in contents.keys() - former:
            (directory / name).unlink(missing_ok=True)
        raise
    for name in former - contents.keys():
        (directory / name).unlink(missing_ok=True)


def cassettes_in(directory: Path) -> set[str]:
    """The names of the files in a directory that are named as cassettes are."""
    return {path.name for path in directory.iterdir() if CASSETTE_NAME.fullmatch(path.name)}


def _cassette(interactions: Iterable[Interaction]) -> bytes:
    """A vcrpy cassette, in an order that does not depend on which answer came first."""
    ordered = sorted(interactions, key=lambda interaction: key_of_request(interaction[0]))
    requests_ = [request for request, _ in ordered]
    responses = [response for _, response in ordered]
    text: str = serialize({"requests": requests_, "responses": responses}, jsonserializer)
    return text.encode()


def _replace(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def key_of(headers: Mapping[str, Any], url: str) -> RequestKey:
    """What tells two requests apart: the action and version (which travel in headers) and the parameters."""
    query = tuple(sorted(parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=1000)))
    return _text(headers["x-acs-action"]), _text(headers["x-acs-version"]), query


def key_of_request(request: Request) -> RequestKey:
    """The key under which the answer to a request is recorded."""
    return key_of(request.headers, request.uri)


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a recording. Raises `BadRecording`."""
    path = directory / MANIFEST
    try:
        content = path.read_bytes()
        fields = json.loads(content)
        if not isinstance(fields, dict):
            raise BadRecording(unusable(path, "it is not a manifest"))
        readable = (SCHEMA_WITH_FEWER_FIELDS, SCHEMA)
        schema = fields.get("schema")
        if type(schema) is not int or schema not in readable:
            versions = " and ".join(map(str, readable))
            raise BadRecording(
                unusable(path, f"its schema is {str(schema)[:20]}, this version reads {versions}")
            )
        fields.pop("digest", None)
        manifest = _MANIFEST.validate_python(fields)
        datetime.strptime(manifest.recorded, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 - it is only checked
    except FileNotFoundError:
        raise BadRecording(
            f"there is no recording in {directory} (no {MANIFEST}): make one with --eci-mode=record"
        ) from None
    except OSError as error:
        raise BadRecording(unusable(path, error.strerror or "it cannot be read")) from None
    except (ValueError, RecursionError):
        raise BadRecording(unusable(path, "it is damaged")) from None
    if manifest.render() != content:
        raise BadRecording(unusable(path, "it was changed after it was written (its digest differs)"))
    return manifest


def unusable(path: Path, why: str) -> str:
    """The text of a BadRecording: the file, what is wrong with it, and the fix."""
    return f"the recording cannot be used: {path}: {why}. Restore it, or record again with --eci-mode=record"
