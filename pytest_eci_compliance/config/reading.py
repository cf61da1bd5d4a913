"""How an account is read: the sections of its credentials, endpoints and rates."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, Field, Tag

from .fields import (
    CallsPerSecond,
    Endpoint,
    Name,
    RegionOrDefault,
    RoleArn,
    text_or,
)
from .section import Section


class Credentials(Section):
    """The credentials of the auditing identity. Left out: the SDK's own provider chain."""

    profile: Name | None = None
    """A profile of ~/.aliyun/config.json."""
    assume_role: RoleArn | None = None
    """The ARN of a role to assume for the audit."""


EndpointOrRegions: TypeAlias = Annotated[
    Annotated[Endpoint, Tag("<url>")]
    | Annotated[dict[RegionOrDefault, Endpoint], Field(min_length=1), Tag("<regions>")],
    Discriminator(text_or("<url>", "<regions>")),
]


class Endpoints(Section):
    """The endpoint of each service. `{region}` is replaced. http is for the loopback interface only."""

    ram: Endpoint | None = None
    eci: EndpointOrRegions | None = None
    """One endpoint, or a mapping of region ids to endpoints, in which `default` is for every other region."""
    resourcemanager: Endpoint | None = None
    sts: Endpoint | None = None


class Rate(Section):
    """Calls per second by service; left out: half of the published quotas."""

    eci: CallsPerSecond | None = None
    ram: CallsPerSecond | None = None
    resourcemanager: CallsPerSecond | None = None
    sts: CallsPerSecond | None = None
