"""The words of messages: names, lists, counts, commands, and why evidence is missing."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .inventory.facts import Unreadable

LONGEST = 160


def quote(text: str) -> str:
    """A name or value that other people chose, as it may stand in a message: on one line, printable, short.

    >>> print(quote("web-1"), quote("a\\nb\\x1b[31m"))
    'web-1' 'a\\nb\\x1b[31m'
    """
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def escape(text: str) -> str:
    """A text on one line and printable, as `quote` does it, without the quotes and whole."""
    return repr(text)[1:-1] if not text.isprintable() else text


def join_words(words: Iterable[str], last: str = "and", most: int = 12, between: str = ", ") -> str:
    """Words as a list in a sentence; of many, the first ones. `between` separates parts that have commas.

    >>> join_words(["a", "b", "c"]), join_words("abcd", most=2), join_words([])
    ('a, b and c', 'a, b and 2 more', 'none')
    >>> join_words(["x, directly", "y, through group g"], between="; ")
    'x, directly; and y, through group g'
    """
    parts = list(words)
    if not parts:
        return "none"
    if len(parts) > most:
        parts, rest = parts[:most], f"{len(parts) - most} more"
    else:
        parts, rest = parts[:-1], parts[-1]
    conjunction = f" {last} " if between == ", " else f"{between}{last} "
    return conjunction.join(part for part in (between.join(parts), rest) if part)


def command(*words: str) -> str:
    """A command line to copy, safe to paste; a word that cannot be shown as it is becomes a placeholder.

    >>> print(command("aliyun", "ram", "GetUser", "--UserName", "li na"))
    `aliyun ram GetUser --UserName 'li na'`
    """
    shown = (word if word.isprintable() and len(word) <= LONGEST else "NAME" for word in words)
    return f"`{shlex.join(shown)}`"


def pluralize(number: int, noun: str) -> str:
    """A count with its noun.

    >>> pluralize(1, "page"), pluralize(0, "region")
    ('1 page', '0 regions')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def indefinite(noun: str) -> str:
    """A noun with its indefinite article.

    >>> indefinite("instance"), indefinite("virtual node")
    ('an instance', 'a virtual node')
    """
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def sections(section: str) -> str:
    """The sections of the security chapters that ask for a check, in words; empty where none does.

    >>> sections("4"), sections("3, 4 and 5"), sections("-")
    ('section 4', 'sections 3, 4 and 5', '')
    """
    if section in ("", "-"):
        return ""
    return f"section{'s' if len(section) > 1 else ''} {section}"


def describe_error(cause: Unreadable) -> str:
    """What could not be read, in words: the call, what it was for, the error code, the missing permission."""
    subject = f" for {quote(cause.subject)}" if cause.subject else ""
    region = f" in {escape(cause.region)}" if cause.region else ""
    lacking = f", {cause.permission} is not granted" if cause.permission and not cause.denied_by else ""
    detail = f" ({escape(cause.detail)})" if cause.detail else ""
    return f"{cause.call}{subject}{region} could not be read: {cause.code}{lacking}{detail}"


_ACCESS_KEY = (
    "Check the AccessKey of the auditing identity (its id, its secret, that it is enabled), and run again."
)
_SLOWER = "Run again later, or lower `rate` in the configuration."
_LATER = "The service itself failed: run again later."
_ACCOUNT = "Put the account in order with the provider (the code says what is the matter), and run again."
# By the beginning of the code; the first that fits.
_FIXES = {
    "Throttling": _SLOWER,
    "InvalidSecurityToken": "Use credentials that outlive the sweep, or that can be renewed, and run again.",
    "SecurityTokenExpired": "Use credentials that outlive the sweep, or that can be renewed, and run again.",
    "InvalidTimeStamp": "Set the clock of this machine right, and run again.",
    "InvalidAccessKeyId": _ACCESS_KEY,
    "SignatureDoesNotMatch": _ACCESS_KEY,
    "IncompleteSignature": _ACCESS_KEY,
    "InvalidRegionId": "Correct `regions` in the configuration: the service knows no such region.",
    "ServiceNotEnabled": "Enable the service for the account, and run again.",
    "Account.": _ACCOUNT,
    "Forbidden.User": _ACCOUNT,
    "Forbidden.SubUser": _ACCOUNT,
    "Forbidden.AccountClosed": _ACCOUNT,
    "Forbidden.RiskControl": _ACCOUNT,
    "Forbidden.NotSupportRAM": "Use an identity that the service accepts, and run again.",
    "Forbidden.OnlyForInvitedTest": _ACCOUNT,
    "Forbidden.AccessKeyDisabled": _ACCESS_KEY,
    "FeatureAccessRestricted": _ACCOUNT,
    "Degrade.": _SLOWER,
    "Rejected.Throttling": _SLOWER,
    "EntityNotExist.Role": "Correct `assume_role` in the configuration: the role must exist, its trust policy must name"
    " the caller, and the caller needs sts:AssumeRole on it.",
    "InternalError": _LATER,
    "ServiceUnavailable": _LATER,
    "Http5": _LATER,
    "Timeout": "Check the network and `endpoints`, and run again.",
    "Tls": "Use an endpoint with a certificate that this machine trusts, and run again.",
    "Refused": "Correct `endpoints` in the configuration, and run again.",
    "Http": "Check `endpoints` and proxies: something else than the service answered.",
    "Deadline": "Raise `deadline` (or `rate`) in the configuration and run again.",
    "NotRead": "The sweep did not ask for it: run again, or record the account again (--eci-mode=record).",
    "NotRecorded": "The recording lacks the call: record the account again (--eci-mode=record).",
    "Connection": "Check the network and `endpoints`, and run again.",
    "Incomplete": "The account moved, or pages were lost, while it was read: run again.",
    "Malformed": "The answer was not what the API documents: check `endpoints` and proxies, and run again.",
}


def suggest_fix(cause: Unreadable) -> str:
    """What makes the cause readable."""
    if cause.denied_by:
        return (
            f"Have {cause.denied_by} allow {cause.permission or cause.call} to the auditing identity, and run again:"
            " to grant the permission in RAM does not help."
        )
    if cause.permission:
        return (
            f"Grant {cause.permission} to the auditing identity"
            " (pytest --eci-audit-policy prints everything that it needs), and run again."
        )
    known = (fix for code, fix in _FIXES.items() if cause.code.startswith(code))
    return next(known, f"Make {cause.call} answer (it said {escape(cause.code)}), and run again.")
