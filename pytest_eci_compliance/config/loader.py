"""The configuration file: read safely, looked at as a whole, every problem named with its line and mend."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..policy.editions import editions
from .consistency import broken_rules, mappings, nearest
from .json_schema import keys_at
from .model import Configuration
from .yaml_document import MAX_BYTES, Document, Path, Problem, UnusableDocument, kind_of, parse, quote, shown

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_FILE = (
    "does not exist: have one written from the account with --eci-baseline=eci-compliance.yaml, or name another with"
    " --eci-config"
)
_ROLE_POLICIES = {
    "service_linked_role": "AliyunServiceRolePolicyForECI",
    "virtual_node_role": "AliyunServiceRolePolicyForECIVnode",
}


class ConfigurationError(Exception):
    """The configuration cannot be used: `problems` are all that is wrong with it, by line."""

    def __init__(self, path: FilePath, problems: Collection[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda one: one.line or 0))
        many = f"{len(self.problems)} problems" if len(self.problems) > 1 else "1 problem"
        lines = "".join(f"\n  {one}" for one in self.problems)
        super().__init__(f"{path}: the configuration cannot be used, {many}:{lines}")


@dataclass(frozen=True)
class Loaded:
    """A configuration, the file it came from, and where each part of it stands there."""

    configuration: Configuration
    path: FilePath
    document: Document = field(repr=False)

    def line_of(self, path: Path) -> int:
        """The line, from 1, of a part: `("accounts", "prod", "instances", 0, "required_tags")`.

        The line of the nearest part above it, where it is not written; an index 0 is passed over where one
        value stands in place of a list.
        """
        return self.document.line_of(path)


def load(path: FilePath, known_checks: Collection[str]) -> Loaded:
    """Read the configuration at `path`, and the policy documents that it names.

    `known_checks` are the check ids that a waiver may name. Raises ConfigurationError, and nothing else.
    """
    try:
        document = parse(_text(path))
    except UnusableDocument as error:
        raise ConfigurationError(path, [error.problem]) from None
    data, misread = document.data()
    texts, unread = _documents(data, path.parent)
    configuration, wrong = _validated(data, document)
    # What is misread has no value that the model could judge.
    told = {problem.path for problem in misread}
    problems = [*misread, *unread, *broken_rules(data, known_checks)]
    problems += [problem for problem in wrong if problem.path not in told]
    if configuration is None or problems:
        raise ConfigurationError(path, [_located(problem, document) for problem in problems])
    accounts = {name: account.with_documents(texts) for name, account in configuration.accounts.items()}
    return Loaded(configuration.model_copy(update={"accounts": accounts}), path, document)


def _text(path: FilePath) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UnusableDocument(_NO_FILE) from None
    except IsADirectoryError:
        raise UnusableDocument("is a folder: name the file in it") from None
    except (OSError, ValueError) as error:
        raise UnusableDocument(f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if len(content) > MAX_BYTES:
        raise UnusableDocument(f"is larger than {MAX_BYTES // 1024 // 1024} MiB: it is not read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnusableDocument("is not UTF-8 text: save it as UTF-8", line) from None


def _located(problem: Problem, document: Document) -> Problem:
    return problem if problem.line else Problem(problem.path, problem.message, document.line_of(problem.path))


def _validated(data: Mapping[str, Any], document: Document) -> tuple[Configuration | None, list[Problem]]:
    try:
        return Configuration.model_validate(data), []
    except ValidationError as error:
        return None, [_problem(one, document) for one in error.errors(include_url=False)]


def _problem(error: ErrorDetails, document: Document) -> Problem:
    # `<…>` names a branch of a union, `[key]` says that the key itself is wrong: neither stands in the file.
    steps = (
        step for step in error["loc"] if not (isinstance(step, str) and re.fullmatch(r"<\w+>|\[key\]", step))
    )
    path = document.fitted(tuple(steps))
    return Problem(path, _message(error, path, document))


def _message(error: ErrorDetails, path: Path, document: Document) -> str:
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "string_type" and not isinstance(value, str | list | dict | None):
        return f"must be text, but YAML reads it as {kind_of(value)}: {quote(document.text_of(path) or '')}"
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    meant = next((said for branch, said in _BRANCHES.items() if branch in error["loc"]), _MESSAGES.get(kind))
    if meant is None:
        return error["msg"].replace("Input should", "must")
    return meant.format(found=kind_of(value), **context)


_BRANCHES = {
    "<all>": "must be a list of region ids, or all",
    "<any>": "must be a mapping of what the call carries, or any",
    "<unknown>": "must be a list of paths of control policy documents, or unknown",
}
_MESSAGES = {
    "missing": "is missing: write it",
    "string_type": "must be text, not {found}",
    "string_too_short": "is empty: write something, or leave the key out",
    "too_short": "is empty: write at least one entry, or leave the key out",
    "tuple_type": "must be a list, not {found}: write [ONE, TWO]",
    "model_type": "must be a mapping, not {found}: write KEY: VALUE",
    "dict_type": "must be a mapping, not {found}: write KEY: VALUE",
    "literal_error": "must be {expected}",
    "bool_type": "must be true or false, not {found}",
    "float_type": "must be a number, not {found}",
    "int_type": "must be a whole number, not {found}",
    "finite_number": "must be a number above 0",
    "greater_than": "must be a number above 0",
    "less_than_equal": "must be {le}",
    "greater_than_equal": "must be {ge}",
}


def _unknown_key(path: Path) -> str:
    known = keys_at(path[:-1])
    return f"is not a known key{nearest(str(path[-1]), known) or ': known are ' + ', '.join(known)}"


@dataclass(frozen=True)
class _Named:
    """A policy document that the configuration names: where, how, and of which role's policy (if it may be an
    edition)."""

    path: Path
    name: str
    role_policy: str | None = None


def _documents(data: Mapping[str, Any], folder: FilePath) -> tuple[dict[str, str], list[Problem]]:
    """The documents that `data` names, as JSON text by the path that is written; and what cannot be used."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for named in _named_documents(data):
        known = editions(named.role_policy) if named.role_policy else ()
        if named.role_policy and _DAY.fullmatch(named.name):
            if named.name not in known:
                mend = f"known are {', '.join(known)}" if known else "name the path of a reviewed document"
                problems.append(
                    Problem(
                        named.path, f"{named.name} is no documented edition of {named.role_policy}: {mend}"
                    )
                )
        elif named.name not in texts:
            try:
                texts[named.name] = _policy_document(folder / named.name)
            except UnusableDocument as error:
                problems.append(Problem(named.path, str(error)))
    return texts, problems


def _policy_document(path: FilePath) -> str:
    try:
        text = _text(path)
    except UnusableDocument as error:
        said = "does not exist: create it" if str(error) == _NO_FILE else str(error)
        raise UnusableDocument(f"names {shown(path, 200)}, which {said}") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableDocument(f"names {shown(path, 200)}, which is not JSON") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise UnusableDocument(f"names {shown(path, 200)}, which is no policy document: it has no Statement")
    return text


def _named_documents(data: Mapping[str, Any]) -> Iterator[_Named]:
    for path, account in mappings(data, ("accounts", "*")):
        for section, policy in _ROLE_POLICIES.items():
            for below, role in mappings(account, (section,)):
                if isinstance(role.get("policy"), str) and role["policy"]:
                    yield _Named((*path, *below, "policy"), role["policy"], policy)
        for below, pinned in mappings(account, ("system_policies",)):
            for policy, name in pinned.items():
                if isinstance(name, str) and name:
                    yield _Named((*path, *below, policy), name)
        ceilings = account.get("control_policies")
        for index, name in enumerate(ceilings if isinstance(ceilings, list) else ()):
            if isinstance(name, str) and name:
                yield _Named((*path, "control_policies", index), name)
