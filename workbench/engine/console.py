"""Console of a session's sandbox: a person's own commands, in the agent's files and never an event of the agent's."""

from __future__ import annotations

from dataclasses import dataclass

from workbench import events
from workbench.catalog.errors import Refused
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.facts import COMMAND_RAN
from workbench.contracts.hands import Hands
from workbench.contracts.log import Facts
from workbench.contracts.tools import BASH
from workbench.contracts.values import Call, Clock, Outcome

LONGEST_COMMAND = 100_000


@dataclass(frozen=True, kw_only=True)
class Console:
    """Runs what a person types; the sandbox is provisioned where none is there yet."""

    facts: Facts
    hands: Hands
    records: SessionRecords
    clock: Clock

    async def run(self, session_id: str, command: str, *, apart: bool) -> Outcome:
        """The command's output; a command that failed is one too.

        `apart` runs it in a shell of its own, so that its folder and variables do not become the agent's.

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
        outcome = await self.hands.execute(session, call)
        await self.hands.acknowledge(session, call.id)
        return outcome
