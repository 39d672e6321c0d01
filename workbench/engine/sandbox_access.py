"""A person's own way into a session's sandbox, for programs: commands with their exit codes, files in and out."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from sandboxes.runner.commands import NAME
from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.facts import COMMAND_RAN, FILES_COPIED
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts
from workbench.contracts.transfers import Outgoing, TransferRefused, Transfers
from workbench.contracts.values import Call, Clock, Json, Outcome, Session
from workbench.events import text_of
from workbench.hands.channel import SANDBOX_ENDED

T = TypeVar("T")

HALTED: Final = "the engine is being stopped, and what ran for this request was ended; ask again when it runs"
LONGEST_COMMAND: Final = 1 << 20
_STATUSES: Final = {
    "not_found": (404, "not_found_error"),
    "not_permitted": (403, "permission_error"),
    "changed": (409, "conflict_error"),
    "unavailable": (503, "api_error"),
}
_BLOCKS: Final = 3
"""How it ended, its output, its errors."""


@dataclass(frozen=True, kw_only=True)
class SandboxAccess:
    """Each is in the log before its effect, as the person's own; a sandbox is provisioned where none is there yet."""

    facts: Facts
    hands: Hands
    records: SessionRecords
    transfers: Transfers
    clock: Clock
    running: set[asyncio.Future[Any]] = field(default_factory=set)

    async def execute(self, session_id: str, command: str | Sequence[str], given: Json) -> Json:
        """Run a command to its end: `exit_code`, `timed_out`, `stdout`, `stderr` and how many bytes of each are left out.

        Cancelling the task ends the command.

        Raises:
            Refused: 400 for what cannot be run so, 503 where there is no sandbox.
        """
        line = command if isinstance(command, str) else shlex.join(command)
        if not line.strip() or len(line) > 2 * LONGEST_COMMAND:
            raise Refused(f"command: must be text of 1 to {LONGEST_COMMAND} characters, or a list of such texts")
        session = await self._session(session_id)
        await self.facts.record(COMMAND_RAN.made(session_id, self.clock(), {"command": line[:LONGEST_COMMAND]}))
        await self._provision(session)
        words = command if isinstance(command, str) else list(command)
        call = Call(events.new_id("sevt"), NAME, {"command": words, **given})
        try:
            outcome = await self._unless_halted(self.hands.execute(session, call))
        finally:
            await self.hands.acknowledge(session, call.id)
        return {"id": call.id, **_ended(outcome)}

    async def look(self, session_id: str, path: str) -> Json:
        """What is at a path: `kind`, `size_bytes`, `mode`; not in the log.

        Raises:
            Refused: as `take_out`.
        """
        session = await self._session(session_id)
        await self._provision(session)
        try:
            return await self.transfers.look(session, path)
        except TransferRefused as refused:
            raise _refused(refused) from None

    async def take_out(self, session_id: str, path: str, *, as_archive: bool) -> Outgoing:
        """A file, or a folder as an archive; see `Transfers`.

        Raises:
            Refused: 404, 403, or 400 with a code that says what it is instead.
        """
        session = await self._session(session_id)
        await self.facts.record(FILES_COPIED.made(session_id, self.clock(), {"paths": [path], "direction": "out"}))
        await self._provision(session)
        try:
            return await self.transfers.take_out(session, path, as_archive=as_archive)
        except TransferRefused as refused:
            raise _refused(refused) from None

    async def put_in(
        self, session_id: str, path: str, pieces: AsyncIterator[bytes], *, as_archive: bool, mode: int | None
    ) -> None:
        """A file, or what is in an archive; see `Transfers`.

        Raises:
            Refused: as `take_out`.
        """
        session = await self._session(session_id)
        await self.facts.record(FILES_COPIED.made(session_id, self.clock(), {"paths": [path], "direction": "in"}))
        await self._provision(session)
        try:
            work = self.transfers.put_in(session, path, pieces, as_archive=as_archive, mode=mode)
            await self._unless_halted(work)
        except TransferRefused as refused:
            raise _refused(refused) from None

    async def halt(self) -> None:
        """End what runs, as the engine is being stopped: who waits for it is told so."""
        for one in self.running:
            one.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)

    async def _unless_halted(self, work: Coroutine[Any, Any, T]) -> T:
        running = asyncio.ensure_future(work)
        self.running.add(running)
        try:
            await asyncio.wait({running})
            if running.cancelled():
                raise Refused(HALTED, status=503, kind="api_error")
            return running.result()
        finally:
            running.cancel()
            self.running.discard(running)
            await asyncio.gather(running, return_exceptions=True)

    async def _session(self, session_id: str) -> Session:
        document = await self.records.document(session_id)
        if document.body["archived_at"]:
            raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
        return session_of(document.body)

    async def _provision(self, session: Session) -> None:
        """Have a sandbox with all that it shall have."""
        ready = await self.hands.provision(session)
        if ready.is_error:
            raise Refused(text_of(ready.content), status=503, kind="api_error")


def _ended(outcome: Outcome) -> Json:
    """What became of a command.

    Raises:
        Refused: it did not run, or the sandbox ended with it.
    """
    words = text_of(outcome.content)
    if outcome.is_error:
        gone = words == SANDBOX_ENDED
        raise Refused(words, status=503 if gone else 400, kind="api_error" if gone else "invalid_request_error")
    texts = [str(block.get("text", "")) for block in outcome.content]
    try:
        head = json.loads(texts[0])
        told = {name: head[name] for name in ("exit_code", "timed_out", "stdout_cut_bytes", "stderr_cut_bytes")}
    except (ValueError, KeyError, TypeError, IndexError):
        texts = []
    if len(texts) != _BLOCKS:
        raise Refused("the sandbox sent an outcome that cannot be read", status=503, kind="api_error")
    return {**told, "stdout": texts[1], "stderr": texts[2]}


def _refused(refused: TransferRefused) -> Refused:
    words = str(refused).encode("utf-8", "replace").decode()
    status, kind = _STATUSES.get(refused.kind, (400, "invalid_request_error"))
    return Refused(words, status=status, kind=kind, code=refused.kind)
