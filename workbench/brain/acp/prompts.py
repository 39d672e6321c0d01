"""What an agent of others is told: the messages since its last prompt, and all of the session where it begins anew. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from workbench.contracts.values import Entry, Json, Session
from workbench.events import Event, text_of
from workbench.text.shortening import shortened

_TOLD: Final = frozenset(
    {"user.message", "system.message", "agent.thread_message_received", "workflow_run.status_ended"}
)
MOST_TRANSCRIPT: Final = 60_000
ANEW: Final = (
    "You go on with a session whose earlier agent process has ended. What follows is its transcript, from the log; files are as"
    " they were left, and calls without a result may have run in part. After it comes the new message."
)
_MOST_RESULT: Final = 2_000


def untold(entries: Sequence[Entry], through: int) -> list[Entry]:
    """What the agent has not been told yet and is to answer."""
    return [one for one in entries if (one.seq or 0) > through and one.event.type in _TOLD and not one.is_cross_posted]


def prompt(
    session: Session,
    new: Sequence[Entry],
    words: Sequence[str],
    capabilities: Json,
    *,
    earlier: str,
    is_first: bool,
) -> list[Json]:
    """The content blocks of one prompt: the system prompt with an agent's first, what was `earlier` where there is any, `words` of ours."""
    can = capabilities.get("promptCapabilities")
    takes_images = isinstance(can, dict) and bool(can.get("image"))
    blocks: list[Json] = []
    system = str(session.agent.get("system") or "")
    if is_first and system:
        blocks.append(_text(f"<system>\n{system}\n</system>"))
    if earlier:
        blocks.append(_text(f"{ANEW}\n\n<transcript>\n{earlier}\n</transcript>"))
    blocks += [_text(one) for one in words]
    for entry in new:
        content: Any = getattr(entry.event, "content", None) or ()
        for block in content:
            blocks.append(_block(block.model_dump(mode="json", exclude_none=True), takes_images=takes_images))
    return blocks or [_text("(empty message)")]


def _block(block: Json, *, takes_images: bool) -> Json:
    source: Any = block.get("source") or {}
    if block["type"] == "text":
        return _text(str(block["text"]))
    if block["type"] == "image" and takes_images and source.get("type") == "base64":
        return {"type": "image", "mimeType": source["media_type"], "data": source["data"]}
    if source.get("type") == "text":
        return _text(str(source.get("data")))
    if source.get("type") == "url":
        return {"type": "resource_link", "uri": source["url"], "name": str(block.get("title") or source["url"])[:200]}
    return _text(f"(A part of the message of type {block['type']!r} stood here, which this agent cannot be given.)")


def transcript(entries: Sequence[Entry]) -> str:
    """The session so far in words; of a long one the beginning is left out."""
    told = "\n\n".join(line for entry in entries if not entry.is_cross_posted and (line := _line(entry.event)))
    if len(told) <= MOST_TRANSCRIPT:
        return told
    return f"… ({len(told) - MOST_TRANSCRIPT} signs before this are left out)\n{told[-MOST_TRANSCRIPT:]}"


def _line(event: Event) -> str:
    match event.type:
        case "user.message":
            return f"User: {text_of(event.content)}"
        case "agent.message":
            return f"Agent: {text_of(event.content)}"
        case "agent.mcp_tool_use" | "agent.tool_use":
            return f"Agent called {event.name}: {shortened(str(dict(event.input)), _MOST_RESULT)}"
        case "agent.mcp_tool_result" | "agent.tool_result":
            return f"Result: {shortened(text_of(event.content or ()), _MOST_RESULT)}"
    return ""


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
