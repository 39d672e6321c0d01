"""The text of changes: a unified diff in git's form, whose size and cost are bounded whatever the files hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from workbench.contracts import FileDiff
from workbench.hands.beneath import Beneath, shown
from workbench.hands.changes import Change, has_equal_content
from workbench.hands.overlay import Found

LARGEST_TEXT_BYTES = 1 << 20
LONGEST_DIFF = 4 << 20
"""In characters, of all files together."""
MOST_LINES_MATCHED = 3000
"""Matching is quadratic at worst: where more lines than these differ, they are shown as replaced whole."""
CONTEXT = 3
NO_NEWLINE = "\\ No newline at end of file"


def unified(changes: Sequence[Change], project: Beneath, upper: Beneath) -> FileDiff:
    """All changes but those of folders, one after the other."""
    parts: list[str] = []
    length = 0
    for change in changes:
        part = "".join(f"{line}\n" for line in _lines_of(change, project, upper))
        length += len(part)
        if length > LONGEST_DIFF:
            return FileDiff("".join(parts), truncated=True)
        parts.append(part)
    return FileDiff("".join(parts))


def _lines_of(change: Change, project: Beneath, upper: Beneath) -> Iterator[str]:
    before = change.before if change.before and change.before.kind in ("file", "link") else None
    after = change.after if change.after and change.after.kind in ("file", "link") else None
    if before is not None and after is not None and before.kind != after.kind:
        yield from _file_lines(change.path, (project, before), (upper, None))
        yield from _file_lines(change.path, (project, None), (upper, after))
    elif before is not None or after is not None:
        yield from _file_lines(change.path, (project, before), (upper, after))


_Side = tuple[Beneath, Found | None]


def _file_lines(path: str, old: _Side, new: _Side) -> Iterator[str]:
    (project, before), (upper, after) = old, new
    one, other = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    yield f"diff --git {one} {other}"
    yield from _mode_lines(before, after)
    if before is not None and after is not None and has_equal_content(project, upper, before, after):
        return
    old_text, new_text = _text(project, before), _text(upper, after)
    if old_text is None or new_text is None:
        yield f"Binary files {one if before else '/dev/null'} and {other if after else '/dev/null'} differ"
        return
    hunks = list(_hunks(_split(old_text), _split(new_text)))
    if hunks:
        yield f"--- {one if before else '/dev/null'}"
        yield f"+++ {other if after else '/dev/null'}"
        yield from hunks


def _mode_lines(before: Found | None, after: Found | None) -> Iterator[str]:
    if before is None:
        assert after is not None
        yield f"new file mode {_git_mode(after)}"
    elif after is None:
        yield f"deleted file mode {_git_mode(before)}"
    elif _git_mode(before) != _git_mode(after):
        yield f"old mode {_git_mode(before)}"
        yield f"new mode {_git_mode(after)}"


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


def _text(root: Beneath, found: Found | None) -> str | None:
    """The text of one side, empty where there is nothing; None where it is binary, too large or cannot be read."""
    if found is None:
        return ""
    try:
        if found.kind == "link":
            return root.target(found.path)
        raw = root.content(found.path, LARGEST_TEXT_BYTES + 1)
        text = raw.decode()
    except (OSError, UnicodeDecodeError):
        return None
    return None if len(raw) > LARGEST_TEXT_BYTES or "\0" in text else text


def _split(text: str) -> list[str]:
    """Lines without their end; the last keeps a mark where the file does not end in a line break."""
    if not text:
        return []
    lines = text.split("\n")
    if lines[-1] == "":
        return lines[:-1]
    lines[-1] += f"\n{NO_NEWLINE}"
    return lines


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Equal lines at both ends are cut off first, but for their context: only the middle is matched."""
    start, shorter = 0, min(len(old), len(new))
    while start < shorter and old[start] == new[start]:
        start += 1
    end = 0
    while end < shorter - start and old[-1 - end] == new[-1 - end]:
        end += 1
    start, end = max(0, start - CONTEXT), max(0, end - CONTEXT)
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    for group in _groups(old, new):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(start, first[1], last[2])} +{_range(start, first[3], last[4])} @@"
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[old_from:old_to])
            else:
                yield from (f"-{line}" for line in old[old_from:old_to])
                yield from (f"+{line}" for line in new[new_from:new_to])


_Step = tuple[str, int, int, int, int]


def _groups(old: Sequence[str], new: Sequence[str]) -> Iterator[list[_Step]]:
    if old == new:
        return
    if max(len(old), len(new)) > MOST_LINES_MATCHED:
        yield [("replace", 0, len(old), 0, len(new))]
        return
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        yield list(group)


def _range(offset: int, begin: int, end: int) -> str:
    """`start,length` as diff counts: from 1, and the line before where there is none."""
    length = end - begin
    return f"{offset + begin + (1 if length else 0)},{length}"
