"""The text of changes: a unified diff in git's form, whose size and cost are bounded whatever the files hold."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Iterator, Sequence

from workbench.contracts.files import FileDiff
from workbench.hands.files.changes import Change, has_equal_content
from workbench.hands.files.hunks import compared
from workbench.hands.files.overlay import Found
from workbench.hands.files.safe_paths import Beneath, shown

LARGEST_TEXT_BYTES = 1 << 20
LONGEST_DIFF = 4 << 20
"""In characters, of all files together."""
LONGEST_PATCH = 32 << 20
"""The same for a diff with binary files, which a program reads."""
LARGEST_BINARY_BYTES = 16 << 20
BINARY_LINE_BYTES = 52


def unified(changes: Sequence[Change], project: Beneath, upper: Beneath, *, binary: bool = False) -> FileDiff:
    """All changes but those of folders, one after the other; `binary` has what is not text as git writes it."""
    parts: list[str] = []
    length = 0
    for change in changes:
        part = "".join(f"{line}\n" for line in _lines_of(change, project, upper, binary=binary))
        length += len(part)
        if length > (LONGEST_PATCH if binary else LONGEST_DIFF):
            return FileDiff("".join(parts), truncated=True)
        parts.append(part)
    return FileDiff("".join(parts))


def _lines_of(change: Change, project: Beneath, upper: Beneath, *, binary: bool) -> Iterator[str]:
    before = change.before if change.before and change.before.kind in ("file", "link") else None
    after = change.after if change.after and change.after.kind in ("file", "link") else None
    if before is not None and after is not None and before.kind != after.kind:
        yield from _file_lines(change.path, (project, before), (upper, None), binary=binary)
        yield from _file_lines(change.path, (project, None), (upper, after), binary=binary)
    elif before is not None or after is not None:
        yield from _file_lines(change.path, (project, before), (upper, after), binary=binary)


_Side = tuple[Beneath, Found | None]


def _file_lines(path: str, old: _Side, new: _Side, *, binary: bool) -> Iterator[str]:
    (project, before), (upper, after) = old, new
    one, other = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    yield f"diff --git {one} {other}"
    is_same = before is not None and after is not None and has_equal_content(project, upper, before, after)
    yield from _mode_lines(before, after, only_mode=is_same)
    if is_same:
        return
    old_text, new_text = text_of(project, before), text_of(upper, after)
    if old_text is None or new_text is None:
        if lines := _binary_lines(old, new) if binary else []:
            yield from lines
        else:
            yield f"Binary files {one if before else '/dev/null'} and {other if after else '/dev/null'} differ"
        return
    if before is not None and after is not None and after.kind == "link":
        # Git says in this line alone that it is one.
        yield f"index {_blob_id(old, _raw(old) or b'')}..{_blob_id(new, _raw(new) or b'')} {_git_mode(after)}"
    hunks = list(compared(old_text, new_text).printed())
    if hunks:
        yield f"--- {one if before else '/dev/null'}"
        yield f"+++ {other if after else '/dev/null'}"
        yield from hunks


def _raw(side: _Side) -> bytes | None:
    """One side whole; None where it is larger than any patch may be, or cannot be read."""
    root, found = side
    if found is None:
        return b""
    try:
        if found.kind == "link":
            return os.fsencode(root.target(found.path))
        raw = root.content(found.path, LARGEST_BINARY_BYTES + 1)
    except OSError:
        return None
    return None if len(raw) > LARGEST_BINARY_BYTES else raw


def _binary_lines(old: _Side, new: _Side) -> list[str]:
    """A patch both ways, each side whole; none where it would be too long."""
    before, after = _raw(old), _raw(new)
    if before is None or after is None:
        return []
    lines = [f"index {_blob_id(old, before)}..{_blob_id(new, after)}", "GIT binary patch"]
    for content in (after, before):
        packed = zlib.compress(content)
        lines.append(f"literal {len(content)}")
        for place in range(0, len(packed), BINARY_LINE_BYTES):
            part = packed[place : place + BINARY_LINE_BYTES]
            lines.append(chr((64 if len(part) <= 26 else 70) + len(part)) + base64.b85encode(part, pad=True).decode())
        lines.append("")
    return lines


def _blob_id(side: _Side, content: bytes) -> str:
    if side[1] is None:
        return "0" * 40
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _mode_lines(before: Found | None, after: Found | None, *, only_mode: bool) -> Iterator[str]:
    if before is None:
        assert after is not None
        yield f"new file mode {_git_mode(after)}"
    elif after is None:
        yield f"deleted file mode {_git_mode(before)}"
    elif _git_mode(before) != _git_mode(after):
        yield f"old mode {_git_mode(before)}"
        yield f"new mode {_git_mode(after)}"
    elif only_mode:
        # Git knows no more of a mode than whether a file may be run; it takes these and says so.
        yield f"old mode 100{before.mode:03o}"
        yield f"new mode 100{after.mode:03o}"


def _git_mode(found: Found) -> str:
    if found.kind == "link":
        return "120000"
    return "100755" if found.mode & 0o100 else "100644"


def _quoted(path: str) -> str:
    """As git writes a name that would not be one word of a header."""
    text = shown(path)
    if all(letter.isprintable() and letter not in '"\\' for letter in text):
        return text
    escaped = "".join(
        "\\" + letter if letter in '"\\' else letter if 32 <= ord(letter) < 127 else _octal(letter) for letter in path
    )
    return f'"{escaped}"'


def _octal(letter: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape"))


def text_of(root: Beneath, found: Found | None) -> str | None:
    """The text of one side, empty where there is nothing; None where it is binary, too large or cannot be read."""
    if found is None:
        return ""
    try:
        if found.kind == "link":
            return os.fsencode(root.target(found.path)).decode()
        raw = root.content(found.path, LARGEST_TEXT_BYTES + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError):
        return None
    return None if len(raw) > LARGEST_TEXT_BYTES or "\0" in text else text
