"""Watchers of triggers: a task for each folder and each branch, as the triggers are now."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workbench.catalog.triggers import FILES, GIT, Triggers
from workbench.contracts import facts
from workbench.contracts.log import Log
from workbench.contracts.values import Document, Json
from workbench.engine.automation.triggers.deliveries import Deliveries
from workbench.engine.automation.triggers.file_watch import SETTLED_S, FileWatch, NoWatch
from workbench.engine.automation.triggers.payload import Arrived
from workbench.engine.own_writes import OwnWrites
from workbench.engine.surprises import survived
from workbench.events import new_id
from workbench.hands.git.branch_heads import NoBranch, branch_head

HEAD: Final = "trigger_head"
AGAIN_S: Final = 30.0
MOST_NAMED: Final = 400


@dataclass(kw_only=True)
class Watchers:
    """`troubles` says of a trigger why it hears nothing now."""

    log: Log
    triggers: Triggers
    deliveries: Deliveries
    writes: OwnWrites
    settled_s: float = SETTLED_S
    troubles: dict[str, str] = field(default_factory=dict)
    ready: set[str] = field(default_factory=set)
    """The triggers whose watch has begun."""
    _tasks: dict[tuple[str, str], asyncio.Task[None]] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self) -> None:
        """Triggers are others now."""
        self._changed.set()

    async def run(self) -> None:
        """Watch until this is cancelled."""
        try:
            while True:
                self._changed.clear()
                await self._fit()
                await self._changed.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _fit(self) -> None:
        """A task for each trigger that is watched for, and none for others."""
        wanted = {(one["id"], one["updated_at"]): one for one in await self.triggers.active(FILES, GIT)}
        for key in [*self._tasks]:
            if key not in wanted:
                self.troubles.pop(key[0], None)
                self.ready.discard(key[0])
                task = self._tasks.pop(key)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        for key, trigger in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = asyncio.create_task(self._kept(trigger))

    async def _kept(self, trigger: Json) -> None:
        """Watch for one trigger; what fails is told, and tried again."""
        watch: Callable[[Json], Awaitable[None]] = self._files if trigger["source"]["type"] == FILES else self._git
        while True:
            with survived("the trigger %s could not be watched", trigger["id"]):
                try:
                    await watch(trigger)
                except (NoWatch, NoBranch) as trouble:
                    self.troubles[trigger["id"]] = str(trouble)
                    if not _place(trigger).is_dir():
                        await self.triggers.paused(trigger["id"], {"type": "error", "message": str(trouble)})
                        self.changed()
            await asyncio.sleep(AGAIN_S)

    async def _heard(self, trigger: Json) -> None:
        self.troubles.pop(trigger["id"], None)
        self.ready.add(trigger["id"])

    # ── files ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _files(self, trigger: Json) -> None:
        source = trigger["source"]
        watch = FileWatch(Path(source["folder"]), source["only"], self.writes, self.settled_s)
        batches = watch.batches(lambda: self._heard(trigger))
        async with contextlib.aclosing(batches):  # type: ignore[type-var]
            async for paths in batches:
                named = [("folder", source["folder"]), ("changed", str(len(paths)))]
                named += [("path", path) for path in paths[:MOST_NAMED]]
                body = "".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape")
                title = f"{len(paths)} changed file{'s' if len(paths) > 1 else ''}"
                # Each batch is one of its own, whatever changed before.
                await self.deliveries.accept(trigger, new_id("batch"), Arrived(title, named, body, "paths.txt"))

    # ── commits ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _git(self, trigger: Json) -> None:
        while True:
            await self.look_at_branch(trigger)
            await self._heard(trigger)
            await asyncio.sleep(self.settled_s)

    async def look_at_branch(self, trigger: Json) -> None:
        """Tell of a head that is another one than at the last look, also of an earlier engine; ours is nobody's.

        Raises:
            NoBranch: there is nothing to look at.
        """
        source = trigger["source"]
        repository, branch = Path(source["repository"]), source["branch"]
        await self.writes.at_rest(repository)
        head = await asyncio.to_thread(branch_head, repository, branch)
        known = await self.log.documents.get(HEAD, trigger["id"])
        if head is None or (known is not None and known.body["head"] == head):
            return
        if known is not None and not await self._is_own(head):
            before = known.body["head"]
            fields = [("repository", str(repository)), ("branch", branch), ("head", head), ("before", before)]
            # With the head before: a branch that is put back to an earlier one moves again.
            await self.deliveries.accept(trigger, f"{before} {head}", Arrived(f"commits on {branch}", fields))
        # Last: after a crash the same move is told again, under the same key.
        await self.log.documents.put(Document(HEAD, trigger["id"], 1, {"head": head}))

    async def _is_own(self, head: str) -> bool:
        """Whether a person brought this commit from a session of ours."""
        for session_id in await self.log.facts.sessions_with(facts.COMMITS_BROUGHT.name):
            for fact in await self.log.facts.facts(session_id, facts.COMMITS_BROUGHT.name):
                if head == fact.body["head"] or head in fact.body["commits"]:
                    return True
        return False


def _place(trigger: Json) -> Path:
    source = trigger["source"]
    return Path(source.get("folder") or source["repository"])
