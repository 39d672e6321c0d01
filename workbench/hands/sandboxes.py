"""Every session's sandbox: started by the first call that needs it, found again after a restart, ended at release."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from workbench.contracts.fact_kinds import FactKind
from workbench.contracts.facts import SANDBOX_STARTED
from workbench.contracts.hands import Outlets
from workbench.contracts.values import (
    Call,
    Clock,
    Fact,
    Heard,
    Json,
    Outcome,
    Progress,
    Session,
    text_outcome,
    unheard,
)
from workbench.events import child_thread
from workbench.hands import sandbox_record
from workbench.hands.backend import Backend, Started
from workbench.hands.channel import channel_folder
from workbench.hands.conversations import Conversation
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.lasting import LastingConversation
from workbench.hands.mcp.packages import ServerPackages
from workbench.hands.no_egress import Sealed
from workbench.hands.sandbox import Sandbox
from workbench.hands.sandbox_record import SandboxRecord
from workbench.settings import DEFAULT_BACKEND, Settings


class Sandboxes:
    """The hands: one sandbox a session, by the backend of its environment. `close` leaves them running, `release_all` ends them."""

    def __init__(
        self,
        settings: Settings,
        record: Callable[[Fact], Awaitable[None]],
        backends: Mapping[str, Backend],
        *,
        clock: Clock,
        progress: Progress,
        outlets: Outlets | None = None,
        starting: Callable[[str], AbstractContextManager[None]] = lambda _: contextlib.nullcontext(),
    ) -> None:
        """`starting` is entered with the id of each session whose sandbox is being started, and left when it runs."""
        self._settings = settings
        self._record = record
        self._backends = backends
        self._clock = clock
        self._progress = progress
        self._starting = starting
        self._outlets = outlets or Sealed()
        self._packages = ServerPackages(settings)
        self._live: dict[str, Sandbox] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._finding: asyncio.Task[None] | None = None
        self._warned: set[str] = set()

    def limits(self) -> Json:
        """What one sandbox of the usual backend may take, and which limits this machine was found not to enforce."""
        return {**self._backends[DEFAULT_BACKEND].limits, "not_enforced": sorted(self._warned)}

    async def open(self, known: Collection[str] | None = None) -> None:
        """Begin to listen for the sandboxes that an earlier engine left running; needs no Podman and waits for none.

        Sandboxes of sessions that are not `known` now are not listened for; their backends remove them.
        """
        for backend in self._backends.values():
            backend.open(known)
        self._finding = asyncio.create_task(self._find_all(known))

    async def _find_all(self, known: Collection[str] | None) -> None:
        async with asyncio.TaskGroup() as group:
            for record in sandbox_record.all_in(self._settings.sandboxes):
                if known is None or record.session_id in known:
                    group.create_task(self._find(record.session_id))

    # ── the promises ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def provision(self, session: Session) -> Outcome:
        """Have a sandbox ready; the text says what is ready, or what is missing and the command that mends it."""
        try:
            sandbox = await self._ready(session)
        except SandboxUnavailable as missing:
            return text_outcome(str(missing), is_error=True)
        return text_outcome(f"The sandbox is ready at {sandbox.record.workdir} ({sandbox.record.image}).")

    async def execute(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome:
        """Run one call, provisioning first where needed; cancelling the task ends the call inside as well."""
        try:
            sandbox = await self._ready(session)
        except SandboxUnavailable as missing:
            return text_outcome(str(missing), is_error=True)
        return await sandbox.channel.run(call, heard, thread=child_thread(session.id, session.thread_id))

    async def recover(self, session: Session, call: Call, heard: Heard = unheard) -> Outcome | None:
        """The kept outcome, or that of the process still running; None when no sandbox knows of this call."""
        sandbox = await self._find(session.id)
        return await sandbox.channel.recover(call.id, heard) if sandbox else None

    async def inspect(self, session: Session, call: Call) -> Outcome | None:
        """A call that only reads, where a sandbox runs; None where there is none, or it ends meanwhile."""
        live = self._live.get(session.id)
        sandbox = live if live is not None and live.is_live else await self._find(session.id)
        if sandbox is None:
            return None
        outcome = await sandbox.channel.run(call)
        sandbox.channel.forget(call.id)
        return outcome if sandbox.is_live else None

    async def acknowledge(self, session: Session, call_id: str) -> None:
        """The call's result is durable in the log: its outcome is forgotten, and a call that still runs is ended."""
        if (sandbox := self._live.get(session.id) or await self._find(session.id)) is not None:
            sandbox.channel.forget(call_id)

    async def bring_back(self, session_id: str) -> None:
        """What a running sandbox on another machine changed, as the session's files here; see `Backend`."""
        record = sandbox_record.load(self._folder(session_id))
        if record is not None and record.is_alive() and record.backend in self._backends:
            await self._backends[record.backend].bring_back(session_id)

    async def release(self, session_id: str) -> None:
        """End the sandbox; the session's files stay. No error when there is none."""
        folder = self._folder(session_id)
        async with self._turns[session_id]:
            sandbox = self._live.pop(session_id, None)
            if sandbox is not None:
                await sandbox.end(partial(self._stop, sandbox.record), "released")
            elif (record := sandbox_record.load(folder)) is not None:
                await self._stop(record)
                sandbox_record.forget(folder)
            shutil.rmtree(channel_folder(self._settings, session_id), ignore_errors=True)

    async def release_all(self) -> None:
        """End every sandbox of this workbench, those of earlier engines too."""
        left = {record.session_id for record in sandbox_record.all_in(self._settings.sandboxes)}
        for session_id in left | set(self._live):
            await self.release(session_id)

    async def close(self) -> None:
        """Let go of everything; sandboxes and the calls in them go on, and the next engine finds them."""
        if self._finding is not None:
            self._finding.cancel()
            await asyncio.gather(self._finding, return_exceptions=True)
        for sandbox in self._live.values():
            await sandbox.let_go()
        self._live.clear()
        for backend in self._backends.values():
            await backend.close()

    async def converse(self, session: Session, command: Sequence[str]) -> Conversation:
        """A conversation with a program of the session's sandbox, to be entered; provisions first where needed.

        Raises:
            SandboxUnavailable: there is none, and its words say what is missing.
        """
        sandbox = await self._ready(session)
        command = await self.offline(session.id, command)
        return sandbox.channel.conversations.with_program(command, sandbox.record.workdir)

    async def converse_lasting(self, session: Session, name: str) -> tuple[LastingConversation, str]:
        """A conversation that outlives this engine, to be begun, and the folder that its program starts in.

        Raises:
            SandboxUnavailable: there is no sandbox, and its words say what is missing.
        """
        sandbox = await self._ready(session)
        return sandbox.channel.conversations.lasting(name), sandbox.record.workdir

    async def find_lasting(self, session: Session, name: str) -> LastingConversation | None:
        """The same where a sandbox runs, to be rejoined; None where none does."""
        sandbox = await self._find(session.id)
        return sandbox.channel.conversations.lasting(name) if sandbox else None

    async def offline(self, session_id: str, command: Sequence[str]) -> tuple[str, ...]:
        """The command with the packages that were given to the session."""
        return await asyncio.to_thread(self._packages.offline, session_id, command)

    async def keep_packages(self, session: Session, server: Json) -> int:
        """End the session's sandbox, and keep for other sessions what it fetched for its server; how many bytes.

        Raises:
            OSError: it cannot be kept.
        """
        await self.release(session.id)
        return await asyncio.to_thread(self._packages.keep, session, server)

    # ── from a session to its sandbox ────────────────────────────────────────────────────────────────────────────────

    async def _ready(self, session: Session) -> Sandbox:
        async with self._turns[session.id]:
            sandbox = await self._found(session.id) or await self._started(session)
            self._live[session.id] = sandbox
            return sandbox

    async def _find(self, session_id: str) -> Sandbox | None:
        async with self._turns[session_id]:
            sandbox = await self._found(session_id)
            if sandbox is not None:
                self._live[session_id] = sandbox
            return sandbox

    async def _found(self, session_id: str) -> Sandbox | None:
        """The session's running sandbox, listened for again if it is an earlier engine's; None when there is none."""
        sandbox = self._live.pop(session_id, None)
        if sandbox is not None and sandbox.is_live:
            return sandbox
        if sandbox is not None:
            await sandbox.let_go()
        folder = self._folder(session_id)
        record = sandbox_record.load(folder)
        if record is None or not record.is_alive():
            sandbox_record.forget(folder)
            return None
        try:
            return await self._attached(record)
        except SandboxUnavailable:
            # It lives and does not answer: the next start removes it.
            return None

    async def _attached(self, record: SandboxRecord) -> Sandbox:
        channel = await self._backend(record.backend).attach(record)
        sandbox = Sandbox(record, self._folder(record.session_id), channel, outlets=self._outlets, tell=self._tell)
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(sandbox.let_go)
            await sandbox.open()
            undo.pop_all()
        return sandbox

    async def _started(self, session: Session) -> Sandbox:
        """A fresh sandbox on the session's files."""
        backend = self._backend(session.backend)
        with self._starting(session.id):
            # Meanwhile: a copy of many files takes about as long as a container.
            giving = asyncio.create_task(asyncio.to_thread(self._packages.giving(session)))
            try:
                started = await backend.start(session, lambda: self._outlets.variables(session))
            finally:
                await giving
        folder = self._folder(session.id)
        sandbox = Sandbox(started.record, folder, started.channel, outlets=self._outlets, tell=self._tell)
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(backend.stop, session.id)
            undo.push_async_callback(started.channel.close, calls_go_on=False)
            undo.push_async_callback(sandbox.let_go)
            await sandbox.open()
            started.record.save(folder)
            await self._tell_start(started)
            undo.pop_all()
        return sandbox

    def _backend(self, name: str) -> Backend:
        if (backend := self._backends.get(name)) is None:
            raise SandboxUnavailable(f"There is no backend {name!r} here, which this session's environment chose.")
        return backend

    async def _stop(self, record: SandboxRecord) -> None:
        if (backend := self._backends.get(record.backend)) is not None:
            await backend.stop(record.session_id)

    def _folder(self, session_id: str) -> Path:
        return self._settings.sandboxes / session_id

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _tell(self, kind: FactKind, session_id: str, body: Json) -> None:
        await self._record(kind.made(session_id, self._clock(), body))

    async def _tell_start(self, started: Started) -> None:
        for warning in started.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._progress(f"On this machine {warning}; everything else about the sandbox is.")
        body = {
            "container_id": started.record.container_id,
            "image": started.record.image,
            "image_id": started.image_id,
            "warnings": list(started.warnings),
        }
        await self._tell(SANDBOX_STARTED, started.record.session_id, body)
