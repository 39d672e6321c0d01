"""The engine's end of a conversation that outlives it: each line has a number, and is the runner's until it is written down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from sandboxes.runner.frames import Frame
from workbench.contracts.acp import Said
from workbench.hands.program_endings import ending_of

REJOIN_LIMIT_S = 10.0


class LastingConversation:
    """See `AcpTalk`; `name` is what its lines are sent under."""

    def __init__(self, name: str, tell: Callable[[Frame], None], leave: Callable[[], object]) -> None:
        self.name = name
        self.ending: str | None = None
        self.took = 0
        self.has_ended = False
        self._tell = tell
        self._leave = leave
        self._command: Sequence[str] = ()
        self._unheard: deque[Said] = deque()
        self._read = 0
        self._news = asyncio.Event()
        self._rejoined: asyncio.Future[bool] | None = None
        self._when_ended: Callable[[], None] = lambda: None

    def begin(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Have the program started; `$NAME` in a value of the environment is a variable of the sandbox."""
        self._command = command
        told = {"command": list(command), "environment": dict(environment), "lasting": True}
        self._tell({"kind": "open", "id": self.name, **told})

    async def rejoin(self, after: int) -> bool:
        """Go on after the line of this number; False where no such program runs or ended unheard."""
        self._read = after
        self._rejoined = asyncio.get_running_loop().create_future()
        self._tell({"kind": "rejoin", "id": self.name, "after": after})
        try:
            async with asyncio.timeout(REJOIN_LIMIT_S):
                return await self._rejoined
        except TimeoutError:
            return False

    def say(self, number: int, line: str) -> None:
        """One line for its input; one whose number it has got before is not given to it again."""
        self._tell({"kind": "line", "id": self.name, "line": line, "n": number})

    def heard(self, through: int) -> None:
        """Lines up to this number are written down, and the sandbox need keep them no more."""
        while self._unheard and self._unheard[0].number <= through:
            self._unheard.popleft()
        self._tell({"kind": "heard", "id": self.name, "through": through})

    async def next(self) -> Said | None:
        """The next line; None when it has said its last."""
        while (found := self._unread()) is None:
            if self.ending is not None:
                return None
            self._news.clear()
            await self._news.wait()
        self._read = found.number
        return found

    def _unread(self) -> Said | None:
        return next((one for one in self._unheard if one.number > self._read), None)

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Tell when the program ends, to whoever does not wait for its next line."""
        self._when_ended = tell

    def shut(self) -> None:
        """Have the program ended, and hear no more of it."""
        self._leave()
        self._when_ended = lambda: None
        self.end("it was ended")
        self._tell({"kind": "shut", "id": self.name})

    def take(self, frame: Frame) -> None:
        """What the sandbox says of it."""
        match frame.get("kind"):
            case "line":
                number = frame.get("n")
                self.took = max(self.took, _number(frame.get("took")))
                if isinstance(number, int) and number > (self._unheard[-1].number if self._unheard else self._read):
                    self._unheard.append(Said(number, str(frame.get("line"))))
            case "rejoined":
                self.took = _number(frame.get("took"))
                self.has_ended = bool(frame.get("has_ended"))
                if self._rejoined is not None and not self._rejoined.done():
                    self._rejoined.set_result(frame.get("took") is not None)
            case "ended":
                code = frame.get("code")
                self.end(ending_of(self._command, code, str(frame.get("said") or "")))
        self._news.set()

    def end(self, why: str) -> None:
        """It says nothing more."""
        self.ending = self.ending or why
        self.has_ended = True
        told, self._when_ended = self._when_ended, lambda: None
        told()
        if self._rejoined is not None and not self._rejoined.done():
            self._rejoined.set_result(False)
        self._news.set()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
