"""How engine and runner speak: a 4-byte length, then one JSON object."""

from __future__ import annotations

import asyncio
import json
from typing import Any

PROTOCOL_VERSION = 2
LENGTH_BYTES = 4
FRAME_LIMIT_BYTES = 64 << 20
"""More than the largest outcome (a PDF of 20 MiB in base64) and little enough to hold in memory."""

Frame = dict[str, Any]


class BrokenFrame(Exception):
    """What arrived is no frame; the connection is of no more use."""


def pack(frame: Frame) -> bytes:
    """One frame as bytes; surrogates that JSON cannot carry over UTF-8 become question marks."""
    body = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def body_length(head: bytes) -> int:
    """The length that a frame's head announces.

    Raises:
        BrokenFrame: it is more than anybody may send.
    """
    length = int.from_bytes(head, "big")
    if length > FRAME_LIMIT_BYTES:
        raise BrokenFrame(f"a frame of {length} bytes; at most {FRAME_LIMIT_BYTES} are taken")
    return length


def unpack(body: bytes) -> Frame:
    """The object in a frame's body.

    Raises:
        BrokenFrame: it is not a JSON object.
    """
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenFrame(f"not JSON: {error}") from error
    if not isinstance(frame, dict):
        raise BrokenFrame("not a JSON object")
    return frame


async def read(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame; None when the other side is gone.

    Raises:
        BrokenFrame: too long, or not a JSON object.
    """
    try:
        head = await reader.readexactly(LENGTH_BYTES)
        return unpack(await reader.readexactly(body_length(head)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
