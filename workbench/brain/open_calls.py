"""A call without a result: what it waits for, and whether it may run."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.brain.fact_fold import AskedCall
from workbench.contracts.values import Call
from workbench.events import AgentCustomToolUse, AgentMCPToolUse, AgentToolUse, UserToolConfirmation

Use = AgentToolUse | AgentCustomToolUse | AgentMCPToolUse


@dataclass(frozen=True)
class OpenCall:
    """A call without a result, and the answer to it if a person gave one; a question of a server counts as one.

    `asked` says that its server asked a person meanwhile, `is_held` that an answer is still missing, `is_elsewhere` that a
    worker of the session's environment carries it out.
    """

    use: Use
    confirmation: UserToolConfirmation | None = None
    asked: AskedCall | None = None
    is_held: bool = False
    is_elsewhere: bool = False

    @property
    def call(self) -> Call:
        server = self.use.mcp_server_name if self.use.type == "agent.mcp_tool_use" else None
        return Call(self.use.id, self.use.name, dict(self.use.input), server)

    @property
    def is_runnable(self) -> bool:
        if self.use.type == "agent.custom_tool_use" or self.is_held or self.is_elsewhere:
            return False
        if self.confirmation is not None:
            return self.confirmation.result == "allow"
        return self.use.evaluated_permission == "allow"

    @property
    def is_denied(self) -> bool:
        return self.confirmation is not None and self.confirmation.result == "deny"

    @property
    def is_blocked(self) -> bool:
        return not self.is_runnable and not self.is_denied and not self.is_held
