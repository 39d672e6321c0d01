"""Frames: one line each, of length, CRC-32 and a JSON body, so that a damaged file can be read on after the damage."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

_HEADER = re.compile(rb"([0-9a-f]{8}) ([0-9a-f]{8}) ")
_HEADER_BYTES = 18


@dataclass(frozen=True)
class Scan:
    """What a file holds: the good bodies, where the last good frame ends, and how many bytes before that are damaged."""

    bodies: tuple[bytes, ...]
    good_until: int
    damaged_bytes: int


def frame(body: bytes) -> bytes:
    """A body as one frame; the body has no line break (JSON text has none)."""
    return b"%08x %08x %s\n" % (len(body), zlib.crc32(body), body)


def scan(content: bytes) -> Scan:
    """Read all good frames; after a damaged one reading goes on at the next line that is one."""
    bodies: list[bytes] = []
    at, good_until, damaged = 0, 0, 0
    while at < len(content):
        body = _body_at(content, at)
        if body is None:
            line_end = content.find(b"\n", at)
            if line_end < 0:
                break
            at = line_end + 1
            continue
        damaged += at - good_until
        at += _HEADER_BYTES + len(body) + 1
        good_until = at
        bodies.append(body)
    return Scan(tuple(bodies), good_until, damaged)


def _body_at(content: bytes, at: int) -> bytes | None:
    header = _HEADER.match(content, at)
    if header is None:
        return None
    start = at + _HEADER_BYTES
    end = start + int(header[1], 16)
    body = content[start:end]
    if content[end : end + 1] != b"\n" or zlib.crc32(body) != int(header[2], 16):
        return None
    return body
