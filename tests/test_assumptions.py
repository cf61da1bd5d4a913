"""The list of assumptions about the cloud: its form, and where it is shown."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.assumptions import BASES, assumptions, by_id, that_owners_settle, that_support
from pytest_eci_compliance.checks import CHECKS, KNOWN_CHECKS
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.evidence.api_actions import READ_LIST
from tests.support.runs import run_pytest

pytest_plugins = "pytester"


def test_ids_are_unique_and_plain() -> None:
    ids = [assumption.id for assumption in assumptions()]
    assert len(set(ids)) == len(ids)
    assert all(set(id_) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for id_ in ids)


def test_rows_name_calls_that_are_read_and_checks_that_exist() -> None:
    calls = {action.call for action in READ_LIST}
    for assumption in assumptions():
        assert set(assumption.calls) <= calls, assumption.id
        assert set(assumption.checks) <= set(KNOWN_CHECKS), assumption.id
        assert assumption.evidence in BASES, assumption.id


def test_an_owner_settles_the_documented_ids() -> None:
    named = {"deny-on-resource-group-wins", "pass-role-on-resource-group", "negated-operator-on-missing-key"}
    assert named <= {assumption.id for assumption in that_owners_settle()}


def test_every_assumption_rests_under_some_check_or_is_an_open_question() -> None:
    supported = {assumption.id for check in CHECKS for assumption in that_support(check.id, check.calls)}
    general = {"success-has-status-200-and-no-code", "throttling-is-known-by-its-code"}
    settled = {assumption.id for assumption in that_owners_settle()}
    assert by_id().keys() == supported | general | settled


def test_a_check_without_calls_to_a_list_does_not_rest_on_its_answers() -> None:
    ids = {assumption.id for assumption in that_support("waiver", ())}
    assert "total-count-counts-the-list" not in ids


def test_an_open_question_is_settled_in_the_configuration() -> None:
    account = Account.model_validate({"account_id": "1", "assumptions": {"pass-role-ignores-case": False}})
    assert account.assumptions == {"pass-role-ignores-case": False}


@pytest.mark.parametrize("id_", ["total-count-counts-the-list", "no-such-id"])
def test_what_is_no_open_question_is_not_settled(id_: str) -> None:
    with pytest.raises(ValueError, match="is not an open question of the evaluator"):
        Account.model_validate({"account_id": "1", "assumptions": {id_: True}})


def test_the_list_names_every_assumption_its_evidence_and_its_settlement(pytester: pytest.Pytester) -> None:
    pytester.makefile(
        ".yaml",
        **{
            "eci-compliance": """
version: 1
accounts:
  prod:
    account_id: "1098765432109876"
    assumptions: {deny-on-resource-group-wins: true}
"""
        },
    )
    ended = run_pytest(pytester.path, "--eci-list-assumptions", "--eci-account=prod")
    assert ended.returncode == 0
    text = ended.stdout
    for assumption in assumptions():
        assert f"{assumption.id} ({assumption.evidence}: " in text
    assert "    prod: settled as true" in text
    assert text.count("    prod: open, so undecidable") == len(that_owners_settle()) - 1
