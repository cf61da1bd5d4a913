"""The overlay in YAML: what if this were attached."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_eci_compliance.change.overlay_model import SCHEMA_FILE, json_schema
from pytest_eci_compliance.inventory.facts import GIVEN_BY_SERVICE, PolicyRef, Role, Unreadable
from tests.change.planned_rows import ACCOUNT_ID, held, instances, inventory, kinds, laid, members

EVERYTHING = f"""
eci-change: 1
account: "{ACCOUNT_ID}"
attach:
  - {{policy: AliyunECIFullAccess, user: cleo}}
  - {{policy: Custom/New, role: runner, resource_group: night}}
detach:
  - {{policy: Custom/P, user: ann}}
policies:
  - name: New
    document: {{Version: "1", Statement: [{{Effect: Allow, Action: "eci:*", Resource: "*"}}]}}
users:
  - name: cleo
  - {{name: ben, rename: benjamin}}
groups:
  - name: night
members:
  - {{group: night, add: [cleo]}}
  - {{group: ops, remove: [ann]}}
roles:
  - {{name: runner, services: [ecs.aliyuncs.com]}}
resource_groups:
  - name: night
instances:
  - {{name: web-9, region: cn-hangzhou, resource_group: night, ram_role: runner, tags: {{env: prod}},
      containers: [{{image: "a:1", environment: {{K: LTAI5tAbCdEfGhIjKlMnOpQr}}}}]}}
  - {{id: eci-1, tags: {{env: test}}}}
image_caches:
  - {{name: cache, region: cn-hangzhou}}
virtual_nodes:
  - {{id: vnd-1, delete: true}}
"""


def test_everything_that_an_overlay_can_say(tmp_path: Path) -> None:
    after = laid(tmp_path, EVERYTHING)
    planned = after.inventory

    assert kinds(after) == []
    assert {
        ("user:cleo", "AliyunECIFullAccess", None),
        ("role:runner", "Custom/New", "planned:resource_group.night"),
    } <= held(planned)
    assert ("user:ann", "Custom/P", None) not in held(planned)
    assert PolicyRef("Custom", "New") in planned.policies
    assert isinstance(planned.users, tuple)
    assert [user.user_name for user in planned.users] == ["ann", "benjamin", "cleo"]
    assert members(planned, "night") == ("cleo",)
    assert members(planned, "ops") == ("benjamin",)
    role = planned.role_lookups["runner"]
    assert isinstance(role, Role)
    assert not isinstance(role.assume_role_policy_document, Unreadable)
    web = instances(planned)["planned:instance.web-9"]
    assert (web.resource_group_id, web.ram_role_name) == ("planned:resource_group.night", "runner")
    assert set(web.not_shown) < GIVEN_BY_SERVICE
    assert "internet_ip" in web.not_shown
    assert "LTAI5t" not in repr(planned)
    assert instances(planned)["eci-1"].tags["env"] == "test"
    assert instances(planned)["eci-1"].resource_group_id == "rg-1"
    assert {cache.name for cache in planned.resources("image_cache")} == {"c", "cache"}
    assert list(planned.resources("virtual_node")) == []


def test_groups_are_named_by_id_or_name(tmp_path: Path) -> None:
    after = laid(
        tmp_path,
        "eci-change: 1\nattach:\n- {policy: AliyunECIFullAccess, user: ben, resource_group: prod}\n"
        "- {policy: AliyunECIFullAccess, user: ann, resource_group: rg-1}\n",
    )

    assert {grant for grant in held(after.inventory) if grant[2] == "rg-1"} >= {
        ("user:ben", "AliyunECIFullAccess", "rg-1"),
        ("user:ann", "AliyunECIFullAccess", "rg-1"),
    }


def test_deletions_follow_the_same_rules_as_those_of_a_plan(tmp_path: Path) -> None:
    blocked = laid(tmp_path, "eci-change: 1\nusers: [{name: ann, delete: true}]\n")
    forced = laid(tmp_path, "eci-change: 1\nusers: [{name: ann, delete: true, force: true}]\n")

    assert kinds(blocked) == ["blocked"]
    assert isinstance(forced.inventory.users, tuple)
    assert [user.user_name for user in forced.inventory.users] == ["ben"]


def test_origins_name_the_line(tmp_path: Path) -> None:
    after = laid(tmp_path, "eci-change: 1\ndetach:\n  - {policy: AliyunOSSFullAccess, user: ann}\n")

    (note,) = after.notes
    assert (note.kind, note.origin.address) == ("not there", "detach[0] (line 3)")


def test_json_is_an_overlay_too(tmp_path: Path) -> None:
    after = laid(tmp_path, {"eci-change": 1, "users": [{"name": "cleo"}]})

    assert isinstance(after.inventory.users, tuple)
    assert len(after.inventory.users) == len(inventory().users) + 1  # type: ignore[arg-type]


def test_the_shipped_schema_is_that_of_the_model() -> None:
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()
