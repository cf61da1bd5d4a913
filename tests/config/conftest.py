"""Configurations that are written to a file and loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent, indent

import pytest

from pytest_eci_compliance.config.loader import ConfigurationError, Loaded, load
from pytest_eci_compliance.config.model import Account

CHECKS = ("auditor-visibility", "instance-required-tags", "slr-exists", "user-intended-policies", "waiver")


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Loaded]:
    """Load a configuration from its text."""

    def read(text: str) -> Loaded:
        file = tmp_path / "eci-compliance.yaml"
        file.write_text(dedent(text), encoding="utf-8")
        return load(file, CHECKS)

    return read


@pytest.fixture
def account(read: Callable[[str], Loaded]) -> Callable[[str], Account]:
    """The account `prod` whose sections are given."""
    return lambda sections: read(_file(sections)).configuration.accounts["prod"]


@pytest.fixture
def wrong(read: Callable[[str], Loaded]) -> Callable[[str], dict[str, str]]:
    """What is wrong with a whole configuration: messages by key path."""

    def wrong(text: str) -> dict[str, str]:
        with pytest.raises(ConfigurationError) as refused:
            read(text)
        lines = str(refused.value).splitlines()
        assert len(lines) == 1 + len(refused.value.problems), "one line per problem, after the header"
        return {line.split(": ")[1]: line.split(": ", 2)[2] for line in lines[1:] if line.count(": ") > 1}

    return wrong


@pytest.fixture
def wrong_in(wrong: Callable[[str], dict[str, str]]) -> Callable[[str], dict[str, str]]:
    """What is wrong with the sections of the account `prod`: messages by key path below the account."""
    return lambda sections: {
        key.removeprefix("accounts.prod").removeprefix("."): message
        for key, message in wrong(_file(sections)).items()
    }


def _file(sections: str) -> str:
    return f'version: 1\naccounts:\n  prod:\n    account_id: "1"\n{indent(dedent(sections), " " * 4)}'
