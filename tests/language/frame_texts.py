"""Every text of the terminal summary and the HTML report, as the source has it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, nodes

import pytest_eci_compliance

PACKAGE = Path(pytest_eci_compliance.__file__).parent
_PAGE = PACKAGE / "report" / "page"
_METHODS = {"text": 1, "_text": 1, "_": 1, "plural": 3}
"""The functions that translate, and the number of their positional arguments."""

_PASSES_ON = {"language/__init__.py", "report/permission_answers.py"}
"""The modules in which a translator passes its own argument on."""


class FrameText(NamedTuple):
    """A text that is translated: the English text that is the key, its other forms, and where it stands."""

    key: str
    forms: tuple[str, ...]
    place: str


@cache
def frame_texts() -> tuple[FrameText, ...]:
    """Every text of the Python modules, of the templates and of the script."""
    return (*_of_modules(), *_of_templates(), *_of_script())


def _of_modules() -> Iterator[FrameText]:
    for path in sorted(PACKAGE.rglob("*.py")):
        place, source = path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")
        if "Translator" not in source:  # another module may have functions of these names
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and (name := _name(node.func)) in _METHODS:
                arguments = [_constant(argument) for argument in node.args]
                yield from _text(name, arguments, f"{place}:{node.lineno}", place)


def _of_templates() -> Iterator[FrameText]:
    environment = Environment(autoescape=True)
    for path in sorted(_PAGE.glob("*.html")):
        tree = environment.parse(path.read_text(encoding="utf-8"))
        for call in tree.find_all(nodes.Call):
            name = call.node.name if isinstance(call.node, nodes.Name) else ""
            if name in _METHODS:
                arguments = [
                    argument.value if isinstance(argument, nodes.Const) else None for argument in call.args
                ]
                yield from _text(name, arguments, f"{path.name}:{call.lineno}", path.name)


def _of_script() -> Iterator[FrameText]:
    script = (_PAGE / "report.js").read_text(encoding="utf-8")
    for text in re.findall(r'\bsay\("([^"]+)"', script):
        yield FrameText(text, (text,), "report.js")


def _text(name: str, arguments: list[str | None], place: str, file: str) -> Iterator[FrameText]:
    texts = arguments[1:] if name == "plural" else arguments
    known = [text for text in texts if isinstance(text, str)]
    if len(arguments) == _METHODS[name] and len(known) == len(texts):
        yield FrameText(known[-1], tuple(known), place)
    elif file not in _PASSES_ON:
        raise AssertionError(f"{place}: the text must be a literal, so that its translation can be looked up")


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _constant(argument: ast.expr) -> str | None:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return None
