"""The answer to `--eci-who-can` as a table for a terminal, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from ..language import ENGLISH, Translator
from ..language.columns import pad
from ..messages import one_line
from ..policy.access_question import AccessQuestion
from ..policy.who_can import Answers, Way
from .as_csv import escape_formula
from .as_json import SCHEMA, escape_controls

SUFFIXES = (".json", ".csv")
COLUMNS = (
    "account",
    "account_id",
    "evidence",
    "complete",
    "action",
    "identity_type",
    "identity",
    "outcome",
    "count",
    "resources",
    "steps",
    "how",
)
_WIDEST = 40
_OUTCOMES = {"allowed": "yes", "undecidable": "undecidable"}


@dataclass(frozen=True)
class AccountAnswers:
    """The answer for one account. `evidence` says where the facts come from; `missing` what makes them incomplete."""

    account: str
    account_id: str
    evidence: str
    question: AccessQuestion
    answers: Answers
    missing: tuple[str, ...] = ()


def lines(account: AccountAnswers, translator: Translator = ENGLISH) -> Iterator[str]:
    """The table for a terminal, without what is missing."""
    answers, text = account.answers, translator.text
    asked = _asked(account, translator)
    yield text(
        "{account} ({id}, {evidence}): who can {question}",
        account=account.account,
        id=account.account_id,
        evidence=_evidence(account.evidence, translator),
        question=text("{question}, with any request", question=asked) if answers.any_request else asked,
    )
    yield ""
    allowed, undecidable = answers.of("allowed"), answers.of("undecidable")
    yield from _table(allowed, answers, translator)
    if not allowed:
        yield text("  nobody")
    if undecidable:
        yield ""
        number = len({way.identity for way in undecidable})
        yield translator.plural(number, "undecidable: {number} identity", "undecidable: {number} identities")
        yield ""
        yield from _table(undecidable, answers, translator)
    yield ""
    if answers.note:
        yield text("note: {note}", note=translator.row(answers.note))
    users = translator.plural(answers.users, "{number} user", "{number} users")
    roles = translator.plural(answers.roles, "{number} role", "{number} roles")
    yield text("asked: {users} and {roles}", users=users, roles=roles)


def _evidence(evidence: str, translator: Translator) -> str:
    """Where the facts come from, in a language: `synthetic, recorded TIME`."""
    if translator.language == "en":
        return evidence
    source, _, moment = evidence.removeprefix("synthetic, ").partition(" ")
    words = translator.text("read {moment}", moment=moment)
    if source == "recorded":
        words = translator.text("recorded {moment}", moment=moment)
    if evidence.startswith("synthetic, "):
        return translator.text("synthetic, {source}", source=words)
    return words


def _asked(account: AccountAnswers, translator: Translator) -> str:
    question, answers = account.question, account.answers
    if question.resource or not answers.noun:
        return str(question)
    resource = translator.word(answers.noun)
    if not answers.resources:
        return translator.text("{question}: no {resource} is recorded", question=question, resource=resource)
    return translator.plural(
        len(answers.resources),
        "{question} on each of {number} {resource}",
        "{question} on each of {number} {resource}s",
        question=question,
        resource=resource,
    )


def _table(ways: Sequence[Way], answers: Answers, translator: Translator) -> Iterator[str]:
    if not ways:
        return
    text = translator.text
    heads = (text("who"), *((text("on"),) if answers.noun else ()), text("how"))
    rows = [
        (
            one_line(way.identity),
            *((_on(way, answers, translator),) if answers.noun else ()),
            one_line(_how(way, translator)),
        )
        for way in ways
    ]
    widths = [max(cell_len(row[place]) for row in (heads, *rows)) for place in range(len(heads) - 1)]
    for row in (heads, *rows):
        cells = [pad(cell, min(width, _WIDEST)) for cell, width in zip(row, widths, strict=False)]
        yield "  " + "  ".join((*cells, row[-1]))


def _on(way: Way, answers: Answers, translator: Translator) -> str:
    number, of = len(way.resources), len(answers.resources)
    if of == 1 or number == 1:
        return one_line(way.resources[0])
    if number == of:
        return translator.text("all {number}", number=number)
    return translator.text("{number} of {total}", number=number, total=of)


def _how(way: Way, translator: Translator) -> str:
    how = translator.row(way.how)
    if way.is_direct:
        return how
    return translator.plural(
        len(way.path.steps), "in {number} step: {path}", "in {number} steps: {path}", path=how
    )


def as_json(accounts: Sequence[AccountAnswers], plugin: str) -> str:
    """The answer as JSON text: `who_can` has one item for each account."""
    data = {"schema": SCHEMA, "plugin": plugin, "who_can": [_account_data(account) for account in accounts]}
    return escape_controls(json.dumps(data, ensure_ascii=False, indent=1)) + "\n"


def _account_data(account: AccountAnswers) -> dict[str, Any]:
    answers = account.answers
    return {
        "account": account.account,
        "account_id": account.account_id,
        "evidence": account.evidence,
        "complete": not account.missing,
        "missing": list(account.missing),
        "action": account.question.action,
        "resource": account.question.resource or None,
        "any_request": answers.any_request,
        "resources": len(answers.resources),
        "users": answers.users,
        "roles": answers.roles,
        "can": [_way_data(way) for way in answers.of("allowed")],
        "undecidable": [_way_data(way) for way in answers.of("undecidable")],
    }


def _way_data(way: Way) -> dict[str, Any]:
    decision = way.decision
    return {
        "identity": way.identity,
        "count": len(way.resources),
        "resources": list(way.resources),
        "how": way.how,
        "policy": decision.policy,
        "statement": decision.statement,
        "scope": decision.scope,
        "held": decision.path,
        "path": way.path.as_data(),
    }


def as_csv(accounts: Sequence[AccountAnswers]) -> str:
    """The answer as CSV text: one line for each identity and way."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for account in accounts:
        for way in account.answers.ways:
            table.writerow([escape_formula(cell) for cell in _cells(account, way)])
    return out.getvalue()


def _cells(account: AccountAnswers, way: Way) -> tuple[str, ...]:
    type_, _, name = way.identity.partition("/")
    return (
        account.account,
        account.account_id,
        account.evidence,
        "no" if account.missing else "yes",
        account.question.action,
        type_,
        name,
        _OUTCOMES[way.outcome],
        str(len(way.resources)),
        " ".join(way.resources),
        str(len(way.path.steps)),
        way.how,
    )
