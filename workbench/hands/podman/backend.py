"""The Podman backend: one rootless container a session, on an overlay of its project, without a network."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping
from typing import Any, TypeVar

from workbench.contracts.hands import Check
from workbench.contracts.values import Json, Progress, Session
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits, Started, Variables
from workbench.hands.channel import Channel, channel_folder
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import Workspace, workspace_of
from workbench.hands.git import view
from workbench.hands.podman import containers, posture, seccomp, specification, storage
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.containers import Container
from workbench.hands.podman.diagnosis import host_checks
from workbench.hands.podman.own_images import keep
from workbench.hands.podman.service import Service
from workbench.hands.podman.session_images import SessionImages
from workbench.hands.podman.sweep import sweep
from workbench.hands.podman.writable_folders import fill
from workbench.hands.sandbox_record import SandboxRecord
from workbench.settings import Settings

T = TypeVar("T")


class PodmanBackend:
    """Implements `Backend`; the limits are those of the container, enforced where this machine can."""

    def __init__(self, settings: Settings, progress: Progress, limits: Limits) -> None:
        self.limits: Json = {
            "memory_bytes": limits.memory_bytes,
            "processes": limits.pids,
            "open_files": limits.open_files,
            "temporary_bytes": limits.temporary_bytes,
            "shared_memory_bytes": limits.shared_memory_bytes,
            "starting_at_once": _starting_at_once(),
        }
        self._settings = settings
        self._progress = progress
        self._limits = limits
        self._podman = Podman(settings, Service(settings, storage.service_socket(settings)))
        self._images = SessionImages(self._podman, progress, self._sweep)
        # More starts at once than cores only make each of them slower.
        self._starts = asyncio.Semaphore(_starting_at_once())
        self._known: Collection[str] | None = None

    def open(self, known: Collection[str] | None) -> None:
        # Swept when the first sandbox is wanted: an engine without sandboxes needs no Podman.
        self._known = known

    def checks(self) -> AsyncIterator[Check]:
        return host_checks(self._settings)

    async def start(self, session: Session, variables: Variables) -> Started:
        """See `Backend`; a container that is less confined than ordered is refused."""
        own, image = await self._images.image_for(session)
        workspace, named = workspace_of(self._settings, session), await variables()
        async with self._starts, contextlib.AsyncExitStack() as undo:
            await fill(self._podman, workspace, image)
            ordered = await asyncio.to_thread(self._ordered, session, workspace, image, named)
            await self._podman.ask(containers.remove, ordered["name"])
            channel = Channel(channel_folder(self._settings, session.id))
            undo.push_async_callback(self.stop, session.id)
            undo.push_async_callback(channel.close, calls_go_on=False)
            try:
                made = await _to_the_end(self._podman.once(containers.start, ordered))
            except SandboxUnavailable:
                self._images.distrust()
                raise
            channel.expect(made.pid)
            seen = (await channel.hello()).posture
            if faults := posture.faults(seen):
                raise SandboxUnavailable(f"The sandbox was refused: {', '.join(faults)}; run `workbench doctor`.")
            if own is not None:
                keep(workspace.folder, own, session)
            limits = posture.warnings(seen, self._limits)
            record = _record(session.id, workspace, image, made)
            undo.pop_all()
        return Started(record, channel, made.image_id, (*limits, *(made.warnings if not limits else ())))

    def _ordered(self, session: Session, workspace: Workspace, image: str, variables: Mapping[str, str]) -> Json:
        workspace.prepare()
        view.prepare(workspace)
        return specification.specification(
            self._settings,
            session.id,
            image=image,
            workspace=workspace,
            profile=seccomp.profile_file(self._settings),
            limits=self._limits,
            variables=variables,
            ports=session.network.get("ports", ()),
        )

    async def attach(self, record: SandboxRecord) -> Channel:
        return await Channel.attached(channel_folder(self._settings, record.session_id), record.pid)

    async def bring_back(self, session_id: str) -> None:
        """See `Backend`: they are here."""

    async def stop(self, session_id: str) -> None:
        name = specification.container_name(self._settings, session_id)
        try:
            await _to_the_end(self._podman.ask(containers.remove, name))
        except SandboxUnavailable as stays:
            # Its runner ends by itself when no engine listens: said, and nothing is lost.
            self._progress(str(stays))

    async def close(self) -> None:
        await self._images.close()
        await self._podman.close()

    async def _sweep(self) -> None:
        await self._podman.ask(sweep, self._settings, self._known)
        # Sessions that begin from now on are not among them: a sweep after a failed start leaves their sandboxes alone.
        self._known = None


def _starting_at_once() -> int:
    return max(2, os.cpu_count() or 2)


def _record(session_id: str, workspace: Workspace, image: str, made: Container) -> SandboxRecord:
    return SandboxRecord(
        session_id=session_id,
        container_id=made.container_id,
        image=image,
        workdir=workspace.workdir,
        pid=made.pid,
        started_ticks=sandbox_record.start_ticks(made.pid),
    )


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await what must not be left half done; a cancellation is raised when it has ended."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
