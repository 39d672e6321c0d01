"""The Podman backend: one rootless container a session, on an overlay of its project, without a network."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass

from workbench.contracts.hands import Check
from workbench.contracts.values import Json, Progress, Session
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits, Started, Variables
from workbench.hands.channel import Channel, channel_folder
from workbench.hands.ending import to_the_end
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import Workspace, workspace_of
from workbench.hands.git import view
from workbench.hands.podman import containers, posture, seccomp, specification, storage
from workbench.hands.podman.claiming import CannotMount, claim
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.containers import Container
from workbench.hands.podman.diagnosis import host_checks
from workbench.hands.podman.own_images import keep
from workbench.hands.podman.service import Service
from workbench.hands.podman.session_images import SessionImages
from workbench.hands.podman.spares import Spare, Spares, Wanted
from workbench.hands.podman.sweep import sweep
from workbench.hands.podman.writable_folders import fill
from workbench.hands.sandbox_record import SandboxRecord
from workbench.settings import Settings


@dataclass(frozen=True)
class _Order:
    """A session's sandbox: the image that the session itself names, if any, and the one it is made of."""

    session: Session
    workspace: Workspace
    image: str
    own: str | None
    variables: Mapping[str, str]

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.image, tuple(sorted(self.session.network.get("ports", ()))))


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
        self.spares = Spares(settings, self._podman, limits)
        self._known: Collection[str] | None = None

    def open(self, known: Collection[str] | None) -> None:
        # Swept when the first sandbox is wanted: an engine without sandboxes needs no Podman.
        self._known = known
        self.spares.forget_earlier()

    def checks(self) -> AsyncIterator[Check]:
        return host_checks(self._settings)

    async def start(self, session: Session, variables: Variables) -> Started:
        """See `Backend`; a container that is less confined than ordered is refused."""
        with self.spares.held_back():
            own, image = await self._images.image_for(session)
            workspace, named = workspace_of(self._settings, session), await variables()
            order = _Order(session, workspace, image, own, named)
            # What an environment makes writable is nowhere that an image surely has.
            spare = None if workspace.folders else self.spares.take(order.wanted)
            started = (spare and await self._claimed(spare, order)) or await self._fresh(order)
        if not workspace.folders:
            self.spares.want(order.wanted)
        return started

    async def _claimed(self, spare: Spare, order: _Order) -> Started | None:
        """The spare as the session's sandbox; None where it cannot be that, and nothing of it is left."""
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(self.spares.end, spare)
            try:
                seen = await claim(
                    *(spare, self._podman, self._settings, order.session.id),
                    image=order.image,
                    workspace=order.workspace,
                    variables=order.variables,
                )
            except CannotMount:
                self.spares.give_up()
                return None
            except (SandboxUnavailable, OSError):
                # What is wrong with the session's files is said by the start that follows.
                return None
            if posture.faults(seen):
                return None
            started = self._started(order, spare.container, spare.channel, seen)
            undo.pop_all()
        return started

    async def _fresh(self, order: _Order) -> Started:
        session = order.session
        async with self._starts, contextlib.AsyncExitStack() as undo:
            await fill(self._podman, order.workspace, order.image)
            ordered = await asyncio.to_thread(self._ordered, order)
            await self._podman.ask(containers.remove, ordered["name"])
            channel = Channel(channel_folder(self._settings, session.id))
            undo.push_async_callback(self.stop, session.id)
            undo.push_async_callback(channel.close, calls_go_on=False)
            try:
                made = await to_the_end(self._podman.once(containers.start, ordered))
            except SandboxUnavailable:
                self._images.distrust()
                raise
            channel.expect(made.pid)
            seen = (await channel.hello()).posture
            if faults := posture.faults(seen):
                raise SandboxUnavailable(f"The sandbox was refused: {', '.join(faults)}; run `workbench doctor`.")
            started = self._started(order, made, channel, seen)
            undo.pop_all()
        return started

    def _started(self, order: _Order, made: Container, channel: Channel, seen: Json) -> Started:
        if order.own is not None:
            keep(order.workspace.folder, order.own, order.session)
        limits = posture.warnings(seen, self._limits)
        record = _record(order.session.id, order.workspace, order.image, made)
        return Started(record, channel, made.image_id, (*limits, *(made.warnings if not limits else ())))

    def _ordered(self, order: _Order) -> Json:
        order.workspace.prepare()
        view.prepare(order.workspace)
        return specification.specification(
            self._settings,
            order.session.id,
            image=order.image,
            workspace=order.workspace,
            profile=seccomp.profile_file(self._settings),
            limits=self._limits,
            variables=order.variables,
            ports=order.wanted.ports,
        )

    async def attach(self, record: SandboxRecord) -> Channel:
        return await Channel.attached(channel_folder(self._settings, record.session_id), record.pid)

    async def bring_back(self, session_id: str) -> None:
        """See `Backend`: they are here."""

    async def stop(self, session_id: str) -> None:
        name = specification.container_name(self._settings, session_id)
        try:
            await to_the_end(self._podman.ask(containers.remove, name))
        except SandboxUnavailable as stays:
            # Its runner ends by itself when no engine listens: said, and nothing is lost.
            self._progress(str(stays))

    async def close(self) -> None:
        await self.spares.close()
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
