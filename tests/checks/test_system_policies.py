"""`system-policy`: system policies in use have their documented content, or the pinned one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    GrantGap,
    Policy,
    PolicyAttachment,
    PolicyRef,
    Unreadable,
)
from pytest_eci_compliance.policy.editions import document
from pytest_eci_compliance.results import Row

FULL, READ_ONLY = "AliyunECIFullAccess", "AliyunECIReadOnlyAccess"
GAP = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"))


def wider(policy: str) -> str:
    data = json.loads(document(policy, "2022-05-11"))
    data["Statement"].append({"Effect": "Allow", "Action": "ecs:DescribeInstances", "Resource": "*"})
    return json.dumps(data)


def account(
    *held: str,
    gaps: tuple[GrantGap, ...] = (),
    documents: Mapping[str, str | Unreadable] = MappingProxyType({}),
) -> dict[str, Any]:
    items = tuple(PolicyAttachment("System", name, "IMSGroup", "dev", "rg-1") for name in held)
    message = {
        name: documents.get(name, document(name, "2022-05-11")) for name in held if name in (FULL, READ_ONLY)
    }
    return {
        "attachments": Attachments(items, gaps),
        "policies": {
            PolicyRef("System", name): Policy("System", name, policy_document=text)
            for name, text in message.items()
        },
    }


def outcomes(rows: Iterable[Row]) -> dict[str, str]:
    return {row.resource.id: row.outcome for row in rows}


@pytest.mark.parametrize("intent", ["users: []", "system_policies: {}"])
def test_documented_policies_that_somebody_holds(rows_of: Callable[..., list[Row]], intent: str) -> None:
    assert outcomes(rows_of("system-policy", intent, **account(FULL, READ_ONLY, "AdministratorAccess"))) == {
        FULL: "passed",
        READ_ONLY: "passed",
    }
    rows = rows_of("system-policy", intent, **account(FULL, documents={FULL: wider(FULL)}))
    assert outcomes(rows) == {FULL: "failed"}
    assert "added: ecs:DescribeInstances" in rows[0].message
    assert rows[0].resource.type == "policy"
    assert rows[0].config_path == ("users",)


def test_pinned_policies(rows_of: Callable[..., list[Row]], monkeypatch: pytest.MonkeyPatch) -> None:
    reviewed = {"reviewed/full.json": wider(FULL), "reviewed/admin.json": document(FULL, "2022-05-11")}
    monkeypatch.setattr(Account, "document", reviewed.__getitem__)
    intent = (
        "system_policies: {AliyunECIFullAccess: reviewed/full.json, AdministratorAccess: reviewed/admin.json}"
    )
    rows = rows_of(
        "system-policy", intent, **account(FULL, "AdministratorAccess", documents={FULL: wider(FULL)})
    )
    assert outcomes(rows) == {FULL: "passed", "AdministratorAccess": "unknown"}
    rows = rows_of("system-policy", intent, **account(FULL))
    assert outcomes(rows) == {FULL: "failed"}
    assert "removed: ecs:DescribeInstances" in rows[0].message
    assert rows[0].config_path == ("system_policies", FULL)


def test_a_condition_that_went(rows_of: Callable[..., list[Row]]) -> None:
    data = json.loads(document(FULL, "2022-05-11"))
    del data["Statement"][-1]["Condition"]
    (row,) = rows_of("system-policy", "users: []", **account(FULL, documents={FULL: json.dumps(data)}))
    assert (row.outcome, "condition changed: ram:CreateServiceLinkedRole" in row.message) == ("failed", True)


@pytest.mark.parametrize("text", [Unreadable("ram:GetPolicy", "Throttling"), "", "no JSON"])
def test_content_that_is_not_known_is_unknown(
    rows_of: Callable[..., list[Row]], text: Unreadable | str
) -> None:
    assert outcomes(rows_of("system-policy", "users: []", **account(FULL, documents={FULL: text}))) == {
        FULL: "unknown"
    }


def test_nobody_holds_any(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("system-policy", "users: []", **account("AdministratorAccess"))
    assert (row.outcome, row.resource.id) == ("skipped", "*")


def test_grants_that_were_not_read(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("system-policy", "users: []", **account(gaps=(GAP,)))
    assert (row.outcome, row.resource.id, row.resource.type) == ("unknown", "*", "policy")
    assert outcomes(rows_of("system-policy", "users: []", **account(FULL, gaps=(GAP,)))) == {
        FULL: "passed",
        "*": "unknown",
    }
    assert outcomes(rows_of("system-policy", "users: []", **account(FULL, READ_ONLY, gaps=(GAP,)))) == {
        FULL: "passed",
        READ_ONLY: "passed",
        "*": "unknown",
    }


def test_off(rows_of: Callable[..., list[Row]]) -> None:
    assert rows_of("system-policy", "instances: {}", **account(FULL)) == []
