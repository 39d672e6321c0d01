"""Agents of others in sandboxes: begun with, found again after a restart, ended with their sandbox."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from string import Template
from typing import Final

from workbench.contracts.acp import AcpFault, AcpTalk, Begun
from workbench.contracts.acp_agents import MODEL_HOST, MODEL_KEY, AcpAgent
from workbench.contracts.acp_messages import AUTH_REQUIRED
from workbench.contracts.values import Json, Outcome, Session
from workbench.hands.acp.handshake import AcpRefused, Handshake, modes_of, own_servers
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.lasting import LastingConversation

START_LIMIT_S: Final = 600.0
"""A package runner may fetch hundreds of megabytes before its program says anything."""
ANSWER_LIMIT_S: Final = 120.0

_FETCHERS: Final = frozenset({"npx", "uvx", "uv", "pipx", "bunx", "pnpm"})

Converse = Callable[[Session, str], Awaitable[tuple[LastingConversation, str]]]
"""A conversation of this name in the session's sandbox, which is provisioned for it, and the folder that programs start in."""
Find = Callable[[Session, str], Awaitable[LastingConversation | None]]
"""The same in a sandbox that runs already; None where none does."""
Offline = Callable[[str, Sequence[str]], Awaitable[tuple[str, ...]]]
"""The command as it starts in this session, with the packages that were given to it."""


@dataclass(frozen=True)
class ConversingAgents:
    """The promise `AcpAgents`, but for secrets, of which this room knows nothing."""

    converse: Converse
    find: Find
    offline: Offline
    start_limit_s: float = START_LIMIT_S

    async def rejoined(self, session: Session, name: str, after: int) -> AcpTalk | None:
        """See `AcpAgents`."""
        found = await self.find(session, name)
        if found is None or not await found.rejoin(after):
            return None
        return found

    async def begun(self, session: Session, earlier: Json) -> Begun | AcpFault:
        """See `AcpAgents`."""
        agent = session.acp
        assert agent is not None
        try:
            if earlier.get("talk") and (left := await self.find(session, str(earlier["talk"]))) is not None:
                left.shut()
            talk, folder = await self.converse(session, f"acp_{secrets.token_hex(12)}")
            command = await self.offline(session.id, agent.command)
        except SandboxUnavailable as missing:
            return AcpFault(str(missing))
        talk.begin(command, variables(session, agent))
        try:
            return await self._greeted(session, Handshake(talk), folder, str(earlier.get("agent_session_id") or ""))
        except AcpRefused as refused:
            talk.shut()
            return AcpFault(
                f"{refused}{_sign_in(agent) if refused.code == AUTH_REQUIRED else _fetching(session, agent)}"
            )
        except BaseException:
            talk.shut()
            raise

    async def _greeted(self, session: Session, hand: Handshake, folder: str, earlier: str) -> Begun:
        capabilities = await hand.hello(self.start_limit_s)
        servers = own_servers(session.agent, capabilities)
        made = await hand.load(capabilities, earlier, folder, servers, ANSWER_LIMIT_S) if earlier else None
        is_resumed = made is not None
        if made is None:
            made = await hand.session(folder, servers, ANSWER_LIMIT_S)
        return Begun(
            hand.talk,
            earlier if is_resumed else str(made["sessionId"]),
            capabilities,
            modes_of(made),
            hand.said,
            hand.heard,
            is_resumed,
        )

    async def cleaned(self, session: Session, outcome: Outcome) -> Outcome:
        """See `AcpAgents`."""
        return outcome


def variables(session: Session, agent: AcpAgent) -> dict[str, str]:
    """What the agent finds in its environment: where the configured endpoint is, and no key of it."""
    own = {
        "WORKBENCH_MODEL_URL": f"http://{MODEL_HOST}",
        "WORKBENCH_MODEL_KEY": MODEL_KEY,
        "WORKBENCH_MODEL": str(session.agent["model"]["id"]),
    }
    return own | {key: Template(value).safe_substitute(own) for key, value in agent.environment.items()}


def _fetching(session: Session, agent: AcpAgent) -> str:
    networking = session.environment.get("networking") or {}
    may_fetch = networking.get("type") == "unrestricted" or networking.get("allow_package_managers")
    if may_fetch or agent.command[0] not in _FETCHERS:
        return ""
    return (
        f"; {agent.command[0]} fetches it, and the environment lets no package manager through: set allow_package_managers there,"
        " or have the program in its image"
    )


def _sign_in(agent: AcpAgent) -> str:
    if not agent.credential:
        return (
            "; it wants to be signed in, and a sandbox has no browser: give it a key by a variable of its environment"
        )
    host = f" --host {agent.hosts[0]}" if agent.hosts else ""
    return f"; it wants a key: `workbench vault add {agent.credential}{host}` keeps one for all sessions"
