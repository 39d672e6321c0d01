"""The tools that an agent offers to its model, as definitions in Messages API shape."""

from __future__ import annotations

from typing import Final

from workbench.brain import history
from workbench.contracts import Json

TOOLSET: Final = "agent_toolset_20260401"

READ_ONLY: Final = frozenset({"read", "glob", "grep"})
"""Repeating one of these after a crash changes nothing."""


def _schema(required: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _text(description: str) -> Json:
    return {"type": "string", "description": description}


_DEFINITIONS: Final[dict[str, Json]] = {
    "bash": {
        "name": "bash",
        "description": "Run a command in a persistent bash shell.",
        "input_schema": _schema(
            command=_text("The command. Needed unless restart is true."),
            restart={
                "type": "boolean",
                "description": "Start a new shell; variables and folder of the old one are lost.",
            },
            timeout_ms={
                "type": "integer",
                "minimum": 0,
                "description": "Time limit; 0 or nothing for the default of 120 s.",
            },
        ),
    },
    "read": {
        "name": "read",
        "description": "Read a file rooted at the working directory.",
        "input_schema": _schema(
            ("file_path",),
            file_path=_text("The file."),
            view_range={
                "type": "array",
                "items": {"type": "integer"},
                "minItems": 2,
                "maxItems": 2,
                "description": "First and last line, from 1, inclusive; a last line of 0 or less means to the end.",
            },
        ),
    },
    "write": {
        "name": "write",
        "description": "Write a file, creating parent directories as needed.",
        "input_schema": _schema(
            ("file_path", "content"), file_path=_text("The file."), content=_text("The whole new content.")
        ),
    },
    "edit": {
        "name": "edit",
        "description": "Replace text in a file by exact string match.",
        "input_schema": _schema(
            ("file_path", "old_string", "new_string"),
            file_path=_text("The file."),
            old_string=_text("The text to replace; must occur exactly once unless replace_all is true."),
            new_string=_text("What takes its place."),
            replace_all={"type": "boolean", "description": "Replace every occurrence."},
        ),
    },
    "glob": {
        "name": "glob",
        "description": "List files matching a glob pattern, newest first.",
        "input_schema": _schema(
            ("pattern",),
            pattern=_text(
                "A relative pattern; ** crosses folders, {a,b} and [a-z] stand for one of these. Hidden files count."
            ),
            path=_text("The folder to look in."),
        ),
    },
    "grep": {
        "name": "grep",
        "description": "Search file contents for a regular expression.",
        "input_schema": _schema(
            ("pattern",),
            pattern=_text(
                "The regular expression; (?i) at its beginning ignores case. Hidden files are searched, .git is not."
            ),
            path=_text("The file or folder to search."),
        ),
    },
}

BUILT_IN: Final = tuple(_DEFINITIONS)
"""The built-in tools that run in a sandbox, in the order in which they are offered."""


def toolset(agent: Json) -> Json | None:
    """The agent's built-in toolset entry, if it has one."""
    return next((entry for entry in agent.get("tools") or () if entry["type"] == TOOLSET), None)


def custom(agent: Json) -> dict[str, Json]:
    """The agent's custom tools by name."""
    return {entry["name"]: entry for entry in agent.get("tools") or () if entry["type"] == "custom"}


def is_enabled(entry: Json, name: str) -> bool:
    """Whether the toolset entry offers this built-in tool."""
    own = settings_of(entry, name).get("enabled")
    return bool((entry.get("default_config") or {}).get("enabled", True) if own is None else own)


def offers_history(agent: Json) -> bool:
    """Whether the agent may read its session again: always beside built-in tools, unless a tool of its own has the name.

    It is offered from the first request on and not only once it is of use, as tools stand at the head of the cached prompt:
    a later change of them would have all of it paid anew.
    """
    entry = toolset(agent)
    return entry is not None and any(is_enabled(entry, name) for name in BUILT_IN) and history.NAME not in custom(agent)


def settings_of(entry: Json, name: str) -> Json:
    """The toolset entry's own configuration of one tool, or nothing."""
    return next((one for one in entry.get("configs") or () if one["name"] == name), {})


def definitions(agent: Json) -> list[Json]:
    """What the model is offered: enabled built-in tools, the session's history, then custom ones in the agent's order."""
    entry = toolset(agent)
    built_in = [_DEFINITIONS[name] for name in BUILT_IN if entry is not None and is_enabled(entry, name)]
    own = [
        {"name": name, "description": tool.get("description") or "", "input_schema": tool["input_schema"]}
        for name, tool in custom(agent).items()
    ]
    return built_in + ([history.DEFINITION] if offers_history(agent) else []) + own
