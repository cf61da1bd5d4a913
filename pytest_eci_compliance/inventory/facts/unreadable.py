"""A part of the account that could not be read: a value in the place of the fact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Unreadable:
    """A part of the account that could not be read, and why.

    `call` is the API action as `service:Action` (for example `ram:ListUsers`), `code` the service's error
    code or one of ours (`Deadline`, `NotRecorded`, `Incomplete`, `Malformed`, `Connection`), `permission` the
    RAM action to grant where the call was denied, `subject` what the call was for (a group, a policy),
    `region` the region it was made in. `denied_by` is what denied the call where it is not a missing permission
    (`a control policy`, `a session policy`), empty where the answer does not say so.
    """

    call: str
    code: str
    permission: str | None = None
    region: str | None = None
    subject: str | None = None
    detail: str = ""
    denied_by: str = ""


def read_or_empty(part: tuple[T, ...] | Unreadable) -> tuple[T, ...]:
    """The items of a list that was read, none where it is `Unreadable`.

    It is for where the cause is reported beside: whoever only asks whether something exists must look at the cause.
    """
    return () if isinstance(part, Unreadable) else part
