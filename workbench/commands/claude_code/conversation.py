"""The events of one session, made of the lines of its transcript and of its sub-agents'."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from workbench.commands.claude_code import prompts
from workbench.commands.claude_code.ledger import STATE, Ledger
from workbench.commands.claude_code.lines import Json, blocks_of, moment_of
from workbench.commands.claude_code.usage import Usage, answer_of, is_notice

TOOLS: Final = {"Bash": "bash", "Read": "read", "Write": "write", "Edit": "edit", "Glob": "glob", "Grep": "grep"}
PROGRAMS: Final = "texts of the program"
RECORDS: Final = "records of the program"
NO_MOMENT: Final = "lines without a moment"
NO_CALL: Final = "results of calls in other files"
ODD_COUNTS: Final = "token counts that are none"
_DENIED: Final = "The user rejected this call."
UNRECORDED: Final = "unrecorded"
"""The purpose of requests that the program counted, and of which its files have no answer."""
_EXHAUSTED: Final = {"type": "exhausted"}


class Conversation:
    """The events so far. Each has an id that comes out the same again, so that a second import is known as one.

    `usage` has what each answer used, `counted` the answers that stand in a session already.
    """

    def __init__(self, session_id: str, usage: Mapping[str, Usage], counted: set[str], ledger: Ledger) -> None:
        self.session_id = session_id
        self.events: list[Json] = []
        self.models: dict[str, str] = {}
        self.purposes: dict[str, str] = {}
        self.hour_tokens: dict[str, int] = {}
        self.web_searches: dict[str, int] = {}
        self.model = "unknown"
        self.first_words = ""
        self.left_out: Counter[str] = Counter()
        self._usage = usage
        self._counted = counted
        self._ledger = ledger
        self._states = 0
        self._calls: dict[str, Json] = {}
        self._threads: set[str] = set()
        self._agents: dict[str, str] = {}

    def name_agent(self, agent_id: str, name: str) -> None:
        self._agents[agent_id] = name

    def take(self, line: Json, *, is_left: bool = False) -> None:
        """The next line; of one that a rewind left behind only what its answer cost is taken."""
        if line.get("type") == STATE:
            self._counts(line)
            return
        moment = moment_of(line)
        if moment is None:
            self.left_out[NO_MOMENT if line.get("type") in ("user", "assistant") else RECORDS] += 1
            return
        self._span(line, moment)
        if is_left:
            return
        said = any(block.get("type") == "thinking" for block in blocks_of(line))
        for place, kind, fields in self._events(line):
            event_id = "sevt_" + digest("event", f"{line.get('uuid') or moment} {place}")
            event = {"type": kind, "id": event_id, "processed_at": moment, **fields}
            if "call" in event:
                self._calls[event.pop("call")] = event
            self.events.append(event)
            said = True
        if not said:
            self.left_out[PROGRAMS if line.get("type") in ("user", "assistant") else RECORDS] += 1

    def _events(self, line: Json) -> Iterator[tuple[str, str, Json]]:
        """Of one line: each event with what it is known by in its line, its type and its fields."""
        thread = self._thread(line)
        if thread and thread not in self._threads:
            self._threads.add(thread)
            yield "thread", "session.thread_created", {"agent_name": self._agent(line), "session_thread_id": thread}
        match line.get("type"):
            case "user":
                yield from self._of_user(line, thread)
            case "assistant" if is_notice(line):
                text = "\n".join(str(block.get("text") or "") for block in blocks_of(line)).strip()
                if line.get("isApiErrorMessage") or text.startswith("API Error"):
                    error = {"type": "unknown_error", "message": text, "retry_status": _EXHAUSTED}
                    yield "0 error", "session.error", {"error": error}
            case "assistant":
                yield from self._of_assistant(line, thread)
            case "attachment" if not thread and (words := prompts.queued(line)):
                yield "0 queued", "user.message", _content([words])

    def _of_user(self, line: Json, thread: str) -> Iterator[tuple[str, str, Json]]:
        if line.get("isCompactSummary"):
            self._ledger.compactions += 1
            yield "0 compacted", "agent.thread_context_compacted", {}
            return
        if prompts.is_interrupt(line) and not thread:
            yield "0 interrupt", "user.interrupt", {}
        for place, block in enumerate(blocks_of(line)):
            if block.get("type") == "tool_result":
                yield from self._result(line, place, block)
        words = prompts.typed(line)
        if not words:
            return
        if thread:
            # The prompt of a sub-agent is its parent's.
            sent = {"to_session_thread_id": thread, "to_agent_name": self._agent(line), **_content(words)}
            yield "0 text", "agent.thread_message_sent", sent
            return
        self.first_words = self.first_words or " ".join(" ".join(one for one in words if one[:1] != "[").split())
        yield "0 text", "user.message", _content(words)

    def _of_assistant(self, line: Json, thread: str) -> Iterator[tuple[str, str, Json]]:
        for place, block in enumerate(blocks_of(line)):
            kind = str(block.get("type"))
            known = f"{place} {kind}"
            if kind == "text" and str(block.get("text") or "").strip():
                if thread:
                    got = {"from_session_thread_id": thread, "from_agent_name": self._agent(line)}
                    yield known, "agent.thread_message_received", got | _content([str(block["text"])])
                else:
                    yield known, "agent.message", _content([str(block["text"])])
            elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
                call, fields = _call(block)
                yield known, call, fields | ({"session_thread_id": thread} if thread else {})
            elif kind.endswith("_tool_result"):
                yield from self._result(line, place, block)

    def _result(self, line: Json, place: int, block: Json) -> Iterator[tuple[str, str, Json]]:
        call = self._calls.get(str(block.get("tool_use_id")))
        if call is None:
            self.left_out[NO_CALL] += 1
            return
        said, texts = prompts.denial(block), prompts.texts_of_result(block.get("content"))
        decision = line.get("permissionDecision")
        decided = decision if isinstance(decision, dict) else {}
        if said is not None or (decided.get("source") == "user" and decided.get("decision") in ("allow", "deny")):
            # A person was asked.
            call["evaluated_permission"] = "ask"
            result = "allow" if said is None and decided["decision"] == "allow" else "deny"
            answer = {"tool_use_id": call["id"], "result": result}
            yield f"{place} confirmation", "user.tool_confirmation", answer | ({"deny_message": said} if said else {})
        elif decided.get("decision") in ("allow", "deny"):
            call["evaluated_permission"] = decided["decision"]
        if said is not None:
            # Their words stand in the confirmation: no tool said them.
            texts = [_DENIED]
        fields = {**_content(texts), "is_error": bool(block.get("is_error"))}
        name, kind = (
            ("mcp_tool_use_id", "agent.mcp_tool_result")
            if call["type"] == "agent.mcp_tool_use"
            else ("tool_use_id", "agent.tool_result")
        )
        yield f"{place} {block.get('type')}", kind, {name: call["id"], **fields}

    def _span(self, line: Json, moment: str) -> None:
        """One model request for each answer, where its first line stands."""
        answer = answer_of(line)
        used = self._usage.get(answer)
        if used is None or answer in self._counted:
            return
        if self._ledger.is_torn and not any(isinstance(count, int) and count for count in used.counts.values()):
            # A fork that begins with a compaction repeats answers with counts of nothing: its parent has them.
            return
        self._counted.add(answer)
        if not line.get("isSidechain"):
            self.model = used.model
        self._ledger.spend(used)
        self._request(answer, used, moment)

    def _counts(self, line: Json) -> None:
        """What the program counted up to here, and no line tells."""
        self._states += 1
        moment = self.events[-1]["processed_at"] if self.events else None
        for number, used in enumerate(self._ledger.unrecorded(line) if moment else ()):
            start = self._request(f"{UNRECORDED} {self.session_id} {self._states} {number}", used, str(moment))
            self.purposes[start] = UNRECORDED

    def _request(self, identity: str, used: Usage, moment: str) -> str:
        """The two events of one model request; gives the id of the first."""
        start = "sevt_" + digest("start", identity)
        self.models[start] = used.model
        if used.hour_tokens:
            self.hour_tokens[start] = used.hour_tokens
        if used.web_searches:
            self.web_searches[start] = used.web_searches
        if used.is_odd:
            self.left_out[ODD_COUNTS] += 1
        end = {"model_request_start_id": start, "model_usage": used.counts, "is_error": False}
        self.events.append({"type": "span.model_request_start", "id": start, "processed_at": moment})
        end_id = "sevt_" + digest("end", identity)
        self.events.append({"type": "span.model_request_end", "id": end_id, "processed_at": moment, **end})
        return start

    def _thread(self, line: Json) -> str:
        """The thread of a sub-agent; empty for the session's own."""
        if not line.get("isSidechain"):
            return ""
        return "sthr_" + digest("thread", f"{self.session_id} {line.get('agentId') or 'sidechain'}")

    def _agent(self, line: Json) -> str:
        return self._agents.get(str(line.get("agentId")), "") or "sub-agent"


def _content(texts: list[str]) -> Json:
    return {"content": [{"type": "text", "text": text} for text in texts]}


def _call(block: Json) -> tuple[str, Json]:
    name, given = str(block.get("name") or "unknown"), block.get("input")
    fields: dict[str, Any] = {"input": given if isinstance(given, dict) else {}, "call": str(block.get("id"))}
    if name.startswith("mcp__") and name.count("__") >= 2:
        _, server, tool = name.split("__", 2)
        return "agent.mcp_tool_use", {"name": tool, "mcp_server_name": server, **fields}
    return "agent.tool_use", {"name": TOOLS.get(name, name), **fields}


def digest(kind: str, identity: str) -> str:
    return "cc" + hashlib.sha256(f"{kind} {identity}".encode()).hexdigest()[:22]
