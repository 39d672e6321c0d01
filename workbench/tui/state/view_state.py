"""View state: read marks, viewed files, pins, mutes, order, panes and history, kept in a file."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from workbench.contracts.modes import MODES
from workbench.settings import make_private
from workbench.tui.state.splits import Tree, grid, read

GROUPINGS: Final = ("project", "state", "tag", "agent")
MOST_HISTORY: Final = 200


@dataclass(frozen=True)
class View:
    """Everything by session id. `seen` is the moment of the last rest that was read; `ranks` an order that a person gave."""

    seen: tuple[tuple[str, str], ...] = ()
    pinned: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()
    ranks: tuple[tuple[str, int], ...] = ()
    grouping: str = "project"
    panes: Tree | None = None
    """How the sessions in panes divided the screen last."""
    history: tuple[str, ...] = ()
    """Lines that were sent, the youngest last."""
    welcomed: bool = False
    viewed: tuple[tuple[str, str, str], ...] = ()
    """Changed files that were viewed: session, path, and what the session had there then."""
    folder: str = ""
    """What new tasks work on until `-C` says another; "" is an empty folder."""
    mode: str = ""
    """The permission mode of new tasks."""
    scoped: bool = False
    """Whether the list shows the sessions of that folder alone."""
    left_at: str = ""
    """The minute of the last key that a person pressed."""


class ViewFile:
    """The view and its file: a change is on disk before the next key."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.view = _read(file)

    @property
    def folder(self) -> Path:
        """The app's state."""
        return self._file.parent

    def put(self, view: View) -> None:
        """Keep this view; the same again writes nothing."""
        if view == self.view:
            return
        self.view = view
        make_private(self._file.parent)
        new = self._file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(asdict(view), ensure_ascii=False), encoding="utf-8")
        os.replace(new, self._file)


def read_to(view: View, session_id: str, rested_at: str) -> View:
    """The view after a session's last answer was read; an empty moment makes it unread."""
    return replace(view, seen=(*(one for one in view.seen if one[0] != session_id), (session_id, rested_at)))


def toggled(ids: tuple[str, ...], chosen: Sequence[str]) -> tuple[str, ...]:
    """With the chosen ones, or without them where all are in already."""
    if all(one in ids for one in chosen):
        return tuple(one for one in ids if one not in chosen)
    return (*ids, *(one for one in chosen if one not in ids))


def moved(view: View, group: Sequence[str], session_id: str, step: int) -> View:
    """The view with a session moved within its group, which keeps this order from now on."""
    place = group.index(session_id)
    target = max(0, min(len(group) - 1, place + step))
    order = [one for one in group if one != session_id]
    order.insert(target, session_id)
    others = tuple(one for one in view.ranks if one[0] not in order)
    return replace(view, ranks=(*others, *((one, rank) for rank, one in enumerate(order))))


def remembered(view: View, line: str) -> View:
    """The view with a line that was sent."""
    others = [one for one in view.history if one != line]
    return replace(view, history=(*others, line)[-MOST_HISTORY:])


def started_in(view: View, project: str | None) -> View:
    """The view of an app that was started in this project, or in none; a folder that is gone is chosen no longer.

    A mode that was chosen for one folder is none for another: what is allowed there was never looked at.
    """
    folder = project or view.folder
    mode = view.mode if folder == view.folder else ""
    return replace(view, folder=folder if folder and os.path.isdir(folder) else "", mode=mode)


def without(view: View, gone: frozenset[str]) -> View:
    """The view without sessions that were deleted."""
    return replace(
        view,
        seen=tuple(one for one in view.seen if one[0] not in gone),
        ranks=tuple(one for one in view.ranks if one[0] not in gone),
        viewed=tuple(one for one in view.viewed if one[0] not in gone),
        pinned=tuple(one for one in view.pinned if one not in gone),
        muted=tuple(one for one in view.muted if one not in gone),
    )


def _read(file: Path) -> View:
    """The view in a file; what a person broke, or another version wrote, is left out."""
    kept: Any = None
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(kept, dict):
        return View()
    view = View()
    with contextlib.suppress(TypeError, ValueError, KeyError):
        view = replace(view, seen=tuple((str(one), str(at)) for one, at in kept["seen"]))
    with contextlib.suppress(TypeError, ValueError, KeyError):
        view = replace(view, ranks=tuple((str(one), int(rank)) for one, rank in kept["ranks"]))
    with contextlib.suppress(TypeError, ValueError, KeyError):
        view = replace(view, viewed=tuple((str(one), str(path), str(at)) for one, path, at in kept["viewed"]))
    return replace(
        view,
        pinned=_texts(kept.get("pinned")),
        muted=_texts(kept.get("muted")),
        panes=_panes(kept),
        history=_texts(kept.get("history")),
        grouping=kept["grouping"] if kept.get("grouping") in GROUPINGS else view.grouping,
        welcomed=bool(kept.get("welcomed")),
        folder=kept["folder"] if isinstance(kept.get("folder"), str) else view.folder,
        mode=kept["mode"] if kept.get("mode") in MODES else "",
        scoped=kept.get("scoped") is True,
        left_at=_moment(kept.get("left_at")),
    )


def _panes(kept: dict[str, Any]) -> Tree | None:
    """The panes; an older version wrote a list of sessions, and the number of its columns beside it."""
    listed, columns = _texts(kept.get("panes")), str(kept.get("layout", ""))
    if listed:
        return grid(listed, max(1, int(columns) if columns.isdecimal() else 2))
    return read(kept.get("panes"))


def _moment(kept: Any) -> str:
    """A moment with its zone, or none."""
    with contextlib.suppress(TypeError, ValueError):
        return kept if datetime.fromisoformat(kept).tzinfo else ""
    return ""


def _texts(kept: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in kept) if isinstance(kept, list) else ()
