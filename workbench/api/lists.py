"""The queries of lists: limits, cursors, orders, dates, repeated filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import ge, gt, le, lt

from starlette.requests import Request

from workbench.catalog.errors import Refused
from workbench.catalog.pages import Page, Walk, paged, read_cursor, walked
from workbench.clock import read as moments_read
from workbench.contracts.values import Json
from workbench.events import timestamp

MOST_DIGITS = 18
"""A number of a query is a place or a count; the database has 64 bits for one."""
MOST_NUMBER: int = 10**MOST_DIGITS - 1

Passes = Callable[[str], bool]
"""Whether a timestamp of the wire is wanted."""

_COMPARISONS: dict[str, Callable[[str, str], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def many(request: Request, name: str) -> list[str]:
    """A repeated parameter, in brackets or without."""
    return request.query_params.getlist(f"{name}[]") + request.query_params.getlist(name)


def limit(request: Request, default: int, most: int) -> int:
    """The `limit` parameter.

    Raises:
        Refused: it is no number from 1 to `most`.
    """
    return number(request, "limit", least=1, most=most) or default


def number(request: Request, name: str, *, least: int, most: int | None = None) -> int | None:
    """A whole number of the query; None when it is not there.

    Raises:
        Refused: it is none, or outside its range.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    most_read = MOST_NUMBER if most is None else most
    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS or not least <= int(text) <= most_read:
        reach = f"from {least} to {most}" if most is not None else f"from {least}"
        raise Refused(f"{name}: must be a whole number {reach}")
    return int(text)


def flag(request: Request, name: str) -> bool:
    """A boolean of the query, false by default."""
    return choice(request, name, ("true", "false"), "false") == "true"


def choice(request: Request, name: str, values: Sequence[str], default: str) -> str:
    text = request.query_params.get(name, default)
    if text not in values:
        raise Refused(f"{name}: must be one of {', '.join(values)}")
    return text


def moments(request: Request) -> Passes:
    """Whether a timestamp passes the `created_at[…]` filters; a moment without a zone is UTC."""
    bounds = []
    for name, compare in _COMPARISONS.items():
        text = request.query_params.get(f"created_at[{name}]")
        if text is not None:
            bounds.append((compare, _moment(text, f"created_at[{name}]")))
    return lambda stamp: all(compare(stamp, bound) for compare, bound in bounds)


def _moment(text: str, name: str) -> str:
    try:
        return timestamp(moments_read(text, zone=False))
    except ValueError:
        raise Refused(f"{name}: {text[:100]!r} is not a moment such as 2026-01-31T12:00:00Z") from None


def key(item: Json) -> str:
    """The sorting key of a thing with `created_at` and `id`."""
    return f"{item['created_at']} {item['id']}"


def page_of(
    request: Request,
    items: Sequence[Json],
    *,
    default: int,
    most: int,
    order: str = "desc",
    passes: Passes | None = None,
) -> Page:
    """One page of filtered items, which stand in `order`.

    Raises:
        Refused: wrong limit, a cursor of another order, or one that the date filter excludes.
    """
    wanted = _cursor(request, order, passes)
    size = limit(request, default, most)
    return paged(items, keys=[key(item) for item in items], limit=size, page=wanted, order=order)


def walk_of(
    request: Request,
    keys: Sequence[str],
    is_wanted: Callable[[int], bool],
    *,
    default: int,
    most: int,
    order: str,
    passes: Passes,
) -> Walk:
    """The places of one page of what is wanted of many, whose `keys` are sorted upward.

    Raises:
        Refused: as `page_of`.
    """
    page = _cursor(request, order, passes)
    return walked(keys, is_wanted, limit=limit(request, default, most), page=page, order=order)


def _cursor(request: Request, order: str, passes: Passes | None) -> str | None:
    wanted = request.query_params.get("page")
    cursor = read_cursor(wanted, order)
    if cursor and passes and not passes(cursor.key.partition(" ")[0]):
        raise Refused("page: the created_at filter excludes this cursor's place; start again without page")
    return wanted


def forward(page: Page) -> Json:
    """The body of a list that pages forward only."""
    return {"data": page.items, "next_page": page.next_page}


def both_ways(page: Page) -> Json:
    """The body of a list that pages in both directions."""
    return {"data": page.items, "next_page": page.next_page, "prev_page": page.prev_page}
