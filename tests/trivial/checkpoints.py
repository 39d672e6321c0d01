"""Checkpoints in memory, of logs of any length."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from workbench.contracts.values import Json


@dataclass
class TrivialCheckpoints:
    least_events: int = 1
    written: dict[str, str] = field(default_factory=dict)

    async def kept(self, session_id: str) -> Json | None:
        found: Json | None = json.loads(self.written.get(session_id, "null"))
        return found

    async def keep(self, session_id: str, body: Json) -> None:
        self.written[session_id] = json.dumps(body)
