"""Where tests of the real sandbox find their settings, session and Podman."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from workbench.contracts.values import Fact, Session
from workbench.events import new_id, now, primary_thread_id
from workbench.hands.backend import Limits
from workbench.hands.podman import storage
from workbench.hands.registry import backends
from workbench.hands.sandboxes import Sandboxes
from workbench.settings import Settings, load

podman_only = pytest.mark.skipif(
    shutil.which("podman") is None or os.getuid() == 0, reason="needs rootless Podman: run as an ordinary user"
)


def podman(*arguments: str, given: bytes = b"") -> str:
    """What Podman says on the workbench's own storage; "" where it fails."""
    environment = storage.environment(load(os.environ))
    command = ["podman", *arguments]
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=60, env=environment)
    return done.stdout.decode().strip()


@contextmanager
def own_settings() -> Iterator[Settings]:
    """A workbench of its own in a short temporary folder, with the user's cache of image archives."""
    usual = load(os.environ)
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        usual.images.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "data").mkdir(mode=0o700)
        (folder / "data" / "images").symlink_to(usual.images)
        yield Settings(folder / "data", folder / "config", folder / "run", folder / "state", keep_secrets_in="memory")


def new_session(project: Path | None = None, **networking: Any) -> Session:
    session_id = new_id("sesn")
    environment = {"type": "cloud", "networking": networking or {"type": "limited", "allowed_hosts": []}}
    return Session(session_id, primary_thread_id(session_id), {}, environment, str(project) if project else None, now())


def new_project(folder: Path) -> Path:
    project = folder / "project"
    (project).mkdir()
    (project / "original.txt").write_text("from the project\n")
    return project


class Notes:
    """Keeps the facts and sentences that the hands tell."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.sentences: list[str] = []

    async def record(self, fact: Fact) -> None:
        self.facts.append(fact)

    def bodies(self, name: str) -> list[dict[str, Any]]:
        return [fact.body for fact in self.facts if fact.name == name]


def real_hands(settings: Settings, notes: Notes, limits: Limits | None = None, **more: Any) -> Sandboxes:
    progress = notes.sentences.append
    return Sandboxes(settings, notes.record, backends(settings, progress, limits), clock=now, progress=progress, **more)


async def settled(settings: Settings) -> None:
    """Have the machine prepared, as the first sandbox does."""
    hands, session = real_hands(settings, Notes()), new_session()
    assert not (await hands.provision(session)).is_error
    await hands.release_all()
    await hands.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something outside this process that tells nobody; at most 30 s."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
