"""Forms of uploads: read part by part as they come, no part held whole."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request

from workbench.catalog.errors import Refused

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_TEXT_BYTES = 2000

_ESCAPED = re.compile(r"%(22|[01][0-9A-F])")
"""As the HTML standard has quotes and line breaks of a name written; other clients do the same with every control character."""


@dataclass(frozen=True)
class Part:
    """The head of one part; `filename` and `media_type` are "" where it has none."""

    name: str
    filename: str
    media_type: str


class Form:
    """The parts of a request's form, in order: first `next_part`, then the body of that part, in pieces or as text."""

    def __init__(self, request: Request, file_part: str = "file") -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise Refused(f"the request must be multipart/form-data with a part named {file_part}")
        self._stream = request.stream()
        self._waiting: deque[Part | bytes | None] = deque()
        self._headers: dict[str, str] = {}
        self._field = self._value = b""
        self._is_whole = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_field,
            "on_header_value": self._take_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._take_data,
            "on_part_end": lambda: self._waiting.append(None),
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(options[b"boundary"], callbacks)
        except FormParserError as error:
            raise _unreadable(error) from None

    async def next_part(self) -> Part | None:
        """The next part, what was left of the one before it passed over; None behind the last one.

        Raises:
            Refused: the form cannot be read, or was cut off.
        """
        while (item := await self._next()) is not None or not self._is_whole or self._waiting:
            if isinstance(item, Part):
                return item
        return None

    async def body(self) -> AsyncIterator[bytes]:
        """The body of the part that came last, in pieces."""
        while (item := await self._next()) is not None:
            assert isinstance(item, bytes)
            yield item

    async def text(self) -> str:
        """The body of the part that came last, which is short.

        Raises:
            Refused: it is long, or no text.
        """
        read = b""
        async for piece in self.body():
            read += piece
            if len(read) > MOST_TEXT_BYTES:
                raise Refused(f"a part of the form that is no file has at most {MOST_TEXT_BYTES} bytes")
        return _decoded(read)

    async def _next(self) -> Part | bytes | None:
        """A part's head, a piece of its body, or None at its end and behind the last one."""
        while not self._waiting and not self._is_whole:
            try:
                piece = await anext(self._stream)
                self._parser.write(piece)
            except (StopAsyncIteration, ClientDisconnect):
                raise Refused(
                    "the upload was cut off before its end, and nothing of it is stored; send it again"
                ) from None
            except FormParserError as error:
                raise _unreadable(error) from None
        return self._waiting.popleft() if self._waiting else None

    # ── what the parser tells ────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self) -> None:
        self._headers = {}

    def _take_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._field = self._value = b""

    def _end_headers(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        filename = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), _decoded(options.get(b"filename", b"")))
        self._waiting.append(Part(_decoded(options.get(b"name", b"")), filename, self._headers.get("content-type", "")))

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        self._waiting.append(data[start:end])

    def _end(self) -> None:
        self._is_whole = True


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Refused("the form's names and texts must be UTF-8") from None


def _unreadable(error: FormParserError) -> Refused:
    return Refused(f"the form cannot be read ({error}), and nothing of it is stored")
