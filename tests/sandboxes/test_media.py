"""Pictures and PDFs are known by their bytes, and what no model takes is told in words before it is sent."""

from __future__ import annotations

import struct
import zlib

import pytest

from sandboxes.runner import media


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 1, height: int = 1) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def jpeg(width: int = 1, height: int = 1) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04ab" + frame + b"\xff\xda\x00\x02data\xff\xd9"


GIF = b"GIF89a" + struct.pack("<HH", 2, 3) + b"\0\0\0" + b",\0\0\0\0\2\0\3\0\0" + b";"
WEBP = (
    b"RIFF"
    + struct.pack("<I", 26)
    + b"WEBPVP8L"
    + struct.pack("<I", 13)
    + b"\x2f"
    + struct.pack("<I", 1 | 2 << 14)
    + b"datadata\0"
)
PDF = b"%PDF-1.4\n1 0 obj << /Type /Page >> endobj\n%%EOF\n"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (png(), "image/png"),
        (png(8000, 8000), "image/png"),
        (png(9000, 4000), "image/png"),
        (jpeg(), "image/jpeg"),
        (GIF, "image/gif"),
        (WEBP, "image/webp"),
        (PDF, "application/pdf"),
        (b"\n\n" + PDF, "application/pdf"),
    ],
    ids=["png", "largest png", "png that is scaled", "jpeg", "gif", "webp", "pdf", "pdf after blank lines"],
)
def test_whole_pictures_and_documents_are_what_their_bytes_say(content: bytes, media_type: str) -> None:
    assert (media.kind_of(content), media.fault_of(content)) == (media_type, None)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is no picture and no PDF (an empty file)"),
        (b"<svg xmlns='x'/>", "is no picture and no PDF (SVG text)"),
        (b'<?xml version="1.0"?>\n<svg/>', "is no picture and no PDF (SVG text)"),
        (b"<!DOCTYPE html><html>404", "is no picture and no PDF (HTML text)"),
        (("ä" * 1000).encode()[:1023], "is no picture and no PDF (text)"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "is no picture and no PDF (a Git LFS pointer)"),
        (b"BM\x00\x00", "is no picture and no PDF (a BMP picture)"),
        (b"\0\0\0\x20ftypavif", "is no picture and no PDF (an AVIF, HEIC or video file)"),
        (b"\xff\xfe\xfd", "is no picture and no PDF (bytes of an unknown kind)"),
        (png()[:-5], "is a broken PNG: it is cut off or damaged"),
        (png().replace(b"IDAT", b"IDAX"), "is a broken PNG: it is cut off or damaged"),
        (jpeg()[:-2], "is a broken JPEG: it is cut off or damaged"),
        (GIF[:12], "is a broken GIF: it is cut off or damaged"),
        (WEBP[:-1], "is a broken WebP: it is cut off or damaged"),
        (PDF[:-7], "is a broken PDF: it is cut off or damaged"),
        (png(0, 5), "is a PNG without pixels"),
        (
            png(8001, 8001),
            "is 8001x8001 pixels; a model takes at most 8000 on a side, and more than 40 million are not scaled down here:"
            " make it smaller first",
        ),
        (
            jpeg(65000, 9000),
            "is 65000x9000 pixels; a model takes at most 8000 on a side, and more than 400 million are not scaled down here:"
            " make it smaller first",
        ),
        (b"%PDF-1.7 << /Encrypt 5 0 R >> %%EOF", "is an encrypted PDF, which a model cannot read"),
        (PDF[:9] + b"/Type /Page " * 601 + b"%%EOF", "has 601 pages; a model takes at most 600: split it first"),
        (
            png() + b"\0" * media.LIMIT_BYTES,
            f"is {media.LIMIT_BYTES + len(png())} bytes, exceeds 20971520-byte limit for image/PDF files",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else repr(given[:16]),
)
def test_what_no_model_takes_is_told_in_words(content: bytes, fault: str) -> None:
    assert media.fault_of(content) == fault


@pytest.mark.parametrize(
    ("content", "most_side", "is_too_large"),
    [
        (png(8000, 2), 8000, False),
        (png(8001, 2), 8000, True),
        (png(2001, 2), 2000, True),
        (jpeg(2, 9000), 8000, True),
        (png() + b"\0" * media.IMAGE_LIMIT_BYTES, 8000, True),
        (b"", 8000, False),
    ],
    ids=["8000", "8001", "2001 of many", "a high JPEG", "many bytes", "nothing"],
)
def test_a_picture_is_too_large_by_its_pixels_or_its_bytes(content: bytes, most_side: int, is_too_large: bool) -> None:
    assert media.is_too_large(content, most_side) is is_too_large


def test_what_is_scaled_down_is_no_fault() -> None:
    assert [media.fault_of(one) for one in (png(9000, 4000), jpeg(20000, 20000))] == [None, None]
