"""Reads the name out of a TLS greeting that is not opened: for hosts that pass through as they are. Pure."""

from __future__ import annotations

import struct

RECORD_HEAD_BYTES = 5
MOST_RECORD_BYTES = 1 << 14

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_ENCRYPTED_HELLO = 0xFE0D


class NoGreeting(Exception):
    """The bytes are no whole ClientHello in one record with one readable name."""


def record_length(head: bytes) -> int:
    """How many bytes follow the five of a record's head."""
    if len(head) != RECORD_HEAD_BYTES or head[0] != _HANDSHAKE or head[1] != 3:
        raise NoGreeting
    length = int(struct.unpack(">H", head[3:])[0])
    if not 4 < length <= MOST_RECORD_BYTES:
        raise NoGreeting
    return length


def server_name(record: bytes) -> str:
    """The one host that this greeting names."""
    try:
        return _name(_extensions(record))
    except (struct.error, IndexError, UnicodeDecodeError):
        raise NoGreeting from None


def _extensions(record: bytes) -> dict[int, bytes]:
    if record[0] != _CLIENT_HELLO or int.from_bytes(record[1:4], "big") != len(record) - 4:
        raise NoGreeting
    place = 4 + 2 + 32
    place += 1 + record[place]
    place += 2 + struct.unpack_from(">H", record, place)[0]
    place += 1 + record[place]
    end = place + 2 + struct.unpack_from(">H", record, place)[0]
    if end != len(record):
        raise NoGreeting
    place += 2
    found: dict[int, bytes] = {}
    while place < end:
        kind, length = struct.unpack_from(">HH", record, place)
        place += 4
        if kind in found or place + length > end:
            raise NoGreeting
        found[kind] = record[place : place + length]
        place += length
    return found


def _name(extensions: dict[int, bytes]) -> str:
    names = extensions.get(_SERVER_NAME)
    if names is None or _ENCRYPTED_HELLO in extensions:
        raise NoGreeting
    length, kind, name_length = struct.unpack_from(">HBH", names)
    name = names[5:]
    if length != len(names) - 2 or kind != _HOST_NAME or name_length != len(name):
        raise NoGreeting
    return name.decode("ascii").lower().removesuffix(".")
