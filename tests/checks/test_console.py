"""`user-console`: what a user of the ECI console needs beyond full access."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_eci_compliance.checks.console import CONSOLE_ACTIONS
from pytest_eci_compliance.inventory.facts import Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.access_account import account, allow, document, outcomes

INTENT = "users: [{match: ann, console: true}, {match: '*'}]"
ALL = list(CONSOLE_ACTIONS)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (document(allow(ALL)), "passed"),
        (document(allow("*")), "passed"),
        *((document(allow([action for action in ALL if action != left])), "failed") for left in ALL),
        (document(allow(ALL), allow("cr:*", "*", "Deny")), "failed"),
        (document(allow(ALL, Condition={"Bool": {"acs:MFAPresent": "true"}})), "unknown"),
        # Whose resource an action of another service is about is not known.
        (document(allow(ALL, "acs:ram:*:*:*")), "unknown"),
        (Unreadable("ram:GetPolicy", "NoPermission"), "unknown"),
    ],
)
def test_the_console_list_of_section_2(
    rows_of: Callable[..., list[Row]], text: Unreadable | str, outcome: str
) -> None:
    rows = rows_of("user-console", INTENT, **account(("ann", text, None)))
    assert outcomes(rows) == {"ann": outcome}, rows[0].message


def test_it_names_what_is_missing(rows_of: Callable[..., list[Row]]) -> None:
    rows = rows_of("user-console", INTENT, **account(("ann", document(allow(ALL[:-1])), None)))
    assert "cr:SearchRepo" in rows[0].message


def test_off_where_nobody_works_in_the_console(rows_of: Callable[..., list[Row]]) -> None:
    assert rows_of("user-console", "users: [{match: '*'}]", **account()) == []
