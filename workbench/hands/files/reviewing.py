"""Changed files as a person reads them: hunk by hunk, and the hunks that a person has chosen by their names."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workbench.contracts.files import FileChange, FileReview, FilesRefused, Hunk, HunkName
from workbench.hands.files.bases import fingerprint
from workbench.hands.files.changes import Change, has_equal_content
from workbench.hands.files.difference import LARGEST_TEXT_BYTES, LONGEST_DIFF, text_of
from workbench.hands.files.hunks import Compared, compared
from workbench.hands.files.overlay import Found
from workbench.hands.files.safe_paths import Beneath, shown

DIGEST_LENGTH = 16


@dataclass(frozen=True)
class Part:
    """Some hunks of one file: its text in the project with them, and its text in the session without them."""

    change: Change
    in_project: bytes
    in_session: bytes


@dataclass(frozen=True)
class Chosen:
    """What hunks were chosen: `whole` are paths of files that are taken whole, as they cannot be divided."""

    parts: tuple[Part, ...]
    whole: tuple[str, ...]


def reviewed(listed: Sequence[tuple[Change, FileChange]], project: Beneath, upper: Beneath) -> Iterator[FileReview]:
    """Each file with its hunks, until all together are too long; those after that without."""
    length = 0
    for change, told in listed:
        digest = hashlib.sha256(fingerprint(upper, change.after).encode("utf-8", "surrogateescape")).hexdigest()
        if length > LONGEST_DIFF:
            yield FileReview(told, digest[:DIGEST_LENGTH], None)
            continue
        hunks, whole = _hunks_of(change, project, upper)
        length += sum(len(line) for hunk in hunks for line in hunk.lines)
        yield FileReview(told, digest[:DIGEST_LENGTH], hunks, whole)


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
        FilesRefused: one of them is not there any more.
    """
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for name in names:
        ids[name.path.strip("/").removeprefix("./")].add(name.id)
    by_path = {shown(change.path): change for change in changes}
    parts, whole = [], []
    for path, wanted in ids.items():
        change = by_path.get(path)
        if change is None:
            raise _gone(path, wanted)
        if _is_divisible(change):
            parts.append(_part(change, wanted, project, upper))
            continue
        known, _ = _hunks_of(change, project, upper)
        _refuse_gone(path, known, wanted)
        whole.append(path)
    return Chosen(tuple(parts), tuple(whole))


def _refuse_gone(path: str, known: Sequence[Hunk], wanted: set[str]) -> None:
    if missing := wanted - {hunk.id for hunk in known}:
        raise _gone(path, missing)


def _gone(path: str, missing: Iterable[str]) -> FilesRefused:
    return FilesRefused(
        f"nothing was changed: hunk {', '.join(sorted(missing))} of {path} is not there any more, as the file changed since it "
        "was shown; look at the changes again",
        [path],
    )


def _is_divisible(change: Change) -> bool:
    return all(side is not None and side.kind == "file" for side in (change.before, change.after))


def _part(change: Change, wanted: set[str], project: Beneath, upper: Beneath) -> Part:
    path, found = shown(change.path), _compared(change.before, change.after, project, upper)
    if found is None:
        raise _gone(path, wanted)
    known = found.hunks(path)
    _refuse_gone(path, known, wanted)
    places = {place for place, hunk in enumerate(known) if hunk.id in wanted}
    others = set(range(len(known))) - places
    return Part(change, found.with_hunks(places).encode(), found.with_hunks(others).encode())
