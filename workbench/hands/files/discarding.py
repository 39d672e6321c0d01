"""Puts changes of a session back to what its project has: in its own layer, the project is only read."""

from __future__ import annotations

import os
from collections.abc import Sequence

from workbench.contracts.files import FilesRefused
from workbench.hands.files import overlay
from workbench.hands.files.applying import folders_above, put_copy, remove, rewrite
from workbench.hands.files.changes import Change, found_at
from workbench.hands.files.overlay import is_opaque
from workbench.hands.files.reviewing import Part
from workbench.hands.files.safe_paths import Beneath, shown


def discard(whole: Sequence[Change], parts: Sequence[Part], project: Beneath, upper: Beneath) -> None:
    """What came goes, deepest first, and then what went or changed comes back, folders first; `parts` lose some hunks.

    Raises:
        FilesRefused: a folder of the project is a file for the session, or a file cannot be read or written.
    """
    for change in whole:
        _refuse_blocked(change, whole, upper)
    try:
        for change in reversed(whole):
            if change.after is not None and (change.before is None or change.before.kind != change.after.kind):
                remove(upper, change.after)
        for change in reversed(whole):
            if change.before is None:
                _remove_empty(change, upper, project)
        for change in whole:
            if change.before is not None:
                _bring_back(change, project, upper)
        for part in parts:
            assert part.change.after is not None
            rewrite(upper, part.change.path, part.in_session, part.change.after.mode)
    except OSError as error:
        raise FilesRefused(
            f"{shown(str(error.filename or ''))}: {error.strerror}; what came before it is discarded: mend this and discard again"
        ) from None


def _refuse_blocked(change: Change, whole: Sequence[Change], upper: Beneath) -> None:
    """Before anything is touched: a file cannot come back below one that stays."""
    goes = {one.path for one in whole}
    for folder in folders_above(change.path):
        found = found_at(upper, folder)
        if change.before is not None and found is not None and found.kind in ("file", "link") and folder not in goes:
            raise FilesRefused(
                f"nothing was discarded: {shown(folder)}, the folder of {shown(change.path)}, is a {found.kind} for the session; "
                f"discard {shown(folder)}"
            )


def _remove_empty(change: Change, upper: Beneath, project: Beneath) -> None:
    """The new folders in which nothing is left, upwards."""
    for folder in folders_above(change.path):
        found = found_at(upper, folder)
        if found is None or found_at(project, folder) is not None or upper.names(folder):
            return
        remove(upper, found)


def _bring_back(change: Change, project: Beneath, upper: Beneath) -> None:
    before = change.before
    assert before is not None
    for folder in reversed(list(folders_above(change.path))):
        _open_again(folder, project, upper)
    now = found_at(upper, change.path)
    if now is not None and now.kind == "folder":
        with upper.folder(change.path) as descriptor:
            os.fchmod(descriptor, before.mode)
        return
    if now is not None and now.kind == "gone":
        remove(upper, now)
        now = None
    if _is_hidden(change.path, upper) and before.kind == "folder":
        _make(change.path, before.mode, upper)
    elif _is_hidden(change.path, upper):
        put_copy(upper, project, before)
    elif now is not None:
        remove(upper, now)


def _is_hidden(path: str, upper: Beneath) -> bool:
    """Whether the session would not see the project's file here if its own layer had nothing."""
    return any(is_opaque(upper, folder) for folder in folders_above(path))


def _open_again(folder: str, project: Beneath, upper: Beneath) -> None:
    """A deleted folder of which something comes back is there again, and the rest of it is still deleted."""
    found, before = found_at(upper, folder), found_at(project, folder)
    if before is None or before.kind != "folder" or (found is not None and found.kind != "gone"):
        return
    if found is not None:
        remove(upper, found)
        _make(folder, before.mode, upper)
    elif _is_hidden(folder, upper):
        _make(folder, before.mode, upper)


def _make(folder: str, mode: int, upper: Beneath) -> None:
    with upper.parent(folder) as (above, name):
        os.mkdir(name, 0o700, dir_fd=above)
    with upper.folder(folder) as descriptor:
        overlay.mark_opaque(f"/proc/self/fd/{descriptor}")
        os.fchmod(descriptor, mode)
