"""Unique secrets are planted everywhere; no byte that is written or said holds one. Tags and names stay."""

from __future__ import annotations

import base64
import json
import logging
import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_eci_compliance.audit import UsageProblem
from tests.emulator import KINDS, Account, Container, Emulator, Instance, Volume, config_yaml, environment
from tests.evidence.sandbox import AUDITOR, INTENT, ROOT, SMALL_PAGES, Sandbox, account, whole_text
from tests.support.credentials import use
from tests.support.runs import run_pytest
from tests.support.sampling import sample

HERE = Path(__file__).parents[2]
SESSION = replace(
    ROOT,
    access_key_id="STS.SecretSessionKeyId0001",
    access_key_secret="SECRET-session-secret",
    token="SECRET-session-token",
)


def planted() -> Account:
    """The small account, with a secret in every place that may hold one; tags and names say EVIDENCE."""
    leaky = Container(
        "EVIDENCE-container",
        env={"EVIDENCE_ENV": "SECRET-env", "JSON": json.dumps({"password": "SECRET-env-json"})},
        commands=("sh", "-c", "SECRET-command"),
        args=("--password=SECRET-arg",),
        wire={"LivenessProbe": {"Execs": ["SECRET-probe"]}, "PreviousState": {"Message": "SECRET-state"}},
    )
    init = replace(
        leaky, env={"X": "SECRET-init-env"}, commands=("SECRET-init-command",), args=("SECRET-init-arg",)
    )
    secret = Instance(
        "eci-secret01",
        "EVIDENCE-name",
        tags={"EVIDENCE-tag": "EVIDENCE-value", "env": "prod"},
        containers=(leaky,),
        init_containers=(init,),
        volumes=(
            Volume(
                "EVIDENCE-volume",
                files={
                    "/etc/EVIDENCE-path": "SECRET-file",
                    "/etc/b": base64.b64encode(b"SECRET-file-in-base64").decode(),
                },
                wire={"NFSVolumeServer": "SECRET-nfs", "FlexVolumeOptions": "SECRET-flex"},
            ),
        ),
        wire={
            "Events": [{"Message": "SECRET-event"}],
            "DnsConfig": {"NameServers": ["SECRET-dns"]},
            "HostAliases": [{"Hostnames": ["SECRET-host"]}],
            "TenantVSwitchId": "SECRET-tenant",
            "UnknownField": {"x": "SECRET-unknown"},
        },
    )
    prod = account()
    region = prod.regions[0]
    return replace(
        prod,
        regions=(replace(region, instances=(*region.instances, secret)),),
        users=tuple(
            replace(
                user,
                email="SECRET-email@example.com",
                mobile_phone="SECRET-phone",
                comments="SECRET-user-comment",
                last_login_date="SECRET-login",
            )
            for user in prod.users
        ),
        groups=tuple(replace(group, comments="SECRET-group-comment") for group in prod.groups),
        roles=tuple(replace(role, description="SECRET-role-description") for role in prod.roles),
        policies=tuple(replace(policy, description="SECRET-policy-description") for policy in prod.policies),
        credentials=(
            replace(ROOT, access_key_secret="SECRET-root-secret"),
            replace(AUDITOR, access_key_secret="SECRET-auditor-secret"),
            SESSION,
        ),
    )


SECRETS = ("SECRET", base64.b64encode(b"SECRET-file-in-base64").decode()[:12])
KEYS = (ROOT.access_key_id, SESSION.access_key_id)


def nothing_secret(text: str) -> None:
    # The header as a word of its own: policies allow cr:GetAuthorizationToken.
    assert not re.search(r"\bAuthorization\b", text)
    for secret in (*SECRETS, *KEYS, "Signature=", "x-acs-security-token"):
        place = text.find(secret)
        assert place < 0, text[max(0, place - 200) : place + 100]


def test_nothing_secret_is_kept(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Recording, snapshot and output, with the SDK's debug log asked for, in every mode, with a session token."""
    monkeypatch.setenv("DEBUG", "sdk")
    caplog.set_level(logging.DEBUG)
    cloud = sandbox.cloud
    cloud.backend.serve_accounts((planted(),))
    use(SESSION, monkeypatch)
    (sandbox.folder / "eci-compliance.yaml").touch()
    for mode in ("live", "record", "replay"):
        audit = sandbox.audit(mode)
        assert audit.evidence.complete
        text = pickle.dumps(audit).decode("latin-1") + repr(audit) + str(audit.rows)
        nothing_secret(text)
        for evidence in ("name", "tag", "value", "container", "volume", "path"):
            assert f"EVIDENCE-{evidence}" in text
        assert "EVIDENCE_ENV" in text
    nothing_secret(whole_text(sandbox.folder))
    assert "EVIDENCE-name" in whole_text(sandbox.recording)
    nothing_secret("".join(capfd.readouterr()))
    nothing_secret(caplog.text)


@pytest.mark.parametrize(
    "kind", sample(["error", "no_permission", "html", "internal_error", "cut_json", "dropped"], every=2)
)
def test_no_answer_that_fails_is_kept(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], kind: str
) -> None:
    """Error messages, HTML pages and halves of answers may hold anything."""
    monkeypatch.setenv("DEBUG", "sdk")
    sandbox.cloud.backend.serve_accounts((planted(),))
    use(SESSION, monkeypatch)
    message = "SECRET-message of SignatureDoesNotMatch: the string to sign was SECRET-to-sign"
    fault = replace(KINDS[kind], message=message)
    if kind == "error":
        fault = replace(fault, status=400, code="SECRET code with blanks")
    sandbox.cloud.faults.add(
        *(replace(fault, action=action) for action in ("ram:List*", "eci:Describe*s", "ram:GetPolicy"))
    )
    audit = sandbox.audit("record")
    assert not audit.evidence.complete
    nothing_secret(pickle.dumps(audit).decode("latin-1") + repr(audit))
    nothing_secret(whole_text(sandbox.folder))
    nothing_secret("".join(capfd.readouterr()))


def test_credentials_that_are_refused_are_not_shown(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    use(replace(ROOT, access_key_secret="SECRET-wrong"), monkeypatch)
    with pytest.raises(UsageProblem) as problem:
        sandbox.audit()
    nothing_secret(str(problem.value) + repr(problem.value) + "".join(capfd.readouterr()))


REPORTS = ("json", "html", "md", "csv", "sarif")


def test_nothing_secret_is_written_or_printed_by_pytest(tmp_path: Path) -> None:
    """The whole command: reports, JUnit, terminal, worker snapshots, pytest's own cache, a test that fails."""
    with Emulator(planted(), quirks=SMALL_PAGES) as cloud:
        cloud.backend.serve_accounts((replace(planted(), alias="prod"),))
        (tmp_path / "eci-compliance.yaml").write_text(config_yaml(cloud.url, planted(), **INTENT))
        (tmp_path / "test_own.py").write_text(
            "def test_fails(eci_instance, eci_account):\n    local = eci_instance\n    assert local.name == ''\n"
        )
        result = run_pytest(
            tmp_path,
            *("test_own.py", "--eci-account=prod", "--eci-checks=always", "--eci-mode=record"),
            *("-vv", "--showlocals", "--tb=long", "-p", "xdist", "-n1", "--junitxml=junit.xml"),
            *(f"--eci-report=report.{suffix}" for suffix in REPORTS),
            environment={**environment(SESSION), "DEBUG": "sdk", "PYTHONPATH": str(HERE)},
            credential=SESSION,
        )
    assert result.returncode == 1, result.stdout + result.stderr
    assert "EVIDENCE-name" in result.stdout
    nothing_secret(result.stdout + result.stderr)
    assert {path.name for path in tmp_path.glob("report.*")} == {f"report.{suffix}" for suffix in REPORTS}
    nothing_secret(whole_text(tmp_path))
