"""A conversation with a program that outlives the engine's connection: its lines are numbered and kept until they are heard."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from sandboxes.runner.frames import Frame

UNHEARD_LIMIT_BYTES = 16 << 20
"""How much may wait for an engine before the program is left to wait with its next words."""
LINE_COST_BYTES = 128


class Lasting:
    """Tells `line` (with its number `n`, and `took`, the number of the engine's last line), `rejoined` and `ended`."""

    def __init__(self, name: str, tell: Callable[[Frame], None]) -> None:
        self._name = name
        self._tell = tell
        self._unheard: deque[tuple[int, str]] = deque()
        self._unheard_bytes = 0
        self._said = 0
        self._took = 0
        self._ended: Frame | None = None
        self._has_room = asyncio.Event()
        self._has_room.set()

    def say(self, line: str) -> None:
        """What the program said; kept whether or not an engine listens now."""
        self._said += 1
        self._unheard.append((self._said, line))
        self._unheard_bytes += len(line) + LINE_COST_BYTES
        if self._unheard_bytes > UNHEARD_LIMIT_BYTES:
            self._has_room.clear()
        self._tell_line(self._said, line)

    async def drain(self) -> None:
        """Wait until an engine has heard enough of it."""
        await self._has_room.wait()

    def is_new(self, frame: Frame) -> bool:
        """Whether the program did not get this line of the engine before."""
        number = int(frame.get("n") or 0)
        if number <= self._took:
            return False
        self._took = number
        return True

    def forget(self, frame: Frame) -> None:
        """What is heard up to this number is written down in the engine's log."""
        through = int(frame.get("through") or 0)
        while self._unheard and self._unheard[0][0] <= through:
            self._unheard_bytes -= len(self._unheard.popleft()[1]) + LINE_COST_BYTES
        if self._unheard_bytes <= UNHEARD_LIMIT_BYTES:
            self._has_room.set()

    def rejoin(self, frame: Frame) -> None:
        """Another engine goes on: it hears all that was not heard, and the end if that has come."""
        self.forget({"through": frame.get("after")})
        self._tell({"kind": "rejoined", "id": self._name, "took": self._took, "has_ended": self._ended is not None})
        for number, line in self._unheard:
            self._tell_line(number, line)
        if self._ended is not None:
            self._tell(self._ended)

    def end(self, ended: Frame) -> None:
        """The program has ended; whoever rejoins hears of it after its last words."""
        self._ended = ended
        self._has_room.set()
        self._tell(ended)

    def _tell_line(self, number: int, line: str) -> None:
        self._tell({"kind": "line", "id": self._name, "line": line, "n": number, "took": self._took})
