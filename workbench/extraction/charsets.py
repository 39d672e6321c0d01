"""Bytes as text: by their byte order mark, the charset that was sent along, the one that the page names, or what fits."""

from __future__ import annotations

import codecs
import re
from typing import Final

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_META: Final = re.compile(
    rb"""<(?:meta|\?xml)\b[^>]{0,300}?(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.I
)
_HEAD_BYTES: Final = 2048
_LATIN: Final = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252"}
"""What browsers take these names for."""
_NOT_TEXT: Final = frozenset({"base64", "bz2", "hex", "quopri", "rot-13", "rot13", "uu", "zlib", "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})  # fmt: skip


def text_of(content: bytes, charset: str, *, is_html: bool) -> str:
    """The text; what does not fit the charset becomes a replacement character."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, errors="replace")
    named = _META.search(content[:_HEAD_BYTES]) if is_html else None
    for given in (charset, named[1].decode("ascii") if named else ""):
        if codec := _codec(given):
            return content.decode(codec, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _codec(name: str) -> str | None:
    """Python's name of a charset; None for one that it does not know, or that is none."""
    try:
        found = codecs.lookup(name.strip()).name if name.strip() else ""
    except (LookupError, ValueError):
        return None
    if not found or found.replace("_", "-") in _NOT_TEXT or found.endswith("-codec"):
        return None
    return _LATIN.get(found, found.replace("iso8859-1", "cp1252") if found == "iso8859-1" else found)
