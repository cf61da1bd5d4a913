"""The actions of the steps, by what a closure does with them: without one of them, a step needs no look."""

from __future__ import annotations

from .instance_edges import INTO_INSTANCES
from .instance_steps import PUSH, RESTART
from .moves import CHANGING
from .providers import OIDC, SAML
from .renames import RENAME
from .resources import MOVING
from .retagging import TAGGING
from .steps import ACTING

MAKING = ("ram:CreateUser", "ram:CreateRole")
"""The actions that make a new identity."""
CREATING = (
    *MAKING,
    "ram:CreateAccessKey",
    "ram:CreateLoginProfile",
    "sts:AssumeRole",
    "ram:PassRole",
    *SAML,
    *OIDC,
    *CHANGING,
)
"""The actions that are needed to create an identity and to give it grants."""


OPENING = ("ram:UpdateRole", RENAME, PUSH)
"""The actions by which an identity opens a way for another one: it changes a trust policy, the name of a user, or an
image."""
ENTERING = (
    "sts:AssumeRole",
    "ram:PassRole",
    *SAML,
    *OIDC,
    "ram:CreateAccessKey",
    "ram:CreateLoginProfile",
    "ram:UpdateLoginProfile",
    RESTART,
)
"""The actions by which an identity takes a way that another one opens for it."""

OUTLASTING = (*CREATING, "ram:UpdateRole", "ram:CreateResourceGroup", *TAGGING, *MOVING)
"""The actions whose effect stays where the right to them is lost."""

STEPPING = tuple(
    dict.fromkeys((*OUTLASTING, *OPENING, *ENTERING, *ACTING, *INTO_INSTANCES, "ram:DeleteUser"))
)
"""The actions of all steps: a grant about none of them opens no step."""
