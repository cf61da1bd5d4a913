"""An Alibaba Cloud account as facts: what the emulator serves.

Everything is a frozen dataclass; `from_dict` and `load` read the same shape from a mapping or a YAML file,
and `to_dict` writes it. Ids that are left out are derived from the names, so that an account is the same on
every run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

EPOCH = "2026-01-15T08:00:00Z"

Document = dict[str, Any] | str
"""A policy document: a mapping, or the exact JSON text (any spelling, valid or not)."""


@lru_cache(maxsize=1 << 17)
def stable_id(*parts: str, digits: int = 18) -> str:
    """A decimal id that depends on nothing but `parts`."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return str(int(digest, 16))[:digits]


@dataclass(frozen=True, config=STRICT)
class User:
    """A RAM user; `console` says whether they have a password for the console (a login profile)."""

    name: str
    id: str = ""
    display_name: str = ""
    comments: str = ""
    email: str = ""
    mobile_phone: str = ""
    create_date: str = EPOCH
    update_date: str = EPOCH
    last_login_date: str = ""
    console: bool = False


@dataclass(frozen=True, config=STRICT)
class Group:
    """A user group; `members` are user names."""

    name: str
    members: tuple[str, ...] = ()
    id: str = ""
    comments: str = ""
    create_date: str = EPOCH
    update_date: str = EPOCH


@dataclass(frozen=True, config=STRICT)
class Role:
    """A role and its trust policy. `service_linked` names the service that such a role belongs to."""

    name: str
    trust: Document = field(default_factory=dict)
    service_linked: str = ""
    id: str = ""
    description: str = ""
    max_session_duration: int = 3600
    tags: dict[str, str] = field(default_factory=dict)
    create_date: str = EPOCH
    update_date: str = EPOCH


@dataclass(frozen=True, config=STRICT)
class Policy:
    """A permission policy. `document` is the text of the default version, `versions` are the others by id."""

    name: str
    document: Document
    type: Literal["Custom", "System"] = "Custom"
    default_version: str = "v1"
    versions: dict[str, Document] = field(default_factory=dict)
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    create_date: str = EPOCH
    update_date: str = EPOCH


@dataclass(frozen=True, config=STRICT)
class Attachment:
    """A grant. `policy` is the name of a system policy, or `Custom/NAME`; exactly one of user, group and role
    is set; `scope` is None for the whole account, else the id of a resource group."""

    policy: str
    user: str = ""
    group: str = ""
    role: str = ""
    scope: str | None = None
    attach_date: str = EPOCH

    def __post_init__(self) -> None:
        if len([name for name in (self.user, self.group, self.role) if name]) != 1:
            raise ValueError("an attachment has exactly one of user, group and role")

    @property
    def policy_type(self) -> str:
        return "Custom" if self.policy.startswith("Custom/") else "System"

    @property
    def policy_name(self) -> str:
        return self.policy.removeprefix("Custom/")

    @property
    def principal_type(self) -> str:
        return "IMSUser" if self.user else "IMSGroup" if self.group else "ServiceRole"

    @property
    def principal(self) -> str:
        return self.user or self.group or self.role


@dataclass(frozen=True, config=STRICT)
class ResourceGroup:
    id: str
    name: str = ""
    display_name: str = ""
    status: str = "OK"
    tags: dict[str, str] = field(default_factory=dict)
    create_date: str = EPOCH


@dataclass(frozen=True, config=STRICT)
class Container:
    """`env` is a mapping, or a list of (key, value) where the order or a doubled key matters.
    `liveness_probe` and `readiness_probe` are the commands of exec probes; without a command there is no probe.
    `wire` is merged into what is sent, under the wire's names."""

    name: str = "app"
    image: str = "registry.cn-hangzhou.aliyuncs.com/eci_open/nginx:1.27"
    env: dict[str, str] | tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    liveness_probe: tuple[str, ...] = ()
    readiness_probe: tuple[str, ...] = ()
    cpu: float = 1.0
    memory: float = 2.0
    wire: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=STRICT)
class Volume:
    """`files` are the config files of a ConfigFileVolume: path to content, as the wire carries it. `options` are
    the options of a FlexVolume, as JSON text."""

    name: str
    type: str = "ConfigFileVolume"
    files: dict[str, str] = field(default_factory=dict)
    options: str = ""
    wire: dict[str, Any] = field(default_factory=dict)


Tags = dict[str, str] | tuple[tuple[str, str], ...] | None
"""Tags: a mapping, a list of (key, value), or None to leave the key out of the answer."""


@dataclass(frozen=True, config=STRICT)
class Instance:
    """An ECI instance (container group). An empty `resource_group` is the account's default group."""

    id: str
    name: str = ""
    status: str = "Running"
    resource_group: str = ""
    ram_role: str = ""
    tags: Tags = field(default_factory=dict)
    containers: tuple[Container, ...] = (Container(),)
    init_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    zone: str = ""
    creation_time: str = EPOCH
    succeeded_time: str = ""
    failed_time: str = ""
    expired_time: str = ""
    cpu: float = 1.0
    memory: float = 2.0
    wire: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=STRICT)
class ImageCache:
    id: str
    name: str = ""
    status: str = "Ready"
    resource_group: str = ""
    tags: Tags = field(default_factory=dict)
    images: tuple[str, ...] = ("registry.cn-hangzhou.aliyuncs.com/eci_open/nginx:1.27",)
    container_group: str = ""
    snapshot: str = ""
    creation_time: str = EPOCH
    expire_date_time: str = ""
    wire: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=STRICT)
class VirtualNode:
    id: str
    name: str = ""
    status: str = "Ready"
    resource_group: str = ""
    tags: Tags = field(default_factory=dict)
    creation_time: str = EPOCH
    wire: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, config=STRICT)
class Region:
    """A region. `endpoint` is what DescribeRegions answers; left out, `eci.<id>.aliyuncs.com`."""

    id: str
    endpoint: str = ""
    zones: tuple[str, ...] = ()
    instances: tuple[Instance, ...] = ()
    image_caches: tuple[ImageCache, ...] = ()
    virtual_nodes: tuple[VirtualNode, ...] = ()


@dataclass(frozen=True, config=STRICT)
class Credential:
    """An access key. `identity` is `root` (the account itself), `user/NAME` or `role/NAME[/SESSION]`;
    a role needs a `token`. `expires` is in seconds since 1970."""

    access_key_id: str
    access_key_secret: str
    identity: str = "root"
    token: str = ""
    expires: float | None = None
    session_policy: str = ""


@dataclass(frozen=True, config=STRICT)
class Account:
    account_id: str
    alias: str = ""
    default_domain: str = ""
    default_resource_group: str = ""
    users: tuple[User, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: tuple[Role, ...] = ()
    policies: tuple[Policy, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    resource_groups: tuple[ResourceGroup, ...] = ()
    regions: tuple[Region, ...] = ()
    credentials: tuple[Credential, ...] = ()

    def region(self, region_id: str) -> Region:
        return next(region for region in self.regions if region.id == region_id)


_ACCOUNT = TypeAdapter(Account)
_ACCOUNTS = TypeAdapter(tuple[Account, ...])


def from_dict(data: Mapping[str, Any]) -> Account:
    """An account from plain data; raises pydantic.ValidationError with the path of what is wrong."""
    return _ACCOUNT.validate_python(dict(data))


def to_dict(account: Account) -> dict[str, Any]:
    data: dict[str, Any] = _ACCOUNT.dump_python(account, mode="json", exclude_defaults=True)
    return data


def load(path: Path | str) -> tuple[Account, ...]:
    """The accounts of a YAML or JSON file: one mapping, or a list of them."""
    text = Path(path).read_text(encoding="utf-8")
    data = json.loads(text) if Path(path).suffix == ".json" else yaml.safe_load(text)
    return _ACCOUNTS.validate_python(data if isinstance(data, list) else [data])


def dump(accounts: Sequence[Account]) -> str:
    """JSON text that `load` reads back."""
    return _ACCOUNTS.dump_json(tuple(accounts), exclude_defaults=True).decode()
