"""The evidence of escalation, over the wire: trusts, versions, and system policies that somebody could attach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pytest_eci_compliance.inventory.facts import PolicyRef, Role, Unreadable
from tests.emulator import Account, Attachment, Policy
from tests.emulator.documented import allow, document
from tests.evidence.sandbox import Sandbox, account

OWN = PolicyRef("Custom", "Switch")


def switching() -> Account:
    own = document(allow("ram:SetDefaultPolicyVersion"))
    policy = Policy("Switch", own, versions={"v0": document(allow("eci:*"))})
    small = account()
    return replace(
        small,
        policies=(*small.policies, policy),
        attachments=(*small.attachments, Attachment("Custom/Switch", user="dave")),
    )


def test_versions_and_trusts_are_read_recorded_and_replayed(sandbox_of: Callable[..., Sandbox]) -> None:
    sandbox = sandbox_of(switching())
    for mode in ("live", "record", "replay"):
        inventory = sandbox.audit(mode).inventory
        assert inventory is not None
        versions = inventory.policy_versions[OWN]
        assert not isinstance(versions, Unreadable)
        assert sorted((version.version_id, version.is_default_version) for version in versions) == [
            ("v0", False),
            ("v1", True),
        ]
        assert '"eci:*"' in str(
            next(version.policy_document for version in versions if version.version_id == "v0")
        )
        looked_up = [lookup for lookup in inventory.role_lookups.values() if isinstance(lookup, Role)]
        assert looked_up
        assert all(role.assume_role_policy_document for role in looked_up)
