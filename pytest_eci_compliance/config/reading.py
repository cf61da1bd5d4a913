"""How an account is read: the sections of its credentials, endpoints and rates."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Discriminator, Field, Tag

from .fields import (
    CallsPerSecond,
    EndpointUrl,
    PlainName,
    RegionOrDefault,
    RoleArn,
    text_or,
)
from .section import Section


class Credentials(Section):
    """The credentials of the auditing identity. Left out: the SDK's own provider chain."""

    profile: PlainName | None = None
    """A profile of ~/.aliyun/config.json."""
    assume_role: RoleArn | None = None
    """The ARN of a role to assume for the audit."""


EndpointOrRegions: TypeAlias = Annotated[
    Annotated[EndpointUrl, Tag("<url>")]
    | Annotated[dict[RegionOrDefault, EndpointUrl], Field(min_length=1), Tag("<regions>")],
    Discriminator(text_or("<url>", "<regions>")),
]


class Endpoints(Section):
    """The endpoint of each service. `{region}` is replaced. http is for the loopback interface only."""

    ram: EndpointUrl | None = None
    eci: EndpointOrRegions | None = None
    """One endpoint, or a mapping of region ids to endpoints, in which `default` is for every other region."""
    resourcemanager: EndpointUrl | None = None
    sts: EndpointUrl | None = None


class Rate(Section):
    """Calls per second by service; left out: half of the published quotas."""

    eci: CallsPerSecond | None = None
    ram: CallsPerSecond | None = None
    resourcemanager: CallsPerSecond | None = None
    sts: CallsPerSecond | None = None
