"""The part of the SARIF 2.1.0 schema that the report uses: its objects, required keys and enumerations."""

from __future__ import annotations

from typing import Any


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    bag = {"properties": {"type": "object"}}
    return {
        "type": "object",
        "required": required,
        "properties": properties | bag,
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_INDEX = {"type": "integer", "minimum": -1}
_MESSAGE = _object(["text"], text=_TEXT, markdown=_TEXT)
_LOGICAL = _object([], name=_TEXT, fullyQualifiedName=_TEXT, kind=_TEXT, index=_INDEX, parentIndex=_INDEX)
_ARTIFACT = _object(
    [],
    uri={"type": "string", "pattern": '^(?!/)[^ {}|\\\\^`<>"]*$'},
    uriBaseId=_TEXT,
    index=_INDEX,
)
_PHYSICAL = _object(
    ["artifactLocation"],
    artifactLocation=_ARTIFACT,
    region=_object(["startLine"], startLine={"type": "integer", "minimum": 1}),
)
_SUPPRESSION = _object(
    ["kind"],
    kind={"enum": ["inSource", "external"]},
    status={"enum": ["accepted", "underReview", "rejected"]},
    justification=_TEXT,
)
_RESULT = _object(
    ["message"],
    ruleId=_TEXT,
    ruleIndex=_INDEX,
    level=_LEVEL,
    message=_MESSAGE,
    locations={
        "type": "array",
        "items": _object(
            [],
            physicalLocation=_PHYSICAL,
            logicalLocations={"type": "array", "uniqueItems": True, "items": _LOGICAL},
        ),
    },
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    suppressions={"type": "array", "uniqueItems": True, "items": _SUPPRESSION},
)
_RULE = _object(
    ["id"],
    id=_TEXT,
    shortDescription=_MESSAGE,
    fullDescription=_MESSAGE,
    help=_MESSAGE,
    defaultConfiguration=_object([], level=_LEVEL),
)
_DRIVER = _object(
    ["name"],
    name=_TEXT,
    version=_TEXT,
    rules={"type": "array", "uniqueItems": True, "items": _RULE},
)
_INVOCATION = _object(
    ["executionSuccessful"],
    executionSuccessful={"type": "boolean"},
    startTimeUtc={"type": "string", "pattern": "Z$"},
)
_RUN = _object(
    ["tool"],
    tool=_object(["driver"], driver=_DRIVER),
    automationDetails=_object([], id=_TEXT),
    invocations={"type": "array", "items": _INVOCATION},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": _RESULT},
)

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **_object(["version", "runs"], version={"const": "2.1.0"}, runs={"type": "array", "items": _RUN}),
}
SCHEMA["properties"]["$schema"] = {"type": "string", "format": "uri"}
