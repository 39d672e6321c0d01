"""Output of one command: its end in memory, and the whole in a file once it is longer than what is told."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from sandboxes.runner import screen

OUTPUT_LIMIT_BYTES = 100 * 1024
"""How much is told."""
TAIL_LIMIT_BYTES = 1 << 20
"""How much is remembered: progress that is folded away takes no room from what is told."""
FILE_LIMIT_BYTES = 64 << 20
LONGEST_SECRET_BYTES = 4 << 10
"""Of a line that is longer than any secret, the end is told although its beginning is not."""


class KeptOutput:
    """Takes bytes; tells the last of them as text, and where the others are."""

    def __init__(
        self, folder: Path, *, tail_limit_bytes: int = TAIL_LIMIT_BYTES, file_limit_bytes: int = FILE_LIMIT_BYTES
    ) -> None:
        self._tail_limit_bytes, self._file_limit_bytes = tail_limit_bytes, file_limit_bytes
        self.tail = bytearray()
        self.passed_lines = 0
        """How many lines ended in what was in `tail` and is no longer."""
        self._folder = folder
        self.passed_bytes = 0
        """What was in `tail` and is no longer."""
        self._file: BinaryIO | None = None
        self._path = folder / f"bash-{secrets.token_hex(8)}.txt"
        self._in_file_bytes = 0

    def shorten(self, spare_bytes: int) -> None:
        """Let the first bytes go from memory; the last `spare_bytes` may not be the command's."""
        if (excess := len(self.tail) - self._tail_limit_bytes - spare_bytes) > 0:
            self._write(bytes(self.tail[:excess]))
            self.passed_lines += self.tail.count(b"\n", 0, excess)
            del self.tail[:excess]
            self.passed_bytes += excess

    def text(self) -> str:
        """The last 102,400 bytes, from the beginning of a line on, without colours and trailing newlines; bytes that are no UTF-8 are escaped."""
        said = screen.shown(self.tail.decode("utf-8", "backslashreplace")).rstrip("\n").encode("utf-8", "surrogatepass")
        if not self.passed_bytes and len(said) <= OUTPUT_LIMIT_BYTES:
            return said.decode("utf-8", "surrogatepass")
        self._write(bytes(self.tail))
        self.close()
        told = _whole_lines(said)
        whole = self.passed_bytes + len(self.tail)
        shown = told.decode("utf-8", "ignore")
        return f"[output truncated: the last {len(told):,} of {whole:,} bytes follow; {self.where(whole)}]\n{shown}"

    def where(self, whole_bytes: int) -> str:
        """In which file the first `whole_bytes` are, as far as they could be kept."""
        if self._in_file_bytes == whole_bytes:
            return f"all of them are in {self._path}"
        if self._in_file_bytes:
            return f"the first {self._in_file_bytes:,} are in {self._path}"
        return "the others could not be kept"

    def _write(self, more: bytes) -> None:
        if self._in_file_bytes != self.passed_bytes:
            # Full, or it could not be written to.
            return
        with contextlib.suppress(OSError):
            if self._file is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", 0)
            self._in_file_bytes += self._file.write(more[: self._file_limit_bytes - self._in_file_bytes])

    def close(self) -> None:
        """Nothing more is written."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()


def _whole_lines(said: bytes) -> bytes:
    """The end that is told; the rest of a line whose beginning is not told could be the half of a secret, which nobody would know."""
    if len(said) <= OUTPUT_LIMIT_BYTES:
        return said
    told = said[-OUTPUT_LIMIT_BYTES:]
    if said[-OUTPUT_LIMIT_BYTES - 1 : -OUTPUT_LIMIT_BYTES] == b"\n":
        return told
    begun = told.find(b"\n", 0, LONGEST_SECRET_BYTES)
    return told[begun + 1 :] if begun >= 0 else told
