"""What sessions wait for before their calls can run: told to their followers and lists while it lasts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime

from workbench.contracts.log import SessionLog
from workbench.contracts.values import Clock, Preview, Progress, WorkProgress


class SessionProgress:
    """Lines that change: of one session the newest counts, and tells since when it has waited.

    What a machine prepares for sandboxes, it prepares for all sessions that begin one at that moment.
    """

    def __init__(self, log: SessionLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._starting: dict[str, datetime] = {}
        self._sentence = ""

    @contextlib.contextmanager
    def waiting(self, session_id: str) -> Iterator[Progress]:
        """Gives what to tell sentences to; when it is left, the session waits no more."""
        since = self._clock()
        try:
            yield lambda sentence: self._tell(session_id, sentence, since)
        finally:
            self._tell(session_id, "", since)

    @contextlib.contextmanager
    def starting(self, session_id: str) -> Iterator[None]:
        """The session's sandbox is being started, and waits for what `preparing` says meanwhile."""
        with self.waiting(session_id) as tell:
            self._starting[session_id] = self._clock()
            if self._sentence:
                tell(self._sentence)
            try:
                yield
            finally:
                del self._starting[session_id]

    def preparing(self, sentence: str) -> None:
        """What is done for sandboxes; a sentence that ends in … goes on until the next one."""
        self._sentence = sentence if sentence.endswith("…") else ""
        for session_id, since in self._starting.items():
            self._tell(session_id, self._sentence, since)

    def _tell(self, session_id: str, sentence: str, since: datetime) -> None:
        self._log.preview(Preview(session_id, WorkProgress(sentence, since)))
