"""Project of a session, told on the command line: which of its instruction files were read."""

from __future__ import annotations

from workbench.commands import surface
from workbench.commands.surface import Json


def say_instructions(state: Json) -> None:
    """The instruction files that were read when the session began, and what was left out."""
    instructions = state["instructions"]
    if instructions["files"]:
        surface.say(f"project instructions: {', '.join(instructions['files'])}")
    for reason in instructions["left_out"]:
        surface.say(f"not read: {reason}")
