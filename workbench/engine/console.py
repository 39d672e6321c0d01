"""Console of a session's sandbox: a person's own commands, in the agent's files and never an event of the agent's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.facts import COMMAND_RAN
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts
from workbench.contracts.tools import BASH
from workbench.contracts.values import Call, Clock, Outcome, Preview, Session, ToolOutput, text_outcome

LONGEST_COMMAND = 100_000
ENDED = "(ended by its user)"
MOST_SHOWN = 300
"""Characters of a command that are told with each piece of its output."""


@dataclass(frozen=True)
class Ran:
    """A person's command that has ended: the id under which its output was told, and the whole of it."""

    call_id: str
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class Console:
    """Runs what a person types; the sandbox is provisioned where none is there yet."""

    facts: Facts
    hands: Hands
    records: SessionRecords
    clock: Clock
    preview: Callable[[Preview], None]
    running: dict[str, list[asyncio.Future[Outcome]]] = field(default_factory=dict)

    async def run(self, session_id: str, command: str, *, apart: bool) -> Ran:
        """Run it to its end; a command that failed has an output too.

        `apart` runs it in a shell of its own, so that its folder and variables do not become the agent's, and tells what it
        prints as it comes: what runs in place of an agent's call is told as what came of that call.

        Raises:
            Refused: nothing to run, or an archived session.
        """
        if not command.strip() or len(command) > LONGEST_COMMAND:
            raise Refused(f"command: must be text of 1 to {LONGEST_COMMAND} characters")
        document = await self.records.document(session_id)
        if document.body["archived_at"]:
            raise Refused(f"session {session_id} is archived; create a new one, or fork this one")
        session = session_of(document.body)
        # Durable before its effect, as an agent's own call.
        await self.facts.record(COMMAND_RAN.made(session_id, self.clock(), {"command": command}))
        call = Call(events.new_id("sevt"), BASH.name, {"command": f"(\n{command}\n)" if apart else command})
        outcome = await (self._told(session, call, command) if apart else self.hands.execute(session, call))
        await self.hands.acknowledge(session, call.id)
        return Ran(call.id, outcome)

    async def _told(self, session: Session, call: Call, command: str) -> Outcome:
        """Execute it; who follows the session hears of its beginning, what it prints, and its end."""
        begins = ToolOutput(call.id, "", command=command[:MOST_SHOWN])

        def hear(output: ToolOutput) -> None:
            self.preview(Preview(session.id, replace(output, command=begins.command)))

        hear(begins)
        printed: list[str] = []

        def listen(output: ToolOutput) -> None:
            printed[:] = [output.text.rstrip("\n")]
            hear(output)

        running = asyncio.ensure_future(self.hands.execute(session, call, listen))
        self.running.setdefault(session.id, []).append(running)
        try:
            await asyncio.wait([running])
            if running.cancelled():
                return text_outcome("\n".join([*printed, ENDED]), is_error=True)
            return await running
        finally:
            running.cancel()
            self.running[session.id].remove(running)
            hear(replace(begins, is_over=True))

    def stop(self, session_id: str) -> int:
        """End the commands of a person that run in a session's sandbox; how many there were."""
        found = self.running.get(session_id, ())
        for one in found:
            one.cancel()
        return len(found)
