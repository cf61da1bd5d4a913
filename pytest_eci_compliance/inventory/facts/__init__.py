"""The facts of one account, as frozen classes: one module per domain.

Facts keep the SDK's field names in snake_case. What could not be read is a value, `Unreadable`, in the place
where the fact would stand; nothing here calls an API, knows pytest, or judges.

A field that is added to a class is kept by redaction and parsed: mark one that can carry a secret (`marks`).
"""

from .account import CallerIdentity, Inventory, Observed, ResourceGroup
from .containers import ConfigFile, Container, EnvironmentVar, Probe, Volume
from .eci import (
    ENDED,
    GIVEN_BY_SERVICE,
    PLANNED,
    ContainerGroup,
    EciResource,
    ImageCache,
    Kind,
    Listing,
    VirtualNode,
    has_no_id_yet,
)
from .ram import (
    Attachments,
    GrantGap,
    Group,
    Policy,
    PolicyAttachment,
    PolicyRef,
    PolicyType,
    PolicyVersion,
    PrincipalType,
    Role,
    User,
)
from .tags import Tag, Tags
from .unreadable import Unreadable, read_or_empty

__all__ = [
    "ENDED",
    "GIVEN_BY_SERVICE",
    "PLANNED",
    "Attachments",
    "CallerIdentity",
    "ConfigFile",
    "Container",
    "ContainerGroup",
    "EciResource",
    "EnvironmentVar",
    "GrantGap",
    "Group",
    "ImageCache",
    "Inventory",
    "Kind",
    "Listing",
    "Observed",
    "Policy",
    "PolicyAttachment",
    "PolicyRef",
    "PolicyType",
    "PolicyVersion",
    "PrincipalType",
    "Probe",
    "ResourceGroup",
    "Role",
    "Tag",
    "Tags",
    "Unreadable",
    "User",
    "VirtualNode",
    "Volume",
    "has_no_id_yet",
    "read_or_empty",
]
