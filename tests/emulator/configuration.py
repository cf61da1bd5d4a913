"""What a caller of the emulator needs: a configuration that points at it, and credentials."""

from __future__ import annotations

from typing import Any

import yaml

from .account import Account, Credential

SERVICES = ("ram", "eci", "resourcemanager", "sts")


def endpoints(url: str) -> dict[str, str]:
    """The `endpoints` section of a configuration that speaks to this emulator."""
    return dict.fromkeys(SERVICES, url)


def config_yaml(url: str, *accounts: Account, **sections: Any) -> str:
    """A configuration of these accounts, each named by its alias and with the same `sections`."""
    shared = {"endpoints": endpoints(url), **sections}
    named = {
        (account.alias or f"account-{account.account_id}"): {"account_id": account.account_id, **shared}
        for account in accounts
    }
    return yaml.safe_dump({"version": 1, "accounts": named}, sort_keys=False, allow_unicode=True)


def environment(credential: Credential) -> dict[str, str]:
    """The variables by which the SDK's provider chain finds these credentials, and looks nowhere else."""
    variables = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credential.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credential.access_key_secret,
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        "ALIBABA_CLOUD_CLI_PROFILE_DISABLED": "true",
    }
    return {**variables, "ALIBABA_CLOUD_SECURITY_TOKEN": credential.token} if credential.token else variables
