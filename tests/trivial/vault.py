"""A vault in memory that reaches nothing: it keeps what it is given, and tells what a test has it decide."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

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
from workbench.vault.keeping import signing
from workbench.vault.proxy.needles import LEAST_BYTES
from workbench.vault.proxy.placeholders import prefix_of

T = TypeVar("T")


class Told(Generic[T]):
    """Passes each thing on to whoever listens at that moment, in order."""

    def __init__(self) -> None:
        self._listeners: list[asyncio.Queue[T | None]] = []

    def tell(self, thing: T) -> None:
        for listener in self._listeners:
            listener.put_nowait(thing)

    def end(self) -> None:
        for listener in self._listeners:
            listener.put_nowait(None)

    def listen(self) -> AsyncIterator[T]:
        queue: asyncio.Queue[T | None] = asyncio.Queue()
        self._listeners.append(queue)

        async def following() -> AsyncIterator[T]:
            while (thing := await queue.get()) is not None:
                yield thing

        return following()


@dataclass(frozen=True)
class OpenWay:
    """What one session was given last."""

    rules: NetworkRules
    grants: tuple[Grant, ...]
    listener: socket.socket | None


@dataclass
class TrivialVault:
    """Both promises, Vault and Ways. `deposits` are secrets that wait to be adopted, by deposit id."""

    deposits: dict[str, Mapping[str, str]] = field(default_factory=dict)
    kept: dict[str, dict[str, str]] = field(default_factory=dict)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    ways: dict[str, OpenWay] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    decided: Told[NetDecision] = field(default_factory=Told)
    noticed: Told[VaultNotice] = field(default_factory=Told)
    state: str = "ready"

    async def put(self, credential_id: str, secrets: Mapping[str, str], settings: Mapping[str, str | None]) -> Stored:
        await asyncio.sleep(0)
        if self.state != "ready":
            raise VaultRefused("the keyring is locked; unlock it, and try again")
        fields = self.kept.setdefault(credential_id, {})
        fields.update(secrets)
        kept = {**self.settings.get(credential_id, {}), **settings}
        self.settings[credential_id] = {name: value for name, value in kept.items() if value is not None}
        first = next(iter(fields.values()), "")
        digest = hashlib.sha256(repr(sorted(fields.items())).encode()).hexdigest()[:16]
        short = tuple(sorted(name for name, value in fields.items() if len(value) < LEAST_BYTES))
        return Stored(digest, prefix_of(first), len(first), short)

    async def adopt(self, credential_id: str, deposit_id: str, settings: Mapping[str, str | None]) -> Stored:
        secrets = self.deposits.pop(deposit_id, None)
        if secrets is None:
            raise VaultRefused(f"there is no deposit {deposit_id}; send the secret again")
        return await self.put(credential_id, secrets, settings)

    async def remove(self, credential_id: str) -> None:
        await asyncio.sleep(0)
        self.kept.pop(credential_id, None)
        self.settings.pop(credential_id, None)

    async def refresh(self, credential_id: str) -> Refreshed:
        await asyncio.sleep(0)
        has_token = "refresh_token" in self.kept.get(credential_id, {})
        return Refreshed("succeeded", 200) if has_token else Refreshed("no_refresh_token")

    async def code(self, credential_id: str, data: bytes) -> str:
        await asyncio.sleep(0)
        return signing.code(self._value(credential_id), data)

    async def is_same(self, credential_id: str, given: str) -> bool:
        await asyncio.sleep(0)
        return signing.is_same(self._value(credential_id), given)

    def _value(self, credential_id: str) -> str:
        if credential_id not in self.kept:
            raise VaultRefused(f"the secret of {credential_id} is not there (any more); give it anew")
        return self.kept[credential_id]["value"]

    async def redact(self, session_id: str, data: bytes, *, is_piece: bool = False) -> bytes:
        await asyncio.sleep(0)
        way = self.ways.get(session_id)
        for grant in way.grants if way else ():
            for value in map(str.encode, self.kept.get(grant.credential_id, {}).values()):
                data = data.replace(value, grant.placeholder.encode())
                for length in range(len(value) - 1, 0, -1) if is_piece else ():
                    data = data.removesuffix(value[:length])
                    if data.startswith(value[-length:]):
                        data = b"*" * length + data[length:]
        return data

    async def check(self, credential_ids: Sequence[str] = ()) -> VaultStanding:
        await asyncio.sleep(0)
        missing = tuple(one for one in credential_ids if one not in self.kept)
        return VaultStanding("memory", "a test's own memory", self.state, missing=missing)

    async def open(
        self, session_id: str, rules: NetworkRules, grants: Sequence[Grant], listener: socket.socket | None = None
    ) -> None:
        await asyncio.sleep(0)
        before = self.ways.get(session_id)
        self.ways[session_id] = OpenWay(rules, tuple(grants), listener or (before.listener if before else None))

    async def close(self, session_id: str) -> None:
        await asyncio.sleep(0)
        self.ways.pop(session_id, None)

    async def route(self, route: Route) -> None:
        await asyncio.sleep(0)
        self.routes[route.name] = route

    async def forget(self, name: str) -> None:
        await asyncio.sleep(0)
        self.routes.pop(name, None)

    def decisions(self) -> AsyncIterator[NetDecision]:
        return self.decided.listen()

    def notices(self) -> AsyncIterator[VaultNotice]:
        return self.noticed.listen()
