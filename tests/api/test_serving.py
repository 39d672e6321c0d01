"""MCP servers inside a sandbox share what the hands do for its tools."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import cast

from tests.brain.stage import session
from tests.trivial.servers import ScriptedServers, tool
from workbench.contracts.hands import Hands
from workbench.contracts.servers import Asked, ServerFault
from workbench.contracts.values import Call, Json, Outcome, Session, text_outcome
from workbench.contracts.vault import Vault, VaultRefused
from workbench.engine.wrappers.redacted import UNCHECKED
from workbench.engine.wrappers.sandboxed_servers import SandboxedServers

INSIDE: Json = {"type": "url", "name": "in", "url": "stdio:serve --fast"}
OUTSIDE: Json = {"type": "url", "name": "out", "url": "https://out.example"}
SECRET = "sk-very-secret"


@dataclass
class PreparingHands:
    gives: Outcome = field(default_factory=lambda: text_outcome("ready"))
    provisioned: int = 0

    async def provision(self, session: Session) -> Outcome:
        self.provisioned += 1
        return self.gives


@dataclass
class LookingVault:
    answers: bool = True

    async def redact(self, session_id: str, text: bytes, *, is_piece: bool = False) -> bytes:
        if not self.answers:
            raise VaultRefused("the vault is gone")
        return text.replace(SECRET.encode(), b"[taken out]")


def staged(hands: PreparingHands, vault: LookingVault | None = None) -> tuple[SandboxedServers, ScriptedServers]:
    servers = ScriptedServers(
        tools={"in": (tool("log"),), "out": (tool("log"),)}, gives=lambda call: text_outcome(f"it is {SECRET}")
    )
    return SandboxedServers(servers, cast("Hands", hands), cast("Vault", vault or LookingVault())), servers


DESCRIBED = replace(session(), vault_ids=("vlt_1",))


def test_only_a_server_inside_has_the_sandbox_prepared_and_what_it_says_looked_through() -> None:
    async def story() -> None:
        hands = PreparingHands()
        serving, servers = staged(hands)
        assert await serving.listed(DESCRIBED, OUTSIDE) == servers.tools["out"]
        assert hands.provisioned == 0
        assert await serving.listed(DESCRIBED, INSIDE) == servers.tools["in"]
        assert await serving.call(DESCRIBED, INSIDE, Call("1", "log", {}, "in")) == text_outcome("it is [taken out]")
        assert hands.provisioned == 2
        servers.tools["in"] = ServerFault("mcp_connection_failed_error", f"it said {SECRET}")
        fault = ServerFault("mcp_connection_failed_error", "it said [taken out]")
        assert await serving.listed(DESCRIBED, INSIDE) == fault

    asyncio.run(story())


def test_without_a_sandbox_a_server_inside_is_not_asked() -> None:
    async def story() -> None:
        missing = text_outcome("Podman is missing; run `workbench doctor`.", is_error=True)
        serving, servers = staged(PreparingHands(missing))
        fault = await serving.listed(DESCRIBED, INSIDE)
        assert isinstance(fault, ServerFault)
        assert "run `workbench doctor`" in fault.message
        assert await serving.call(DESCRIBED, INSIDE, Call("1", "log", {}, "in")) == missing
        assert servers.called == []

    asyncio.run(story())


def test_what_cannot_be_looked_through_is_withheld() -> None:
    async def story() -> Outcome | Asked:
        serving, _ = staged(PreparingHands(), LookingVault(answers=False))
        return await serving.call(DESCRIBED, INSIDE, Call("1", "log", {}, "in"))

    assert asyncio.run(story()) == UNCHECKED
