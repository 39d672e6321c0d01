"""Where a request's cache breakpoints stand, so that what was sent before is read and not paid again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from workbench.contracts.values import Json

FOR_AN_HOUR: Final[Json] = {"type": "ephemeral", "ttl": "1h"}
"""For what a person's pause should not lose: tools and system prompt, and the start of each turn."""

FOR_MINUTES: Final[Json] = {"type": "ephemeral"}
"""For the steps within a turn, of which each follows the other; five minutes, and cheaper to write."""


@dataclass(frozen=True)
class Mark:
    """The last block of a user's turn that was, or is, the end of a request; `after_pause`: the first one after an idle."""

    turn: int
    block: int
    after_pause: bool

    @property
    def place(self) -> tuple[int, int]:
        return self.turn, self.block


def with_breakpoints(turns: Sequence[Json], marks: Sequence[Mark]) -> list[Json]:
    """The turns with at most three breakpoints: this request's end, the one before it, and the last turn start besides.

    The cache looks for earlier entries at most 20 blocks before a breakpoint, and a step with many calls is longer than that:
    hence the exact places where earlier requests wrote theirs. An hour's breakpoint may not stand behind one of minutes:
    up to the last turn start all are the hour's.
    """
    places = sorted({mark.place for mark in marks})
    starts = sorted({mark.place for mark in marks if mark.after_pause})
    chosen = {*places[-2:], *[place for place in starts if place not in places[-2:]][-1:]}
    marked = list(turns)
    for turn, block in chosen:
        control = FOR_AN_HOUR if starts and (turn, block) <= starts[-1] else FOR_MINUTES
        blocks = list(marked[turn]["content"])
        blocks[block] = {**blocks[block], "cache_control": control}
        marked[turn] = {**marked[turn], "content": blocks}
    return marked
