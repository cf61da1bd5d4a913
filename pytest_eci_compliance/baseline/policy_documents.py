"""The policy documents of the account, as files to review and to pin, compared with the documented editions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from ..checks.support.case import Case
from ..checks.support.documents import document_found
from ..inventory.facts import PolicyRef, Role, Unreadable
from ..inventory.linked_roles import LinkedRole
from ..policy import editions as documents
from ..policy.diff import compare
from ..policy.document import parse


@dataclass(frozen=True)
class PinnedDocument:
    """A policy document as a file, with `path` relative to the folder of the documents.

    `remark` is the result of the comparison with the documented `edition`, both empty where no edition is
    documented. `needs_decision`: the document differs.
    """

    policy: PolicyRef
    path: str
    text: str
    remark: str = ""
    edition: str = ""
    needs_decision: bool = False


@dataclass(frozen=True)
class ServiceLinkedRoleDescription:
    """A service-linked role: whether it exists, and its policy. `expect` is None where `unread` leaves that open."""

    section: str
    name: str
    expect: Literal["present", "absent"] | None
    policy: PinnedDocument | None = None
    unread: tuple[Unreadable, ...] = ()


def pinned_documents(case: Case, policies: Iterable[str]) -> tuple[PinnedDocument, ...]:
    """The documents of policies, except those that could not be read or are not policy documents."""
    refs = sorted({PolicyRef.parse(policy) for policy in policies})
    return tuple(pin for ref in refs if isinstance(pin := _pin(case, ref), PinnedDocument))


def undecidable_policies(case: Case, policies: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each policy with a statement that the evaluator cannot decide."""
    sentences = []
    for name in sorted(set(policies)):
        text = document_found(case.inventory, PolicyRef.parse(name))
        document = parse("{}" if isinstance(text, Unreadable) else text)
        problems = [*(statement.problem for statement in document.statements), document.problem]
        if problem := next(filter(None, problems), None):
            sentences.append(f"{name} cannot be evaluated: {problem}")
    return tuple(sentences)


def service_linked_role(case: Case, role: LinkedRole) -> ServiceLinkedRoleDescription:
    """Describe a service-linked role and pin the document of its policy."""
    actual = case.role(role.name)
    if actual is None:
        return ServiceLinkedRoleDescription(role.section, role.name, "absent")
    trust = actual.assume_role_policy_document if isinstance(actual, Role) else actual
    if not isinstance(trust, str):
        cause = trust or Unreadable("ram:GetRole", "NotRead", subject=role.name)
        return ServiceLinkedRoleDescription(role.section, role.name, None, unread=(cause,))
    pin = _pin(case, PolicyRef("System", role.policy))
    if not isinstance(pin, PinnedDocument):
        return ServiceLinkedRoleDescription(role.section, role.name, "present", unread=(pin,))
    return ServiceLinkedRoleDescription(role.section, role.name, "present", pin)


def _pin(case: Case, ref: PolicyRef) -> PinnedDocument | Unreadable:
    document = document_found(case.inventory, ref)
    if isinstance(document, Unreadable):
        return document
    text = _reviewable(document)
    if text is None:
        return Unreadable("ram:GetPolicy", "Malformed", subject=str(ref), detail="not a policy document")
    return _compared(PinnedDocument(ref, _file_name(ref), text))


def _compared(pin: PinnedDocument) -> PinnedDocument:
    """Add the comparison with the latest documented edition."""
    ref = pin.policy
    editions = documents.editions(ref.policy_name) if ref.policy_type == "System" else ()
    if not editions:
        return pin
    edition = editions[-1]
    difference = compare(documents.document(ref.policy_name, edition), pin.text)
    if not (difference.found or difference.doubts):
        return replace(pin, remark=f"as documented on {edition}", edition=edition)
    details = str(difference) or "; ".join(difference.doubts)
    remark = f"{ref} differs from the edition documented on {edition}: {details}"
    return replace(pin, remark=remark, edition=edition, needs_decision=True)


def _reviewable(document: str) -> str | None:
    """The document, indented if that keeps its meaning; None where it cannot be pinned."""
    try:
        data = json.loads(document)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, Mapping) or "Statement" not in data:
        return None
    indented = json.dumps(data, indent=2)
    difference = compare(document, indented)
    text = document if difference.found or difference.doubts else indented
    # UTF-8 cannot encode a lone surrogate.
    return None if text.encode("utf-8", "replace").decode() != text else f"{text}\n"


def _file_name(ref: PolicyRef) -> str:
    """A safe relative path for the document of a policy, whatever its name."""
    name = ref.policy_name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", name):
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        name = f"{quote(name, safe='', errors='surrogatepass')[:60].lstrip('.')}~{digest}"
    return f"{ref.policy_type.lower()}/{name}.json"
