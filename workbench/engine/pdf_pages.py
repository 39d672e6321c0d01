"""Pages of a PDF that an agent reads: as text, and as images where they have none."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sandboxes.runner import media
from workbench.contracts.extraction import (
    MOST_PAGES,
    MOST_PICTURES,
    PDF,
    PDF_PICTURES,
    Extracted,
    Extractor,
    Unreadable,
    Wanted,
)
from workbench.contracts.tools import READ
from workbench.contracts.values import Call, Json, Outcome, text_outcome

PAGES_AT_FIRST: Final = 20
"""Pages that come where a call names none."""


def pdf_of(call: Call, outcome: Outcome) -> bytes | None:
    """The PDF that a call of `read` gave."""
    if call.name != READ.name or len(outcome.content) != 1:
        return None
    [block] = outcome.content
    source = block.get("source") or {}
    is_pdf = block["type"] == "document" and source.get("media_type") == media.PDF
    return base64.b64decode(source["data"]) if is_pdf else None


async def pages_read(call: Call, content: bytes, extractor: Extractor) -> Outcome:
    """The pages that the call wants."""
    name = str(call.input["file_path"])
    first, last = _wanted(call.input.get("view_range"))
    given = await extractor.extracted(Wanted(PDF, first=first, last=last), content)
    if isinstance(given, Unreadable):
        return text_outcome(f"read: {name}: the PDF {given.why}", is_error=True)
    last = min(last, given.pages)
    drawn = given.scans[:MOST_PICTURES]
    pictures: list[Json] = []
    for run in _runs(drawn):
        shown = await _shown(run, given.pages, content, extractor)
        if isinstance(shown, Unreadable):
            return text_outcome(f"read: {name}: the PDF has pages without text, and {shown.why}", is_error=True)
        pictures += shown
    told = " ".join(_head(name, first, last, given, drawn))
    return Outcome((_text(f"{told}\n\n{given.text}".rstrip()), *pictures))


def _wanted(view_range: Any) -> tuple[int, int]:
    """First and last page: an end of 0 or less means to the end, as for lines, and never more than are read at once."""
    if not view_range:
        return 1, PAGES_AT_FIRST
    first, last = max(1, view_range[0]), view_range[1]
    most = first + MOST_PAGES - 1
    return first, min(last, most) if last > 0 else most


def _head(name: str, first: int, last: int, given: Extracted, drawn: Sequence[int]) -> Iterator[str]:
    yield f"{name}: {_listed(range(first, last + 1))} of {given.pages} of a PDF" + (
        f" ({given.title})." if given.title else "."
    )
    if drawn:
        come = "comes as an image" if len(drawn) == 1 else "come as images"
        told = f"No text on {_listed(given.scans)} (a scan, a drawing, or empty): {_listed(drawn)} {come}"
        if len(drawn) < len(given.scans):
            told += f", at most {MOST_PICTURES} at once; read again with view_range [{given.scans[len(drawn)]}, {last}] for the others"
        yield f"{told}."
    if last < given.pages:
        following = min(given.pages, last + 1 + last - first)
        yield f"Read again with view_range [{last + 1}, {following}] for the next pages."


def _listed(numbers: Sequence[int]) -> str:
    runs = [f"{run[0]}" if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in _runs(numbers)]
    return f"page{'s' if len(numbers) > 1 else ''} {', '.join(runs)}"


def _runs(numbers: Sequence[int]) -> list[list[int]]:
    """Numbers that follow each other, together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


async def _shown(run: Sequence[int], count: int, content: bytes, extractor: Extractor) -> list[Json] | Unreadable:
    drawn = await extractor.extracted(Wanted(PDF_PICTURES, first=run[0], last=run[-1]), content)
    if isinstance(drawn, Unreadable):
        return drawn
    blocks: list[Json] = []
    for number, picture in zip(run, drawn.pictures, strict=True):
        data = base64.standard_b64encode(picture).decode()
        blocks.append(_text(f"[page {number} of {count}]"))
        blocks.append({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}})
    return blocks


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
