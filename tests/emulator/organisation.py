"""An organisation: member accounts that one identity of another account reads by assuming a role in each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .account import Account, Attachment, Credential, Document, Policy, Role, User
from .documented import allow, document

MANAGEMENT = "1000000000000000"
"""The id of the account that the auditing identity belongs to."""

AUDITOR = Credential("LTAI5tOrganisationAudit1", "organisation-secret", "user/eci-audit")


def organisation(members: Iterable[Account], role: str, may: Document) -> tuple[Account, ...]:
    """The members, each with a role that `AUDITOR` may assume and that holds the policy `may`, and the account
    of `AUDITOR`."""
    management = Account(
        account_id=MANAGEMENT,
        alias="management",
        users=(User("eci-audit"),),
        policies=(Policy("AssumeAuditors", document(_assume(role))),),
        attachments=(Attachment("Custom/AssumeAuditors", user="eci-audit"),),
        credentials=(AUDITOR,),
    )
    return (*(_audited(member, role, may) for member in members), management)


def _assume(role: str) -> dict[str, object]:
    return {**allow("sts:AssumeRole"), "Resource": f"acs:ram:*:*:role/{role}"}


def _audited(member: Account, role: str, may: Document) -> Account:
    trust = document(
        {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"RAM": [f"acs:ram::{MANAGEMENT}:user/eci-audit"]},
        }
    )
    return replace(
        member,
        roles=(*member.roles, Role(role, trust)),
        policies=(*member.policies, Policy("ECIAudit", may)),
        attachments=(*member.attachments, Attachment("Custom/ECIAudit", role=role)),
        credentials=(),
    )
