"""What a running call prints, as lines that come once each, from the ends of its output that its session's stream tells."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.text.lines import lines_of


class PrintedLines:
    """The lines of one call; where the stream has skipped some, a line says how many."""

    def __init__(self) -> None:
        self._given = 0
        self._begun = ""
        self.last = ""
        """The line that was given last."""

    def take(self, text: str, lines_before: int) -> Iterator[str]:
        """The lines that are whole now and were not before."""
        if lines_before > self._given:
            yield f"… {lines_before - self._given:,} lines"
            self._given = lines_before
        whole, _, self._begun = text.rpartition("\n")
        lines = lines_of(f"{whole}\n") if whole or text.startswith("\n") else []
        for line in lines[self._given - lines_before :]:
            self.last = line
            yield line
        self._given = max(self._given, lines_before + len(lines))

    def end(self) -> Iterator[str]:
        """The last line, where nothing ended it."""
        if self._begun:
            self.last = self._begun
            yield self._begun
