"""One set of rules for every sandbox: for trials of a sandbox that belongs to no session."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.contracts.values import Session
from workbench.contracts.vault import NetworkRules, Ways


@dataclass(frozen=True)
class SameForAll:
    """Outlets without credentials."""

    ways: Ways
    rules: NetworkRules

    async def variables(self, session: Session) -> Mapping[str, str]:
        return {}

    async def open(self, session_id: str, listener: socket.socket) -> None:
        await self.ways.open(session_id, self.rules, (), listener)

    async def close(self, session_id: str) -> None:
        await self.ways.close(session_id)
