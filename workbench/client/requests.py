"""Requests of both clients: queries, targets, the pages of a list, and the form of an upload."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Query = Sequence[tuple[str, str]]


def target(path: str, query: Query) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(query)}" if query else path


def query_of_next_page(query: Query, page: Mapping[str, Any]) -> Query | None:
    """The query for the page behind this one, where `query` asked for the first; None behind the last."""
    return [*query, ("page", page["next_page"])] if page.get("next_page") else None


@dataclass(frozen=True)
class UploadForm:
    """A form with one file: its content type, and what stands before and behind the file's content."""

    content_type: str
    head: bytes
    tail: bytes


def upload_form(filename: str, fields: Mapping[str, str], part: str = "file") -> UploadForm:
    """The form for a file of this name as the part of that one, and fields beside it."""
    boundary = f"workbench{secrets.token_hex(16)}"
    disposition = f"--{boundary}\r\ncontent-disposition: form-data; name="
    # As the HTML standard has it; the server reads it back.
    escaped = filename.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    parts = [f'{disposition}"{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    head = "".join([*parts, f'{disposition}"{part}"; filename="{escaped}"\r\n\r\n'])
    content_type = f"multipart/form-data; boundary={boundary}"
    return UploadForm(content_type, head.encode("utf-8", "surrogateescape"), f"\r\n--{boundary}--\r\n".encode())
