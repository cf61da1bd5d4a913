"""How long the escalation engine takes: what every identity reaches, and one `cannot` over every instance."""

from __future__ import annotations

import time

from pytest_eci_compliance.inventory.facts import Inventory
from pytest_eci_compliance.policy.authorization import Call
from pytest_eci_compliance.policy.escalation import Escalation, Identity
from pytest_eci_compliance.policy.evaluator import Access

from .escalation_accounts import ACCOUNTS
from .table import table


def measure(account: Inventory) -> tuple[object, ...]:
    """The figures of one account: all reach, then one `cannot` over every instance, for every user and role."""
    start = time.process_time()
    access = Access(account)
    engine = Escalation(account, access)
    identities = [Identity("user", user.user_name) for user in account.users]  # type: ignore[union-attr]
    identities += [Identity("role", role.role_name) for role in account.roles]  # type: ignore[union-attr]
    targets = sum(len(engine.reach(identity)) for identity in identities)
    reached, work = time.process_time(), engine.work
    calls = dict.fromkeys(
        Call("eci:DeleteContainerGroup", access.target(instance))
        for instance in account.resources("instance")
    )
    outcomes = [engine.reaches(identity, call).outcome for identity in identities for call in calls]
    ended = time.process_time()
    return (
        targets,
        work,
        reached - start,
        len(outcomes),
        outcomes.count("yes"),
        outcomes.count("undecidable"),
        ended - reached,
    )


def escalation(users: int = 1000, roles: int = 300, instances: int = 5000) -> None:
    """What every identity reaches, and one `cannot` over everything, in accounts of 1,000 users, 300 roles and 5,000
    instances and of twice the size: within a few seconds of one core, and linear."""
    rows = (
        (name, users * factor, *measure(make(users * factor, roles * factor, instances * factor)))
        for name, make in ACCOUNTS.items()
        for factor in (1, 2)
    )
    head = ("account", "users", "reached", "work", "CPU (s)", "answers", "yes", "undecidable", "CPU (s)")
    table(head, rows)
