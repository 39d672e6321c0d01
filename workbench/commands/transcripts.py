"""Transcripts of Claude Code, which it keeps as JSON lines, as sessions of the workbench. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

Json = dict[str, Any]

TOOLS: Final = {"Bash": "bash", "Read": "read", "Write": "write", "Edit": "edit", "Glob": "glob", "Grep": "grep"}
_NOT_SAID: Final = ("<command-", "<local-command", "<system-reminder>", "Caveat:", "<bash-", "[Request interrupted")
"""How text begins that the program put among the user's words."""
_LONGEST_TITLE: Final = 80


def is_transcript(lines: Iterable[Json]) -> bool:
    """Whether these are lines of Claude Code and not of an export."""
    return any("sessionId" in line and line.get("type") in ("user", "assistant") for line in lines)


def session_of(lines: list[Json]) -> Json | None:
    """One transcript as the body of an import; None where nothing was said in it."""
    said = [
        line
        for line in lines
        if line.get("type") in ("user", "assistant") and not line.get("isSidechain") and line.get("timestamp")
    ]
    made = _Made()
    for line in said:
        made.take(line)
    if not made.events:
        return None
    first = said[0]
    known = next((line["summary"] for line in lines if line.get("type") == "summary" and line.get("summary")), None)
    return {
        "id": "sesn_" + _digest("session", str(first["sessionId"])),
        "title": (known or made.first or "Claude Code")[:_LONGEST_TITLE],
        "agent_name": "claude-code",
        "model": made.model,
        "project": first.get("cwd"),
        "source": "claude-code",
        "created_at": _moment(first),
        "events": made.events,
        "models": made.models,
    }


class _Made:
    """The events so far; each has an id that comes out the same again, so that a second import is known as one."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self.models: dict[str, str] = {}
        self.model = "unknown"
        self.first = ""
        self._calls: dict[str, tuple[str, str]] = {}
        self._answers: set[str] = set()

    def take(self, line: Json) -> None:
        message = line.get("message") or {}
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        if line["type"] == "assistant":
            self._span(line, message)
        for place, block in enumerate(block for block in blocks if isinstance(block, dict)):
            for kind, fields in self._events(line, block):
                identity = f"{line.get('uuid')} {place} {block.get('type')}"
                event_id = "sevt_" + _digest("event", identity)
                if block.get("type") == "tool_use":
                    self._calls[str(block.get("id"))] = (event_id, kind)
                self.events.append({"type": kind, "id": event_id, "processed_at": _moment(line), **fields})

    def _events(self, line: Json, block: Json) -> Iterator[tuple[str, Json]]:
        match line["type"], block.get("type"):
            case "user", "text" if not line.get("isMeta") and not str(block["text"]).startswith(_NOT_SAID):
                self.first = self.first or " ".join(str(block["text"]).split())
                yield "user.message", {"content": [{"type": "text", "text": str(block["text"])}]}
            case "assistant", "text" if str(block["text"]).strip():
                yield "agent.message", {"content": [{"type": "text", "text": str(block["text"])}]}
            case "assistant", "tool_use":
                yield _call(block)
            case "user", "tool_result":
                yield from self._result(block)

    def _result(self, block: Json) -> Iterator[tuple[str, Json]]:
        call_id, kind = self._calls.get(str(block.get("tool_use_id")), ("", ""))
        if not call_id:
            return
        content = block.get("content")
        texts = (
            [content]
            if isinstance(content, str)
            else [part.get("text") for part in content or () if isinstance(part, dict)]
        )
        blocks = [{"type": "text", "text": text} for text in texts if isinstance(text, str)]
        fields = {"content": blocks, "is_error": bool(block.get("is_error"))}
        if kind == "agent.mcp_tool_use":
            yield "agent.mcp_tool_result", {"mcp_tool_use_id": call_id, **fields}
        else:
            yield "agent.tool_result", {"tool_use_id": call_id, **fields}

    def _span(self, line: Json, message: Json) -> None:
        """One model request for each answer; its lines repeat its usage."""
        answer, usage = str(message.get("id") or ""), message.get("usage")
        if not answer or answer in self._answers or not isinstance(usage, dict):
            return
        self._answers.add(answer)
        start = "sevt_" + _digest("start", answer)
        moment = _moment(line)
        self.model = str(message.get("model") or self.model)
        self.models[start] = self.model
        names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        spent = {name: usage[name] if isinstance(usage.get(name), int) else 0 for name in names}
        end = {"model_request_start_id": start, "model_usage": spent, "is_error": False}
        self.events.append({"type": "span.model_request_start", "id": start, "processed_at": moment})
        end_id = "sevt_" + _digest("end", answer)
        self.events.append({"type": "span.model_request_end", "id": end_id, "processed_at": moment, **end})


def _call(block: Json) -> tuple[str, Json]:
    name, given = str(block.get("name")), block.get("input")
    fields: Json = {"input": given if isinstance(given, dict) else {}, "evaluated_permission": "allow"}
    if name.startswith("mcp__") and name.count("__") >= 2:
        _, server, tool = name.split("__", 2)
        return "agent.mcp_tool_use", {"name": tool, "mcp_server_name": server, **fields}
    return "agent.tool_use", {"name": TOOLS.get(name, name), **fields}


def _moment(line: Json) -> str:
    return str(line["timestamp"])


def _digest(kind: str, identity: str) -> str:
    return "cc" + hashlib.sha256(f"{kind} {identity}".encode()).hexdigest()[:22]


def read_lines(text: str) -> list[Json]:
    """The objects of JSON lines; a line that was cut short, as the last one of a killed program, is passed over."""
    found = []
    for raw in text.splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict):
            found.append(line)
    return found
