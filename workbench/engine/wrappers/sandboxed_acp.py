"""Agents of others in a session's sandbox, which is provisioned for them as for a tool call, without its secrets in what they say."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.contracts.acp import AcpAgents, AcpFault, AcpTalk, Begun
from workbench.contracts.hands import Hands
from workbench.contracts.values import Json, Outcome, Session, text_outcome
from workbench.contracts.vault import Vault
from workbench.engine.wrappers.redacted import without_secrets


@dataclass(frozen=True)
class SandboxedAcp:
    """The agents inside find the sandbox that the hands prepare."""

    agents: AcpAgents
    hands: Hands
    vault: Vault

    async def rejoined(self, session: Session, name: str, after: int) -> AcpTalk | None:
        return await self.agents.rejoined(session, name, after)

    async def begun(self, session: Session, earlier: Json) -> Begun | AcpFault:
        ready = await self.hands.provision(session)
        if ready.is_error:
            return AcpFault(str(ready.content[0]["text"]).rstrip("."))
        begun = await self.agents.begun(session, earlier)
        if not isinstance(begun, AcpFault):
            return begun
        # It quotes the program's last words.
        cleaned = await without_secrets(self.vault, session, text_outcome(begun.message))
        return AcpFault(str(cleaned.content[0]["text"]))

    async def cleaned(self, session: Session, outcome: Outcome) -> Outcome:
        return await without_secrets(self.vault, session, outcome)
