"""Sessions that start by themselves: runs of deployments by hand and on schedule, each due instant at most once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workbench.brain.interruption import unless
from workbench.catalog.deployments import (
    OVERLAP_KEY,
    RUN,
    Deployments,
    of_agent,
    run_record,
    session_body,
)
from workbench.catalog.errors import Refused, not_found
from workbench.catalog.groups import Groups, group_named
from workbench.catalog.schedules import due, upcoming
from workbench.contracts.log import Log
from workbench.contracts.values import Clock, Document, Json
from workbench.engine.automation.deployment_changes import DeploymentChanges
from workbench.engine.automation.told_documents import Tells
from workbench.engine.surprises import survived
from workbench.events import timestamp

CATCH_UP: Final = timedelta(hours=24)
"""How late a run may begin: what was due longer ago is only told as missed."""
LONGEST_LOOK_S: Final = 30.0
"""Clocks jump and machines sleep: the time is looked at again after so long at most."""
_LATE: Final = timedelta(minutes=2)
_MOST_MISSED: Final = 200
PAUSES: Final = frozenset(
    {
        *("environment_archived_error", "environment_not_found_error", "agent_archived_error", "vault_not_found_error"),
        *("vault_archived_error", "file_not_found_error", "memory_store_archived_error", "skill_not_found_error"),
        *("session_resource_not_found_error", "mcp_egress_blocked_error", "unknown_error"),
    }
)
"""Those of a run's errors that pause its deployment, as it would fail again."""


Create = Callable[[Json, str, Callable[[str], list[Document]]], Awaitable[Json]]
"""Makes a session of a deployment, together with documents that its id is known to."""


@dataclass(frozen=True)
class Origin:
    """What a trigger has to do with a run: its id, what is told of it, and what its session begins with besides."""

    run_id: str
    about: Json
    body: Callable[[Json], Json]
    create: Create
    beside: Callable[[str], list[Document]]


@dataclass(frozen=True, kw_only=True)
class DeploymentRuns:
    """Starts runs; a run's record is written in the same write as its session, so that neither is there without the other."""

    log: Log
    deployments: Deployments
    changes: DeploymentChanges
    create_session: Create
    clock: Clock
    changing: Callable[[str], asyncio.Lock]
    outbox: Tells

    async def run(self, deployment_id: str) -> Json:
        """A run by hand, also of one that is paused.

        Raises:
            Refused: 404, or archived.
        """
        async with self.changing(deployment_id):
            record = await self.deployments.usable(deployment_id)
            return await self._started(
                record, run_record(record, {"type": "manual"}, self.clock()), record["workbench"]
            )

    async def triggered(self, deployment_id: str, origin: Origin) -> Json:
        """A run that a trigger starts; the same one again is the run that there is.

        Raises:
            Refused: 404, or archived.
        """
        async with self.changing(deployment_id):
            record = await self.deployments.usable(deployment_id)
            run = run_record(record, {"type": "manual"}, self.clock(), run_id=origin.run_id)
            return await self._started(record, run | {"workbench": origin.about}, record["workbench"], origin)

    async def one(self, run_id: str) -> Json:
        """A run. Raises: Refused: 404."""
        document = await self.log.documents.get(RUN, run_id)
        if document is None or "missed" in document.body:
            raise not_found("deployment run", run_id)
        return _public(document.body)

    async def all(self) -> list[Json]:
        """All runs, the newest first."""
        return [_public(one) for one in await self._records() if "missed" not in one]

    async def missed(self, deployment_id: str) -> list[Json]:
        """Instants that were due and began nothing, each with the reason, the newest first."""
        found = [one for one in await self._records() if one["deployment_id"] == deployment_id and "missed" in one]
        return [{"scheduled_at": one["trigger_context"]["scheduled_at"], "reason": one["missed"]} for one in found]

    async def history(self, deployment_id: str | None = None) -> list[Json]:
        """Runs and missed instants together, the newest first: of a deployment, or of all."""
        return [one for one in await self._records() if deployment_id in (None, one["deployment_id"])]

    async def overview(self) -> list[Json]:
        """The deployments that are not archived, each with why it is paused and its last run, the newest first."""
        last: dict[str, Json] = {}
        for run in await self.all():
            last.setdefault(run["deployment_id"], run)
        found = []
        for record in reversed(await self.deployments.all()):
            if not record["archived_at"]:
                about = {
                    "queued_since": await self._queued_since(record),
                    "paused_words": record["workbench"].get("paused_words", ""),
                    "last_run": last.get(record["id"]),
                }
                found.append(self.deployments.wire(record) | {"workbench": about})
        return found

    async def _records(self) -> list[Json]:
        return [document.body for document in reversed(await self.log.documents.newest(RUN))]

    async def archived_agent(self, agent_id: str) -> None:
        """An agent's deployments are archived with it, without a run."""
        for deployment_id in of_agent(await self.deployments.all(), agent_id):
            await self.changes.archive(deployment_id)

    # ── schedules ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def keep(self) -> None:
        """Look at all schedules until this is cancelled."""
        with survived("the last runs could not be told"):
            await self.tell_again()
        while True:
            looked_at = self.clock()
            self.deployments.changed.clear()
            with survived("the schedules could not be looked at"):
                await self.look()
            await unless(self.deployments.changed, asyncio.sleep(await self._pause_s(looked_at)))

    async def _pause_s(self, looked_at: datetime) -> float:
        """Until the first instant after that look, or the next look."""
        next_due = looked_at + timedelta(seconds=LONGEST_LOOK_S)
        for record in await self.deployments.all():
            if _is_active(record):
                schedule = record["schedule"]
                coming = next(upcoming(schedule["expression"], schedule["timezone"], looked_at), next_due)
                next_due = min(next_due, coming)
        return max(0.05, (next_due - self.clock()).total_seconds())

    async def look(self) -> None:
        """Start what is due now, once; of several that were missed the last one, late, and the others are told as missed."""
        for record in await self.deployments.all():
            if not _is_active(record):
                continue
            async with self.changing(record["id"]):
                # As it is now: somebody may have changed it meanwhile.
                current = await self.deployments.get(record["id"])
                if _is_active(current):
                    await self._look_at(current)

    async def _look_at(self, record: Json) -> None:
        now = self.clock()
        since = datetime.fromisoformat(record["workbench"]["considered_at"])
        instants = due(record["schedule"], max(since, now - 2 * CATCH_UP), now)
        if not instants:
            return
        overlap = record["metadata"].get(OVERLAP_KEY)
        if overlap == "queue" and now - instants[-1] <= CATCH_UP and await self._is_at_work(record):
            # It stays due, and is looked at again.
            return
        *earlier, last = instants
        why = "the engine was not running, or the machine slept"
        if overlap == "queue":
            why = "the session of the run before still worked, or no engine ran; a later run took its place"
        for instant in earlier[-_MOST_MISSED:]:
            await self._note_missed(record, instant, why)
        private = record["workbench"] | {"considered_at": timestamp(last)}
        if now - last > CATCH_UP:
            await self._note_missed(
                record, last, f"it was due more than {CATCH_UP.total_seconds() / 3600:.0f} hours ago"
            )
        elif overlap == "skip" and await self._is_at_work(record):
            await self._note_missed(record, last, "the session of the run before still works")
        else:
            trigger = {"type": "schedule", "scheduled_at": timestamp(last)}
            run = run_record(record, trigger, now, run_id=_run_id(record["id"], last))
            begun = await self._started(record, run, private | {"last_run_at": timestamp(last)})
            await self._tell(begun)
            return
        await self.deployments.put(record | {"workbench": private})

    async def _queued_since(self, record: Json) -> str | None:
        """The first instant that waits for the session of the run before; None where none does."""
        if record["metadata"].get(OVERLAP_KEY) != "queue" or not _is_active(record):
            return None
        now, since = self.clock(), datetime.fromisoformat(record["workbench"]["considered_at"])
        instants = due(record["schedule"], max(since, now - CATCH_UP), now)
        return timestamp(instants[0]) if instants and await self._is_at_work(record) else None

    async def _tell(self, run: Json) -> None:
        """A scheduled run has made its session, or failed; told again after a crash, it is the same."""
        at = datetime.fromisoformat(run["created_at"])
        for word in ("failed",) if run["error"] else ("started", "succeeded"):
            await self.outbox.tell(f"deployment_run.{word}", run["id"], of=run["id"], at=at)

    async def tell_again(self) -> None:
        """Tell the newest scheduled run of each deployment: an earlier engine may have ended between its record and the outbox."""
        seen: set[str] = set()
        for run in await self._records():
            if self.clock() - datetime.fromisoformat(run["created_at"]) > CATCH_UP:
                break
            if "scheduled_at" in run["trigger_context"] and "missed" not in run and run["deployment_id"] not in seen:
                seen.add(run["deployment_id"])
                await self._tell(run)

    async def _is_at_work(self, record: Json) -> bool:
        own = [one for one in await self.all() if one["deployment_id"] == record["id"] and one["session_id"]]
        return bool(own) and self.log.states.state(own[0]["session_id"]).standing in ("running", "rescheduling")

    async def _note_missed(self, record: Json, instant: datetime, reason: str) -> None:
        trigger = {"type": "schedule", "scheduled_at": timestamp(instant)}
        run = run_record(record, trigger, self.clock(), run_id=_run_id(record["id"], instant))
        if await self.log.documents.get(RUN, run["id"]) is None:
            await self.log.documents.put(Document(RUN, run["id"], 1, run | {"missed": reason}))

    # ── one run ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _started(self, record: Json, run: Json, private: Json, origin: Origin | None = None) -> Json:
        """The run with its session, or with the reason why there is none; what its deployment keeps of it is written with it."""
        if (known := await self.log.documents.get(RUN, run["id"])) is not None:
            await self.deployments.put(record | {"workbench": private})
            return known.body
        kept = self.deployments.document(record | {"workbench": private})

        def beside(session_id: str) -> list[Document]:
            more = origin.beside(session_id) if origin else []
            return [Document(RUN, run["id"], 1, run | {"session_id": session_id}), kept, *more]

        body, create = session_body(record), origin.create if origin else self.create_session
        try:
            await self._refuse_unusable(record)
            session = await create(origin.body(body) if origin else body, record["id"], beside)
        except Refused as refused:
            return await self._failed(record, run, private, refused)
        return run | {"session_id": session["id"]}

    async def _refuse_unusable(self, record: Json) -> None:
        agent = await self.deployments.agents.get(record["agent"]["id"])
        if agent["archived_at"]:
            raise Refused(f"agent {agent['id']} is archived", code="agent_archived")
        name = group_named(record["metadata"])
        if name is not None and await Groups(self.log.documents, self.log.states, self.clock).is_over(name):
            raise Refused(f"the budget of the group {name} is used up; raise it: workbench budget --group {name} USD")

    async def _failed(self, record: Json, run: Json, private: Json, refused: Refused) -> Json:
        kind = await self._kind_of(record, refused)
        failed = run | {"error": {"type": kind, "message": refused.message}}
        if kind in PAUSES and run["trigger_context"]["type"] == "schedule":
            reason = {"type": "error", "error": {"type": kind}}
            private = private | {"paused_reason": reason, "paused_words": refused.message}
        await self.log.documents.put(Document(RUN, run["id"], 1, failed))
        await self.deployments.put(record | {"workbench": private})
        return failed

    async def _kind_of(self, record: Json, refused: Refused) -> str:
        """The public word for why a session could not be made."""
        message, code = refused.message, refused.code or ""
        if code in ("environment_not_found", "environment_archived", "agent_archived"):
            return f"{code}_error"
        if refused.status == 429:
            return "session_rate_limited_error"
        for noun, missing, archived in (
            ("vault", "vault_not_found_error", "vault_archived_error"),
            ("memory store", "session_resource_not_found_error", "memory_store_archived_error"),
            ("environment", "environment_not_found_error", "environment_archived_error"),
            ("file", "file_not_found_error", "file_not_found_error"),
            ("skill", "skill_not_found_error", "skill_not_found_error"),
        ):
            if noun in message.lower():
                return archived if "archived" in message else missing
        if "metadata.workbench.project" in message:
            return "session_resource_not_found_error"
        if message.startswith("the budget of the group"):
            return "unknown_error"
        return "session_creation_rejected_error"


def _public(run: Json) -> Json:
    return {key: value for key, value in run.items() if key != "workbench"}


def _is_active(record: Json) -> bool:
    is_on = not record["archived_at"] and not record["workbench"]["paused_reason"]
    return is_on and record["schedule"] is not None


def _run_id(deployment_id: str, instant: datetime) -> str:
    """One run for a due instant, whatever happens between: its id is made of both."""
    digest = hashlib.sha256(f"{deployment_id} {timestamp(instant)}".encode()).hexdigest()
    return f"drun_01{digest[:20]}"
