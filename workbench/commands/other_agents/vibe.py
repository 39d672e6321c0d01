"""Mistral Vibe: a folder a session, with the newest state in chunks and what was added since in a journal."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from workbench.commands.claude_code.lines import read_lines
from workbench.commands.other_agents.session import Json, OtherSession, count, moment, rows, table

PROGRAM: Final = "mistral-vibe"
CURRENT: Final = "CURRENT"
_DIGEST: Final = re.compile(r"[0-9a-f]{16,128}")
_MOST_CHUNKS: Final = 100_000


def session_in(folder: Path) -> OtherSession | None:
    """The session of a folder that has a file CURRENT.

    Raises:
        ValueError: the manifest or a chunk is not what it should be.
    """
    about = _object(folder / "meta.json")
    session = OtherSession(PROGRAM, str(about.get("session_id") or folder.name), place=folder / CURRENT)
    session.title = str(about.get("title") or "")
    project = table(about.get("environment")).get("working_directory")
    session.project = project if isinstance(project, str) else None
    model = str(table(about.get("config")).get("active_model") or "")
    generation = Path(str(_object(folder / CURRENT).get("generation"))).name
    manifest = _object(folder / "generations" / generation / "manifest.json")
    entries = _entries(folder, manifest)
    for key, entry in entries.items():
        when = moment(entry.get("createdAt"))
        if when is None:
            session.left_out["entries without a moment"] += 1
        elif entry.get("type") == "message":
            _message(session, key, when, entry)
        else:
            _tool(session, key, when, entry)
    for key, when, usage in _requests(folder):
        whole, cached = count(usage.get("input_tokens")), count(usage.get("cached_input_tokens"))
        session.requested_whole(key, when, model, whole=whole, cached=cached, output=count(usage.get("output_tokens")))
    return None if session.is_empty else session


def _entries(folder: Path, manifest: Json) -> dict[str, Json]:
    """The entries by id: those of the chunks, and what the journal added or replaced."""
    found: dict[str, Json] = {}
    chunks = table(manifest.get("projection_state")).get("chunks")
    for one in (chunks if isinstance(chunks, list) else [])[:_MOST_CHUNKS]:
        digest = str(one.get("sha256") if isinstance(one, dict) else one)
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"the manifest names a chunk {digest[:40]!r}")
        for entry in rows(json.loads((folder / "chunks" / f"{digest}.json").read_bytes())):
            found[str(entry.get("id"))] = entry
    segment = Path(str(table(manifest.get("recovery_journal_segment")).get("path") or "")).name
    journal = folder / "journal" / segment
    if segment and journal.is_file():
        for kind, payload in _records(journal):
            for change in rows(payload.get("delta")) if kind == "projection_delta" else []:
                entry = table(change.get("entry"))
                if entry.get("id"):
                    found[str(entry["id"])] = entry
    return found


def _requests(folder: Path) -> Iterator[tuple[str, str, Json]]:
    """What each request used, as far as the journal still has it: the input that hands its answer to the agent says when, too."""
    for file in sorted((folder / "journal").glob("*.jsonl")):
        for kind, payload in _records(file):
            given = table(payload.get("input")) if kind == "core_input" else {}
            command = table(given.get("command"))
            usage = table(table(command.get("result")).get("usage"))
            when = moment(table(given.get("determinism")).get("time_unix_ms"))
            if usage and when is not None:
                yield str(command.get("action_id")), when, usage


def _records(file: Path) -> Iterator[tuple[str, Json]]:
    for record in read_lines(file.read_bytes()).lines:
        yield str(record.get("type")), table(record.get("payload"))


def _message(session: OtherSession, key: str, when: str, entry: Json) -> None:
    text = _text(entry.get("content"))
    if entry.get("role") == "assistant":
        session.answered(key, when, text)
    elif entry.get("role") == "user" and entry.get("source") == "turn_start":
        session.said(key, when, text)
    else:
        session.left_out["texts of the program"] += 1


def _tool(session: OtherSession, key: str, when: str, entry: Json) -> None:
    detail, state = table(entry.get("detail")), table(entry.get("state"))
    if detail.get("kind") != "tool":
        session.left_out["records of the program"] += 1
        return
    session.called(key, when, key, str(detail.get("toolName") or ""), detail.get("input"))
    output = table(state.get("output"))
    structured = table(output.get("structured_content"))
    if not output:
        return
    text = "\n".join(str(structured[name]) for name in ("stdout", "stderr") if structured.get(name)) or _text(
        output.get("content")
    )
    code = structured.get("returncode")
    is_error = bool(structured.get("timed_out")) or (isinstance(code, int) and code != 0) or bool(state.get("error"))
    session.gave(f"{key} result", when, key, text, is_error=is_error)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part["text"]) for part in rows(content) if part.get("text"))


def _object(file: Path) -> Json:
    return table(json.loads(file.read_bytes()))
