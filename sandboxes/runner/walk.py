"""Searches files for a regular expression where ripgrep is missing: a program of its own, so that it can be killed."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LIMIT = 50_000
LINE_LIMIT_BYTES = 2000
"""A longer line is skipped: the pattern is the model's, and Python's `re` backtracks."""
SNIFF_BYTES = 512
SKIPPED_FOLDERS = (".git", "node_modules")


def main(pattern: str, place: Path) -> int:
    """Print `path:line:text` for every match; exit codes are ripgrep's: 0 matches, 1 none, 2 an error."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        sys.stderr.write(f"invalid regex: {error}")
        return 2
    matched = False
    for file in files(place):
        for line in matching_lines(expression, file):
            matched = True
            sys.stdout.buffer.write(line.encode("utf-8", "surrogateescape") + b"\n")
    return 0 if matched else 1


def files(place: Path) -> Iterator[Path]:
    """Regular files below `place`, links not followed."""
    if place.is_file():
        yield place
        return
    seen = 0
    for folder, folders, names in os.walk(place):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            file = Path(folder, name)
            if file.is_symlink() or not file.is_file():
                continue
            seen += 1
            if seen > FILE_LIMIT:
                return
            yield file


def matching_lines(expression: re.Pattern[str], file: Path) -> Iterator[str]:
    """The matching lines of a text file; nothing of one that is binary or cannot be read."""
    try:
        with file.open("rb") as content:
            if b"\x00" in content.read(SNIFF_BYTES):
                return
            content.seek(0)
            for number, raw in enumerate(content, 1):
                if len(raw) > LINE_LIMIT_BYTES:
                    continue
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                if expression.search(line):
                    yield f"{file}:{number}:{line}"
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
