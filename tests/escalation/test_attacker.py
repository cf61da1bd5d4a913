"""The attacker against hand-made cases: it reaches what the documents say, and nothing else."""

from __future__ import annotations

import pytest

from tests.escalation.case import Case
from tests.escalation.cases import CASES
from tests.escalation.reach import bounds, normalised


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_is_as_the_documents_say(case: Case) -> None:
    reach = bounds(case.account, case.identity)
    certain = normalised(case.account, case.identity, case.certain)
    possible = normalised(case.account, case.identity, case.certain | case.possible)
    assert reach.complete
    assert reach.must_be_certain == certain
    assert reach.may_be_certain == certain
    assert reach.must_be_possible == possible
    assert reach.may_be_possible == possible
