"""A changed copy of a frozen value, without the methods that would make it anew.

`dataclasses.replace` looks at every field and has `__init__` set each by `object.__setattr__`: 15 µs for a session's state, of which the
fold of one event makes three. Here the copy takes the fields over at once. It is for values without `__post_init__`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    # The type checker knows the fields of what it is given to this one.
    from dataclasses import replace

__all__ = ["replace"]

T = TypeVar("T")


def _copied(value: T, /, **changes: Any) -> T:
    """Raises: TypeError: the value has no such field."""
    if not changes.keys() <= vars(value).keys():
        unknown = changes.keys() - vars(value).keys()
        raise TypeError(f"{type(value).__name__} has no {', '.join(sorted(unknown))}")
    copy = object.__new__(type(value))
    copy.__dict__.update(vars(value))
    copy.__dict__.update(changes)
    return copy


if not TYPE_CHECKING:
    replace = _copied
