"""Reads agents that Claude Code keeps as Markdown: the fields of their heads, and their prompts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from workbench.commands.tool_settings import files
from workbench.commands.tool_settings.files import Unreadable
from workbench.commands.tool_settings.plan import AUTO, AgentFile, Found, Place, Policy
from workbench.commands.tool_settings.secrets import may_hold_secret, prose_holds_secret
from workbench.commands.tool_settings.servers import add_server, server_name

MODEL: Final = re.compile(r"claude-[a-z0-9.-]{1,60}")
"""A name that a model's API has, and no short one for the newest of a kind."""
MOST_PROMPT: Final = 100_000
MOST_DESCRIPTION: Final = 2048
_TOOLS: Final = {
    "Bash": "bash",
    "Read": "read",
    "Write": "write",
    "Edit": "edit",
    "MultiEdit": "edit",
    "Glob": "glob",
    "LS": "glob",
    "Grep": "grep",
    "WebFetch": "web_fetch",
    "WebSearch": "web_search",
}
_HANDLED: Final = frozenset(
    {"name", "description", "tools", "disallowedTools", "model", "permissionMode", "mcpServers", "color"}
)
_REASONS: Final = {
    "hooks": "there are no hooks yet",
    "skills": "an agent names skills that are uploaded: workbench skills add DIR --agent NAME",
    "memory": "memory stores are given to a session: workbench help memory",
    "isolation": "every session works on a copy of its own",
    "background": "workbench run --detach leaves a session working",
    "maxTurns": "workbench run --budget ends a session that costs too much",
}


def add_agents(found: Found, folder: Path, *, within: Path | None) -> None:
    """Add every agent of the folder, or say why it is none."""
    try:
        for file in files.listed(folder, "**/*.md", within=within):
            _add(found, file, within)
    except Unreadable as error:
        found.refuse("the folder", str(error), Place(folder))


def _add(found: Found, file: Path, within: Path | None) -> None:
    place = Place(file)
    try:
        text = files.read(file, within=within)
        if text is None:
            return
        head, body = files.front_matter(text)
    except Unreadable as error:
        found.refuse(f"agent {file.stem}", str(error), place)
        return
    name, description = (head.get(field) for field in ("name", "description"))
    if why := _fault(name, description, body):
        found.refuse(f"agent {file.stem}", why, place)
        return
    agent = AgentFile(
        name=str(name),
        description=str(description or "")[:MOST_DESCRIPTION],
        system=body,
        place=place,
        model=_model(found, head, place),
        tools=_tools(found, head, "tools", place),
        without=_tools(found, head, "disallowedTools", place) or (),
        servers=_servers(found, head, place),
        policy=_policy(found, head, place),
    )
    found.agents.append(agent)
    for field in head.keys() - _HANDLED:
        found.refuse(f"agent {agent.name}: {field[:40]}", _REASONS.get(field, "an agent has no such field"), place)


def _fault(name: Any, description: Any, body: str) -> str:
    if not isinstance(name, str) or not 0 < len(name) <= 256 or not isinstance(description, str | None):
        return "it has no name, or a description that is no text"
    if not body or len(body) > MOST_PROMPT:
        return f"its prompt is empty, or longer than {MOST_PROMPT:,} characters"
    if prose_holds_secret(body) or may_hold_secret(name) or prose_holds_secret(description or ""):
        return "it may hold a secret, which is shown and copied nowhere"
    return ""


def _model(found: Found, head: dict[str, Any], place: Place) -> str | None:
    model = head.get("model")
    if model in (None, "", "inherit"):
        return None
    if isinstance(model, str) and MODEL.fullmatch(model):
        return model
    found.refuse(
        f"agent {head['name']}: model",
        "it is no name of a model's API; the agent has the workbench's default model",
        place,
    )
    return None


def _tools(found: Found, head: dict[str, Any], field: str, place: Place) -> tuple[str, ...] | None:
    """The tools under their names here; None where the field is not there."""
    if field not in head:
        return None
    given = head[field]
    named = [one for one in given if isinstance(one, str)] if isinstance(given, list) else str(given).split(",")
    known: list[str] = []
    for one in filter(None, (name.strip() for name in named)):
        if one in _TOOLS or one.startswith("mcp__"):
            known.append(_TOOLS.get(one, one))
        elif field == "disallowedTools" and (whole := _TOOLS.get(one.partition("(")[0])):
            # Part of a tool cannot be switched off: at least as much is.
            known.append(whole)
        else:
            why = "a part of a tool is no tool here" if "(" in one else "agents here have no such tool"
            shown = "(a text that may be a secret)" if may_hold_secret(one) else one[:80]
            found.refuse(f"agent {head['name']}: {field} {shown}", why, place)
    return tuple(dict.fromkeys(known))


def _servers(found: Found, head: dict[str, Any], place: Place) -> tuple[str, ...] | None:
    given = head.get("mcpServers")
    if not given:
        return None
    named: list[str] = []
    for one in given if isinstance(given, list) else [given]:
        for name in [one] if isinstance(one, str) else one if isinstance(one, dict) else ():
            named.append(server_name(str(name)))
            if isinstance(one, dict):
                add_server(found, str(name), one[name], place)
    return tuple(named)


def _policy(found: Found, head: dict[str, Any], place: Place) -> Policy | None:
    mode = head.get("permissionMode")
    match mode:
        case None | "":
            return None
        case "default" | "manual":
            return Policy()
        case "acceptEdits":
            return Policy(edits=AUTO)
        case _:
            found.refuse(
                f"agent {head['name']}: permissionMode",
                "it is a mode of a session: workbench run --mode; the agent asks",
                place,
            )
            return Policy()
