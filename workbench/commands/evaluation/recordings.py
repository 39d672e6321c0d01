"""Recordings: what a session was asked, of whom and where, as one JSON file a session that people can read and change."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands.surface import Wrong
from workbench.contracts import modes

Json = dict[str, Any]

ENDING: Final = ".json"
_FORMAT: Final = "workbench.recording/1"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Recording:
    """One case: `messages` are the contents of the user's messages, in order; `check` is a command whose exit says whether the work is right."""

    name: str
    session_id: str
    agent_id: str
    agent_version: int
    environment_id: str
    messages: list[list[Json]]
    project: str | None = None
    mode: str | None = None
    check: str | None = None


def recorded(engine: Client, session: Json, name: str, check: str | None) -> Recording:
    """What a session was asked.

    Raises:
        Wrong: it has no message, or pictures and documents, which a recording does not hold.
    """
    told = engine.pages(paths.events(session["id"]), [("types[]", "user.message"), ("limit", "1000")])
    messages = [event["content"] for event in told]
    if not messages:
        raise Wrong(f"session {session['id']} was asked nothing that could be asked again")
    if any(block["type"] != "text" for content in messages for block in content):
        raise Wrong(f"session {session['id']} was shown pictures or documents; a recording holds texts alone")
    return Recording(
        name,
        session["id"],
        session["agent"]["id"],
        session["agent"]["version"],
        session["environment_id"],
        messages,
        session["metadata"].get("workbench.project"),
        session["metadata"].get(modes.KEY),
        check,
    )


def write(folder: Path, recording: Recording) -> Path:
    """Raises: Wrong: a recording of this name is there."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{_NOT_IN_NAMES.sub('-', recording.name).strip('-') or 'session'}{ENDING}"
    if file.exists():
        raise Wrong(f"{file} is there already; give another --name, or remove it")
    file.write_text(json.dumps({"format": _FORMAT, **asdict(recording)}, indent=2, ensure_ascii=False) + "\n")
    return file


def read_all(folder: Path) -> list[Recording]:
    """The recordings of a folder by name.

    Raises:
        Wrong: there is none, or a file is no recording; the text names it.
    """
    files = sorted(folder.glob(f"*{ENDING}"))
    if not files:
        raise Wrong(f"{folder} holds no recordings; workbench eval {folder} --record SESSION makes one")
    return [_read(file) for file in files]


def _read(file: Path) -> Recording:
    try:
        given = json.loads(file.read_text())
        if not isinstance(given, dict) or given.pop("format", None) != _FORMAT:
            raise ValueError(f"format is not {_FORMAT!r}")
        found = Recording(**given)
        _refuse_odd(found)
    except (ValueError, TypeError) as fault:
        raise Wrong(f"{file}: this is no recording of a session: {fault}") from None
    return found


def _refuse_odd(found: Recording) -> None:
    texts = (found.name, found.session_id, found.agent_id, found.environment_id)
    if not all(isinstance(one, str) and one for one in texts):
        raise ValueError("name, session_id, agent_id and environment_id must be texts")
    if not all(isinstance(one, str | None) for one in (found.project, found.mode, found.check)):
        raise ValueError("project, mode and check must be texts or null")
    listed = isinstance(found.messages, list) and found.messages
    if not listed or not all(isinstance(content, list) and content for content in found.messages):
        raise ValueError("messages must be a list of contents")
    blocks = [block for content in found.messages for block in content]
    if not all(isinstance(block, Mapping) and isinstance(block.get("text"), str) for block in blocks):
        raise ValueError("messages must hold text blocks")
