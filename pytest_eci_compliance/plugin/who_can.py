"""`--eci-who-can ACTION[@RESOURCE]`: print who can, directly or in the end, and run no test."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .. import __version__, audit, report
from ..checks.support.case import Case
from ..checks.visibility import auditor_visibility
from ..evidence.recording import MANIFEST
from ..judge import judge
from ..language import Translator
from ..messages import describe_error, suggest_fix, visible
from ..policy import who_can as questions
from ..policy.access_question import AccessQuestion, UnknownAction, parse_question
from ..policy.evaluator import NotRecorded
from ..report import who_can as rendering
from .arguments import audit_request, translator_of, usage_errors
from .progress import progress

if TYPE_CHECKING:
    from ..config.loader import Loaded

_OPTION = "--eci-who-can"


def answer_question(config: pytest.Config) -> int:
    """Answer the question; the exit code: 0, or 1 where the evidence is incomplete.

    Raises UsageError for an action, account or resource that does not exist.
    """
    with usage_errors():
        question = _question(config)
        paths = _report_paths(config)
        request = audit_request(config)
        loaded = _configuration(request)
        request, loaded = _named(request, loaded)
        with progress(config) as show:
            readings = audit.read_for_question(request, loaded, show)
        accounts, unanswered = _answers(readings, question)
    translator = translator_of(config)
    problems = [
        *unanswered,
        *(f"{account.account}: {translator.row(why)}" for account in accounts for why in account.missing),
    ]
    _print(accounts, problems, translator)
    for path in paths:
        _write(path, accounts)
    return 1 if problems else 0


def _configuration(request: audit.AuditRequest) -> Loaded | None:
    """The configuration, where there is one; for its accounts, that of the demonstration, and this is said."""
    loaded = audit.configuration_if_any(request)
    if loaded is None and audit.demonstration_path(request) is not None:
        loaded = audit.load_configuration(request)
        sys.stderr.write(f"eci configuration: {audit.DEMONSTRATION} ({loaded.path})\n")
    return loaded


def _question(config: pytest.Config) -> AccessQuestion:
    try:
        return parse_question(config.getoption("eci_who_can"))
    except UnknownAction as problem:
        raise audit.UsageProblem(f"{_OPTION}: {problem}") from None


def _report_paths(config: pytest.Config) -> list[Path]:
    paths = [config.invocation_params.dir / path for path in config.getoption("eci_report")]
    for path in paths:
        if path.suffix.lower() not in rendering.SUFFIXES:
            raise audit.UsageProblem(
                f"--eci-report: {path}: with {_OPTION} a report is {' or '.join(rendering.SUFFIXES)}"
            )
        if problem := report.check_path(path):
            raise audit.UsageProblem(f"--eci-report: {problem}")
    return paths


def _named(request: audit.AuditRequest, loaded: Loaded | None) -> tuple[audit.AuditRequest, Loaded | None]:
    """The request with the accounts to read. Where nobody names one: the recording that `--eci-cassettes` names
    itself, else the only account of the configuration, else the account that the credentials belong to."""
    if request.names:
        if loaded is None and (len(set(request.names)) > 1 or "all" in request.names):
            raise audit.UsageProblem(
                f"{_OPTION}: without a configuration one account can be read: name it with one --eci-account=NAME,"
                " or name a configuration with --eci-config"
            )
        return request, loaded
    if request.mode == "replay" and request.cassettes and (request.cassettes / MANIFEST).is_file():
        return request, None
    known = tuple(loaded.configuration.accounts) if loaded is not None else ()
    if len(known) > 1 or (loaded is None and request.mode in ("record", "replay")):
        there = f": the configuration has {', '.join(known)}" if known else ""
        raise audit.UsageProblem(f"{_OPTION} needs an account: add --eci-account=NAME{there}")
    return replace(request, names=known), loaded


def _answers(
    readings: Sequence[audit.AccountReading], question: AccessQuestion
) -> tuple[list[rendering.AccountAnswers], list[str]]:
    """The answers by account, and why there is none for some. Raises `UsageProblem` where the resource exists in no
    account, and every account was read completely."""
    answers, unanswered, absent = [], [], []
    for reading in readings:
        if reading.inventory is None:
            unanswered.append(f"{reading.name or 'this machine'}: {' '.join(reading.notes)}")
            continue
        name = reading.name or f"account-{reading.inventory.account_id}"
        case = Case(name, reading.intent, reading.inventory, datetime.now(timezone.utc).date())
        missing = tuple(_missing(reading, case))
        try:
            result = questions.who_can(reading.inventory, case.access, question)
        except ValueError as problem:
            raise audit.UsageProblem(f"{_OPTION}: {problem}") from None
        except NotRecorded as problem:
            absent.append(f"{name}: {problem}")
            unanswered += [f"{name}: {problem}", *(f"{name}: {why}" for why in missing)] if missing else []
            continue
        answers.append(
            rendering.AccountAnswers(
                name, reading.inventory.account_id, _evidence(reading), question, result, missing
            )
        )
    if absent and not answers and not unanswered:
        raise audit.UsageProblem(
            f"{_OPTION}: {'; '.join(absent)}; without @RESOURCE, every resource is asked about"
        )
    return answers, unanswered


def _missing(reading: audit.AccountReading, case: Case) -> Iterator[str]:
    """What makes the evidence incomplete, each with its fix."""
    for cause in reading.missing:
        yield f"{describe_error(cause)}. {suggest_fix(cause)}"
    yield from reading.notes
    for row in judge(case, [auditor_visibility]):
        if row.outcome != "passed":
            yield f"there may be more than the auditing identity was shown: {row.message}. {row.remediation}"


def _evidence(reading: audit.AccountReading) -> str:
    source = f"recorded {reading.read_at}" if reading.mode == "replay" else f"read {reading.read_at}"
    return f"synthetic, {source}" if reading.synthetic else source


def _print(
    accounts: Sequence[rendering.AccountAnswers], problems: Sequence[str], translator: Translator
) -> None:
    for place, account in enumerate(accounts):
        sys.stdout.write("\n" if place else "")
        sys.stdout.writelines(f"{visible(line)}\n" for line in rendering.lines(account, translator))
    if problems:
        incomplete = translator.text("the evidence is incomplete: somebody else may be able to")
        sys.stdout.write(f"\n{incomplete}\n")
    sys.stdout.flush()
    sys.stderr.writelines(f"{visible(problem)}\n" for problem in problems)


def _write(path: Path, accounts: Sequence[rendering.AccountAnswers]) -> None:
    is_json = path.suffix.lower() == ".json"
    text = rendering.as_json(accounts, __version__) if is_json else rendering.as_csv(accounts)
    try:
        report.write_text(path, text)
    except OSError as error:
        raise pytest.UsageError(
            f"{path}: the report could not be written: {error.strerror or error}"
        ) from None
