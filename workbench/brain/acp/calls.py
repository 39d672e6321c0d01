"""Calls of tools that an agent of others has itself: under our names where they are the same thing, so that rules and views know them."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from workbench.brain.acp.stood import AcpCall
from workbench.contracts.tools import BASH, EDIT, PROPOSE_PLAN, READ, WEB_FETCH, WRITE
from workbench.contracts.values import Json, Outcome, text_outcome

MOST_SIGNS: Final = 60_000
MOST_PARTS: Final = 20
NO_RESULT: Final = "The agent told no result of this call."
_PATHS: Final = ("file_path", "path", "abs_path", "filePath", "filename")
_COMMANDS: Final = ("command", "cmd", "script")
CHANGES_MODE: Final = "switch_mode"
"""A kind of call that says that a plan is ready."""
_OVER: Final = {"completed": False, "failed": True}


def merged(call: AcpCall, update: Json) -> AcpCall:
    """The call with what an update tells of it; what is not told stays."""
    raw, content = update.get("rawInput"), update.get("content")
    title, kind = update.get("title"), update.get("kind")
    told = replace(
        call,
        title=str(title)[:500] if title else call.title,
        kind=str(kind)[:40] if kind else call.kind,
        raw=bounded(raw) if isinstance(raw, dict) and raw else call.raw,
        content=bounded([one for one in content if isinstance(one, dict)])
        if isinstance(content, list)
        else call.content,
    )
    if call.event_id:
        return told
    name, given = _known(told, _locations(update)) or _own(told, update)
    if call.name == name and len(given) < len(call.given):
        # A later update tells less: the change itself stood in the announcement.
        given = call.given
    return replace(told, name=name, given=given)


def bounded(value: Any) -> Any:
    """What is kept of something that an agent said: it is written down with every step of the call."""
    if len(json.dumps(value)) <= 2 * MOST_SIGNS:
        return value
    match value:
        case str():
            return _cut(value)
        case list():
            return [bounded(one) for one in value[:MOST_PARTS]]
        case dict():
            return {key[:MOST_SIGNS]: bounded(value[key]) for key in list(value)[:MOST_PARTS]}
    return value


def is_begun(update: Json) -> bool:
    """Whether the call does more than being announced."""
    return update.get("status") in ("in_progress", *_OVER)


def outcome(call: AcpCall, update: Json) -> Outcome | None:
    """The call's result where the update tells its end."""
    status = update.get("status")
    if not isinstance(status, str) or status not in _OVER:
        return None
    shown = [text for one in call.content if (text := _shown(one))]
    if not shown and (raw := update.get("rawOutput")) is not None:
        shown = [raw if isinstance(raw, str) else _words(raw)]
    return text_outcome(_cut("\n".join(shown)) or "(no output)", is_error=_OVER[status])


def judged_as(call: AcpCall) -> tuple[str, Json] | None:
    """The tool of ours that the call is the same as, as rules judge it; None where nobody can say."""
    return _known(call, ()) or (None if not call.given.get("file_path") else (call.name, call.given))


def _known(call: AcpCall, locations: Sequence[str]) -> tuple[str, Json] | None:
    raw = call.raw
    if call.kind == CHANGES_MODE and isinstance(raw.get("plan"), str):
        return PROPOSE_PLAN.name, {"plan": raw["plan"]}
    path = next((str(raw[key]) for key in _PATHS if isinstance(raw.get(key), str)), "") or next(iter(locations), "")
    if call.kind == "execute" and (command := _command(raw)):
        return BASH.name, {"command": command}
    if (change := _change(call.content)) is not None:
        return change
    if call.kind in ("edit", "delete", "move", "read") and path:
        return (READ if call.kind == "read" else EDIT).name, {**_plain(raw), "file_path": path}
    if call.kind == "fetch" and isinstance(raw.get("url"), str):
        return WEB_FETCH.name, {"url": raw["url"]}
    return None


def _change(content: Sequence[Json]) -> tuple[str, Json] | None:
    """What a call changes in one file, as ours say it."""
    diffs = [one for one in content if one.get("type") == "diff"]
    path, old, new = (diffs[0].get(key) for key in ("path", "oldText", "newText")) if len(diffs) == 1 else (None,) * 3
    if not isinstance(path, str) or not isinstance(new, str):
        return None
    if isinstance(old, str) and old:
        return EDIT.name, {"file_path": path, "old_string": _cut(old), "new_string": _cut(new)}
    return WRITE.name, {"file_path": path, "content": _cut(new)}


def _own(call: AcpCall, update: Json) -> tuple[str, Json]:
    """Under the agent's own name for its tool, or what kind the protocol says that it is."""
    meta = update.get("_meta")
    said = (
        next((one.get("toolName") for one in meta.values() if isinstance(one, dict)), None)
        if isinstance(meta, dict)
        else None
    )
    name = said if isinstance(said, str) and said else call.name or call.kind or "other"
    return name[:100], {"title": call.title, **_plain(call.raw)}


def _command(raw: Json) -> str:
    found = next((raw[key] for key in _COMMANDS if raw.get(key)), "")
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        # Codex runs a shell with the command as its last word.
        return str(found[-1]) if found[1:2] in (["-lc"], ["-c"]) else shlex.join(found)
    return found if isinstance(found, str) else ""


def _plain(raw: Json) -> Json:
    return {key: _cut(value) if isinstance(value, str) else value for key, value in raw.items()}


def _locations(update: Json) -> list[str]:
    told = update.get("locations")
    found = told if isinstance(told, list) else []
    return [one["path"] for one in found if isinstance(one, dict) and isinstance(one.get("path"), str)]


def _shown(block: Json) -> str:
    match block.get("type"):
        case "content":
            return content_text(block.get("content"))
        case "diff":
            old, new = str(block.get("oldText") or ""), str(block.get("newText") or "")
            path = str(block.get("path") or "")
            if len(old) + len(new) > MOST_SIGNS:
                return f"{path}: {len(old)} signs became {len(new)}"
            return "\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), path, path, lineterm=""))
    return ""


def content_text(block: Any) -> str:
    """A content block of the protocol as text; what is none is named."""
    if not isinstance(block, dict):
        return ""
    if block.get("type") == "text":
        return str(block.get("text") or "")
    resource = block.get("resource")
    if isinstance(resource, dict) and isinstance(resource.get("text"), str):
        return str(resource["text"])
    return f"[{str(block.get('type'))[:40]} {str(block.get('uri') or block.get('mimeType') or '')[:200]}]"


def _words(raw: Any) -> str:
    if isinstance(raw, dict) and isinstance(raw.get("output"), str):
        return str(raw["output"])
    return str(raw)[:MOST_SIGNS]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SIGNS else f"{text[:MOST_SIGNS]}\n… ({len(text) - MOST_SIGNS} more signs)"
