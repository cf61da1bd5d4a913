"""The effect of a planned change on the verdicts: the rows of both accounts, compared row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..inventory.facts import PLANNED, Inventory
from ..language import ENGLISH, Translator
from ..results import FIXED_BY_PLAN, NEW_WITH_PLAN, OPEN_OUTCOMES, Reason, Row
from .addresses import Addresses
from .apply import Laid
from .model import ChangeSet, Note

_NUMBER = re.compile(r"(?<![\w-])(?<!statement )\d+(?![\w-])")
_SHORTENED = re.compile(r"\d+ more\b|…")


@dataclass(frozen=True)
class Planned:
    """The plan in reports: its files, the number of its changes, and the notes on them.

    `other_types` is the number of changes of resource types that no check evaluates. `partial` is True where a plan
    is declared incomplete. `gone` are rows that did not pass and whose resource the plan deletes. `before` is the
    inventory of the account as it is, for comparisons of permissions. `touched` are the addresses
    of the changes of each object.
    """

    files: tuple[str, ...]
    changes: int
    other_types: int = 0
    partial: bool = False
    notes: tuple[Note, ...] = ()
    gone: tuple[Row, ...] = ()
    before: Inventory | None = None
    touched: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def contradictions(self) -> tuple[Note, ...]:
        """The notes for the header: contradictions between plan and evidence, or between changes."""
        return tuple(
            note
            for note in self.notes
            if note.kind in ("contradiction", "not there", "blocked", "already there")
        )

    @property
    def sentence(self) -> str:
        """A sentence for headers: the files and the number of changes."""
        return self.sentence_in(ENGLISH)

    def sentence_in(self, translator: Translator) -> str:
        """The sentence in a language."""
        changes = translator.plural(self.changes, "{number} change", "{number} changes")
        if self.partial:
            changes = translator.text("{changes}, partial: more changes may follow", changes=changes)
        files = translator.separator.join(self.files)
        return translator.text("planned, from {files}: {changes}", files=files, changes=changes)


def planned(sets: Iterable[ChangeSet], laid: Laid, before: Inventory, gone: tuple[Row, ...]) -> Planned:
    """The summary of the plans of an account."""
    plans = tuple(sets)
    return Planned(
        tuple(dict.fromkeys(plan.file for plan in plans)),
        laid.count,
        sum(plan.other_types for plan in plans),
        any(plan.complete is False for plan in plans),
        laid.notes,
        gone,
        before,
        laid.touched,
    )


def compare_rows(
    before: tuple[Row, ...], after: tuple[Row, ...], laid: Laid, was: Inventory
) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The planned rows, each with the effect of the plan, and the open rows whose resource is gone."""
    former = {_key(row): row for row in before}
    addresses = Addresses(laid.touched, was, laid.inventory)
    marked = []
    for row in after:
        before_row = former.get(_key(row))
        mark = _mark(before_row, row)
        if mark is None and before_row is not None and _may_hide(before_row, row) and addresses.of(row):
            mark = NEW_WITH_PLAN
        marked.append(row if mark is None else replace(row, plan=mark, plan_addresses=addresses.of(row)))
    left = {_key(row) for row in after}
    gone = tuple(row for row in before if row.outcome in OPEN_OUTCOMES and _key(row) not in left)
    return tuple(marked), gone


def marker_of_own_rows(plan: Planned, after: Inventory) -> Callable[[Row], Row]:
    """What gives rows of own checks, which ran on the planned account alone, the effect of the plan.

    Such a row is new where the plan makes its resource, or changes it: nothing shows that it was open before.
    """
    if plan.before is None:
        return lambda row: row
    addresses = Addresses(plan.touched, plan.before, after)

    def marked(row: Row) -> Row:
        of_row = addresses.of(row)
        mark = _mark(None, row) if of_row or row.resource.id.startswith(PLANNED) else None
        return row if mark is None else replace(row, plan=mark, plan_addresses=of_row)

    return marked


def _key(row: Row) -> tuple[str, ...]:
    resource = row.resource
    return (row.check, resource.type, resource.region or "", resource.id, row.expectation or "")


def _mark(before: Row | None, after: Row) -> str | None:
    """The effect of the plan on a row; None where it has none."""
    was = "passed" if before is None or before.outcome == "skipped" else before.outcome
    now = "passed" if after.outcome == "skipped" else after.outcome
    if now in OPEN_OUTCOMES:
        if was != now:
            return NEW_WITH_PLAN
        return NEW_WITH_PLAN if before is not None and _fails_further(before, after) else None
    if was in OPEN_OUTCOMES:
        return FIXED_BY_PLAN
    if was == now:
        return None
    return NEW_WITH_PLAN if now == "waived" else FIXED_BY_PLAN


def _fails_further(before: Row, after: Row) -> bool:
    """Whether an open row has a reason, a path or a cause that the former one did not have."""
    if set(after.paths) - set(before.paths) or set(after.causes) - set(before.causes):
        return True
    if not before.reasons or not after.reasons:
        return _has_more(before.message, after.message)
    former: dict[str, list[tuple[str, ...]]] = {}
    for reason in before.reasons:
        former.setdefault(reason.text, []).append(reason.about)
    return any(_is_further(reason, former) for reason in after.reasons)


def _is_further(reason: Reason, former: Mapping[str, list[tuple[str, ...]]]) -> bool:
    """Whether a reason is not among the former ones, nor shorter than one of them."""
    if reason.text in former:
        # The resources are the same as a rule, and may be thousands.
        return reason.about not in former[reason.text] and not set().union(*former[reason.text]).issuperset(
            reason.about
        )
    return not reason.is_message or all(_has_more(text, reason.text) for text in former)


def _may_hide(before: Row, after: Row) -> bool:
    """Whether two open rows that seem alike may differ in what a message leaves out."""
    if after.outcome not in OPEN_OUTCOMES:
        return False
    texts = [reason.text for reason in after.reasons if reason.is_message]
    if not before.reasons or not after.reasons:
        texts.append(after.message)
    return any(_SHORTENED.search(text) for text in texts)


def _has_more(before: str, after: str) -> bool:
    """Whether a message gives a reason that the former one did not.

    A message that is only shorter, or has only smaller numbers, gives no further reason. In doubt there is one: an
    old failure that is reported as new costs a look, a new failure that is reported as old costs a finding.

    >>> _has_more("it holds 'A' and 'B'; expected none", "it holds 'A'; expected none")
    False
    >>> _has_more("it holds 'A' through group x", "it holds 'A' directly and through group x")
    True
    >>> _has_more("3 instances", "2 instances"), _has_more("3 instances", "4 instances")
    (False, True)
    >>> _has_more("by statement 2 of P", "by statement 1 of P")
    True
    """
    if _NUMBER.sub("#", before) == _NUMBER.sub("#", after):
        pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
        return any(int(now) > int(was) for was, now in pairs)
    words = iter(_words(before))
    return not all(word in words for word in _words(after))


def _words(message: str) -> list[str]:
    """The words of a message in their order, without punctuation and conjunctions."""
    return [word for word in re.split(r"[\s,;:()]+", message) if word not in ("", "and", "or")]
