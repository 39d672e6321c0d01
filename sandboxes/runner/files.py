"""The tools `read`, `write` and `edit`: exact bytes, bounded sizes, and never a wait on a pipe or a device."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from stat import S_IMODE, S_ISREG
from typing import Any, BinaryIO

from sandboxes.runner import edits, media
from sandboxes.runner.looks import Looks
from sandboxes.runner.outcomes import Outcome, ToolError, text
from sandboxes.runner.paths import Places, reason

TEXT_LIMIT_BYTES = 256 * 1024
SCAN_LIMIT_BYTES = 4 << 30
"""How far `read` looks for the first line of a range, so that a sparse file ends in words and not in hours."""
CHUNK_BYTES = 1 << 16

_MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


def read(places: Places, given: Mapping[str, Any], looks: Looks | None = None, thread: str = "") -> Outcome:
    """One call of the tool `read`."""
    name = given.get("file_path")
    target = places.resolve("read", name)
    if looks is not None:
        looks.note(thread, target)
    view_range = _view_range(given.get("view_range"))
    expected = _MEDIA_TYPES.get(target.suffix.lower())
    try:
        with _open_regular(target, "read", name) as file:
            size = os.fstat(file.fileno()).st_size
            if expected is not None or _holds_media(file):
                return _media(file, name, size, expected, has_range=view_range is not None)
            if size > TEXT_LIMIT_BYTES:
                if not view_range:
                    raise ToolError(
                        f"read: {name} is {size} bytes, exceeds {TEXT_LIMIT_BYTES}-byte limit. "
                        "Use the view_range parameter to read specific line ranges, e.g. view_range: [1, 500]."
                    )
                return text(_streamed_lines(file, name, view_range))
            content = file.read().decode("utf-8")
    except UnicodeDecodeError:
        raise ToolError(
            f"read: {name}: not valid UTF-8 text (binary files are only supported for image/PDF extensions)"
        ) from None
    except OSError as error:
        raise ToolError(f"read: {name}: {reason(error)}") from None
    if not view_range:
        return text(content)
    lines = content.split("\n")
    start, end = view_range
    return text("\n".join(lines[max(0, start - 1) : end if end > 0 else len(lines)]))


def write(places: Places, given: Mapping[str, Any], looks: Looks | None = None, thread: str = "") -> Outcome:
    """One call of the tool `write`."""
    name = given.get("file_path")
    target = places.resolve_to_write("write", name)
    content = _text_field("write", "content", given)
    if looks is not None:
        looks.refuse_changed(thread, target, name)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        written = _replace(target, "write", name, content)
    except OSError as error:
        raise ToolError(f"write: {name}: {reason(error)}") from None
    if looks is not None:
        looks.note(thread, target)
    return text(f"wrote {written} bytes to {name}")


def edit(places: Places, given: Mapping[str, Any], looks: Looks | None = None, thread: str = "") -> Outcome:
    """One call of the tool `edit`."""
    name = given.get("file_path")
    target = places.resolve_to_write("edit", name)
    old, new = _text_field("edit", "old_string", given), _text_field("edit", "new_string", given)
    if not old:
        raise ToolError("edit: old_string must not be empty; a whole file is written with the tool write")
    try:
        with _open_regular(target, "edit", name) as file:
            size = os.fstat(file.fileno()).st_size
            if size > TEXT_LIMIT_BYTES:
                raise ToolError(
                    f"edit: {name} is {size} bytes, exceeds {TEXT_LIMIT_BYTES}-byte limit. "
                    "The edit tool loads the whole file and cannot modify a file this large."
                )
            content = file.read().decode("utf-8")
    except UnicodeDecodeError:
        raise ToolError(f"edit: {name}: not valid UTF-8 text (cannot edit binary files)") from None
    except OSError as error:
        raise ToolError(f"edit: {name}: {reason(error)}") from None
    found = edits.places_of(content, old)
    if not found:
        raise ToolError(f"edit: old_string not found in {name}\n{edits.nearest(content, old)}".rstrip())
    if len(found) > 1 and not given.get("replace_all"):
        raise ToolError(
            f"edit: old_string appears {len(found)} times in {name} (must be unique)\n"
            f"It begins in {edits.lines_of(content, found)}. Add lines around it, or set replace_all."
        )
    was_changed = looks is not None and looks.has_changed(thread, target)
    try:
        _replace(target, "edit", name, edits.replaced(content, found, old, new))
    except OSError as error:
        raise ToolError(f"edit: {name}: {reason(error)}") from None
    told = ""
    if looks is not None:
        told = "; it had been changed since you read it, by another agent of this session" if was_changed else ""
        looks.note(thread, target)
    return text(f"edited {name} ({len(found)} replacement(s)){told}")


def _text_field(tool: str, field: str, given: Mapping[str, Any]) -> str:
    value = given.get(field)
    if not isinstance(value, str):
        raise ToolError(f"{tool}: {field} must be text")
    return value


def _view_range(value: object) -> tuple[int, int] | None:
    if not value:
        return None
    whole = isinstance(value, list) and all(isinstance(line, int) and not isinstance(line, bool) for line in value)
    if not whole or not isinstance(value, list) or len(value) != 2:
        raise ToolError("read: view_range must be [start_line, end_line]")
    return value[0], value[1]


def _open_regular(target: Path, tool: str, name: object) -> BinaryIO:
    """Open without waiting for a writer and refuse pipes, devices and directories."""
    fd = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    if not S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise ToolError(f"{tool}: {name}: not a regular file")
    return os.fdopen(fd, "rb")


def _holds_media(file: BinaryIO) -> bool:
    """Whether a file without the name of a picture is one all the same: what reads as text is text."""
    head = file.read(1024)
    file.seek(0)
    if media.kind_of(head) is None:
        return False
    try:
        head[:8].decode("utf-8")
    except UnicodeDecodeError:
        return True
    return b"\0" in head


def _media(file: BinaryIO, name: object, size: int, expected: str | None, *, has_range: bool) -> Outcome:
    """A picture or PDF as what its content says that it is, whatever its name says: whole, as the engine makes pages of it."""
    head = file.read(1024)
    kind = media.kind_of(head)
    if has_range and media.PDF not in (kind, expected):
        raise ToolError("read: view_range is not supported for image/PDF files")
    if kind is not None and size > media.LIMIT_BYTES:
        raise ToolError(f"read: {name} is {size} bytes, exceeds {media.LIMIT_BYTES}-byte limit for image/PDF files.")
    if kind is None:
        what = f"is no {media.name_of(expected or 'picture')} ({media.described(head)})"
        raise ToolError(f"read: {name} {what}. Its bytes can be looked at with bash.")
    content = head + file.read()
    if kind != media.PDF and (fault := media.fault_of(content)):
        raise ToolError(f"read: {name} {fault}.")
    source = {"type": "base64", "media_type": kind, "data": base64.standard_b64encode(content).decode()}
    return Outcome(({"type": "document" if kind == media.PDF else "image", "source": source},))


def _streamed_lines(file: BinaryIO, name: object, view_range: tuple[int, int]) -> str:
    """Lines of a file that is too large to load; the limit is on what was selected."""
    start, end = max(0, view_range[0] - 1), view_range[1] if view_range[1] > 0 else sys.maxsize
    selected = bytearray()
    line = scanned = 0
    while line < end and start < end and (chunk := file.read(CHUNK_BYTES)):
        scanned += len(chunk)
        if scanned > SCAN_LIMIT_BYTES:
            raise ToolError(f"read: view_range {list(view_range)} of {name} begins beyond {SCAN_LIMIT_BYTES} bytes.")
        pieces = chunk.split(b"\n")
        for number, piece in enumerate(pieces):
            if number:
                if start <= line < end - 1:
                    selected += b"\n"
                line += 1
            if start <= line < end:
                selected += piece
            if line >= end:
                break
        if len(selected) > TEXT_LIMIT_BYTES:
            raise _selection_too_large(name, view_range, start, end)
    return selected.decode("utf-8")


def _selection_too_large(name: object, view_range: tuple[int, int], start: int, end: int) -> ToolError:
    if end - start == 1:
        return ToolError(
            f"read: line {start + 1} of {name} alone exceeds {TEXT_LIMIT_BYTES}-byte limit. "
            "The read tool cannot return part of a line, so view_range cannot narrow this further."
        )
    return ToolError(
        f"read: view_range [{view_range[0]}, {view_range[1]}] of {name} exceeds {TEXT_LIMIT_BYTES}-byte limit. "
        "Narrow the view_range to read a smaller portion."
    )


def _replace(target: Path, tool: str, name: object, content: str) -> int:
    """Put the new content in the file's place in one step, mode kept: no reader ever sees half of it. Gives its bytes."""
    try:
        mode: int | None = target.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not S_ISREG(mode):
        if target.is_dir():
            raise IsADirectoryError
        raise ToolError(f"{tool}: {name}: not a regular file")
    if mode is not None and not os.access(target, os.W_OK):
        raise PermissionError
    beside = target.with_name(f".{secrets.token_hex(8)}.workbench")
    try:
        written = beside.write_bytes(content.encode("utf-8", "surrogatepass"))
        if mode is not None:
            beside.chmod(S_IMODE(mode))
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return written
