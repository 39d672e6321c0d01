"""Steps that worked as a skill: the SKILL.md that a dream's proposal makes, shown, and uploaded after a yes."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from workbench.client.sync import Client
from workbench.commands import skills, surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import safe

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COMMAND = re.compile(r"`([^`]+)`")
_LONGEST_NAME = 64


def make(engine: Client, dream: Json, proposal_id: str, name: str, *, is_agreed: bool) -> int:
    """Upload the steps of a proposal as a skill of this name, with their evidence; gives the exit code.

    Raises:
        Wrong: the proposal has no steps, or the name is none of a skill.
    """
    proposal = next(one for one in dream["workbench"]["proposals"] if one["id"] == proposal_id)
    if proposal["kind"] != "steps":
        raise Wrong("only steps that worked become a skill; other proposals are lines of a memory")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise Wrong(f"{name!r} is no name of a skill: small letters, digits and hyphens, at most {_LONGEST_NAME}")
    text = document(proposal, name)
    surface.out(safe(text))
    if not is_agreed and surface.ask(f"upload it as the skill {name}? [y/N] ").lower() not in ("y", "yes"):
        surface.say("nothing was made")
        return 0
    with tempfile.TemporaryDirectory(prefix="wb-skill") as place:
        folder = Path(place) / name
        folder.mkdir()
        (folder / "SKILL.md").write_text(text, encoding="utf-8")
        made = skills.sent(engine, folder, None, None)
    surface.out(f"{made['name']} is uploaded as {made['skill_id']}, version {made['id']}")
    surface.say(f"agents get it with: workbench skills add {name} --agent NAME")
    return 0


def document(proposal: Json, name: str) -> str:
    """The SKILL.md: what it is for, the steps, and where they worked."""
    commands = _COMMAND.findall(proposal["text"])
    programs = ", ".join(dict.fromkeys(command.split()[0] for command in commands))
    sessions = list(dict.fromkeys(place["session_id"] for place in proposal["evidence"]))
    steps = "\n".join(f"{number}. `{command}`" for number, command in enumerate(commands, 1))
    worked = "\n".join(f"* {one}" for one in sessions)
    return (
        f"---\nname: {name}\ndescription: Steps with {programs} that worked in {len(sessions)} sessions, in this order.\n---\n\n"
        f"Run these one after the other, and stop at the first that fails:\n\n{steps}\n\nThey worked in:\n\n{worked}\n"
    )
