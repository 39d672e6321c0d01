"""The two promises, kept by the vault's own process: what the engine holds in its hands."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from workbench.contracts.vault import (
    Grant,
    NetDecision,
    NetworkRules,
    Refreshed,
    Route,
    Stored,
    VaultNotice,
    VaultRefused,
    VaultStanding,
)
from workbench.settings import Settings
from workbench.vault.control.packets import from_wire, to_wire
from workbench.vault.control.process import OpenWay, VaultProcess, open_head
from workbench.vault.proxy.listeners import taken_over
from workbench.vault.proxy.open_routes import opened
from workbench.vault.proxy.policy import policy_of


class OtherVault:
    """The promise `Vault`. What is put here has passed through this process; what is deposited has not."""

    def __init__(self, process: VaultProcess) -> None:
        self._process = process

    async def put(self, credential_id: str, secrets: Mapping[str, str], settings: Mapping[str, str | None]) -> Stored:
        head = {"credential_id": credential_id, "secrets": dict(secrets), "settings": dict(settings)}
        return from_wire(Stored, (await self._process.call({"do": "put", **head})).head["gives"])

    async def adopt(self, credential_id: str, deposit_id: str, settings: Mapping[str, str | None]) -> Stored:
        head = {"credential_id": credential_id, "deposit_id": deposit_id, "settings": dict(settings)}
        return from_wire(Stored, (await self._process.call({"do": "adopt", **head}, again=False)).head["gives"])

    async def remove(self, credential_id: str) -> None:
        await self._process.call({"do": "remove", "credential_id": credential_id})

    async def refresh(self, credential_id: str) -> Refreshed:
        packet = await self._process.call({"do": "refresh", "credential_id": credential_id})
        return from_wire(Refreshed, packet.head["gives"])

    async def code(self, credential_id: str, data: bytes) -> str:
        packet = await self._process.call({"do": "code", "credential_id": credential_id}, blob=data)
        return str(packet.head["gives"]["code"])

    async def is_same(self, credential_id: str, given: str) -> bool:
        head = {"do": "is_same", "credential_id": credential_id, "given": given}
        return bool((await self._process.call(head)).head["gives"]["is_same"])

    async def redact(self, session_id: str, data: bytes, *, is_piece: bool = False) -> bytes:
        if not data:
            return data
        head = {"do": "redact", "session_id": session_id, "is_piece": is_piece}
        return (await self._process.call(head, blob=data)).blob

    async def check(self, credential_ids: Sequence[str] = ()) -> VaultStanding:
        packet = await self._process.call({"do": "check", "credential_ids": list(credential_ids)})
        return from_wire(VaultStanding, packet.head["gives"])


class OtherWays:
    """The promise `Ways`. What is open is kept here too, so that the next process goes on with it."""

    def __init__(self, process: VaultProcess) -> None:
        self._process = process

    async def open(
        self, session_id: str, rules: NetworkRules, grants: Sequence[Grant], listener: socket.socket | None = None
    ) -> None:
        policy_of(rules, grants)
        before = self._process.said.ways.get(session_id)
        kept = taken_over(listener) if listener is not None else before.listener if before else None
        way = OpenWay(rules, tuple(grants), kept)
        # Kept first: a process that dies with this question finds it among what its successor is told.
        self._process.said.ways[session_id] = way
        if before is not None and before.listener is not None and before.listener is not kept:
            before.listener.close()
        handed = (kept.fileno(),) if kept is not None and listener is not None else ()
        try:
            await self._process.call(open_head(session_id, way), descriptors=handed)
        except VaultRefused:
            if handed and kept is not None:
                await self._process.stand_in(kept)
            raise

    async def close(self, session_id: str) -> None:
        way = self._process.said.ways.pop(session_id, None)
        if way is None:
            return
        if way.listener is not None:
            way.listener.close()
        # Where no vault runs, nothing is open any more.
        with contextlib.suppress(VaultRefused):
            await self._process.call({"do": "close", "session_id": session_id})

    async def route(self, route: Route) -> None:
        opened(route)
        self._process.said.routes[route.name] = route
        await self._process.call({"do": "route", "route": to_wire(route)})

    async def forget(self, name: str) -> None:
        self._process.said.routes.pop(name, None)
        with contextlib.suppress(VaultRefused):
            await self._process.call({"do": "forget", "name": name})

    def decisions(self) -> AsyncIterator[NetDecision]:
        return self._process.decided.listen()

    def notices(self) -> AsyncIterator[VaultNotice]:
        return self._process.noticed.listen()


class VaultClient:
    """The vault as the engine has it: `vault`, `ways`, and the socket of its routes."""

    def __init__(self, settings: Settings, key: int | None = None) -> None:
        """`key` is a descriptor with the model's key (memory or a pipe), passed on unread."""
        self._process = VaultProcess(settings, key)
        self.vault = OtherVault(self._process)
        self.ways = OtherWays(self._process)

    @property
    def routes_socket(self) -> Path:
        return self._process.routes_socket

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def failure(self) -> str | None:
        """Why no vault starts here, and what to do; None while one runs or is about to."""
        return self._process.failure

    async def start(self) -> None:
        """Begin, and wait for nothing: what is asked meanwhile waits."""
        await self._process.start()

    async def aclose(self) -> None:
        await self._process.aclose()
