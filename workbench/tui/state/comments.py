"""Comments on lines of changes: kept until they are sent, and the one message that they become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

Json = dict[str, Any]

MOST_QUOTED: Final = 12
"""Lines of a range; of a longer one its beginning and its end stand for it."""
INTRODUCTION: Final = "My comments on your changes:"


@dataclass(frozen=True)
class Comment:
    """What a person says of lines `first` to `last` of a file: of the file as it is now, or as it was where `is_old`.

    `quoted` are these lines as the diff had them, each with its sign.
    """

    path: str
    is_old: bool
    first: int
    last: int
    quoted: tuple[str, ...]
    text: str = ""

    @property
    def place(self) -> str:
        lines = f"line {self.first}" if self.first == self.last else f"lines {self.first}–{self.last}"
        return f"{self.path}, {lines}{' as it was before' if self.is_old else ''}"

    def is_about(self, other: Comment) -> bool:
        """Whether both are about the same lines."""
        return replace(self, text="") == replace(other, text="")


def put(comments: Sequence[Comment], comment: Comment) -> tuple[Comment, ...]:
    """With this comment in the place of one about the same lines; without text there is none."""
    others = [one for one in comments if not one.is_about(comment)]
    kept = [*others, comment] if comment.text.strip() else others
    return tuple(sorted(kept, key=lambda one: (one.path, one.last, one.first)))


def message(comments: Iterable[Comment]) -> str:
    """All of them as one message to the agent."""
    return "\n\n".join([INTRODUCTION, *(_said(one) for one in comments)])


def _said(comment: Comment) -> str:
    quoted = list(comment.quoted)
    if len(quoted) > MOST_QUOTED:
        half = MOST_QUOTED // 2
        quoted = [*quoted[:half], f"… {len(quoted) - 2 * half} more lines", *quoted[-half:]]
    return "\n".join([f"{comment.place}:", *(f"> {line}".rstrip() for line in quoted), comment.text.strip()])


def read(written: Iterable[Json]) -> tuple[Comment, ...]:
    """What was kept.

    Raises:
        TypeError, KeyError: a person, or another version, wrote something else.
    """
    return tuple(Comment(**{**one, "quoted": tuple(one["quoted"])}) for one in written)
