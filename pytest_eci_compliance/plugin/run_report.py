"""The report of a finished run: what the reports of every format are written from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .. import __version__
from ..change.effect import marker_of_own_rows
from ..policy.permissions import Permission, PermissionChanges, compare_permissions, reach_of
from ..report import comparison
from ..report.model import Links, Report

if TYPE_CHECKING:
    from ..audit import FormerAccount
    from ..config.loader import Loaded
    from ..inventory.facts import Inventory
    from ..language import Language
    from ..report.former_report import FormerReport
    from ..results import Result
    from ..snapshot import AccountSnapshot
    from .session import RunResults, Session


@dataclass(frozen=True)
class ReportedRun:
    """What a report is built from: the session, its results, and what `--eci-since` names.

    `former` is a former report, or the rows of a former recording; `recording` is set only for a recording.
    """

    session: Session
    results: RunResults
    loaded: Loaded
    former: FormerReport | None = None
    recording: FormerAccount | None = None
    links: Links = field(default_factory=Links)


def build_report(run: ReportedRun, language: Language) -> Report:
    """The report of a run, with the comparison with a former one where there is one."""
    accounts = run.session.accounts
    report = Report(
        plugin=__version__,
        started=run.session.snapshot.started,
        accounts={account.name: account.evidence for account in accounts},
        results=_marked_results(run),
        tests=run.results.tests,
        loaded=run.loaded,
        inventories={
            account.name: account.inventory for account in accounts if account.inventory is not None
        },
        partial=run.results.partial,
        plans={account.name: account.plan for account in accounts if account.plan is not None},
        links=run.links,
        language=language,
    )
    if run.recording is not None:
        report = replace(report, permissions=_permissions_since(run.session, run.recording))
    elif report.plans:
        report = replace(report, permissions=_permissions_of_plans(run.session), permissions_of_plan=True)
    if run.former is None:
        return report
    return replace(report, since=comparison.compare_reports(run.former, report))


def _marked_results(run: ReportedRun) -> tuple[Result, ...]:
    """The results, with the effect of the plan on those of own checks, which only ran on the planned account."""
    planned = {
        account.name: marker_of_own_rows(account.plan, account.inventory)
        for account in run.session.accounts
        if account.plan is not None and account.inventory is not None
    }
    own = run.results.own_rows if planned else {}
    return tuple(
        replace(result, row=planned[result.row.account](result.row))
        if result.nodeid in own and result.row.account in planned
        else result
        for result in run.results.results
    )


def _permissions_of_plans(session: Session) -> dict[str, PermissionChanges]:
    """What the planned changes give and take, by account."""
    return {
        account.name: _compare(account, account.plan.before, account.inventory, one_reading=True)
        for account in session.accounts
        if account.plan is not None and account.plan.before is not None and account.inventory is not None
    }


def _permissions_since(session: Session, former: FormerAccount) -> dict[str, PermissionChanges]:
    """What changed since the former recording, of the account that it is of."""
    account = next(snapshot for snapshot in session.accounts if snapshot.name == former.name)
    if account.inventory is None:
        why = "now: the account could not be identified"
        return {former.name: PermissionChanges(not_compared=(Permission("*", None, "account", why),))}
    return {former.name: _compare(account, former.inventory, account.inventory)}


def _compare(
    account: AccountSnapshot, then: Inventory, now: Inventory, *, one_reading: bool = False
) -> PermissionChanges:
    default, settings = account.default_resource_group, account.settings
    reach = reach_of(default, settings)
    return compare_permissions(then, now, default, default, reach, settings=settings, one_reading=one_reading)
