"""MCP servers in a session's own sandbox, which is provisioned for them and whose secrets are taken out of their results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workbench.contracts.elicitation import Question
from workbench.contracts.hands import Hands
from workbench.contracts.servers import STDIO, Asked, ServerFault, Servers
from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome
from workbench.contracts.vault import Vault
from workbench.engine.wrappers.redacted import without_secrets


@dataclass(frozen=True)
class SandboxedServers:
    """Servers of which those inside find the sandbox that the hands prepare; what they say is looked through for secrets."""

    servers: Servers
    hands: Hands
    vault: Vault

    async def listed(self, session: Session, server: Json) -> tuple[Json, ...] | ServerFault:
        if not _is_inside(server):
            return await self.servers.listed(session, server)
        ready = await self.hands.provision(session)
        if ready.is_error:
            words = f"the MCP server {server['name']!r} cannot be used without the session's sandbox. {_text(ready)}"
            return ServerFault("mcp_connection_failed_error", words)
        listed = await self.servers.listed(session, server)
        if not isinstance(listed, ServerFault):
            return listed
        # It quotes the program's last words.
        cleaned = await without_secrets(self.vault, session, text_outcome(listed.message))
        return replace(listed, message=_text(cleaned))

    async def call(self, session: Session, server: Json, call: Call) -> Outcome | Asked:
        if not _is_inside(server):
            return await self.servers.call(session, server, call)
        ready = await self.hands.provision(session)
        if ready.is_error:
            return ready
        return await self._cleaned(session, await self.servers.call(session, server, call))

    async def go_on(
        self, session: Session, server: Json, call: Call, replies: Mapping[str, Json], state: Json | None
    ) -> Outcome | Asked:
        if state is not None and _is_inside(server):
            ready = await self.hands.provision(session)
            if ready.is_error:
                return ready
        told = await self.servers.go_on(session, server, call, replies, state)
        return await self._cleaned(session, told) if _is_inside(server) else told

    async def abandon(self, session_id: str, call_id: str) -> None:
        await self.servers.abandon(session_id, call_id)

    async def _cleaned(self, session: Session, told: Outcome | Asked) -> Outcome | Asked:
        if isinstance(told, Outcome):
            return await without_secrets(self.vault, session, told)
        return replace(told, questions=tuple([await self._clean(session, one) for one in told.questions]))

    async def _clean(self, session: Session, question: Question) -> Question:
        cleaned = await without_secrets(self.vault, session, text_outcome(question.message))
        return replace(question, message=_text(cleaned))

    async def release(self, session_id: str) -> None:
        await self.servers.release(session_id)


def _text(outcome: Outcome) -> str:
    return str(outcome.content[0]["text"])


def _is_inside(server: Json) -> bool:
    return str(server["url"]).startswith(STDIO)
