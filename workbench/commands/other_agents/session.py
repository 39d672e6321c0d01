"""A session that another program had, put together as the body of an import."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from workbench.commands.claude_code.conversation import digest
from workbench.contracts.tools import BASH, EDIT, GLOB, GREP, READ, WRITE

Json = dict[str, Any]

_LONGEST_TITLE: Final = 80
_LONGEST_NAME: Final = 200
_LAST: Final = 4_102_444_800
"""2100: a later moment is none."""
TOOLS: Final = {
    **dict.fromkeys(("shell", "exec_command", "local_shell", "run_shell_command", "container.exec"), BASH.name),
    **dict.fromkeys(("read_file", "view"), READ.name),
    "write_file": WRITE.name,
    **dict.fromkeys(("replace", "search_replace", "apply_patch"), EDIT.name),
    **dict.fromkeys(("search_file_content", "grep_search"), GREP.name),
    **{kind.name: kind.name for kind in (BASH, READ, WRITE, EDIT, GREP, GLOB)},
}
"""What these programs call the tools that are ours too."""
_OF_A_FILE: Final = (READ.name, WRITE.name, EDIT.name)
_PATHS: Final = ("file_path", "filePath", "absolute_path", "path")


class OtherSession:
    """Events in order. Each has an id that comes out the same again, so that a second import is known as one."""

    def __init__(self, program: str, identity: str, *, place: Path) -> None:
        self.program = program
        self.identity = identity
        self.place = place
        self.id = "sesn_" + digest("session", f"{program} {identity}")
        self.title = ""
        self.project: str | None = None
        self.model = "unknown"
        self.left_out: Counter[str] = Counter()
        self._events: list[tuple[str, int, Json]] = []
        self._models: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        self._answered: set[str] = set()
        self._first_words = ""

    def said(self, key: str, moment: str, text: str) -> None:
        """What the person typed."""
        if text.strip():
            self._first_words = self._first_words or " ".join(text.split())
            self._add(key, "user.message", moment, content=_text(text))

    def answered(self, key: str, moment: str, text: str) -> None:
        if text.strip():
            self._add(key, "agent.message", moment, content=_text(text))

    def called(self, key: str, moment: str, call_id: str, name: str, given: Any) -> None:
        """A call that the program let run."""
        if call_id in self._calls:
            return
        self._calls[call_id] = self._id(key)
        name = name.rpartition(".")[2] if name not in TOOLS else name
        tool = TOOLS.get(name, name) or "unknown"
        self._add(key, "agent.tool_use", moment, name=tool, input=_given(tool, given), evaluated_permission="allow")

    def gave(self, key: str, moment: str, call_id: str, text: str, *, is_error: bool) -> None:
        """What a call gave; the first result of a call counts."""
        use = self._calls.get(call_id)
        if use is None:
            self.left_out["results of calls that are not there"] += 1
        elif call_id not in self._answered:
            self._answered.add(call_id)
            self._add(key, "agent.tool_result", moment, tool_use_id=use, content=_text(text), is_error=is_error)

    def failed(self, key: str, moment: str, message: str) -> None:
        error = {"type": "unknown_error", "message": message, "retry_status": {"type": "exhausted"}}
        self._add(key, "session.error", moment, error=error)

    def interrupted(self, key: str, moment: str) -> None:
        self._add(key, "user.interrupt", moment)

    def requested(
        self, key: str, moment: str, model: str, *, read: int, cached: int, written: int, output: int
    ) -> None:
        """A request: input tokens that came from no cache, those that did, those written to it, and output with its reasoning."""
        start = self._id(f"start {key}")
        self.model = model or self.model
        if model:
            self._models[start] = model[:_LONGEST_NAME]
        usage = {
            "input_tokens": max(0, read),
            "cache_read_input_tokens": max(0, cached),
            "cache_creation_input_tokens": max(0, written),
            "output_tokens": max(0, output),
        }
        self._add(f"start {key}", "span.model_request_start", moment)
        ended = {"model_request_start_id": start, "model_usage": usage, "is_error": False}
        self._add(f"end {key}", "span.model_request_end", moment, **ended)

    def requested_whole(self, key: str, moment: str, model: str, *, whole: int, cached: int, output: int) -> None:
        """A request of a program that counts what came from the cache among its input."""
        self.requested(key, moment, model, read=whole - cached, cached=cached, written=0, output=output)

    @property
    def is_empty(self) -> bool:
        return not self._events

    def body(self) -> Json:
        """The body of an import, its events in the order of their moments and, of one moment, as they came."""
        events = [event for _, _, event in sorted(self._events, key=lambda one: one[:2])]
        return {
            "id": self.id,
            "title": (" ".join(self.title.split()) or self._first_words or self.program)[:_LONGEST_TITLE],
            "agent_name": self.program,
            "model": self.model[:_LONGEST_NAME],
            "project": self.project,
            "source": self.program,
            "created_at": events[0]["processed_at"],
            "events": events,
            "models": self._models,
        }

    def _id(self, key: str) -> str:
        return "sevt_" + digest("event", f"{self.program} {self.identity} {key}")

    def _add(self, key: str, kind: str, moment: str, **fields: Any) -> None:
        event = {"type": kind, "id": self._id(key), "processed_at": moment, **fields}
        self._events.append((moment, len(self._events), event))


def _text(text: str) -> list[Json]:
    return [{"type": "text", "text": text}]


def _given(tool: str, given: Any) -> Json:
    """What a call was given, with our names for what ours have too: the command of a shell, the path of a file."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = {"command" if tool == BASH.name else "input": given}
    known = given if isinstance(given, dict) else {"input": given}
    if tool == BASH.name:
        command = known.get("command", known.get("cmd"))
        if isinstance(command, list):
            words = [str(word) for word in command]
            command = words[-1] if words[:2] in (["bash", "-lc"], ["bash", "-c"], ["sh", "-c"]) else " ".join(words)
        return known | ({"command": command} if isinstance(command, str) else {})
    path = next((known[name] for name in _PATHS if isinstance(known.get(name), str)), None)
    return known | ({"file_path": path} if path is not None and tool in _OF_A_FILE else {})


def moment(value: Any) -> str | None:
    """A moment as RFC 3339 in UTC, of a text or of milliseconds since 1970; None where it is none."""
    try:
        if isinstance(value, str):
            read = datetime.fromisoformat(value)
            read = read if read.tzinfo else read.replace(tzinfo=UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            read = datetime.fromtimestamp(value / 1000 if value > _LAST else value, UTC)
        else:
            return None
        return (
            read.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            if 2000 <= read.year < 2200
            else None
        )
    except (ValueError, OverflowError, OSError):
        return None


def count(value: Any) -> int:
    """A count of tokens; 0 for what is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def table(value: Any) -> Json:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Json]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
