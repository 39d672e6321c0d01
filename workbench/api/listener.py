"""How the engine listens: its Unix socket for this user alone, and on request a port of 127.0.0.1 with a token."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from workbench.api.guard import Guard, Permits, no_others
from workbench.catalog.errors import Refused
from workbench.contracts.own_port import DEFAULT_PORT, TOKEN_PREFIX
from workbench.contracts.values import Json
from workbench.settings import make_private

SHUTDOWN_S = 1

logger = logging.getLogger("workbench.engine")


class Bounded(H11Protocol):
    """HTTP for whoever can reach a port: a head must come soon, and connections without a request give way to others."""

    head_limit_s = 10.0
    most_connections = 512
    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            waiting = (
                one for one in self.connections if isinstance(one, Bounded) and one.is_waiting and one is not self
            )
            next(waiting, self).transport.abort()
        self._head = self.loop.call_later(self.head_limit_s, self._give_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.is_waiting:
            self._forget_head()
        elif self._head is None:
            self._head = self.loop.call_later(self.head_limit_s, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_head()
        super().connection_lost(exc)

    @property
    def is_waiting(self) -> bool:
        """Whether no whole head has come, or none since the last answer."""
        return self.conn.their_state is h11.IDLE

    def _give_up(self) -> None:
        self._head = None
        if self.is_waiting:
            self.transport.abort()

    def _forget_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None


class PeerChecked(H11Protocol):
    """HTTP over the Unix socket, for this user's own processes only, whatever the socket's mode has become."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer: socket.socket = transport.get_extra_info("socket")
        _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if uid not in (os.getuid(), 0):
            transport.abort()


class Server(uvicorn.Server):
    """uvicorn without its signal handlers: the engine has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_of(app: ASGIApp, protocol: type[asyncio.Protocol] = Bounded) -> Server:
    """A server of this application, to be run with `serve(sockets=[…])`."""
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    return Server(config)


def listen_on_socket(path: Path) -> socket.socket:
    """Bind the engine's socket, mode 0600; a dead one is replaced (the log's lock says that no engine lives)."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(previous)
    listener.listen(512)
    return listener


class Served:
    """The optional listener on 127.0.0.1 and its token, which outlive the engine in a file of the user's own."""

    def __init__(self, file: Path, permits: Permits = no_others) -> None:
        self._file = file
        self._permits = permits
        self._app: ASGIApp | None = None
        self._server: Server | None = None
        self._task: asyncio.Task[None] | None = None
        self.port: int | None = None

    async def reopen(self, app: ASGIApp) -> None:
        """Serve as before the engine's restart; a port that is taken meanwhile is said in the log and left."""
        self._app = app
        known = self._known()
        if known:
            try:
                await self.open(known["port"])
            except Refused as refused:
                logger.warning("%s", refused.message)

    async def open(self, port: int | None) -> Json:
        """Listen, and say what a client needs. Without a port, or with 0, a free one is taken where the usual one is not free.

        Raises:
            Refused: 409 when the named port is taken.
        """
        known = self._known()
        token = known["token"] if known else TOKEN_PREFIX + secrets.token_urlsafe(32)
        if port is None and self.port is not None:
            port = self.port
        wanted = 0 if port == 0 else port or (known["port"] if known else DEFAULT_PORT)
        if self.port != wanted:
            try:
                await self._listen(wanted, token)
            except Refused:
                if port is not None:
                    raise
                await self._listen(0, token)
        assert self.port is not None
        content = {"port": self.port, "token": token}
        make_private(self._file.parent)
        with os.fdopen(os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
        return content | {"base_url": f"http://127.0.0.1:{self.port}"}

    async def _listen(self, port: int, token: str) -> None:
        assert self._app is not None
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            listener.close()
            message = f"port {port} cannot be used: {error.strerror}; choose another: workbench serve --port N"
            raise Refused(message, status=409, kind="conflict_error") from None
        listener.listen(512)
        port = int(listener.getsockname()[1])
        await self.close()
        self._server = server_of(Guard(self._app, token=token, port=port, permits=self._permits))
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        self.port = port

    async def close(self) -> None:
        """Stop listening until the next `open`."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
        self._server, self._task, self.port = None, None, None

    async def forget(self) -> None:
        """Stop listening for good: the token is void."""
        await self.close()
        self._file.unlink(missing_ok=True)

    def _known(self) -> Json | None:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        usable = isinstance(known, dict) and isinstance(known.get("port"), int) and isinstance(known.get("token"), str)
        return known if usable else None
