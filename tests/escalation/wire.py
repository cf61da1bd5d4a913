"""The attacker's side of the wire: signed calls, and what they have given."""

from __future__ import annotations

from typing import Any

from tests.emulator import Account, Backend, Credential, direct
from tests.emulator.errors import ApiError
from tests.emulator.readings import Readings
from tests.emulator.world import World
from tests.escalation import knowledge
from tests.escalation.state import Attack, Call, State, Ways


class Wire:
    """Sends calls for one attack, and notes what was reached."""

    def __init__(
        self,
        account: Account,
        identity: str,
        readings: Readings,
        ways: Ways | None = None,
        *,
        call: Call = direct.call,
        backend: Backend | None = None,
        final_calls: tuple[str, ...] = ("eci:DeleteContainerGroup",),
        depth: int = 3,
        branches: int = 60,
    ) -> None:
        self.account = account
        self.identity = identity
        self.readings = readings
        self.ways = ways or Ways()
        self.send = call
        self.backend = backend or Backend(accounts=(account,), readings=readings, check_nonces=False)
        self.final_calls = final_calls
        self.depth = depth
        self.branches = branches
        self.attack = Attack()
        self.initial = World(account)
        self.new_names = {
            kind: knowledge.new_names(self.initial, kind) for kind in ("user", "role", "policy")
        }
        self._refused: set[tuple[object, ...]] = set()
        self._kept: list[object] = []
        self._named: dict[tuple[int, str], tuple[object, bool]] = {}

    def _enter(self, state: State) -> None:
        self.backend.worlds[self.account.account_id] = state.world

    def _first_key(self, world: World) -> Credential:
        kind, _, name = self.identity.partition("/")
        if kind == "role":
            return world.open_session(world.roles[name], "start", 3600, "")
        own = next((key for key in world.account.credentials if key.identity == self.identity), None)
        if own is None:
            own = Credential(f"LTAI5tStart{name}", f"start-{name}", self.identity)
            world.change(credentials=(*world.account.credentials, own))
        return own

    def _call(self, key: Credential, action_id: str, **params: str) -> dict[str, Any] | None:
        """The answer of a call; None where it is refused."""
        memo = (self._permissions(key), action_id, tuple(params.items()))
        if memo in self._refused:
            return None
        try:
            return self.send(self.backend, key, action_id, params)
        except ApiError as error:
            if error.status >= 500 or error.code.startswith(("Missing", "Signature", "InvalidAccessKey")):
                raise
            if error.code == "NoPermission" and action_id.startswith(("ram:", "resourcemanager:")):
                self._refused.add(memo)
            return None

    def _permissions(self, key: Credential) -> tuple[object, ...]:
        """What a credential holds now: a call of RAM that was refused for these permissions is not tried again."""
        world = self.backend.worlds[self.account.account_id]
        known = world.credential(key.access_key_id) or key
        kind, name = known.identity.split("/")[:2]
        grants = world.grants("IMSUser" if kind == "user" else "ServiceRole", name)
        self._kept += [grant.statements for grant in grants]
        return tuple((id(grant.statements), grant.scope) for grant in grants)

    def _may_try(self, state: State, identity: str, *actions: str) -> bool:
        """Whether some policy of the identity names every one of the actions; else a call is a waste of time."""
        kind, _, name = identity.partition("/")
        grants = state.world.grants("IMSUser" if kind == "user" else "ServiceRole", name)
        return all(self._names(grants, action) for action in actions)

    def _names(self, grants: tuple[Any, ...], action: str) -> bool:
        key = (id(grants), action)
        cached = self._named.get(key)
        if cached is None or cached[0] is not grants:
            named = any(knowledge.names_action(grant.statements, action) for grant in grants)
            cached = self._named[key] = (grants, named)
        return cached[1]

    def _win(self, state: State, identity: str, key: Credential, step: str) -> bool:
        """Note that the attacker acts as an identity from now on."""
        if identity in state.keys:
            return False
        state.keys[identity] = key
        if identity.partition("/")[2] not in state.created:
            self._reach(identity, step)
        return True

    def _reach(self, target: str, step: str) -> None:
        self.attack.reached.setdefault(target, step)
