"""The engine's process: opens the log, starts the sessions' tasks, listens on its socket, ends on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import logging.handlers
import os
import secrets
import signal
import socket
import struct
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from workbench import events
from workbench.api.app import application
from workbench.api.guard import Guard
from workbench.api.own import Process
from workbench.brain.loop import Brain
from workbench.brain.endpoints import Endpoints
from workbench.catalog.refusals import Refused
from workbench.contracts import Json, LogUnusable
from workbench.engine import Engine, Rooms
from workbench.hands import Sandboxes
from workbench.log import Log, open_log
from workbench.settings import Settings, make_private

DEFAULT_PORT = 4181
SHUTDOWN_S = 1
LOG_BYTES = 5_000_000

logger = logging.getLogger("workbench.engine")


class PeerChecked(H11Protocol):
    """HTTP over the Unix socket, for this user's own processes only, whatever the socket's mode has become."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        peer: socket.socket = transport.get_extra_info("socket")
        _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if uid not in (os.getuid(), 0):
            transport.abort()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: the engine has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: ASGIApp, protocol: type[asyncio.Protocol]) -> _Server:
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
    return _Server(config)


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

    def __init__(self, file: Path) -> None:
        self._file = file
        self._app: ASGIApp | None = None
        self._server: _Server | None = None
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
        """Listen, and say what a client needs.

        Raises:
            Refused: 409 when the port is taken.
        """
        known = self._known()
        token = known["token"] if known else "wb-" + secrets.token_urlsafe(32)
        wanted = port or (known["port"] if known else DEFAULT_PORT)
        if self.port != wanted:
            await self._listen(wanted, token)
        content = {"port": wanted, "token": token}
        make_private(self._file.parent)
        with os.fdopen(os.open(self._file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)
        return content | {"base_url": f"http://127.0.0.1:{wanted}"}

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
        await self.close()
        self._server = _server(Guard(self._app, token=token, port=port), H11Protocol)
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


class EngineProcess:
    """One engine from its log's opening to its end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = asyncio.Event()
        self._served = Served(settings.data / "serve.json")
        self._started_at = events.now()

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `POST /workbench/v1/down`.

        Raises:
            LogUnusable: another engine lives, or the log is newer than this program.
        """
        settings = self._settings
        for folder in (settings.data, settings.runtime):
            make_private(folder)
        log = await open_log(settings.log, progress=_say)
        for notice in log.notices:
            _say(notice)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        try:
            await self._serve(log)
        finally:
            await log.close()

    async def _serve(self, log: Log) -> None:
        settings = self._settings
        hands = Sandboxes(settings, log.facts.record, clock=events.now, progress=_say)
        endpoints = Endpoints(
            settings.endpoint, offline_socket=settings.engine_socket, default_model=settings.default_model
        )
        rooms = Rooms(
            inbox=log.inbox,
            sessions=log.sessions,
            facts=log.facts,
            documents=log.documents,
            states=log.states,
            questions=log.questions,
            hands=hands,
            brain=lambda records: Brain(
                inbox=log.inbox,
                log=log.sessions,
                facts=log.facts,
                states=log.states,
                sessions=records,
                hands=hands,
                models=endpoints.model,
                clock=events.now,
            ),
        )
        # Bound before anything runs: a recovered session may ask the offline model through it at once.
        listener = listen_on_socket(settings.engine_socket)
        await hands.open()
        async with Engine(rooms) as engine:
            process = Process(
                status=lambda: self._status(engine, endpoints, log.notices),
                stop=self._stop.set,
                serve=self._served.open,
                unserve=self._served.forget,
            )
            app = application(engine, endpoints, process)
            server = _server(app, PeerChecked)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            await self._served.reopen(app)
            _say("ready")
            await self._stop.wait()
            settings.engine_socket.unlink(missing_ok=True)
            # Detached first: what runs inside goes on, and the next engine adopts its outcome.
            await hands.close()
            server.should_exit = True
            await self._served.close()
            await serving

    async def _status(self, engine: Engine, endpoints: Endpoints, notices: tuple[str, ...]) -> Json:
        counts: dict[str, int] = {}
        for session in await engine.records.all_wire():
            status = "archived" if session["archived_at"] else session["status"]
            counts[status] = counts.get(status, 0) + 1
        configured = self._settings.endpoint
        return {
            "pid": os.getpid(),
            "started_at": events.timestamp(self._started_at),
            "uptime_s": round((datetime.now(self._started_at.tzinfo) - self._started_at).total_seconds(), 1),
            "socket": str(self._settings.engine_socket),
            "port": self._served.port,
            "data": str(self._settings.data),
            "engine_log": str(engine_log(self._settings)),
            "endpoint": configured.base_url if configured else None,
            "default_model": await endpoints.default(),
            "sessions": counts,
            "notices": notices,
        }


def engine_log(settings: Settings) -> Path:
    """Where the engine writes what it says."""
    return settings.data / "engine.log"


def _say(sentence: str) -> None:
    logger.info("%s", sentence)
    # Whoever started the engine reads these lines until "ready", and may then be gone.
    with contextlib.suppress(BrokenPipeError):
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()


def main(settings: Settings) -> int:
    """Run the engine in this process; 0 after an orderly end, 3 when the log cannot be opened."""
    make_private(settings.data)
    handler = logging.handlers.RotatingFileHandler(engine_log(settings), maxBytes=LOG_BYTES, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    # A person's SQL must not find the log's own file by a relative name.
    os.chdir("/")
    try:
        asyncio.run(EngineProcess(settings).run())
    except LogUnusable as error:
        _say(str(error))
        return 3
    return 0
