"""`assumptions` and `control_policies` of the configuration, as the checks use them; actions of the same effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance.config.loader import ConfigurationError, load
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    ContainerGroup,
    Policy,
    PolicyAttachment,
    PolicyRef,
    ResourceGroup,
    User,
)
from pytest_eci_compliance.results import Row

GROUPS = (ResourceGroup("rg-1", "default"), ResourceGroup("rg-2", "prod"))
INSTANCE = ContainerGroup("eci-1", region_id="cn-hangzhou", resource_group_id="rg-2", status="Running")
EVERYTHING = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def statement(effect: str, action: str | list[str]) -> dict[str, Any]:
    return {"Version": "1", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]}


def account(*held: tuple[Any, ...]) -> dict[str, Any]:
    """An account whose user ann has these documents: pairs of a document and a resource group."""
    policies, attachments = {}, []
    for number, (document, scope) in enumerate(held):
        ref = PolicyRef("Custom", f"p{number}")
        policies[ref] = Policy(*ref, policy_document=json.dumps(document))
        attachments.append(PolicyAttachment(*ref, "IMSUser", "ann", scope))
    return {
        "users": (User("ann"),),
        "policies": policies,
        "attachments": Attachments(tuple(attachments)),
        "resource_groups": GROUPS,
        "instances": [INSTANCE],
    }


DENIED_IN_PROD = account((EVERYTHING, None), (statement("Deny", "eci:*"), "rg-2"))
CANNOT = "access: [{users: ann, cannot: [eci:RestartContainerGroup], paths: direct}]"
CAN = "access: [{users: ann, can: [eci:RestartContainerGroup]}]"


@pytest.mark.parametrize(
    ("settled", "cannot", "can"),
    [
        ("", "unknown", "unknown"),
        ("assumptions: {deny-on-resource-group-wins: true}", "passed", "failed"),
        ("assumptions: {deny-on-resource-group-wins: false}", "failed", "passed"),
    ],
)
def test_a_settled_question_decides_the_row(
    rows_of: Callable[..., list[Row]], settled: str, cannot: str, can: str
) -> None:
    for intent, expected in ((CANNOT, cannot), (CAN, can)):
        (row,) = rows_of("access", f"{intent}\n{settled}", **DENIED_IN_PROD)
        assert row.outcome == expected, row.message
        if expected == "unknown":
            assert "settle it with `assumptions: {deny-on-resource-group-wins: true or false}`" in row.message


@pytest.mark.parametrize(
    ("written", "documents", "cannot", "can"),
    [
        ("", {}, "failed", "passed"),
        ("control_policies: []", {}, "failed", "passed"),
        ("control_policies: unknown", {}, "unknown", "unknown"),
        ("control_policies: [full.json]", {"full.json": EVERYTHING}, "failed", "passed"),
        (
            "control_policies: [deny.json]",
            {"deny.json": statement("Deny", "eci:Restart*")},
            "passed",
            "failed",
        ),
        (
            "control_policies: [full.json, deny.json]",
            {"full.json": EVERYTHING, "deny.json": statement("Deny", "eci:Delete*")},
            "failed",
            "passed",
        ),
    ],
)
def test_control_policies_are_a_ceiling(
    rows_of: Callable[..., list[Row]],
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    documents: dict[str, Any],
    cannot: str,
    can: str,
) -> None:
    texts = {path: json.dumps(document) for path, document in documents.items()}
    monkeypatch.setattr(Account, "document", lambda _, path: texts[path])
    held = account((EVERYTHING, None))
    for intent, expected in ((CANNOT, cannot), (CAN, can)):
        (row,) = rows_of("access", f"{intent}\n{written}", **held)
        assert row.outcome == expected, row.message


@pytest.mark.parametrize(
    ("actions", "expectation", "expected"),
    [
        ("eci:DeleteContainerGroups", "eci:DeleteContainerGroup", "failed"),
        ("eci:RunCommand", "eci:ExecContainerCommand", "failed"),
        ("eci:RunCommand", "eci:DeleteContainerGroup", "passed"),
        ("eci:RunCommand", "eci:RunCommand", "failed"),
        ("eci:DeleteContainerGroups", "eci:Delete*", "failed"),
        ("eci:Describe*", "eci:Delete*", "passed"),
    ],
)
def test_who_can_do_the_same_by_an_action_that_the_sdk_lacks_can_do_it(
    rows_of: Callable[..., list[Row]], actions: str, expectation: str, expected: str
) -> None:
    intent = f"access: [{{users: ann, cannot: ['{expectation}']}}]"
    (row,) = rows_of("access", intent, **account((statement("Allow", actions), None)))
    assert row.outcome == expected, row.message
    assert expected == "passed" or actions in row.message


def test_can_with_a_wildcard_means_the_actions_of_the_sdk(rows_of: Callable[..., list[Row]]) -> None:
    allowed = [
        "eci:DeleteContainerGroup",
        "eci:DeleteImageCache",
        "eci:DeleteVirtualNode",
        "eci:DeleteDataCache",
    ]
    intent = "access: [{users: ann, can: ['eci:Delete*']}]"
    (row,) = rows_of("access", intent, **account((statement("Allow", allowed), None)))
    assert row.outcome == "passed", row.message


def test_the_documents_of_control_policies_are_read_and_must_exist(tmp_path: Path) -> None:
    path = tmp_path / "eci-compliance.yaml"
    path.write_text('version: 1\naccounts: {prod: {account_id: "1", control_policies: [scp.json]}}\n')
    with pytest.raises(
        ConfigurationError, match=r"control_policies\[0\]: names .*scp\.json, which does not exist"
    ):
        load(path, ())
    (tmp_path / "scp.json").write_text(json.dumps(EVERYTHING))
    settings = load(path, ()).configuration.accounts["prod"].evaluator_settings
    assert settings.control_policies == (("scp.json", json.dumps(EVERYTHING)),)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("assumptions: {deny-on-resource-group-win: true}", "did you mean deny-on-resource-group-wins?"),
        ("assumptions: {pass-role-ignores-case: sometimes}", "must be true or false"),
        ("control_policies: none", "must be a list of paths of control policy documents, or unknown"),
        ("endpoints: {eci: {mars: https://x}}", "is not a valid region id"),
        ("endpoints: {eci: {default: 'http://far.example'}}", "uses http to another machine"),
    ],
)
def test_mistakes_in_the_new_keys_are_named(tmp_path: Path, written: str, problem: str) -> None:
    path = tmp_path / "eci-compliance.yaml"
    path.write_text(f'version: 1\naccounts:\n  prod:\n    account_id: "1"\n    {written}\n')
    with pytest.raises(ConfigurationError, match=problem.replace("?", r"\?")):
        load(path, ())
