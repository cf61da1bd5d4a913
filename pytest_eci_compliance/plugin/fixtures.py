"""The fixtures for the user's own tests.

`parametrize.Parameters` gives each of them one `Fact` per resource. Without `--eci-account` they skip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from ..inventory.facts import (
        ContainerGroup,
        Group,
        ImageCache,
        Policy,
        ResourceGroup,
        Role,
        User,
        VirtualNode,
    )
    from ..inventory.readable import AccountInventory
    from ..policy.evaluator import Access
    from ..results import Cause, Resource
    from .session import Session

SESSION: pytest.StashKey[Session] = pytest.StashKey()


class NotRead(pytest.fail.Exception):  # type: ignore[misc, name-defined]
    """A fixture has no value, because evidence is missing or the test asks for it too late."""

    __module__ = "builtins"  # pytest prints the name without a module, as that of its own `Failed`

    def __init__(self, reason: str, causes: tuple[Cause, ...] = ()) -> None:
        super().__init__(reason, pytrace=False)
        self.causes = causes


@dataclass(frozen=True)
class Fact:
    """The value that a fixture gives to a test, with its account and its resource."""

    value: Any
    account: str = ""
    resource: Resource | None = None


@dataclass(frozen=True)
class Absent:
    """Nothing of that kind exists, and the list was read completely. The test skips."""

    reason: str
    account: str = ""
    resource: Resource | None = None


@dataclass(frozen=True)
class Unread:
    """The value could not be read. The test fails in its set-up. `causes` are what the evidence lacks."""

    reason: str
    account: str = ""
    resource: Resource | None = None
    causes: tuple[Cause, ...] = ()


@pytest.fixture(scope="session")
def eci_account(request: pytest.FixtureRequest) -> AccountInventory:
    """The inventory of an account: everything that was read, frozen. One test per account.

    A part that could not be read raises `UnreadableError` where it is read; `eci_account.gaps` says which parts.
    """
    return cast("AccountInventory", _value(request))


@pytest.fixture(scope="session")
def eci_instance(request: pytest.FixtureRequest) -> ContainerGroup:
    """An ECI instance (container group), with the fields of DescribeContainerGroups.
    One test per instance: `test_x[prod:cn-hangzhou:eci-2ze…]`.
    """
    return cast("ContainerGroup", _value(request))


@pytest.fixture(scope="session")
def eci_image_cache(request: pytest.FixtureRequest) -> ImageCache:
    """An image cache, with the fields of DescribeImageCaches. One test per image cache."""
    return cast("ImageCache", _value(request))


@pytest.fixture(scope="session")
def eci_virtual_node(request: pytest.FixtureRequest) -> VirtualNode:
    """A virtual node, with the fields of DescribeVirtualNodes. One test per virtual node."""
    return cast("VirtualNode", _value(request))


@pytest.fixture(scope="session")
def ram_user(request: pytest.FixtureRequest) -> User:
    """A RAM user. One test per user: `test_x[prod:alice]`."""
    return cast("User", _value(request))


@pytest.fixture(scope="session")
def ram_group(request: pytest.FixtureRequest) -> Group:
    """A RAM user group with the names of its members. One test per group."""
    return cast("Group", _value(request))


@pytest.fixture(scope="session")
def ram_role(request: pytest.FixtureRequest) -> Role:
    """A RAM role; with its trust policy where the sweep reads it. One test per role."""
    return cast("Role", _value(request))


@pytest.fixture(scope="session")
def ram_policy(request: pytest.FixtureRequest) -> Policy:
    """A policy with its effective document. One test per policy that is attached, and per custom policy."""
    return cast("Policy", _value(request))


@pytest.fixture(scope="session")
def resource_group(request: pytest.FixtureRequest) -> ResourceGroup:
    """A resource group. One test per resource group."""
    return cast("ResourceGroup", _value(request))


@pytest.fixture(scope="session")
def eci_access(request: pytest.FixtureRequest, eci_account: AccountInventory) -> Access:
    """The evaluator of RAM policies: `decide(user, action, resource=…)`, `who_can(action, resource=…)`.
    One test per account. An undecidable decision is never an allowed one.
    """
    from ..causes import cause_of  # noqa: PLC0415
    from ..inventory.facts import Unreadable  # noqa: PLC0415
    from ..inventory.readable import unguarded  # noqa: PLC0415
    from ..messages import describe_error, suggest_fix  # noqa: PLC0415 - a dormant plugin imports nothing

    inventory = unguarded(eci_account)
    for part in (inventory.users, inventory.groups, *inventory.incomplete):
        if isinstance(part, Unreadable):
            raise NotRead(f"{describe_error(part)}\nFix: {suggest_fix(part)}", (cause_of(part),))
    return request.config.stash[SESSION].access(inventory)


def _value(request: pytest.FixtureRequest) -> Any:
    """The value of the fixture that is requested. pytest does not know the types of what it hands to fixtures."""
    if SESSION not in request.config.stash:
        pytest.skip(f"{request.fixturename} reads an account: pass --eci-account=NAME")
    parameter = getattr(request, "param", None)
    if isinstance(parameter, Fact):
        return parameter.value
    if isinstance(parameter, Absent):
        pytest.skip(parameter.reason)
    if isinstance(parameter, Unread):
        raise NotRead(parameter.reason, parameter.causes)
    if parameter is not None:  # from the test's own `parametrize`
        return parameter
    raise NotRead(
        f"{request.fixturename} runs a test once per value: request it as an argument of the test or of a fixture,"
        " not with getfixturevalue()."
    )
