"""The hooks that `--eci-account` switches on."""

from __future__ import annotations

from collections.abc import Generator
from functools import cached_property

import pytest

from .arguments import set_paths
from .collection import CheckCollector, NotJudgedReports, writes_allure
from .fixtures import SESSION
from .node_ids import ROOT
from .own_checks import OwnCheckCollection
from .parametrize import Parameters
from .session import WORKER_KEY, Session


def activate(config: pytest.Config) -> None:
    """Register the hooks of this process. A worker of pytest-xdist loads the session of its controller."""
    workerinput = getattr(config, "workerinput", None)
    if config.option.showfixtures or config.option.show_fixtures_per_test:
        return
    if workerinput is None:
        from .controller import Controller  # noqa: PLC0415 - workers read no account and write no report

        config.pluginmanager.register(Controller(config), "eci_compliance_controller")
    else:
        session = Session.unpacked(workerinput[WORKER_KEY])
        config.stash[SESSION] = session
        set_paths(config, session.tests)
    config.pluginmanager.register(Collection(config), "eci_compliance_collection")
    config.pluginmanager.register(OwnCheckCollection(config), "eci_compliance_own_check_collection")
    if writes_allure(config):
        config.pluginmanager.register(NotJudgedReports(), "eci_compliance_not_judged_reports")


class Collection:
    """Collects the built-in checks, and parametrises the user's own tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @cached_property
    def _parameters(self) -> Parameters:
        return Parameters(self._config.stash[SESSION].accounts)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            session = self._config.stash[SESSION]
            # The checks come first: --lf skips what comes after the first file with failures.
            report.result = [
                *(
                    CheckCollector.from_parent(
                        collector, name=f"{ROOT}/{check}", nodeid=f"{ROOT}/{check}", rows=rows
                    )
                    for check, rows in session.selection.of(session.checks)
                ),
                *report.result,
            ]
        return report

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        self._parameters.parametrise(metafunc)
