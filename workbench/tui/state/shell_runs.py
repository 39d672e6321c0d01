"""What a person ran in a session's sandbox: shown in the transcript, and told to the agent with the next message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workbench.text.lines import lines_of

MOST_TOLD: Final = 20_000
"""Characters of a command's output that are kept and that the agent is told."""


@dataclass(frozen=True)
class ShellRun:
    """One command and what it printed."""

    command: str
    output: str
    failed: bool = False
    id: str = ""
    """Under which its output was told while it ran."""

    @property
    def line(self) -> str:
        """How it ended, in a line: the last one that it printed."""
        last = (lines_of(self.output) or ["(no output)"])[-1]
        return f"you ran {self.command}: {'failed: ' * self.failed}{last}".replace("\n", "⏎")

    @property
    def message(self) -> str:
        """What the agent is told of it."""
        how = "It failed and printed" if self.failed else "It printed"
        return f"I ran `{self.command}` in your sandbox. {how}:\n```\n{self.output}\n```"


def ran(command: str, answer: Mapping[str, Any]) -> ShellRun:
    """What the engine answers to a command."""
    output = answer["output"].strip()
    clipped = output if len(output) <= MOST_TOLD else f"{output[:MOST_TOLD]}\n… cut here"
    return ShellRun(command, clipped, answer["is_error"], answer.get("id", ""))


def kept(text: Any) -> tuple[ShellRun, ...]:
    """The commands in a draft's file; those that another version wrote are left out."""
    return tuple(ShellRun(**one) for one in text if isinstance(one, dict))
