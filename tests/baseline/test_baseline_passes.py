"""A run with the written configuration passes every check whose intent was written; comments name the others."""

from __future__ import annotations

import re
import shutil

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from pytest_eci_compliance.results import Row
from tests.baseline.baseline_accounts import accounts
from tests.baseline.conftest import Desk
from tests.emulator import Account
from tests.support.sampling import examples, sample

# No configuration can accept these failures: the baseline comments on them.
NEVER_ACCEPTED = {
    "instance-no-access-keys",
    "tag-policy",
    "instance-ram-role",  # a role that does not exist, or trusts others
    "instance-resource-group",  # a group that does not exist
    "image-cache-resource-group",
    "virtual-node-resource-group",
    "ineffective-statement",
}


def refused(row: Row) -> set[str]:
    """The role or resource group that a row fails for."""
    return {"app-bad", "gone", "rg-gone"} & set(re.findall(r"[\w-]+", row.message))


def written(desk: Desk) -> set[str]:
    """The roles and resource groups that rules for ECI resources intend."""
    intent = desk.loaded().configuration.accounts["acc"]
    rules = (*(intent.instances or ()), *(intent.image_caches or ()), *(intent.virtual_nodes or ()))
    return {
        item
        for rule in rules
        for key in ("ram_roles", "resource_groups")
        for item in getattr(rule, key, ()) or ()
    }


@pytest.mark.parametrize("mode", sample(["replay", "live"], every=2))
@settings(
    examples(12),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(account=accounts())
def test_the_written_configuration_passes(desk: Desk, account: Account, mode: str) -> None:
    desk.serve(account)
    for old in list(desk.folder.iterdir()):
        if old.name != "reading.yaml":
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    if mode == "replay":
        assert desk.baseline(mode="record") == 0
        shutil.rmtree(desk.folder / "eci-compliance-policies", ignore_errors=True)
        desk.written.unlink()
    assert desk.baseline(mode=mode) == 0
    rows = desk.audit(mode=mode)
    open_ = [row for row in rows if row.outcome not in ("passed", "skipped")]
    assert {row.check for row in open_} <= NEVER_ACCEPTED, open_
    for row in open_:
        comments = "".join(
            line.strip(" #") for line in desk.text.splitlines() if line.strip().startswith("#")
        )
        assert row.resource.id.replace(" ", "") in comments.replace(" ", "")
        assert row.check in comments
        assert row.outcome != "failed" or "Cannot be accepted in the configuration".replace(
            " ", ""
        ) in comments.replace(" ", "")
        assert not refused(row) or not refused(row) & written(desk)
    keys = [row for row in rows if row.check == "instance-no-access-keys"]
    assert keys, "the check for AccessKeys is on in every configuration"
    assert not desk.cloud.violations
