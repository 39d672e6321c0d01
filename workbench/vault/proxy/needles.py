"""The forms in which a secret may come back, and what stands in their place: as long as they, so that lengths stay true."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

LEAST_BYTES = 8
"""Shorter secrets are ordinary text: nothing is taken out for them, which is said where one is stored."""
LEAST_MIDDLE = 12
"""Of base64 only the middle is the same wherever a secret lies; shorter middles are ordinary text."""


def needles_of(value: bytes, placeholder: bytes) -> dict[bytes, bytes]:
    """Each form of this secret with its replacement: the placeholder for the readable ones, asterisks for the others."""
    if len(value) < LEAST_BYTES:
        return {}
    readable = {value, quote(value, safe="").encode(), quote_plus(value).encode()}
    text = value.decode("utf-8", errors="surrogateescape")
    for ascii_only in (True, False):
        escaped = json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode("utf-8", errors="surrogateescape")
        readable |= {escaped, escaped.replace(b"/", b"\\/")}
    readable |= {quote(value, safe="/").encode(), value.replace(b"&", b"&amp;").replace(b"<", b"&lt;")}
    hidden = {value[::-1], value.hex().encode(), value.hex().upper().encode()}
    hidden |= {b"".join(b"\\u%04x" % byte for byte in value), b"".join(b"\\u%04X" % byte for byte in value)}
    hidden |= {b"".join(b"&#%d;" % byte for byte in value), b"".join(b"&#x%x;" % byte for byte in value)}
    if value.isascii():
        # Without its last byte the one byte order is a part of the other.
        hidden.add(text.encode("utf-16-le")[:-1])
    hidden |= set(_base64_middles(value))
    found = {needle: b"*" * len(needle) for needle in hidden}
    found |= {needle: fitted(placeholder, len(needle)) for needle in readable}
    return {needle: instead for needle, instead in found.items() if len(needle) >= LEAST_BYTES}


def binary_needles(needles: Mapping[bytes, bytes], secrets: Iterable[bytes]) -> dict[bytes, bytes]:
    """Of these needles those that can stand in something that is no text: the secret itself and its base64."""
    kept: set[bytes] = set()
    for value in secrets:
        kept |= {value, *_base64_middles(value)}
    return {needle: instead for needle, instead in needles.items() if needle in kept}


def fitted(placeholder: bytes, length: int) -> bytes:
    """A placeholder cut or filled up to a length."""
    return placeholder[:length].ljust(length, b"*")


def _base64_middles(value: bytes) -> Iterable[bytes]:
    """What base64 of any text with this secret in it contains, at each of the three alignments, in both alphabets."""
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + value)
        # The first characters carry bits of what stands before, the last ones bits of what follows.
        begin = (0, 2, 3)[offset]
        end = (offset + len(value)) * 8 // 6
        middle = encoded[begin:end]
        if len(middle) >= LEAST_MIDDLE:
            yield middle
            yield middle.replace(b"+", b"-").replace(b"/", b"_")


def all_needles(secrets: Iterable[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The needles of several secrets, each given with its placeholder; a secret's own form wins over another's."""
    found: dict[bytes, bytes] = {}
    for value, placeholder in secrets:
        for needle, instead in needles_of(value, placeholder).items():
            found.setdefault(needle, instead)
    return found
