"""The HTML report: one self-contained file that loads nothing from elsewhere.

The template is `page/report.html`, with its style and script beside it. Every name from the account is escaped, and
characters that would change how the page reads are made visible.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from ..language import Language, Translator
from ..messages import visible, visible_lines
from ..results import BY_ATTENTION, Outcome, Resource
from .assumptions import UNDECIDED
from .charts import bar, charts
from .html_rows import (
    MOST_FIRST,
    MOST_FIRST_OF_TWO,
    anchor,
    cause_links,
    fix_first,
    missing_causes,
    open_by_severity,
    since_former,
)
from .html_sections import (
    account_access,
    chapters,
    check_groups,
    ending_waivers,
    filters,
    html_accounts,
    moment_text,
    permission_changes,
    plan_descriptions,
    policy_matrices,
)
from .links import configuration_line, documentation
from .model import Report, RowKey, count, ordered
from .permissions import title
from .remediation import parts
from .shared_steps import MOST_SHARED_STEPS, shared_steps
from .stated_assumptions import stated_assumptions
from .summary import headline
from .waivers import applied_waivers, until
from .wording import SYNTHETIC, noun, words_for_all

SIGNS: dict[Outcome, str] = {"failed": "✕", "unknown": "?", "waived": "~", "passed": "✓", "skipped": "–"}
"""A sign for each outcome, so that no meaning is in a colour alone."""

_PATTERNS = {
    "failed": "hatch",
    "unknown": "dots",
    "waived": "waves",
    "passed": "",
    "skipped": "",
    "not judged": "",
}
_CHANGE_OUTCOMES = {
    "new": "failed",
    "fixed": "passed",
    "gone": "skipped",
    "still open": "unknown",
    "waived": "waived",
}
_ANSWER_SIGNS = {"yes": "✓", "partly": "◐", "path": "↪", "undecidable": "?", "no": "–"}
_CHANGES_SHOWN = 200
_HTML_LANGUAGES: dict[Language, str] = {"en": "en", "zh": "zh-CN"}
_SCRIPT_TEXT = re.compile(r'\bsay\("([^"]+)"')
_COMMAND = Markup(
    '<span class="command">$ <code>{}</code>'
    '<button type="button" class="copy" aria-label="{label}">{copy}</button></span>'
)

# A name may be wrapped after each of its parts. A long part may be wrapped too, so that no table is wider than a
# page.
_PART_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=/)(?=\w)")
_LONG_PART = re.compile("([^\\s\u200b]{24})(?=[^\\s\u200b])")


def render(report: Report) -> str:
    """The report as an HTML page."""
    style, script = _source("report.css"), _source("report.js")
    translator = Translator(report.language)
    return _template().render(
        content_security_policy=_content_security_policy(style, script),
        css=Markup(style),  # noqa: S704 - a file of this package
        js=Markup(script),  # noqa: S704 - a file of this package
        script_texts=_script_texts(script, translator),
        **_words(report, translator),
        **_results(report, translator),
        **_sections(report, translator),
    )


def _words(report: Report, translator: Translator) -> dict[str, object]:
    """What the template calls to write texts, and the signs and limits that it looks up."""
    return {
        "plugin": report.plugin,
        "started": moment_text(report.started),
        "headline": headline(report, translator),
        "translator": translator,
        "_": translator.text,
        "plural": translator.plural,
        "word": translator.word,
        "assumption_text": translator.assumption,
        "html_language": _HTML_LANGUAGES[report.language],
        "outcomes": BY_ATTENTION,
        "signs": SIGNS,
        "patterns": _PATTERNS,
        "change_outcomes": _CHANGE_OUTCOMES,
        "answer_signs": _ANSWER_SIGNS,
        "anchor": anchor,
        "command": partial(_command, translator=translator),
        "remediation": partial(parts, translator=translator),
        "noun": partial(noun, translator=translator),
        "resource_words": partial(_resource_words, translator=translator),
        "until": partial(until, translator=translator),
        "synthetic": translator.word(SYNTHETIC),
        "most": _CHANGES_SHOWN,
        "documentation": partial(documentation, report),
        "configuration_line": partial(configuration_line, report),
        "undecided": UNDECIDED,
    }


def _results(report: Report, translator: Translator) -> dict[str, object]:
    """The rows: by chapter and check, what to fix first, what is missing, and what changed since a former report."""
    results = ordered(report.results)
    numbers = count(results)
    former = since_former(report, translator)
    groups = check_groups(results, former.new if former else ())
    missing = missing_causes(report)
    return {
        "numbers": numbers,
        "total_bar": bar(translator.text("All results"), numbers),
        "by_severity": open_by_severity(results),
        "first": fix_first(groups),
        "most_first": MOST_FIRST_OF_TWO if missing else MOST_FIRST,
        "missing": missing,
        "cause_links": cause_links(missing),
        "shared_steps": shared_steps(results)[:MOST_SHARED_STEPS],
        "since": report.since,
        "former": former,
        "chapters": tuple(chapters(groups, translator)),
        "groups": groups,
        "filters": filters(results, translator),
    }


def _sections(report: Report, translator: Translator) -> dict[str, object]:
    """The other sections: accounts, plans, permissions, policies, charts, waivers, own tests, assumptions."""
    waivers = applied_waivers(report)
    access = tuple(account_access(report, translator))
    return {
        "accounts": tuple(html_accounts(report, translator)),
        "many_accounts": len(report.accounts) > 1,
        "plans": tuple(plan_descriptions(report)),
        "permission_changes": tuple(permission_changes(report, translator)),
        "permissions_title": title(report, translator),
        "permissions": tuple((item.name, item.permissions) for item in access),
        "reach": tuple((item.name, item.reach) for item in access),
        "policies": tuple(policy_matrices(report, translator)),
        "charts": charts(report, translator),
        "waivers": waivers,
        "ending_waivers": tuple(ending_waivers(waivers, translator)),
        "tests": sorted(report.tests, key=lambda test: test.nodeid),
        "stated": stated_assumptions(report, translator),
    }


def _resource_words(check: str, resource: Resource | RowKey, translator: Translator) -> str:
    return words_for_all(check, resource.type, translator) if resource.id == "*" else resource.id


def _script_texts(script: str, translator: Translator) -> str:
    """The texts of the script by their English ones, as JSON; empty in English."""
    if translator.language == "en":
        return ""
    texts = {text: translator.pattern(text) for text in _SCRIPT_TEXT.findall(script)}
    words = {outcome: translator.word(outcome) for outcome in BY_ATTENTION}
    return json.dumps(texts | words, ensure_ascii=False, sort_keys=True)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader(__package__, "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"prose": _prose, "moment": moment_text, "breakable": _breakable}
    return environment.get_template("report.html")


def _prose(text: str) -> Markup:
    """Prose with the parts in backticks as code."""
    pieces = re.split(r"`([^`]+)`", visible_lines(text))
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(piece) if index % 2 else piece for index, piece in enumerate(pieces))


def _command(text: str, translator: Translator) -> Markup:
    """A command that can be copied."""
    label = translator.text("Copy the command")
    return _COMMAND.format(visible(text), label=label, copy=translator.text("Copy"))


def _breakable(name: str) -> Markup:
    """A name that a browser may wrap where one of its parts ends, and nowhere else."""
    # No visible text has a zero-width space, so it can mark the places.
    marked = _LONG_PART.sub("\\1\u200b", _PART_ENDS.sub("\u200b", visible_lines(name)))
    return Markup("<wbr>").join(escape(part) for part in marked.split("\u200b"))


def _finalize(value: object) -> object:
    return visible_lines(value) if type(value) is str else value


def _source(name: str) -> str:
    return (files(__package__) / "page" / name).read_text(encoding="utf-8")


def _content_security_policy(style: str, script: str) -> str:
    """The Content-Security-Policy: nothing but this style and this script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
