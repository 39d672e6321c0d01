"""Opens compressed answers piece by piece, so that a secret in them can be found and a bomb stays small."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

PIECE_BYTES = 64 * 1024

_GZIP = 31
_ZLIB = 15
_RAW = -15


class Undecodable(Exception):
    """The body is not what its Content-Encoding says."""


class Decoding:
    """One body in gzip or deflate."""

    def __init__(self, encoding: bytes) -> None:
        self._is_deflate = encoding == b"deflate"
        self._stream = zlib.decompressobj(_ZLIB if self._is_deflate else _GZIP)
        self._began = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What this piece opens to, never more than 64 KiB at once."""
        try:
            yield from self._opened(piece)
        except zlib.error:
            if not self._is_deflate or self._began:
                raise Undecodable from None
            # Half the world sends deflate without the wrapper that its name asks for.
            self._stream = zlib.decompressobj(_RAW)
            try:
                yield from self._opened(piece)
            except zlib.error:
                raise Undecodable from None

    def _opened(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            opened = self._stream.decompress(piece, PIECE_BYTES)
            self._began = True
            piece = self._stream.unconsumed_tail
            if opened:
                yield opened
            if self._stream.eof:
                piece = self._stream.unused_data
                if piece:
                    self._stream = zlib.decompressobj(_GZIP)


def decoder(encoding: bytes) -> Callable[[bytes], Iterator[bytes]] | None:
    """The opener for a Content-Encoding; None where there is nothing to open.

    Raises:
        Undecodable: an encoding that is not opened here.
    """
    found = encoding.strip().lower()
    if found in {b"", b"identity"}:
        return None
    if found in {b"gzip", b"x-gzip", b"deflate"}:
        return Decoding(found).feed
    raise Undecodable
