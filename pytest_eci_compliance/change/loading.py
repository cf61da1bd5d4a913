"""Reading the file of a planned change: which format it has, and why it cannot be used."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

from .model import PlanError, PlanFile
from .overlay import read_overlay
from .plan_document import framed
from .terraform import read_plan

MAX_BYTES = 512 * 1024 * 1024

_TOO_DEEP = "a value is nested too deeply to be read"
_MAKE_JSON = "run `terraform show -json tfplan > plan.json` and name plan.json"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def load_plan_file(path: Path) -> PlanFile:
    """The planned changes in a file. Raises PlanError where the file is no whole, good plan or overlay."""
    text = _text(path)
    body = _without_wrapper(text)
    if not body.startswith("{"):
        return read_overlay(path.name, body, path.parent)
    data = _json(path, body)
    return read_overlay(path.name, body, path.parent) if "eci-change" in data else _plan(path, data)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PlanError(f"--eci-plan {path}: larger than {MAX_BYTES // 1024 // 1024} MiB: it is not read")
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PlanError(
            f"--eci-plan {path}: cannot be read ({reason}): name the JSON of a plan or an overlay in YAML"
        ) from None
    if content.startswith(b"PK\x03\x04"):
        raise PlanError(f"--eci-plan {path}: this is a binary plan, its JSON is needed: {_MAKE_JSON}")
    try:
        return content.decode(_encoding(content))
    except UnicodeDecodeError:
        raise PlanError(f"--eci-plan {path}: this is neither UTF-8 nor UTF-16 text: {_MAKE_JSON}") from None


def _encoding(content: bytes) -> str:
    """The encoding of a file: by its byte order mark, else by where its first null byte stands."""
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    start = content[:2]
    if len(start) == 2 and 0 in start:
        return "utf-16-le" if start[1] == 0 else "utf-16-be"
    return "utf-8"


def _without_wrapper(text: str) -> str:
    """The text without the lines that the wrapper of `hashicorp/setup-terraform` writes around it."""
    text = text.strip().removeprefix("\ufeff").lstrip()
    while text.startswith("[command]"):
        text = text.partition("\n")[2].lstrip()
    return text


def _json(path: Path, body: str) -> dict[str, Any]:
    decoder = json.JSONDecoder()
    try:
        data, end = decoder.raw_decode(body)
    except RecursionError:
        raise PlanError(f"--eci-plan {path}: {_TOO_DEEP}: {_MAKE_JSON}") from None
    except ValueError:
        raise PlanError(f"--eci-plan {path}: this is not whole JSON: {_MAKE_JSON}") from None
    rest = body[end:].strip()
    if "@level" in data or rest.startswith("{"):
        raise PlanError(
            f"--eci-plan {path}: this is the log of `terraform plan -json`, one JSON object per line: {_MAKE_JSON}"
        )
    if rest and not all(line.startswith("::") for line in rest.splitlines()):
        raise PlanError(f"--eci-plan {path}: text follows the JSON object: {_MAKE_JSON}")
    return dict(data)


def _plan(path: Path, data: dict[str, Any]) -> PlanFile:
    """The plan in that JSON object, after everything that refuses it as a whole."""
    where = f"--eci-plan {path}"
    if _is_state(data):
        raise PlanError(
            f"{where}: this is a state, not a plan: run `terraform plan -out tfplan`, then {_MAKE_JSON[4:]}"
        )
    version = data.get("format_version")
    if not isinstance(version, str) or not {"resource_changes", "planned_values", "terraform_version"} & set(
        data
    ):
        raise PlanError(f"{where}: format_version: this JSON is no Terraform or OpenTofu plan: {_MAKE_JSON}")
    if version.partition(".")[0] != "1":
        raise PlanError(
            f"{where}: format_version: only major version 1 of the plan format is understood: update"
            " pytest-eci-compliance, or make the plan with Terraform 1.1 or later"
        )
    if data.get("errored"):
        raise PlanError(
            f"{where}: errored: the plan ended with an error: make `terraform plan` succeed first"
        )
    if not isinstance(data.get("resource_changes", []), list):
        raise PlanError(f"{where}: resource_changes: not a list of resource changes: {_MAKE_JSON}")
    plan, problem = framed(data)
    if problem:
        raise PlanError(f"{where}: {problem}: this is not as Terraform writes a plan: {_MAKE_JSON}")
    try:
        return read_plan(path.name, plan)
    except RecursionError:
        raise PlanError(f"{where}: {_TOO_DEEP}: {_MAKE_JSON}") from None


def _is_state(data: dict[str, Any]) -> bool:
    if {"resource_changes", "planned_values"} & set(data):
        return False
    return "values" in data or {"lineage", "serial"} <= set(data) or "resources" in data
