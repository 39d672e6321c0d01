"""Egress of the engine: its vault process, the route to the model, and a record of every network decision."""

from __future__ import annotations

import asyncio
import logging
import os
from types import TracebackType
from typing import Final

from workbench import events
from workbench.catalog.agents import Agents
from workbench.catalog.environments import Environments
from workbench.catalog.sessions import SessionRecords
from workbench.catalog.vaults import Vaults
from workbench.contracts.facts import VAULT_NOTICED
from workbench.contracts.log import Log
from workbench.contracts.own_port import without_own_port
from workbench.contracts.vault import Route, VaultRefused
from workbench.engine.decisions import DecisionRecords
from workbench.engine.network import MODEL, SessionNetwork
from workbench.engine.rooms import VaultSide
from workbench.engine.web_ways import WebWays
from workbench.hands.package_places import package_places
from workbench.settings import DEFAULT_BASE_URL, Endpoint, Settings
from workbench.vault.control.client import VaultClient

_LAST_WORDS_S: Final = 5.0

logger = logging.getLogger("workbench.engine")


class Egress:
    """Everything that leaves this machine leaves through here. Use as an async context manager."""

    def __init__(self, settings: Settings, log: Log, *, key: int | None = None) -> None:
        """`key` is a descriptor with the model's key, which is passed on unread."""
        self._settings = settings
        self._facts = log.facts
        self._has_key = self._has_model_key = key is not None
        self._client = VaultClient(settings, key)
        self.vault, self.ways = self._client.vault, self._client.ways
        self.vaults = Vaults(log.documents, self.vault, events.now)
        agents, environments = Agents(log.documents, events.now), Environments(log.documents, events.now)
        records = SessionRecords(log.documents, log.states, agents, environments, events.now)
        self.network = SessionNetwork(
            ways=self.ways,
            facts=log.facts,
            records=records,
            vaults=self.vaults,
            clock=events.now,
            packages=lambda: package_places(os.environ, settings),
            routes_socket=self._client.routes_socket,
        )
        private = tuple(host.lower() for host in settings.private_hosts)
        self.web_ways = WebWays(self.ways, self.vaults, self._client.routes_socket, private)
        self.side = VaultSide(self.vault, self.vaults, self.network)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Egress:
        await self._client.start()
        recording = DecisionRecords(self._facts).follow(self.ways.decisions())
        self._tasks = [asyncio.create_task(recording), asyncio.create_task(self._heed_notices())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Nothing is told any more after that: both tasks end when they have written what was.
        await self._client.aclose()
        _, late = await asyncio.wait(self._tasks, timeout=_LAST_WORDS_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def has_model_key(self) -> bool:
        """Whether the model's key was found or handed over, as of the last look."""
        return self._has_model_key

    @property
    def failure(self) -> str | None:
        """Why nothing leaves this machine now, and what to do; None where the vault works or is about to."""
        return self._client.failure

    async def model_endpoint(self) -> Endpoint | None:
        """The configured endpoint as the engine reaches it, without its key; None when there is neither address nor key.

        Where the vault does not start, it is what the settings name, and known better once the vault answers.
        """
        configured = without_own_port(self._settings)
        try:
            has_key = self._has_key or not (await self.vault.check([MODEL])).missing
            self._has_model_key = has_key
            if configured is None and not has_key:
                return None
            await self._lead(has_key=has_key)
        except VaultRefused as refused:
            logger.warning("no model is reached: %s", refused)
            if configured is None and not self._has_key:
                return None
        name = configured.name if configured else "keyring"
        return Endpoint(name, f"http://{MODEL}", socket=self._client.routes_socket, shown=self._base_url)

    @property
    def _base_url(self) -> str:
        configured = without_own_port(self._settings)
        return configured.base_url if configured else DEFAULT_BASE_URL

    async def _lead(self, *, has_key: bool) -> None:
        """Open the route to the model; a server of this machine or this network was named by its owner."""
        scheme = "x-api-key" if has_key else None
        await self.ways.route(Route(MODEL, self._base_url, MODEL if has_key else None, scheme, private_ok=True))

    async def use_key(self, deposit_id: str | None) -> None:
        """Keep a deposited key as the model's, in place of the one before; None takes it away.

        Raises:
            VaultRefused: there is no such deposit, or it cannot be kept.
        """
        self._has_key = False
        if deposit_id is None:
            await self.vault.remove(MODEL)
        else:
            await self.vault.adopt(MODEL, deposit_id, {})

    @property
    def pid(self) -> int | None:
        """The vault's process, where it runs."""
        return self._client.pid

    async def _heed_notices(self) -> None:
        async for notice in self.ways.notices():
            logger.warning("vault: %s", notice.words)
            body = {"kind": notice.kind, "words": notice.words, "credential_id": notice.credential_id}
            await self._facts.record(VAULT_NOTICED.made(None, notice.at, body))
