"""How the calls of a followed session ended: counted, summed up as the last line of `run --json`, and as an exit code where asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workbench.commands.surface import Json

LAST_CALL_FAILED: Final = 7
"""The exit code of `run --strict` where the agent's last call failed, whatever it answered."""
_RESULTS: Final = frozenset({"agent.tool_result", "agent.mcp_tool_result", "user.custom_tool_result"})


@dataclass
class CallResults:
    """Calls that ended, those of them that failed, and whether the last one did."""

    ended: int = 0
    failed: int = 0
    is_last_failed: bool = False

    def note(self, event: Json) -> None:
        """Count this event if it is the result of a call."""
        if event.get("type") in _RESULTS:
            self.is_last_failed = bool(event.get("is_error"))
            self.ended += 1
            self.failed += self.is_last_failed

    def exit_code(self, code: int, *, strict: bool) -> int:
        """The exit code of the session, or that of a failed last call where it would be 0."""
        return LAST_CALL_FAILED if strict and code == 0 and self.is_last_failed else code

    def summary(self, session_id: str, code: int) -> Json:
        """How it ended, as one line of JSON; no event of the session."""
        return {
            "type": "workbench.run_ended",
            "session_id": session_id,
            "exit_code": code,
            "calls": self.ended,
            "failed_calls": self.failed,
            "last_call_failed": self.is_last_failed,
        }
