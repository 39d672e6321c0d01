"""The process backend: the runner as an ordinary process of this user, without a container; for tests, and for those who allow it.

It confines nothing. What an agent runs can read and change everything that its user can, the settings and the log of this
workbench included, and reaches any network. Its way out is offered to it, and to every local user who finds the port, and not
enforced. It is never used unless the settings name it, and it refuses every environment whose promises it could not keep.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path

import sandboxes
from workbench.contracts.hands import Check
from workbench.contracts.shared_folders import OUTPUTS_VARIABLE, UPLOADS_VARIABLE
from workbench.contracts.skills import SKILLS_VARIABLE
from workbench.contracts.values import Json, Progress, Session
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits, Started, Variables
from workbench.hands.channel import SOCKET_NAME, Channel, channel_folder
from workbench.hands.environment import BUNDLE_NAME, environment
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import OUTPUTS_FOLDER, Workspace, workspace_of
from workbench.hands.process.copying import copy_project
from workbench.hands.process.runner_processes import RunnerProcesses, promises_of_a_container
from workbench.hands.sandbox_record import SandboxRecord
from workbench.settings import Settings, make_private

NAME = "process"
IMAGE = "no container: a process of this machine"
SCRATCH_NAME = "scratch"

# `-I -S`, and behind the standard library: nothing but these lines has a say in what the runner imports.
_START = "import sys; sys.path.append(sys.argv.pop()); from sandboxes.runner.main import main; main()"


class ProcessBackend:
    """Implements `Backend`. It enforces no limits, and so has none to tell."""

    def __init__(self, settings: Settings, progress: Progress, limits: Limits) -> None:
        self.limits: Json = {}
        self._settings = settings
        self._patience_s = limits.patience_s
        self._processes = RunnerProcesses(NAME, settings, SCRATCH_NAME)

    def open(self, known: Collection[str] | None) -> None:
        self._processes.open(known)

    async def checks(self) -> AsyncIterator[Check]:
        yield Check(
            "Every sandbox is a container",
            False,
            f"environments may choose the backend {NAME!r}, which confines nothing",
            f"take {NAME!r} out of [sandbox] backends in settings.toml unless you want agents to run as you on this machine",
            serious=False,
        )

    async def start(self, session: Session, variables: Variables) -> Started:
        """See `Backend`; an environment that asks for what only a container gives is refused."""
        if broken := list(promises_of_a_container(session)):
            raise SandboxUnavailable(
                f"The backend {NAME!r} runs no container, so it cannot keep {' and '.join(broken)}; change the environment or "
                "the session, or take workbench.backend out of the environment's metadata."
            )
        workspace = workspace_of(self._settings, session)
        await asyncio.to_thread(self._prepare, session.id, workspace)
        async with contextlib.AsyncExitStack() as undo:
            channel = Channel(channel_folder(self._settings, session.id))
            undo.push_async_callback(self.stop, session.id)
            undo.push_async_callback(channel.close, calls_go_on=False)
            pid = self._begin(session.id, workspace, await variables())
            channel.expect(pid)
            await channel.hello()
            record = SandboxRecord(
                session_id=session.id,
                container_id=f"{NAME}:{pid}",
                image=IMAGE,
                workdir=str(_workdir(workspace)),
                pid=pid,
                started_ticks=sandbox_record.start_ticks(pid),
                backend=NAME,
            )
            undo.pop_all()
        return Started(record, channel, image_id="")

    async def attach(self, record: SandboxRecord) -> Channel:
        return await Channel.attached(channel_folder(self._settings, record.session_id), record.pid)

    async def bring_back(self, session_id: str) -> None:
        """See `Backend`: its copy is its own, and no change of the project."""

    async def stop(self, session_id: str) -> None:
        await asyncio.to_thread(self._processes.stop, session_id)

    async def close(self) -> None:
        await self._processes.close()

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self, session_id: str, workspace: Workspace) -> None:
        self._processes.stop(session_id)
        workspace.prepare()
        if workspace.project is not None:
            copy_project(workspace.project, _workdir(workspace), beside=workspace.folder / "copying")
        make_private(_scratch(workspace) / "home")
        make_private(_scratch(workspace) / "tmp")

    def _begin(self, session_id: str, workspace: Workspace, variables: Mapping[str, str]) -> int:
        """Start the runner; it inherits the listener of its way out, as the network's ports are shared with everybody here."""
        skills = [str(workspace.skills)] if workspace.skills_inside else []
        with socket.create_server(("127.0.0.1", 0), backlog=128) as egress:
            orders = {
                "socket": str(channel_folder(self._settings, session_id) / SOCKET_NAME),
                "workdir": str(_workdir(workspace)),
                "others": [
                    *(str(workspace.own), str(workspace.shared), str(workspace.uploads), *skills),
                    str(_scratch(workspace) / "tmp"),
                ],
                "read_only": [str(workspace.uploads), *skills],
                "kept": str(workspace.shared / "servers"),
                "egress_descriptor": egress.fileno(),
                "patience_s": self._patience_s,
            }
            bundle = str(self._settings.trust / BUNDLE_NAME)
            port, home = egress.getsockname()[1], str(_scratch(workspace) / "home")
            child = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    "-c",
                    _START,
                    json.dumps(orders),
                    str(Path(sandboxes.__file__).parent.parent),
                ],
                cwd=workspace.own,
                env={
                    **environment(self._settings, variables, home=home, bundle=bundle, egress_port=port),
                    "PATH": os.environ.get("PATH", os.defpath),
                    "TMPDIR": str(_scratch(workspace) / "tmp"),
                    UPLOADS_VARIABLE: str(workspace.uploads),
                    OUTPUTS_VARIABLE: str(workspace.shared / OUTPUTS_FOLDER),
                    **({SKILLS_VARIABLE: skills[0]} if skills else {}),
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[egress.fileno()],
                start_new_session=True,
            )
        self._processes.started(session_id, child)
        return child.pid


def _workdir(workspace: Workspace) -> Path:
    return workspace.own / workspace.project.name if workspace.project else workspace.own


def _scratch(workspace: Workspace) -> Path:
    """What /tmp and the home folder are in a container: gone with the sandbox."""
    return workspace.folder / SCRATCH_NAME
