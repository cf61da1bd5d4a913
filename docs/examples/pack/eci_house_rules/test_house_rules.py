"""Two checks: `pytest --eci-account=NAME` runs them where the configuration has `tests: [package:house-rules]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_eci_compliance import ContainerGroup, User


@pytest.mark.eci_check(
    "house-no-public-ip",
    severity="high",
    remediation="Create the instance again without EipInstanceId and without AutoCreateEip.",
    section="network",
)
def test_no_public_ip(eci_instance: ContainerGroup) -> None:
    """An instance has no public address."""
    assert not eci_instance.internet_ip, (
        f"{eci_instance.id} has the public address {eci_instance.internet_ip}"
    )


@pytest.mark.eci_check("house-user-names", severity="low", remediation="Rename the user.")
def test_user_names(ram_user: User) -> None:
    """The name of a RAM user is in lower case."""
    assert ram_user.user_name == ram_user.user_name.lower(), f"{ram_user.user_name} is not in lower case"
