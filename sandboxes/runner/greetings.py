"""What a connection says first, and whom it means by it: a TLS greeting, the head of an HTTP request, a question of DNS. Pure."""

from __future__ import annotations

import re
import struct

ADDRESS = "127.77.0.1"
"""Where every name of the outside leads, inside."""
TTL_S = 60

_A, _IN = 1, 1
_NO_SUCH_NAME = 3
_NAME = re.compile(rb"[A-Za-z0-9_.-]{1,253}")
_OF_ONE_CONNECTION = (b"connection:", b"keep-alive:", b"upgrade:", b"http2-settings:")
_HOST = re.compile(rb"([A-Za-z0-9_.-]{1,253})(?::([0-9]{1,5}))?")


class NotUnderstood(Exception):
    """The bytes name nobody."""


def answered(question: bytes) -> bytes:
    """The answer to a question of DNS: a name with a dot in it leads to `ADDRESS`, a name of one word to nothing."""
    try:
        number, flags, count = struct.unpack_from(">HHH", question)
        labels, place = [], 12
        while length := question[place]:
            labels.append(question[place + 1 : place + 1 + length])
            place += 1 + length
        end = place + 5
        kind, family = struct.unpack_from(">HH", question, place + 1)
    except (struct.error, IndexError):
        raise NotUnderstood from None
    if flags & 0x8000 or count != 1 or any(len(label) > 63 for label in labels):
        raise NotUnderstood
    address = _address([label.lower() for label in labels])
    answers = b""
    if address and kind == _A and family == _IN:
        answers = struct.pack(">HHHIH4s", 0xC00C, _A, _IN, TTL_S, 4, bytes(map(int, address.split("."))))
    code = 0 if address else _NO_SUCH_NAME
    head = struct.pack(">HHHHHH", number, 0x8080 | flags & 0x0100 | code, 1, bool(answers), 0, 0)
    return head + question[12:end] + answers


def _address(labels: list[bytes]) -> str:
    if labels[-1:] == [b"localhost"]:
        return "127.0.0.1"
    return ADDRESS if len(labels) > 1 and labels[-1] != b"arpa" else ""


def server_name(record: bytes) -> str:
    """The host that a TLS ClientHello names, without the five bytes of its record's head."""
    try:
        place = 4 + 2 + 32
        place += 1 + record[place]
        place += 2 + struct.unpack_from(">H", record, place)[0]
        place += 1 + record[place]
        end = min(len(record), place + 2 + struct.unpack_from(">H", record, place)[0])
        place += 2
        while place < end:
            kind, length = struct.unpack_from(">HH", record, place)
            if kind == 0:
                name_length = struct.unpack_from(">H", record, place + 7)[0]
                name = record[place + 9 : place + 9 + name_length]
                return _named(name if len(name) == name_length else b"")
            place += 4 + length
    except (struct.error, IndexError):
        pass
    raise NotUnderstood


def _named(name: bytes) -> str:
    if not _NAME.fullmatch(name):
        raise NotUnderstood
    return name.decode()


def for_a_proxy(head: bytes, port: int) -> bytes:
    """The head of a request as a proxy takes it, for one request; what is meant for a proxy already is left alone."""
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
        raise NotUnderstood
    if not words[1].startswith(b"/"):
        return head
    hosts = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"host:")]
    named = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if named is None:
        raise NotUnderstood
    place = named[1] if port == 80 else named[1] + b":%d" % port
    kept = lines
    if not any(re.match(rb"(?i)upgrade:\s*websocket", line) for line in lines):
        # Java offers HTTP/2 with every plain request, which no proxy passes on.
        kept = [line for line in lines if not line.lower().startswith(_OF_ONE_CONNECTION)]
        kept.append(b"Connection: close")
    return b"\r\n".join([b" ".join([words[0], b"http://" + place + words[1], words[2]]), *kept, b"", b""])
