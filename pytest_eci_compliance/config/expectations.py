"""The sections that say what is expected, and which failures are accepted."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Discriminator, Field, Tag

from .fields import (
    ActionPattern,
    Day,
    GlobOrText,
    Globs,
    IpAddress,
    Moment,
    NonEmptyText,
    PlainName,
    PolicyName,
    Prose,
    SomeGlobs,
    SomeRoleGlobs,
    StrictTruth,
    text_or,
)
from .section import Section, exactly_one_of
from .selection import Resources

Actions: TypeAlias = Annotated[tuple[ActionPattern, ...], Field(min_length=1)]


class Request(Section):
    """The parameters of the request, and its circumstances."""

    resource_group: PlainName | None = None
    """The resource group in the request, by id or name."""
    tags: dict[NonEmptyText, str] | None = None
    """The tags in the request."""
    ram_role: PlainName | None = None
    """The RAM role that the request gives to the instance; it needs ram:PassRole too."""
    source_ip: IpAddress | None = None
    """The IP address of the caller."""
    mfa: StrictTruth | None = None
    """Whether the caller has logged in with MFA."""
    time: Moment | None = None
    """The time of the request; UTC without a zone."""


RequestOrAny: TypeAlias = Annotated[
    Annotated[Request, Tag("<values>")] | Annotated[Literal["any"], Tag("<any>")],
    Discriminator(text_or("<any>", "<values>")),
]


class Expectation(Section):
    """Actions that users or roles must, or must not, be allowed: decided offline by the policy evaluator."""

    model_config = ConfigDict(json_schema_extra=exactly_one_of(("users", "roles"), ("can", "cannot")))

    name: Prose | None = None
    """The name of the expectation in reports."""
    users: SomeGlobs | None = None
    """A glob or a list of globs of user names; group/NAME means the members of a group."""
    roles: SomeRoleGlobs | None = None
    """A glob or a list of globs of role names."""
    except_: Globs = Field(default=(), alias="except")
    """Globs of the names that are excluded."""
    can: Actions | None = None
    """Actions that each of them must be allowed. Wildcards mean every matching ECI action; eci:Create* those that
    create."""
    cannot: Actions | None = None
    """Actions that each of them must be denied. Wildcards mean every matching ECI action; eci:Create* those that
    create."""
    paths: Literal["any", "direct"] | None = None
    """`any`: decide what they can do in the end, by any chain of escalation steps (the default for `cannot`);
    `direct`: only what is held (always so for `can`)."""
    request: RequestOrAny | None = None
    """The parameters of the request; {}: none; any: no value may allow it."""
    resources: Resources | None = None
    """The resources that the requests name; for ram:PassRole {role: NAME}."""
    may_be_empty: StrictTruth = False
    """Whether names that the account lacks, and globs that match nothing, are accepted here."""


class Waiver(Section):
    """The acceptance of a failure until a day."""

    model_config = ConfigDict(json_schema_extra=exactly_one_of(("resource", "resources")))

    check: PlainName
    """The id of a check, or of an own check (`eci_check`)."""
    resource: GlobOrText | None = None
    """A glob of resource ids."""
    resources: Resources | None = None
    """A selection of resources, instead of `resource`."""
    expectation: Prose | None = None
    """For `access` only: the name of the expectation, or its digest as in the JSON report. Only its failures are
    covered."""
    policy: PolicyName | None = None
    """For checks of attached policies: only failures about this policy are covered."""
    reason: Prose
    """Why the failure is accepted."""
    owner: Prose
    """The person or team that is responsible."""
    expires: Day
    """The last day (UTC) on which the waiver is valid."""

    @property
    def narrowing(self) -> str:
        """The failures of a resource that it covers, as text; empty where it covers all of them."""
        if self.expectation is not None:
            return f"expectation={self.expectation}"
        return "" if self.policy is None else f"policy={self.policy}"
