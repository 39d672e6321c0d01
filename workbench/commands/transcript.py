"""A session's events as lines for a person: text as it comes, a tool call in a line, what waits for an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from workbench.client.attachments import MARK, attached, words_of
from workbench.commands import surface
from workbench.commands.printed_lines import PrintedLines
from workbench.commands.surface import Json, paint
from workbench.contracts.call_text import call_line
from workbench.contracts.evaluation_words import headline, judged_in
from workbench.contracts.notices import told_in
from workbench.contracts.replaced_calls import replacement_of
from workbench.contracts.thread_words import ThreadWords
from workbench.contracts.tools import BASH, path_of
from workbench.text.display import content_text, exact, line, safe
from workbench.text.lines import lines_of

SHORT_ID = 6
MOST_MESSAGE_LINES: Final = 12
"""Of a message between agents."""
MOST_END_LINES: Final = 5
"""Of what a command printed before it was told."""
_RETRIED = frozenset({"model_overloaded_error", "model_rate_limited_error", "model_request_failed_error"})
_SLOW_S = 1.0
_NUMBERS: Final = re.compile(r"\d[\d.,]*")


class Transcript:
    """Prints frames of one session's stream; previews first, then what the finished message adds to them.

    `ids` puts the end of its event's id before each line that other commands may be told of.
    """

    def __init__(self, *, users: bool = False, ids: bool = False) -> None:
        self._users = users
        self._ids = ids
        self._shown: dict[str, str] = {}
        self._heard: dict[str, str] = {}
        self._calls: dict[str, Json] = {}
        self._answered_at: dict[str, str] = {}
        self._replaced: set[str] = set()
        self._open_line = False
        self._is_changing = False
        """Whether the open line is written again and again."""
        self._printed: dict[str, PrintedLines] = {}
        self._held: list[Json] = []
        self._progress_words = ""
        self._words = ThreadWords()

    @property
    def _is_saying(self) -> bool:
        return self._open_line and not self._is_changing

    def show(self, event: Json) -> None:
        """Print what this event means to a person; most kinds mean nothing."""
        match event["type"]:
            case "engine.tool_output" | "agent.tool_result" if self._is_saying:
                # What comes of a call while a message is on its way stands behind the message, not in it.
                self._held.append(event)
            case "event_start":
                # A stream that begins in the middle of a message, also one that begins anew, tells all of it so far.
                self._heard[event["event"]["id"]] = ""
            case "event_delta" if event["event_id"] in self._heard:
                self._text(event["event_id"], event["delta"]["content"]["text"])
            case "agent.message":
                self._message(event)
            case "agent.tool_use" | "agent.custom_tool_use" | "agent.mcp_tool_use":
                self._calls[event["id"]] = event
                mark = paint("?" if event.get("evaluated_permission") == "ask" else "→", "cyan")
                # A call of a child stands here where it waits for a person.
                thread = event.get("session_thread_id")
                by = f"{exact(self._words.agent(thread))} asks: " if thread else ""
                self._line(f"{self._id(event)}{mark} {by}{paint(exact(event['name']), 'bold')} {call_line(event)}")
            case "user.tool_confirmation" if event.get("processed_at"):
                # Waiting for a person is no duration.
                self._answered_at[event["tool_use_id"]] = event["processed_at"]
                self._say_replaced(event)
            case "agent.tool_result" | "agent.mcp_tool_result":
                self._result(event, event.get("tool_use_id") or event["mcp_tool_use_id"])
            case "user.message" if self._users and event.get("processed_at"):
                self._line(self._id(event) + paint("› ", "blue") + words_of(event.get("content")))
            case "user.interrupt" | "system.message" if event.get("processed_at"):
                self._note(event)
            case "session.error":
                self._error(event["error"])
            case "span.model_request_end" | "session.status_idle" | "session.status_terminated":
                self._end_line()
            case _:
                self._aside(event)

    def _note(self, event: Json) -> None:
        if event["type"] == "user.interrupt":
            self._line(paint("■ interrupted", "yellow"))
        elif (told := told_in(event["content"])) is not None:
            self._line(f"{self._id(event)}{paint('⚙', 'cyan')} {told}")

    def _aside(self, event: Json) -> None:
        if event["type"] in ("engine.tool_output", "engine.progress"):
            self._passing(event)
        elif (told := self._words.told(event)) is not None:
            lines = lines_of(exact(told.text).strip())[:MOST_MESSAGE_LINES]
            head = f"{told.head}:" if lines else told.head
            self._line(self._id(event) + paint(line(exact(head), 300), "red" if told.failed else "cyan"))
            self._print(line(one, 300) for one in lines)
        else:
            self._evaluation(event)

    def _evaluation(self, event: Json) -> None:
        """An outcome, or a round of it with the criteria that failed."""
        is_goal = event["type"] == "user.define_outcome"
        said = headline(event)
        if not said or (is_goal and not self._users):
            # Who set it has it before their eyes.
            return
        said = f"goal: {said}" if is_goal else said
        is_bad = event.get("result") not in (None, "satisfied")
        self._line(f"{self._id(event)}{paint('◎', 'yellow' if is_bad else 'cyan')} {line(exact(said), 300)}")
        for one in judged_in(event.get("explanation") or ""):
            if not one.passed:
                gap = line(exact(one.gap.strip().split("\n")[0]), 200)
                self._line(
                    f"  {paint('✗', 'red')} {one.number} {line(exact(one.text), 200)} {paint(f'— {gap}', 'dim')}"
                )

    def _passing(self, event: Json) -> None:
        """What goes on meanwhile, and is no event of the session."""
        if event.get("command"):
            # A person's own command: who ran it sees it.
            return
        if event["type"] == "engine.tool_output":
            printed = self._printed.setdefault(event["tool_use_id"], PrintedLines())
            self._print(printed.take(event["text"], event["lines_before"]))
        elif event["text"]:
            self._progress(event["text"])

    def _progress(self, text: str) -> None:
        """One line that changes; in a pipe, its first words: not how far it is, which stands behind a colon or is a number."""
        if surface.can_rewrite():
            if not self._is_changing:
                self._end_line()
            surface.rewrite(text, "dim")
            self._open_line = self._is_changing = True
        elif (words := _NUMBERS.sub("", text.partition(": ")[0].rstrip(" …"))) != self._progress_words:
            self._line(paint(text, "dim"))
            self._progress_words = words

    def _print(self, lines: Iterable[str]) -> None:
        for printed in lines:
            self._line(f"  {paint(printed, 'dim')}")

    def end(self) -> None:
        """Nothing more comes for now: what has no end yet ends here."""
        self._end_line()
        for printed in self._printed.values():
            self._print(printed.end())

    def _text(self, event_id: str, text: str) -> None:
        heard = self._heard[event_id] = self._heard[event_id] + text
        shown = self._shown.get(event_id, "")
        if len(heard) > len(shown):
            self._end_changing()
            surface.out(heard[len(shown) :], end="")
            self._shown[event_id] = heard
            self._open_line = True

    def _message(self, event: Json) -> None:
        text = words_of(event["content"])
        shown = self._shown.pop(event["id"], "")
        self._heard.pop(event["id"], None)
        self._end_changing()
        if not shown:
            self._end_line()
            surface.out(self._id(event), end="")
        surface.out(text[len(shown) :] if text.startswith(shown) else "\n" + text)
        self._open_line = False
        self._end_line()

    def _id(self, event: Json) -> str:
        return paint(event["id"][-SHORT_ID:], "dim") + " " if self._ids else ""

    def _result(self, event: Json, call_id: str) -> None:
        if call_id in self._replaced:
            return
        call = self._calls.pop(call_id, None)
        begun = self._answered_at.pop(call_id, call["processed_at"] if call else None)
        seconds = _seconds_between(begun, event["processed_at"]) if begun else 0.0
        printed = self._printed.pop(call_id, PrintedLines())
        self._print(printed.end() if printed.last else _unprinted(call, event))
        if event.get("is_error"):
            last = _last_line(content_text(event.get("content")))
            self._line(f"  {paint('✗', 'red')} {'' if last == line(printed.last) else last}".rstrip())
        elif seconds >= _SLOW_S:
            self._line(f"  {paint('✓', 'green')} {seconds:.1f} s")
        name = (path_of(call["name"], call["input"]) or "").rpartition("/")[2] if call else ""
        for one in attached(event.get("content"), name):
            self._line(f"  {MARK} {one.line}")

    def _say_replaced(self, confirmation: Json) -> None:
        """What a person ran in place of a call; that the call itself was denied is then no failure."""
        if (instead := replacement_of(confirmation)) is None:
            return
        self._calls.pop(confirmation["tool_use_id"], None)
        self._replaced.add(confirmation["tool_use_id"])
        ran = paint("✗" if instead.failed else "✓", "red" if instead.failed else "green")
        self._line(f"  {ran} you ran instead: {line(exact(instead.command))}")

    def _error(self, error: Json) -> None:
        is_retried = error["type"] in _RETRIED and error.get("retry_status", {}).get("type") == "retrying"
        note = " (trying again)" if is_retried else ""
        self._line(f"{paint('!', 'red')} {error['message']}{note}")

    def _line(self, text: str) -> None:
        self._end_line()
        surface.out(text)

    def _end_line(self) -> None:
        if self._open_line:
            surface.out()
        self._open_line = self._is_changing = False
        held, self._held = self._held, []
        for event in held:
            self.show(event)

    def _end_changing(self) -> None:
        if self._is_changing:
            self._end_line()


def _unprinted(call: Json | None, result: Json) -> list[str]:
    """The end of an output that came too soon to be told while it came: of a command, and of any call that failed."""
    is_error = bool(result.get("is_error"))
    if not is_error and (call is None or call["name"] != BASH.name):
        return []
    lines = lines_of(safe(content_text(result.get("content"))).strip("\n"))
    # The last line of a failure stands behind its mark.
    lines = lines[:-1] if is_error else lines
    more = len(lines) - MOST_END_LINES
    return [
        *([f"… {more:,} line{'s' * (more > 1)}"] if more > 0 else []),
        *(line(one, 300) for one in lines[-MOST_END_LINES:]),
    ]


def _last_line(text: str) -> str:
    lines = lines_of(safe(text).strip())
    return line(lines[-1] if lines else "(no output)")


def _seconds_between(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
