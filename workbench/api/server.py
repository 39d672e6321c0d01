"""The engine's process: opens the log, starts the sessions' tasks, listens on its socket, ends on a signal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.handlers
import os
import shutil
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from workbench import events, start
from workbench.api.app import application
from workbench.api.engine_state import EngineState
from workbench.api.listener import PeerChecked, Served, listen_on_socket, server_of
from workbench.api.private import Process
from workbench.brain.compaction import Room
from workbench.brain.loop import Brain
from workbench.contracts.log import LogUnusable
from workbench.contracts.values import Json
from workbench.engine import garbage
from workbench.engine.egress import Outside
from workbench.engine.facade import Engine, Rooms
from workbench.hands.files.checkpoints import MOST_CHECKPOINTS, MOST_STORED_BYTES
from workbench.hands.files.memory_folders import MemoryFolders
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.mcp.servers import ConnectedServers
from workbench.hands.measuring import measured
from workbench.hands.registry import backends, refusal
from workbench.hands.sandboxes import Sandboxes
from workbench.log import Log, open_log
from workbench.models.endpoints import Endpoints
from workbench.permissions.gate import RuledGate
from workbench.permissions.rulebook import Rulebook
from workbench.settings import Settings, SettingsError, make_private

LOG_BYTES = 5_000_000
SOCKET_LOOK_S = 2.0
"""How often the engine sees whether its socket is still where clients look for it."""

logger = logging.getLogger("workbench.engine")


class EngineProcess:
    """One engine from its log's opening to its end."""

    def __init__(self, settings: Settings, key: int | None = None) -> None:
        self._settings = settings
        self._key = key
        self._stop = asyncio.Event()
        self._served = Served(settings.data / "serve.json")
        self._started_at = events.now()
        self._ends_sandboxes = False
        self.begins_anew = False

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `POST /workbench/v1/down`.

        Raises:
            LogUnusable: another engine lives, or the log is newer than this program.
            SettingsError: the user's own permission rules cannot be used.
        """
        settings = self._settings
        rulebook = Rulebook(settings.permissions)
        for folder in (settings.data, settings.runtime):
            make_private(folder)
        log = await open_log(settings.log, progress=_say)
        for notice in log.notices:
            _say(notice)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        try:
            async with Outside(settings, log.documents, log.facts, log.states, key=self._key) as outside:
                await self._serve(log, rulebook, outside)
        finally:
            await log.close()

    async def _serve(self, log: Log, rulebook: Rulebook, outside: Outside) -> None:
        settings = self._settings
        state = EngineState(lambda: _engine_state(endpoints, outside))

        def progress(sentence: str) -> None:
            _say(sentence)
            state.progress(sentence)

        hands = Sandboxes(
            settings,
            log.facts.record,
            backends(settings, progress),
            clock=events.now,
            progress=progress,
            outlets=outside.outlets,
        )
        servers = ConnectedServers(outside.outlets.server_way, hands.converse)
        endpoints = Endpoints(
            await outside.model_endpoint(),
            offline_socket=settings.engine_socket,
            default_model=settings.default_model,
            trouble=lambda: outside.failure,
            progress=progress,
        )
        room = Room(settings.compact_at, settings.context_window)
        rooms = Rooms(
            inbox=log.inbox,
            sessions=log.sessions,
            facts=log.facts,
            documents=log.documents,
            states=log.states,
            memories=log.memories,
            questions=log.questions,
            hands=hands,
            files=SessionFiles(settings),
            folders=MemoryFolders(settings),
            servers=servers,
            vault=outside.vault,
            vaults=outside.vaults,
            outlets=outside.outlets,
            brain=lambda records, sessions, working, serving: Brain(
                inbox=log.inbox,
                log=sessions,
                facts=log.facts,
                states=log.states,
                sessions=records,
                hands=working,
                servers=serving,
                models=endpoints.model,
                clock=events.now,
                room=room,
                windows=endpoints.window,
                gate=lambda: RuledGate(rulebook.current()),
            ),
            models=endpoints.model,
            window=lambda model: room.window(model, endpoints.window(model)),
            backend_refusal=lambda name: refusal(settings, name),
        )
        # Bound before anything runs: a recovered session may ask the offline model through it at once.
        listener = listen_on_socket(settings.engine_socket)
        await hands.open({document.id for document in await log.documents.newest("session")})
        async with Engine(rooms) as engine:
            process = Process(
                status=lambda: self._status(
                    engine, state, outside, (*log.notices, *filter(None, [rulebook.trouble, outside.failure]))
                ),
                sandboxes=lambda: asyncio.to_thread(measured, settings.sandboxes),
                limits=lambda: {"sandbox": hands.limits(), **_room(settings)},
                log_file=lambda: engine_log(settings),
                stop=self._end,
                serve=self._served.open,
                unserve=self._served.forget,
                vault=lambda: _vault_standing(outside),
                validated=outside.validated,
                state=state,
                use_key=lambda deposit: _use_key(outside, endpoints, state, deposit),
            )
            app = application(engine, endpoints, process, rulebook)
            server = server_of(app, PeerChecked)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            beside = [
                asyncio.create_task(garbage.in_quiet(lambda: _is_quiet(log))),
                asyncio.create_task(_heed_vault(outside, endpoints, state)),
                asyncio.create_task(self._heed_socket()),
            ]
            await self._served.reopen(app)
            _say("ready")
            await self._stop.wait()
            for task in beside:
                task.cancel()
            settings.engine_socket.unlink(missing_ok=True)
            # Detached first: what runs inside goes on, and the next engine adopts its outcome.
            if self._ends_sandboxes:
                engine.halt()
                await hands.release_all()
            await hands.close()
            engine.halt()
            server.should_exit = True
            await self._served.close()
            await serving
            await endpoints.aclose()
        # Last: a call that is on its way is found interrupted by the next engine, and not told as a failure by this one.
        await servers.close()

    async def _heed_socket(self) -> None:
        """Begin anew when the runtime folder was wiped, as a logout does: an engine that no client finds is no engine."""
        file = self._settings.engine_socket
        bound = file.stat().st_ino
        # Nothing tells when a file of a folder that goes away itself is gone; a look costs microseconds.
        while _inode(file) == bound:  # noqa: ASYNC110
            await asyncio.sleep(SOCKET_LOOK_S)
        _say(f"{file} is gone: the engine begins anew, and sessions go on")
        self.begins_anew = True
        self._stop.set()

    def _end(self, ends_sandboxes: bool) -> None:
        self._ends_sandboxes = ends_sandboxes
        self._stop.set()

    async def _status(self, engine: Engine, state: EngineState, outside: Outside, notices: tuple[str, ...]) -> Json:
        counts: dict[str, int] = {}
        for session in await engine.records.all_wire():
            status = "archived" if session["archived_at"] else session["status"]
            counts[status] = counts.get(status, 0) + 1
        model = await state.refresh()
        return {
            "pid": os.getpid(),
            "started_at": events.timestamp(self._started_at),
            "uptime_s": round((datetime.now(self._started_at.tzinfo) - self._started_at).total_seconds(), 1),
            "socket": str(self._settings.engine_socket),
            "port": self._served.port,
            "data": str(self._settings.data),
            "engine_log": str(engine_log(self._settings)),
            "endpoint": model["endpoint"],
            "endpoint_source": model["source"],
            "has_key": outside.has_model_key,
            "default_model": model["model"],
            "vault": "failed" if outside.failure else "ready",
            "sessions": counts,
            "notices": notices,
        }


async def _engine_state(endpoints: Endpoints, outside: Outside) -> Json:
    model = await endpoints.default()
    return {"model": model, **endpoints.origin(model), "trouble": outside.failure}


async def _use_key(outside: Outside, endpoints: Endpoints, state: EngineState, deposit_id: str | None) -> Json:
    await outside.use_key(deposit_id)
    endpoint = await outside.model_endpoint()
    endpoints.use(endpoint)
    await state.refresh()
    return {"endpoint": endpoint.shown if endpoint else None}


async def _heed_vault(outside: Outside, endpoints: Endpoints, state: EngineState) -> None:
    """Tell how the vault is; one that answers at last is asked again for what the model is reached with."""
    await state.refresh()
    async for notice in outside.ways.notices():
        if notice.kind == "recovered":
            endpoints.use(await outside.model_endpoint())
        if notice.kind in ("failed", "recovered"):
            await state.refresh()


async def _vault_standing(outside: Outside) -> Json:
    credentials = [
        one for vault in await outside.vaults.newest() for one in await outside.vaults.credentials_of(vault["id"])
    ]
    active = [one for one in credentials if not one["archived_at"]]
    too_short = [one["id"] for one in active if "workbench" in one]
    return {**await outside.standing([one["id"] for one in active]), "too_short": too_short}


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None


def _is_quiet(log: Log) -> bool:
    return not any(state.standing == "running" for state in log.states.states())


def _room(settings: Settings) -> Json:
    """Of sessions there may be any number at once; what ends first is the disk."""
    disk = shutil.disk_usage(settings.data)
    return {
        "sessions_at_once": None,
        "compact_at": settings.compact_at,
        "checkpoints": MOST_CHECKPOINTS,
        "checkpoint_bytes": MOST_STORED_BYTES,
        "disk_free_bytes": disk.free,
        "disk_bytes": disk.total,
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


def main(settings: Settings, key: int | None = None) -> int:
    """Run the engine in this process, with a descriptor of the model's key; 0 after an orderly end, 3 when the log or the permission rules cannot be used."""
    try:
        make_private(settings.data)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    handler = logging.handlers.RotatingFileHandler(engine_log(settings), maxBytes=LOG_BYTES, backupCount=2)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    # Its errors are streams cut at shutdown; what fails by surprise is logged by the application itself.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    # A person's SQL must not find the log's own file by a relative name.
    os.chdir("/")
    engine = EngineProcess(settings, key)
    try:
        with garbage.rarely():
            asyncio.run(engine.run())
    except (LogUnusable, SettingsError) as error:
        _say(str(error))
        return 3
    if engine.begins_anew:
        _begin_anew(key)
    return 0


def _begin_anew(key: int | None) -> NoReturn:
    if key is not None:
        os.set_inheritable(key, True)
    command = start.command("workbench", "engine", *([f"--key={key}"] if key is not None else []))
    os.execv(command[0], command)
