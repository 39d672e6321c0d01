"""A person's own command ends at their word, with what it had printed; nothing else of the session does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from tests.brain.stage import session
from workbench import events
from workbench.contracts.hands import Hands
from workbench.contracts.values import Call, Outcome, Preview, Session, ToolOutput
from workbench.engine import console
from workbench.engine.console import ENDED, Console


@dataclass
class Endless:
    """Hands in which a command prints a line and never ends by itself."""

    printed: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: list[str] = field(default_factory=list)

    async def execute(self, session: Session, call: Call, heard: Any) -> Outcome:
        heard(ToolOutput(call.id, "one line\n"))
        self.printed.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.append(call.id)
            raise
        raise AssertionError

    async def acknowledge(self, session: Session, call_id: str) -> None:
        assert self.cancelled == [call_id]


def test_a_command_is_ended_at_its_persons_word_and_keeps_what_it_printed(monkeypatch: Any) -> None:
    monkeypatch.setattr(console, "session_of", lambda body: session())

    async def document(session_id: str) -> Any:
        return SimpleNamespace(body={"archived_at": None})

    async def record(fact: Any) -> None: ...

    async def story() -> None:
        hands, told = Endless(), list[Preview]()
        rooms: Any = {"facts": SimpleNamespace(record=record), "records": SimpleNamespace(document=document)}
        own = Console(**rooms, hands=cast("Hands", hands), clock=events.now, preview=told.append)
        running = asyncio.ensure_future(own.run(session().id, "sleep 900", apart=True))
        async with asyncio.timeout(10):
            await hands.printed.wait()
            assert (own.stop("sesn_other"), own.stop(session().id)) == (0, 1)
            ran = await running
        assert (events.text_of(ran.outcome.content), ran.outcome.is_error) == (f"one line\n{ENDED}", True)
        assert (cast("ToolOutput", told[-1].event).is_over, own.stop(session().id)) == (True, 0)

    asyncio.run(story())
