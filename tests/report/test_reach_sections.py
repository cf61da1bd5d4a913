"""Who can become whom, powers by a path, and the cells that failed: HTML and Markdown."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_eci_compliance.policy.evaluator import Access
from pytest_eci_compliance.report import as_html, as_markdown
from pytest_eci_compliance.report.failed_cells import FailedPermissions, failed_permissions
from pytest_eci_compliance.report.markdown_paths import MOST_EDGES
from pytest_eci_compliance.report.model import Report
from pytest_eci_compliance.report.permission_answers import AnswerKind, PermissionCell
from pytest_eci_compliance.report.permission_matrix import permission_matrix
from pytest_eci_compliance.report.policy_matrix import policy_matrix
from pytest_eci_compliance.report.reach_table import ReachTable, reach_table
from pytest_eci_compliance.results import EscalationPath, Evidence, PathStep, Resource, Result, Row
from tests.emulator import Account, Attachment, Group, Instance, Policy, Region, Role, User
from tests.escalation.accounts import ACCOUNT_ID, REGION, document, statement, trust
from tests.escalation.inventories import inventory

WORLD = Account(
    account_id=ACCOUNT_ID,
    users=(User("dev"), User("eve"), User("kim"), User("ops"), User("root"), User("idle")),
    groups=(Group("debuggers", ("eve",)),),
    roles=(
        Role("AppRole", document(trust(Service=["ecs.aliyuncs.com"]))),
        Role("Idle", document(trust(Service=["fc.aliyuncs.com"]))),
    ),
    policies=(
        Policy("Delete", document(statement("eci:DeleteContainerGroup"))),
        Policy("Debug", document(statement("eci:ExecContainerCommand"))),
        Policy("Maybe", document(statement("eci:RunCommand"))),
        Policy("All", document(statement("*"))),
    ),
    attachments=(
        Attachment("Custom/Debug", user="dev"),
        Attachment("Custom/Debug", group="debuggers"),
        Attachment("Custom/Maybe", user="kim"),
        Attachment("Custom/Delete", user="ops"),
        Attachment("Custom/Delete", role="AppRole"),
        Attachment("Custom/All", user="root"),
    ),
    regions=(Region(REGION, instances=(Instance("eci-1", ram_role="AppRole", status="Running"),)),),
)


def table(account: Account = WORLD) -> ReachTable:
    facts = inventory(account)
    return reach_table(facts, Access(facts).escalation)


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))


def report(*rows: Row, account: Account = WORLD) -> Report:
    return Report(
        plugin="1",
        started="2026-11-25T00:00:00Z",
        accounts={"prod": Evidence("live", ACCOUNT_ID, complete=True)},
        results=tuple(Result(row, f"eci-checks/{row.check}::{row.resource.id}") for row in rows),
        inventories={"prod": inventory(account)},
    )


def failed(identity: str, *paths: EscalationPath, check: str = "user-escalation", **more: Any) -> Row:
    kind, _, name = identity.partition("/")
    resource = Resource(kind, name, name)  # type: ignore[arg-type]
    return Row("prod", check, "critical", "2", resource, "failed", "a message", "a fix", paths=paths, **more)


def chain(*names: str, certain: bool = True) -> EscalationPath:
    steps = tuple(
        PathStep("assume-role", actor, to, to, "statement 1 of Custom/P, held directly")
        for actor, to in pairwise(names)
    )
    return EscalationPath(names[-1], certain, steps)


def test_identities_with_the_same_reach_stand_together_each_with_its_path() -> None:
    rows = {row.identities: row for row in table().rows}
    together = rows["user/dev", "user/eve"]
    (entry,) = together.entries
    assert (entry.target, entry.is_certain) == ("role/AppRole", True)
    paths = {path.identities: path.words for path in entry.paths}
    assert "held directly" in paths[("user/dev",)]
    assert "held through group debuggers" in paths[("user/eve",)]
    assert paths[("user/dev",)].startswith("in 1 step: exec-in-instance eci-1 (statement 1 of Custom/Debug")


def test_what_is_only_possible_says_so() -> None:
    row = next(row for row in table().rows if row.identities == ("user/kim",))
    assert [(entry.target, entry.is_certain) for entry in row.entries] == [("role/AppRole", False)]
    assert row.summary == "user/kim: may reach role/AppRole"


def test_an_identity_that_reaches_any_permission_stands_first_with_that_alone() -> None:
    first = table().rows[0]
    assert first.identities == ("user/root",)
    assert [entry.target for entry in first.entries] == ["any-permission"]


def test_identities_that_reach_nothing_are_named() -> None:
    assert table().without == ("user/idle", "user/ops", "role/AppRole", "role/Idle")


def test_the_page_shows_the_table() -> None:
    page = as_html.render(report())
    text = text_of(page[page.index('id="reach"') :])
    assert "Who can become whom" in text
    assert "user/dev and user/eve: can reach role/AppRole" in text
    assert "→ acts as role AppRole (user/eve)" in text
    assert "4 identities reach nothing: user/idle, user/ops, role/AppRole, role/Idle" in text


def matrix_cells(account: Account = WORLD, **more: Any) -> dict[str, dict[str, PermissionCell]]:
    matrix = permission_matrix(inventory(account), **more)
    return {
        name: dict(zip(matrix.permissions, row.cells, strict=True))
        for row in matrix.rows
        for name in (*row.users, *(f"role/{role}" for role in row.roles))
    }


def test_a_permission_that_exists_only_by_a_path_is_marked() -> None:
    cells = matrix_cells()
    assert cells["dev"]["delete"].kind == "path"
    assert cells["dev"]["delete"].words == "only by a path"
    assert "exec-in-instance eci-1" in cells["dev"]["delete"].via[0]
    assert cells["dev"]["create"].kind == "no"
    assert (cells["ops"]["delete"].kind, cells["root"]["delete"].kind) == ("yes", "yes")
    assert (cells["kim"]["delete"].kind, cells["kim"]["delete"].words) == (
        "undecidable",
        "undecidable, by a path",
    )


def test_roles_are_rows_of_the_matrix() -> None:
    assert matrix_cells()["role/AppRole"]["delete"].kind == "yes"
    assert permission_matrix(inventory(WORLD)).roles_without == ("Idle",)
    assert "role AppRole" in text_of(as_html.render(report()))


def test_cells_that_a_failed_result_is_about_are_marked() -> None:
    failed: dict[tuple[str, str], frozenset[AnswerKind]] = {
        ("user/dev", "delete"): frozenset({"path"}),
        ("user/dev", "create"): frozenset({"yes"}),
        ("user/idle", "pass roles"): frozenset({"no"}),
    }
    cells = matrix_cells(failed=FailedPermissions(failed))
    assert cells["dev"]["delete"].has_failed
    assert not cells["dev"]["create"].has_failed
    assert not cells["eve"]["delete"].has_failed
    assert cells["idle"]["pass roles"].has_failed
    matrix = policy_matrix(inventory(WORLD), {"ops": frozenset({"Custom/Delete"})})
    row = next(row for row in matrix.rows if row.users == ("ops",))
    assert [cell.has_failed for cell in row.cells] == [
        str(policy) == "Custom/Delete" for policy in matrix.policies
    ]


def test_a_power_by_a_path_is_marked_where_the_escalation_failed() -> None:
    page = as_html.render(report(failed("user/dev", chain("user/dev", "role/AppRole"))))
    marked = re.findall(r'<td class="cell cell-(\w+) has-failed" data-label="([\w ]+)"', page)
    assert marked == [("path", "delete")]


@pytest.mark.parametrize("entry", ["cannot", "can"])
def test_an_expectation_marks_the_answers_that_make_it_fail(entry: str) -> None:
    row = failed("user/ops", check="access", config_path=("access", 0))
    rows = (row, replace(row, resource=Resource("user", "idle")))
    expectation = SimpleNamespace(**{"can": None, "cannot": None, entry: ("eci:Delete*",)})
    account = SimpleNamespace(access=(expectation,))
    loaded: Any = SimpleNamespace(configuration=SimpleNamespace(accounts={"prod": account}))
    concern = failed_permissions(replace(report(*rows), loaded=loaded), "prod").concern
    assert concern("user/ops", "delete", "yes") is (entry == "cannot")
    assert concern("user/idle", "delete", "no") is (entry == "can")
    assert not concern("user/ops", "create", "yes")


@pytest.mark.parametrize("failing", [True, False])
def test_the_page_marks_the_cells_of_failed_rows(failing: bool) -> None:
    row = failed("user/ops", check="user-pass-role")
    page = as_html.render(report(row if failing else replace(row, outcome="passed")))
    assert ('class="mark"' in page) is failing


def test_markdown_has_the_shortest_path_of_each_failure_and_a_small_graph() -> None:
    text = as_markdown.render(report(failed("user/dev", chain("user/dev", "role/A", "role/B"))))
    assert "1. `user/dev` assume-role on `role/A` → `role/A`: statement 1 of Custom/P, held directly" in text
    assert "1. `role/A` assume-role on `role/B` → `role/B`" in text
    graph = text.partition("```mermaid\n")[2].partition("```")[0]
    assert graph.splitlines() == [
        "graph LR",
        '    n0["user/dev"]',
        '    n1["role/A"]',
        '    n2["role/B"]',
        '    n0 -->|"assume-role"| n1',
        '    n1 -->|"assume-role"| n2',
    ]


def test_a_large_graph_is_left_out_and_names_are_no_mark_up() -> None:
    many = [failed(f"user/u{n}", chain(f"user/u{n}", f"role/r{n}")) for n in range(MOST_EDGES + 1)]
    text = as_markdown.render(report(*many))
    assert "```mermaid" not in text
    assert "## Escalation paths" in text
    text = as_markdown.render(report(failed("user/x", chain('user/x"]; click', "role/A"))))
    assert '["user/x#34;#93;#59; click"]' in text


def test_without_paths_there_is_no_section() -> None:
    assert "Escalation paths" not in as_markdown.render(report(failed("user/dev", check="user-pass-role")))


def test_a_thousand_users_are_readable_and_quick() -> None:
    users = tuple(User(f"u{number:04}") for number in range(1000))
    grants = tuple(
        Attachment(f"Custom/{('Debug', 'Maybe', 'Delete')[number % 3]}", user=user.name)
        for number, user in enumerate(users)
    )
    account = replace(WORLD, users=users, groups=(), attachments=(*grants, WORLD.attachments[4]))
    started = time.process_time()
    reach = table(account)
    assert time.process_time() - started < 10
    assert len(reach.rows) == 2
    assert all(len(entry.paths) == 1 for row in reach.rows for entry in row.entries)
    assert reach.rows[0].summary.startswith("user/u0000, user/u0003")
    assert len(reach.rows[0].summary) < 200
