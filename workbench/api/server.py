"""Server of the engine: listens on its socket, ends on a signal, begins anew when the socket is gone."""

from __future__ import annotations

import asyncio
import logging
import logging.handlers
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from workbench import start
from workbench.api.answer_page import AnswerListener
from workbench.api.app import application
from workbench.api.listener import PeerChecked, Served, listen_on_socket, server_of
from workbench.api.receiver import ReceiverListener
from workbench.contracts.log import LogUnusable
from workbench.contracts.own_port import FILE_NAME
from workbench.engine import garbage, process
from workbench.engine.engine_log import engine_log
from workbench.settings import Settings, SettingsError, make_private

LOG_BYTES = 5_000_000
SOCKET_LOOK_S = 2.0
"""How often the engine sees whether its socket is still where clients look for it."""


class EngineServer:
    """One engine and what it listens on, from its log's opening to its end."""

    def __init__(self, settings: Settings, key: int | None = None) -> None:
        self._settings = settings
        self._key = key
        self._stop = asyncio.Event()

    @property
    def begins_anew(self) -> bool:
        """Whether `run` ended without having been told to, as its socket was gone: who is told to end meanwhile ends."""
        return not self._stop.is_set()

    async def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `POST /workbench/v1/down`.

        Raises:
            LogUnusable: another engine lives, or the log is newer than this program.
            SettingsError: the user's own permission rules cannot be used.
        """
        rules = process.rules_of(self._settings)
        async with process.opened_log(self._settings) as log:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
            async with process.assembled(self._settings, log, rules, key=self._key, stop=self._stop) as assembled:
                await self._serve(assembled)

    async def _serve(self, engine: process.EngineProcess) -> None:
        # Bound before anything runs: a recovered session may ask the offline model through it at once.
        listener = listen_on_socket(self._settings.engine_socket)
        async with engine.at_work():
            served = Served(self._settings.data / FILE_NAME, engine.engine.work_permits.permit)
            hooks = ReceiverListener(self._settings, engine.engine.triggers.receiver)
            app = application(engine.engine, engine, served, hooks)
            server = server_of(app, PeerChecked)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            ends = [asyncio.create_task(self._stop.wait()), asyncio.create_task(self._socket_gone())]
            await served.reopen(app)
            await hooks.reopen()
            answers = AnswerListener(engine.engine.answer_links, self._settings.answer_address)
            await answers.open()
            process.say("ready")
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for one in ends:
                one.cancel()
            self._settings.engine_socket.unlink(missing_ok=True)
            # Detached first: a session's request to the offline model is answered as long as the session is at work.
            await engine.detach()
            server.should_exit = True
            await answers.close()
            await hooks.close()
            await served.close()
            await serving

    async def _socket_gone(self) -> None:
        """Return when the runtime folder was wiped, as a logout does: an engine that no client finds is no engine."""
        file = self._settings.engine_socket
        bound = file.stat().st_ino
        # Nothing tells when a file of a folder that goes away itself is gone; a look costs microseconds.
        while _inode(file) == bound:  # noqa: ASYNC110
            await asyncio.sleep(SOCKET_LOOK_S)
        process.say(f"{file} is gone: the engine begins anew, and sessions go on")


def _inode(file: Path) -> int | None:
    try:
        return file.stat().st_ino
    except OSError:
        return None


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
    server = EngineServer(settings, key)
    try:
        with garbage.rarely():
            asyncio.run(server.run())
    except (LogUnusable, SettingsError) as error:
        process.say(str(error))
        return 3
    if server.begins_anew:
        _begin_anew(key)
    return 0


def _begin_anew(key: int | None) -> NoReturn:
    if key is not None:
        os.set_inheritable(key, True)
    command = start.command("workbench", "engine", *([f"--key={key}"] if key is not None else []))
    os.execv(command[0], command)
