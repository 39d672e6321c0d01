"""Webhooks in over HTTP: a Unix socket, and on request a port of 127.0.0.1, which know one path and nothing of the API."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from workbench.api.listener import PeerChecked, Server, listen_on_socket, server_of
from workbench.api.wire import answer, identifier
from workbench.catalog.errors import Refused, conflict
from workbench.contracts.values import Json
from workbench.engine.automation.triggers.receiver import MOST_BYTES, Answer, Receiver
from workbench.settings import Settings

DEFAULT_PORT: Final = 4182
SOCKET_NAME: Final = "hooks.sock"
FILE_NAME: Final = "hooks.json"

logger = logging.getLogger("workbench.engine")


def receiver_app(receiver: Receiver) -> ASGIApp:
    """POST /hooks/{trigger_id}, and nothing else."""

    async def hook(request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            found = Answer(413, {"error": "the body is over 1 MiB"})
        else:
            headers = {name.lower(): value for name, value in request.headers.items()}
            found = await receiver.receive(identifier(request, "trigger_id"), headers, body)
        more = {"retry-after": str(found.retry_after_s)} if found.retry_after_s else None
        return answer(found.body, found.status, more)

    async def failed(request: Request, error: Exception) -> Response:
        logger.error("a webhook failed by surprise", exc_info=error)
        return answer({"error": "the engine failed; send it again"}, 500)

    return Starlette(
        routes=[Route("/hooks/{trigger_id}", hook, methods=["POST"])], exception_handlers={Exception: failed}
    )


async def _body(request: Request) -> bytes | None:
    """The body as it came; None where it is too long, of which no more is read."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            return None
    return b"".join(parts)


class NotReceiving:
    """An engine that listens for no webhooks."""

    def places(self) -> Json:
        return {"socket": None, "port": None}

    async def open(self, port: int) -> Json:
        raise Refused("this engine takes no webhooks")

    async def forget(self) -> None:
        """There is nothing to close."""


NOT_RECEIVING: Final = NotReceiving()


class ReceiverListener:
    """Both listeners; the port is kept in a file of the user's own, and is open again with the next engine."""

    def __init__(self, settings: Settings, receiver: Receiver) -> None:
        self._app = receiver_app(receiver)
        self._socket, self._file = settings.runtime / SOCKET_NAME, settings.data / FILE_NAME
        self._serving: list[tuple[Server, asyncio.Task[None]]] = []
        self._on_port: tuple[Server, asyncio.Task[None]] | None = None
        self._port: int | None = None

    async def reopen(self) -> None:
        """Listen on the socket, and on the port of before, where that is free."""
        server = server_of(self._app, PeerChecked)
        listener = listen_on_socket(self._socket)
        self._serving.append((server, asyncio.create_task(server.serve(sockets=[listener]))))
        if (port := _known(self._file)) is not None:
            try:
                await self.open(port)
            except Refused as refused:
                logger.warning("%s", refused.message)

    def places(self) -> Json:
        return {"socket": str(self._socket), "port": self._port}

    async def open(self, port: int) -> Json:
        """See `contracts.process.Receiving`."""
        if self._port is None or port != self._port:
            listener = _bound(port)
            await self._close_port()
            server = server_of(self._app)
            self._on_port = server, asyncio.create_task(server.serve(sockets=[listener]))
            self._port = int(listener.getsockname()[1])
        with os.fdopen(os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"port": self._port}, file)
        return self.places()

    async def forget(self) -> None:
        await self._close_port()
        self._file.unlink(missing_ok=True)

    async def close(self) -> None:
        """Take no more deliveries; those that were answered are kept."""
        await self._close_port()
        for server, task in self._serving:
            server.should_exit = True
            await task
        self._serving.clear()
        self._socket.unlink(missing_ok=True)

    async def _close_port(self) -> None:
        if self._on_port is not None:
            server, task = self._on_port
            server.should_exit = True
            await task
        self._on_port, self._port = None, None


def _bound(port: int) -> socket.socket:
    """A listener of this machine alone: what is to come from elsewhere comes through a tunnel of one's own."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise conflict(
            f"port {port} cannot be used: {error.strerror}; choose another: workbench trigger listen --port N"
        ) from None
    listener.listen(128)
    return listener


def _known(file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return int(json.loads(file.read_text(encoding="utf-8"))["port"])
    return None
