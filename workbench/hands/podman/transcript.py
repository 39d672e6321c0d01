"""What a pull or a build says while it works: sentences of progress now and then, and its last words when it fails."""

from __future__ import annotations

import re
import time
from collections import deque

from workbench.contracts.values import Progress
from workbench.text.display import line as one_line

REST_S = 2.0
"""Between two sentences about the same step: each of them is written down and sent to whoever watches."""
LINE_CHARACTERS = 120
SAID_CHARACTERS = 600
_LAST_LINES = 6
_NOISE = (
    "STEP ", "subprocess exited", "--> ", "COMMIT ", "Getting image source", "Copying ", "Writing manifest", "Storing signatures",
    "Successfully tagged",
)  # fmt: skip
"""Lines of Podman's own, which say nothing that the failed program did not."""


class Transcript:
    """Takes lines in the thread of the call; read by others when the call has ended."""

    def __init__(self, progress: Progress, doing: str, step: str) -> None:
        """`doing` begins each sentence; `step` is the pattern of the lines that begin a step, with its name in a group."""
        self.step = ""
        self._progress = progress
        self._doing = doing
        self._begins_step = re.compile(step)
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._told_at = time.monotonic()

    def __call__(self, text: str) -> None:
        if begun := self._begins_step.match(text):
            self.step = begun[1]
            self._tell(self.step)
        elif text.strip() and not text.startswith(_NOISE):
            self._last.append(text)
            if time.monotonic() - self._told_at > REST_S:
                label = self.step.partition(": ")[0]
                self._tell(f"{label}: {text}" if label else text)

    def last_words(self, *more: str) -> str:
        """The last lines that were no step, and what Podman said more."""
        said = [*self._last, *more][-_LAST_LINES:]
        return " ".join(" ".join(said).split())[-SAID_CHARACTERS:]

    def _tell(self, text: str) -> None:
        self._told_at = time.monotonic()
        self._progress(f"{self._doing}: {one_line(text, LINE_CHARACTERS)} …")
