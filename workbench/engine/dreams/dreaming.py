"""Dreams: read a store and past sessions, propose what the store should say, and write it where it was asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from types import TracebackType
from typing import Any, Final

from workbench import events
from workbench.catalog.errors import Refused, conflict
from workbench.catalog.sessions import KIND as SESSION
from workbench.contracts.brain import Models
from workbench.contracts.log import Log, LogUnusable
from workbench.contracts.memory import MemoryRefused
from workbench.contracts.questions import QueryRefused
from workbench.contracts.values import Document, Json
from workbench.engine.dreams import records
from workbench.engine.dreams.changed_again import changed_again
from workbench.engine.dreams.consolidation import Consolidation
from workbench.engine.dreams.dream_metadata import Landing
from workbench.engine.dreams.past_rows import read_past
from workbench.engine.dreams.records import DEFAULT_BUDGET_CENTS, ENDED, DreamRecords, Wanted, sessions_of, store_of
from workbench.engine.dreams.review import Review
from workbench.engine.dreams.unread import unread
from workbench.engine.event_writer import EventWriter
from workbench.engine.memory import MemoryAccess
from workbench.memory.dreaming.asking import CHARACTERS_A_TOKEN
from workbench.memory.dreaming.candidates import Candidate, found_in, newest_of
from workbench.memory.dreaming.landing import File, landed
from workbench.memory.dreaming.proposals import Line, Proposal, lines_of, proposed
from workbench.memory.reading.past import Past
from workbench.memory.stores.memories import Write

LIMIT_S: Final = 3_600.0
NOTHING: Final = Landing()

logger = logging.getLogger("workbench.engine")


class DreamFailed(Exception):
    """A dream that cannot go on: the public error type, and what happened."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Dreaming:
    """All dreams, each a task. Use as an async context manager: leaving it stops them where they are."""

    def __init__(
        self,
        *,
        log: Log,
        writer: EventWriter,
        memory: MemoryAccess,
        models: Models,
        archive: Callable[[str], Awaitable[Json]],
    ) -> None:
        """`archive` ends a session for good."""
        self.records = DreamRecords(log.documents, writer.clock)
        self.review = Review(self.records, memory)
        self._log = log
        self._writer = writer
        self._memory = memory
        self._archive = archive
        self._consolidation = Consolidation(models, log.sessions, writer.clock)
        self._tasks = asyncio.TaskGroup()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._beside: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Dreaming:
        await self._tasks.__aenter__()
        # A dream that an earlier engine left goes on: everything that it does twice comes out the same.
        for record in await self.records.newest():
            if record["status"] not in ENDED:
                self._start(record["id"])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in (*self._running.values(), *self._beside):
            task.cancel()
        await self._tasks.__aexit__(None, None, None)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside the dreams, until they are left."""
        self._beside.append(self._tasks.create_task(work))

    # ── asked for ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def create(
        self,
        asked: Wanted,
        *,
        budget_cents: int = DEFAULT_BUDGET_CENTS,
        landing: Landing = NOTHING,
        agent_id: str | None = None,
    ) -> Json:
        """Store it and begin; `agent_id` is the agent for whose sessions it begins by itself.

        Raises:
            Refused: store or a session is not there, the store is archived, or is being updated by another dream.
        """
        await self._checked(asked)
        moment = events.timestamp(self._writer.clock())
        record = records.drafted(asked, moment, budget_cents=budget_cents, landing=landing, agent_id=agent_id)
        await self.records.put(record)
        self._start(record["id"])
        return record

    async def _checked(self, asked: Wanted) -> None:
        store = await self._memory.stores.get(asked.store_id)
        if store["archived_at"]:
            raise Refused(f"memory store {asked.store_id} is archived; dream of another one")
        for session_id in asked.session_ids:
            if await self._log.documents.get(SESSION, session_id) is None:
                raise Refused(f"session {session_id} was not found", status=404, kind="not_found_error")
        if not asked.is_update:
            return
        for other in await self.records.newest():
            updates = other["output_behavior"]["type"] == "update_existing" and other["status"] not in ENDED
            if updates and store_of(other) == asked.store_id:
                raise conflict(
                    f"dream {other['id']} is updating {asked.store_id}; wait until it has ended, or cancel it"
                )

    async def estimate(self, asked: Wanted) -> Json:
        """What the model would read and cost, without asking it; what needs no model costs nothing."""
        await self._checked(asked)
        past = await self._past(asked.session_ids)
        _, lines = await self._store(asked.store_id)
        proposals = await self._proposed(asked.store_id, past, found_in(past)[0], lines)
        read, cost = self._consolidation.estimate(asked.model, asked.instructions, past, lines)
        return {
            "proposals": len(proposals),
            "quarantined": len(past.quarantined),
            "transcript_tokens": past.characters // CHARACTERS_A_TOKEN,
            "input_tokens": read,
            "cost_cents": cost,
        }

    async def cancel(self, dream_id: str) -> Json:
        """End it; what it wrote so far stays. Again is no error."""
        record = await self.records.get(dream_id)
        if record["status"] in ("completed", "failed"):
            raise Refused(f"dream {dream_id} has {record['status']} and cannot be canceled")
        if record["status"] == "canceled":
            return record
        task = self._running.get(dream_id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        record = await self.records.get(dream_id)
        return record if record["status"] in ENDED else await self._ended(dream_id, "canceled")

    async def archive(self, dream_id: str) -> Json:
        record = await self.records.get(dream_id)
        if record["status"] not in ENDED:
            raise Refused(f"dream {dream_id} is {record['status']}; cancel it, or wait until it has ended")
        if record["archived_at"]:
            return record
        return await self.records.changed(dream_id, archived_at=events.timestamp(self._writer.clock()))

    # ── a dream's life ───────────────────────────────────────────────────────────────────────────────────────────────

    def _start(self, dream_id: str) -> None:
        self._running[dream_id] = self._tasks.create_task(self._life(dream_id), name=f"dream {dream_id}")

    async def _life(self, dream_id: str) -> None:
        """Dream to the end, whatever comes; a disk that refuses leaves it running, and the next engine goes on."""
        try:
            failure = await self._dreamt(dream_id)
            record = await (self._failed(dream_id, failure) if failure else self._ended(dream_id, "completed"))
            if record["status"] == "completed" and record["workbench"].get("landing", {}).get("is_allowed"):
                by = {"type": "session_actor", "session_id": record["session_id"]}
                await self.review.land_by_itself(dream_id, by)
        except (LogUnusable, MemoryRefused, Refused) as trouble:
            logger.warning("dream %s: %s", dream_id, trouble)
        except Exception:
            logger.exception("dream %s failed by surprise", dream_id)
        finally:
            self._running.pop(dream_id, None)

    async def _dreamt(self, dream_id: str) -> DreamFailed | None:
        """None when it came to its end, else why it did not."""
        try:
            async with asyncio.timeout(LIMIT_S):
                await self._dream(dream_id)
        except TimeoutError:
            return DreamFailed("timeout", f"it took longer than {LIMIT_S:g} s")
        except DreamFailed as failure:
            return failure
        except (QueryRefused, LogUnusable, MemoryRefused, Refused) as refused:
            return DreamFailed("internal_error", str(refused))
        except Exception:
            logger.exception("dream %s failed by surprise", dream_id)
            return DreamFailed("internal_error", "the engine failed on this dream; its log says where")
        return None

    async def _dream(self, dream_id: str) -> None:
        record = await self._begun(dream_id)
        store_id, session_ids = store_of(record), sessions_of(record)
        past = await self._past(session_ids)
        files, lines = await self._store(store_id)
        plain, left_out = found_in(past)
        done = await self._consolidation.proposed(record, past, lines)
        proposals = await self._proposed(store_id, past, [*plain, *done.candidates], lines)
        proposals += await self._unread(store_id, lines, proposals)
        await self._tell(record, _read_words(past, proposals, left_out))
        if done.usage:
            await self.records.changed(dream_id, usage=done.usage)
        if done.told:
            await self._tell(record, done.told)
        await self._write(record, files, proposals)
        await self.records.changed(
            dream_id,
            proposals=[proposal.wire() for proposal in proposals],
            quarantined=[one.wire() for one in past.quarantined],
            left_out=left_out,
            characters=past.characters,
        )

    async def _past(self, session_ids: Sequence[str]) -> Past:
        return await read_past(self._log.questions, session_ids, await changed_again(self._log, session_ids))

    async def _begun(self, dream_id: str) -> Json:
        """The record with its session and its output, whichever an earlier engine has not made yet."""
        record = await self.records.get(dream_id)
        store = await self._memory.stores.find(store_of(record))
        if store is None or store["archived_at"]:
            raise DreamFailed("input_memory_store_unavailable", f"memory store {store_of(record)} is gone or archived")
        for session_id in sessions_of(record):
            if await self._log.documents.get(SESSION, session_id) is None:
                raise DreamFailed("input_session_unavailable", f"session {session_id} is gone")
        if record["status"] == "pending":
            update = record["output_behavior"]["type"] == "update_existing"
            output = store["id"] if update else events.new_id("memstore")
            record = await self.records.changed(
                dream_id,
                status="running",
                outputs=[{"type": "memory_store", "memory_store_id": output}],
                session_id=events.new_id("sesn"),
            )
        if await self._log.documents.get(SESSION, record["session_id"]) is None:
            moment = events.timestamp(self._writer.clock())
            session = records.session_record(record, store["name"], record["session_id"], moment)
            task = f"Dream of {len(sessions_of(record))} sessions for the memory store {store['name']}."
            message = _message("user.message", " ".join([task, record["instructions"] or ""]).strip())
            document = Document(SESSION, session["id"], 1, session)
            await self._writer.write(session["id"], message, documents=(document,))
        return record

    async def _proposed(
        self, store_id: str, past: Past, candidates: Sequence[Candidate], lines: Sequence[Line]
    ) -> list[Proposal]:
        """What follows for the store."""
        projects = {one.project for one in past.words if one.project}
        return proposed(
            newest_of(candidates), lines, await self._rejected(store_id), several_projects=len(projects) > 1
        )

    async def _unread(self, store_id: str, lines: Sequence[Line], proposals: Sequence[Proposal]) -> list[Proposal]:
        """Removals of what nobody reads, where nothing else is proposed for it and its owner did not want to keep it."""
        heads = (await self._memory.memories.snapshot(store_id)).sorted()
        changed_at = {head.path: head.updated_at for head in heads}
        found = await unread(self._log.documents, self._log.questions, store_id, lines, changed_at)
        taken = {(one.path, old) for one in proposals for old in one.old}
        kept = await self._rejected(store_id)
        return [one for one in found if (one.path, one.old[0]) not in taken and one.candidate_id not in kept]

    async def _store(self, store_id: str) -> tuple[dict[str, File], list[Line]]:
        memories = self._memory.memories
        heads = (await memories.snapshot(store_id)).sorted()
        whole = await memories.whole(store_id, [head.version_id for head in heads])
        files = {head.path: File(one.content or "", one.grounds) for head, one in zip(heads, whole, strict=True)}
        lines = [
            line
            for head, one in zip(heads, whole, strict=True)
            for line in lines_of(head.path, one.content or "", head.updated_at, one.grounds)
        ]
        return files, lines

    async def _rejected(self, store_id: str) -> dict[str, int]:
        """How much evidence each candidate had that its owner turned down."""
        return {
            proposal["candidate_id"]: len(proposal["evidence"])
            for record in reversed(await self.records.newest())
            if store_of(record) == store_id
            for proposal in record["workbench"]["proposals"]
            if proposal["decision"] == "rejected"
        }

    # ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _write(self, record: Json, files: dict[str, File], proposals: Sequence[Proposal]) -> None:
        """The whole result into the output store: a copy of the input with every proposal, or the input itself."""
        memory = self._memory
        output = record["outputs"][0]["memory_store_id"]
        by: Json = {"type": "session_actor", "session_id": record["session_id"]}
        writes = landed(files, proposals, record["id"])
        if output == store_of(record):
            await memory.memories.write_all(output, writes, by)
            return
        if await memory.stores.find(output) is None:
            store = await memory.stores.get(store_of(record))
            await memory.stores.create(
                {
                    "name": f"{store['name'][:200]}, dreamt {record['id'][-6:]}",
                    "description": store["description"],
                    "metadata": {"workbench.dream": record["id"]},
                },
                store_id=output,
            )
        result = {path: (file.content, file.grounds) for path, file in files.items()}
        result |= {write.path: (write.content or "", write.grounds) for write in writes}
        whole = [Write(path, content, grounds=grounds) for path, (content, grounds) in sorted(result.items())]
        await memory.memories.write_all(output, whole, by)

    async def _failed(self, dream_id: str, failure: DreamFailed) -> Json:
        await self.records.changed(dream_id, error={"type": failure.kind, "message": str(failure)})
        return await self._ended(dream_id, "failed")

    async def _ended(self, dream_id: str, status: str) -> Json:
        record = await self.records.changed(dream_id, status=status, ended_at=events.timestamp(self._writer.clock()))
        if record["session_id"] and await self._log.documents.get(SESSION, record["session_id"]) is not None:
            reason = f": {record['error']['message']}" if record["error"] else ""
            await self._tell(record, f"The dream is {status}{reason}.")
            await self._archive(record["session_id"])
        return record

    async def _tell(self, record: Json, text: str) -> None:
        await self._writer.write(record["session_id"], _message("agent.message", text))


def _message(kind: str, text: str) -> Json:
    return {"type": kind, "content": [{"type": "text", "text": text}]}


def _read_words(past: Past, proposals: Sequence[Proposal], left_out: int) -> str:
    counts = ", ".join(
        f"{sum(proposal.op == op for proposal in proposals)} {op}" for op in ("add", "merge", "replace", "remove")
    )
    return (
        f"Read {len(past.words):,} sentences that people wrote, of {past.characters:,} characters. Proposed: {counts}. Quarantined: "
        f"{len(past.quarantined)} orders that no user gave. Left out: {left_out} that look like secrets."
    )
