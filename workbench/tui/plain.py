"""The app as plain lines: labelled, appended, with numbered choices; for screen readers and terminals that redraw nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from workbench.client import paths
from workbench.client.attachments import words_of
from workbench.client.errors import ApiError, EngineAway
from workbench.client.sync import Client
from workbench.contracts import elicitation
from workbench.contracts.call_text import call_line, call_text
from workbench.contracts.evaluation_words import headline
from workbench.text import display
from workbench.text.display import content_text, exact, safe, span
from workbench.text.lines import lines_of
from workbench.tui.state.approvals import rule_text
from workbench.tui.state.rows import Feed, Row, apply_frame, in_order, needing_you
from workbench.tui.state.shell_runs import ShellRun, ran
from workbench.tui.state.task_line import NOTHING_TO_RUN, Task, Unclear, task_of

Json = dict[str, Any]

KINDS = (
    "user.message",
    "agent.message",
    "agent.tool_use",
    "agent.tool_result",
    "agent.mcp_tool_use",
    "agent.mcp_tool_result",
    "agent.custom_tool_use",
    "session.error",
    "user.define_outcome",
    "span.outcome_evaluation_end",
)
SHOWN = 20


class Plain:
    """A conversation with a person through `read` and `write`, one line at a time."""

    def __init__(
        self,
        engine: Client,
        begin: Callable[[Task], str],
        clock: Callable[[], datetime],
        read: Callable[[str], str],
        write: Callable[[str], None],
        folder: str | None = None,
        *,
        is_here: bool = True,
    ) -> None:
        self._engine = engine
        self._begin = begin
        self._clock = clock
        self._read = read
        self._write = write
        self._folder = folder
        self._is_here = is_here
        self._ran: dict[str, list[ShellRun]] = {}

    def run(self) -> None:
        """Until the person leaves; sessions go on."""
        self._write("workbench, plain mode. Leaving stops nothing.")
        try:
            while self._board():
                pass
        except (EOFError, KeyboardInterrupt):
            # The question stands on the line still.
            self._write("")
        self._write("left; sessions go on")

    def _board(self) -> bool:
        try:
            rows, needing = self._rows()
        except (ApiError, EngineAway) as away:
            self._write(f"Error: {away}. `workbench up` starts the engine.")
            return self._read("Enter tries again, q leaves: ").strip() != "q"
        self._write(f"Sessions: {len(rows)}. Needing you: {len(needing)}.")
        for number, row in enumerate(rows, 1):
            self._write(f"{number}. {self._described(row)}")
        said = self._read("Number opens, n new task, Enter refreshes, q leaves: ").strip()
        if said == "q":
            return False
        if said == "n":
            self._guarded(self._new_task)
        elif said.isdecimal() and 1 <= int(said) <= len(rows):
            chosen = rows[int(said) - 1].session_id
            self._guarded(lambda: self._session(chosen))
        elif said:
            self._write(f"Error: {said} is none of the choices")
        return True

    def _rows(self) -> tuple[list[Row], list[Row]]:
        """Every session; those that need a person first, oldest first."""
        feed = Feed()
        for frame in self._engine.stream(paths.FEED):
            feed = apply_frame(feed, frame.name, frame.data)
            if feed.live:
                break
        needing = needing_you(feed.rows)
        return [*needing, *(row for row in in_order(feed.rows) if row not in needing)], needing

    def _described(self, row: Row) -> str:
        moment = row.last_event_at or row.created_at
        ago = span((self._clock() - moment).total_seconds()) + " ago" if moment else ""
        return f"{row.mark.word}: {row.name}, {row.agent}, {row.model}, ${row.cents / 100:.2f}, {ago}. {row.waits_for or row.event}"

    def _guarded(self, doing: Callable[[], None]) -> None:
        try:
            doing()
        except (ApiError, EngineAway, Unclear) as refused:
            self._write(f"Error: {refused}")

    def _new_task(self) -> None:
        if self._folder:
            self._write(f"in {display.folder(self._folder)} (-C DIR for another, -C none for an empty folder)")
        task = task_of(self._read("Task, or ! and a command: "), self._folder, is_here=self._is_here)
        self._folder = task.folder
        session_id = self._begin(task)
        self._write(f"started: {session_id}")
        if task.command:
            self._run(session_id, task.command)
        self._session(session_id)

    # ── one session ──

    def _session(self, session_id: str) -> None:
        query = [*(("types[]", kind) for kind in KINDS), ("order", "desc"), ("limit", str(SHOWN))]
        path = paths.events(session_id)
        shown: set[str] = set()
        while True:
            events = list(reversed(self._engine.get(path, query)["data"]))
            for event in events:
                if event["id"] not in shown and (event.get("processed_at") or event["type"] != "user.message"):
                    shown.add(event["id"])
                    self._write(_line(event))
            state = self._engine.get(paths.own(session_id, "state"))
            self._write(f"status: {'waiting for you' if state['waiting_for'] else state['status']}")
            calls = [event for event in events if event["id"] in state["waiting_for"]]
            if not self._turn(session_id, calls):
                return

    def _turn(self, session_id: str, calls: Sequence[Json]) -> bool:
        questions = [call for call in calls if elicitation.is_question(call)]
        if questions:
            return self._reply(session_id, questions[0])
        answerable = [call for call in calls if call["type"] != "agent.custom_tool_use"]
        if answerable:
            return self._ask(session_id, answerable[0])
        said = self._read("Text sends, ! runs a command, Enter refreshes, i interrupts, b goes back: ").strip()
        if said == "b":
            return False
        if said == "i":
            self._send(session_id, {"type": "user.interrupt"})
        elif said.startswith("!"):
            self._run(session_id, said[1:].strip())
        elif said:
            text = "\n\n".join([*(one.message for one in self._ran.pop(session_id, [])), said])
            self._send(session_id, {"type": "user.message", "content": [{"type": "text", "text": text}]})
        return True

    def _run(self, session_id: str, command: str) -> None:
        """Run a person's own command in the sandbox; the agent is told of it with the next message."""
        if not command:
            self._write(f"Error: {NOTHING_TO_RUN}")
            return
        answer = self._engine.post(paths.own(session_id, "command"), {"command": command})
        done = ran(command, answer)
        self._ran.setdefault(session_id, []).append(done)
        self._write(f"you ran{' and it failed' * done.failed}: {safe(command)}")
        for printed in lines_of(safe(done.output)):
            self._write(f"  {printed}")

    def _ask(self, session_id: str, call: Json) -> bool:
        self._write(f"Approval needed: {exact(call['name'])}")
        for line in lines_of(call_text(call)):
            self._write(f"  {line}")
        rule = self._explain(session_id, call)
        always = ", 4 always allow in this session" if rule else ""
        said = self._read(f"1 allow, 2 deny, 3 deny and say why{always}, b goes back: ").strip()
        if said == "b":
            return False
        if said == "4" and rule:
            self._engine.post(paths.RULES, {**rule, "session": session_id})
            said = "1"
        if said not in ("1", "2", "3"):
            self._write(f"Error: {said or 'nothing'} is none of the choices")
            return True
        answer: Json = {"type": "user.tool_confirmation", "tool_use_id": call["id"]}
        answer["result"] = "allow" if said == "1" else "deny"
        if said == "3":
            answer["deny_message"] = self._read("Why: ").strip() or "no"
        self._send(session_id, answer)
        self._write("allowed" if said == "1" else "denied")
        return True

    def _reply(self, session_id: str, call: Json) -> bool:
        """Answer what a server asks."""
        for line in lines_of(call_text(call)):
            self._write(f"  {line}")
        said = self._read("1 answer, 2 decline, b goes back: ").strip()
        if said in ("1", "2"):
            fields = elicitation.fields(call["input"]) if said == "1" else []
            given = {field.name: self._read(f"{exact(field.name)}: ").strip() for field in fields}
            text = json.dumps(given, ensure_ascii=False) if said == "1" else None
            self._send(session_id, elicitation.answer_event(call["id"], text))
            self._write("answered" if said == "1" else "declined")
        elif said != "b":
            self._write(f"Error: {said or 'nothing'} is none of the choices")
        return said != "b"

    def _explain(self, session_id: str, call: Json) -> Json | None:
        """Say why it asks, what it could do and where; the narrowest rule that would allow it for good."""
        explanation = self._engine.get(paths.own(session_id, f"calls/{call['id']}"))
        if explanation["risks"]:
            self._write(f"Risk: {safe(', '.join(explanation['risks']))}")
        self._write(f"Where: {safe(', '.join(explanation['where']))}")
        self._write(f"Asked because {safe(explanation['why'])}")
        rule: Json | None = next(iter(explanation["offers"]), None)
        if rule:
            self._write(f"Always allowing would add the rule: {exact(rule_text(rule))}")
        return rule

    def _send(self, session_id: str, event: Json) -> None:
        self._engine.post(paths.events(session_id), {"events": [event]})


def _line(event: Json) -> str:
    """One event, labelled."""
    match event["type"]:
        case "user.message":
            return f"you: {safe(words_of(event['content']))}"
        case "agent.message":
            return f"agent: {safe(content_text(event['content']))}"
        case "agent.tool_result" | "agent.mcp_tool_result":
            said = lines_of(safe(words_of(event.get("content"))).strip())
            return f"{'tool failed' if event.get('is_error') else 'tool result'}: {said[-1] if said else '(no output)'}"
        case "session.error":
            return f"error: {safe(event['error']['message'])}"
        case "user.define_outcome" | "span.outcome_evaluation_end":
            return f"goal: {safe(headline(event))}"
    return f"tool: {exact(event['name'])} {call_line(event)}"
