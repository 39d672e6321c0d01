"""Process of the engine without HTTP: opens the log, puts the rooms together, and ends them in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from workbench import events
from workbench.brain.compaction import Room
from workbench.brain.retry import Retries
from workbench.contracts.build import build
from workbench.contracts.forks import is_fork, owner_of
from workbench.contracts.instructions import nothing_read
from workbench.contracts.own_port import own_port
from workbench.contracts.values import Fact, Json
from workbench.engine import garbage
from workbench.engine.automation import power
from workbench.engine.automation.metered import MeteredNetwork
from workbench.engine.automation.notices import Channels, Notices
from workbench.engine.egress import Egress
from workbench.engine.engine_log import engine_log, tail
from workbench.engine.engine_state import EngineState
from workbench.engine.facade import Engine
from workbench.engine.rooms import BrainSide, HandsSide, WebSide
from workbench.engine.telemetry.exporter import Telemetry
from workbench.engine.vault_service import VaultService
from workbench.hands.acp.agents import ConversingAgents
from workbench.hands.files import instruction_files
from workbench.hands.files.checkpoints import MOST_CHECKPOINTS, MOST_STORED_BYTES
from workbench.hands.files.contents import StoredContents
from workbench.hands.files.memory_folders import MemoryFolders
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.files.shared_folders import SharedFoldersOnDisk
from workbench.hands.files.skill_folders import SkillFoldersOnDisk
from workbench.hands.files.skill_sources import SkillSourcesOnDisk
from workbench.hands.git.session_repositories import SessionRepositories
from workbench.hands.mcp.servers import ConnectedServers
from workbench.hands.measuring import measured
from workbench.hands.registry import backends, confines, machines, refusal
from workbench.hands.sandboxes import Sandboxes
from workbench.hands.transfers import SandboxTransfers
from workbench.log import Log, open_log
from workbench.models.endpoints import Endpoints
from workbench.permissions.rulebook import Rulebook
from workbench.settings import Settings, make_private

BUILD: Final = build()
"""As the engine began: an upgrade may renew the files under it."""

logger = logging.getLogger("workbench.engine")


def rules_of(settings: Settings) -> Rulebook:
    """The user's permission rules.

    Raises:
        SettingsError: they cannot be used.
    """
    return Rulebook(settings.permissions)


@contextlib.asynccontextmanager
async def opened_log(settings: Settings) -> AsyncIterator[Log]:
    """The log, open until this is left; says what was repaired.

    Raises:
        LogUnusable: another engine lives, or the log is newer than this program.
    """
    for folder in (settings.data, settings.runtime):
        make_private(folder)
    said: list[str] = []

    def tell(sentence: str) -> None:
        if sentence not in said:
            said.append(sentence)
            say(sentence)

    log = await open_log(settings.log, progress=tell)
    for notice in log.notices:
        tell(notice)
    try:
        yield log
    finally:
        await log.close()


@contextlib.asynccontextmanager
async def assembled(
    settings: Settings, log: Log, rulebook: Rulebook, *, key: int | None, stop: asyncio.Event
) -> AsyncIterator[EngineProcess]:
    """The rooms on an open log, none at work yet; `key` is a descriptor with the model's key, `stop` is set when the engine is to end."""
    async with Egress(settings, log, key=key) as egress:
        yield EngineProcess(settings, log, rulebook, egress, stop)


class EngineProcess:
    """One engine: `at_work` from its first session to its last, `detach` before what it listens on is closed."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        rulebook: Rulebook,
        egress: Egress,
        stop: asyncio.Event,
    ) -> None:
        self._settings, self._log, self._rulebook, self._egress, self._stop = settings, log, rulebook, egress, stop
        self._started_at, self._ends_sandboxes, self._metered = events.now(), False, MeteredNetwork()
        self._beside: list[asyncio.Task[None]] = []
        self.state = EngineState(self._model)
        self._hands = Sandboxes(
            settings,
            self._record,
            backends(settings, self._prepare),
            clock=events.now,
            progress=self._prepare,
            outlets=egress.network,
            starting=self._starting,
        )
        self._servers = ConnectedServers(egress.network.server_way, self._hands.converse)
        self._endpoints = Endpoints(
            None,
            is_settled=False,
            offline_socket=settings.engine_socket,
            default_model=settings.default_model,
            trouble=lambda: egress.failure,
            progress=self._progress,
        )
        self.vault = VaultService(egress, self._endpoints, self.state)
        hands = self._hands_side()
        self.engine = Engine(
            log=log,
            hands=hands,
            vault=egress.side,
            brain=self._brain_side(rulebook),
            state=self.state,
            web=WebSide(egress.web_ways, hands.extractor, settings.searxng),
        )

    def _brain_side(self, rulebook: Rulebook) -> BrainSide:
        settings = self._settings
        return BrainSide(
            self._endpoints,
            rulebook,
            Room(settings.compact_at, settings.context_window),
            Retries(resumes=settings.resumes),
            self._held,
        )

    def _held(self) -> str | None:
        """Why no model is asked now: this machine's battery, or a network that costs."""
        on_battery = power.on_battery() if self._settings.rests_on_battery else None
        return on_battery or self._metered.held()

    def _hands_side(self) -> HandsSide:
        settings = self._settings
        files, contents = SessionFiles(settings), StoredContents(settings)
        return HandsSide(
            self._hands,
            files,
            files,
            MemoryFolders(settings),
            self._servers,
            SessionRepositories(settings),
            contents,
            SharedFoldersOnDisk(settings, contents, confines, self._hands.bring_back),
            SkillFoldersOnDisk(settings, contents),
            SandboxTransfers(self._hands.converse),
            backend_refusal=lambda name: refusal(settings, name),
            instructions=instruction_files.read if settings.reads_instructions else nothing_read,
            skill_sources=SkillSourcesOnDisk(contents, Path.home(), settings.sandboxes),
            keep_packages=self._hands.keep_packages,
            acp=ConversingAgents(self._hands.converse_lasting, self._hands.find_lasting, self._hands.offline),
        )

    # ── its life ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Sessions go on where an earlier engine left them; the offline model must be reachable before."""
        await self._hands.open({head.id for head in await self._log.documents.heads("session", ["id"])})
        async with self.engine:
            self._beside = [
                asyncio.create_task(garbage.in_quiet(self._is_quiet)),
                asyncio.create_task(self.vault.follow()),
                asyncio.create_task(self._find_endpoint()),
                asyncio.create_task(self._endpoints.prepare()),
                asyncio.create_task(self.engine.files.keep_swept()),
                asyncio.create_task(self._notices().follow()),
                *([asyncio.create_task(self._metered.keep())] if self._settings.rests_on_metered else []),
                asyncio.create_task(self._telemetry().follow()),
            ]
            yield
            await self._endpoints.aclose()
        # Last: a call that is on its way is found interrupted by the next engine, and not told as a failure by this one.
        await self._servers.close()

    async def _find_endpoint(self) -> None:
        """The vault knows whether there is a key: only who asks a model waits until it has begun."""
        try:
            self._endpoints.settle(await self._egress.model_endpoint())
        finally:
            self._endpoints.settle(None)

    def _notices(self) -> Notices:
        said = self._settings
        self.engine.stuck.after = timedelta(minutes=said.stop_stuck_minutes) if said.stop_stuck_minutes else None
        self.engine.reviews.kept = timedelta(days=said.reviews_kept_days)
        self.engine.answer_links.base_url = said.answer_url
        channels = Channels(said.notices_when, said.notices_command, said.notices_push, said.notices_desktop)
        links = self.engine.answer_links
        return Notices(log=self._log, channels=channels, post=self._egress.web_ways.post, link=links.link)

    def _telemetry(self) -> Telemetry:
        said = self._settings
        return Telemetry(
            log=self._log,
            post=self._egress.web_ways.post,
            clock=events.now,
            endpoint=said.telemetry_endpoint,
            key_as=said.telemetry_key,
            with_content=said.telemetry_content,
        )

    async def detach(self) -> None:
        """End every session's task where it stands. What runs inside sandboxes goes on, and the next engine adopts its outcome."""
        for task in self._beside:
            task.cancel()
        self.engine.watches.halt()
        await self.engine.sandbox_access.halt()
        if self._ends_sandboxes:
            self.engine.halt()
            await self._hands.release_all()
        await self._hands.close()
        self.engine.halt()

    # ── the promises ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def status(self) -> Json:
        """See `contracts.process.Process`."""
        counts: dict[str, int] = {}
        for session in await self.engine.session_lists.all():
            status = "archived" if session.archived_at else session.status
            counts[status] = counts.get(status, 0) + 1
        model = await self.state.refresh()
        failure = self._egress.failure
        return {
            "pid": os.getpid(),
            "build": BUILD,
            "started_at": events.timestamp(self._started_at),
            "uptime_s": round((datetime.now(self._started_at.tzinfo) - self._started_at).total_seconds(), 1),
            "socket": str(self._settings.engine_socket),
            "data": str(self._settings.data),
            "engine_log": str(engine_log(self._settings)),
            "endpoint": model["endpoint"],
            "endpoint_source": model["source"],
            "answers": self.engine.answer_links.base_url,
            "has_key": self._egress.has_model_key,
            "default_model": model["model"],
            "vault": "failed" if failure else "ready",
            "sessions": counts,
            "notices": (
                *self._log.notices,
                *filter(
                    None,
                    [
                        own_port(self._settings),
                        self._rulebook.trouble,
                        failure,
                        self.engine.answer_links.trouble,
                        self._metered.trouble,
                    ],
                ),
            ),
        }

    async def sandboxes(self) -> list[Json]:
        """See `contracts.process.Process`."""
        found = await asyncio.to_thread(measured, self._settings.sandboxes)
        return [one | {"session_id": owner_of(one["session_id"])} for one in found]

    def limits(self) -> Json:
        """Of sessions there may be any number at once; what ends first is the disk."""
        disk = shutil.disk_usage(self._settings.data)
        return {
            "sandbox": self._hands.limits(),
            "sessions_at_once": None,
            "machines": machines(self._settings),
            "compact_at": self._settings.compact_at,
            "checkpoints": MOST_CHECKPOINTS,
            "checkpoint_bytes": MOST_STORED_BYTES,
            "disk_free_bytes": disk.free,
            "disk_bytes": disk.total,
        }

    async def log_tail(self, after: int | None) -> Json:
        """See `contracts.process.Process`."""
        return await asyncio.to_thread(tail, engine_log(self._settings), after)

    def stop(self, *, ends_sandboxes: bool) -> None:
        """See `contracts.process.Process`."""
        self._ends_sandboxes = ends_sandboxes
        self._stop.set()

    # ── for the rooms ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _model(self) -> Json:
        model = await self._endpoints.default()
        return {"model": model, **self._endpoints.origin(model), "trouble": self._egress.failure, "build": BUILD}

    def _progress(self, sentence: str) -> None:
        say(sentence)
        self.state.progress(sentence)

    def _prepare(self, sentence: str) -> None:
        self._progress(sentence)
        self.engine.progress.preparing(sentence)

    def _starting(self, session_id: str) -> AbstractContextManager[None]:
        return self.engine.progress.starting(owner_of(session_id))

    async def _record(self, fact: Fact) -> None:
        """Of a copy of a session nothing is noted: its sandbox is none of the session's."""
        if not is_fork(fact.session_id):
            await self._log.facts.record(fact)

    def _is_quiet(self) -> bool:
        return not any(state.standing == "running" for state in self._log.states.states())


def say(sentence: str) -> None:
    """Write a sentence into the engine's log file, and to the process that started the engine."""
    logger.info("%s", sentence)
    # Whoever started the engine reads these lines until "ready", and may then be gone.
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
