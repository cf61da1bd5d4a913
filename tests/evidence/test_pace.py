"""How fast: never above a quota in any window, however calls are retried or throttled; as fast as is allowed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.evidence.api_actions import READ_LIST
from pytest_eci_compliance.evidence.rate_limit import USUAL, AdaptiveLimit, Limits, Quota
from tests.emulator import KINDS, RateLimit
from tests.emulator.backend import Call
from tests.emulator.generate import ROOT, Size
from tests.emulator.generate import account as generated
from tests.evidence.sandbox import FAST, PATIENT, Sandbox
from tests.support.credentials import use


def most_in_window(calls: list[Call], seconds: float) -> int:
    """The most calls that arrived within any window of that length."""
    times = sorted(call.time for call in calls)
    most, first = 0, 0
    for last, moment in enumerate(times):
        while moment - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.fixture
def large(sandbox_of: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Sandbox]:
    def make(size: Size, **settings: Any) -> Sandbox:
        use(ROOT, monkeypatch)
        sandbox = sandbox_of(generated(size), **settings)
        sandbox.timing = PATIENT
        return sandbox.configure(
            service_linked_role=None, users=[{"match": "*"}], roles=None, access=None, regions="all"
        )

    return make


SMALL = Size(users=30, groups=10, policies=20, roles=3, regions=1, instances=60, image_caches=30)


@pytest.mark.parametrize("latency", [0.03])
@pytest.mark.parametrize("rates", [{"ram": 20, "eci": 8, "resourcemanager": 2.5}])
def test_the_configured_rate_holds_in_any_window(
    large: Callable[..., Sandbox], latency: float, rates: dict[str, float]
) -> None:
    sandbox = large(SMALL, latency=latency, jitter=0.5).configure(
        service_linked_role=None, users=[{"match": "*"}], roles=None, access=None, rate=rates
    )
    assert sandbox.audit().evidence.complete
    for service, rate in rates.items():
        calls = [call for call in sandbox.cloud.calls if call.service == service]
        whole = max(1, int(rate))
        assert most_in_window(calls, whole / rate) <= whole
        assert len(calls) <= whole or most_in_window(calls, 3) > 0.5 * rate


def test_half_of_the_published_quotas_is_the_default() -> None:
    for action in READ_LIST:
        calls, seconds = action.quota
        limits = Limits(0)
        quota = limits.quota(action)
        assert quota._places._value == calls // 2
        assert quota._seconds == seconds
        assert limits.quota(action) is quota


def test_retries_are_calls_too(large: Callable[..., Sandbox]) -> None:
    sandbox = large(SMALL).configure(
        users=[{"match": "*"}], rate={"ram": 25}, service_linked_role=None, access=None
    )
    lists = ("ListUsers", "ListGroups", "ListRoles", "ListPolicies")
    sandbox.cloud.faults.add(
        *(replace(KINDS["internal_error"], action=f"ram:{name}", times=4) for name in lists)
    )
    assert sandbox.audit().evidence.complete
    assert most_in_window([call for call in sandbox.cloud.calls if call.service == "ram"], 1) <= 25


@pytest.mark.parametrize("latency", [0.05])
def test_a_service_that_allows_less_is_followed(large: Callable[..., Sandbox], latency: float) -> None:
    """30 calls a second are allowed: everything is read, at about that rate."""
    size = Size(users=50, groups=10, policies=40, roles=5, regions=2, instances=200, image_caches=40)
    sandbox = large(size, latency=latency, limits=(RateLimit(30.0),))
    sandbox.timing = USUAL
    began = time.monotonic()
    audit = sandbox.audit()
    took = time.monotonic() - began
    assert audit.evidence.complete
    # Steps into generated instances that do not run are open, whatever was read.
    assert {row.check for row in audit.rows if row.outcome == "unknown"} <= {"user-escalation"}
    answered = sum(call.status == 200 for call in sandbox.cloud.calls)
    at_best = (answered - 30) / 30
    assert took < 2.5 * at_best + 3
    assert 0 < audit.evidence.retries < answered


def test_the_services_own_wait_is_honoured(sandbox: Sandbox) -> None:
    """x-acs-retry-after is in milliseconds."""
    sandbox.cloud.faults.add(
        replace(KINDS["throttling_retry_after"], action="ram:ListRoles", times=1, retry_after=700)
    )
    assert sandbox.audit().evidence.complete
    first, second = [call.time for call in sandbox.cloud.calls if call.action == "ListRoles"][:2]
    assert second - first >= 0.7


def test_a_wait_beyond_the_deadline_is_not_waited_for(sandbox: Sandbox) -> None:
    sandbox.cloud.faults.add(
        replace(KINDS["throttling_retry_after"], action="ram:ListRoles", retry_after=3_600_000)
    )
    began = time.monotonic()
    audit = sandbox.audit()
    assert time.monotonic() - began < 10
    assert any("Throttling.User" in row.message for row in audit.rows if row.outcome == "unknown")


def test_an_action_that_never_answers_is_given_up(large: Callable[..., Sandbox]) -> None:
    """Of many calls not every one is tried to its end; the other actions are not held up."""
    sandbox = large(replace(SMALL, users=30, policies=60))
    sandbox.timing = replace(FAST, pause=0.05, patience=1.0)
    sandbox.cloud.faults.add(replace(KINDS["throttling_user"], action="ram:GetPolicy"))
    audit = sandbox.audit()
    assert audit.evidence.seconds is not None
    assert audit.evidence.seconds < 15
    assert any("ram:GetPolicy" in row.message for row in audit.rows if row.outcome == "unknown")
    assert not [row for row in audit.rows if row.outcome == "unknown" and row.resource.type == "image_cache"]
    assert sandbox.cloud.counts["ram:GetPolicy"] < 9 * 60


def test_a_quota_frees_a_place_after_the_call_has_ended() -> None:
    async def run() -> list[float]:
        quota, ends = Quota(2, 0.05), []

        async def call() -> float:
            async with quota.place():
                began = time.monotonic()
                await asyncio.sleep(0.03)
                ends.append(time.monotonic())
            return began

        begins = await asyncio.gather(*(call() for _ in range(6)))
        return [later - earlier for earlier, later in zip(sorted(ends), sorted(begins)[2:], strict=False)]

    assert all(gap >= 0.045 for gap in asyncio.run(run()))


def test_a_gate_opens_with_success_and_halves_with_refusal() -> None:
    async def run() -> None:
        gate, in_flight, most = AdaptiveLimit(start=4, most=24), 0, 0

        async def call() -> None:
            nonlocal in_flight, most
            async with gate.passage():
                in_flight += 1
                most = max(most, in_flight)
                await asyncio.sleep(0)
                in_flight -= 1
            gate.succeeded()

        await asyncio.gather(*(call() for _ in range(4)))
        assert most == 4
        await asyncio.gather(*(call() for _ in range(200)))
        assert most == 24
        for _ in range(6):
            gate.throttled(0)
        most = 0
        began = time.monotonic()
        gate.throttled(0.05)
        await asyncio.gather(*(call() for _ in range(3)))
        assert time.monotonic() - began >= 0.045
        assert most <= 2

    asyncio.run(run())
