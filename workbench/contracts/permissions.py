"""What permissions promise: a verdict on every call, and the question of a model about calls that no rule settles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from workbench.contracts.brain import ModelRequest
from workbench.contracts.server_tools import Listed, ServerTool
from workbench.contracts.values import Entry, Json, Session

Permission = Literal["allow", "ask", "deny"]


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one call.

    `evaluation` is the wire object that names the policy behind `permission`; None where no policy applied. `refusal` is
    what a model whose call is denied reads. A `custom` call is the client's to run and is never gated. One that `is_open` asks
    a person unless a judgement says otherwise. `server_tool` is set where an MCP server runs it.
    """

    permission: Permission
    evaluation: Json | None = None
    refusal: str = ""
    custom: bool = False
    is_open: bool = False
    server_tool: ServerTool | None = None


DENIED: Final = "Permission to use {name} has been denied."
"""What the model reads of a call that a person or a judgement denied without other words."""


class Gate(Protocol):
    """The policies of agents under a person's rules, as both are at one moment. Pure."""

    def verdict(self, session: Session, name: str, tool_input: Json, listed: Listed) -> Verdict:
        """What may become of a call of the tool `name`, where the session's MCP servers `listed` their tools."""

    def asks_of(self, entries: Sequence[Entry], inputs: Sequence[Json]) -> list[int]:
        """Which of the open calls with these inputs, by index, may be shown to a judging model; none where a person is due."""

    def question(self, session: Session, entries: Sequence[Entry], calls: Sequence[Json]) -> ModelRequest:
        """The request that asks a model about the calls, in the light of what the user said."""

    def judged(self, entries: Sequence[Entry], answer: str, names: Sequence[str]) -> list[Verdict]:
        """What an answer to the question makes of calls of these tools; `ask` wherever it is not as ordered."""
