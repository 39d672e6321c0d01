"""A worker's process: one request on its input, one answer on its output, and the end."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

from workbench.confined.closing import close_off, limit
from workbench.contracts.extraction import HTML, PDF, PDF_PICTURES, PICTURE, TEXT, Extracted, Unreadable, Wanted
from workbench.extraction import charsets, messages

MEMORY_BYTES: Final = 512 << 20
CPU_S: Final = 5
_NO_TEXT = "has no text that could be read: scripts may build it, or its elements lie too deep in each other."


def main() -> None:
    """Read, close this process off, and answer."""
    limit(MEMORY_BYTES, CPU_S)
    wanted, content = messages.wanted_of(sys.stdin.buffer.read())
    # Codecs and libraries can be loaded only while files can be opened.
    is_text = wanted.task in (HTML, TEXT)
    text = charsets.text_of(content, wanted.charset, is_html=wanted.task == HTML) if is_text else ""
    reader = _reader(wanted)
    close_off()
    sys.stdout.buffer.write(messages.answer(_done(wanted, content, text, reader)))
    sys.stdout.buffer.flush()


def _reader(wanted: Wanted) -> ModuleType | None:
    """The module that a task needs."""
    # Late: each is loaded for its own tasks.
    if wanted.task == HTML:
        from workbench.extraction import markdown

        return markdown
    if wanted.task in (PDF, PDF_PICTURES):
        from workbench.extraction import pdf

        return pdf
    if wanted.task == PICTURE:
        from workbench.extraction import picture

        return picture
    return None


def _done(wanted: Wanted, content: bytes, text: str, reader: ModuleType | None) -> Extracted | Unreadable:
    if reader is None:
        return Extracted(text)
    given: Extracted | Unreadable
    if wanted.task == PDF:
        given = reader.text_of(content, wanted)
    elif wanted.task == PDF_PICTURES:
        given = reader.pictures_of(content, wanted)
    elif wanted.task == PICTURE:
        given = reader.scaled(content, wanted)
    else:
        title, markdown = reader.markdown_of(text, wanted.base_url)
        given = Extracted(markdown, title) if markdown else Unreadable(_NO_TEXT)
    return given


if __name__ == "__main__":
    main()
