"""A remediation as a sentence and the commands in it, which people copy."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..messages import one_line

_COMMAND = re.compile(r"`((?:aliyun|pytest|terraform) [^`]*)`")
_BELOW = "the command below"


@dataclass(frozen=True)
class Remediation:
    """What to do, in words, and the commands that do it, each ready for a shell."""

    text: str
    commands: tuple[str, ...] = ()


def parts(remediation: str) -> Remediation:
    """Take the commands out of a remediation; where a sentence needs one, it says `the command below`.

    >>> parts("`aliyun eci Tag --Id 1`. Tag the resource.")
    Remediation(text='Tag the resource.', commands=('aliyun eci Tag --Id 1',))
    >>> parts("Detach it. To detach: `aliyun ram Detach` `aliyun ram Remove`").text
    'Detach it. To detach:'
    >>> parts("Save it (`aliyun ram Get`), and pin it.").text
    'Save it, and pin it.'
    >>> parts("Attach the policy that `pytest --eci-audit-policy` prints.").text
    'Attach the policy that the command below prints.'
    """
    text = one_line(remediation)
    commands = tuple(dict.fromkeys(_COMMAND.findall(text)))
    text = re.sub(rf" \({_COMMAND.pattern}\)", "", text)
    text = re.sub(rf"^(?:{_COMMAND.pattern}\s*)+\. ", "", text)
    text = re.sub(rf"(?<=\. )(?:{_COMMAND.pattern}\s*)+\. ", "", text)
    text = re.sub(rf":(?:\s*{_COMMAND.pattern})+\.?$", ":", text)
    text = re.sub(rf":(?:\s*{_COMMAND.pattern})+(?=\.)", ": see below", text)
    text = re.sub(rf"(?:^|(?<=\. )){_COMMAND.pattern}", f"Run {_BELOW}", text)
    return Remediation(_COMMAND.sub(_BELOW, text), commands)
