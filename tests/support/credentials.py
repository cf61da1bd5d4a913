"""Credentials for runs in this process."""

from __future__ import annotations

import pytest
from alibabacloud_credentials.utils import auth_util

from tests.emulator import Credential


def use(credential: Credential, patch: pytest.MonkeyPatch) -> None:
    """Let the SDK's provider chain find these keys: it looked at the environment when it was imported."""
    patch.setattr(auth_util, "environment_access_key_id", credential.access_key_id)
    patch.setattr(auth_util, "environment_access_key_secret", credential.access_key_secret)
    patch.setattr(auth_util, "environment_security_token", credential.token or None)
    patch.setattr(auth_util, "environment_cli_profile_disabled", "true")
    patch.setattr(auth_util, "environment_ecs_metadata_disabled", "true")
