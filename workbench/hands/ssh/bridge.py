"""Between the engine and a runner on another machine: holds ssh, and hands each connection of the runner to the engine of the moment.

It is the first process that the engine knows of such a sandbox, and outlives an engine as the runner of a container does.
It and all that it imports is of the standard library and this package, as it starts without others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from sandboxes.runner import frames
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import Workspace
from workbench.hands.ssh.archives import write_project
from workbench.hands.ssh.bringing_back import own_changes

_PIECE = 1 << 16
_GREETING_S = 20.0
_MOST_WORDS = 400


def main() -> None:
    """`orders` as JSON in the file that the first argument names: see `backend.SshBackend`."""
    orders = json.loads(Path(sys.argv[1]).read_text())
    with socket.create_server(("127.0.0.1", 0), backlog=128) as egress:
        asyncio.run(_bridge(orders, egress))


async def _bridge(orders: dict[str, Any], egress: socket.socket) -> None:
    own = Path(orders["own_socket"])
    own.unlink(missing_ok=True)
    previous = os.umask(0o177)
    server = await asyncio.start_unix_server(lambda r, w: _converse(r, w, orders["engine_socket"], egress), own)
    os.umask(previous)
    ssh = _ssh(orders, egress.getsockname()[1])
    try:
        workdir = await asyncio.to_thread(_set_up, ssh, orders)
    except SandboxUnavailable as failed:
        ssh.kill()
        _tell({"error": str(failed)})
        return
    except (OSError, ValueError) as failed:
        ssh.kill()
        _tell({"error": _words(ssh) or str(failed) or "ssh ended"})
        return
    _tell(workdir)
    async with server:
        await asyncio.to_thread(ssh.wait)


def _ssh(orders: dict[str, Any], port: int) -> subprocess.Popen[bytes]:
    head = orders["head"]
    forwards = ["-R", f"{head['socket']}:{orders['own_socket']}", "-R", f"{head['egress']}:127.0.0.1:{port}"]
    command = [*orders["ssh"], *forwards, "--", orders["target"], orders["boot"]]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)


def _set_up(ssh: subprocess.Popen[bytes], orders: dict[str, Any]) -> dict[str, Any]:
    """Send what the other end needs; gives what it said of itself."""
    assert ssh.stdin is not None
    assert ssh.stdout is not None
    workspace = Workspace(Path(orders["folder"]), Path(orders["project"]))
    changes = list(own_changes(workspace))
    ssh.stdin.write(json.dumps(orders["head"] | {"changed": [one.path for one in changes]}).encode() + b"\n")
    ssh.stdin.flush()
    needs = json.loads(ssh.stdout.readline())
    _send(ssh, Path(orders["given"]))
    if needs["needs_project"]:
        archive = Path(orders["sending"]) / "project"
        write_project(archive, Path(orders["project"]), workspace.upper, changes)
        _send(ssh, archive)
    ready: dict[str, Any] = json.loads(ssh.stdout.readline())
    return ready


def _send(ssh: subprocess.Popen[bytes], archive: Path) -> None:
    assert ssh.stdin is not None
    ssh.stdin.write(f"{archive.stat().st_size}\n".encode())
    with archive.open("rb") as file:
        while piece := file.read(_PIECE):
            ssh.stdin.write(piece)
    ssh.stdin.flush()


def _words(ssh: subprocess.Popen[bytes]) -> str:
    """The end of what ssh complained of."""
    assert ssh.stderr is not None
    timer = threading.Timer(5, ssh.kill)
    timer.start()
    said = ssh.stderr.read().decode("utf-8", "replace").strip()
    timer.cancel()
    return said[-_MOST_WORDS:]


def _tell(words: dict[str, Any]) -> None:
    """To the engine that started this one, which reads one line."""
    with contextlib.suppress(OSError):
        sys.stdout.write(json.dumps(words) + "\n")
        sys.stdout.flush()


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, engine_socket: str, egress: socket.socket
) -> None:
    """One connection of the runner, from its greeting to its end or the engine's."""
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError, frames.BrokenFrame):
        head = await asyncio.wait_for(reader.readexactly(frames.LENGTH_BYTES), _GREETING_S)
        hello = head + await reader.readexactly(frames.body_length(head))
        engine = socket.socket(socket.AF_UNIX)
        try:
            engine.connect(engine_socket)
            # The listener that came with the greeting stayed at the other end: ours takes its place.
            socket.send_fds(engine, [hello], [egress.fileno()])
            engine.setblocking(False)
            inner, outer = await asyncio.open_unix_connection(sock=engine)
        except OSError:
            engine.close()
            raise
        carrying = [asyncio.ensure_future(_carry(reader, outer)), asyncio.ensure_future(_carry(inner, writer))]
        await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        for one in carrying:
            one.cancel()
        outer.close()
    writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()


def begin() -> None:
    """As `main`, and no signal of a terminal reaches it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
