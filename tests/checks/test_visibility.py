"""`auditor-visibility`: whether the auditing identity sees everything that the sweep reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_eci_compliance.checks.visibility import _PERMISSIONS
from pytest_eci_compliance.inventory.facts import Attachments, CallerIdentity, GrantGap, Unreadable
from pytest_eci_compliance.results import Row
from tests.checks.access_account import ACCOUNT, READ, account, allow, document

NEEDED = list(_PERMISSIONS)
USER = CallerIdentity(ACCOUNT, "RAMUser", f"acs:ram::{ACCOUNT}:user/ann")
ROLE = CallerIdentity(ACCOUNT, "AssumedRoleUser", f"acs:ram::{ACCOUNT}:assumed-role/auditor/session")


def outcome(
    rows_of: Callable[..., list[Row]],
    *grants: tuple[str, Any, str | None],
    identity: CallerIdentity | Unreadable = USER,
    **parts: Any,
) -> str:
    rows = rows_of("auditor-visibility", "", identity=identity, **account(*grants, **parts))
    assert [(row.resource.type, row.resource.id) for row in rows] == [("account", "prod")]
    assert "broke" not in rows[0].message
    return rows[0].outcome


def test_the_account_itself_sees_everything(rows_of: Callable[..., list[Row]]) -> None:
    assert (
        outcome(rows_of, identity=CallerIdentity(ACCOUNT, "Account", f"acs:ram::{ACCOUNT}:root")) == "passed"
    )


@pytest.mark.parametrize(
    "arn", [USER.arn, "", f"acs:ram::{ACCOUNT}:ROOT", "acs:ram::2098765432109876:root"], ids=str
)
def test_a_type_that_the_arn_contradicts_shows_nothing(rows_of: Callable[..., list[Row]], arn: str) -> None:
    assert outcome(rows_of, identity=CallerIdentity(ACCOUNT, "Account", arn)) == "unknown"


@pytest.mark.parametrize(
    ("name", "identity"), [("ann", USER), ("role/auditor", ROLE), ("role/Auditor", ROLE)], ids=str
)
def test_a_user_and_an_assumed_role_by_their_own_grants(
    rows_of: Callable[..., list[Row]], name: str, identity: CallerIdentity
) -> None:
    assert outcome(rows_of, (name, document(allow(NEEDED)), None), identity=identity) == "passed"
    assert outcome(rows_of, (name, READ, None), identity=identity) == "failed"
    assert outcome(rows_of, identity=identity) == "failed"


def test_a_user_who_sees_by_way_of_a_group(rows_of: Callable[..., list[Row]]) -> None:
    identity = CallerIdentity(ACCOUNT, "RAMUser", f"acs:ram::{ACCOUNT}:user/bob")
    assert outcome(rows_of, ("group/dev", document(allow(NEEDED)), None), identity=identity) == "passed"


@pytest.mark.parametrize(
    "grants",
    [
        [(document(allow(NEEDED)), "rg-prod")],
        [(document(allow([action for action in NEEDED if action != "eci:DescribeImageCaches"])), None)],
        [(document(allow(NEEDED, Condition={"StringEquals": {"acs:ResourceTag/env": "x"}})), None)],
        [(document(allow(NEEDED, Condition={"Bool": {"acs:MFAPresent": "true"}})), None)],
        [(document(allow(NEEDED)), None), (document(allow("eci:*", "*", "Deny")), "rg-prod")],
        [
            (document(allow(NEEDED)), None),
            (document(allow("eci:*", "acs:eci:cn-hangzhou:*:*", "Deny")), None),
        ],
        [(document(allow(NEEDED, "acs:eci:*:*:*")), None)],
        [(document(allow(NEEDED), allow("eci:*", effect="Deny", Sid="x")), None)],
        [(Unreadable("ram:GetPolicy", "NoPermission"), None)],
    ],
)
def test_what_does_not_show_everything_does_not_pass(
    rows_of: Callable[..., list[Row]], grants: list[Any]
) -> None:
    assert outcome(rows_of, *(("ann", text, scope) for text, scope in grants)) in ("failed", "unknown")


@pytest.mark.parametrize(
    "document_",
    [
        document(allow(NEEDED, Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}})),
        document(
            allow(NEEDED),
            allow("eci:Describe*", effect="Deny", Condition={"StringEquals": {"acs:ResourceTag/env": "x"}}),
        ),
    ],
)
def test_what_holds_under_conditions_is_not_unconditional(
    rows_of: Callable[..., list[Row]], document_: str
) -> None:
    assert outcome(rows_of, ("ann", document_, None)) == "failed"


def test_grants_that_could_not_be_read(rows_of: Callable[..., list[Row]]) -> None:
    gap = Attachments((), (GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "NoPermission")),))
    assert outcome(rows_of, attachments=gap) == "unknown"


def test_an_identity_that_is_no_principal_of_the_account(rows_of: Callable[..., list[Row]]) -> None:
    assert outcome(rows_of, identity=CallerIdentity(ACCOUNT, "Federated", "acs:x")) == "unknown"


def test_regions_that_are_read_for_the_deletion_of_the_role_alone(rows_of: Callable[..., list[Row]]) -> None:
    eci = [action for action in NEEDED if action.startswith("eci:")]
    others = [action for action in NEEDED if not action.startswith("eci:")]
    here = document(allow(others), allow(eci, "acs:eci:cn-hangzhou:*:*"))
    assert outcome(rows_of, ("ann", here, None), regions=("cn-hangzhou",)) == "passed"
    beyond: dict[str, Any] = {"regions": ("cn-hangzhou",), "all_regions": ("cn-hangzhou", "cn-beijing")}
    assert outcome(rows_of, ("ann", here, None), **beyond) == "failed"
