"""Pictures and PDFs by their bytes: what they are, and why no model would take them; standard library only."""

from __future__ import annotations

import codecs
import re
import struct
import zlib
from typing import Final

LIMIT_BYTES: Final = 20 * 1024 * 1024
"""Of a picture or PDF that is taken at all."""
IMAGE_LIMIT_BYTES: Final = 5 * 1024 * 1024 // 4 * 3
"""A model's endpoint takes an image of at most 5 MiB in base64; larger ones are scaled down for it."""
SIDE_LIMIT_PIXELS: Final = 8000
"""As many on a side; a picture with more of them is scaled down, up to the two limits that follow."""
SCALED_LIMIT_PIXELS: Final = 40_000_000
JPEG_LIMIT_PIXELS: Final = 400_000_000
"""A JPEG can be unpacked at an eighth of its size."""
PAGE_LIMIT: Final = 600
"""Of a PDF that goes to a model as it is."""
PDF: Final = "application/pdf"

_NAMES: Final = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WebP", PDF: "PDF"}
_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OTHERS: Final = (
    (b"version https://git-lfs", "a Git LFS pointer"),
    (b"BM", "a BMP picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "gzip data"),
)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_PAGE: Final = re.compile(rb"/Type\s*/Page(?![A-Za-z])")


def name_of(media_type: str) -> str:
    """What people call this kind."""
    return _NAMES.get(media_type, media_type)


def kind_of(content: bytes) -> str | None:
    """The media type that the content itself says; None for what no model takes."""
    for signature, media_type in _SIGNATURES:
        if content.startswith(signature):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return PDF if b"%PDF-" in content[:1024] else None


def described(content: bytes) -> str:
    """What this is instead of a picture or PDF."""
    if not content:
        return "an empty file"
    if content[4:8] == b"ftyp":
        return "an AVIF, HEIC or video file"
    if (other := next((what for signature, what in _OTHERS if content.startswith(signature)), None)) is not None:
        return other
    head = content[:1024]
    if b"\0" in head or _is_binary(content):
        return "bytes of an unknown kind"
    if b"<svg" in head:
        return "SVG text"
    return "HTML text" if b"<html" in head.lower() or b"<!doctype html" in head.lower() else "text"


def _is_binary(content: bytes) -> bool:
    try:
        # What was read may end in the middle of a character.
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return True
    return False


def fault_of(content: bytes) -> str | None:
    """Why no model takes this, as the end of a sentence that begins with its name; None where nothing is known against it."""
    media_type = kind_of(content)
    if media_type is None:
        return f"is no picture and no PDF ({described(content)})"
    name = name_of(media_type)
    if len(content) > LIMIT_BYTES:
        return f"is {len(content)} bytes, exceeds {LIMIT_BYTES}-byte limit for image/PDF files"
    return _pdf_fault(content) if media_type == PDF else _sides_fault(sides_of(content), name)


def sides_of(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None for what is no picture, or does not hold together."""
    read = _SIDES.get(kind_of(content) or "")
    return None if read is None else read(content)


def is_too_large(content: bytes, most_side: int = SIDE_LIMIT_PIXELS) -> bool:
    """Whether an endpoint takes this picture, which was found whole before, only when it is scaled down."""
    is_png = kind_of(content) == "image/png" and len(content) >= 24
    # Each request has all pictures of its session: what a PNG says of itself stands at its beginning.
    sides = struct.unpack_from(">II", content, 16) if is_png else sides_of(content)
    return len(content) > IMAGE_LIMIT_BYTES or max(sides or (0,)) > most_side


def mended(content: bytes) -> bytes:
    """A PNG without the damaged ones of the parts that a reader may do without, which some endpoints refuse; else the content."""
    if kind_of(content) != "image/png":
        return content
    kept, place = [content[:8]], 8
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        chunk = content[place : place + 12 + length]
        is_needed = not kind[0] & 0x20
        if is_needed or zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big"):
            kept.append(chunk)
        place += 12 + length
    return b"".join([*kept, content[place:]])


def _sides_fault(sides: tuple[int, int] | None, name: str) -> str | None:
    if sides is None:
        return f"is a broken {name}: it is cut off or damaged"
    width, height = sides
    if not width or not height:
        return f"is a {name} without pixels"
    limit = JPEG_LIMIT_PIXELS if name == _NAMES["image/jpeg"] else SCALED_LIMIT_PIXELS
    if max(sides) > SIDE_LIMIT_PIXELS and width * height > limit:
        return (
            f"is {width}x{height} pixels; a model takes at most {SIDE_LIMIT_PIXELS} on a side, and more than {limit // 1_000_000}"
            " million are not scaled down here: make it smaller first"
        )
    return None


def _pdf_fault(content: bytes) -> str | None:
    if b"%%EOF" not in content[-4096:]:
        return "is a broken PDF: it is cut off or damaged"
    if b"/Encrypt" in content:
        return "is an encrypted PDF, which a model cannot read"
    pages = len(_PAGE.findall(content))
    return f"has {pages} pages; a model takes at most {PAGE_LIMIT}: split it first" if pages > PAGE_LIMIT else None


# ── width and height; None where the picture does not hold together ─────────────────────────────────────────────────────


def _png(content: bytes) -> tuple[int, int] | None:
    sides, has_data, place = None, False, 8
    while place + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, place)
        body = content[place + 8 : place + 8 + length]
        checked = content[place + 8 + length : place + 12 + length]
        if len(checked) < 4 or zlib.crc32(kind + body) != int.from_bytes(checked, "big"):
            return None
        if kind == b"IHDR" and length == 13:
            sides = struct.unpack_from(">II", body)
        has_data = has_data or kind == b"IDAT"
        if kind == b"IEND":
            return sides if has_data else None
        place += 12 + length
    return None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    sides, place = None, 2
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            return None
        marker = content[place + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            place += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        if marker in _FRAMES and place + 9 <= len(content):
            height, width = struct.unpack_from(">HH", content, place + 5)
            sides = (width, height)
        if marker == 0xDA:
            return sides if b"\xff\xd9" in content[place:] else None
        place += 2 + length
    return None


def _gif(content: bytes) -> tuple[int, int] | None:
    if len(content) < 13 or b"," not in content[13:]:
        return None
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _webp(content: bytes) -> tuple[int, int] | None:
    if len(content) < 30 or int.from_bytes(content[4:8], "little") + 8 > len(content):
        return None
    match content[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", content, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    return None


_SIDES: Final = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/webp": _webp}
