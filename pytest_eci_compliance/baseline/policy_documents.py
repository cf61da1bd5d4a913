"""The policy documents that were seen, as files to review and to pin; and how they differ from the documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

from ..checks.service_linked_role import ECI, VIRTUAL_NODE, LinkedRole
from ..checks.support.case import Case
from ..checks.support.documents import document_found
from ..inventory.facts import PolicyRef, Role, Unreadable
from ..policy import editions as documents
from ..policy.diff import compare
from ..policy.document import parse

LINKED: tuple[LinkedRole, ...] = (ECI, VIRTUAL_NODE)


@dataclass(frozen=True)
class Pin:
    """A policy document as a file: `path` is relative to the folder of the documents. `remark` is what there
    is to say of its content, `edition` the documented one that it was compared with; `decide` says that it needs
    a decision."""

    policy: PolicyRef
    path: str
    text: str
    remark: str = ""
    edition: str = ""
    decide: bool = False


@dataclass(frozen=True)
class Linked:
    """A service-linked role: whether it is there, and what its policy says. `unread` says what is not known."""

    section: str
    name: str
    expect: Literal["present", "absent"] | None
    policy: Pin | None = None
    unread: tuple[Unreadable, ...] = ()


def pins(case: Case, policies: Iterable[str]) -> tuple[Pin, ...]:
    """The documents of these policies, as far as they were read and are documents at all."""
    refs = sorted({PolicyRef.parse(one) for one in policies})
    return tuple(pin for ref in refs if isinstance(pin := _pin(case, ref), Pin))


def unclear(case: Case, policies: Iterable[str]) -> tuple[str, ...]:
    """What in these policies cannot be judged, in words."""
    found = {}
    for written in sorted(set(policies)):
        text = document_found(case.inventory, PolicyRef.parse(written))
        document = parse("{}" if isinstance(text, Unreadable) else text)
        problems = [*(one.problem for one in document.statements), document.problem]
        if problem := next(filter(None, problems), None):
            found[written] = f"what {written} says cannot be judged: {problem}"
    return tuple(found.values())


def linked(case: Case, role: LinkedRole) -> Linked:
    found = case.role(role.name)
    if found is None:
        return Linked(role.section, role.name, "absent")
    trust = found.assume_role_policy_document if isinstance(found, Role) else found
    if not isinstance(trust, str):
        cause = trust or Unreadable("ram:GetRole", "NotRead", subject=role.name)
        return Linked(role.section, role.name, None, unread=(cause,))
    pin = _pin(case, PolicyRef("System", role.policy))
    missing = () if isinstance(pin, Pin) else (pin,)
    return Linked(role.section, role.name, "present", pin if isinstance(pin, Pin) else None, missing)


def _pin(case: Case, ref: PolicyRef) -> Pin | Unreadable:
    found = document_found(case.inventory, ref)
    if isinstance(found, Unreadable):
        return found
    text = _reviewable(found)
    if text is None:
        return Unreadable("ram:GetPolicy", "Malformed", subject=str(ref), detail="it is no policy document")
    return _compared(Pin(ref, _file(ref), text))


def _compared(pin: Pin) -> Pin:
    """The same, with what there is to say of it beside the latest documented edition."""
    ref = pin.policy
    editions = documents.editions(ref.policy_name) if ref.policy_type == "System" else ()
    if not editions:
        return pin
    edition = editions[-1]
    difference = compare(documents.document(ref.policy_name, edition), pin.text)
    if not (difference.found or difference.doubts):
        return replace(pin, remark=f"as documented on {edition}", edition=edition)
    what = str(difference) or "; ".join(difference.doubts)
    remark = f"{ref} is not as documented on {edition}: {what}"
    return replace(pin, remark=remark, edition=edition, decide=True)


def _reviewable(found: str) -> str | None:
    """A document, indented for reading where that loses nothing; None where nobody could pin it."""
    try:
        data = json.loads(found)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, Mapping) or "Statement" not in data:
        return None
    indented = json.dumps(data, indent=2)
    difference = compare(found, indented)
    text = found if difference.found or difference.doubts else indented
    # UTF-8 has no bytes for a lone surrogate.
    return None if text.encode("utf-8", "replace").decode() != text else f"{text}\n"


def _file(ref: PolicyRef) -> str:
    """Where a document is kept, whatever the policy is called."""
    name = ref.policy_name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}", name):
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        name = f"{quote(name, safe='', errors='surrogatepass')[:60].lstrip('.')}~{digest}"
    return f"{ref.policy_type.lower()}/{name}.json"
