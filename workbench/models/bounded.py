"""What endpoints answer, read within bounds: a bomb or an endless error costs neither memory nor time."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2

MOST_OF_AN_ERROR_BYTES: Final = 256 * 1024
MOST_OF_A_LIST_BYTES: Final = 8 << 20
MOST_OF_A_LINE_BYTES: Final = 8 << 20
"""One event of a stream is one line."""
_PIECE_BYTES: Final = 1 << 20
_WINDOWS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}

PLAIN: Final = {"accept-encoding": "identity"}
"""Asks for bodies as they are: a stream of small events gains nothing by compression."""


class TooMuch(ValueError):
    """A body, or a line of it, passed its bound; the text says which."""


async def bound(response: httpx2.Response) -> None:
    """A hook for every response of a client: its body is read through a bound from then on."""
    encoding = response.headers.pop("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", *_WINDOWS):
        raise TooMuch(f"the answer is encoded as {encoding!r}, which was not asked for")
    is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
    kept = response.stream
    if response.status_code >= 400:
        response.stream = _Bounded(kept, encoding, most=MOST_OF_AN_ERROR_BYTES, is_cut=True)
    elif is_stream:
        response.stream = _Bounded(kept, encoding, most_of_a_line=MOST_OF_A_LINE_BYTES)
    else:
        response.stream = _Bounded(kept, encoding, most=MOST_OF_A_LIST_BYTES)


class _Bounded(httpx2.AsyncByteStream):
    """A body decoded piece by piece; past `most` it ends where `is_cut`, and is a fault otherwise."""

    def __init__(
        self,
        stream: Any,
        encoding: str,
        *,
        most: int | None = None,
        most_of_a_line: int | None = None,
        is_cut: bool = False,
    ) -> None:
        self._stream = stream
        self._encoding = encoding
        self._most = most
        self._most_of_a_line = most_of_a_line
        self._is_cut = is_cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        total = line = 0
        async for piece in self._decoded():
            total += len(piece)
            if self._most is not None and total > self._most:
                if self._is_cut:
                    yield piece[: self._most - (total - len(piece))]
                    return
                raise TooMuch(f"the answer is longer than {self._most} bytes")
            end = piece.rfind(b"\n")
            line = line + len(piece) if end < 0 else len(piece) - end - 1
            longest = line if end < 0 else max(line, end)
            if self._most_of_a_line is not None and longest > self._most_of_a_line:
                raise TooMuch(f"an event of the stream is longer than {self._most_of_a_line} bytes")
            yield piece

    async def _decoded(self) -> AsyncIterator[bytes]:
        if self._encoding not in _WINDOWS:
            async for piece in self._stream:
                yield piece
            return
        decoder = zlib.decompressobj(_WINDOWS[self._encoding])
        async for compressed in self._stream:
            waiting = compressed
            while waiting and not decoder.eof:
                try:
                    yield decoder.decompress(waiting, _PIECE_BYTES)
                except zlib.error as error:
                    raise TooMuch(f"the answer is no {self._encoding} ({error})") from None
                waiting = decoder.unconsumed_tail

    async def aclose(self) -> None:
        await self._stream.aclose()
