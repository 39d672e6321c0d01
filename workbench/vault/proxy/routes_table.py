"""The table of egress proxies and routes, opened and closed at the engine's word: one for each sandbox, and the engine's own."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import socket
from collections.abc import AsyncIterator, Sequence

from workbench.contracts.vault import Grant, NetDecision, NetworkRules, Route, VaultNotice, VaultRefused
from workbench.vault.keeping.oauth import OAuth
from workbench.vault.proxy.broadcast import Broadcast
from workbench.vault.proxy.dependencies import ProxyDependencies
from workbench.vault.proxy.listeners import taken_over
from workbench.vault.proxy.open_routes import opened
from workbench.vault.proxy.policy import Policy, policy_of
from workbench.vault.proxy.redaction import Redaction
from workbench.vault.proxy.routes import Routes
from workbench.vault.proxy.sandbox_proxy import SandboxProxy

TIDY_EVERY_S = 5.0


class RoutesTable:
    """The promise `Ways`, kept in this process."""

    def __init__(
        self, around: ProxyDependencies, oauth: OAuth, decided: Broadcast[NetDecision], noticed: Broadcast[VaultNotice]
    ) -> None:
        self.routes = Routes(around, oauth)
        self._around = around
        self._decided = decided
        self._noticed = noticed
        self._ways: dict[str, SandboxProxy] = {}
        self._reading: set[asyncio.Task[None]] = set()

    async def open(
        self, session_id: str, rules: NetworkRules, grants: Sequence[Grant], listener: socket.socket | None = None
    ) -> None:
        policy = policy_of(rules, grants)
        handed = None if listener is None else taken_over(listener)
        way = self._ways.get(session_id)
        if way is None:
            way = self._ways[session_id] = SandboxProxy(session_id, policy, self._around, self.routes)
        else:
            way.change(policy)
        if handed is not None:
            await way.listen(handed)
        # Read now, so that the first request that needs one does not wait for the keyring.
        reading = asyncio.create_task(self._read([grant.credential_id for grant in grants]))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)

    async def _read(self, credential_ids: Sequence[str]) -> None:
        for credential_id in credential_ids:
            # A locked keyring has been told of; the request that needs the secret waits for it.
            with contextlib.suppress(VaultRefused):
                await self._around.secrets.get(credential_id)

    async def close(self, session_id: str) -> None:
        if (way := self._ways.pop(session_id, None)) is not None:
            await way.close()

    async def route(self, route: Route) -> None:
        self.routes.set(opened(route))

    async def forget(self, name: str) -> None:
        self.routes.forget(name)

    def decisions(self) -> AsyncIterator[NetDecision]:
        return self._decided.listen()

    def notices(self) -> AsyncIterator[VaultNotice]:
        return self._noticed.listen()

    def policy(self, session_id: str) -> Policy | None:
        """The policy that is in force for a session."""
        way = self._ways.get(session_id)
        return way.policy if way is not None else None

    async def redaction(self, session_id: str) -> Redaction | None:
        """What is taken out for a session, with all its secrets read: a fresh process may not have come to that yet."""
        way = self._ways.get(session_id)
        if way is None:
            return None
        unread = [
            one.credential_id for one in way.policy.grants if self._around.secrets.known(one.credential_id) is None
        ]
        await self._read(unread)
        return way.redaction()

    async def tidy(self) -> None:
        """Forget what nothing uses any more: secrets, and the memory of closed connections; runs until it is cancelled."""
        loop = asyncio.get_running_loop()
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            if trim is not None:
                # The buffers of idle connections lie among those of closed ones, which glibc keeps until it is asked.
                trim(0)
            granted = {grant.credential_id for way in self._ways.values() for grant in way.policy.grants}
            self._around.secrets.drop_unused(frozenset(granted) | self.routes.credentials(), loop.time())

    async def aclose(self) -> None:
        for task in self._reading:
            task.cancel()
        for way in self._ways.values():
            await way.close()
        await self.routes.close()
        self._decided.end()
        self._noticed.end()
