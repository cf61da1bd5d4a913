"""What evidence is missing, one entry per cause, over judged accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pytest_eci_compliance.checks.support.case import Case
from pytest_eci_compliance.config.model import Account
from pytest_eci_compliance.inventory.facts import (
    Attachments,
    CallerIdentity,
    GrantGap,
    Inventory,
    Kind,
    Listing,
    PolicyAttachment,
    Unreadable,
)
from pytest_eci_compliance.inventory.kinds import KINDS
from pytest_eci_compliance.judge import judge
from pytest_eci_compliance.report.missing_evidence import MissingEvidence, missing_evidence, reference
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.results import Result

ACCOUNT = "1098765432109876"
REGION = "cn-hangzhou"
INTENT = {
    "account_id": ACCOUNT,
    "regions": [REGION],
    "users": [{"match": "*", "policies": []}],
    "instances": {"required_tags": {"env": "prod"}},
}


@pytest.fixture
def inventory() -> Inventory:
    """An account of which the auditing identity is a user without any grant; everything answered."""
    empty: dict[Kind, tuple[Listing, ...]] = {kind: (Listing(REGION, (), pages=1),) for kind in KINDS}
    identity = CallerIdentity(ACCOUNT, "RAMUser", f"acs:ram::{ACCOUNT}:user/auditor")
    return Inventory(ACCOUNT, identity, regions=(REGION,), all_regions=(REGION,), listings=empty)


def denied(permission: str, **more: str) -> Unreadable:
    return Unreadable(permission, "NoPermission", permission, **more)


def report_of(inventory: Inventory) -> Report:
    case = Case("prod", Account.model_validate(INTENT), inventory, date(2026, 11, 23))
    results = tuple(Result(row, f"{row.check}::{index}") for index, row in enumerate(judge(case), start=1))
    return Report("0.1.0", "2026-11-23T00:00:00Z", {}, results, inventories={"prod": inventory})


def entries(inventory: Inventory) -> tuple[MissingEvidence, ...]:
    return missing_evidence(report_of(inventory))


def test_every_missing_permission_is_one_entry(inventory: Inventory) -> None:
    report = report_of(replace(inventory, users=denied("ram:ListUsers")))
    (entry,) = missing_evidence(report)
    unknown = [result for result in report.results if result.outcome == "unknown"]
    assert len(unknown) > 2
    assert set(entry.results) == set(unknown)
    assert entry.key == "auditor-visibility"
    assert "ram:ListUsers" in entry.subjects
    assert entry.sentence.startswith(f"user 'auditor' lacks {len(entry.subjects)} permissions (")
    assert entry.sentence.endswith(
        f", …): attach the policy of `--eci-audit-policy`; {len(unknown)} results depend on it"
    )


def test_rows_refer_to_their_cause(inventory: Inventory) -> None:
    report = report_of(replace(inventory, users=denied("ram:ListUsers")))
    references = {result.check: reference(result.row) for result in report.results}
    assert references["instance-required-tags"] == "see auditor-visibility"
    assert references["user-intended-policies"] == "see auditor-visibility"


def test_an_account_that_was_read_has_no_entry(inventory: Inventory) -> None:
    everything = PolicyAttachment("System", "AdministratorAccess", "IMSUser", "auditor")
    root = replace(inventory, identity=CallerIdentity(ACCOUNT, "Account", f"acs:ram::{ACCOUNT}:root"))
    assert entries(replace(root, attachments=Attachments((everything,)))) == ()


def test_calls_that_fail_for_one_reason_are_one_entry(inventory: Inventory) -> None:
    root = replace(inventory, identity=CallerIdentity(ACCOUNT, "Account", f"acs:ram::{ACCOUNT}:root"))
    detail = "the connection was refused: 127.0.0.1:8080"
    broken = {"code": "ConnectionRefused", "detail": detail}
    listings: dict[Kind, tuple[Listing, ...]] = {
        kind.name: (Listing(REGION, Unreadable(kind.list_call, region=REGION, **broken)),)
        for kind in KINDS.values()
    }
    users = Unreadable("ram:ListUsers", **broken)
    (entry,) = entries(replace(root, users=users, listings=listings))
    assert entry.key == "ConnectionRefused"
    assert entry.problem == (
        f"2 calls (eci:DescribeContainerGroups in cn-hangzhou, ram:ListUsers) failed: {detail}"
    )
    assert entry.remediation.startswith("Correct the host and port in `endpoints`")


def test_a_permission_that_something_else_than_a_grant_withholds_is_distinguished(
    inventory: Inventory,
) -> None:
    root = replace(inventory, identity=CallerIdentity(ACCOUNT, "Account", f"acs:ram::{ACCOUNT}:root"))
    users = replace(denied("ram:ListUsers"), denied_by="a control policy of the resource directory")
    (entry,) = entries(replace(root, users=users))
    assert entry.problem == "a control policy of the resource directory denies 1 permission (ram:ListUsers)"
    assert "a grant in RAM does not help" in entry.remediation


def test_the_sight_of_the_auditor_that_hangs_on_a_failed_call_names_the_call(inventory: Inventory) -> None:
    gap = GrantGap(Unreadable("resourcemanager:ListPolicyAttachments", "Throttling"))
    entry, *others = entries(replace(inventory, attachments=Attachments(gaps=(gap,))))
    assert others == []
    assert entry.key == "Throttling"
    assert "instance-required-tags" in {result.check for result in entry.results}


def test_an_auditor_whose_grants_could_not_be_read_is_not_shown_to_hold_the_rest(
    inventory: Inventory,
) -> None:
    gap = GrantGap(denied("resourcemanager:ListPolicyAttachments"))
    entry, *others = entries(replace(inventory, attachments=Attachments(gaps=(gap,))))
    assert others == []
    assert entry.problem.startswith(
        "user 'auditor' lacks 1 permission (resourcemanager:ListPolicyAttachments) and is not shown to hold "
    )
    assert "eci:DescribeContainerGroups" in entry.subjects
