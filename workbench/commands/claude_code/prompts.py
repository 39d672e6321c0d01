"""What the person typed in a user's line of Claude Code, parted from what the program wrote under the user's name."""

from __future__ import annotations

import re
from typing import Any, Final

from workbench.commands.claude_code.lines import Json, blocks_of

INTERRUPTED: Final = "[Request interrupted by user"
_PROGRAMS_BLOCKS: Final = re.compile(
    r"<(?P<tag>system-reminder|task-notification|local-command-[a-z]+|bash-(?:stdout|stderr)|command-(?:message|contents)|"
    r"[a-z-]*hook[a-z-]*|ide_[a-z_]+|new-diagnostics|teammate-message|session-[a-z]+)\b[^>]*>.*?(?:</(?P=tag)>|\Z)",
    re.DOTALL,
)
_COMMAND: Final = re.compile(
    r"<command-name>(?P<name>.*?)</command-name>(?:\s*<command-args>(?P<args>.*?)</command-args>)?", re.DOTALL
)
_SHELL: Final = re.compile(r"<bash-input>(?P<command>.*?)</bash-input>", re.DOTALL)
_NOTED: Final = re.compile(r"<user-memory-input>(?P<words>.*?)</user-memory-input>", re.DOTALL)
_PROGRAMS_WORDS: Final = ("Caveat: The messages below", "This session is being continued from a previous conversation")
_BY_PROGRAMS: Final = ("notification", "system", "hook", "agent", "task", "cron", "program")
_SAID_BEHIND: Final = "the user said:"
_NOTE_BEHIND: Final = "\n\nNote: The user's next message"
_REJECTED: Final = ("doesn't want to proceed with this tool use", "doesn't want to take this action right now")


def is_programs(line: Json) -> bool:
    """Whether the whole line is the program's: notes, summaries, notifications."""
    if any(line.get(name) for name in ("isMeta", "isCompactSummary", "isVisibleInTranscriptOnly", "isSynthetic")):
        return True
    origin = line.get("origin")
    said_by = (
        origin.get("kind") if isinstance(origin, dict) else origin,
        line.get("promptSource"),
        line.get("turnOrigin"),
    )
    return any(isinstance(one, str) and any(word in one.lower() for word in _BY_PROGRAMS) for one in said_by)


def typed(line: Json) -> list[str]:
    """The parts of a line that the person typed or showed: none where the program wrote all of it."""
    if is_programs(line):
        return []
    parts = [part_of(block) for block in blocks_of(line) if block.get("type") != "tool_result"]
    return [part for part in parts if part]


def queued(line: Json) -> str:
    """What a person typed while the agent was at work, which is kept as an attachment."""
    attachment = line.get("attachment")
    if line.get("type") != "attachment" or not isinstance(attachment, dict) or is_programs(line):
        return ""
    if attachment.get("type") != "queued_command" or attachment.get("commandMode", "prompt") not in ("prompt", "bash"):
        return ""
    if is_programs(attachment):
        return ""
    prompt = attachment.get("prompt")
    blocks = (
        [{"type": "text", "text": prompt}] if isinstance(prompt, str) else prompt if isinstance(prompt, list) else []
    )
    return "\n".join(part for block in blocks if isinstance(block, dict) and (part := part_of(block)))


def part_of(block: Json) -> str:
    """A block of a prompt as text; what is no text is named in brackets."""
    if block.get("type") != "text":
        return f"[{block.get('type')}]"
    text = _PROGRAMS_BLOCKS.sub("", str(block.get("text") or "")).strip()
    if text.startswith((INTERRUPTED, *_PROGRAMS_WORDS)):
        return ""
    if command := _COMMAND.search(text):
        name, words = command["name"].strip(), (command["args"] or "").strip()
        # A command without words is a key of the program: it says nothing to the agent.
        text = text.replace(command.group(), f"/{name.lstrip('/')} {words}" if words else "").strip()
    text = _SHELL.sub(lambda found: f"! {found['command'].strip()}", text)
    return _NOTED.sub(lambda found: found["words"].strip(), text).strip()


def is_interrupt(line: Json) -> bool:
    return line.get("type") == "user" and any(
        str(block.get("text") or "").lstrip().startswith(INTERRUPTED) for block in blocks_of(line)
    )


def denial(block: Json) -> str | None:
    """What the person said when they refused the call of this result; empty without words, None where they did not refuse it."""
    text = text_of_result(block)
    if not block.get("is_error") or not any(words in text[:200] for words in _REJECTED):
        return None
    _, _, said = text.partition(_SAID_BEHIND)
    return said.partition(_NOTE_BEHIND)[0].strip()


def text_of_result(block: Json) -> str:
    return "\n".join(texts_of_result(block.get("content")))


def texts_of_result(content: Any) -> list[str]:
    """The texts of a tool's result; pictures and whatever else is no text are named in brackets."""
    if isinstance(content, str):
        return [content]
    parts = content if isinstance(content, list) else [content] if isinstance(content, dict) else []
    return [
        str(part["text"]) if part.get("type") == "text" and "text" in part else _named(part)
        for part in parts
        if isinstance(part, dict)
    ]


def _named(part: Json) -> str:
    where = part.get("url") or part.get("title") or part.get("tool_name")
    return f"[{part.get('type')}] {where}" if where else f"[{part.get('type')}]"
