"""The spare: one container that no session has yet, confined and read back before a session wants it, and never waited for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.contracts.values import Json
from workbench.hands.backend import Limits
from workbench.hands.channel import Channel
from workbench.hands.ending import to_the_end
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import containers, mounting, posture, seccomp
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.containers import Container
from workbench.hands.podman.specification import SPARE_LABEL, spare_channel, spare_specification
from workbench.hands.podman.trust import trust_mounts
from workbench.hands.sandbox_record import start_ticks
from workbench.settings import Settings

AFTER_S: Final = 1.0
"""After a start, and not while others are: it takes no time of what somebody waits for."""
IDLE_S: Final = 300.0
"""How long one is kept that nobody claims."""
_LABELLED = Path("/sys/fs/selinux/enforce")


@dataclass(frozen=True)
class Wanted:
    """What a session's container is made of, but for what is the session's own."""

    image: str
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Spare:
    """A container that waits: its runner has greeted over `channel`; `key` says all that it is made of.

    `mounter` waits beside it to be told of the session's folders.
    """

    container: Container
    started_ticks: int
    channel: Channel
    mounter: asyncio.subprocess.Process
    key: str


class Spares:
    """Holds at most one; what was wanted last is made ready for the next who wants the same."""

    def __init__(self, settings: Settings, podman: Podman, limits: Limits, *, idle_s: float = IDLE_S) -> None:
        self._settings = settings
        self._podman = podman
        self._limits = limits
        self._idle_s = idle_s
        self._starts = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._keeping: asyncio.Task[None] | None = None
        self._kept_for: Wanted | None = None
        self._spare: Spare | None = None
        # Podman gives an overlay the label of its container there, which a mount of ours would not have.
        self._possible = not _LABELLED.exists()

    @property
    def waiting(self) -> Spare | None:
        """The one that could be claimed now."""
        return None if self._spare is None or self._spare.channel.ended.is_set() else self._spare

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """While a sandbox is being started that somebody waits for: none is made meanwhile."""
        self._starts += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._starts -= 1
            if not self._starts:
                self._quiet.set()

    def take(self, wanted: Wanted) -> Spare | None:
        """The spare, if there is one and a container made now would be the same in everything; the caller's from then on."""
        spare = self.waiting
        try:
            if spare is None or spare.key != self._key(wanted):
                return None
        except OSError:
            # The authority is being made anew.
            return None
        self._spare = None
        self._cancel()
        return spare

    def want(self, wanted: Wanted) -> None:
        """A sandbox like this was started: have one ready for the next session."""
        running = self._keeping is not None and not self._keeping.done()
        if not self._possible or (running and self._kept_for == wanted):
            return
        self._cancel()
        self._kept_for = wanted
        self._keeping = asyncio.create_task(self._keep(wanted, self._keeping))

    def give_up(self) -> None:
        """This machine cannot have a session's folders mounted into a container that runs."""
        self._possible = False

    def forget_earlier(self) -> None:
        """Remove the sockets of spares whose engine was killed; their containers end by themselves, and the sweep has the rest."""
        for folder in self._settings.channels.glob(f"{SPARE_LABEL}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    async def close(self) -> None:
        """End the spare."""
        self._cancel()
        if self._keeping is not None:
            await asyncio.gather(self._keeping, return_exceptions=True)

    def _cancel(self) -> None:
        if self._keeping is not None:
            self._keeping.cancel()

    async def _keep(self, wanted: Wanted, before: asyncio.Task[None] | None) -> None:
        """Have one made, keep it for a while, and end it if it is still there."""
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        await asyncio.sleep(AFTER_S)
        await self._quiet.wait()
        try:
            spare = self._spare = await self._made(wanted)
        except (SandboxUnavailable, OSError):
            # Whoever starts a sandbox is told what is wrong here; a spare is missed by nobody.
            return
        try:
            async with asyncio.timeout(self._idle_s):
                await spare.channel.ended.wait()
        except TimeoutError:
            pass
        finally:
            if self._spare is spare:
                self._spare = None
                await to_the_end(self.end(spare))

    async def _made(self, wanted: Wanted) -> Spare:
        """One whose confinement was read back, as a session's is."""
        number = secrets.token_hex(5)
        async with contextlib.AsyncExitStack() as undo:
            channel = Channel(spare_channel(self._settings, number))
            undo.callback(shutil.rmtree, channel.folder, ignore_errors=True)
            undo.push_async_callback(channel.close, calls_go_on=False)
            key = self._key(wanted)
            order = await asyncio.to_thread(self._specification, wanted, number)
            undo.push_async_callback(self._remove, order["name"])
            container = await to_the_end(self._podman.once(containers.start, order))
            channel.expect(container.pid)
            if posture.faults((await channel.hello()).posture):
                raise SandboxUnavailable("The spare is less confined than ordered.")
            mounter = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", mounting.__file__),
                env={"LANG": "C.UTF-8"},
                cwd="/",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
            undo.pop_all()
        return Spare(container, start_ticks(container.pid), channel, mounter, key)

    async def end(self, spare: Spare) -> None:
        """Remove it with all that is of it."""
        await spare.channel.close(calls_go_on=False)
        with contextlib.suppress(ProcessLookupError):
            spare.mounter.kill()
        await spare.mounter.wait()
        await self._remove(spare.container.container_id)
        shutil.rmtree(spare.channel.folder, ignore_errors=True)

    async def _remove(self, name: str) -> None:
        # Where Podman does not answer, it ends by itself: nobody listens to it any more.
        with contextlib.suppress(SandboxUnavailable):
            await to_the_end(self._podman.ask(containers.remove, name))

    def _specification(self, wanted: Wanted, number: str) -> Json:
        profile = seccomp.profile_file(self._settings)
        return spare_specification(
            self._settings, number, image=wanted.image, profile=profile, limits=self._limits, ports=wanted.ports
        )

    def _key(self, wanted: Wanted) -> str:
        """Everything that a container is made of, and which files it has of the authority: they are replaced, and it keeps the old ones."""
        files = [Path(mount["source"]).stat() for mount in trust_mounts(self._settings)]
        made_of = [self._specification(wanted, ""), [(file.st_dev, file.st_ino, file.st_mtime_ns) for file in files]]
        return json.dumps(made_of, sort_keys=True)
