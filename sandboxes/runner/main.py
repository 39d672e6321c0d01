"""The runner's life: confine itself, connect out to the engine, serve, connect again, and end when no engine returns."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sandboxes.runner import frames
from sandboxes.runner.children import Children, adopt_orphans
from sandboxes.runner.conversations import Conversations
from sandboxes.runner.frames import Frame
from sandboxes.runner.ledger import Ledger
from sandboxes.runner.own_programs import with_path
from sandboxes.runner.paths import Places
from sandboxes.runner.posture import become_unreadable, posture
from sandboxes.runner.tools import Tools
from sandboxes.runner.way_out import WayOut

RETRY_S = 0.05
SPARE_PATIENCE_S = 10.0
"""How long a sandbox that belongs to no session waits for the engine that has it made."""
MOST_UNREAD_BYTES = 64 << 10
"""How much may wait for the engine before passing things are left out."""


@dataclass(frozen=True)
class Orders:
    """What the engine says at the start, as JSON in the first argument."""

    socket: str
    patience_s: float
    spare: bool = False
    """It belongs to no session yet: what a session's sandbox has is told when one claims it."""
    workdir: str = "/"
    others: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    kept: str = "/nowhere"
    """Where programs that the engine speaks with keep what shall outlive the sandbox."""
    egress_port: int = 0
    ports: tuple[int, ...] = ()
    """Where programs that know of no proxy find a way to it."""

    egress_descriptor: int | None = None
    """The listener, where the engine made it: the runner is then a process beside others, and no port is its own."""


def main() -> None:
    """Run from the start to the end of the sandbox, as the first process of a container or an ordinary one."""
    become_unreadable()
    adopt_orphans()
    # The kernel shields the first process from signals that it leaves at their default; Python has a handler for this one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    orders = Orders(**_fixed(json.loads(sys.argv[1])))
    # Bound before any command runs and kept for life: nothing inside can take the port.
    egress = _listener(orders)
    asyncio.run(serve(orders, egress, _way_out(orders)))


def _fixed(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}


def _listener(orders: Orders) -> socket.socket:
    if orders.egress_descriptor is None:
        return socket.create_server(("127.0.0.1", orders.egress_port), backlog=128)
    os.set_inheritable(orders.egress_descriptor, False)
    return socket.socket(fileno=orders.egress_descriptor)


def _way_out(orders: Orders) -> WayOut | None:
    if not orders.ports:
        return None
    try:
        return WayOut(orders.ports, orders.egress_port)
    except OSError as error:
        # A kernel that gives low ports to no ordinary user: what knows of the proxy goes out all the same.
        sys.stderr.write(f"no way out without a proxy: {error}\n")
        return None


async def serve(orders: Orders, egress: socket.socket, way_out: WayOut | None = None) -> None:
    """Serve one engine after the other until none has come for `patience_s`; a spare ends with the engine that made it."""
    if way_out is not None:
        await way_out.serve()
    line, spare = _Line(), orders.spare
    if spare:
        claimed = await _claimed(orders, line, egress)
        if claimed is None:
            return
        orders = claimed
    children = Children()
    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, children.bury)
    others, read_only = (tuple(map(Path, paths)) for paths in (orders.others, orders.read_only))
    places = Places(Path(orders.workdir), others, read_only)
    # Beside other processes of the user's, PATH is the user's.
    usual = dict(os.environ) if orders.egress_descriptor is not None else with_path(os.environ)
    tools = Tools(children, places, usual)
    ledger = Ledger(tools.run, line.tell, line.offer)
    environment = {**_kept_places(Path(orders.kept)), **usual}
    conversations = Conversations(children, places.workdir, environment, tell=line.tell, drain=line.drain)

    def take(frame: Frame) -> None:
        ledger.take(frame)
        conversations.take(frame)

    def hang_up() -> None:
        conversations.end_all()
        tools.engine_gone()

    if spare:
        line.tell({"kind": "claimed", "posture": posture()})
        await line.hear(take)
        hang_up()
    while (connection := await _connect(orders)) is not None:
        if await line.greet(connection, egress):
            await line.hear(take)
        hang_up()
    tools.close()
    await children.end_all()
    await children.end_orphans()


async def _claimed(orders: Orders, line: _Line, egress: socket.socket) -> Orders | None:
    """The orders of the session that claims this sandbox, whose folders are mounted by then; None when the engine is gone first."""
    connection = await _connect(replace(orders, patience_s=SPARE_PATIENCE_S))
    if connection is None or not await line.greet(connection, egress):
        return None
    frame = await line.next()
    if frame is None or frame.get("kind") != "claim":
        return None
    os.environ.update(frame["environment"])
    # What it started in is covered by the session's own folder.
    os.chdir(frame["folder"])
    return replace(orders, **_fixed(frame["orders"]), spare=False)


def _kept_places(folder: Path) -> dict[str, str]:
    """Where servers put their data, and package runners the servers: some write beside their own program."""
    names = {"XDG_DATA_HOME": "share", "XDG_CACHE_HOME": "cache", "npm_config_cache": "npm", "UV_CACHE_DIR": "uv"}
    try:
        for name in names.values():
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError:
        # A full disk or what an agent put in its place: they live without.
        return {}
    places = {variable: str(folder / name) for variable, name in names.items()}
    # What was fetched once is taken as it is, without asking its index again at each start.
    return {**places, "npm_config_prefer_offline": "true"}


async def _connect(orders: Orders) -> socket.socket | None:
    loop = asyncio.get_running_loop()
    give_up_at = loop.time() + orders.patience_s
    while loop.time() < give_up_at:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(orders.socket)
        except OSError:
            connection.close()
            await asyncio.sleep(RETRY_S)
            continue
        return connection
    return None


class _Line:
    """The connection of the moment; what is told while there is none stays in the ledger."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def tell(self, frame: Frame) -> None:
        if self._writer is not None:
            self._writer.write(frames.pack(frame))

    def offer(self, frame: Frame) -> None:
        """Tell what may be lost: nothing of it is kept for an engine that takes nothing."""
        if self._writer is not None and self._writer.transport.get_write_buffer_size() < MOST_UNREAD_BYTES:
            self.tell(frame)

    async def drain(self) -> None:
        """Wait until the engine has taken what it was told, or is gone."""
        if self._writer is not None:
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    async def greet(self, connection: socket.socket, egress: socket.socket) -> bool:
        """Greet with the egress listener in hand; False where the engine is gone already."""
        hello = {"kind": "hello", "version": frames.PROTOCOL_VERSION, "pid": os.getpid(), "posture": posture()}
        try:
            socket.send_fds(connection, [frames.pack(hello)], [egress.fileno()])
        except OSError:
            connection.close()
            await asyncio.sleep(RETRY_S)
            return False
        connection.setblocking(False)
        self._reader, self._writer = await asyncio.open_unix_connection(sock=connection)
        return True

    async def next(self) -> Frame | None:
        """The next frame of the engine; None when it is gone, or what it sends is no frame."""
        if self._reader is None:
            return None
        try:
            return await frames.read(self._reader)
        except frames.BrokenFrame as error:
            sys.stderr.write(f"{error}\n")
            return None

    async def hear(self, take: Callable[[Frame], None]) -> None:
        """Take frames until the engine is gone."""
        try:
            while (frame := await self.next()) is not None:
                take(frame)
        finally:
            if self._writer is not None:
                self._writer.close()
            self._reader = self._writer = None
            # An engine that refuses this sandbox closes at once: not a reason to call without a pause.
            await asyncio.sleep(RETRY_S)
