"""The engine's end of one sandbox's socket: who may speak, the greeting, and the answers to calls."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import socket
import struct
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandboxes.runner import frames
from workbench.contracts.values import Call, Heard, Json, Outcome, text_outcome, unheard
from workbench.hands.conversations import Conversations
from workbench.hands.ending import end
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.running_output import RunningOutputs
from workbench.settings import Settings, make_private

SOCKET_NAME = "engine.sock"
HELLO_LIMIT_S = 10.0
PATH_LIMIT_BYTES = 107
SANDBOX_ENDED = (
    "The sandbox ended during this call; part of the work may have been done, so check before repeating it. "
    "The next call gets a fresh sandbox with the same files; its shell starts anew."
)
UNREADABLE = "The sandbox sent an outcome that cannot be read; nothing of it is used."

_BLOCK_KINDS = frozenset({"text", "image", "document"})


def short_name(settings: Settings, session_id: str) -> str:
    """A sandbox's name: short for the 107 bytes of a socket's path, the same in every engine's life."""
    return hashlib.sha256(f"{settings.data}\n{session_id}".encode()).hexdigest()[:16]


def channel_folder(settings: Settings, session_id: str) -> Path:
    """Where the socket of a session's sandbox is."""
    return settings.channels / short_name(settings, session_id)


@dataclass(frozen=True)
class Hello:
    """The runner's greeting: how it is confined, and the listener through which everything inside reaches the network."""

    posture: Json
    egress: socket.socket


class Channel:
    """One sandbox's socket. The sandbox connects out to it; only its first process is heard."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended = asyncio.Event()
        self.conversations = Conversations(self._send)
        self._outputs = RunningOutputs()
        self._waiting: dict[str, asyncio.Future[Outcome | None]] = {}
        loop = asyncio.get_running_loop()
        self._pid: asyncio.Future[int] = loop.create_future()
        self._hello: asyncio.Future[Hello | None] = loop.create_future()
        self._claimed: asyncio.Future[Json | None] = loop.create_future()
        self._writer: asyncio.StreamWriter | None = None
        self._calls_go_on = False
        self._listener = self._bind()
        self._serving = asyncio.create_task(self._serve())

    def _bind(self) -> socket.socket:
        path = make_private(self.folder) / SOCKET_NAME
        if len(str(path).encode()) > PATH_LIMIT_BYTES:
            raise SandboxUnavailable(
                f"{path} is too long for a socket ({PATH_LIMIT_BYTES} bytes at most); set XDG_RUNTIME_DIR or "
                "WORKBENCH_HOME to a shorter path, for example `export WORKBENCH_HOME=$HOME/.wb`."
            )
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(8)
        listener.setblocking(False)
        return listener

    def expect(self, pid: int) -> None:
        """Hear the process of this number, as the host counts, and no other."""
        self._pid.set_result(pid)

    async def hello(self) -> Hello:
        """The greeting.

        Raises:
            SandboxUnavailable: none came in time, or another thing than a greeting.
        """
        try:
            async with asyncio.timeout(HELLO_LIMIT_S):
                hello = await asyncio.shield(self._hello)
        except TimeoutError:
            raise SandboxUnavailable(
                f"The sandbox started but did not answer within {HELLO_LIMIT_S:.0f} s; try again, and run "
                "`workbench doctor` if it stays so."
            ) from None
        if hello is None:
            raise SandboxUnavailable("The sandbox did not greet as it should; run `workbench doctor`.")
        return hello

    async def claim(self, orders: Json, environment: Mapping[str, str], folder: str) -> Json:
        """Have a spare sandbox be a session's, whose folders are mounted by now, and give how it is confined then.

        Raises:
            SandboxUnavailable: it did not answer.
        """
        self._send({"kind": "claim", "orders": orders, "environment": dict(environment), "folder": folder})
        try:
            async with asyncio.timeout(HELLO_LIMIT_S):
                posture = await asyncio.shield(self._claimed)
        except TimeoutError:
            posture = None
        if posture is None:
            raise SandboxUnavailable("The spare sandbox did not answer.")
        return posture

    def move(self, folder: Path) -> None:
        """Have the socket in this folder from now on; the sandbox sees the same one, wherever it is called."""
        shutil.rmtree(folder, ignore_errors=True)
        self.folder.rename(folder)
        self.folder = folder

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        pid = await self._pid
        async with asyncio.TaskGroup() as group:
            while True:
                connection, _ = await loop.sock_accept(self._listener)
                if self._writer is None and not self.ended.is_set() and _peer_pid(connection) == pid:
                    group.create_task(self._converse(connection))
                else:
                    connection.close()

    async def _converse(self, connection: socket.socket) -> None:
        try:
            hello = await asyncio.to_thread(_greeted, connection)
            connection.setblocking(False)
            reader, self._writer = await asyncio.open_unix_connection(sock=connection)
            # Told last: whoever waits for the greeting may make a call at once.
            self._hello.set_result(hello)
            while (frame := await frames.read(reader)) is not None:
                self._take(frame)
        except (frames.BrokenFrame, OSError):
            # Nobody who sends this is our runner any more: the sandbox is given up, as at end of file.
            pass
        finally:
            connection.close()
            self._end()

    def _end(self) -> None:
        if self._writer is not None:
            self._writer.close()
        for told in (self._hello, self._claimed):
            if not told.done():
                told.set_result(None)
        if not self._calls_go_on:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_result(None)
            self.conversations.lose()
        self.ended.set()

    def _take(self, frame: frames.Frame) -> None:
        if frame.get("kind") == "claimed" and not self._claimed.done():
            posture = frame.get("posture")
            self._claimed.set_result(posture if isinstance(posture, dict) else None)
            return
        if self.conversations.take(frame) or self._outputs.take(frame):
            return
        waiting = self._waiting.pop(str(frame.get("id")), None)
        if waiting is None or waiting.done():
            return
        waiting.set_result(None if frame.get("kind") == "unknown" else outcome_of(frame))

    async def run(self, call: Call, heard: Heard = unheard, *, thread: str | None = None) -> Outcome:
        """Run one call, of a child thread where one is named; a cancelled task cancels it inside."""
        asking = self._ask("run", call.id, name=call.name, input=call.input, **({"thread": thread} if thread else {}))
        outcome = await self._heard_out(call.id, heard, asking)
        return outcome or text_outcome(SANDBOX_ENDED, is_error=True)

    async def recover(self, call_id: str, heard: Heard = unheard) -> Outcome | None:
        """The outcome of a call that was made before; None when this sandbox knows nothing of it."""
        return await self._heard_out(call_id, heard, self._ask("recover", call_id))

    async def _heard_out(
        self, call_id: str, heard: Heard, asking: Coroutine[Any, Any, Outcome | None]
    ) -> Outcome | None:
        stop = self._outputs.listen(call_id, heard)
        try:
            return await asking
        finally:
            stop()

    async def _ask(self, kind: str, call_id: str, **more: object) -> Outcome | None:
        if self.ended.is_set() or self._writer is None:
            return None
        waiting = self._waiting.get(call_id)
        if waiting is None:
            waiting = self._waiting[call_id] = asyncio.get_running_loop().create_future()
            self._send({"kind": kind, "id": call_id, "output": True, **more})
        try:
            return await asyncio.shield(waiting)
        except asyncio.CancelledError:
            # An engine that is closing leaves the call running: the next one asks for it.
            if not self._calls_go_on:
                self._send({"kind": "cancel", "id": call_id})
            raise

    def forget(self, call_id: str) -> None:
        """The call's result is written down: nobody waits for it any more."""
        self._send({"kind": "forget", "id": call_id})

    def _send(self, frame: frames.Frame) -> None:
        if self._writer is not None and not self.ended.is_set():
            self._writer.write(frames.pack(frame))

    @classmethod
    async def attached(cls, folder: Path, pid: int) -> Channel:
        """A channel on which a sandbox of an earlier engine has greeted again.

        Raises:
            SandboxUnavailable: it has not.
        """
        channel = cls(folder)
        channel.expect(pid)
        try:
            await channel.hello()
        except BaseException:
            await channel.close(calls_go_on=True)
            raise
        return channel

    async def close(self, *, calls_go_on: bool) -> None:
        """Hang up. Calls that go on inside get no answer here, the next engine asks for them; others get that it ended."""
        self._calls_go_on = calls_go_on
        await end(self._serving)
        self._listener.close()
        self._end()
        if self._hello.done() and (hello := self._hello.result()) is not None:
            # Taken over by then, or never to be: an open one keeps the sandbox's network alive.
            hello.egress.close()


def _peer_pid(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def _greeted(connection: socket.socket) -> Hello:
    """Receive the greeting and the one listener that comes with it; blocking, with a deadline.

    Raises:
        BrokenFrame: anything else came.
        OSError: nothing came.
    """
    connection.settimeout(HELLO_LIMIT_S)
    received, descriptors, flags, _ = socket.recv_fds(connection, 1 << 16, 4)
    handed = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    try:
        if len(received) < frames.LENGTH_BYTES:
            raise frames.BrokenFrame("no greeting")
        head, body = received[: frames.LENGTH_BYTES], received[frames.LENGTH_BYTES :]
        if frames.body_length(head) != len(body):
            raise frames.BrokenFrame("a greeting of another length than it says")
        hello = frames.unpack(body)
        posture = hello.get("posture")
        if hello.get("version") != frames.PROTOCOL_VERSION or not isinstance(posture, dict):
            raise frames.BrokenFrame("a greeting of another version")
        if len(handed) != 1 or flags & socket.MSG_CTRUNC or not _is_listener(handed[0]):
            raise frames.BrokenFrame("a greeting without its listener")
    except frames.BrokenFrame:
        for descriptor in handed:
            descriptor.close()
        raise
    return Hello(posture, handed[0])


def _is_listener(handed: socket.socket) -> bool:
    kind = (handed.family, handed.type)
    return kind == (socket.AF_INET, socket.SOCK_STREAM) and bool(
        handed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    )


def outcome_of(frame: frames.Frame) -> Outcome:
    """An outcome from a frame that a sandbox sent: only well-formed blocks of the three kinds pass."""
    content = frame.get("content")
    if not isinstance(content, list) or not content or not all(_is_block(block) for block in content):
        return text_outcome(UNREADABLE, is_error=True)
    return Outcome(tuple(content), frame.get("is_error") is not False)


def _is_block(block: object) -> bool:
    if not isinstance(block, dict) or block.get("type") not in _BLOCK_KINDS:
        return False
    if block["type"] == "text":
        return block.keys() == {"type", "text"} and isinstance(block["text"], str)
    source = block.get("source")
    return (
        block.keys() == {"type", "source"}
        and isinstance(source, dict)
        and source.keys() == {"type", "media_type", "data"}
        and all(isinstance(value, str) for value in source.values())
    )
