"""Project of a session on the command line: the folder that it works on, and which of its instruction files were read."""

from __future__ import annotations

from pathlib import Path

from workbench.commands import surface
from workbench.commands.surface import Json
from workbench.settings import project_root
from workbench.text import display
from workbench.tui.state.task_line import NO_FOLDER


def here() -> str | None:
    """The project that the current folder belongs to."""
    try:
        root = project_root(Path.cwd().resolve())
    except OSError:
        # The current folder was removed.
        return None
    return str(root) if root else None


def chosen(given: str | None) -> str | None:
    """What `-C` names, or without it the project here; None is an empty folder."""
    if given is None:
        return here()
    return None if given == NO_FOLDER else given


def say_folder(given: str | None, folder: str | None) -> None:
    """Where the session works, and how to choose another where nothing was chosen."""
    if folder is None:
        surface.say("in an empty folder" + ("; -C DIR works on a copy-on-write view of DIR" if given is None else ""))
    elif given is None:
        alone = "" if Path(folder) == Path.cwd().resolve() else "-C . for this part of it alone, "
        surface.say(f"in {display.folder(folder)} ({alone}-C DIR for another, -C none for an empty folder)")


def say_instructions(state: Json) -> None:
    """The instruction files that were read when the session began, what was left out, and its skills."""
    instructions = state["instructions"]
    if instructions["files"]:
        surface.say(f"project instructions: {', '.join(instructions['files'])}")
    for reason in instructions["left_out"]:
        surface.say(f"not read: {reason}")
    for one in state["skills"]["left_out"]:
        # Of the home every run would say it.
        if one["reason"].startswith("cannot be used") and not one["place"].startswith("~/"):
            surface.say(f"skill {display.safe(one['place'])} {display.safe(one['reason'])}")
    if offered := state["skills"]["offered"]:
        surface.say(f"skills: {', '.join(one['name'] for one in offered)}")
