"""The header of a run in the terminal: accounts, evidence, configuration, and what is collected."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from ..language import ENGLISH, Translator
from ..messages import one_line, visible
from ..results import (
    VISIBILITY,
)
from .arguments import added_addresses, added_paths, relative_path

if TYPE_CHECKING:
    from ..audit import AuditRequest
    from ..config.loader import Loaded
    from ..snapshot import AccountSnapshot
    from .session import Session

_MAX_NOTES = 20  # of a plan


def header(
    config: pytest.Config,
    session: Session,
    loaded: Loaded,
    request: AuditRequest,
    translator: Translator = ENGLISH,
) -> list[str]:
    """The lines of the header: accounts, evidence, configuration, and what is collected."""
    text = translator.text
    lines = [
        line
        for account in session.accounts
        for line in (_account(account, loaded, request, translator), *_planned(account, translator))
    ]
    configuration = _configuration(config, loaded, request, translator)
    lines.append(text("eci configuration: {configuration}", configuration=configuration))
    lines.append(text("eci collects: {tests}", tests=_collected(config, session, translator)))
    lines += [
        text(
            "eci note: {address} comes from addopts or PYTEST_ADDOPTS, so it does not narrow the built-in checks:"
            " name it on the command line",
            address=address,
        )
        for address in added_addresses(config)
    ]
    lines += [
        text(
            "eci note: the configuration of {account} has no section that enables a check: only {check} is"
            " on (--eci-list-checks says why)",
            account=account.name,
            check=VISIBILITY,
        )
        for account in session.accounts
        if {row.check for row in account.rows} == {VISIBILITY}
    ]
    return [visible(line) for line in lines]


def _configuration(
    config: pytest.Config, loaded: Loaded, request: AuditRequest, translator: Translator
) -> str:
    from .. import audit  # noqa: PLC0415 - the SDK comes with it

    if audit.is_demonstration(request, loaded):
        demonstration = translator.word(audit.DEMONSTRATION)
        return translator.text("{configuration} ({place})", configuration=demonstration, place=loaded.path)
    return translator.text(
        "{configuration} ({place})",
        configuration=relative_path(config, loaded.path),
        place=translator.word(request.config_source),
    )


def _account(account: AccountSnapshot, loaded: Loaded, request: AuditRequest, translator: Translator) -> str:
    evidence, text = account.evidence, translator.text
    source = translator.word(_mode_source(account.name, loaded, request))
    parts = [text("{mode} ({source})", mode=translator.word(evidence.mode), source=source)]
    if evidence.recorded:
        age = _age(evidence.recorded, translator)
        parts.append(text("recorded {moment} ({age})", moment=evidence.recorded, age=age))
    if evidence.synthetic:
        parts.append(text("synthetic: not from the real cloud"))
    parts.append(translator.join(evidence.regions, most=6) if evidence.regions else text("no region"))
    return text(
        "eci account: {account} ({id}), {parts}",
        account=account.name,
        id=evidence.account_id,
        parts=translator.comma.join(parts),
    )


def _planned(account: AccountSnapshot, translator: Translator) -> Iterator[str]:
    """That the account is a planned one, and where plan and evidence do not agree."""
    if account.plan is None:
        return
    notes = account.plan.contradictions
    details = [account.plan.sentence_in(translator)]
    details += [translator.row(one_line(str(note))) for note in notes[:_MAX_NOTES]]
    if len(notes) > _MAX_NOTES:
        more = translator.text("and {number} more (reports list all of them)", number=len(notes) - _MAX_NOTES)
        details.append(more)
    for detail in details:
        yield translator.text("eci planned: {account}: {detail}", account=account.name, detail=detail)


def _mode_source(name: str, loaded: Loaded, request: AuditRequest) -> str:
    if request.mode:
        return "--eci-mode"
    keys = loaded.configuration.accounts[name].model_fields_set
    return "configuration" if "mode" in keys else "default"


def _age(recorded: str, translator: Translator) -> str:
    """The age of a recording in words; a recording from the future is marked as such."""
    age = datetime.now(timezone.utc) - datetime.fromisoformat(recorded.replace("Z", "+00:00"))
    if age.total_seconds() < 0:
        return translator.text("in the future: check the clock")
    days, hours, minutes = (int(age.total_seconds() // seconds) for seconds in (86400, 3600, 60))
    if days:
        return translator.plural(days, "{number} day ago", "{number} days ago")
    if hours:
        return translator.plural(hours, "{number} hour ago", "{number} hours ago")
    if minutes:
        return translator.plural(minutes, "{number} minute ago", "{number} minutes ago")
    return translator.text("just now")


def _collected(config: pytest.Config, session: Session, translator: Translator) -> str:
    text = translator.text
    rows = sum(len(rows) for _, rows in session.selection.of(session.checks))
    built_in = translator.plural(rows, "{number} built-in test", "{number} built-in tests")
    parts = [built_in if rows else text("no built-in check")]
    if session.tests is None:
        parts += [text("{path} (given)", path=visible(path)) for path in config.args]
    else:
        added = {os.path.normpath(config.invocation_params.dir / path): path for path in added_paths(config)}
        parts += [
            text("{path} (addopts or PYTEST_ADDOPTS)", path=visible(added[path]))
            if path in added
            else text("{path} (tests: of the configuration)", path=relative_path(config, path))
            for path in config.args
        ]
        parts += [] if config.args else [text("nothing else (the configuration has no tests:)")]
    return translator.comma.join(parts)
