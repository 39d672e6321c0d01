"""What settings of other programs become here: rules, MCP servers and agents, and what cannot be taken, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from workbench.commands.tool_settings.files import Text

Decision = Literal["deny", "ask", "allow"]

ASK, AUTO = "always_ask", "auto"
_STRICTNESS: Final = (AUTO, ASK)
SKILLS_STAY: Final = "it stays there, where sessions find it: workbench skills list"
MOST_SERVERS: Final = 20
"""So many an agent may have."""


@dataclass(frozen=True)
class Place:
    """Where something stands."""

    file: Path
    line: int | None = None

    def __str__(self) -> str:
        home = Path.home()
        shown = (
            f"~/{self.file.relative_to(home)}".removesuffix("/.") if self.file.is_relative_to(home) else str(self.file)
        )
        return f"{shown}:{self.line}" if self.line else shown


@dataclass(frozen=True)
class Note:
    """Something that is not taken, or not as it stands, and why."""

    what: str
    why: str
    place: Place


@dataclass(frozen=True)
class Rule:
    """A permission rule in this program's own words."""

    decision: Decision
    said: str
    entries: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class Server:
    """An MCP server; `only` are the tools that are on where not all are, `off` those that are not."""

    name: str
    url: str
    place: Place
    only: tuple[str, ...] | None = None
    off: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policy:
    """Who says yes to commands, and to changes of files."""

    commands: str = ASK
    edits: str = ASK

    def with_stricter(self, other: Policy) -> Policy:
        """Of each the stricter."""
        return Policy(
            max(self.commands, other.commands, key=_STRICTNESS.index),
            max(self.edits, other.edits, key=_STRICTNESS.index),
        )


@dataclass(frozen=True)
class AgentFile:
    """An agent that somebody described; `tools` and `servers` are None where it has all of them, `policy` where it has the usual one."""

    name: str
    description: str
    system: str
    place: Place
    model: str | None = None
    tools: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    servers: tuple[str, ...] | None = None
    policy: Policy | None = None


@dataclass
class Found:
    """All of one level, which is a person's home or a project."""

    rules: list[Rule] = field(default_factory=list)
    servers: list[Server] = field(default_factory=list)
    agents: list[AgentFile] = field(default_factory=list)
    policies: dict[str, Policy] = field(default_factory=dict)
    """By the program that they are of."""
    model: tuple[str, Place] | None = None
    instructions: list[Text] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    """Entries at least as wide as rules that deny or ask and could not be taken: nothing in them may be allowed."""
    off: set[str] = field(default_factory=set)
    """Servers that are switched off, by name."""
    cannot: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def refuse(self, what: str, why: str, place: Place) -> None:
        """Something is not taken."""
        self.cannot.append(Note(what, why, place))

    def note(self, what: str, why: str, place: Place) -> None:
        """Something needs no taking, or is taken with a difference."""
        self.notes.append(Note(what, why, place))

    @property
    def allows(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.decision == "allow"]

    @property
    def is_empty(self) -> bool:
        return not (self.rules or self.servers or self.agents or self.policies or self.model or self.instructions)


def settle_servers(found: Found, nearer: Iterable[Server] = ()) -> None:
    """Leave out servers that are off, and those whose name another one has that goes first."""
    kept = {server.name: server for server in nearer}
    servers, found.servers = found.servers, []
    for server in servers:
        first = kept.setdefault(server.name, server)
        if server.name in found.off:
            found.refuse(f"MCP server {server.name}", "it is switched off there, and stays off", server.place)
        elif first is server and len(found.servers) >= MOST_SERVERS:
            found.refuse(f"MCP server {server.name}", f"an agent has at most {MOST_SERVERS} servers", server.place)
        elif first is server:
            found.servers.append(server)
        elif first.url != server.url:
            found.refuse(
                f"MCP server {server.name}", f"another one of this name goes first: {first.place}", server.place
            )
