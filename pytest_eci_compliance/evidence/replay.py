"""Replay: a recording, checked against its manifest, as the transport of a sweep."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from vcr.request import Request
from vcr.serialize import deserialize
from vcr.serializers import jsonserializer

from .access_keys import SEARCH
from .errors import NotInRecording
from .exchange import Exchange
from .recording import (
    CASSETTE_NAME,
    MANIFEST,
    SCHEMA_WITH_FEWER_FIELDS,
    BadRecording,
    CassetteFile,
    Interaction,
    Manifest,
    RequestKey,
    cassettes_in,
    key_of,
    key_of_request,
    unusable,
)
from .redact import ENCODINGS, FIELDS, NOT_KEPT
from .transport import answer


class Replay:
    """A transport that answers from a recording, in the recorded order, and cannot reach a network."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self._answers: dict[RequestKey, deque[dict[str, Any]]] = defaultdict(deque)
        for request, response in interactions:
            self._answers[key_of_request(request)].append(response)

    def send(self, real: HTTPAdapter, exchange: Exchange, **options: Any) -> requests.Response:
        """Answer a request from the recording."""
        del real, options
        request = exchange.request
        assert request is not None  # noqa: S101 - set by the adapter
        answers = self._answers.get(key_of(request.headers, request.url or ""))
        if not answers:
            raise NotInRecording("the recording has no answer for this request")
        response = answers.popleft()
        return answer(request, response["status"]["code"], response["body"]["string"])


def load_recording(directory: Path, manifest: Manifest) -> Replay:
    """The replay of a recording whose every file is as its manifest says. Raises `BadRecording`."""
    interactions: list[Interaction] = []
    for name, expected in manifest.files.items():
        interactions += _read_cassette(directory, name, expected)
    if len(interactions) != manifest.interactions:
        raise BadRecording(unusable(directory / MANIFEST, "the number of interactions differs"))
    if strange := cassettes_in(directory) - manifest.files.keys():
        raise BadRecording(
            unusable(directory / min(strange), "it does not belong to the recording: delete it")
        )
    if lacks := _lacks(manifest):
        interactions = [(request, _with_gaps(request, response, lacks)) for request, response in interactions]
    return Replay(interactions)


def _lacks(manifest: Manifest) -> str | None:
    """What a recording by an earlier version lacks; None where it has all that this version keeps."""
    if manifest.schema == SCHEMA_WITH_FEWER_FIELDS:
        return FIELDS
    return ENCODINGS if manifest.search < SEARCH else None


def _with_gaps(request: Request, response: dict[str, Any], lacks: str) -> dict[str, Any]:
    """A response of a recording by an earlier version: each instance in it says what was not kept."""
    if key_of_request(request)[0] != "DescribeContainerGroups":
        return response
    try:
        body = json.loads(response["body"]["string"])
    except (ValueError, RecursionError):
        return response  # the sweep finds it malformed
    items = body.get("ContainerGroups") if isinstance(body, dict) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict):
            item[NOT_KEPT] = lacks
    return {**response, "body": {"string": json.dumps(body).encode()}}


def _read_cassette(directory: Path, name: str, expected: CassetteFile) -> list[Interaction]:
    path = directory / name
    if not CASSETTE_NAME.fullmatch(name):
        raise BadRecording(unusable(directory / MANIFEST, "it names a file that is no cassette of it"))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadRecording(unusable(path, (error.strerror or "it cannot be read").lower())) from None
    if hashlib.sha256(content).hexdigest() != expected.sha256:
        raise BadRecording(unusable(path, "it was changed after it was recorded (its digest differs)"))
    interactions = _interactions_in(content)
    if interactions is None or len(interactions) != expected.interactions:
        raise BadRecording(unusable(path, "it is not the cassette that was recorded"))
    return interactions


def _interactions_in(content: bytes) -> list[Interaction] | None:
    """The interactions of a cassette, None where it is none."""
    try:
        requests_, responses = deserialize(content.decode(), jsonserializer)[:2]
        interactions: list[Interaction] = list(zip(requests_, responses, strict=True))
        sound = all(key_of_request(request) and _is_response(response) for request, response in interactions)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return interactions if sound else None


def _is_response(response: Mapping[str, Any]) -> bool:
    code, body = response["status"]["code"], response["body"]["string"]
    return type(code) is int and 100 <= code < 600 and isinstance(body, bytes)
