"""Pages of a list: a cursor that belongs to its order and is never handed out for an exhausted list."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.catalog.errors import Refused
from workbench.contracts.values import Json
from workbench.text.strict_json import loads


@dataclass(frozen=True)
class Page:
    """Items of one page and the cursors around it."""

    items: list[Json]
    next_page: str | None
    prev_page: str | None


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: the key of the item before it (forward) or behind it (backward), and the list's order."""

    order: str
    key: str
    backward: bool = False

    def text(self) -> str:
        packed = json.dumps([self.order, self.key, self.backward], separators=(",", ":"))
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def read_cursor(text: str | None, order: str) -> Cursor | None:
    """The cursor of a `page` parameter.

    Raises:
        Refused: it is none of ours, or was made for another order.
    """
    if text is None:
        return None
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        made_for, key, backward = loads(packed)
    except (binascii.Error, ValueError, TypeError):
        raise Refused("page: this is not a cursor that was handed out; start again without page") from None
    if not isinstance(key, str) or not isinstance(backward, bool):
        raise Refused("page: this is not a cursor that was handed out; start again without page")
    if made_for != order:
        raise Refused(f"page: this cursor belongs to order {made_for}; start again without page")
    return Cursor(order, key, backward)


def paged(items: Sequence[Json], *, keys: Sequence[str], limit: int, page: str | None, order: str = "desc") -> Page:
    """One page of `items`, which are sorted in `order` by their `keys` (distinct, sortable text)."""
    cursor = read_cursor(page, order)
    start, end = 0, min(limit, len(items))
    if cursor is not None:
        ahead = [
            index for index, key in enumerate(keys) if (key > cursor.key) == (order == "asc") and key != cursor.key
        ]
        first_ahead = ahead[0] if ahead else len(items)
        if cursor.backward:
            end = first_ahead if cursor.key not in keys else list(keys).index(cursor.key)
            start = max(0, end - limit)
        else:
            start, end = first_ahead, min(first_ahead + limit, len(items))
    return Page(
        items=list(items[start:end]),
        next_page=Cursor(order, keys[end - 1]).text() if end < len(items) and end > start else None,
        prev_page=Cursor(order, keys[start], backward=True).text() if start > 0 and end > start else None,
    )
