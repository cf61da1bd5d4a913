"""One small account with a violation of everything, and a way to audit it in this process."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_eci_compliance import audit
from pytest_eci_compliance.evidence.rate_limit import Timing
from pytest_eci_compliance.results import Row
from tests.emulator import (
    Account,
    Attachment,
    Container,
    Credential,
    Emulator,
    Group,
    ImageCache,
    Instance,
    Policy,
    Quirks,
    Region,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
    config_yaml,
)
from tests.emulator.documented import ECI_ROLE, ECI_ROLE_GRANT, allow, document, trust

ACCOUNT_ID = "1098765432109876"
ROOT = Credential("LTAI5tSandboxRoot000001", "sandbox-root-secret", "root")
AUDITOR = Credential("LTAI5tSandboxAudit00001", "sandbox-auditor-secret", "user/auditor")
FAST = Timing(
    connect=2.0, read=0.6, answer=0.8, backoff=0.004, longest_backoff=0.02, pause=0.002, longest_pause=0.05,
    patience=4.0,
)  # fmt: skip
PATIENT = replace(FAST, read=10.0, answer=45.0)
PROD, TEST = ResourceGroup("rg-prod00000001", "prod"), ResourceGroup("rg-test00000001", "test")
LEAKED = "LTAI5tAbCdEfGhIjKlMnOpQr"


def account(alias: str = "prod", account_id: str = ACCOUNT_ID) -> Account:
    """A violation of every check that reads something of its own, and many pages of everything."""
    names = ("auditor", "alice", "bob", "carol", "dave")
    region = Region(
        "cn-hangzhou",
        instances=(
            Instance("eci-good0001", "web", tags={"env": "prod"}, resource_group=PROD.id, ram_role="app"),
            Instance("eci-bad0001", "untagged", resource_group=PROD.id),
            Instance("eci-bad0002", "misplaced", tags={"env": "prod"}, resource_group=TEST.id),
            Instance("eci-bad0003", "lender", tags={"env": "prod"}, resource_group=PROD.id, ram_role="boss"),
            Instance(
                "eci-bad0004",
                "leaky",
                tags={"env": "prod"},
                resource_group=PROD.id,
                containers=(Container(env={"KEY": LEAKED}),),
            ),
        ),
        image_caches=(
            ImageCache("imc-good01", tags={"env": "prod"}, resource_group=PROD.id),
            ImageCache("imc-bad01", resource_group=PROD.id),
            ImageCache("imc-good02", tags={"env": "prod"}, resource_group=PROD.id),
            ImageCache("imc-bad02", tags={"env": "prod"}, resource_group=TEST.id),
        ),
        virtual_nodes=(
            VirtualNode("vnd-good01", tags={"env": "prod"}, resource_group=PROD.id),
            VirtualNode("vnd-good02", tags={"env": "prod"}, resource_group=PROD.id),
            VirtualNode("vnd-bad01", resource_group=PROD.id),
            VirtualNode("vnd-bad02", tags={"env": "prod"}, resource_group=TEST.id),
        ),
    )
    return Account(
        account_id=account_id,
        alias=alias,
        users=tuple(User(name) for name in names),
        groups=(
            Group("admins", ("bob", "alice", "carol", "dave")),
            Group("readers", ("auditor",)),
            Group("empty0"),
            Group("empty1"),
        ),
        roles=(
            replace(ECI_ROLE, trust=trust("ecs.aliyuncs.com")),
            Role("app", trust("ecs.aliyuncs.com")),
            Role("boss", trust("ecs.aliyuncs.com")),
            Role("judged", trust("ecs.aliyuncs.com")),
        ),
        policies=(
            Policy("Lend", document(allow("ram:PassRole"))),
            Policy("Read", document(allow("oss:Get*"))),
            Policy("Idle", document(allow("oss:List*"))),
            Policy("Spare", document(allow("oss:List*"))),
            Policy("AliyunECIReadOnlyAccess", document(allow("eci:*")), type="System"),
        ),
        attachments=(
            ECI_ROLE_GRANT,
            Attachment("AliyunRAMReadOnlyAccess", user="auditor"),
            Attachment("AliyunECIReadOnlyAccess", group="readers"),
            Attachment("AdministratorAccess", group="admins"),
            Attachment("AliyunECIFullAccess", user="carol", scope=TEST.id),
            Attachment("Custom/Lend", user="dave"),
            Attachment("Custom/Read", role="app"),
            Attachment("AdministratorAccess", role="judged"),
            *(Attachment("Custom/Read", role="app", scope=f"rg-bulk{number:08}") for number in range(98)),
        ),
        resource_groups=(
            PROD,
            TEST,
            *(ResourceGroup(f"rg-bulk{number:08}", f"bulk{number}") for number in range(100)),
        ),
        regions=(region,),
        credentials=(ROOT, AUDITOR),
    )


INTENT: dict[str, Any] = {
    "service_linked_role": {"expect": "deletable", "policy": "2024-02-06"},
    "users": [
        {
            "match": "*",
            "policies": ["AliyunRAMReadOnlyAccess", "AliyunECIReadOnlyAccess"],
            "required_policies": ["AliyunRAMReadOnlyAccess"],
            "pass_roles": [],
        },
        {"match": "alice", "console": True, "resource_groups": {PROD.id: ["AliyunECIFullAccess"]}},
    ],
    "roles": [{"match": "judged", "policies": ["Custom/Read"]}],
    "instances": {"required_tags": {"env": "?*"}, "resource_groups": ["prod"], "ram_roles": ["app"]},
    "image_caches": {"required_tags": {"env": "?*"}, "resource_groups": ["prod"]},
    "virtual_nodes": {"required_tags": {"env": "?*"}, "resource_groups": ["prod"]},
    "access": [
        {
            "name": "nobody deletes",
            "users": "*",
            "cannot": ["eci:DeleteContainerGroup"],
            "resources": {"tags": {"env": "prod"}},
        }
    ],
}
SMALL_PAGES = Quirks(max_page=3)


@dataclass
class Sandbox:
    """A folder with a configuration for an emulator."""

    cloud: Emulator
    folder: Path
    timing: Timing = FAST

    def configure(self, **sections: Any) -> Sandbox:
        """Write the configuration: these sections for every account of the emulator."""
        wanted = {"deadline": "1m", **INTENT, **sections}
        text = config_yaml(
            self.cloud.url,
            *self.cloud.backend.accounts,
            **{key: value for key, value in wanted.items() if value is not None},
        )
        (self.folder / "eci-compliance.yaml").write_text(text, encoding="utf-8")
        return self

    def request(self, mode: str | None = None, *names: str) -> audit.AuditRequest:
        return audit.AuditRequest(
            names or tuple(account.alias for account in self.cloud.backend.accounts),
            None,
            "default",
            mode,  # type: ignore[arg-type]
            None,
            self.folder,
            self.folder,
        )

    def audit_all(self, mode: str | None = None, *names: str) -> audit.Snapshot:
        request = self.request(mode, *names)
        return audit.audit(request, audit.load_configuration(request), timing=self.timing)

    def audit(self, mode: str | None = None) -> audit.AccountSnapshot:
        """Audit the only account."""
        (account,) = self.audit_all(mode).accounts
        return account

    @property
    def recording(self) -> Path:
        return self.folder / "cassettes" / self.cloud.account.alias


def key(row: Row) -> tuple[str, ...]:
    """What names a row."""
    resource = row.resource
    return (row.check, resource.type, resource.region or "", resource.id, row.expectation or "")


def outcomes(rows: tuple[Row, ...]) -> dict[tuple[str, ...], tuple[str, str]]:
    return {key(row): (row.outcome, row.message) for row in rows}


def failures(rows: tuple[Row, ...]) -> set[tuple[str, ...]]:
    return {key(row) for row in rows if row.outcome == "failed"}


def whole_text(folder: Path) -> str:
    """Every byte that was written, as text."""
    return "".join(
        path.read_bytes().decode("latin-1") for path in sorted(folder.rglob("*")) if path.is_file()
    )


def eventually(condition: Any, seconds: float = 5.0) -> bool:
    """Whether the condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


def shown(value: object) -> str:
    return json.dumps(value, default=str)
