"""How panes divide the screen: a tree of splits as pure values, their rectangles, and which pane lies beside which."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Direction = Literal["left", "right", "up", "down"]

SMALLEST: Final = (16, 4)
"""Columns and rows, with its title, under which a pane shows nothing that one can read: sixteen fit into 80x24."""
MOST_DEEP: Final = 40


@dataclass(frozen=True)
class Split:
    """Two parts, beside each other or one above the other. `shares` are the parts' weights."""

    beside: bool
    shares: tuple[int, int]
    first: Tree
    second: Tree


Tree = str | Split
"""A session's id, or two trees."""


@dataclass(frozen=True)
class Rectangle:
    """Cells from the upper left corner of the panes' room."""

    x: int
    y: int
    width: int
    height: int


def leaves(tree: Tree) -> list[str]:
    """The sessions, in reading order of the splits."""
    return [tree] if isinstance(tree, str) else [*leaves(tree.first), *leaves(tree.second)]


def row(parts: Sequence[Tree], *, beside: bool) -> Tree:
    """The parts with an equal share each."""
    if len(parts) == 1:
        return parts[0]
    return Split(beside, (1, len(parts) - 1), parts[0], row(parts[1:], beside=beside))


def grid(session_ids: Sequence[str], columns: int) -> Tree:
    """Rows of so many columns; the last one may hold fewer."""
    begins = range(0, len(session_ids), columns)
    return row([row(session_ids[begin : begin + columns], beside=True) for begin in begins], beside=False)


def split(tree: Tree, session_id: str, new: str, *, beside: bool) -> Tree:
    """The tree with half of a session's room for a new one, at its right or below it."""
    return _changed(tree, session_id, lambda leaf: Split(beside, (1, 1), leaf, new))


def put(tree: Tree, session_id: str, new: str) -> Tree:
    """The tree with another session in a session's pane."""
    return _changed(tree, session_id, lambda _: new)


def _changed(tree: Tree, session_id: str, change: Callable[[str], Tree]) -> Tree:
    if isinstance(tree, str):
        return change(tree) if tree == session_id else tree
    first, second = (_changed(part, session_id, change) for part in (tree.first, tree.second))
    return Split(tree.beside, tree.shares, first, second)


def kept(tree: Tree | None, session_ids: Collection[str]) -> Tree | None:
    """The tree with these sessions only: what another one had is its neighbour's, and of two panes of one session the
    first stays. None when nothing is left."""
    seen: set[str] = set()

    def part_of(tree: Tree) -> Tree | None:
        if isinstance(tree, str):
            if tree in seen or tree not in session_ids:
                return None
            seen.add(tree)
            return tree
        first, second = part_of(tree.first), part_of(tree.second)
        if first is None or second is None:
            return second if first is None else first
        return Split(tree.beside, tree.shares, first, second)

    return None if tree is None else part_of(tree)


def rectangles(tree: Tree, width: int, height: int) -> dict[str, Rectangle]:
    """Where every session's pane lies; together they cover the room exactly."""
    found: dict[str, Rectangle] = {}

    def place(tree: Tree, x: int, y: int, width: int, height: int) -> None:
        if isinstance(tree, str):
            found[tree] = Rectangle(x, y, width, height)
            return
        length, (one, other) = width if tree.beside else height, tree.shares
        part = (2 * length * one + one + other) // (2 * (one + other))
        if tree.beside:
            place(tree.first, x, y, part, height)
            place(tree.second, x + part, y, width - part, height)
        else:
            place(tree.first, x, y, width, part)
            place(tree.second, x, y + part, width, height - part)

    place(tree, 0, 0, width, height)
    return found


def cramped(tree: Tree, width: int, height: int) -> Rectangle | None:
    """The pane that would be too small; None where every pane has room."""
    panes = rectangles(tree, width, height).values()
    return next((pane for pane in panes if pane.width < SMALLEST[0] or pane.height < SMALLEST[1]), None)


def neighbour(panes: dict[str, Rectangle], session_id: str, direction: Direction) -> str:
    """The pane that touches this one there and has most of its edge; empty at the border of the screen."""
    here = panes[session_id]
    touching = [(_shared(here, pane, direction), other) for other, pane in panes.items() if other != session_id]
    most, found = max(touching, key=lambda one: one[0], default=(0, ""))
    return found if most > 0 else ""


def _shared(here: Rectangle, pane: Rectangle, direction: Direction) -> int:
    """How many cells of the edge in this direction the two have in common; 0 where they do not touch."""
    edges = {
        "left": (pane.x + pane.width, here.x),
        "right": (pane.x, here.x + here.width),
        "up": (pane.y + pane.height, here.y),
        "down": (pane.y, here.y + here.height),
    }
    edge, wanted = edges[direction]
    if edge != wanted:
        return 0
    if direction in ("left", "right"):
        return min(here.y + here.height, pane.y + pane.height) - max(here.y, pane.y)
    return min(here.x + here.width, pane.x + pane.width) - max(here.x, pane.x)


def read(text: Any, depth: int = 0) -> Tree | None:
    """The tree in a file of the app's state; None for anything that is none."""
    if isinstance(text, str):
        return text or None
    if not isinstance(text, dict) or depth > MOST_DEEP:
        return None
    first, second = read(text.get("first"), depth + 1), read(text.get("second"), depth + 1)
    shares, beside = text.get("shares"), text.get("beside")
    if first is None or second is None or not isinstance(beside, bool) or not isinstance(shares, list):
        return None
    if len(shares) != 2 or any(type(one) is not int or one < 1 for one in shares):
        return None
    return Split(beside, (shares[0], shares[1]), first, second)
