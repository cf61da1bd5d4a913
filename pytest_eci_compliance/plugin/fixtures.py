"""The fixtures for people's own tests.

`parametrise` in `active` gives each a `Fact` per resource; without `--eci-account` they skip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..inventory.facts import (
        ContainerGroup,
        Group,
        ImageCache,
        Inventory,
        Policy,
        ResourceGroup,
        Role,
        User,
        VirtualNode,
    )
    from ..inventory.readable import AccountInventory
    from ..policy.evaluator import Access
    from .session import Session

SESSION: pytest.StashKey[Session] = pytest.StashKey()


@dataclass(frozen=True)
class Fact:
    """What a fixture hands to a test."""

    value: Any


@dataclass(frozen=True)
class Absent:
    """Nothing of that kind exists, and the list that says so was read as a whole."""

    reason: str


@dataclass(frozen=True)
class Unread:
    """It could not be read: the test must not pass."""

    reason: str


@pytest.fixture(scope="session")
def eci_account(request: pytest.FixtureRequest) -> AccountInventory:
    """The inventory of an account: everything that was read, frozen. One test per account.

    A part that could not be read raises `UnreadableError` where it is read; `eci_account.gaps` says which parts.
    """
    given: AccountInventory = _given(request)
    return given


@pytest.fixture(scope="session")
def eci_instance(request: pytest.FixtureRequest) -> ContainerGroup:
    """An ECI instance (container group), with the fields of DescribeContainerGroups.
    One test per instance: `test_x[prod:cn-hangzhou:eci-2ze…]`.
    """
    given: ContainerGroup = _given(request)
    return given


@pytest.fixture(scope="session")
def eci_image_cache(request: pytest.FixtureRequest) -> ImageCache:
    """An image cache, with the fields of DescribeImageCaches. One test per image cache."""
    given: ImageCache = _given(request)
    return given


@pytest.fixture(scope="session")
def eci_virtual_node(request: pytest.FixtureRequest) -> VirtualNode:
    """A virtual node, with the fields of DescribeVirtualNodes. One test per virtual node."""
    given: VirtualNode = _given(request)
    return given


@pytest.fixture(scope="session")
def ram_user(request: pytest.FixtureRequest) -> User:
    """A RAM user. One test per user: `test_x[prod:alice]`."""
    given: User = _given(request)
    return given


@pytest.fixture(scope="session")
def ram_group(request: pytest.FixtureRequest) -> Group:
    """A RAM user group with the names of its members. One test per group."""
    given: Group = _given(request)
    return given


@pytest.fixture(scope="session")
def ram_role(request: pytest.FixtureRequest) -> Role:
    """A RAM role; with its trust policy where the sweep reads it. One test per role."""
    given: Role = _given(request)
    return given


@pytest.fixture(scope="session")
def ram_policy(request: pytest.FixtureRequest) -> Policy:
    """A policy with its effective document. One test for each that somebody holds, and each custom one."""
    given: Policy = _given(request)
    return given


@pytest.fixture(scope="session")
def resource_group(request: pytest.FixtureRequest) -> ResourceGroup:
    """A resource group. One test per resource group."""
    given: ResourceGroup = _given(request)
    return given


@pytest.fixture(scope="session")
def eci_access(request: pytest.FixtureRequest, eci_account: Inventory) -> Access:
    """The evaluator of RAM policies: `decide(user, action, resource=…)`, `who_can(action, resource=…)`.
    One test per account. An undecidable decision is never an allowed one.
    """
    from ..inventory.facts import Unreadable  # noqa: PLC0415
    from ..inventory.readable import unguarded  # noqa: PLC0415
    from ..messages import describe_error, suggest_fix  # noqa: PLC0415 - a dormant plugin imports nothing

    inventory = unguarded(eci_account)
    for part in (inventory.users, inventory.groups, *inventory.incomplete):
        if isinstance(part, Unreadable):
            pytest.fail(f"{describe_error(part)}\n{suggest_fix(part)}", pytrace=False)
    return request.config.stash[SESSION].access(inventory)


def _given(request: pytest.FixtureRequest) -> Any:
    if SESSION not in request.config.stash:
        pytest.skip(f"{request.fixturename} reads an account: pass --eci-account=NAME")
    given = getattr(request, "param", None)
    if isinstance(given, Fact):
        return given.value
    if isinstance(given, Absent):
        pytest.skip(given.reason)
    if isinstance(given, Unread):
        pytest.fail(given.reason, pytrace=False)
    if given is not None:
        return given
    return pytest.fail(
        f"{request.fixturename} runs a test once for each there is: ask for it as an argument of the test"
        " or of a fixture, not with getfixturevalue().",
        pytrace=False,
    )
