"""What a sentence says for longer than a task: the value that reading gives. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """What a sentence says for longer than a task.

    `value` are the tokens of what is wanted or holds, `avoid` of what is not wanted, `topic` of what it is about. `kind` is
    `choice` (one thing rather than another, or for something), `rule` (an order), `fact` or `note`.
    """

    text: str
    kind: str
    value: frozenset[str]
    avoid: frozenset[str] = frozenset()
    topic: frozenset[str] = frozenset()
    link: str = ""
    is_explicit: bool = False
    is_change: bool = False

    @property
    def all(self) -> frozenset[str]:
        return self.value | self.avoid | self.topic
