"""Searches files for a regular expression where ripgrep is missing: a program of its own, so that it can be killed."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FILE_LIMIT = 50_000
LINE_LIMIT_BYTES = 2000
"""A longer line is skipped: the pattern is the model's, and Python's `re` backtracks."""
SNIFF_BYTES = 512
MOST_FAULTS = 20


class Walk:
    """One search; what it left out is counted."""

    def __init__(self, expression: re.Pattern[str], others: frozenset[str], skipped: frozenset[str]) -> None:
        self._expression = expression
        self._others = others
        self._skipped = skipped
        self._faults: list[str] = []
        self._left_out: Counter[str] = Counter()

    def lines(self, place: Path) -> Iterator[str]:
        """`path:line:text` for every match."""
        for file in self._files(place):
            try:
                yield from self._matching(file)
            except OSError as error:
                self._fault(error)

    def _fault(self, error: OSError) -> None:
        self._faults.append(f"{error.filename}: {(error.strerror or 'i/o error').lower()}")

    def notes(self) -> list[str]:
        """What was not searched, a line each."""
        more = len(self._faults) - MOST_FAULTS
        unread = [f"{more:,} other files and folders"] if more > 0 else []
        return self._faults[:MOST_FAULTS] + unread + [f"{count:,} {what}" for what, count in self._left_out.items()]

    def _files(self, place: Path) -> Iterator[Path]:
        """Regular files below `place`, links not followed, folders of others last."""
        if place.is_file():
            yield place
            return
        seen, tops = 0, [place]
        for top in tops:
            for folder, folders, names in os.walk(top, onerror=self._fault):
                if top is place:
                    tops += [Path(folder, name) for name in sorted(folders) if name in self._others]
                    folders[:] = [name for name in folders if name not in self._others]
                folders[:] = sorted(name for name in folders if name not in self._skipped)
                for name in sorted(names):
                    file = Path(folder, name)
                    if file.is_symlink() or not file.is_file():
                        continue
                    seen += 1
                    if seen > FILE_LIMIT:
                        self._left_out[f"or more files beyond the first {FILE_LIMIT:,}"] += 1
                        return
                    yield file

    def _matching(self, file: Path) -> Iterator[str]:
        """The matching lines of a text file; one that is binary, a line that is too long or no UTF-8 is counted."""
        is_other = False
        with file.open("rb") as content:
            if b"\x00" in content.read(SNIFF_BYTES):
                self._left_out["binary files"] += 1
                return
            content.seek(0)
            for number, raw in enumerate(content, 1):
                if len(raw) > LINE_LIMIT_BYTES:
                    self._left_out[f"lines longer than {LINE_LIMIT_BYTES:,} bytes"] += 1
                    continue
                try:
                    line = raw.decode("utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    line, is_other = raw.decode("utf-8", "backslashreplace").rstrip("\r\n"), True
                if self._expression.search(line):
                    yield f"{file}:{number}:{line}"
        if is_other:
            self._left_out["files with bytes that are no UTF-8, which match as \\xNN"] += 1


def main(pattern: str, place: Path, others: str = "", skipped: str = "") -> int:
    """Print every match, and what was left out as errors; exit codes are ripgrep's: 0 matches, 1 none, 2 an error."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        sys.stderr.write(f"invalid regex: {error}")
        return 2
    walk = Walk(expression, frozenset(others.split("/")), frozenset(skipped.split("/")))
    matched = False
    for line in walk.lines(place):
        matched = True
        sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape") + b"\n")
    sys.stderr.write("\n".join(walk.notes()))
    return 0 if matched else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:5]))
