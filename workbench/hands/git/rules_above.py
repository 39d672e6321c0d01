"""Ignore rules that stand outside of a project: those of its repository where it is a folder or a linked worktree of one."""

from __future__ import annotations

from pathlib import Path

from workbench.hands.files.ignoring import MOST_BYTES, RULES_NAME, Outer, rules_in
from workbench.hands.files.workspace import Workspace
from workbench.hands.git import record
from workbench.hands.git.location import repository_at


def rules_above(workspace: Workspace) -> list[Outer]:
    """The nearest folder's first, the repository's own `info/exclude` last."""
    known = record.load(workspace.folder)
    if known is None or known.main is None or workspace.project is None:
        return []
    root = Path(known.main.root)
    parts = Path(known.project).parts
    above = [(parts[depth:], root.joinpath(*parts[:depth]) / RULES_NAME) for depth in range(len(parts) - 1, -1, -1)]
    one = repository_at(root)
    # The project's own stands in its folder, where it has one, and is read with its other rules.
    if one is not None and one.common != workspace.project / ".git":
        above.append((parts, one.common / "info" / "exclude"))
    return [Outer(inside, rules_in(_text(file))) for inside, file in above]


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return ""
