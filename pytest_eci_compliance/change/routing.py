"""Which changes are for which account, before anything is read; and what the plan needs beyond the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..inventory.facts import Inventory, PolicyRef, read_or_empty
from .model import ChangeSet, EciState, GrantState, Note, Origin, PlanError, PlanFile


def changes_for(files: Sequence[PlanFile], accounts: Mapping[str, str]) -> dict[str, tuple[ChangeSet, ...]]:
    """The changes of each account, by its name; `accounts` are the ids of those that are tested.

    Raises PlanError where a plan is shown to be for another account, or where it is not shown for which of
    several accounts it is.
    """
    by_account: dict[str, list[ChangeSet]] = {name: [] for name in accounts}
    for file in files:
        for name, change_set in _of_file(file, accounts):
            by_account[name].append(change_set)
    return {name: tuple(sets) for name, sets in by_account.items()}


def _of_file(file: PlanFile, accounts: Mapping[str, str]) -> Iterable[tuple[str, ChangeSet]]:
    ids = set(accounts.values())
    others = sorted(account for account in file.by_account if account is not None and account not in ids)
    mine = {
        account: change_set
        for account, change_set in file.by_account.items()
        if account is None or account in ids
    }
    if others and not any(account in ids for account in file.by_account):
        raise PlanError(
            f"--eci-plan {file.name}: the plan is for account {' and '.join(others)}, and"
            f" {' and '.join(f'{name} is {id_}' for name, id_ in accounts.items())}: name the account of the plan"
            " with --eci-account, or correct account_id"
        )
    notes = tuple(
        Note(
            "not evaluated",
            Origin(file.name, ""),
            f"{len(file.by_account[other].changes)} changes are for account {other}",
        )
        for other in others
    )
    unplaced = mine.get(None)
    if unplaced is not None and unplaced.changes and len(ids) > 1:
        shown = {account for account in mine if account is not None}
        raise PlanError(
            f"--eci-plan {file.name}: nothing in the plan shows for which account"
            f" {'some of its changes are' if shown else 'it is'}: name one account with --eci-account"
        )
    if unplaced is not None and (len(file.by_account) > 1 or file.is_ambiguous):
        mine[None] = _undetermined(unplaced)
    for name, id_ in accounts.items():
        parts = [change_set for account, change_set in mine.items() if account in (None, id_)]
        if parts:
            yield name, _joined(parts, notes)


def _undetermined(change_set: ChangeSet) -> ChangeSet:
    """The changes that nothing in a plan places, where its providers have different credentials.

    They may be for another account.
    """
    why = (
        "the plan may be for several accounts, and nothing in it shows for which of them this change is; write"
        " `account_id` into each provider block"
    )
    changes = (
        change if change.action == "none" else replace(change, action="undetermined", undetermined=why)
        for change in change_set.changes
    )
    return replace(change_set, changes=tuple(changes))


def _joined(parts: Sequence[ChangeSet], notes: tuple[Note, ...]) -> ChangeSet:
    first = parts[0]
    return ChangeSet(
        first.file,
        tuple(change for part in parts for change in part.changes),
        tuple(dict.fromkeys((*(note for part in parts for note in part.notes), *notes))),
        first.time,
        sum(part.other_types for part in parts),
        first.complete,
        first.is_overlay,
    )


def needed(sets: Iterable[ChangeSet], inventory: Inventory) -> tuple[frozenset[PolicyRef], frozenset[str]]:
    """The policies whose documents, and the roles whose trust policies, only the plan needs."""
    refs: set[PolicyRef] = set()
    roles: set[str] = set()
    for change in (change for change_set in sets for change in change_set.changes):
        after = change.after
        if (
            isinstance(after, GrantState)
            and after.policy_type == "System"
            and isinstance(after.policy_name, str)
        ):
            refs.add(PolicyRef("System", after.policy_name))
        if isinstance(after, EciState):
            roles.add(str(getattr(after.resource, "ram_role_name", "")))
    asked = {name.casefold() for name in inventory.role_lookups}
    known = read_or_empty(inventory.roles)
    exists = {role.role_name.casefold() for role in known} or {name.casefold() for name in roles}
    wanted = {name for name in roles - {""} if name.casefold() not in asked and name.casefold() in exists}
    return frozenset(refs - inventory.policies.keys()), frozenset(wanted)
