"""The user's Podman service: used where one answers, started where none does."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from pathlib import Path

from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import storage
from workbench.hands.podman.command import INSTALL
from workbench.hands.podman.faults import explain
from workbench.settings import Settings, make_private

START_LIMIT_S = 20.0
IDLE_LIMIT_S = 600
"""An engine that was killed cannot end its service; unused this long, it ends by itself and is started again when needed."""
POLL_S = 0.02


class Service:
    """`podman system service` on a socket of our own; containers live on when it dies, and so it is simply started again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = asyncio.Lock()

    async def socket(self) -> Path:
        """The path of a socket where the service answers.

        Raises:
            SandboxUnavailable: it does not start.
        """
        path = storage.service_socket(self._settings)
        async with self._turn:
            if not _answers(path):
                await self._start(path)
        return path

    async def _start(self, path: Path) -> None:
        make_private(path.parent)
        path.unlink(missing_ok=True)
        said = path.with_suffix(".log")
        await self._end()
        self._process = await asyncio.to_thread(_begin, self._settings, path, said)
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + START_LIMIT_S
        while not _answers(path):
            if self._process.poll() is not None or loop.time() > give_up_at:
                raise explain("`podman system service`", said.read_text(errors="replace"))
            await asyncio.sleep(POLL_S)

    async def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        await asyncio.to_thread(_wait_or_kill, self._process)
        self._process = None

    async def close(self) -> None:
        """End the service if it is ours."""
        async with self._turn:
            await self._end()


def _begin(settings: Settings, path: Path, said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as output:
        try:
            return subprocess.Popen(
                [settings.podman, "system", "service", f"--time={IDLE_LIMIT_S}", f"unix://{path}"],
                cwd=Path.home(),
                env=storage.environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError:
            raise SandboxUnavailable(f"Podman is not installed ({settings.podman}); run `{INSTALL}`.") from None


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(str(path))
            # A service that is being killed still takes connections, and answers none.
            probe.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return bool(probe.recv(1))
        except OSError:
            return False
