"""What goes into a worker's process and comes out of it: a line of JSON, and behind it the bytes that it speaks of."""

from __future__ import annotations

import dataclasses
import json

from workbench.contracts.extraction import Extracted, Unreadable, Wanted


def request(wanted: Wanted, content: bytes) -> bytes:
    return json.dumps(dataclasses.asdict(wanted)).encode() + b"\n" + content


def wanted_of(message: bytes) -> tuple[Wanted, bytes]:
    head, _, content = message.partition(b"\n")
    return Wanted(**json.loads(head)), content


def answer(given: Extracted | Unreadable) -> bytes:
    if isinstance(given, Unreadable):
        return json.dumps({"why": given.why}).encode() + b"\n"
    sizes = [*map(len, given.pictures)]
    head = {"text": given.text, "title": given.title, "pages": given.pages, "pictures": sizes, "scans": given.scans}
    # Half of a pair that stands alone is no text that could be kept.
    text = json.dumps(head, ensure_ascii=False).encode("utf-8", errors="replace")
    return text + b"\n" + b"".join(given.pictures)


def answered(message: bytes) -> Extracted | Unreadable | None:
    """What a worker said; None for what is no answer, or not a whole one."""
    head, _, rest = message.partition(b"\n")
    try:
        told = json.loads(head)
        if "why" in told:
            return Unreadable(str(told["why"])[:1000])
        sizes = [int(size) for size in told["pictures"]]
        if sum(sizes) != len(rest) or min(sizes, default=0) < 0:
            return None
        ends = [sum(sizes[: place + 1]) for place in range(len(sizes))]
        pictures = tuple(rest[end - size : end] for end, size in zip(ends, sizes, strict=True))
        scans = tuple(int(number) for number in told["scans"])
        return Extracted(str(told["text"]), str(told["title"])[:1000], int(told["pages"]), pictures, scans)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
