"""Loading of the configuration file: read safely, validated as a whole, every problem with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ..inventory.linked_roles import LINKED_ROLES
from ..messages import pluralize
from ..policy.editions import editions
from ..spelling import did_you_mean
from .consistency import broken_rules, mappings
from .json_schema import keys_at
from .model import ANY_DOCUMENT, Configuration
from .problems import KeyPath, Problem, UnusableDocument, advise_quotes, kind_of, shown
from .yaml_document import MAX_BYTES, YamlDocument, parse

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_FILE = (
    "does not exist: name another file with --eci-config, or write one from the account with"
    " --eci-baseline=eci-compliance.yaml and without --eci-config"
)
_ROLE_POLICIES = {role.section: role.policy for role in LINKED_ROLES}


class ConfigurationError(Exception):
    """The configuration cannot be used. `problems` are all of its errors, sorted by line."""

    def __init__(self, path: Path, problems: Collection[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        count = pluralize(len(self.problems), "problem")
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"{path}: the configuration cannot be used, {count}:{lines}")


@dataclass(frozen=True)
class Loaded:
    """A configuration, its file, and the lines of its parts."""

    configuration: Configuration
    path: Path
    document: YamlDocument = field(repr=False)

    def line_of(self, path: KeyPath) -> int:
        """The line, from 1, of a part: `("accounts", "prod", "instances", 0, "required_tags")`.

        Where the part is not written, the line of the nearest part above it. An index 0 is ignored where the file
        has one value in place of a list.
        """
        return self.document.line_of(path)


def load(path: Path, known_checks: Collection[str]) -> Loaded:
    """Read the configuration at `path`, and the policy documents that it names.

    `known_checks` are the check ids that a waiver may name. Raises ConfigurationError, and nothing else.
    """
    try:
        document = parse(_text(path))
    except UnusableDocument as error:
        raise ConfigurationError(path, [error.problem]) from None
    data, syntax_problems = document.data()
    texts, document_problems = _documents(data, path.parent)
    configuration, model_problems = _validated(data, document)
    # A value with a syntax problem has a placeholder in `data`, which the model need not judge.
    reported = {problem.path for problem in syntax_problems}
    problems = [*syntax_problems, *document_problems, *broken_rules(data, known_checks)]
    problems += [problem for problem in model_problems if problem.path not in reported]
    if configuration is None or problems:
        raise ConfigurationError(path, [_located(problem, document) for problem in problems])
    accounts = {name: account.with_documents(texts) for name, account in configuration.accounts.items()}
    return Loaded(configuration.model_copy(update={"accounts": accounts}), path, document)


def _text(path: Path) -> str:
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
        raise UnusableDocument(f"is larger than {MAX_BYTES // 1024 // 1024} MiB, the limit")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnusableDocument("is not UTF-8 text: save it as UTF-8", line) from None


def _located(problem: Problem, document: YamlDocument) -> Problem:
    return problem if problem.line else Problem(problem.path, problem.message, document.line_of(problem.path))


def _validated(data: Mapping[str, Any], document: YamlDocument) -> tuple[Configuration | None, list[Problem]]:
    try:
        return Configuration.model_validate(data), []
    except ValidationError as error:
        return None, [_problem(details, document) for details in error.errors(include_url=False)]


def _problem(error: ErrorDetails, document: YamlDocument) -> Problem:
    # `<…>` names a branch of a union, `[key]` marks an error in the key itself: neither is written in the file.
    steps = (
        step for step in error["loc"] if not (isinstance(step, str) and re.fullmatch(r"<\w+>|\[key\]", step))
    )
    path = document.fitted(tuple(steps))
    return Problem(path, _message(error, path, document))


def _message(error: ErrorDetails, path: KeyPath, document: YamlDocument) -> str:
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        return _unknown_key(path)
    if kind == "string_type" and not isinstance(value, str | list | dict | None):
        return f"must be text, but YAML reads it as {kind_of(value)}: {advise_quotes(document.text_of(path) or '')}"
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    messages = (text for branch, text in _BRANCHES.items() if branch in error["loc"])
    message = next(messages, _MESSAGES.get(kind))
    if message is None:
        return error["msg"].replace("Input should", "must")
    return message.format(found=kind_of(value), **context)


_BRANCHES = {
    "<all>": "must be a list of region ids, or all",
    "<any>": "must be a mapping of the parameters of the request, or any",
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


def _unknown_key(path: KeyPath) -> str:
    known = keys_at(path[:-1])
    return f"is not a known key{did_you_mean(str(path[-1]), known) or ': known keys are ' + ', '.join(known)}"


@dataclass(frozen=True)
class _DocumentReference:
    """A policy document that the configuration names: the path of the key, and the value.

    `role_policy` is the policy of a service-linked role, where the value may be the date of an edition.
    """

    path: KeyPath
    name: str
    role_policy: str | None = None


def _documents(data: Mapping[str, Any], folder: Path) -> tuple[dict[str, str], list[Problem]]:
    """The documents that `data` names, as JSON text by the name in the file; and the problems."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for reference in _references(data):
        if reference.role_policy and _DAY.fullmatch(reference.name):
            problems += _edition_problems(reference, reference.role_policy)
        elif reference.name not in texts:
            try:
                texts[reference.name] = _policy_document(folder / reference.name)
            except UnusableDocument as error:
                problems.append(Problem(reference.path, str(error)))
    return texts, problems


def _edition_problems(reference: _DocumentReference, policy: str) -> Iterator[Problem]:
    known = editions(policy)
    if reference.name not in known:
        hint = f"known editions are {', '.join(known)}" if known else "name the path of a reviewed document"
        yield Problem(reference.path, f"{reference.name} is not a documented edition of {policy}: {hint}")


def _policy_document(path: Path) -> str:
    try:
        text = _text(path)
    except UnusableDocument as error:
        message = "does not exist: create it" if str(error) == _NO_FILE else str(error)
        raise UnusableDocument(f"names {shown(path, 200)}, which {message}") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnusableDocument(f"names {shown(path, 200)}, which is not JSON") from None
    if not isinstance(document, dict) or "Statement" not in document:
        raise UnusableDocument(
            f"names {shown(path, 200)}, which is not a policy document: it has no Statement"
        )
    return text


def _references(data: Mapping[str, Any]) -> Iterator[_DocumentReference]:
    for path, account in mappings(data, ("accounts", "*")):
        for section, policy in _ROLE_POLICIES.items():
            for below, role in mappings(account, (section,)):
                if isinstance(role.get("policy"), str) and role["policy"]:
                    yield _DocumentReference((*path, *below, "policy"), role["policy"], policy)
        for section in ("system_policies", "custom_policies"):
            for below, reviewed in mappings(account, (section,)):
                yield from _reviewed((*path, *below), reviewed, section)
        ceilings = account.get("control_policies")
        for index, name in enumerate(ceilings if isinstance(ceilings, list) else ()):
            if isinstance(name, str) and name:
                yield _DocumentReference((*path, "control_policies", index), name)


def _reviewed(path: KeyPath, reviewed: Mapping[str, Any], section: str) -> Iterator[_DocumentReference]:
    """The documents of a section that maps policies to documents."""
    for policy, name in reviewed.items():
        if section == "custom_policies" and name == ANY_DOCUMENT:
            continue
        if isinstance(name, str) and name:
            yield _DocumentReference((*path, policy), name)
