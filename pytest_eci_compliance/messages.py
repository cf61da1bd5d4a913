"""Texts for people: names that are safe to show, lists, counts, commands, and why evidence is missing.

Names come from the account, so anybody may have chosen them. `quote` and `escape` put them into messages;
`visible`, `visible_lines` and `one_line` show a whole text in a terminal or a report.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .inventory.facts import Unreadable
    from .results import Row

LONGEST = 160
"""Characters of a quoted name or of a word of a command that are shown."""

# Unicode categories that change what a terminal or a reader sees: control, format, surrogate, unassigned, separators.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})


def visible(text: str) -> str:
    r"""Escape control, format (bidirectional, zero-width) and surrogate characters; keep all others.

    >>> print(visible("a\u202eb"), visible("\u674e\u5a1c"))
    a\u202eb \u674e\u5a1c
    """
    return text if text.isprintable() else "".join(map(_visible_character, text))


def visible_lines(text: str) -> str:
    """Escape as `visible` does, and keep line breaks."""
    return "\n".join(visible(line) for line in re.split(r"\r\n|\n", text))


def one_line(text: str) -> str:
    """Escape as `visible` does; each line break, with the blanks around it, becomes ` / `."""
    return visible(re.sub(r"\s*\r?\n\s*", " / ", text.strip()))


def encodable(text: str) -> str:
    r"""Write out lone surrogates, which cannot be encoded in UTF-8: `\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode()


def _visible_character(character: str) -> str:
    if unicodedata.category(character) in _UNSAFE_CATEGORIES:
        return character.encode("unicode_escape").decode()
    return character


def quote(text: str) -> str:
    """Quote a name or value for a message: on one line, printable, at most `LONGEST` characters.

    >>> print(quote("web-1"), quote("a\\nb\\x1b[31m"))
    'web-1' 'a\\nb\\x1b[31m'
    """
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")


def escape(text: str) -> str:
    """Escape a text for a message as `quote` does, without quotes and at any length."""
    return repr(text)[1:-1] if not text.isprintable() else text


def join_words(words: Iterable[str], last: str = "and", most: int = 12, between: str = ", ") -> str:
    """Join words into a list for a sentence; of more than `most`, the first ones and the number of the others.

    `last` is the conjunction, `between` the separator: use "; " for parts that contain commas.

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
    """Quote a command line for a shell. A word that is not printable, or too long, becomes the placeholder NAME.

    >>> print(command("aliyun", "ram", "GetUser", "--UserName", "li na"))
    `aliyun ram GetUser --UserName 'li na'`
    """
    safe = (word if word.isprintable() and len(word) <= LONGEST else "NAME" for word in words)
    return f"`{shlex.join(safe)}`"


def pluralize(number: int, noun: str) -> str:
    """A number with its noun in the singular or the plural.

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
    """The sections of the security documents that a check rests on, in words; empty where there is none.

    >>> sections("4"), sections("3, 4 and 5"), sections("-")
    ('section 4', 'sections 3, 4 and 5', '')
    """
    if not has_section_number(section):
        return "" if section in ("", "-", "own") else section
    return f"section{'s' if len(section) > 1 else ''} {section}"


def has_section_number(section: str) -> bool:
    """Whether a check names sections of the security documents by number, and not by a word of its own."""
    return re.fullmatch(r"\d(?:(?:, | and )\d)*", section) is not None


def label(row: Row) -> str:
    """The resource of a row for people: region, id, name where it differs from the id, and expectation."""
    resource = row.resource
    region = f"{resource.region} " if resource.region else ""
    name = f" ({resource.name})" if resource.name and resource.name != resource.id else ""
    expectation = f" [{row.expectation}]" if row.expectation else ""
    return one_line(f"{region}{resource.id}{name}{expectation}")


# The error codes of a planned change: no call failed.
_PLAN_ERRORS = {
    "NotPlanned": "not known before the plan is applied: the change",
    "Contradiction": "the plan and the evidence do not agree on the change",
}


def describe_error(cause: Unreadable) -> str:
    """Describe a failed call: the call, its subject and region, the error code, the missing permission.

    For a planned change: why its effect is not known, its address, and the detail.
    """
    if cause.code in _PLAN_ERRORS:
        return f"{_PLAN_ERRORS[cause.code]} {quote(cause.subject or '')}: {escape(cause.detail)}"
    subject = f" for {quote(cause.subject)}" if cause.subject else ""
    region = f" in {escape(cause.region)}" if cause.region else ""
    is_missing = cause.permission and not cause.denied_by
    permission = f", {cause.permission} is not granted" if is_missing else ""
    detail = f" ({escape(cause.detail)})" if cause.detail else ""
    return f"{cause.call}{subject}{region} could not be read: {cause.code}{permission}{detail}"


_ACCESS_KEY = (
    "Check the AccessKey of the auditing identity (its id, its secret, that it is enabled), and run again."
)
_SLOWER = "Run again later, or lower `rate` in the configuration."
_LATER = "The service itself failed: run again later."
_ACCOUNT = "Resolve the state of the account with Alibaba Cloud (see the error code), and run again."
# By the beginning of the error code; the first match counts.
_FIXES = {
    "Throttling": _SLOWER,
    "InvalidSecurityToken": "Use credentials that outlive the sweep, or that can be renewed, and run again.",
    "SecurityTokenExpired": "Use credentials that outlive the sweep, or that can be renewed, and run again.",
    "InvalidTimeStamp": "Correct the clock of this machine, and run again.",
    "InvalidAccessKeyId": _ACCESS_KEY,
    "SignatureDoesNotMatch": "Correct the secret of the AccessKey: it is not the one of its id. Then run again.",
    "IncompleteSignature": _ACCESS_KEY,
    "InvalidRegionId": "Correct `regions` in the configuration: the service does not know this region.",
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
    "Timeout": "Check that a firewall or proxy lets this machine reach `endpoints`, and run again.",
    "Tls": "Use an endpoint with a certificate that this machine trusts, and run again.",
    "Refused": "Correct `endpoints` in the configuration, and run again.",
    "Http": "Check `endpoints` and proxies: the answer did not come from the service.",
    "Deadline": "Raise `deadline` (or `rate`) in the configuration and run again.",
    "NotRead": "The call was not made: run again, or record the account again (--eci-mode=record).",
    "NotRecorded": "The recording lacks the call: record the account again (--eci-mode=record).",
    "NotSearched": "Write the text in fewer layers of encodings, or read it and judge by hand.",
    "NotPlanned": "Write the value into the Terraform configuration, or run again once the plan is applied.",
    "Contradiction": "Record the account again, plan again, and run again; plan each change of an object only once.",
    "ConnectionRefused": "Correct the host and port in `endpoints`, or start what should listen there, and run again.",
    "ConnectionName": "Correct the host name in `endpoints`, or the DNS of this machine, and run again.",
    "ConnectionProxy": "Correct HTTPS_PROXY and NO_PROXY in the environment, and run again.",
    "ConnectionTls": "Use an endpoint that speaks TLS at this port, or correct the proxy, and run again.",
    "Connection": "Check the network and `endpoints`, and run again.",
    "Incomplete": "The account changed, or pages were missing, while it was read: run again.",
    "Malformed": "The answer does not match the documented API: check `endpoints` and proxies, and run again.",
}


def suggest_fix(cause: Unreadable) -> str:
    """The remediation of a failed call: what to change so that it can be read."""
    if cause.denied_by:
        return (
            f"Have {cause.denied_by} allow {cause.permission or cause.call} to the auditing identity, and run again:"
            " a grant of the permission in RAM does not help."
        )
    # An empty answer of ECI may be a denial (section 4).
    is_empty = cause.call == "eci:DescribeRegions" and cause.code == "Incomplete"
    if is_empty or cause.permission == "eci:DescribeRegions":
        return (
            "Grant eci:DescribeRegions to the auditing identity (pytest --eci-audit-policy prints everything that it"
            " needs), or list the regions in `regions` of the configuration, and run again."
        )
    if cause.permission:
        return (
            f"Grant {cause.permission} to the auditing identity"
            " (pytest --eci-audit-policy prints everything that it needs), and run again."
        )
    known = (fix for code, fix in _FIXES.items() if cause.code.startswith(code))
    return next(known, f"Resolve the error {escape(cause.code)} of {cause.call}, and run again.")
