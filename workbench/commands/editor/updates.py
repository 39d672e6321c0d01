"""From a session's events to updates of the Agent Client Protocol. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath, PurePosixPath
from typing import Any, Final

from workbench.contracts.call_text import call_line, call_text
from workbench.contracts.task_list import tasks_of
from workbench.contracts.tools import BY_NAME, EDIT, PROPOSE_PLAN, UPDATE_TASKS, WRITE

Json = dict[str, Any]

_KINDS: Final[Mapping[str, str]] = {
    "bash": "execute",
    "background": "execute",
    "read": "read",
    "write": "edit",
    "edit": "edit",
    "glob": "search",
    "grep": "search",
    "web_search": "fetch",
    "web_fetch": "fetch",
    "propose_plan": "switch_mode",
    "session_history": "think",
}
CALLS: Final = frozenset({"agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use"})
RESULTS: Final = frozenset(
    {"agent.tool_result", "agent.mcp_tool_result", "user.tool_result", "user.custom_tool_result"}
)


@dataclass
class Updates:
    """What an editor was told of one session: `folder` is the project's on this machine, None where there is none."""

    folder: str | None
    told: dict[str, str] = field(default_factory=dict)
    """What was said of each message so far, while it is being written."""
    hidden: set[str] = field(default_factory=set)
    """Calls that are shown otherwise, as a plan."""
    diffs: set[str] = field(default_factory=set)
    """Calls that are shown by what they change."""

    def of(self, event: Json, *, is_past: bool = False) -> list[Json]:
        """The updates that an event is; in a history that is loaded, what its user wrote is one too."""
        found: list[Json] = []
        match event["type"]:
            case "user.message" if is_past:
                found = [_chunk("user_message_chunk", block) for block in event["content"]]
            case "event_delta":
                found = self._delta(event["event_id"], event["delta"]["content"]["text"])
            case "agent.message":
                found = self._message(event)
            case kind if kind in CALLS:
                found = self._call(event)
            case kind if kind in RESULTS:
                found = self._result(event)
            case "session.updated" if "title" in event:
                found = [{"sessionUpdate": "session_info_update", "title": event["title"]}]
            case "session.error":
                found = [_said(f"\n{event['error']['message']}\n")]
        return found

    def _delta(self, message_id: str, text: str) -> list[Json]:
        self.told[message_id] = self.told.get(message_id, "") + text
        return [_said(text)]

    def _message(self, event: Json) -> list[Json]:
        """The rest of a message of which a part was told as it was written."""
        whole = "".join(block.get("text", "") for block in event["content"])
        before = self.told.pop(event["id"], "")
        # Where text blocks lie side by side, they were told in another order than they stand.
        rest = whole[len(before) :] if whole.startswith(before) else ""
        return [_said(rest)] if rest else []

    def _call(self, call: Json) -> list[Json]:
        if call["name"] == UPDATE_TASKS.name and (tasks := tasks_of(call["input"])) is not None:
            self.hidden.add(call["id"])
            entries = [{"content": one.title, "priority": "medium", "status": one.status} for one in tasks]
            return [{"sessionUpdate": "plan", "entries": entries}]
        asks = call.get("evaluated_permission") == "ask"
        return [{"sessionUpdate": "tool_call", **self.shown(call), "status": "pending" if asks else "in_progress"}]

    def shown(self, call: Json) -> Json:
        """A call as an editor shows it: what it does, where, and what it changes."""
        kind = BY_NAME.get(call["name"])
        path = kind.path_of(call["input"]) if kind is not None and kind.path_field else None
        told: Json = {
            "toolCallId": call["id"],
            "title": f"{call['name']} {call_line(call)}".strip(),
            "kind": _KINDS.get(call["name"], "other"),
            "rawInput": call["input"],
        }
        if path is not None:
            told["locations"] = [{"path": self.outside(path)}]
        if content := self._content(call):
            told["content"] = content
            self.diffs |= {call["id"]} if content[0]["type"] == "diff" else set()
        return told

    def _content(self, call: Json) -> list[Json]:
        given, path = call["input"], call["input"].get("file_path")
        if call["name"] == PROPOSE_PLAN.name:
            return [_text(call_text(call))]
        if not isinstance(path, str):
            return []
        if call["name"] == EDIT.name:
            return [_diff(self.outside(path), given.get("old_string"), given.get("new_string"))]
        if call["name"] == WRITE.name:
            return [_diff(self.outside(path), None, given.get("content"))]
        return []

    def _result(self, event: Json) -> list[Json]:
        names = ("tool_use_id", "mcp_tool_use_id", "custom_tool_use_id")
        call_id = next(event[name] for name in names if name in event)
        if call_id in self.hidden:
            return []
        status = "failed" if event.get("is_error") else "completed"
        update: Json = {"sessionUpdate": "tool_call_update", "toolCallId": call_id, "status": status}
        texts = [block["text"] for block in event.get("content") or () if block["type"] == "text"]
        # A diff that the call was shown with stays where it worked: content takes the place of what was there.
        if texts and (status == "failed" or call_id not in self.diffs):
            update["content"] = [_text("".join(texts))]
        return [update]

    def outside(self, path: str) -> str:
        """A path of the sandbox as the editor knows the file; one outside the project stays as it is."""
        if self.folder is None:
            return path
        inside = PurePosixPath("/workspace") / PurePath(self.folder).name
        whole = inside / path
        return str(PurePath(self.folder) / whole.relative_to(inside)) if whole.is_relative_to(inside) else path


def _said(text: str) -> Json:
    return _chunk("agent_message_chunk", {"type": "text", "text": text})


def _chunk(kind: str, block: Json) -> Json:
    """A block of a message; of a picture or document only that it is there."""
    shown = block if block["type"] == "text" else {"type": "text", "text": f"[{block['type']}]"}
    return {"sessionUpdate": kind, "content": {"type": "text", "text": shown["text"]}}


def _text(text: str) -> Json:
    return {"type": "content", "content": {"type": "text", "text": text}}


def _diff(path: str, old: object, new: object) -> Json:
    return {"type": "diff", "path": path, "oldText": old, "newText": new if isinstance(new, str) else ""}
