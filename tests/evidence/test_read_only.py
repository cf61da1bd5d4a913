"""Only the actions of the read list leave the process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_eci_compliance.evidence.api_actions import ASSUME_ROLE, LIST_USERS, READ_LIST, VERSIONS, Action
from pytest_eci_compliance.evidence.caller import Caller, NotOnReadList
from pytest_eci_compliance.evidence.errors import ApiCall
from pytest_eci_compliance.evidence.rate_limit import Limits
from pytest_eci_compliance.evidence.transport import Live
from tests.emulator import KINDS
from tests.emulator.actions import KNOWN, SERVED, is_write
from tests.evidence.sandbox import Sandbox


class NeverSends:
    generation = 0

    def send(self, call: ApiCall, connect: float, read: float) -> dict[str, Any]:
        raise AssertionError("a request was built")

    def renew(self, generation: int) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    "action",
    [
        Action("eci", "DeleteContainerGroup", "eci:DeleteContainerGroup"),
        Action("ram", "CreateAccessKey", "ram:CreateAccessKey"),
        Action("ram", "ListAccessKeys", "ram:ListAccessKeys"),
        Action("ram", "DeleteServiceLinkedRole", "ram:DeleteServiceLinkedRole"),
        Action("resourcemanager", "ListUsers", "ram:ListUsers"),
        replace(LIST_USERS, permission="ram:*"),
        ASSUME_ROLE,
    ],
)
def test_another_action_is_refused_before_a_request_is_built(action: Action) -> None:
    caller = Caller(NeverSends(), Live(), Limits(time.monotonic() + 5))
    with pytest.raises(NotOnReadList, match=action.name):
        asyncio.run(caller(ApiCall(action, {})))
    assert not caller.counts.calls


def test_the_read_list_reads() -> None:
    assert not [action.call for action in READ_LIST if is_write(action.call) or action.call not in KNOWN]
    assert {action.call for action in READ_LIST} <= SERVED.keys()
    assert {action.service for action in READ_LIST} == set(VERSIONS)
    assert len({action.call for action in READ_LIST}) == len(READ_LIST)
    assert all(action.name.startswith(("Get", "List", "Describe")) for action in READ_LIST)


def test_a_run_asks_for_nothing_else(sandbox_of: Callable[..., Sandbox]) -> None:
    sandbox = sandbox_of()
    sandbox.audit()
    sandbox.cloud.faults.add(replace(KINDS["no_permission"], action="ListPolicyAttachments"))
    sandbox.audit("record")
    asked = {call.id for call in sandbox.cloud.calls}
    assert asked <= {action.call for action in READ_LIST}
    assert asked >= {action.call for action in READ_LIST} - {"ram:GetUser"}
    assert not sandbox.cloud.violations
    versions = {(call.service, call.version) for call in sandbox.cloud.calls}
    assert versions == set(VERSIONS.items())
