"""The engine's end of what is spoken with programs in a sandbox, line by line; every line from there is hostile."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType

from sandboxes.runner.frames import Frame
from workbench.hands.lasting import LastingConversation
from workbench.hands.program_endings import ending_of

UNHEARD_LIMIT_BYTES = 32 << 20
"""How much a program may say before anybody takes it."""
LINE_COST_BYTES = 128
"""What a line takes beside its text, so that empty ones count as well."""

SANDBOX_GONE = "its sandbox has ended"
TOO_MUCH = f"it said more than {UNHEARD_LIMIT_BYTES} bytes at once"


class Conversations:
    """All conversations over one sandbox's channel."""

    def __init__(self, tell: Callable[[Frame], None]) -> None:
        self._tell = tell
        self._held: dict[str, Conversation | LastingConversation] = {}
        self._lost = False

    def with_program(self, command: Sequence[str], folder: str = "") -> Conversation:
        """One to be entered: the program starts with it, in `folder`, and ends with it."""
        return Conversation(command, self, folder)

    def lasting(self, name: str) -> LastingConversation:
        """One that outlives this engine, to be begun or rejoined."""
        held = self._held[name] = LastingConversation(name, self._tell, lambda: self._held.pop(name, None))
        if self._lost:
            held.end(SANDBOX_GONE)
        return held

    def take(self, frame: Frame) -> bool:
        """One frame of the sandbox; False where it belongs to no conversation."""
        conversation = self._held.get(str(frame.get("id")))
        if conversation is None:
            return False
        conversation.take(frame)
        return True

    def lose(self) -> None:
        """The sandbox has ended, and all that ran in it."""
        self._lost = True
        for conversation in self._held.values():
            conversation.end(SANDBOX_GONE)

    def begin(self, conversation: Conversation, command: Sequence[str]) -> None:
        """Have the program started."""
        self._held[conversation.id] = conversation
        self._tell({"kind": "open", "id": conversation.id, "command": list(command)})
        if self._lost:
            conversation.end(SANDBOX_GONE)

    def say(self, conversation: Conversation, line: str) -> None:
        """One line for the program's input."""
        self._tell({"kind": "line", "id": conversation.id, "line": line})

    def shut(self, conversation: Conversation) -> None:
        """Have the program ended, and hear no more of it."""
        if self._held.pop(conversation.id, None) is not None and conversation.ending is None:
            self._tell({"kind": "shut", "id": conversation.id})


class Conversation:
    """One program in a sandbox; enter it to start the program. `ending` says why it has ended, when it has."""

    def __init__(self, command: Sequence[str], conversations: Conversations, folder: str) -> None:
        self.folder = folder
        self.id = f"talk_{secrets.token_hex(12)}"
        self.ending: str | None = None
        self._command = command
        self._conversations = conversations
        self._unheard: deque[str] = deque()
        self._unheard_bytes = 0
        self._news = asyncio.Event()

    async def __aenter__(self) -> Conversation:
        self._conversations.begin(self, self._command)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._conversations.shut(self)

    def say(self, line: str) -> None:
        """One line for its input."""
        self._conversations.say(self, line)

    async def lines(self) -> AsyncIterator[str]:
        """What it says, until it has ended."""
        while self._unheard or self.ending is None:
            while self._unheard:
                line = self._unheard.popleft()
                self._unheard_bytes -= _cost(line)
                yield line
            if self.ending is None:
                self._news.clear()
                await self._news.wait()

    def take(self, frame: Frame) -> None:
        """What the sandbox says of it."""
        if self.ending is not None:
            return
        if frame.get("kind") == "ended":
            code, said = frame.get("code"), str(frame.get("said") or "")
            self.end(ending_of(self._command, code, said))
            return
        line = str(frame.get("line"))
        self._unheard_bytes += _cost(line)
        if self._unheard_bytes > UNHEARD_LIMIT_BYTES:
            self._conversations.shut(self)
            self._unheard.clear()
            self.end(TOO_MUCH)
            return
        self._unheard.append(line)
        self._news.set()

    def end(self, why: str) -> None:
        """It says nothing more."""
        self.ending = self.ending or why
        self._news.set()


def _cost(line: str) -> int:
    return len(line) + LINE_COST_BYTES
