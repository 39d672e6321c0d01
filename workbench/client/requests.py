"""Requests of both clients: queries, targets, and the pages of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

Query = Sequence[tuple[str, str]]


def target(path: str, query: Query) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(query)}" if query else path


def query_of_next_page(query: Query, page: Mapping[str, Any]) -> Query | None:
    """The query for the page behind this one, where `query` asked for the first; None behind the last."""
    return [*query, ("page", page["next_page"])] if page.get("next_page") else None
