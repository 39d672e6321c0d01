"""Previews: answers in the making, so that a late follower hears them from their beginning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts.values import Entry, Preview
from workbench.events import DeltaEvent, StartEvent

MOST_PIECES_OF_A_LINE: Final = 60
MOST_CHARACTERS_OF_A_LINE: Final = 160

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


class LivePreviews:
    """The unfinished answers of all sessions; in memory, as what is not finished is not kept."""

    def __init__(self) -> None:
        self._unfinished: dict[Place, dict[str, Unfinished]] = {}

    def of(self, session_id: str, thread_id: str | None = None) -> list[Unfinished]:
        return list(self._unfinished.get((session_id, thread_id), {}).values())

    def saying(self, session_id: str) -> str | None:
        """The last words of what an agent is saying, for a line of a list."""
        texts = [text for one in self.of(session_id) for _, text in one.pieces[-MOST_PIECES_OF_A_LINE:]]
        return "".join(texts).strip()[-MOST_CHARACTERS_OF_A_LINE:] or None

    def take(self, preview: Preview) -> Unfinished | None:
        """What the preview is a part of; None for a delta without a start."""
        open_ones = self._unfinished.setdefault((preview.session_id, preview.thread_id), {})
        event = preview.event
        if event.type == "event_start":
            open_ones[event.event.id] = Unfinished(preview.session_id, event, thread_id=preview.thread_id)
            return open_ones[event.event.id]
        if (unfinished := open_ones.get(event.event_id)) is not None:
            content = event.delta.content
            unfinished.pieces.append((event.delta.index or 0, content.text))
        return unfinished

    def ended(self, entry: Entry) -> None:
        """The finished event takes its preview's place; the end of the request that made them ends all."""
        place = entry.session_id, entry.thread_id
        if entry.event.type == "span.model_request_end":
            self._unfinished.pop(place, None)
        elif place in self._unfinished:
            self._unfinished[place].pop(entry.event.id, None)

    def forget(self, session_id: str) -> None:
        self._unfinished = {place: open_ones for place, open_ones in self._unfinished.items() if place[0] != session_id}
