"""`custom-policy`: custom policies that somebody holds have their reviewed content."""

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
    GrantGap,
    Policy,
    PolicyAttachment,
    PolicyRef,
    Unreadable,
)
from pytest_eci_compliance.results import Row

GAP = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission"))


def policy(*statements: dict[str, Any]) -> str:
    parts = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "1", "Statement": parts})


GUARDED = policy(
    {"Action": ["eci:Describe*", "eci:RestartContainerGroup"]},
    {"Effect": "Deny", "Action": "eci:DeleteContainerGroup"},
)


def holding(gaps: tuple[GrantGap, ...] = (), **documents: Any) -> dict[str, Any]:
    """An account in which user dev holds these custom policies."""
    return {
        "attachments": Attachments(
            tuple(PolicyAttachment("Custom", name, "IMSUser", "dev") for name in documents), gaps
        ),
        "policies": {
            PolicyRef("Custom", name): Policy("Custom", name, policy_document=text)
            for name, text in documents.items()
        },
    }


@pytest.fixture
def reviewed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    texts = {"reviewed/app.json": GUARDED}
    monkeypatch.setattr(Account, "document", lambda _, path: texts[path])
    return texts


def test_the_reviewed_content_passes_however_it_is_spelled(
    rows_of: Callable[..., list[Row]], reviewed: dict[str, str]
) -> None:
    spelled = policy(
        {"Effect": "Deny", "Action": ["ECI:deletecontainergroup"]},
        {"Action": "eci:RestartContainerGroup"},
        {"Action": ["eci:Describe*", "eci:DescribeRegions"], "Resource": ["*", "acs:eci:*:*:*"]},
    )
    (row,) = rows_of("custom-policy", "custom_policies: {App: reviewed/app.json}", **holding(App=spelled))
    assert (row.outcome, row.resource.id, row.severity, row.section) == ("passed", "Custom/App", "high", "2")
    assert row.config_path == ("custom_policies", "App")


def test_a_change_of_meaning_fails_names_a_lost_deny_first_and_says_how_to_accept_it(
    rows_of: Callable[..., list[Row]], reviewed: dict[str, str]
) -> None:
    (row,) = rows_of(
        "custom-policy",
        "custom_policies: {App: reviewed/app.json}",
        **holding(App=policy({"Action": "eci:*"})),
    )
    assert row.outcome == "failed"
    assert row.message == (
        "Custom/App, held by user 'dev', is not as reviewed in 'reviewed/app.json':"
        " Deny lost: eci:DeleteContainerGroup; added: eci:*"
    )
    assert (
        "`aliyun ram GetPolicy --PolicyType Custom --PolicyName App | jq -r .DefaultPolicyVersion.PolicyDocument"
        " > reviewed/app.json`"
    ) in row.remediation


def test_what_is_not_listed_is_not_reviewed(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("custom-policy", "custom_policies: {}", **holding(App=GUARDED))
    assert (row.outcome, "is not reviewed" in row.message) == ("failed", True)
    assert "add `App: reviewed/App.json` to `custom_policies`" in row.remediation
    assert row.config_path == ("custom_policies",)


def test_any_accepts_the_name(rows_of: Callable[..., list[Row]]) -> None:
    for text in (GUARDED, "no JSON", Unreadable("ram:GetPolicy", "Throttling")):
        (row,) = rows_of("custom-policy", "custom_policies: {App: any}", **holding(App=text))
        assert row.outcome == "passed", row


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (Unreadable("ram:GetPolicy", "Throttling"), "ram:GetPolicy"),
        (policy({"Action": "eci:*", "Sid": "x"}), "statement 1 of the document found"),
        ("no JSON", "statement 1 of the document found"),
    ],
)
def test_what_cannot_be_compared_is_unknown(
    rows_of: Callable[..., list[Row]], reviewed: dict[str, str], text: Unreadable | str, named: str
) -> None:
    (row,) = rows_of("custom-policy", "custom_policies: {App: reviewed/app.json}", **holding(App=text))
    assert (row.outcome, named in row.message) == ("unknown", True)


def test_the_same_text_passes_whatever_it_means(
    rows_of: Callable[..., list[Row]], reviewed: dict[str, str]
) -> None:
    reviewed["reviewed/app.json"] = odd = policy({"Action": "eci:*", "Sid": "x"})
    (row,) = rows_of("custom-policy", "custom_policies: {App: reviewed/app.json}", **holding(App=odd))
    assert row.outcome == "passed"


def test_under_grants_eci_only_what_may_concern_eci_is_judged(rows_of: Callable[..., list[Row]]) -> None:
    account = holding(Buckets=policy({"Action": "oss:*"}), App=GUARDED)
    assert [item.resource.id for item in rows_of("custom-policy", "custom_policies: {}", **account)] == [
        "Custom/App",
        "Custom/Buckets",
    ]
    rows = rows_of("custom-policy", "grants: eci\ncustom_policies: {}", **account)
    assert [row.resource.id for row in rows] == ["Custom/App"]


def test_a_listed_policy_is_judged_under_grants_eci_although_it_only_denies(
    rows_of: Callable[..., list[Row]], reviewed: dict[str, str]
) -> None:
    reviewed["reviewed/app.json"] = policy({"Effect": "Deny", "Action": "eci:Delete*"})
    intent = "grants: eci\ncustom_policies: {App: reviewed/app.json}"
    gone = policy({"Effect": "Deny", "Action": "oss:*"})
    (row,) = rows_of("custom-policy", intent, **holding(App=gone))
    assert row.outcome == "failed"
    assert "Deny lost: eci:Delete*" in row.message
    narrow = policy({"Effect": "Deny", "Action": "eci:DeleteImageCache"})
    (row,) = rows_of("custom-policy", intent, **holding(App=narrow))
    assert "Deny narrowed: eci:Delete* to eci:DeleteImageCache" in row.message
    (row,) = rows_of("custom-policy", "grants: eci\ncustom_policies: {}", **holding(App=narrow))
    assert (row.outcome, row.resource.id) == ("skipped", "*")


def test_nobody_holds_any_or_nobody_knows(rows_of: Callable[..., list[Row]]) -> None:
    (row,) = rows_of("custom-policy", "custom_policies: {}", **holding())
    assert (row.outcome, row.resource.id) == ("skipped", "*")
    (row,) = rows_of("custom-policy", "custom_policies: {}", **holding(gaps=(GAP,)))
    assert (row.outcome, row.resource.id) == ("unknown", "*")
    assert rows_of("custom-policy", "users: []", **holding(App=GUARDED)) == []


def test_names_and_documents_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"

    def problems(section: str) -> str:
        file.write_text(f'version: 1\naccounts: {{a: {{account_id: "1", custom_policies: {section}}}}}\n')
        with pytest.raises(ConfigurationError) as caught:
            load(file, [])
        return str(caught.value)

    assert "does not exist: create it" in problems("{App: gone.json}")
    assert "write it without `Custom/`: App" in problems("{Custom/App: any}")
