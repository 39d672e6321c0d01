"""PDF: the text of its pages, and pages as pictures where they have none."""

from __future__ import annotations

# PDFium's texts are in it, and no module can be loaded once a worker is closed off.
import encodings.utf_16_le  # noqa: F401
from typing import Final

import pypdfium2

from workbench.contracts.extraction import MOST_PAGES, MOST_PICTURES, Extracted, Unreadable, Wanted
from workbench.extraction.png import png_of

_LONG_SIDE: Final = 1568
"""Pixels of a picture's longer side: larger ones are scaled down by the models' API."""
_LEAST_SIDE: Final = 1.0
_CLOSED: Final = 4
"""PDFium's number for a password that is missing."""
_NO_TEXT: Final = "(no text: a scan, a drawing, or an empty page)"


def text_of(content: bytes, wanted: Wanted) -> Extracted | Unreadable:
    """The text of the wanted pages, each under its number."""
    document = _opened(content)
    if isinstance(document, Unreadable):
        return document
    pages = _pages(len(document), wanted, MOST_PAGES)
    if isinstance(pages, Unreadable):
        return pages
    texts = [(number, _page_text(document, number)) for number in pages]
    scans = tuple(number for number, text in texts if not text)
    if len(scans) == len(texts):
        return Extracted(pages=len(document), scans=scans)
    told = "\n\n".join(f"[page {number} of {len(document)}]\n{text or _NO_TEXT}" for number, text in texts)
    return Extracted(told, _title(document), len(document), scans=scans)


def pictures_of(content: bytes, wanted: Wanted) -> Extracted | Unreadable:
    """The wanted pages as PNG files; of more than can be drawn the first ones."""
    document = _opened(content)
    if isinstance(document, Unreadable):
        return document
    pages = _pages(len(document), wanted, MOST_PAGES)
    if isinstance(pages, Unreadable):
        return pages
    drawn = tuple(_drawn(document, number) for number in pages[:MOST_PICTURES])
    return Extracted(title=_title(document), pages=len(document), pictures=drawn)


def _opened(content: bytes) -> pypdfium2.PdfDocument | Unreadable:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        is_closed = getattr(error, "err_code", None) == _CLOSED
        return Unreadable("is closed with a password." if is_closed else "is damaged, or is none.")
    return document if len(document) else Unreadable("has no pages.")


def _pages(count: int, wanted: Wanted, most: int) -> range | Unreadable:
    last = min(wanted.last or count, count)
    if wanted.first > last:
        return Unreadable(f"has {count} pages, and none of those that were asked for.")
    if last - wanted.first >= most:
        return Unreadable(f"has {count} pages; at most {most} are read at once: ask for some, as in pages: 1-{most}.")
    return range(wanted.first, last + 1)


def _page_text(document: pypdfium2.PdfDocument, number: int) -> str:
    try:
        page = document[number - 1]
        # By place on the page: PDFium's own order by range counts what is hidden, too.
        text: str = page.get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        return "(this page is damaged)"
    return text.replace("\r\n", "\n").replace("\x02", "").strip()


def _drawn(document: pypdfium2.PdfDocument, number: int) -> bytes:
    page = document[number - 1]
    width, height = page.get_size()
    scale = _LONG_SIDE / max(width, height, _LEAST_SIDE)
    bitmap = page.render(scale=scale, rev_byteorder=True, may_draw_forms=False, prefer_bgrx=False)
    return png_of(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels)


def _title(document: pypdfium2.PdfDocument) -> str:
    return " ".join(str(document.get_metadata_value("Title")).split())
