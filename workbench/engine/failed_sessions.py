"""Sessions whose brain failed by surprise: stopped with an error, so that a person sees it and no other session suffers."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from workbench import events
from workbench.brain.loop import Brain
from workbench.catalog.sessions import SessionRecords
from workbench.contracts.log import Log
from workbench.engine.event_writer import EventWriter, error_body

_FAILED = "the engine failed on this session and stopped it; its log says where (workbench status shows the file)"

logger = logging.getLogger("workbench.engine")


@dataclass(frozen=True)
class FailedSessions:
    """Stops threads whose brain failed by surprise, so that a person sees it and no other session suffers."""

    log: Log
    writer: EventWriter
    records: SessionRecords
    brain: Brain

    async def stop(self, session_id: str, thread_id: str) -> None:
        """Take what waits in the inbox, and leave the thread idle with an error and no retries left."""
        session = await self.records.session(session_id)
        if session is None:
            return
        try:
            await self.brain.fail(session_id, thread_id, _FAILED)
        except Exception:
            logger.exception("session %s does not end as others do", session_id)
            await self._write(session_id, session.agent["name"])

    async def _write(self, session_id: str, agent_name: str) -> None:
        """What must always be possible: the session is idle, whatever its log holds."""
        await self.log.inbox.take(session_id)
        reason = {"type": "retries_exhausted"}
        named = {"agent_name": agent_name, "session_thread_id": events.primary_thread_id(session_id)}
        usage = (await self.records.wire(session_id))["usage"]
        error = {"type": "unknown_error", "message": _FAILED, "retry_status": {"type": "exhausted"}}
        await self.writer.write(
            session_id,
            error_body(error),
            {"type": "session.thread_status_idle", "stop_reason": reason, **named},
            {"type": "session.usage", "usage": usage},
            {"type": "session.status_idle", "stop_reason": reason},
        )
