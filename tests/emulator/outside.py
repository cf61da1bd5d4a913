"""What happens outside of the APIs: inside containers and machines, and at the console's login page.

The metadata service of an instance gives out credentials of its role to whoever runs code there. An attacker's
image, and the user data of an attacker's machine, read them and send them home.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

from .account import Credential, Instance
from .errors import ApiError
from .readings import CONSOLE_LOGIN, settle
from .world import World

METADATA = "http://100.100.100.200/latest/meta-data/ram/security-credentials/"
LIVE = ("Scheduling", "Pending", "Running", "Restarting", "Updating", "Terminating")


def shell(world: World, instance: Instance, command: str) -> str:
    """What a command prints in a container of `instance`: only a read of the metadata service prints anything."""
    words = json.loads(command)
    asked = next((word.removeprefix(METADATA) for word in words if word.startswith(METADATA)), None)
    if asked is None or not instance.ram_role:
        return ""
    return instance.ram_role if not asked else json.dumps(role_credentials(world, instance.ram_role) or {})


def sent_home(world: World, image: str) -> list[dict[str, Any]]:
    """The credentials that live instances which run `image`, and machines of the caller, have sent home."""
    roles = {
        instance.ram_role
        for shelves in world.shelves.values()
        for instance in shelves.instances
        if instance.ram_role
        and instance.status in LIVE
        and any(container.image == image for container in instance.containers)
    }
    answers = [role_credentials(world, role) for role in sorted(roles | set(world.machines.values()))]
    return [answer for answer in answers if answer]


def role_credentials(world: World, name: str) -> dict[str, Any] | None:
    """What the metadata service shows for a role; None where the role is gone, or belongs to a service."""
    role = world.role(name)
    if role is None or role.service_linked:
        return None
    session = world.open_session(role, "metadata", 21600, "")
    expires = datetime.fromtimestamp(session.expires or 0, timezone.utc)
    return {
        "Code": "Success",
        "AccessKeyId": session.access_key_id,
        "AccessKeySecret": session.access_key_secret,
        "SecurityToken": session.token,
        "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "RoleName": role.name,
    }


def sign_in(world: World, user: str, password: str) -> Credential:
    """A console session of a user, as a key that acts for the user.

    Whether a login with a new password succeeds turns on MFA, network masks and single sign-on: a reading.
    """
    if world.passwords.get(user) != password or not settle(world.readings, CONSOLE_LOGIN, helps=True):
        raise ApiError(403, "LoginFailed", f"The login of {user} failed.")
    session = Credential(f"CONSOLE.{user}", f"console-{user}", f"user/{user}", token=f"console-{user}")
    world.sessions[session.access_key_id] = session
    return session
