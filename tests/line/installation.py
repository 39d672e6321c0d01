"""A whole workbench of its own: engine process, command line, log and sandboxes, against a scripted model."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.messages_server import MessagesServer, Play
from workbench import settings
from workbench.client.errors import ApiError, EngineAway, is_answering
from workbench.client.sync import Client
from workbench.settings import SettingsError

WAIT_S = 60
ENDED_AT_ONCE = 50
_ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Installation:
    """One home; `say` runs a word of the command in it."""

    home: Path
    environment: dict[str, str]
    model: MessagesServer

    def start(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        """A word that runs on while the test does something else."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.start_command(*words),
            env=self.environment,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            **more,
        )

    def start_with_input(self, *words: str) -> subprocess.Popen[str]:
        """A word that reads what it is given."""
        pipe = subprocess.PIPE
        command = self.start_command(*words)
        return subprocess.Popen(
            command, env=self.environment, cwd=self.home, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def start_command(self, *words: str) -> list[str]:
        """What starts a word, for whoever speaks with it."""
        return [sys.executable, "-m", "workbench", *words]

    def say(self, *words: str) -> Done:
        """A word, to its end."""
        return self.say_within(WAIT_S, *words)

    def say_within(self, seconds: int, *words: str) -> Done:
        """The same, where it may take longer or shorter."""
        with self.start(*words) as running:
            try:
                out, err = running.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                running.kill()
                raise
            return Done(running.returncode, out, err)

    def told(self, *words: str) -> str:
        """The output of a word that must succeed."""
        done = self.say(*words)
        assert done.code == 0, done
        return done.out

    def json(self, *words: str) -> Any:
        return json.loads(self.told(*words, "--json"))

    def kill_engine(self) -> None:
        """kill -9, and wait until it is gone."""
        pid = self.json("status")["pid"]
        os.kill(pid, signal.SIGKILL)
        # The engine is nobody's child here, and its threads, with the socket, may outlive the first of them.
        engine_socket = settings.load(self.environment).engine_socket
        deadline = threading.Event()
        for _ in range(WAIT_S * 50):
            if (not Path(f"/proc/{pid}/fd").exists() or is_zombie(pid)) and not is_answering(engine_socket):
                return
            deadline.wait(0.02)
        raise AssertionError(f"the engine {pid} did not end")

    def events(self, session_id: str) -> list[dict[str, Any]]:
        lines = self.told("logs", "--json", session_id).split("\n")
        return [json.loads(line) for line in lines if line]

    def run_detached(self, *words: str) -> str:
        return self.told("run", "--detach", *words).strip()

    def until(self, session_id: str, event_type: str, count: int = 1, *, within_s: int = WAIT_S) -> None:
        """Wait until the session has so many events of this type."""
        pause = threading.Event()
        for _ in range(within_s * 10):
            if self._types(session_id).count(event_type) >= count:
                return
            pause.wait(0.1)
        raise AssertionError(f"no {event_type} in {session_id}")

    def until_asked(self, times: int = 1) -> None:
        """Wait until the scripted model was asked so often: of a request that is about to be made the log knows before the model does."""
        pause = threading.Event()
        for _ in range(WAIT_S * 50):
            if len(self.model.requests) >= times:
                return
            pause.wait(0.02)
        raise AssertionError("the model was not asked")

    def _types(self, session_id: str) -> list[str]:
        """Asked of the engine itself: a command for each look would take more than what is waited for."""
        engine = Client(settings.load(self.environment).engine_socket)
        try:
            return [
                str(event["type"]) for event in engine.pages(f"/v1/sessions/{session_id}/events", [("limit", "1000")])
            ]
        except (ApiError, EngineAway):
            return [str(event["type"]) for event in self.events(session_id)]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until it holds, within a bounded time."""
    pause = threading.Event()
    for _ in range(WAIT_S * 10):
        if holds():
            return
        pause.wait(0.1)
    raise AssertionError("it did not come to be")


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@contextlib.contextmanager
def installation(script: Sequence[Play] = (), *, offline: bool = False, **more: str) -> Iterator[Installation]:
    """A new home whose engine asks a scripted model (or none, `offline`); the engine is stopped at the end."""
    kept = ("PATH", "HOME", "XDG_RUNTIME_DIR", "LANG", "USER", "LOGNAME")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "PYTHONWARNINGS": "error"}
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as folder, served(script) as model:
        environment |= {"WORKBENCH_HOME": folder} | more
        if not offline:
            environment |= {"ANTHROPIC_BASE_URL": model.base_url, "ANTHROPIC_API_KEY": "sk-test"}
        installed = Installation(Path(folder), environment, model)
        try:
            yield installed
        finally:
            _ended(installed)


def _ended(installed: Installation) -> None:
    """Delete every session, so that no container is left, and stop the engine."""
    try:
        engine = Client(settings.load(installed.environment).engine_socket)
        for session in list(engine.pages("/v1/sessions", [("include_archived", "true"), ("limit", "1000")])):
            engine.delete(f"/v1/sessions/{session['id']}")
    except (ApiError, EngineAway, SettingsError, ValueError):
        # One is at work; or no engine runs, and one is started where the home is none that a test has spoilt.
        _ended_by_words(installed)
    installed.say("down")


def _ended_by_words(installed: Installation) -> None:
    sessions = json.loads(installed.say("ps", "--all", "--json").out or "[]")
    for session in sessions:
        if session["status"] in ("running", "rescheduling"):
            installed.say("interrupt", session["id"])
    for start in range(0, len(sessions), ENDED_AT_ONCE):
        installed.say("rm", "-y", *(session["id"] for session in sessions[start : start + ENDED_AT_ONCE]))


@contextlib.contextmanager
def served(script: Sequence[Play]) -> Iterator[MessagesServer]:
    """The scripted model on a thread and loop of its own, as the commands are waited for on this one."""
    server = MessagesServer(list(script))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(WAIT_S)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result(WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_S)
        loop.close()
