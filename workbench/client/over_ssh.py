"""The engine of another machine through ssh: one connection of the system's `ssh`, with the engine's socket forwarded over it.

Nothing listens on a network: at the far end the engine's own Unix socket is spoken to, and here a socket in a folder that is this user's
alone. Who may log in there is who may use the engine.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workbench.client.errors import EngineAway, is_answering
from workbench.settings import MOST_SOCKET_BYTES, make_private

Json = dict[str, Any]

SSH_FAILED: Final = 255
"""The exit code of ssh for its own failures; any other is the command's."""
NO_COMMAND: Final = 127
PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Between attempts to connect again; the last one for good."""
WAIT_S: Final = 40.0
_CONTROL_SUFFIX: Final = 17
"""Bytes that ssh appends to the path of its control socket while it makes it."""
_ALIVE: Final = (
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    "ConnectTimeout=20",
    "ControlPersist=no",
    "RemoteCommand=none",
)
_RUN: Final = 'PATH="$HOME/.local/bin:$PATH"; exec "$0" "$@"'
_BEGIN: Final = (
    'PATH="$HOME/.local/bin:$PATH"; "$0" up >&2 || exit; said=$("$0" status --json | tr -d "\\n") || exit; '
    'printf "%s\\n%s\\n" "$HOME" "$said"; exec cat >/dev/null'
)


@dataclass(frozen=True)
class Way:
    """How to reach a machine: its name, options of ssh, and what the command is called there."""

    host: str
    options: tuple[str, ...] = ()
    command: str = "workbench"

    def ssh(self, *options: str, line: str = "") -> list[str]:
        """The words of an ssh of this way; `line` is for the shell there."""
        return ["ssh", *options, *self.options, "--", self.host, *([line] if line else [])]

    def line(self, words: Sequence[str], script: str = _RUN) -> str:
        """Words of the command, as the login shell there runs them, whatever shell that is."""
        return shlex.join(["sh", "-c", script, self.command, *words])

    def trouble(self, code: int, said: str = "") -> str:
        """Why the other end could not be used."""
        if code == SSH_FAILED:
            return f"ssh cannot reach {self.host}" + (f": {said}" if said else "; what it says stands above")
        if code == NO_COMMAND:
            return f"there is no `{self.command}` on {self.host}; install it there, or name it with --command PATH"
        return f"`{self.command}` on {self.host} ended with {code}" + (f": {said}" if said else "")


class Tunnel:
    """One connection, kept: `socket` leads to the engine there while `words` is empty.

    `open` may ask for a password at the terminal. Afterwards a thread connects again by itself when the connection drops, without
    asking anything.
    """

    def __init__(self, way: Way, runtime: Path) -> None:
        self._way = way
        self.folder = _own_folder(runtime)
        self.socket = self.folder / "engine.sock"
        self.home = ""
        """The home folder there."""
        self.words = "connecting"
        """Why nothing is reached; empty while it is."""
        self._control = self.folder / "ctl"
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._hurry = threading.Event()

    def open(self) -> Json:
        """Connect, and start the engine there where none runs; its status.

        Raises:
            EngineAway: it cannot be reached; the text says what to do.
        """
        longest = len(os.fsencode(self._control)) + _CONTROL_SUFFIX
        if longest > MOST_SOCKET_BYTES or len(os.fsencode(self.socket)) > MOST_SOCKET_BYTES:
            raise EngineAway(f"{self.folder} is too long for sockets; set XDG_RUNTIME_DIR to a shorter folder")
        status = self._connect(asks=True)
        threading.Thread(target=self._keep, daemon=True, name="over-ssh").start()
        return status

    def close(self) -> None:
        """End the connection; what runs there goes on."""
        self._closing.set()
        self._hurry.set()
        self._end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def ensure(self, say: Callable[[str], None]) -> None:
        """Wait until the engine there answers, and start it where it has stopped.

        Raises:
            EngineAway: it does not within a while.
        """
        self._hurry.set()
        with self._changed:
            if self.words:
                say(self.words)
            self._changed.wait_for(lambda: not self.words or self._closing.is_set(), WAIT_S)
        if self.words:
            raise EngineAway(self.words)
        done = self._through(self._way.line(["up"]))
        if done.returncode:
            raise EngineAway(self._way.trouble(done.returncode, _last(done.stderr)))

    def lost(self) -> str:
        """What to say while the engine does not answer."""
        return self.words or f"the engine on {self._way.host} does not answer · F8 starts it"

    def told(self, words: Sequence[str]) -> str:
        """The output of a word of the command there.

        Raises:
            EngineAway: it could not be run.
        """
        done = self._through(self._way.line(words))
        if done.returncode in (SSH_FAILED, NO_COMMAND):
            raise EngineAway(self._way.trouble(done.returncode, _last(done.stderr)))
        return done.stdout.decode(errors="replace")

    # ── the connection ──

    def _connect(self, *, asks: bool) -> Json:
        self._end()
        for left in (self._control, self.socket):
            left.unlink(missing_ok=True)
        options = [part for one in (*_ALIVE, *(() if asks else ("BatchMode=yes",))) for part in ("-o", one)]
        master = self._way.ssh(
            "-T", "-a", "-x", "-M", "-S", str(self._control), *options, line=self._way.line((), _BEGIN)
        )
        try:
            self._process = subprocess.Popen(
                master, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None if asks else subprocess.PIPE
            )
        except FileNotFoundError:
            raise EngineAway("there is no ssh on this machine; install OpenSSH's client") from None
        assert self._process.stdout is not None
        home, said = self._process.stdout.readline(), self._process.stdout.readline()
        if not said:
            error = b"" if self._process.stderr is None else self._process.stderr.read()
            self._end()
            raise EngineAway(self._way.trouble(self._process.returncode, _last(error)))
        status = _status(said, self._way)
        self.home = home.decode(errors="replace").rstrip("\n")
        forward = ("-S", str(self._control), "-O", "forward", "-L", f"{self.socket}:{status['socket']}")
        done = subprocess.run(self._way.ssh(*forward), capture_output=True, check=False)
        if done.returncode or not is_answering(self.socket):
            self._end()
            raise EngineAway(
                f"{self._way.host} forwards no socket: {_last(done.stderr) or 'its sshd may forbid it (AllowStreamLocalForwarding)'}"
            )
        self._say("")
        return status

    def _keep(self) -> None:
        """Connect again whenever the connection has ended, until `close`."""
        while not self._closing.is_set():
            assert self._process is not None
            self._process.wait()
            attempt = 0
            while not self._closing.is_set():
                pause = PAUSES_S[min(attempt, len(PAUSES_S) - 1)]
                if attempt == 0:
                    self._say(f"the connection to {self._way.host} has dropped; trying again")
                self._hurry.wait(pause)
                self._hurry.clear()
                if self._closing.is_set():
                    return
                try:
                    self._connect(asks=False)
                    break
                except EngineAway as away:
                    attempt += 1
                    self._say(f"{away}; trying again")

    def _say(self, words: str) -> None:
        with self._changed:
            self.words = words
            self._changed.notify_all()

    def _through(self, line: str) -> subprocess.CompletedProcess[bytes]:
        options = ("-T", "-S", str(self._control), "-o", "BatchMode=yes")
        return subprocess.run(
            self._way.ssh(*options, line=line), stdin=subprocess.DEVNULL, capture_output=True, check=False
        )

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        # Its end of input ends the command there, and with it the connection: also when this process is killed.
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(timeout=3.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


def _own_folder(runtime: Path) -> Path:
    """A folder of this process; those of processes that are gone are removed."""
    above = make_private(make_private(runtime) / "over")
    for folder in above.iterdir():
        pid = folder.name.partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=above))


def _status(said: bytes, way: Way) -> Json:
    try:
        status: Json = json.loads(said)
    except ValueError:
        status = {}
    if not isinstance(status, dict) or not isinstance(status.get("socket"), str):
        raise EngineAway(
            f"`{way.command}` on {way.host} is another program or an old build: it does not say where its engine is"
        )
    return status


def _last(said: bytes) -> str:
    """The last line of what a program complained."""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
