"""The former report of `--eci-since`, and what either report of a comparison contains.

It is read from a JSON file, or made from the rows of a former recording.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from ..checks import KNOWN_CHECKS
from ..checks.waiver import is_row_of_own_waiver
from ..messages import encodable, visible
from ..results import BLIND, BY_ATTENTION, Outcome, Resource, ResourceType, Row, Severity
from .model import Report, RowKey, RowQuestion

ALL_REGIONS_CHECK = "slr-deletable"
"""The check that reads every region, also those that the configuration leaves out."""

_REMEDIATION = "name a JSON report that --eci-report wrote"


class FormerReportError(ValueError):
    """The former report cannot be used; the message names the file and the remediation."""


def _require_moment(text: str) -> str:
    datetime.fromisoformat(text[:19])
    return text


def _is_moment(text: str) -> bool:
    try:
        _require_moment(text)
    except ValueError:
        return False
    return True


_Moment: TypeAlias = Annotated[str, AfterValidator(_require_moment)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class _ResourceData(_Data):
    type: ResourceType
    id: str
    name: str = ""
    region: str | None = None


class _ResultData(_Data):
    account: str
    check: str
    resource: _ResourceData
    outcome: Outcome
    severity: Severity = "low"
    message: str = ""
    expectation: str | None = None
    first_seen: _Moment | None = None
    test: str | None = None
    nodeid: str = ""

    @property
    def test_name(self) -> str:
        """The test of an own check. A report of a former version has only its node id."""
        if self.test is not None or self.check in KNOWN_CHECKS:
            return self.test or ""
        return ".".join(self.nodeid.partition("[")[0].split("::")[1:])


class _AccountData(_Data):
    regions: list[str]
    recorded: _Moment | None = None


class _ReportData(_Data):
    schema_: Literal[1]
    started: str
    accounts: dict[str, _AccountData]
    results: list[_ResultData]
    partial: dict[str, list[str]] = {}

    model_config = ConfigDict(alias_generator=lambda name: name.rstrip("_"))


class RowState(NamedTuple):
    """The outcome of a row, the name of its resource, its message, and, in a former report, when it was first seen."""

    outcome: Outcome
    name: str
    message: str
    first_seen: str = ""


@dataclass(frozen=True)
class Contents:
    """The rows of a report, and what was selected for it.

    `regions` are the regions of each account. `partial` are the checks, by account, of which some rows did not
    run. `questions` are all that have a row. `unread` are the questions, with the region or None, of which a
    whole list is unknown; `unlisted` are those of them whose list was not answered, while the others may only lack
    entries that the auditing identity may not see. `listed` are the questions with a region of which resources are
    listed.
    """

    rows: Mapping[RowKey, RowState]
    regions: Mapping[str, frozenset[str]]
    partial: Mapping[str, frozenset[str]]
    questions: frozenset[RowQuestion]
    unread: frozenset[tuple[RowQuestion, str | None]]
    unlisted: frozenset[tuple[RowQuestion, str | None]]
    listed: frozenset[tuple[RowQuestion, str | None]]

    def covers(self, key: RowKey) -> bool:
        """Whether every row that could have this key was selected, and ran."""
        return (
            key.account in self.regions
            and key.question in self.questions
            and key.check not in self.partial.get(key.account, ())
            and (
                key.region is None
                or key.check == ALL_REGIONS_CHECK
                or key.region in self.regions[key.account]
            )
        )

    def lists(self, key: RowKey) -> bool:
        """Whether the list that would have the resource of this key was answered."""
        if (key.question, key.region) in self.unlisted:
            return False
        return (key.question, None) not in self.unlisted or (key.question, key.region) in self.listed


@dataclass(frozen=True)
class FormerReport:
    """A former report: its file name, the start of its run (UTC, ISO 8601), its contents, and the severity of each
    check."""

    file: str
    started: str
    contents: Contents
    severities: Mapping[str, Severity] = field(default_factory=dict)


def read(path: str | os.PathLike[str]) -> FormerReport:
    """Read a JSON report. Raises FormerReportError for anything else."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise FormerReportError(
            f"--eci-since {path}: cannot be read ({error.strerror}): {_REMEDIATION}"
        ) from error
    except UnicodeDecodeError as error:
        raise FormerReportError(f"--eci-since {path}: not a text in UTF-8: {_REMEDIATION}") from error
    try:
        data = _ReportData.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise FormerReportError(
            f"--eci-since {path}: not a JSON report of this plugin: {visible(place)}: {first['msg']}:"
            f" {_REMEDIATION}"
        ) from None
    severities = {result.check: result.severity for result in data.results}
    return FormerReport(Path(path).name, data.started, _contents_of_data(data), severities)


def of_recording(
    name: str, account: str, recorded: str, regions: Iterable[str], rows: Iterable[Row]
) -> FormerReport:
    """A former recording as a former report: `rows` are its verdicts with the present configuration.

    No own check has judged the recording. Waivers of own checks are left out of it, and are not compared.
    """
    rows = tuple(rows)
    judged = [row for row in rows if not is_row_of_own_waiver(row)]
    partial = {account: ("waiver",)} if len(judged) < len(rows) else {}
    keyed = ((row_key(row), _state(row, recorded)) for row in judged)
    contents = _contents(keyed, {account: frozenset(regions)}, partial)
    return FormerReport(name, recorded, contents, {row.check: row.severity for row in rows})


def require_common_account(former: FormerReport, names: Iterable[str]) -> None:
    """Raise FormerReportError where the former report has none of the accounts: nothing could be compared."""
    available, wanted = sorted(former.contents.regions), list(names)
    if not set(available) & set(wanted):
        raise FormerReportError(
            f"--eci-since {former.file}: nothing can be compared: it has no account {' or '.join(wanted)} (it has"
            f" {', '.join(map(visible, available)) or 'none'}): name a report of the same account"
        )


def contents_of(report: Report) -> Contents:
    """The contents of the report of this run."""
    rows = ((row_key(result.row), _state(result.row)) for result in report.results)
    regions = {name: frozenset(evidence.regions) for name, evidence in report.accounts.items()}
    return _contents(rows, regions, report.partial)


def _contents_of_data(data: _ReportData) -> Contents:
    moments = {name: account.recorded for name, account in data.accounts.items()}
    started = data.started if _is_moment(data.started) else ""
    rows = (
        (
            _key(result.account, result.check, result.resource, result.expectation, result.test_name),
            RowState(
                result.outcome,
                result.resource.name,
                result.message,
                result.first_seen or moments.get(result.account) or started,
            ),
        )
        for result in data.results
    )
    regions = {name: frozenset(account.regions) for name, account in data.accounts.items()}
    return _contents(rows, regions, data.partial)


def row_key(row: Row) -> RowKey:
    """The key of a row of this run, as its JSON report has it."""
    return _key(row.account, row.check, row.resource, row.expectation, row.test)


def _state(row: Row, first_seen: str = "") -> RowState:
    return RowState(row.outcome, row.resource.name, row.message, first_seen)


def _key(
    account: str, check: str, resource: Resource | _ResourceData, expectation: str | None, test: str
) -> RowKey:
    # The file has lone surrogates written out, so the rows of this run need the same.
    expectation = expectation and encodable(expectation)
    return RowKey(
        account, check, resource.type, encodable(resource.id), resource.region, expectation, encodable(test)
    )


def _contents(
    rows: Iterable[tuple[RowKey, RowState]],
    regions: Mapping[str, frozenset[str]],
    partial: Mapping[str, Iterable[str]],
) -> Contents:
    worst: dict[RowKey, RowState] = {}
    for key, state in rows:
        known = worst.get(key)
        if known is None or BY_ATTENTION.index(state.outcome) < BY_ATTENTION.index(known.outcome):
            worst[key] = state
    unread = {key: state for key, state in worst.items() if state.outcome == "unknown" and key.is_list}
    return Contents(
        worst,
        regions,
        {name: frozenset(checks) for name, checks in partial.items()},
        frozenset(key.question for key in worst),
        frozenset((key.question, key.region) for key in unread),
        frozenset((key.question, key.region) for key, state in unread.items() if BLIND not in state.message),
        frozenset((key.question, key.region) for key in worst if key.region is not None and not key.is_list),
    )
