"""Events of one session as they were read so far: the newest last, older ones by pages, some unfolded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Json = dict[str, Any]

PAGE: Final = 200


@dataclass(frozen=True)
class EventLog:
    """What is known of a log; `older_page` is the cursor of the page before, "" where there is none."""

    events: tuple[Json, ...] = ()
    older_page: str = ""
    is_read: bool = False

    def with_newest(self, page: Json) -> EventLog:
        """After the newest page was read, which holds the newest first: what is new goes behind what is known; where there is
        a gap between the two, only the page counts."""
        newest: Sequence[Json] = page["data"][::-1]
        fresh = {event["id"]: event for event in newest}
        kept = [event for event in self.events if event["id"] not in fresh]
        if len(kept) == len(self.events):
            return EventLog(tuple(newest), page.get("next_page") or "", is_read=True)
        return replace(self, events=(*kept, *newest), is_read=True)

    def with_older(self, page: Json) -> EventLog:
        """After the page before the oldest known event was read."""
        known = {event["id"] for event in self.events}
        older = [event for event in page["data"][::-1] if event["id"] not in known]
        return replace(self, events=(*older, *self.events), older_page=page.get("next_page") or "")
