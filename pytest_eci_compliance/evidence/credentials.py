"""Credentials: the SDK's own provider chain, a named profile, or an assumed role."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import UnusableCredentials


@dataclass(frozen=True)
class Keys:
    """Temporary or lasting access keys. Their text never shows them."""

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


DUMMY = Keys("replay", "replay")


class Provider(Protocol):
    """A source of credentials, as the SDK has them."""

    def get_credentials(self) -> Any: ...


def find(profile: str | None) -> Provider:
    """The provider for a profile of `~/.aliyun/config.json`, or the SDK's default chain.

    It is the default chain of the SDK link by link, but for the metadata provider's background refresh: that
    starts a thread which outlives the sweep.
    """
    from alibabacloud_credentials.provider import (  # noqa: PLC0415 - imported only when credentials are needed
        CLIProfileCredentialsProvider,
        EcsRamRoleCredentialsProvider,
        EnvironmentVariableCredentialsProvider,
        OIDCRoleArnCredentialsProvider,
        ProfileCredentialsProvider,
        URLCredentialsProvider,
    )
    from alibabacloud_credentials.utils import auth_util  # noqa: PLC0415

    class Profiles(CLIProfileCredentialsProvider):  # type: ignore[misc]
        def _get_credentials_provider(self, config: dict[str, Any], name: str) -> Any:
            for entry in config.get("profiles") or []:
                if entry.get("name") == name and entry.get("mode") == "EcsRamRole":
                    return EcsRamRoleCredentialsProvider(
                        role_name=entry.get("ram_role_name"), async_update_enabled=False
                    )
            return super()._get_credentials_provider(config, name)

    if profile is not None:
        return Profiles(profile_name=profile)
    chain: list[Provider] = [EnvironmentVariableCredentialsProvider()]
    if auth_util.enable_oidc_credential:
        chain.append(OIDCRoleArnCredentialsProvider())
    chain += [Profiles(), ProfileCredentialsProvider()]
    if auth_util.environment_ecs_metadata_disabled.lower() != "true":
        chain.append(EcsRamRoleCredentialsProvider(async_update_enabled=False))
    if auth_util.environment_credentials_uri:
        chain.append(URLCredentialsProvider())
    return _Chain(chain)


class _Chain:
    """The first provider that has credentials, and that one ever after."""

    def __init__(self, providers: list[Provider]) -> None:
        self._providers = providers

    def get_credentials(self) -> Any:
        for provider in self._providers:
            try:
                credentials = provider.get_credentials()
            except Exception:  # noqa: BLE001, S112 - a provider without credentials says so in many ways
                continue
            self._providers = [provider]
            return credentials
        raise UnusableCredentials(
            "no credentials were found: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, "
            "configure ~/.aliyun/config.json, or name a profile under `credentials:`"
        )


def keys_of(provider: Provider, profile: str | None) -> Keys:
    """The keys that a provider gives now. Raises `UnusableCredentials`; never shows the text of a provider's error."""
    try:
        credentials = provider.get_credentials()
    except UnusableCredentials:
        raise
    except Exception as error:  # noqa: BLE001 - what the providers raise is not documented
        raise UnusableCredentials(
            f"the profile {profile!r} of ~/.aliyun/config.json gives no credentials ({type(error).__name__}): "
            "check its name and mode with `aliyun configure list`"
        ) from None
    key, secret = credentials.get_access_key_id(), credentials.get_access_key_secret()
    if not key or not secret:
        raise UnusableCredentials("the credentials found are empty: check the environment and the profile")
    return Keys(key, secret, credentials.get_security_token() or None)
