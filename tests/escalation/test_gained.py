"""A right that is gained counts together with those that were there before it, whichever of them completes a step."""

from __future__ import annotations

import pytest

from pytest_eci_compliance.policy.escalation import Identity
from pytest_eci_compliance.policy.evaluator import Access
from tests.emulator import Attachment, Policy
from tests.escalation.accounts import document, ram, statement
from tests.escalation.case import case
from tests.escalation.inventories import inventory


@pytest.mark.parametrize(
    ("before", "gained", "reached"),
    [
        pytest.param(
            [statement("eci:RestartContainerGroup")],
            statement("cr:PushRepository"),
            "role/AppRole",
            id="an image is pushed, and the instance restarted",
        ),
        pytest.param(
            [
                statement("ram:CreateRole"),
                statement("ram:PassRole", ram("role/new-*")),
                statement("ram:AttachPolicyToRole", [ram("role/new-*"), ram("policy/Team")]),
            ],
            statement("eci:CreateContainerGroup"),
            "policy/Custom/Team",
            id="an instance is created with a new role",
        ),
    ],
)
@pytest.mark.parametrize("is_gained", [True, False])
def test_a_gained_right_completes_a_step(
    before: list[dict[str, object]], gained: dict[str, object], reached: str, *, is_gained: bool
) -> None:
    attaching = statement("ram:AttachPolicyToUser", [ram("user/dev"), ram("policy/Gained")])
    given = case(
        "gained",
        *before,
        attaching,
        policies=(Policy("Gained", document(gained)),),
        attachments=() if is_gained else (Attachment("Custom/Gained", user="dev"),),
    )
    targets = Access(inventory(given.account)).escalation.reach(Identity("user", "dev"))
    assert reached in {target.name for target in targets}
