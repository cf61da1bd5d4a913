"""A remediation as a sentence and the commands in it, which people copy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..language import ENGLISH, Translator
from ..messages import one_line

_COMMAND = re.compile(r"`((?:aliyun|pytest|terraform) [^`]*)`")
_BELOW = "the command below"


@dataclass(frozen=True)
class Remediation:
    """What to do, in words, and the commands that do it, each ready for a shell."""

    text: str
    commands: tuple[str, ...] = ()


def parts(remediation: str, translator: Translator = ENGLISH) -> Remediation:
    """Take the commands out of a remediation; where a sentence needs one, it says `the command below`.

    The remediation is in English, the sentence in the language of the translator.

    >>> parts("`aliyun eci Tag --Id 1`. Tag the resource.")
    Remediation(text='Tag the resource.', commands=('aliyun eci Tag --Id 1',))
    >>> parts("Detach it. To detach: `aliyun ram Detach` `aliyun ram Remove`").text
    'Detach it. To detach:'
    >>> parts("Save it (`aliyun ram Get`), and pin it.").text
    'Save it, and pin it.'
    >>> parts("Attach the policy that `pytest --eci-audit-policy` prints.").text
    'Attach the policy that the command below prints.'
    """
    text = one_line(translator.row(remediation))
    commands = tuple(dict.fromkeys(_COMMAND.findall(text)))
    if translator.language == "zh":
        return Remediation(_chinese_text(text), commands)
    text = re.sub(rf" \({_COMMAND.pattern}\)", "", text)
    text = re.sub(rf"^(?:{_COMMAND.pattern}\s*)+\. ", "", text)
    text = re.sub(rf"(?<=\. )(?:{_COMMAND.pattern}\s*)+\. ", "", text)
    text = re.sub(rf":(?:\s*{_COMMAND.pattern})+\.?$", ":", text)
    text = re.sub(rf":(?:\s*{_COMMAND.pattern})+(?=\.)", ": see below", text)
    text = re.sub(rf"(?:^|(?<=\. )){_COMMAND.pattern}", f"Run {_BELOW}", text)
    return Remediation(_COMMAND.sub(_BELOW, text), commands)


def _chinese_text(text: str) -> str:
    """A Chinese remediation without its commands.

    >>> _chinese_text("解除授权：`aliyun ram Detach` `aliyun ram Remove`。")
    '解除授权：见下方命令。'
    >>> _chinese_text("将其保存（`aliyun ram Get`），并固定内容。")
    '将其保存，并固定内容。'
    >>> _chinese_text("`aliyun eci Tag --Id 1`。为资源添加标签。")
    '为资源添加标签。'
    >>> _chinese_text("授予 `pytest --eci-audit-policy` 输出的权限策略。")
    '授予下方命令输出的权限策略。'
    """
    commands = rf"(?:{_COMMAND.pattern}\s*)+"
    text = re.sub(rf"\s*（{_COMMAND.pattern}）| \({_COMMAND.pattern}\)", "", text)
    text = re.sub(rf"(?:^|(?<=。))\s*{commands}[。.]\s*", "", text)
    text = re.sub(rf"(?<=[：:])\s*{commands}", "见下方命令", text)
    return re.sub(rf"\s*{_COMMAND.pattern}\s*", "下方命令", text)
