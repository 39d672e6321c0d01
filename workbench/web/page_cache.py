"""Pages that a session fetched a moment ago: reading on in one, or reading it again, asks nobody."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from workbench.web.fetching import Page

KEPT_S: Final = 15 * 60.0
MOST_BYTES: Final = 64 << 20


class PageCache:
    """Of all sessions together; the oldest pages go first."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pages: OrderedDict[tuple[str, str], tuple[float, Page]] = OrderedDict()

    def page(self, session_id: str, url: str) -> Page | None:
        self._tidy()
        kept = self._pages.get((session_id, url))
        return None if kept is None else kept[1]

    def keep(self, session_id: str, url: str, page: Page) -> None:
        self._pages[session_id, url] = self._clock(), page
        self._pages.move_to_end((session_id, url))
        self._tidy()

    def _tidy(self) -> None:
        size = sum(len(page.content) for _, page in self._pages.values())
        for key, (kept_at, page) in list(self._pages.items()):
            if size > MOST_BYTES or self._clock() - kept_at > KEPT_S:
                del self._pages[key]
                size -= len(page.content)
