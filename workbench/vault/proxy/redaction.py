"""Replaces known byte strings by others: in a whole text, in a piece of one, or in chunks without keeping back more than it must."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property


class Redaction:
    """The needles of one conversation and what stands in their place; `whole` is for one text, `piece` for a part of one whose
    rest is not known, `stream` for one body."""

    def __init__(self, needles: Mapping[bytes, bytes], in_binary: Mapping[bytes, bytes] | None = None) -> None:
        """`in_binary` are those of the needles that are looked for where a body says that it is no text; else all are."""
        self.needles = dict(needles)
        self._in_binary = in_binary
        self._for_binary: Redaction | None = None
        ordered = sorted(self.needles, key=len, reverse=True)
        self.longest = len(ordered[0]) if ordered else 0
        self.pattern = re.compile(b"|".join(map(re.escape, ordered))) if ordered else None
        self.prefixes = frozenset(needle[:length] for needle in ordered for length in range(1, len(needle)))
        firsts = {needle[:1] for needle in ordered}
        self.first_byte = re.compile(b"[" + b"".join(map(re.escape, sorted(firsts))) + b"]") if firsts else None

    def __bool__(self) -> bool:
        return self.pattern is not None

    def for_binary(self) -> Redaction:
        """The same with fewer needles: an archive has no HTML entities, and a large one is searched twice as fast."""
        if self._for_binary is None:
            self._for_binary = self if self._in_binary is None else Redaction(self._in_binary)
        return self._for_binary

    def whole(self, text: bytes, seen: Callable[[bytes], None] | None = None) -> bytes:
        """The text with every needle replaced; `seen` hears which."""
        # Looking for each needle is ten times as fast as the pattern, and most texts have none.
        for needle in self.needles:
            if needle in text:
                break
        else:
            return text
        assert self.pattern is not None

        def instead(found: re.Match[bytes]) -> bytes:
            if seen is not None:
                seen(found.group())
            return self.needles[found.group()]

        return self.pattern.sub(instead, text)

    @cached_property
    def _suffixes(self) -> frozenset[bytes]:
        return frozenset(needle[-length:] for needle in self.needles for length in range(1, len(needle)))

    def piece(self, text: bytes) -> bytes:
        """The text with every needle replaced, and with nothing of one that is cut at either end, or at both."""
        text = self.whole(text)
        if any(text in needle for needle in self.needles):
            return b"*" * len(text)
        text = text[: len(text) - len(self.begun(text))]
        for length in range(min(self.longest - 1, len(text)), 0, -1):
            if text[:length] in self._suffixes:
                return b"*" * length + text[length:]
        return text

    def begun(self, text: bytes) -> bytes:
        """The end of the text, where a needle may begin there."""
        if self.first_byte is not None:
            for begin in self.first_byte.finditer(text, max(0, len(text) - self.longest + 1)):
                if (rest := bytes(text[begin.start() :])) in self.prefixes:
                    return rest
        return b""

    def stream(self, seen: Callable[[bytes], None] | None = None) -> RedactedStream:
        return RedactedStream(self, seen)


class RedactedStream:
    """One body in pieces: only the end of a piece that begins a needle waits for the next one."""

    def __init__(self, redaction: Redaction, seen: Callable[[bytes], None] | None) -> None:
        self._redaction = redaction
        self._seen = seen
        self._carry = b""

    def feed(self, piece: bytes) -> bytes:
        redaction = self._redaction
        if redaction.pattern is None:
            return piece
        text = redaction.whole(self._carry + piece if self._carry else piece, self._seen)
        self._carry = redaction.begun(text)
        return text[: len(text) - len(self._carry)]

    @property
    def holds(self) -> bool:
        """Whether something is kept back."""
        return bool(self._carry)

    def flush(self) -> bytes:
        """What was kept back; the end of the body."""
        rest, self._carry = self._carry, b""
        return rest
