"""The demonstration serves where there is no configuration, and only for its own accounts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_eci_compliance import audit, demonstration
from pytest_eci_compliance.audit import AuditRequest
from pytest_eci_compliance.config.json_schema import json_schema
from pytest_eci_compliance.config.loader import ConfigurationError
from tests.plugin.conftest import Runs

ROOT = Path(__file__).parents[2]


def request(folder: Path, *names: str, **more: Any) -> AuditRequest:
    facts: dict[str, Any] = {
        "config": None,
        "config_source": "default",
        "mode": None,
        "cassettes": None,
        **more,
    }
    return AuditRequest(names=names, invocation_dir=folder, rootdir=folder, **facts)


@pytest.mark.parametrize("names", [("demo",), ("demo-drift",), ("demo", "demo-drift")])
@pytest.mark.parametrize("mode", [None, "replay"])
def test_it_serves_in_an_empty_folder(tmp_path: Path, names: tuple[str, ...], mode: Any) -> None:
    asked = request(tmp_path, *names, mode=mode)
    loaded = audit.load_configuration(asked)
    assert audit.is_demonstration(asked, loaded)
    assert audit.account_names(asked, loaded) == names


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (("prod",), {}),
        (("demo", "prod"), {}),
        (("all",), {}),
        ((), {}),
        (("demo",), {"mode": "live"}),
        (("demo",), {"mode": "record"}),
        (("demo",), {"config": Path("mine.yaml")}),
        (("demo",), {"cassettes": Path("cassettes")}),
    ],
)
def test_it_serves_for_nothing_else(tmp_path: Path, names: tuple[str, ...], more: dict[str, Any]) -> None:
    assert audit.demonstration_path(request(tmp_path, *names, **more)) is None


def test_a_misspelt_name_of_it_is_corrected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no account `dmeo`; did you mean `demo`"):
        audit.load_configuration(request(tmp_path, "dmeo"))
    for names in (("prod",), ("demo", "prod")):
        with pytest.raises(ConfigurationError) as error:
            audit.load_configuration(request(tmp_path, *names))
        assert "demonstration" not in str(error.value)


def test_a_configuration_goes_before_it(tmp_path: Path) -> None:
    text = 'version: 1\naccounts: {demo: {account_id: "1098765432109876"}}\n'
    (tmp_path / "eci-compliance.yaml").write_text(text)
    asked = request(tmp_path, "demo")
    loaded = audit.load_configuration(asked)
    assert not audit.is_demonstration(asked, loaded)
    assert loaded.configuration.accounts["demo"].account_id == "1098765432109876"


def test_the_wheel_has_everything_that_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lay out a package as the wheel does, and load the demonstration from it."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("force-include]\n")[2]
    rows = [line.split(" = ") for line in text.partition("\n\n")[0].splitlines()]
    for source, target in (tuple(map(json.loads, row)) for row in rows):
        place = tmp_path / target
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(ROOT / source)
    monkeypatch.setattr(demonstration, "__file__", str(tmp_path / "pytest_eci_compliance" / "x.py"))
    asked = request(tmp_path, *demonstration.ACCOUNTS)
    loaded = audit.load_configuration(asked)
    assert loaded.path.is_relative_to(tmp_path / "pytest_eci_compliance")
    assert [loaded.path.with_name("cassettes").joinpath(name).is_dir() for name in asked.names] == [True] * 2


def test_the_header_says_that_it_is_the_demonstration(runs: Runs) -> None:
    (runs.folder / "eci-compliance.yaml").unlink()
    runs.write(
        "snapshots.py",
        "def make(request):\n    return snapshot(account('demo'))\n",
    )
    result = runs(account="demo")
    result.stdout.fnmatch_lines(
        ["eci configuration: the demonstration that ships with pytest-eci-compliance, because there is no *"]
    )


def test_the_schema_is_printed(runs: Runs) -> None:
    result = runs("--eci-schema", account=None)
    assert result.ret == 0
    assert json.loads(result.stdout.str()) == json_schema()
