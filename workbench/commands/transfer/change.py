"""One thing that differs between two services: what would change, as a diff, and what makes it so."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.client.sync import Client
from workbench.commands.surface import Json, Wrong


@dataclass(frozen=True)
class Change:
    """`lines` are a unified diff from what is there to what comes."""

    noun: str
    name: str
    is_new: bool
    lines: tuple[str, ...]
    make: Callable[[], None]


def diff(before: str, after: str, name: str) -> tuple[str, ...]:
    """Without a newline at the end of a line."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"{name} there", f"{name} then", lineterm="")
    return tuple(lines)


def all_of(service: Client, path: str) -> list[Json]:
    """Everything of a list that is not archived."""
    return [one for one in service.pages(path, [("limit", "100")]) if not one.get("archived_at")]


def by_name(found: Iterable[Json], noun: str, where: str, field: str = "name") -> dict[str, Json]:
    """Raises: Wrong: two have one name, so that it cannot be said which is meant."""
    named: dict[str, Json] = {}
    for one in found:
        if one[field] in named:
            raise Wrong(f"two {noun}s {where} are named {one[field]!r}; rename or archive one of them")
        named[one[field]] = one
    return named
