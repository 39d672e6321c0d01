"""Pages of a list: a cursor that belongs to its order and is never handed out for an exhausted list."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

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


@dataclass(frozen=True)
class Walk:
    """The places of one page in a sequence of keys that is sorted upward, and the cursors around it."""

    places: list[int]
    next_page: str | None
    prev_page: str | None


def walked(
    keys: Sequence[str], is_wanted: Callable[[int], bool], *, limit: int, page: str | None, order: str = "desc"
) -> Walk:
    """`paged` over what is wanted of many: only what lies around the cursor is looked at."""
    cursor, onward = read_cursor(page, order), 1 if order == "asc" else -1
    first = 0 if order == "asc" else len(keys) - 1
    if cursor is None:
        ahead, behind = first, first - onward
    else:
        below, above = bisect_left(keys, cursor.key) - 1, bisect_right(keys, cursor.key)
        ahead, behind = (above, below) if order == "asc" else (below, above)
        if cursor.backward:
            # The cursor's own item begins the page behind this one.
            ahead = behind + onward

    def found(begin: int, step: int, most: int) -> list[int]:
        places = range(begin, len(keys) if step > 0 else -1, step) if 0 <= begin < len(keys) else range(0)
        return list(islice((place for place in places if is_wanted(place)), most))

    if cursor is not None and cursor.backward:
        back = found(behind, -onward, limit + 1)
        shown, more_before, more_after = back[:limit][::-1], len(back) > limit, bool(found(ahead, onward, 1))
    else:
        forth = found(ahead, onward, limit + 1)
        shown, more_after = forth[:limit], len(forth) > limit
        more_before = cursor is not None and bool(found(ahead - onward, -onward, 1))
    return Walk(
        shown,
        Cursor(order, keys[shown[-1]]).text() if shown and more_after else None,
        Cursor(order, keys[shown[0]], backward=True).text() if shown and more_before else None,
    )


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
