"""The official SDK: the only module that imports `alibabacloud_*` clients, and makes requests with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from alibabacloud_credentials.client import Client as CredentialClient
from alibabacloud_credentials.provider import StaticAKCredentialsProvider, StaticSTSCredentialsProvider
from alibabacloud_eci20180808.client import Client as EciClient
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_resourcemanager20200331.client import Client as ResourceManagerClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

from .. import __version__
from .api_actions import VERSIONS, Service
from .caller import Body
from .credentials import Keys
from .errors import ApiCall
from .regions import EndpointsOfService, endpoint_for

_CLIENTS: Mapping[Service, Any] = {
    "eci": EciClient,
    "ram": RamClient,
    "resourcemanager": ResourceManagerClient,
    "sts": StsClient,
}
_CENTRAL: Mapping[Service, str] = {
    "ram": "https://ram.aliyuncs.com",
    "resourcemanager": "https://resourcemanager.aliyuncs.com",
    "sts": "https://sts.aliyuncs.com",
}
_CONNECTIONS = 256  # kept open per host, more than are ever in use
_REGION = "cn-hangzhou"  # whom to ask for the list of regions


@dataclass(frozen=True)
class Endpoint:
    """Where a service is reached: `protocol` is https, or http on this machine."""

    protocol: str
    host: str

    @classmethod
    def of(
        cls, service: Service, region: str | None, configured: Mapping[str, EndpointsOfService]
    ) -> Endpoint:
        """The configured endpoint of a service, else the documented one; `{region}` is filled in."""
        urls = configured.get(service)
        if service == "eci":
            url = endpoint_for(region or _REGION, urls)
        else:
            url = urls if isinstance(urls, str) else _CENTRAL[service]
            url = url.replace("{region}", region or _REGION)
        parts = urlsplit(url if "://" in url else f"https://{url}")
        return cls(parts.scheme, parts.netloc)


class Clients:
    """The SDK's clients of one account, one per endpoint, made when they are first needed.

    `keys` gives the credentials to sign with, and fresh ones after they expired.
    """

    def __init__(self, keys: Callable[[], Keys], endpoints: Mapping[str, EndpointsOfService]) -> None:
        self._find = keys
        self._keys = keys()
        self._endpoints = endpoints
        self._generation = 0
        self._clients: dict[tuple[Service, Endpoint], Any] = {}
        self._lock = threading.Lock()
        self._renewing = threading.Lock()

    @property
    def generation(self) -> int:
        """Which credentials are in use: counts their renewals."""
        return self._generation

    def renew(self, generation: int) -> None:
        """Ask the provider for credentials again, unless those of `generation` were replaced already.

        Raises `UnusableCredentials` or `CallFailed`.
        """
        with self._renewing:
            if generation != self._generation:
                return
            keys = self._find()
            with self._lock:
                self._keys, self._clients, self._generation = keys, {}, generation + 1

    def send(self, call: ApiCall, connect: float, read: float) -> Body:
        """Make the call in this thread. Raises whatever the SDK raises."""
        service = call.action.service
        params = Params(
            action=call.action.name,
            version=VERSIONS[service],
            protocol="HTTPS",
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        runtime = RuntimeOptions(
            connect_timeout=int(connect * 1000), read_timeout=int(read * 1000), max_idle_conns=_CONNECTIONS
        )
        answer = self._client(service, call.region).call_api(
            params, OpenApiRequest(query=dict(call.params)), runtime
        )
        body: Body = answer["body"]
        return body

    def _client(self, service: Service, region: str | None) -> Any:
        endpoint = Endpoint.of(service, region, self._endpoints)
        with self._lock:
            if (service, endpoint) not in self._clients:
                config = Config(
                    credential=_credential(self._keys),
                    endpoint=endpoint.host,
                    protocol=endpoint.protocol,
                    user_agent=f"pytest-eci-compliance/{__version__}",
                )
                self._clients[service, endpoint] = _CLIENTS[service](config)
            return self._clients[service, endpoint]


def _credential(keys: Keys) -> CredentialClient:
    if keys.security_token:
        return CredentialClient(
            provider=StaticSTSCredentialsProvider(
                access_key_id=keys.access_key_id,
                access_key_secret=keys.access_key_secret,
                security_token=keys.security_token,
            )
        )
    return CredentialClient(
        provider=StaticAKCredentialsProvider(
            access_key_id=keys.access_key_id, access_key_secret=keys.access_key_secret
        )
    )
