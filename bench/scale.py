"""What the sweep costs as accounts grow: calls, seconds, memory; live, recorded, replayed."""

from __future__ import annotations

from math import ceil

from tests.emulator.generate import Size

from .project import project
from .table import table

TARGET = Size(
    users=1000,
    groups=50,
    policies=200,
    roles=10,
    instances=5000,
    regions=5,
    image_caches=500,
    virtual_nodes=0,
)
MOST_IN_FLIGHT = 24
PUBLISHED = {"ram": 50, "resourcemanager": 50, "sts": 50}  # calls a second: half of each published quota


def _bound(size: Size, attachments: int) -> dict[str, int]:
    """The fewest calls that the page sizes allow, by action."""
    users = size.users + 1
    details = size.regions * ceil(size.instances / size.regions / 20)
    return {
        "eci:DescribeContainerGroups": details,
        "eci:DescribeImageCaches": size.regions * max(1, ceil(size.image_caches / size.regions / 20)),
        "eci:DescribeVirtualNodes": size.regions * max(1, ceil(size.virtual_nodes / size.regions / 20)),
        "ram:GetPolicy": size.policies + 4,
        "ram:GetRole": size.roles + 1,
        "ram:ListGroups": ceil(size.groups / 100),
        "ram:ListPolicies": 1,
        "ram:ListRoles": 1,
        "ram:ListUsers": ceil(users / 1000),
        "ram:ListUsersForGroup": size.groups,
        "resourcemanager:ListPolicyAttachments": ceil(attachments / 100),
        "resourcemanager:ListResourceGroups": 1,
        "sts:GetCallerIdentity": 1,
    }


def calls(size: Size = TARGET) -> None:
    """Calls of one sweep of 1,000 users in 50 groups, 200 custom policies, 5,000 instances in 5 regions, 500
    image caches and 10 roles in use, against the fewest that the page sizes allow. Target: at most 900."""
    with project(size) as world:
        audit = world.audit("live")
        bound = _bound(size, len(world.accounts[0].attachments))
    actions = audit["actions"]
    table(
        ("action", "calls", "at least"),
        [(name, actions.get(name, 0), bound.get(name, 0)) for name in sorted({*actions, *bound})]
        + [("all", audit["calls"], sum(bound.values()))],
    )


def latency(size: Size = TARGET) -> None:
    """The same account at 50 ms a call, against its bound: calls over concurrency times latency, or calls over
    the published rate, whichever is larger. Target: within 1.5 times."""
    with project(size, latency=0.05) as world:
        audit = world.audit("live")
    by_rate = max(
        count / PUBLISHED[name.partition(":")[0]]
        for name, count in audit["actions"].items()
        if name.partition(":")[0] in PUBLISHED
    )
    bound = max(audit["calls"] / MOST_IN_FLIGHT * 0.05, by_rate)
    table(
        ("calls", "seconds", "bound (s)", "ratio", "complete", "MiB"),
        [
            (
                audit["calls"],
                audit["seconds"],
                bound,
                audit["seconds"] / bound,
                audit["complete"],
                audit["mebibytes"],
            )
        ],
    )


def rate(size: Size = TARGET) -> None:
    """The same account where the server allows 60 calls a second and throttles the others. Target: it finishes
    at that rate, without an unknown."""
    with project(size, allowed=60) as world:
        audit = world.audit("live")
    table(
        ("calls", "seconds", "at 60/s (s)", "retries", "unknown rows"),
        [(audit["calls"], audit["seconds"], audit["calls"] / 60, audit["retries"], audit["unknown"])],
    )


def modes(size: Size = TARGET) -> None:
    """The same account at 50 ms a call: live, recorded, and replayed. Target: recording takes at most twice the
    live sweep."""
    with project(size, latency=0.05) as world:
        results = {mode: world.audit(mode) for mode in ("live", "record", "replay")}
    table(
        ("mode", "calls", "seconds", "of live", "MiB"),
        [
            (
                mode,
                audit["calls"],
                audit["seconds"],
                audit["seconds"] / results["live"]["seconds"],
                audit["mebibytes"],
            )
            for mode, audit in results.items()
        ],
    )


def replay(steps: tuple[int, ...] = (2_500, 5_000, 10_000, 20_000)) -> None:
    """Replays of growing recordings, 20,000 interactions at the end. Target: linear."""
    rows = []
    for policies in steps:
        size = Size(
            users=1,
            groups=0,
            policies=policies,
            roles=0,
            instances=0,
            regions=1,
            image_caches=0,
            grants_per_user=1,
        )
        with project(size, rate={"ram": 5000}) as world:
            world.audit("record")
            audit = world.audit("replay")
        rows.append(
            (audit["calls"], audit["seconds"], 1000 * audit["seconds"] / audit["calls"], audit["mebibytes"])
        )
    table(("interactions", "seconds", "ms each", "MiB"), rows)


def doubling(steps: tuple[int, ...] = (6_250, 12_500, 25_000, 50_000)) -> None:
    """Seconds of CPU and memory as instances double, at no latency, the published rates lifted. Target: 50,000
    instances under 1 GiB, and no step that grows faster than the account."""
    rows = []
    for instances in steps:
        size = Size(users=10, groups=2, policies=2, roles=2, instances=instances, regions=5, image_caches=0)
        with project(size, rate={"eci": 10_000}) as world:
            audit = world.audit("live")
        rows.append(
            (instances, audit["calls"], audit["cpu"], 1e6 * audit["cpu"] / instances, audit["mebibytes"])
        )
    table(("instances", "calls", "CPU (s)", "µs each", "MiB"), rows)
