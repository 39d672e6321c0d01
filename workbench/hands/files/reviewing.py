"""Changed files as a person reads them: hunk by hunk, and the hunks that a person has chosen by their names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.contracts.files import FileChange, FileReview, FilesRefused, Hunk, HunkName
from workbench.hands.files.bases import fingerprint
from workbench.hands.files.changes import Change, has_equal_content
from workbench.hands.files.difference import LARGEST_TEXT_BYTES, LONGEST_DIFF, text_of
from workbench.hands.files.hunks import Compared, compared
from workbench.hands.files.meeting import Meeting
from workbench.hands.files.overlay import Found
from workbench.hands.files.safe_paths import Beneath, shown

DIGEST_LENGTH = 16
Lines = frozenset[int] | None
"""Places in a hunk, from 1; None for all."""


@dataclass(frozen=True)
class Part:
    """Some hunks of one file: what it began as with them, and its text in the session without them."""

    change: Change
    with_them: bytes
    in_session: bytes


@dataclass(frozen=True)
class Chosen:
    """What hunks were chosen: `whole` are paths of files that are taken whole, as they cannot be divided."""

    parts: tuple[Part, ...]
    whole: tuple[str, ...]


def reviewed(
    listed: Sequence[tuple[Change, FileChange]], project: Beneath, upper: Beneath, meetings: Mapping[str, Meeting]
) -> Iterator[FileReview]:
    """Each file with its hunks, until all together are too long; those after that without."""
    length = 0
    for change, told in listed:
        digest = hashlib.sha256(fingerprint(upper, change.after).encode("utf-8", "surrogateescape")).hexdigest()
        if length > LONGEST_DIFF:
            yield FileReview(told, digest[:DIGEST_LENGTH], None)
            continue
        hunks, whole = _hunks_of(change, project, upper)
        length += sum(len(line) for hunk in hunks for line in hunk.lines)
        meeting = meetings.get(change.path)
        conflicts, can_be_marked = (meeting.lines, meeting.can_be_marked) if meeting else ((), True)
        yield FileReview(told, digest[:DIGEST_LENGTH], hunks, whole, conflicts, can_be_marked)


def _hunks_of(change: Change, project: Beneath, upper: Beneath) -> tuple[tuple[Hunk, ...], str]:
    before, after = _side(change.before), _side(change.after)
    if before is None and after is None:
        return (), "a folder"
    if before is not None and after is not None and has_equal_content(project, upper, before, after):
        return (), "its mode alone is another one"
    pairs = [(before, after)]
    whole = ""
    if before is not None and after is not None and before.kind != after.kind:
        pairs, whole = [(before, None), (None, after)], f"the {before.kind} is a {after.kind} now"
    hunks: list[Hunk] = []
    for old, new in pairs:
        found = _compared(old, new, project, upper)
        if found is None:
            return (), _why_not_text(old, new)
        hunks += found.hunks(shown(change.path))
    return tuple(hunks), whole


def _side(found: Found | None) -> Found | None:
    return found if found is not None and found.kind in ("file", "link") else None


def _compared(old: Found | None, new: Found | None, project: Beneath, upper: Beneath) -> Compared | None:
    """None where a side is not text."""
    old_text, new_text = text_of(project, old), text_of(upper, new)
    return None if old_text is None or new_text is None else compared(old_text, new_text)


def _why_not_text(*sides: Found | None) -> str:
    found = [side for side in sides if side is not None and side.kind == "file"]
    if any(side.status.st_size > LARGEST_TEXT_BYTES for side in found):
        return f"larger than {LARGEST_TEXT_BYTES >> 20} MB"
    if any(not side.mode & 0o400 for side in found):
        return "it may not be read"
    return "binary"


def chosen_hunks(changes: Sequence[Change], names: Sequence[HunkName], project: Beneath, upper: Beneath) -> Chosen:
    """What these hunks are now.

    Raises:
        FilesRefused: one of them is not there any more, or cannot be divided into the lines that are wanted.
    """
    named: defaultdict[str, dict[str, Lines]] = defaultdict(dict)
    for name in names:
        ids = named[name.path.strip("/").removeprefix("./")]
        ids[name.id] = _both(ids[name.id], name.lines) if name.id in ids else name.lines
    by_path = {shown(change.path): change for change in changes}
    parts, whole = [], []
    for path, ids in named.items():
        change = by_path.get(path)
        if change is None:
            raise _gone(path, ids)
        known, why = _hunks_of(change, project, upper)
        wanted = _known(path, known, ids)
        is_new = change.kind == "added" and change.what == "file"
        if _is_divisible(change) or (is_new and any(wanted.values())):
            parts.append(_part(change, known, wanted, project, upper))
            continue
        if any(wanted.values()):
            raise FilesRefused(
                f"nothing was changed: lines of {path} cannot be taken one by one, as "
                f"{why or f'the {change.what} was {change.kind}'}; take the file whole"
            )
        whole.append(path)
    return Chosen(tuple(parts), tuple(whole))


def _both(one: Lines, other: Lines) -> Lines:
    return None if one is None or other is None else one | other


def _known(path: str, known: Sequence[Hunk], wanted: Mapping[str, Lines]) -> dict[str, Lines]:
    """The hunks that are wanted, each with the lines of it that differ; None for one that is wanted with all of them.

    Raises:
        FilesRefused: a hunk is not there any more, it has no such line, or none of its lines differs.
    """
    by_id = {hunk.id: hunk for hunk in known}
    if missing := wanted.keys() - by_id.keys():
        raise _gone(path, missing)
    found: dict[str, Lines] = {}
    for name, lines in wanted.items():
        hunk = by_id[name]
        differing = {number for number, line in enumerate(hunk.lines, 1) if line[:1] in "+-"}
        if lines is not None and not lines <= set(range(1, len(hunk.lines) + 1)):
            raise FilesRefused(f"hunk {name} of {path} has {len(hunk.lines)} lines, counted from 1")
        if lines is not None and not lines & differing:
            raise FilesRefused(f"nothing differs in these lines of hunk {name} of {path}")
        found[name] = None if lines is None or differing <= lines else frozenset(lines & differing)
    return found


def _gone(path: str, missing: Iterable[str]) -> FilesRefused:
    return FilesRefused(
        f"nothing was changed: hunk {', '.join(sorted(missing))} of {path} is not there any more, as the file changed since it "
        "was shown; look at the changes again",
        [path],
    )


def _is_divisible(change: Change) -> bool:
    return all(side is not None and side.kind == "file" for side in (change.before, change.after))


def _part(change: Change, known: Sequence[Hunk], wanted: Mapping[str, Lines], project: Beneath, upper: Beneath) -> Part:
    found = _compared(change.before, change.after, project, upper)
    if found is None:
        raise _gone(shown(change.path), wanted)

    def is_wanted(place: int, line: int) -> bool:
        lines = wanted.get(known[place].id, frozenset())
        return lines is None or line in lines

    in_session = found.with_lines(lambda place, line: not is_wanted(place, line))
    return Part(change, found.with_lines(is_wanted).encode(), in_session.encode())
