"""Users under another name: `ram:UpdateUser` gives a user a name that a trust policy or a Resource names.

Whether a trust policy, or the Resource of a statement, follows the name or the user is not documented: all of this is
at most possible. Source: the page of UpdateUser (NewUserName) at help.aliyun.com.
"""

from __future__ import annotations

from collections.abc import Iterator

from .ask import Answer, Ask, best, both
from .edge import Edge, edge
from .model import Identity
from .states import State

RENAME = "ram:UpdateUser"
_INTO_USER = ("ram:CreateAccessKey", "ram:CreateLoginProfile", "ram:UpdateLoginProfile")


def by_new_name(ask: Ask, updater: State, actor: State) -> Iterator[Edge]:
    """The identities that an actor comes to act as after another identity, or itself, has renamed a user."""
    if ask.may(updater, RENAME):
        yield from _trusted_by_new_name(ask, updater, actor)
        yield from _within_reach_by_new_name(ask, updater, actor)


def _trusted_by_new_name(ask: Ask, updater: State, actor: State) -> Iterator[Edge]:
    """The actor is a user, and under another name the trust policy of a role lets it in."""
    kind, own_name, new = actor.identity
    if kind != "user" or new:
        return
    rename = ask.ram(updater, RENAME, user=own_name)
    if rename.truth is False:
        return
    for names in ask.roles(actor, "sts:AssumeRole"):
        assume = ask.ram(actor, "sts:AssumeRole", role=names[0])
        if assume.truth is False:
            continue
        for name in names:
            if ask.account.trusts.policies[name].lets_in("user", own_name) is not False:
                continue  # it needs no other name
            for new_name, free in _free_names(ask, updater, name):
                if ask.account.trusts.policies[name].lets_in("user", new_name) is not False:
                    doubt = f"it needs user {own_name} renamed to {new_name}: {_FOLLOWS}"
                    answer = both(assume, rename, free)
                    yield edge("assume-role", actor, Identity("role", name), answer, name, None, doubt)
                    break


_FOLLOWS = "whether a policy that names a user follows the name or the user is not documented"
_NOTHING_NEEDED = Answer(truth=True)


def _free_names(ask: Ask, updater: State, role: str) -> Iterator[tuple[str, Answer]]:
    """The names that a user may be given and that the trust policy of a role can tell apart: those that it names, as
    they are or after their user was deleted or renamed, and one that it does not name."""
    taken = {name.lower(): name for name in ask.account.identities.users}
    for text in sorted(ask.account.trusts.policies[role].written_users):
        name = taken.get(text.lower())
        if name is None:
            yield text, _NOTHING_NEEDED
        else:
            freed = best(ask.ram(updater, action, user=name) for action in ("ram:DeleteUser", RENAME))
            if freed.truth is not False:
                yield text, freed
    for fresh in ask.new_names("user", ask.account.identities.taken_user_names):
        yield fresh, _NOTHING_NEEDED


def _within_reach_by_new_name(ask: Ask, updater: State, actor: State) -> Iterator[Edge]:
    """Under another name, a user may be given an access key or a password by the actor."""
    if not any(ask.may(actor, action) for action in _INTO_USER):
        return
    fresh = ask.new_names("user", ask.account.identities.taken_user_names)
    into = best(ask.ram(actor, action, user=name) for name in fresh for action in _INTO_USER)
    if into.truth is False:
        return
    for names in ask.users(updater, RENAME):
        rename = ask.ram(updater, RENAME, user=names[0])
        if rename.truth is False or any(
            ask.ram(actor, action, user=names[0]).truth is not False for action in _INTO_USER
        ):
            continue
        for name in names:
            doubt = f"it needs another name for user {name}: {_FOLLOWS}"
            answer = both(into, rename)
            yield edge("create-access-key", actor, Identity("user", name), answer, name, None, doubt)
