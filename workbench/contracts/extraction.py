"""What the text worker promises: text and pictures out of files that nobody vouches for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, Protocol

HTML: Final = "html"
TEXT: Final = "text"
PDF: Final = "pdf"
PDF_PICTURES: Final = "pdf_pictures"
PICTURE: Final = "picture"

Task = Literal["html", "text", "pdf", "pdf_pictures", "picture"]

MOST_PAGES: Final = 100
"""Pages of a PDF whose text is read at once."""
MOST_PICTURES: Final = 5
"""Pages of a PDF that are drawn at once."""
MOST_BYTES: Final = 20 << 20
"""What a file may have that is read at all."""
MOST_PIXELS: Final = 40_000_000
"""Of a picture that is scaled down: unpacked it takes four bytes each, twice. A JPEG is unpacked smaller."""


@dataclass(frozen=True)
class Wanted:
    """What to do with some bytes.

    `charset` is what whoever sent a text says of it, "" for nothing. `first` and `last` are pages of a PDF, from 1 and inclusive;
    0 as the last one means the end. `base_url` is where the links of a page lead from. `most_side` pixels on its longer side and
    `most_bytes` are what a picture may have when it comes out.
    """

    task: Task
    charset: str = ""
    first: int = 1
    last: int = 0
    base_url: str = ""
    most_side: int = 0
    most_bytes: int = 0


@dataclass(frozen=True)
class Extracted:
    """What came out: the `text` (Markdown where it was HTML) and `title`; `pages` counts those of the whole PDF, `scans` are the numbers of
    those that were wanted and have no text, and `pictures` are PNG files of the pages that were wanted, or the picture (PNG or JPEG)."""

    text: str = ""
    title: str = ""
    pages: int = 0
    pictures: tuple[bytes, ...] = ()
    scans: tuple[int, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """Why nothing came out, in words for the model, after the name of the thing: `The PDF` …"""

    why: str


class Extractor(Protocol):
    """Reads hostile files at arm's length."""

    async def extracted(self, wanted: Wanted, content: bytes) -> Extracted | Unreadable:
        """Do it within limits on time and memory; cancelling the task ends it. Never raises for what the bytes are."""
