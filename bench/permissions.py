"""How long it takes to compare the permissions of two inventories, on one core."""

from __future__ import annotations

import time
from dataclasses import replace

from pytest_eci_compliance.inventory.facts import Attachments, PolicyAttachment
from pytest_eci_compliance.policy.permissions import compare_permissions

from .table import heading, table
from .who_can import inventory


def permissions() -> None:
    print(heading("permissions", "Permissions gained and lost: 20 grants more, and the same account again."))
    rows = []
    for users, instances in ((500, 2500), (1000, 5000)):
        then = inventory(users, instances)
        grants = tuple(PolicyAttachment("Custom", "policy2", "IMSUser", f"user{n:04}") for n in range(20))
        now = replace(then, attachments=Attachments((*then.attachments.items, *grants)))
        for change, other in (("20 grants", now), ("nothing", inventory(users, instances))):
            started = time.process_time()
            difference = compare_permissions(then, other)
            rows.append([users, instances, change, len(difference.gained), time.process_time() - started])
    table(["users", "instances", "changed", "gained", "seconds"], rows)
