"""Every session's sandbox: started by the first call that needs it, found again after a restart, ended at release."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.contracts.facts import SANDBOX_STARTED, FactKind
from workbench.contracts.hands import Outlets
from workbench.contracts.values import Call, Clock, Fact, Json, Outcome, Progress, Session, text_outcome
from workbench.hands import sandbox_record as standings
from workbench.hands.channel import Channel
from workbench.hands.conversations import Conversation
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import Workspace, workspace_of
from workbench.hands.no_egress import Sealed
from workbench.hands.podman import command, posture, seccomp, specification
from workbench.hands.podman.images import ensure_image
from workbench.hands.podman.layers import ensure_layer
from workbench.hands.podman.own_images import keep, own_image
from workbench.hands.podman.packages import ask_managers
from workbench.hands.podman.service import Service
from workbench.hands.podman.specification import Limits
from workbench.hands.podman.sweep import sweep
from workbench.hands.sandbox import Sandbox
from workbench.hands.sandbox_record import Standing
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.hands.podman.containers import Containers, Started

T = TypeVar("T")


class Sandboxes:
    """The hands: one rootless container a session. `close` leaves them running, `release_all` ends them."""

    def __init__(
        self,
        settings: Settings,
        record: Callable[[Fact], Awaitable[None]],
        *,
        clock: Clock,
        progress: Progress,
        limits: Limits | None = None,
        outlets: Outlets | None = None,
    ) -> None:
        self._settings = settings
        self._record = record
        self._clock = clock
        self._progress = progress
        self._limits = limits or Limits()
        self._outlets = outlets or Sealed()
        self._service = Service(settings)
        self._live: dict[str, Sandbox] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # More starts at once than cores only make each of them slower.
        self._starts = asyncio.Semaphore(_starting_at_once())
        self._image: asyncio.Task[str] | None = None
        self._finding: asyncio.Task[None] | None = None
        self._known: Collection[str] | None = None
        self._said: set[str] = set()

    def limits(self) -> Json:
        """What one sandbox may take, how many start at once, and which limits this machine was found not to enforce."""
        return {
            "memory_bytes": self._limits.memory_bytes,
            "processes": self._limits.pids,
            "open_files": self._limits.open_files,
            "temporary_bytes": self._limits.temporary_bytes,
            "shared_memory_bytes": self._limits.shared_memory_bytes,
            "starting_at_once": _starting_at_once(),
            "not_enforced": sorted(self._said),
        }

    async def open(self, known: Collection[str] | None = None) -> None:
        """Begin to listen for the sandboxes that an earlier engine left running; needs no Podman and waits for none.

        Of sessions that are not `known` now none is listened for, and the first sweep removes them.
        """
        self._known = known
        self._finding = asyncio.create_task(self._find_all())

    async def _find_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for standing in standings.all_in(self._settings.sandboxes):
                if self._known is None or standing.session_id in self._known:
                    group.create_task(self._find(standing.session_id))

    # ── the promises ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def provision(self, session: Session) -> Outcome:
        """Have a sandbox ready; the text says what is ready, or what is missing and the command that mends it."""
        try:
            sandbox = await self._ready(session)
        except SandboxUnavailable as missing:
            return text_outcome(str(missing), is_error=True)
        return text_outcome(f"The sandbox is ready at {sandbox.standing.workdir} ({sandbox.standing.image}).")

    async def execute(self, session: Session, call: Call) -> Outcome:
        """Run one call, provisioning first where needed; cancelling the task ends the call inside as well."""
        try:
            sandbox = await self._ready(session)
        except SandboxUnavailable as missing:
            return text_outcome(str(missing), is_error=True)
        return await sandbox.channel.run(call)

    async def recover(self, session: Session, call: Call) -> Outcome | None:
        """The kept outcome, or that of the process still running; None when no sandbox knows of this call."""
        sandbox = await self._find(session.id)
        return await sandbox.channel.recover(call.id) if sandbox else None

    async def acknowledge(self, session: Session, call_id: str) -> None:
        """The call's result is durable in the log: its outcome is forgotten, and a call that still runs is ended."""
        if (sandbox := self._live.get(session.id) or await self._find(session.id)) is not None:
            sandbox.channel.forget(call_id)

    async def release(self, session_id: str) -> None:
        """End the sandbox; the session's files stay. No error when there is none."""
        folder = self._settings.sandboxes / session_id
        async with self._turns[session_id]:
            sandbox = self._live.pop(session_id, None)
            if sandbox is not None:
                await sandbox.end(lambda: self._remove(session_id), "released")
            elif standings.load(folder) is not None:
                await self._remove(session_id)
                standings.forget(folder)
            shutil.rmtree(self._channel_folder(session_id), ignore_errors=True)

    async def release_all(self) -> None:
        """End every sandbox of this workbench, those of earlier engines too."""
        left = {standing.session_id for standing in standings.all_in(self._settings.sandboxes)}
        for session_id in left | set(self._live):
            await self.release(session_id)

    async def close(self) -> None:
        """Let go of everything; sandboxes and the calls in them go on, and the next engine finds them."""
        for task in (self._finding, self._image):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        for sandbox in self._live.values():
            await sandbox.let_go()
        self._live.clear()
        await self._service.close()

    async def converse(self, session: Session, command: Sequence[str]) -> Conversation:
        """A conversation with a program of the session's sandbox, to be entered; provisions first where needed.

        Raises:
            SandboxUnavailable: there is none, and its words say what is missing.
        """
        sandbox = await self._ready(session)
        return sandbox.channel.conversations.with_program(command, sandbox.standing.workdir)

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
        folder = self._settings.sandboxes / session_id
        standing = standings.load(folder)
        if standing is None or not standing.is_alive():
            standings.forget(folder)
            return None
        try:
            return await self._listened_for(standing, folder)
        except SandboxUnavailable:
            # It lives and does not answer: the next start removes it.
            return None

    async def _listened_for(self, standing: Standing, folder: Path) -> Sandbox:
        async with contextlib.AsyncExitStack() as undo:
            channel = Channel(self._channel_folder(standing.session_id))
            channel.expect(standing.pid)
            sandbox = Sandbox(standing, folder, channel, outlets=self._outlets, tell=self._tell)
            undo.push_async_callback(sandbox.let_go)
            await sandbox.open()
            undo.pop_all()
        return sandbox

    async def _started(self, session: Session) -> Sandbox:
        """A fresh sandbox on the session's files, refused if it is less confined than ordered."""
        own, image = await self._image_for(session)
        async with self._starts, contextlib.AsyncExitStack() as undo:
            containers = await self._containers()
            workspace = workspace_of(self._settings, session)
            variables = await self._outlets.variables(session)
            ordered = await asyncio.to_thread(self._ordered, session.id, workspace, image, variables)
            await asyncio.to_thread(containers.remove, ordered["name"])
            channel = Channel(self._channel_folder(session.id))
            undo.push_async_callback(self._remove, session.id)
            undo.push_async_callback(channel.close, calls_go_on=False)
            try:
                started = await _to_the_end(asyncio.to_thread(containers.start, ordered))
            except SandboxUnavailable:
                # Image or host may have changed since they were found good.
                self._image = None
                raise
            channel.expect(started.pid)
            standing = _standing(session.id, workspace, image, started)
            sandbox = Sandbox(standing, workspace.folder, channel, outlets=self._outlets, tell=self._tell)
            undo.push_async_callback(sandbox.let_go)
            seen = await sandbox.open()
            if faults := posture.faults(seen):
                raise SandboxUnavailable(f"The sandbox was refused: {', '.join(faults)}; run `workbench doctor`.")
            if own is not None:
                keep(workspace.folder, own)
            standing.save(workspace.folder)
            await self._tell_start(standing, started, posture.warnings(seen, self._limits))
            undo.pop_all()
        return sandbox

    async def _image_for(self, session: Session) -> tuple[str | None, str]:
        """The image that the session names, if any, and the one its sandbox is made of."""
        try:
            own = await self._own_image(session)
            image = own or await self._image_reference()
            packages = session.environment.get("packages") or {}
            image = await ensure_layer(self._settings, image, packages, self._progress)
            await ask_managers(self._settings, image)
        except SandboxUnavailable as missing:
            # Whoever saw the work begin sees how it ended.
            self._progress(str(missing))
            raise
        return own, image

    def _ordered(self, session_id: str, workspace: Workspace, image: str, variables: Mapping[str, str]) -> Json:
        workspace.prepare()
        return specification.specification(
            self._settings,
            session_id,
            image=image,
            workspace=workspace,
            channel=self._channel_folder(session_id),
            profile=seccomp.profile_file(self._settings),
            limits=self._limits,
            variables=variables,
        )

    def _channel_folder(self, session_id: str) -> Path:
        return self._settings.channels / specification.short_name(self._settings, session_id)

    # ── Podman ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _own_image(self, session: Session) -> str | None:
        if session.image is not None or session.containerfile is not None:
            await command.prepare(self._settings)
        return await own_image(self._settings, session, self._image_reference, self._progress)

    async def _image_reference(self) -> str:
        """The image; the first who asks has the host prepared, the image built and leftovers swept away, for all."""
        if self._image is not None and self._image.done() and (self._image.cancelled() or self._image.exception()):
            self._image = None
        if self._image is None:
            self._image = asyncio.create_task(self._prepare())
        return await asyncio.shield(self._image)

    async def _prepare(self) -> str:
        await command.prepare(self._settings)
        reference = await ensure_image(self._settings, self._progress)
        await asyncio.to_thread(sweep, await self._containers(), self._settings, self._known)
        return reference

    async def _containers(self) -> Containers:
        return await asyncio.to_thread(_connect, await self._service.socket())

    async def _remove(self, session_id: str) -> None:
        name = specification.container_name(self._settings, session_id)
        try:
            containers = await self._containers()
            await _to_the_end(asyncio.to_thread(containers.remove, name))
        except SandboxUnavailable as stays:
            # Its runner ends by itself when no engine listens: said, and nothing is lost.
            self._progress(str(stays))

    # ── facts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _tell(self, kind: FactKind, session_id: str, body: Json) -> None:
        await self._record(kind.made(session_id, self._clock(), body))

    async def _tell_start(self, standing: Standing, started: Started, limits: list[str]) -> None:
        warnings = [*limits, *(started.warnings if not limits else ())]
        for warning in warnings:
            if warning not in self._said:
                self._said.add(warning)
                self._progress(f"On this machine {warning}; everything else about the sandbox is.")
        body = {
            "container_id": started.container_id,
            "image": standing.image,
            "image_id": started.image_id,
            "warnings": warnings,
        }
        await self._tell(SANDBOX_STARTED, standing.session_id, body)


def _starting_at_once() -> int:
    return max(2, os.cpu_count() or 2)


def _connect(socket: Path) -> Containers:
    # podman-py takes 160 ms to import: not before a sandbox is wanted, and not in the event loop.
    from workbench.hands.podman.containers import Containers

    return Containers(socket)


def _standing(session_id: str, workspace: Workspace, image: str, started: Started) -> Standing:
    return Standing(
        session_id=session_id,
        container_id=started.container_id,
        image=image,
        workdir=workspace.workdir,
        pid=started.pid,
        started_ticks=standings.start_ticks(started.pid),
    )


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await what must not be left half done; a cancellation is raised when it has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
