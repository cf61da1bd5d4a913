"""Stands in for the sweep: snapshots written by hand, so that pytest's part is tested without requests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_eci_compliance.inventory.facts import (
    CallerIdentity,
    ContainerGroup,
    Group,
    Inventory,
    Listing,
    Policy,
    PolicyRef,
    ResourceGroup,
    Role,
    Tag,
    Tags,
    Unreadable,
    User,
)
from pytest_eci_compliance.results import Evidence, Outcome, Resource, Row, Waived
from pytest_eci_compliance.snapshot import AccountSnapshot, Snapshot

if TYPE_CHECKING:
    from pytest_eci_compliance.audit import AuditRequest

HZ, BJ = "cn-hangzhou", "cn-beijing"
DENIED = Unreadable("eci:DescribeImageCaches", "NoPermission", "eci:DescribeImageCaches", BJ)


def row(check: str, id: str, outcome: Outcome, **more: Any) -> Row:  # noqa: A002
    account = str(more.pop("account", "prod"))
    region = more.pop("region", HZ)
    kind = more.pop("type", "instance")
    facts = {
        "severity": "high",
        "section": "4",
        "message": f"{id}: the message",
        "remediation": f"remedy {id}",
        **more,
    }
    return Row(account, check, resource=Resource(kind, id, f"name-{id}", region), outcome=outcome, **facts)


def rows(account: str = "prod") -> tuple[Row, ...]:
    waived = Waived("being migrated", "platform-team", "2099-12-31")
    return (
        row("instance-required-tags", "eci-1", "passed", account=account),
        row("instance-required-tags", "eci-2", "failed", account=account),
        row("instance-required-tags", "eci-3", "waived", waiver=waived, account=account),
        row("image-cache-required-tags", "*", "unknown", type="image_cache", region=BJ, account=account),
        row("virtual-node-required-tags", "*", "skipped", type="virtual_node", region=None, account=account),
        row(
            "slr-exists",
            "AliyunServiceRoleForECI",
            "passed",
            type="role",
            region=None,
            severity="critical",
            account=account,
        ),
    )


def inventory() -> Inventory:
    instances = [
        ContainerGroup(f"eci-{n}", f"web-{n}", HZ, tags=Tags([Tag("env", "test")])) for n in (3, 1, 2)
    ]
    return Inventory(
        account_id="1098765432109876",
        identity=CallerIdentity("1098765432109876", "RAMUser", "acs:ram::1098765432109876:user/auditor"),
        regions=(HZ, BJ),
        users=(User("bob"), User("alice")),
        groups=(
            Group("dev", members=("alice",)),
            Group("ops", members=Unreadable("ram:ListUsersForGroup", "Throttling", subject="ops")),
        ),
        roles=(Role("App"),),
        role_lookups={"App": Role("App", assume_role_policy_document="{}")},
        policies={PolicyRef("Custom", "AppRead"): Policy("Custom", "AppRead", policy_document="{}")},
        resource_groups=(ResourceGroup("rg-1", "production"),),
        listings={
            "instance": (Listing(HZ, tuple(instances), 1), Listing(BJ, (), 1)),
            "image_cache": (Listing(HZ, (), 1), Listing(BJ, DENIED)),
            "virtual_node": (Listing(HZ, (), 1), Listing(BJ, (), 2)),
        },
    )


def account(name: str = "prod", **more: Any) -> AccountSnapshot:
    facts = {
        "evidence": Evidence("replay", "1098765432109876", (HZ, BJ), "2026-11-01T00:00:00Z", 35, 40, 2),
        "inventory": inventory(),
        "rows": rows(name),
        **more,
    }
    return AccountSnapshot(name=name, **facts)


def snapshot(*accounts: AccountSnapshot) -> Snapshot:
    return Snapshot("2026-11-23T00:00:00Z", accounts or (account(),))


@contextmanager
def _in_place() -> Iterator[None]:
    from pytest_eci_compliance import audit  # noqa: PLC0415 - a worker sweeps nothing, and need not load it

    real, audit.audit = audit.audit, swept
    yield
    audit.audit = real


def pytest_configure(config: pytest.Config) -> None:
    """Put the stand-in in the place of the sweep, for this run."""
    if hasattr(config, "workerinput"):
        return
    stack = ExitStack()
    stack.enter_context(_in_place())
    config.add_cleanup(stack.close)


def swept(request: AuditRequest, loaded: object, progress: object = None, timing: object = None) -> Snapshot:
    """The snapshot that `snapshots.py` beside the configuration makes; each call is counted in a file."""
    folder = Path(os.environ["ECI_FAKE_FOLDER"])
    with (folder / "sweeps.txt").open("a") as file:
        file.write("sweep\n")
    written = folder / "snapshots.py"
    if not written.exists():
        return snapshot(*(account(name) for name in request.names))
    names: dict[str, Any] = dict(globals())
    exec(compile(written.read_text(), str(written), "exec"), names)
    world: Snapshot = names["make"](request)
    return world
