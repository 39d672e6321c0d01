"""A pseudo-terminal of 120 × 40 with a program in it, which gets the answers that a real terminal gives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

COLUMNS, ROWS = 120, 40
PIXELS = ROWS * 20, COLUMNS * 10
WAIT_S = 20.0
FRAME_ENDS: Final = "\x1b[?2026l"
"""The end of a synchronized output: everything of a frame has come."""

_QUESTIONS: Final = re.compile(
    rb"\x1b\[(?P<device>>?)0?c|\x1b\[>0?(?P<version>q)|\x1b\[(?P<status>[56])n|\x1b\](?P<colour>1[01]);\?"
    rb"|\x1b\[\?(?P<mode>\d+)\$p|\x1b\[\?(?P<keys>u)|\x1b\[(?P<size>1[48])t|\x1bP\+q(?P<capability>[0-9A-Fa-f;]*)"
)
_KEPT: Final = 1 << 17


@dataclass
class Screen:
    """A program in a pseudo-terminal, and the processes that it started there."""

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
        self.tail = (self.tail + piece)[-_KEPT:]
        for question in _QUESTIONS.finditer(piece):
            os.write(self.end, answer(question))
        return piece

    def until(self, text: str) -> float:
        """Seconds until this text has come."""
        since, wanted, self.tail = time.perf_counter(), text.encode(), b""
        while wanted not in self.tail:
            self.read(WAIT_S)
            if time.perf_counter() - since > WAIT_S:
                raise RuntimeError(f"{self.process.args!r} did not show {text!r}")
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

    def hang_up(self) -> None:
        """Close the terminal, as its window does."""
        os.close(self.end)
        self.end = -1

    def press(self, keys: str) -> None:
        os.write(self.end, keys.encode())

    def cpu_s(self) -> float:
        """Processor time of the program and of all that lives in its terminal."""
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
                ticks += (int(fields[11]) + int(fields[12])) * (int(fields[3]) == self.process.pid)
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def answer(question: re.Match[bytes]) -> bytes:  # noqa: PLR0911 - one return a question
    """What a terminal with true colour, synchronized output and no other art of its own says."""
    kind, asked = question.lastgroup, question[question.lastgroup or 0]
    match kind:
        case "device":
            return b"\x1b[>0;276;0c" if asked else b"\x1b[?62;22c"
        case "version":
            return b"\x1bP>|bench\x1b\\"
        case "status":
            return b"\x1b[0n" if asked == b"5" else b"\x1b[1;1R"
        case "colour":
            return b"\x1b]%s;rgb:%s\x1b\\" % (asked, b"ffff/ffff/ffff" if asked == b"10" else b"0000/0000/0000")
        case "mode":
            return b"\x1b[?%s;%d$y" % (asked, 2 if asked == b"2026" else 0)
        case "keys":
            return b"\x1b[?0u"
        case "size":
            cells = asked == b"18"
            return b"\x1b[%d;%d;%dt" % ((8, ROWS, COLUMNS) if cells else (4, *PIXELS))
    return b"\x1bP0+r\x1b\\"


@contextlib.contextmanager
def screen_of(command: Sequence[str], environment: dict[str, str], folder: Path | None = None) -> Iterator[Screen]:
    """This program in a terminal; killed at the end."""
    end, inner = os.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, *reversed(PIXELS)))
    usual = {**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with subprocess.Popen(
        command, stdin=inner, stdout=inner, stderr=inner, env=usual, cwd=folder, start_new_session=True
    ) as process:
        os.close(inner)
        screen = Screen(process, end)
        try:
            yield screen
        finally:
            process.send_signal(signal.SIGKILL)
            if screen.end >= 0:
                screen.hang_up()
