"""A stand-in for the real cloud: an HTTP server that speaks the wire of RAM, ECI, ResourceManager and STS.

It knows nothing of the package it tests. Start with `Emulator` (emulator.py) and `Account` (account.py);
`python -m tests.emulator account.yaml` serves an account from a file.
"""

from __future__ import annotations

from .account import (
    Account,
    Attachment,
    Container,
    Credential,
    Group,
    ImageCache,
    Instance,
    Policy,
    Region,
    ResourceGroup,
    Role,
    User,
    VirtualNode,
    Volume,
    from_dict,
    load,
    to_dict,
)
from .backend import Backend, Call, RateLimit
from .configuration import config_yaml, endpoints, environment
from .emulator import Emulator, EmulatorProcess
from .faults import KINDS, Fault
from .world import Quirks

__all__ = [
    "KINDS",
    "Account",
    "Attachment",
    "Backend",
    "Call",
    "Container",
    "Credential",
    "Emulator",
    "EmulatorProcess",
    "Fault",
    "Group",
    "ImageCache",
    "Instance",
    "Policy",
    "Quirks",
    "RateLimit",
    "Region",
    "ResourceGroup",
    "Role",
    "User",
    "VirtualNode",
    "Volume",
    "config_yaml",
    "endpoints",
    "environment",
    "from_dict",
    "load",
    "to_dict",
]
