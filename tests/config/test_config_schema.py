"""The JSON Schema of the configuration agrees with what the loader accepts."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from pytest_eci_compliance.config.json_schema import SCHEMA_FILE, json_schema, keys_at

DOCUMENTED = Path(__file__).with_name("documented.yaml")


class AsEditorsRead(yaml.SafeLoader):
    """YAML 1.2, as editors read it: no dates."""


def _as_text(loader: AsEditorsRead, node: yaml.ScalarNode) -> object:
    return loader.construct_scalar(node)


AsEditorsRead.add_constructor("tag:yaml.org,2002:timestamp", _as_text)


@pytest.fixture
def document() -> Any:
    return yaml.load(DOCUMENTED.read_text(encoding="utf-8"), Loader=AsEditorsRead)


def test_the_shipped_schema_is_that_of_the_models() -> None:
    remedy = "run python -m pytest_eci_compliance.config.json_schema"
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema(), remedy


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_the_documented_example_fits(document: dict[str, Any]) -> None:
    jsonschema.validate(document, json_schema())
    jsonschema.validate({**document, "x-anchors": [1, None]}, json_schema())


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "lief"},
        {"users": None},
        {"users": [{}]},
        {"instances": {"required_tags": {"env": True}}},
        {"instances": {"required_tag": {}}},
        {"deadline": "10 minutes"},
        {"access": [{"users": "a", "can": ["List"]}]},
        {"access": [{"users": "a", "roles": "b", "can": ["eci:ListUsage"]}]},
        {"access": [{"users": "a"}]},
        {"waivers": [{"check": "a", "reason": "b", "owner": "c", "expires": str(date(2026, 1, 1))}]},
        {"account_id": 1},
    ],
)
def test_editors_see_what_is_wrong(document: dict[str, Any], change: dict[str, Any]) -> None:
    document["accounts"]["prod"].update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json_schema())


def test_every_key_is_explained() -> None:
    parts = json_schema()["$defs"]
    silent = [
        f"{name}.{key}"
        for name, part in parts.items()
        for key, shape in part["properties"].items()
        if "description" not in shape and "$ref" not in shape and name not in ("Endpoints", "Rate")
    ]
    assert silent == []


def test_keys_at() -> None:
    assert keys_at(()) == ("version", "accounts", "tests")
    assert "account_id" in keys_at(("accounts", "prod"))
    assert "console" in keys_at(("accounts", "prod", "users", 2))
    rule = ("resources", "required_tags", "resource_groups", "may_be_empty", "automatic")
    assert keys_at(("accounts", "prod", "image_caches")) == rule
    assert keys_at(("accounts", "prod", "image_caches", 0)) == rule
    assert "mfa" in keys_at(("accounts", "prod", "access", 0, "request"))
    assert keys_at(("accounts", "prod", "nowhere", 0)) == ()
