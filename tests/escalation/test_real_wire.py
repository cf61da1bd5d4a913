"""The same attack over real HTTP with the official SDK, and a path of calls made with the SDK's own clients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from alibabacloud_eci20180808 import models as eci_models
from alibabacloud_eci20180808.client import Client as EciClient
from alibabacloud_ram20150501 import models as ram_models
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_resourcemanager20200331 import models as manager_models
from alibabacloud_resourcemanager20200331.client import Client as ManagerClient
from alibabacloud_sts20150401 import models as sts_models
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi import utils_models
from alibabacloud_tea_openapi.client import Client as OpenApiClient
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

from tests.emulator import Account, Attachment, Backend, Credential, Emulator, Policy, outside
from tests.emulator.actions import OTHER_VERSIONS, VERSIONS
from tests.emulator.errors import ApiError
from tests.emulator.readings import Consistent, Favourable
from tests.escalation import accounts
from tests.escalation.accounts import document, ram, statement
from tests.escalation.attacker import Attack, Attacker, Ways
from tests.escalation.case import BASE, case
from tests.escalation.cases import CASES

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

DEV = Credential("LTAI5tDev", "dev-secret", "user/dev")
WORKS_EVERYWHERE = {
    "exec-in-instance: Running, with a role",
    "update-instance: with PassRole",
    "create-instance: with the tag that is asked for",
    "update-trust: with AssumeRole",
    "switch-policy-version: another version allows more",
    "create-identity: a user with a key in a group",
    "lift-deny: the group can be left",
    "tag-resource: the tag that the grant asks for",
    "run-elsewhere: a new ECS machine",
}


class Wire:
    """Sends the calls of an attacker over HTTP with the SDK's client."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def config(self, key: Credential) -> Any:
        return utils_models.Config(
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            security_token=key.token or None,
            endpoint=self.endpoint,
            protocol="http",
            region_id=accounts.REGION,
        )

    def call(
        self, backend: Backend, key: Credential, action_id: str, params: Mapping[str, str]
    ) -> dict[str, Any]:
        service, _, action = action_id.partition(":")
        call = utils_models.Params(
            action=action,
            version={**VERSIONS, **OTHER_VERSIONS}[service],
            protocol="HTTP",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        request = utils_models.OpenApiRequest(query=dict(params))
        runtime = RuntimeOptions(read_timeout=5000, connect_timeout=5000)
        try:
            answer = OpenApiClient(self.config(key)).call_api(call, request, runtime)
        except TeaException as error:
            raise ApiError(error.statusCode or 400, error.code, error.message) from error
        body: dict[str, Any] = answer["body"]
        return body


def attack_over_http(account: Account, identity: str, helps: bool) -> Attack:
    readings = Consistent(helps)
    with Emulator(account, readings=readings) as cloud:
        wire = Wire(cloud.endpoint)
        return Attacker(account, identity, readings, Ways(), call=wire.call, backend=cloud.backend).run()


def attack_directly(account: Account, identity: str, helps: bool) -> Attack:
    return Attacker(account, identity, Consistent(helps), Ways()).run()


@pytest.mark.parametrize("name", sorted(WORKS_EVERYWHERE))
def test_a_case_over_http_is_the_same(name: str) -> None:
    known = next(candidate for candidate in CASES if candidate.id == name)
    over_http = attack_over_http(known.account, known.identity, helps=False)
    assert over_http == attack_directly(known.account, known.identity, helps=False)
    assert over_http.reached or over_http.calls


@pytest.mark.parametrize("helps", [False, True])
def test_a_generated_account_over_http_is_the_same(helps: bool) -> None:
    account = accounts.account(28)
    assert attack_over_http(account, "user/dev", helps) == attack_directly(account, "user/dev", helps)


@pytest.fixture
def cloud() -> Iterator[Emulator]:
    path = case(
        "",
        statement("eci:ExecContainerCommand"),
        policies=(
            Policy("App", document(statement(["ram:CreateAccessKey", "ram:AttachPolicy*"], "*"))),
            Policy("Ops", document(statement("sts:AssumeRole", ram("role/OpsRole")))),
        ),
        attachments=(Attachment("Custom/App", role="AppRole"), Attachment("Custom/Ops", user="ops")),
        credentials=(DEV,),
    )
    with Emulator(path.account, readings=Favourable(False)) as running:
        yield running


def test_a_path_with_the_clients_of_the_sdk(cloud: Emulator) -> None:
    """Command in an instance, key of another user, role of that user: each with what the former call gave out."""
    wire = Wire(cloud.endpoint)
    command = json.dumps(["curl", f"{outside.METADATA}AppRole"])
    executed = EciClient(wire.config(DEV)).exec_container_command(
        eci_models.ExecContainerCommandRequest(
            region_id=accounts.REGION,
            container_group_id="eci-bp0",
            container_name="app",
            command=command,
            sync=True,
        )
    )
    shown = json.loads(executed.body.sync_response)
    app = Credential(
        shown["AccessKeyId"], shown["AccessKeySecret"], "role/AppRole", token=shown["SecurityToken"]
    )
    key = RamClient(wire.config(app)).create_access_key(ram_models.CreateAccessKeyRequest(user_name="ops"))
    ops = Credential(key.body.access_key.access_key_id, key.body.access_key.access_key_secret, "user/ops")
    session = StsClient(wire.config(ops)).assume_role(
        sts_models.AssumeRoleRequest(
            role_arn=f"acs:ram::{accounts.ACCOUNT_ID}:role/OpsRole", role_session_name="attacker"
        )
    )
    assert session.body.assumed_role_user.arn.endswith("role/opsrole/attacker")
    ManagerClient(wire.config(app)).attach_policy(
        manager_models.AttachPolicyRequest(
            policy_type="System",
            policy_name="AdministratorAccess",
            principal_type="IMSUser",
            principal_name="ops@acme.onaliyun.com",
            resource_group_id=accounts.ACCOUNT_ID,
        )
    )
    keys = RamClient(wire.config(ops)).list_access_keys(ram_models.ListAccessKeysRequest(user_name="ops"))
    assert [row.access_key_id for row in keys.body.access_keys.access_key] == [ops.access_key_id]


def test_every_call_needs_its_permission(cloud: Emulator) -> None:
    wire = Wire(cloud.endpoint)
    with pytest.raises(ApiError, match="ram:CreateAccessKey") as refused:
        wire.call(cloud.backend, DEV, "ram:CreateAccessKey", {"UserName": "ops"})
    assert (refused.value.status, refused.value.code) == (403, "NoPermission")
    with pytest.raises(ApiError) as unsigned:
        wire.call(cloud.backend, Credential("LTAI5tDev", "guess", "user/dev"), "eci:ExecContainerCommand", {})
    assert unsigned.value.code == "SignatureDoesNotMatch"


def test_without_readings_every_write_is_refused() -> None:
    with Emulator(BASE, readings=None) as cloud:
        root = Credential("LTAI5tRoot", "root-secret")
        cloud.world.change(credentials=(root,))
        with pytest.raises(ApiError, match="changes the account"):
            Wire(cloud.endpoint).call(cloud.backend, root, "ram:CreateAccessKey", {"UserName": "ops"})
        assert [call.id for call in cloud.violations] == ["ram:CreateAccessKey"]
