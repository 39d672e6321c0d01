"""Previews: answers in the making and what is going on, so that a late follower hears them from their beginning."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts.values import Entry, Preview, ToolOutput, WorkProgress
from workbench.events import DeltaEvent, StartEvent

MOST_PIECES_OF_A_LINE: Final = 60
MOST_CHARACTERS_OF_A_LINE: Final = 160
LINES_WITH_A_PERCENTAGE: Final = 3
"""Of the end of an output: programs print a line or two between two of their percentages."""

_PERCENTAGE: Final = re.compile(r"(?<![\d.,])(\d{1,3})(?:\.\d+)?\s?%")

Place = tuple[str, str | None]
"""A session, and its child thread where it is one's."""


@dataclass
class Unfinished:
    """One message or thought on its way: how it was begun, and its text so far in pieces, each with its block's number."""

    session_id: str
    start: StartEvent
    pieces: list[tuple[int, str]] = field(default_factory=list)
    thread_id: str | None = None

    @property
    def id(self) -> str:
        return self.start.event.id

    @property
    def parts(self) -> int:
        """The start counts as one."""
        return 1 + len(self.pieces)

    def since(self, heard: int) -> Iterator[Preview]:
        """What comes after the first `heard` parts, with one delta for each block."""
        if not heard:
            yield Preview(self.session_id, self.start, self.thread_id)
        joined: dict[int, list[str]] = {}
        for index, text in self.pieces[max(0, heard - 1) :]:
            joined.setdefault(index, []).append(text)
        for index, texts in joined.items():
            delta = {"type": "content_delta", "index": index, "content": {"type": "text", "text": "".join(texts)}}
            body = {"type": "event_delta", "event_id": self.id, "delta": delta}
            yield Preview(self.session_id, DeltaEvent.model_validate(body), self.thread_id)


@dataclass(frozen=True)
class Newest:
    """What is always told whole, of which only the newest counts: a running call's output, what a session waits for."""

    id: str
    preview: Preview
    parts: int
    """Grows from one to the next of the same id."""

    def since(self, heard: int) -> Iterator[Preview]:
        """It, where only older ones were heard."""
        if heard < self.parts:
            yield self.preview


class LivePreviews:
    """The unfinished answers and the running calls of all sessions; in memory, as what is not finished is not kept."""

    def __init__(self) -> None:
        self._unfinished: dict[Place, dict[str, Unfinished | Newest]] = {}
        self._numbers = itertools.count(1)

    def of(self, session_id: str, thread_id: str | None = None) -> list[Unfinished | Newest]:
        return list(self._unfinished.get((session_id, thread_id), {}).values())

    def saying(self, session_id: str) -> str | None:
        """The last words of what an agent is saying, for a line of a list."""
        open_ones = [one for one in self.of(session_id) if isinstance(one, Unfinished)]
        texts = [text for one in open_ones for _, text in one.pieces[-MOST_PIECES_OF_A_LINE:]]
        return "".join(texts).strip()[-MOST_CHARACTERS_OF_A_LINE:] or None

    def progress(self, session_id: str) -> WorkProgress | None:
        """What a session waits for."""
        passing = (one.preview.event for one in self.of(session_id) if isinstance(one, Newest))
        return next((one for one in passing if isinstance(one, WorkProgress)), None)

    def percent(self, session_id: str) -> int | None:
        """How far what the session waits for says it is, or the call that printed a percentage last."""
        if (waits := self.progress(session_id)) is not None:
            return percentage(waits.text)
        running = [one for one in self.of(session_id) if isinstance(one, Newest)]
        for one in sorted(running, key=lambda one: one.parts, reverse=True):
            printed = one.preview.event
            # How far a person's own command is says nothing of the agent's work.
            if not isinstance(printed, ToolOutput) or printed.command:
                continue
            if (found := percentage(printed.text)) is not None:
                return found
        return None

    def take(self, preview: Preview) -> Unfinished | Newest | None:
        """What the preview is a part of; None for a delta without a start."""
        open_ones = self._unfinished.setdefault((preview.session_id, preview.thread_id), {})
        event = preview.event
        if isinstance(event, ToolOutput | WorkProgress):
            newest = Newest(id_of(preview), preview, next(self._numbers))
            open_ones[newest.id] = newest
            if event.is_over if isinstance(event, ToolOutput) else not event.text:
                del open_ones[newest.id]
            return newest
        if event.type == "event_start":
            begun = open_ones[event.event.id] = Unfinished(preview.session_id, event, thread_id=preview.thread_id)
            return begun
        unfinished = open_ones.get(event.event_id)
        if not isinstance(unfinished, Unfinished):
            return None
        unfinished.pieces.append((event.delta.index or 0, event.delta.content.text))
        return unfinished

    def ended(self, entry: Entry) -> None:
        """The finished event takes its preview's place, and a call's result that of its output; the end of the request that
        made answers ends all of them."""
        place = entry.session_id, entry.thread_id
        open_ones = self._unfinished.get(place)
        if open_ones is None:
            return
        if entry.event.type == "span.model_request_end":
            for one in [one for one in open_ones.values() if isinstance(one, Unfinished)]:
                del open_ones[one.id]
        else:
            open_ones.pop(_answered_by(entry), None)
        if not open_ones:
            del self._unfinished[place]

    def forget(self, session_id: str) -> None:
        self._unfinished = {place: open_ones for place, open_ones in self._unfinished.items() if place[0] != session_id}


def id_of(preview: Preview) -> str:
    """The id of what a preview is a part of."""
    match preview.event:
        case ToolOutput(tool_use_id):
            return tool_use_id
        case WorkProgress():
            return preview.event.type
        case StartEvent():
            return preview.event.event.id
        case DeltaEvent():
            return preview.event.event_id


def percentage(printed: str) -> int | None:
    """The last percentage in the last lines of an output, up to 100."""
    lines = [line for line in printed.split("\n") if line.strip()]
    for line in reversed(lines[-LINES_WITH_A_PERCENTAGE:]):
        if found := [int(number) for number in _PERCENTAGE.findall(line) if int(number) <= 100]:
            return found[-1]
    return None


def _answered_by(entry: Entry) -> str:
    """The id under which the entry's preview was open."""
    match entry.event.type:
        case "agent.tool_result":
            return entry.event.tool_use_id
        case "agent.mcp_tool_result":
            return entry.event.mcp_tool_use_id
    return entry.event.id
