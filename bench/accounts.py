"""What it costs to read several accounts in one run, by one identity that assumes a role in each."""

from __future__ import annotations

import tempfile
from pathlib import Path

from pytest_eci_compliance.plugin.commands import audit_policy
from tests.emulator import generate
from tests.emulator.emulator import EmulatorProcess
from tests.emulator.generate import Size
from tests.emulator.organisation import AUDITOR, organisation

from .project import Project
from .table import table

ROLE = "eci-auditor"
MEMBER = Size(users=100, groups=10, policies=20, roles=4, instances=200, regions=2, image_caches=20)


def accounts(counts: tuple[int, ...] = (1, 5, 20), size: Size = MEMBER) -> None:
    """Members of an organisation behind one port, 50 ms a call, swept side by side in one run: 100 users, 200
    instances and 20 custom policies each. Target: as many calls in each as alone, and no account waits for another."""
    rows = []
    for count in counts:
        members = [
            generate.account(size, f"1{number:015}", f"member-{number:02}") for number in range(1, count + 1)
        ]
        served = organisation(members, ROLE, audit_policy())
        with EmulatorProcess(*served, latency=0.05) as cloud, tempfile.TemporaryDirectory() as folder:
            project = Project(Path(folder), tuple(members), cloud, {}, AUDITOR)
            project.configure(
                each={
                    member.alias: {
                        "regions": [region.id for region in member.regions],
                        "credentials": {"assume_role": f"acs:ram::{member.account_id}:role/{ROLE}"},
                    }
                    for member in members
                }
            )
            audit = project.audit("live")
            roles = cloud.counts["sts:AssumeRole"]
        calls = audit["calls"] + roles
        rows.append((count, calls, calls / count, roles, audit["seconds"], audit["cpu"], audit["complete"]))
    table(("accounts", "calls", "each", "roles assumed", "seconds", "CPU (s)", "complete"), rows)
