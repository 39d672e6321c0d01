"""The first processes of sandboxes without a container: found, ended and swept by the records in their sessions' folders."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Collection, Iterator

from workbench.contracts.values import Session
from workbench.hands import sandbox_record
from workbench.hands.process.killing import kill_tree
from workbench.settings import Settings


class RunnerProcesses:
    """Those of one backend, by session; `scratch` is the folder of a session's that goes with its process."""

    def __init__(self, backend: str, settings: Settings, scratch: str) -> None:
        self._backend, self._settings, self._scratch = backend, settings, scratch
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._sweeping: asyncio.Task[None] | None = None

    def open(self, known: Collection[str] | None) -> None:
        """See `Backend`."""
        if known is not None:
            self._sweeping = asyncio.create_task(asyncio.to_thread(self._sweep, known))

    def _sweep(self, known: Collection[str]) -> None:
        for record in sandbox_record.all_in(self._settings.sandboxes):
            if record.backend == self._backend and record.session_id not in known:
                self.stop(record.session_id)
                sandbox_record.forget(self._settings.sandboxes / record.session_id)

    def started(self, session_id: str, child: subprocess.Popen[bytes]) -> None:
        """It is this session's from now on."""
        self._children[session_id] = child

    def stop(self, session_id: str) -> None:
        """End it with everything below it; blocking. No error when there is none."""
        folder = self._settings.sandboxes / session_id
        child, record = self._children.pop(session_id, None), sandbox_record.load(folder)
        if child is not None and child.poll() is None:
            kill_tree(child.pid)
            child.wait()
        elif record is not None and record.backend == self._backend and record.is_alive():
            kill_tree(record.pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(record.pid, 0)
        shutil.rmtree(folder / self._scratch, ignore_errors=True)

    async def close(self) -> None:
        """See `Backend`: they run on."""
        if self._sweeping is not None:
            await self._sweeping
        # One that has ended meanwhile is collected; the others become orphans, as this engine's end leaves them.
        for child in self._children.values():
            child.poll()
            child.returncode = 0 if child.returncode is None else child.returncode
        self._children.clear()


def promises_of_a_container(session: Session, *, has_one_way_out: bool = False) -> Iterator[str]:
    """What the session wants that only a container of this machine keeps, as parts of a sentence."""
    networking = session.environment.get("networking") or {}
    if not has_one_way_out and networking.get("type", "unrestricted") != "unrestricted":
        yield "the environment's network rules"
    packages = session.environment.get("packages") or {}
    if any(packages.get(kind) for kind in ("apt", "cargo", "gem", "go", "npm", "pip")):
        yield "its packages apart from yours"
    if session.image or session.containerfile:
        yield "its image"
    if session.folders:
        yield f"its writable folders ({', '.join(session.folders)})"
    if session.plugins:
        yield "the paths of plugins"
    if session.memories or session.repositories:
        yield "the paths of attached memory stores and repositories"
