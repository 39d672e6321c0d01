"""The terminal app in a terminal of its own: first paint, keys, streams, long transcripts, many sessions, and doing nothing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench import settings
from workbench.bench.figure import Figure, median, percentile
from workbench.bench.scripted_engine import session_id
from workbench.bench.wire import engine_apart

COLUMNS, ROWS = 120, 40
STARTS = 7
LETTERS = 60
IDLE_S = 10.0
WAIT_S = 20.0
RATE = 50.0
# Letters that no text of the scripted sessions has: seen again, they are the key's own echo.
NEVER_SEEN = "αβγδεζηθικλμνξοπρστυφχψω"


@dataclass
class Screen:
    """A pseudo-terminal with the app in it."""

    process: subprocess.Popen[bytes]
    end: int
    received: int = 0
    tail: bytes = field(default=b"", repr=False)

    def read(self, seconds: float) -> bytes:
        """What comes within this time, at most until the first piece of it."""
        if not select.select([self.end], [], [], max(0.0, seconds))[0]:
            return b""
        piece = os.read(self.end, 1 << 16)
        self.received += len(piece)
        self.tail = (self.tail + piece)[-(1 << 17) :]
        return piece

    def until(self, text: str) -> float:
        """Seconds until this text has come."""
        since, wanted, self.tail = time.perf_counter(), text.encode(), b""
        while wanted not in self.tail:
            self.read(WAIT_S)
            if time.perf_counter() - since > WAIT_S:
                raise RuntimeError(f"the app did not show {text!r}")
        return time.perf_counter() - since

    def settle(self, quiet_s: float) -> None:
        """Until nothing came for this long, or for some seconds where something always comes."""
        deadline = time.perf_counter() + 3
        while self.read(quiet_s) and time.perf_counter() < deadline:
            pass

    def watch(self, seconds: float) -> None:
        deadline = time.perf_counter() + seconds
        while (left := deadline - time.perf_counter()) > 0:
            self.read(left)

    def press(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextlib.contextmanager
def app(environment: dict[str, str], *words: str) -> Iterator[Screen]:
    """`workbench` in a terminal of 120 × 40; killed at the end."""
    end, inner = os.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "workbench", *words]
    usual = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        command, stdin=inner, stdout=inner, stderr=inner, env=usual, start_new_session=True
    ) as process:
        os.close(inner)
        try:
            yield Screen(process, end)
        finally:
            process.send_signal(signal.SIGKILL)
            os.close(end)


@contextlib.contextmanager
def scripted(*, sessions: int = 16, streaming: int = 0, messages: int = 10) -> Iterator[dict[str, str]]:
    """An engine of sessions that only talk, on the socket of a home of its own; the environment in which it is found."""
    with tempfile.TemporaryDirectory(prefix="wb", ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "WORKBENCH_HOME": home}
        _lay_out(environment, 0)
        place = settings.load(environment)
        settings.make_private(place.runtime)
        numbers = [str(number) for number in (sessions, streaming, RATE, messages)]
        command = [sys.executable, "-m", "workbench.bench.scripted_engine", str(place.engine_socket), *numbers]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as engine:
            assert engine.stdout is not None
            engine.stdout.readline()
            try:
                yield environment
            finally:
                engine.kill()


def terminal_app() -> Iterator[Figure]:
    yield from _first_paint()
    yield from _keys(streaming=1)
    yield from _keys(streaming=16)
    yield from _long_transcript()
    yield from _many_sessions()
    yield from _idle()


def _first_paint() -> Iterator[Figure]:
    with engine_apart() as apart:
        _lay_out(apart.environment, 0)
        seconds = []
        for _ in range(STARTS):
            with app(apart.environment) as screen:
                seconds.append(screen.until("engine ok"))
    note = f"until the Board shows what the engine says, 120×40, n={STARTS}, slowest {max(seconds):.2f} s"
    yield Figure("terminal app: first paint", median(seconds), "s", 0.4, note=note)


def _echoes_ms(screen: Screen, letters: int) -> list[float]:
    taken = []
    for place in range(letters):
        letter = NEVER_SEEN[place % len(NEVER_SEEN)]
        since = time.perf_counter()
        screen.press(letter)
        screen.until(letter)
        taken.append((time.perf_counter() - since) * 1000)
        screen.watch(0.12)
        if place % len(NEVER_SEEN) == len(NEVER_SEEN) - 1:
            # Gone, so that the same letters are new again.
            screen.press("\x15")
            screen.watch(0.3)
    return taken


def _keys(*, streaming: int) -> Iterator[Figure]:
    several = streaming > 1
    with scripted(streaming=streaming) as environment:
        if several:
            _lay_out(environment, streaming)
        words = ("panes",) if several else ("attach", session_id(0))
        with app(environment, *words) as screen:
            screen.until("Enter")
            screen.watch(2.0)
            before, since, received = screen.cpu_s(), time.perf_counter(), screen.received
            screen.watch(5.0)
            spent = time.perf_counter() - since
            share, sent = (screen.cpu_s() - before) / spent, (screen.received - received) / spent / 1024
            taken = _echoes_ms(screen, LETTERS)
    what = f"{streaming} panes at {RATE:g} tokens/s" if several else f"one stream of {RATE:g} tokens/s"
    note = f"p50 {median(taken):.1f} ms, n={LETTERS}, {sent:.0f} KiB/s to the terminal"
    yield Figure(
        f"terminal app: key to paint, {what}, p95", percentile(taken, 0.95), "ms", 25 if several else 20, note=note
    )
    if several:
        note = "0.7 of what one Claude Code stream took on the reference machine (27 %)"
        yield Figure(f"terminal app: processor, {what}", share * 100, "% of a core", 19, note=note)


def _lay_out(environment: dict[str, str], panes: int) -> None:
    view = settings.load(environment).view
    settings.make_private(view.parent)
    ids = ", ".join(f'"{session_id(number)}"' for number in range(panes))
    # Welcomed: what is measured is not the first run.
    view.write_text(f'{{"panes": [{ids}], "layout": "4", "welcomed": true}}', encoding="utf-8")


def _opened(messages: int) -> tuple[float, float]:
    """Seconds from Enter on the Board to the last message of a session, and MiB that it took."""
    with scripted(sessions=1, messages=messages) as environment, app(environment) as screen:
        screen.until("task 0")
        screen.settle(0.5)
        before = screen.memory_mib()
        screen.press("\r")
        seconds = screen.until(f"message {messages}")
        screen.settle(0.5)
        return seconds, screen.memory_mib() - before


def _long_transcript() -> Iterator[Figure]:
    long = [_opened(10_000) for _ in range(3)]
    short = [_opened(10) for _ in range(3)]
    note = f"{median([one[0] for one in short]):.2f} s with 10 messages; n=3"
    yield Figure("terminal app: open 10,000 messages", median([one[0] for one in long]), "s", 0.35, note=note)
    yield Figure(
        "terminal app: memory for them", max(one[1] for one in long), "MiB", 60, note="the rest comes as one scrolls"
    )


def _many_sessions() -> Iterator[Figure]:
    with scripted(sessions=500) as environment, app(environment) as screen:
        screen.until("task 18")
        screen.settle(0.5)
        taken = []
        for key in ["j", "G", "g", *("j" * 37)]:
            since = time.perf_counter()
            screen.press(key)
            screen.read(WAIT_S)
            taken.append((time.perf_counter() - since) * 1000)
            screen.watch(0.1)
    yield Figure("terminal app: Board of 500, a key, p95", percentile(taken, 0.95), "ms", 33, note=f"n={len(taken)}")


def _idle() -> Iterator[Figure]:
    with scripted(sessions=16) as environment, app(environment) as screen:
        screen.until("task 15")
        screen.watch(3.0)
        before, received = screen.cpu_s(), screen.received
        screen.watch(IDLE_S)
        share, sent = (screen.cpu_s() - before) / IDLE_S, screen.received - received
    yield Figure("terminal app: idle, 16 sessions", share * 100, "% of a core", 1, note=f"over {IDLE_S:g} s")
    yield Figure("terminal app: bytes written while idle", sent, "bytes", 0, note=f"over {IDLE_S:g} s")
