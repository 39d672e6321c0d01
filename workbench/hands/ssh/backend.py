"""The ssh backend: the runner as a process of a user on another machine that the owner of this one has named.

Nothing is needed there but an ssh server and Python, and no port is opened: calls, results and the way out go through the one
connection. It confines nothing: what an agent runs there can do what that user can. The crash contract is every sandbox's:
the runner keeps each result until it is acknowledged, and is found again after a restart of the engine.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import IO, Final

import sandboxes
import workbench
from workbench.contracts.hands import Check
from workbench.contracts.shared_folders import OUTPUTS_VARIABLE, UPLOADS_VARIABLE
from workbench.contracts.skills import SKILLS_VARIABLE
from workbench.contracts.values import Json, Progress, Session
from workbench.hands import sandbox_record
from workbench.hands.backend import Limits, Started, Variables
from workbench.hands.channel import SOCKET_NAME, Channel, channel_folder, short_name
from workbench.hands.environment import BUNDLE_NAME, environment
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import OUTPUTS_FOLDER, Workspace, workspace_of
from workbench.hands.podman import posture
from workbench.hands.process.runner_processes import RunnerProcesses, promises_of_a_container
from workbench.hands.sandbox_record import SandboxRecord
from workbench.hands.ssh import archives, boot
from workbench.hands.ssh.bringing_back import NotBrought, is_changed_here, note, take_in
from workbench.hands.ssh.machines import Machine, WrongMachine, known, named
from workbench.hands.ssh.placement import NAME, Placement
from workbench.settings import Settings, make_private

SET_UP_S: Final = 300.0
"""How long the connection and the copy of a project may take."""
CHECK_S: Final = 20.0
_OWN_SOCKET: Final = "ssh.sock"
_SENDING: Final = "sending"
# As for the process backend: nothing but these lines has a say in what is imported.
_START: Final = (
    "import sys; sys.path[:0] = sys.argv.pop().split(':'); from workbench.hands.ssh.bridge import begin; begin()"
)
_CHECK: Final = "import sys; assert sys.version_info >= (3, 9), sys.version; print(sys.version.split()[0])"


class SshBackend:
    """Implements `Backend`. It enforces no limits, and so has none to tell."""

    def __init__(self, settings: Settings, progress: Progress, limits: Limits) -> None:
        self.limits: Json = {}
        self._settings = settings
        self._progress = progress
        self._limits = limits
        self._processes = RunnerProcesses(NAME, settings, _SENDING)
        self._placement = Placement(settings)

    def open(self, known: Collection[str] | None) -> None:
        self._processes.open(known)

    async def checks(self) -> AsyncIterator[Check]:
        try:
            machines = known(self._settings)
        except WrongMachine as wrong:
            yield Check("The file of machines can be read", False, str(wrong), "mend it", serious=False)
            return
        for machine in machines.values():
            yield await check(machine)

    async def start(self, session: Session, variables: Variables) -> Started:
        """See `Backend`; an environment that asks for what only a container of this machine gives is refused."""
        try:
            with self._placement.choosing(session) as machines:
                confined = all(one.confines for one in machines)
                if broken := list(promises_of_a_container(session, has_one_way_out=confined)):
                    raise SandboxUnavailable(
                        f"A machine that is reached by ssh runs no container of this one, so it cannot keep {' and '.join(broken)};"
                        " change the environment or the session."
                    )
                for machine in machines[:-1]:
                    with contextlib.suppress(SandboxUnavailable):
                        return await self._started(session, machine, variables)
                    self._progress(f"{machine.name} is not reached; another machine is asked…")
                return await self._started(session, machines[-1], variables)
        except WrongMachine as wrong:
            raise SandboxUnavailable(f"This session has no sandbox: {wrong}.") from None

    async def _started(self, session: Session, machine: Machine, variables: Variables) -> Started:
        self._progress(f"connecting to {machine.name} ({machine.target})…")
        workspace = workspace_of(self._settings, session)
        head = await asyncio.to_thread(self._prepare, session, workspace, await variables())
        self._placement.goes(session.id, machine)
        async with contextlib.AsyncExitStack() as undo:
            channel = Channel(channel_folder(self._settings, session.id))
            undo.push_async_callback(self.stop, session.id)
            undo.push_async_callback(channel.close, calls_go_on=False)
            child = self._begin(session.id, machine, workspace, head)
            channel.expect(child.pid)
            ready = await self._ready(child, machine)
            greeted = await channel.hello()
            if machine.confines and (faults := posture.faults(greeted.posture)):
                raise SandboxUnavailable(f"The sandbox on {machine.name} was refused: {', '.join(faults)}.")
            await asyncio.to_thread(note, workspace)
            shutil.rmtree(_sending(workspace), ignore_errors=True)
            record = SandboxRecord(
                session_id=session.id,
                container_id=f"{NAME}:{machine.name}:{child.pid}",
                image=f"no container: {ready['host']}, Python {ready['python']}",
                workdir=ready["workdir"],
                pid=child.pid,
                started_ticks=sandbox_record.start_ticks(child.pid),
                backend=NAME,
            )
            undo.pop_all()
        self._placement.keep(session.id, machine, head["project"])
        warnings = posture.warnings(greeted.posture, self._limits) if machine.confines else ()
        return Started(record, channel, image_id="", warnings=tuple(warnings))

    async def attach(self, record: SandboxRecord) -> Channel:
        return await Channel.attached(channel_folder(self._settings, record.session_id), record.pid)

    async def bring_back(self, session_id: str) -> None:
        """See `Backend`."""
        if (kept := self._placement.kept(session_id)) is None:
            return
        name, project = kept
        try:
            machine = named(self._settings, name)
        except WrongMachine as wrong:
            raise OSError(str(wrong)) from None
        head = {**self._place(session_id, project), "collects": True, "outputs": OUTPUTS_FOLDER}
        with tempfile.TemporaryFile(dir=self._settings.sandboxes / session_id) as archive:
            words = await _collected(machine, head, archive)
            archive.seek(0)
            try:
                await asyncio.to_thread(take_in, archive, Workspace(self._settings.sandboxes / session_id, None))
            except NotBrought as broken:
                raise OSError(f"what changed on {name} could not be brought here: {words or broken}") from None

    def _place(self, session_id: str, project: str) -> Json:
        """Where a session's files are on the other machine."""
        installation = hashlib.sha256(str(self._settings.data).encode()).hexdigest()[:16]
        return {"installation": installation, "name": short_name(self._settings, session_id), "project": project}

    async def stop(self, session_id: str) -> None:
        await asyncio.to_thread(self._processes.stop, session_id)

    async def close(self) -> None:
        await self._processes.close()

    # ── its parts ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _ready(self, child: subprocess.Popen[bytes], machine: Machine) -> Json:
        """What the other machine says of itself.

        Raises:
            SandboxUnavailable: ssh's own words.
        """
        assert child.stdout is not None
        try:
            async with asyncio.timeout(SET_UP_S):
                line = await asyncio.to_thread(child.stdout.readline)
        except TimeoutError:
            line = b""
        finally:
            child.stdout.close()
        said: Json = json.loads(line) if line else {"error": "it did not answer in time"}
        if "error" in said:
            raise SandboxUnavailable(
                f"The machine {machine.name} ({machine.target}) cannot be used: {said['error']}. `workbench machines test"
                f" {machine.name}` tries it; a session goes on when it can be reached."
            )
        return said

    # ── in a thread ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _prepare(self, session: Session, workspace: Workspace, variables: Mapping[str, str]) -> Json:
        """Have the archives ready; gives what the other end is told first."""
        self._processes.stop(session.id)
        workspace.prepare()
        sending = make_private(_sending(workspace))
        folders = {"uploads": workspace.uploads, "shared": workspace.shared}
        if workspace.skills_inside:
            folders["skills"] = workspace.skills
        archives.write_given(sending / "given", folders, {BUNDLE_NAME: self._settings.trust / BUNDLE_NAME})
        given, bundle = "{OWN}/given", f"{{OWN}}/given/{BUNDLE_NAME}"
        token = secrets.token_hex(16)
        return {
            **self._place(session.id, workspace.project.name if workspace.project else ""),
            "renews": is_changed_here(workspace),
            "known": [short_name(self._settings, one.name) for one in self._settings.sandboxes.iterdir()],
            "socket": f"/tmp/wb-{token}.sock",
            "egress": f"/tmp/wb-{token}.out",
            "patience_s": self._limits.patience_s,
            "environment": {
                **environment(self._settings, variables, home="{OWN}/home", bundle=bundle, egress_port=0),
                "TMPDIR": "{OWN}/tmp",
                UPLOADS_VARIABLE: f"{given}/uploads",
                OUTPUTS_VARIABLE: f"{given}/shared/{OUTPUTS_FOLDER}",
                **({SKILLS_VARIABLE: f"{given}/skills"} if workspace.skills_inside else {}),
            },
        }

    def _begin(self, session_id: str, machine: Machine, workspace: Workspace, head: Json) -> subprocess.Popen[bytes]:
        folder = channel_folder(self._settings, session_id)
        orders = {
            "ssh": machine.command,
            "target": machine.target,
            "boot": remote_command(Path(boot.__file__).read_text(encoding="utf-8")),
            "head": head,
            "given": str(_sending(workspace) / "given"),
            "sending": str(_sending(workspace)),
            "folder": str(workspace.folder),
            "project": str(workspace.project or ""),
            "engine_socket": str(folder / SOCKET_NAME),
            "own_socket": str(folder / _OWN_SOCKET),
        }
        # A file, as an argument may not be as long as a list of all sessions.
        written = _sending(workspace) / "orders"
        written.write_text(json.dumps(orders))
        roots = ":".join(dict.fromkeys(str(Path(one.__file__ or "").parent.parent) for one in (workbench, sandboxes)))
        # Its environment is the user's own: ssh finds its agent and its configuration there.
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, str(written), roots],
            cwd="/",
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._processes.started(session_id, child)
        return child


async def _collected(machine: Machine, head: Json, archive: IO[bytes]) -> str:
    """Have the other end write what changed into the archive; gives what it complained of."""
    program = remote_command(Path(boot.__file__).read_text(encoding="utf-8"))
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *machine.command, "--", machine.target, program, stdin=pipe, stdout=archive, stderr=pipe, cwd="/"
    )
    try:
        async with asyncio.timeout(SET_UP_S):
            _, errors = await process.communicate(json.dumps(head).encode() + b"\n")
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"no answer within {SET_UP_S:.0f} s"
    return errors.decode("utf-8", "replace").strip().rpartition("\n")[2] if process.returncode else ""


async def check(machine: Machine) -> Check:
    """Whether the machine lets us in and has a Python that is new enough."""
    command = [*machine.command, "--", machine.target, remote_command(_CHECK)]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, cwd="/"
    )
    try:
        async with asyncio.timeout(CHECK_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        out, err = b"", f"no answer within {CHECK_S:.0f} s".encode()
    name = f"The machine {machine.name} ({machine.target}) is reached"
    if process.returncode == 0:
        return Check(name, True, f"Python {out.decode(errors='replace').strip()}")
    said = err.decode("utf-8", "replace").strip().rpartition("\n")[2] or "ssh failed"
    return Check(
        name,
        False,
        said,
        "see that `ssh` to it works without a question, and that it has python3 3.9 or newer",
        serious=False,
    )


def remote_command(program: str) -> str:
    """A shell's line that runs this program, whose text no shell reads."""
    encoded = base64.b64encode(program.encode()).decode()
    return f"exec python3 -I -S -c \"import base64; exec(base64.b64decode('{encoded}'))\""


def _sending(workspace: Workspace) -> Path:
    return workspace.folder / _SENDING
