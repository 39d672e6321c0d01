"""The worker's life: it joins an engine over ssh, serves each connection that comes back through it, and joins again when it drops."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from workbench.contracts.values import Progress
from workbench.hands.worker.place import Place

REMOVED: Final = 9
"""How `workbench machines join` ends when the worker's machine was removed there: it does not come again."""
REFUSED: Final = 2
"""How it ends when the machine cannot join: what it says is for a person to mend."""
LONGEST_PAUSE_S: Final = 30.0
_MOST_WORDS: Final = 400


@dataclass
class Worker:
    """`ssh` is the command up to the line for the other machine; `line` gives that of `workbench machines join` there."""

    place: Place
    ssh: Callable[[Sequence[str]], Sequence[str]]
    told: dict[str, object]
    """What the other end is told of this machine: name, labels, whether it confines."""
    say: Progress
    _ended: threading.Event = field(default_factory=threading.Event)
    _ssh: subprocess.Popen[bytes] | None = None

    def run(self) -> int:
        """Until `end`, or until the other end wants this machine no more; the exit code."""
        with serving(self.place, self.place.socket):
            pause = 1.0
            while not self._ended.is_set():
                code, was_joined, words = self._join()
                if code in (REMOVED, REFUSED) or self._ended.is_set():
                    if words and not self._ended.is_set():
                        self.say(words)
                    return 0 if self._ended.is_set() else code
                pause = 1.0 if was_joined else min(2 * pause, LONGEST_PAUSE_S)
                self.say(f"not connected{f': {words}' if words else ''}; tried again in {pause:.0f} s")
                self._ended.wait(pause)
        return 0

    def end(self) -> None:
        """Leave the engine; what runs here ends with its connection."""
        self._ended.set()
        if self._ssh is not None:
            self._ssh.terminate()

    # ── the connection to the engine's machine ───────────────────────────────────────────────────────────────────────

    def _join(self) -> tuple[int, bool, str]:
        """One connection, from its begin to its end: its exit code, whether it came to be, and what was said last."""
        there = f"/tmp/wb-{secrets.token_hex(16)}.sock"
        pipe = subprocess.PIPE
        forward = ("-R", f"{there}:{self.place.socket}")
        with subprocess.Popen(self.ssh(forward), stdin=pipe, stdout=pipe, stderr=pipe, cwd="/") as ssh:
            self._ssh = ssh
            assert ssh.stdin is not None
            assert ssh.stdout is not None
            assert ssh.stderr is not None
            last: list[str] = []
            listening = threading.Thread(target=_note, args=(ssh.stderr, last), daemon=True)
            listening.start()
            was_joined = False
            with contextlib.suppress(OSError, ValueError, KeyError):
                told = {**self.told, "host_key": self.place.host_key, "socket": there}
                ssh.stdin.write(json.dumps(told).encode() + b"\n")
                ssh.stdin.flush()
                answer = json.loads(ssh.stdout.readline() or b"null") or {}
                self.place.admit(str(answer["key"]))
                was_joined = True
                self.say(str(answer["says"]))
                while ssh.stdout.readline():
                    pass
            code = ssh.wait()
            listening.join(1.0)
            return code, was_joined, (last[-1] if last else "")[-_MOST_WORDS:]


@contextlib.contextmanager
def serving(place: Place, path: Path) -> Iterator[None]:
    """Each connection to this socket gets an sshd of its own, which goes on when this one ends."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(path))
        listener.listen(64)
        threading.Thread(target=_serve, args=(place, listener), daemon=True).start()
        try:
            yield
        finally:
            # A thread that waits in `accept` is not woken by closing alone.
            listener.shutdown(socket.SHUT_RDWR)
            path.unlink(missing_ok=True)


def _serve(place: Place, listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            one = subprocess.Popen(
                place.connection_words,
                stdin=connection.fileno(),
                stdout=connection.fileno(),
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        threading.Thread(target=one.wait, daemon=True).start()


def _note(stream: IO[bytes], last: list[str]) -> None:
    for line in stream:
        if said := line.decode("utf-8", "replace").strip():
            last[:] = [said]
