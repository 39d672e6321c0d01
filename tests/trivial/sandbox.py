"""Hands without a container: the runner's own tools in a temporary folder, for tests of everything that is not confinement."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from sandboxes.runner.children import Children
from sandboxes.runner.frames import Frame
from sandboxes.runner.ledger import Ledger
from sandboxes.runner.paths import Places
from sandboxes.runner.tools import Tools
from workbench.contracts.values import Call, Outcome, Session, text_outcome


class Sandbox:
    """One session's tools and ledger."""

    def __init__(self, folder: Path, project: str | None) -> None:
        workdir = folder / "workspace" / Path(project).name if project else folder / "workspace"
        if not workdir.exists():
            shutil.copytree(project, workdir) if project else workdir.mkdir(parents=True)
        others = folder / "mnt"
        others.mkdir(exist_ok=True)
        self.workdir = workdir
        self.children = Children()
        self.tools = Tools(self.children, Places(workdir, (others,)), {**os.environ, "TMPDIR": str(others)})
        self.ledger = Ledger(self.tools.run, self._take)
        self.waiting: dict[str, asyncio.Future[Outcome | None]] = {}

    def _take(self, frame: Frame) -> None:
        waiting = self.waiting.pop(frame["id"], None)
        if waiting is not None and not waiting.done():
            known = frame["kind"] == "outcome"
            waiting.set_result(Outcome(tuple(frame["content"]), frame["is_error"]) if known else None)

    async def ask(self, call_id: str, frame: Frame) -> Outcome | None:
        waiting = self.waiting.setdefault(call_id, asyncio.get_running_loop().create_future())
        self.ledger.take(frame)
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            self.ledger.take({"kind": "cancel", "id": call_id})
            raise

    async def end(self) -> None:
        self.tools.close()
        await self.children.end_all()


class TrivialSandboxes:
    """A second, small implementation of Hands; `refuse` makes every provision fail with the given words."""

    def __init__(self, folder: Path, *, refuse: Callable[[Session], str | None] = lambda _: None) -> None:
        self._folder = folder
        self._refuse = refuse
        self._live: dict[str, Sandbox] = {}

    async def provision(self, session: Session) -> Outcome:
        if (words := self._refuse(session)) is not None:
            return text_outcome(words, is_error=True)
        return text_outcome(f"The sandbox is ready at {self._sandbox(session).workdir}.")

    async def execute(self, session: Session, call: Call) -> Outcome:
        if (words := self._refuse(session)) is not None:
            return text_outcome(words, is_error=True)
        frame = {"kind": "run", "id": call.id, "name": call.name, "input": call.input}
        outcome = await self._sandbox(session).ask(call.id, frame)
        assert outcome is not None
        return outcome

    async def recover(self, session: Session, call: Call) -> Outcome | None:
        sandbox = self._live.get(session.id)
        return await sandbox.ask(call.id, {"kind": "recover", "id": call.id}) if sandbox else None

    async def acknowledge(self, session: Session, call_id: str) -> None:
        if (sandbox := self._live.get(session.id)) is not None:
            sandbox.ledger.take({"kind": "forget", "id": call_id})

    async def release(self, session_id: str) -> None:
        if (sandbox := self._live.pop(session_id, None)) is not None:
            await sandbox.end()

    async def close(self) -> None:
        for session_id in list(self._live):
            await self.release(session_id)

    def _sandbox(self, session: Session) -> Sandbox:
        if session.id not in self._live:
            folder = self._folder / session.id
            folder.mkdir(parents=True, exist_ok=True)
            self._live[session.id] = Sandbox(folder, session.project)
        return self._live[session.id]
