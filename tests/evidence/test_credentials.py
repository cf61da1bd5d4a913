"""Who reads: the environment, a profile, an assumed role; what expires is renewed; several accounts side by side."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from alibabacloud_credentials.utils import auth_constant, auth_util

from pytest_eci_compliance import audit
from pytest_eci_compliance.audit import UsageProblem
from tests.emulator import (
    KINDS,
    Account,
    Attachment,
    Backend,
    Call,
    Credential,
    Policy,
    Role,
    User,
    config_yaml,
)
from tests.emulator.documented import allow, document
from tests.evidence.sandbox import AUDITOR, ROOT, Sandbox, account, outcomes
from tests.support.credentials import use
from tests.support.sampling import sample

CENTRAL_ID = "5555555555555555"
CENTRAL = Credential("LTAI5tCentralIdentity001", "central-secret", "user/central")
OTHER_ID = "2222222222222222"


def assumable(account: Account) -> Account:
    """The account with a role that the central account may assume and that may read everything."""
    trusted = document(
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{CENTRAL_ID}:root"]}}
    )
    return replace(
        account,
        roles=(*account.roles, Role("auditor", trusted)),
        attachments=(*account.attachments, Attachment("AdministratorAccess", role="auditor")),
    )


def central() -> Account:
    return Account(
        CENTRAL_ID,
        "central",
        users=(User("central"),),
        policies=(Policy("Assume", document(allow("sts:AssumeRole"))),),
        attachments=(Attachment("Custom/Assume", user="central"),),
        credentials=(CENTRAL,),
    )


def with_roles(sandbox: Sandbox, *accounts: Account) -> Sandbox:
    """Configure only these accounts, each through its role."""
    text = config_yaml(
        sandbox.cloud.url, *accounts, deadline="1m", instances={"required_tags": {"env": "?*"}}
    )
    for trusted_account in accounts:
        before = f"account_id: '{trusted_account.account_id}'\n"
        assert before in text
        role = f"acs:ram::{trusted_account.account_id}:role/auditor"
        text = text.replace(before, f"{before}    credentials: {{assume_role: '{role}'}}\n")
    (sandbox.folder / "eci-compliance.yaml").write_text(text)
    return sandbox


@dataclass
class Expire:
    """After so many calls every session has expired, once."""

    after: int
    done: bool = False

    def __call__(self, backend: Backend, number: int, call: Call) -> None:
        if number > self.after and not self.done:
            self.done = True
            for world in backend.worlds.values():
                for key, session in world.sessions.items():
                    world.sessions[key] = replace(session, expires=time.time() - 1)


@pytest.fixture
def roles(sandbox_of: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox = sandbox_of(central(), assumable(account()))
    use(CENTRAL, monkeypatch)
    return with_roles(sandbox, account())


def audited(sandbox: Sandbox, mode: str | None = None) -> audit.AccountSnapshot:
    (account,) = sandbox.audit_all(mode, "prod").accounts
    return account


def test_a_role_is_assumed_once(roles: Sandbox) -> None:
    audit = audited(roles)
    assert audit.evidence.complete
    assert audit.inventory is not None
    assert audit.inventory.identity.identity_type == "AssumedRoleUser"
    assert roles.cloud.counts["sts:AssumeRole"] == 1
    assert "sts:AssumeRole" not in audit.evidence.actions


@pytest.mark.parametrize("after", sample([10, 3, 25], every=3))
def test_a_session_that_expires_is_renewed_once(roles: Sandbox, after: int) -> None:
    sound = audited(roles)
    roles.cloud.backend.calls.clear()
    roles.cloud.backend.churn = (Expire(after),)
    audit = audited(roles)
    assert audit.evidence.complete
    assert outcomes(audit.rows) == outcomes(sound.rows)
    assert roles.cloud.counts["sts:AssumeRole"] == 2


def test_nothing_of_assume_role_is_recorded(roles: Sandbox) -> None:
    assert audited(roles, "record").evidence.recorded
    text = "".join(path.read_text() for path in (roles.folder / "cassettes" / "prod").iterdir())
    assert '"AssumeRole"' not in text
    assert '"GetCallerIdentity"' in text
    assert "SecurityToken" not in text
    assert audited(roles, "replay").evidence.complete


@pytest.mark.parametrize("kind", ["no_permission", "expired_token"])
def test_a_role_that_cannot_be_assumed_is_a_usage_error(roles: Sandbox, kind: str) -> None:
    roles.cloud.faults.add(replace(KINDS[kind], action="sts:AssumeRole"))
    with pytest.raises(UsageProblem) as problem:
        audited(roles)
    assert "role/auditor" in str(problem.value)
    assert "sts:AssumeRole" in str(problem.value)


def test_a_role_that_does_not_trust_us_is_a_usage_error(roles: Sandbox) -> None:
    roles.cloud.backend.serve_accounts((central(), account()))
    with pytest.raises(UsageProblem, match="role/auditor"):
        audited(roles)


@pytest.mark.parametrize(
    "kind", sample(["throttling", "internal_error", "refused", "html", "null_list", "hang"], every=2)
)
def test_where_sts_does_not_answer_the_account_is_unknown(roles: Sandbox, kind: str) -> None:
    roles.cloud.faults.add(replace(KINDS[kind], action="sts:AssumeRole"))
    audit = audited(roles)
    assert {row.outcome for row in audit.rows} == {"unknown"}
    assert all("sts:AssumeRole" in row.message and row.remediation for row in audit.rows)


def test_a_renewal_that_fails_leaves_the_rest_unknown(roles: Sandbox) -> None:
    roles.cloud.backend.churn = (Expire(20),)
    roles.cloud.faults.add(replace(KINDS["no_permission"], action="sts:AssumeRole", after=1))
    audit = audited(roles)
    assert not audit.evidence.complete
    unknown = [row for row in audit.rows if row.outcome == "unknown"]
    assert unknown
    assert any("InvalidSecurityToken.Expired" in row.message for row in unknown)


def test_keys_that_nobody_knows_are_a_usage_error(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    use(replace(ROOT, access_key_id="LTAI5tNobody0000000001"), monkeypatch)
    with pytest.raises(UsageProblem, match=r"(?s)no account has usable credentials.*InvalidAccessKeyId"):
        sandbox.audit()


def test_no_keys_at_all_are_a_usage_error(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth_util, "environment_access_key_id", None)
    monkeypatch.setattr(auth_constant, "HOME", str(sandbox.folder))
    with pytest.raises(UsageProblem, match="ALIBABA_CLOUD_ACCESS_KEY_ID"):
        sandbox.audit()


def test_a_profile_is_used(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    profile(sandbox.folder, monkeypatch, {"mode": "AK", "access_key_id": AUDITOR.access_key_id})
    sandbox.configure(credentials={"profile": "prod"})
    audit = sandbox.audit()
    assert audit.inventory is not None
    assert audit.inventory.identity.arn.endswith(":user/auditor")


@pytest.mark.parametrize("mode", ["AK", "Nonsense", None])
def test_a_profile_that_gives_no_keys_is_a_usage_error(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, mode: str | None
) -> None:
    profile(sandbox.folder, monkeypatch, {"mode": mode, "access_key_id": ""})
    sandbox.configure(credentials={"profile": "prod" if mode else "missing"})
    with pytest.raises(UsageProblem, match="profile"):
        sandbox.audit()


def profile(folder: Path, patch: pytest.MonkeyPatch, fields: dict[str, str | None]) -> None:
    item = {"name": "prod", "access_key_secret": AUDITOR.access_key_secret, **fields}
    (folder / ".aliyun").mkdir()
    (folder / ".aliyun" / "config.json").write_text(json.dumps({"current": "x", "profiles": [item]}))
    patch.setattr(auth_constant, "HOME", str(folder))
    patch.setattr(auth_util, "environment_access_key_id", None)
    patch.setattr(auth_util, "environment_cli_profile_disabled", "false")


def test_the_wrong_account_is_refused(sandbox_of: Callable[..., Sandbox]) -> None:
    sandbox = sandbox_of()
    path = sandbox.folder / "eci-compliance.yaml"
    path.write_text(path.read_text().replace("1098765432109876", OTHER_ID))
    with pytest.raises(UsageProblem, match=rf"1098765432109876.*{OTHER_ID}"):
        sandbox.audit_all(None, "prod")


def test_several_accounts_are_read_side_by_side(
    sandbox_of: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that cannot be read does not touch the others; none is usable only where none of all is."""
    part = [account(f"account{number}", f"{1111111111111110 + number}") for number in range(4)]
    sandbox = sandbox_of(central(), *(assumable(item) for item in part[:3]), part[3])
    use(CENTRAL, monkeypatch)
    with_roles(sandbox, *part)
    accounts = sandbox.audit_all(None, "all").accounts
    assert [account.name for account in accounts] == [item.alias for item in part]
    assert [account.evidence.complete for account in accounts] == [True, True, True, False]
    assert {row.outcome for row in accounts[3].rows} == {"unknown"}
    rows = [
        {name: outcome for name, (outcome, _) in outcomes(account.rows).items() if name[1] != "account"}
        for account in accounts[:3]
    ]
    assert rows[0] == rows[1] == rows[2]
    assert {account.inventory.account_id for account in accounts[:3] if account.inventory} == {
        item.account_id for item in part[:3]
    }


def test_an_auditor_without_grants_sees_that_he_is_blind(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ECI answers a denied query with an empty list: never a pass, never "nothing exists"."""
    prod = account()
    blind = replace(prod, attachments=tuple(grant for grant in prod.attachments if grant.group != "readers"))
    sandbox.cloud.backend.serve_accounts((blind,))
    use(AUDITOR, monkeypatch)
    audit = sandbox.audit()
    assert not [row for row in audit.rows if row.outcome == "skipped" and row.resource.type == "instance"]
    for check in (
        "instance-required-tags",
        "instance-no-access-keys",
        "image-cache-required-tags",
        "slr-deletable",
    ):
        rows = [row for row in audit.rows if row.check == check]
        assert [row.outcome for row in rows] == ["unknown"], rows
