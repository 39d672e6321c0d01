"""PNG files out of rows of pixels."""

from __future__ import annotations

import struct
import zlib
from typing import Final

_COLOURS: Final = {1: 0, 3: 2, 4: 6}
"""PNG's colour types for so many bytes a pixel: grey, RGB, RGBA."""
_EFFORT: Final = 4


def png_of(pixels: bytes, width: int, height: int, stride: int, channels: int) -> bytes:
    """A PNG of `height` rows, each of which begins `stride` bytes after the one before."""
    rows = b"".join(b"\0" + pixels[row * stride : row * stride + width * channels] for row in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOURS[channels], 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, _EFFORT)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
