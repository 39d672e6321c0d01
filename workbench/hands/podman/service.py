"""A Podman service: used where one answers, started where none does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from workbench.hands.podman import command, storage
from workbench.hands.podman.faults import explain
from workbench.settings import Settings, make_private

START_LIMIT_S = 20.0
END_LIMIT_S = 5.0
BETWEEN_STEPS_S = 2.0
"""How long a build without a running step is given to begin the next one or to end."""
PROBE_LIMIT_S = 10.0
"""A loaded machine answers late, and a service that is taken for dead is ended in the middle of its calls."""
POLL_S = 0.02
_HELPERS = (b"buildah-copier", b"storage-")
"""What a build cleans up with."""


class Service:
    """`podman system service` on a socket of our own; containers live on when it dies, and so it is simply started again."""

    def __init__(self, settings: Settings, path: Path, environment: Mapping[str, str] | None = None) -> None:
        """`environment` is that of the workbench's storage where none is given."""
        self._settings = settings
        self._path = path
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = asyncio.Lock()

    async def socket(self) -> Path:
        """The path of a socket where the service answers.

        Raises:
            SandboxUnavailable: it does not start.
        """
        async with self._turn:
            if not await self.answers():
                await self._start()
        return self._path

    async def answers(self) -> bool:
        """Whether the service lives."""
        return await asyncio.to_thread(_answers, self._path)

    async def end_steps(self, ended: Callable[[], bool]) -> None:
        """End the steps of builds that run, so that each build fails and removes its container; at most END_LIMIT_S.

        A step outlives the connection that asked for the build, and a step's commands outlive the service.
        """
        if self._process is None:
            return
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        give_up_at = began_at + BETWEEN_STEPS_S
        while not ended() and loop.time() < give_up_at:
            for pid in await asyncio.to_thread(_steps, self._process.pid, self._path):
                # What a step runs as another user dies with the process that it was started by.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
                    give_up_at = began_at + END_LIMIT_S
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        """End the service if it is ours."""
        async with self._turn:
            await self._end()

    async def _start(self) -> None:
        said = await self._tried()
        if said is not None and self._environment is None and command.has_lost_all_processes(said):
            await command.forget_lost_processes(self._settings)
            said = await self._tried()
        if said is not None:
            raise explain("`podman system service`", said)

    async def _tried(self) -> str | None:
        """Start it, and wait until it answers; what it said where it does not."""
        make_private(self._path.parent)
        self._path.unlink(missing_ok=True)
        said = self._path.with_suffix(".log")
        await self._end()
        beginning = asyncio.ensure_future(asyncio.to_thread(self._begin, said))
        try:
            self._process = await asyncio.shield(beginning)
        except asyncio.CancelledError:
            # So that `close` knows what to end.
            self._process = await beginning
            raise
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + START_LIMIT_S
        while not await self.answers():
            if self._process.poll() is not None or loop.time() > give_up_at:
                return said.read_text(errors="replace")
            await asyncio.sleep(POLL_S)
        return None

    def _begin(self, said: Path) -> subprocess.Popen[bytes]:
        environment = self._environment or storage.environment(self._settings)
        return command.begin_service(self._settings, self._path, environment, said)

    async def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        await asyncio.to_thread(_wait_or_kill, self._process)
        self._process = None
        for file in (self._path, self._path.with_suffix(".log")):
            file.unlink(missing_ok=True)


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _steps(group: int, socket: Path) -> list[int]:
    """The processes of the service's group that are neither its helpers nor the service, whose arguments name its socket.

    A container's monitor has a group of its own.
    """
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            # The name, in parentheses, may hold anything; state, parent and group follow it.
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            words = (folder / "cmdline").read_bytes()
            own = words.startswith(_HELPERS) or os.fsencode(str(socket)) in words
            if int(its_group) == group and state != "Z" and not own:
                found.append(int(folder.name))
    return found


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_LIMIT_S)
        try:
            probe.connect(str(path))
            # A service that is being killed still takes connections, and answers none.
            probe.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return bool(probe.recv(1))
        except OSError:
            return False
