"""Legend of the marks: each shape of the lists and transcripts with its word and what it means."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from workbench.tui.render.board_lines import DIM
from workbench.tui.state.rows import BUDGET, DONE, ENDED, FAILED, IDLE, RETRYING, TO_APPLY, WAITING, WORKING

OF_SESSIONS: Final = (
    (WAITING, "a call waits for your answer"),
    (BUDGET, "it has reached its budget: raise it to let it go on"),
    (FAILED, "its turn failed; its row says why, and which key helps"),
    (WORKING, "the agent is at work; its row says at what, and how long a call has run"),
    (RETRYING, "the model's endpoint failed; it is asked again by itself"),
    (DONE, "an answer that you have not read"),
    (TO_APPLY, "at rest: it changed files that are not in your project yet; d reviews them"),
    (IDLE, "at rest: nothing to do, and nothing new to read"),
    (ENDED, "archived: its history stays"),
)
OF_LINES: Final = (
    ("›", "the chosen session while the box has the keys"),
    ("*", "marked with v: keys act on all marked ones"),
    ("#", "a tag"),
    ("+", "so many lines wait to be sent"),
    ("▶", "a call that runs or waits"),
    ("✓", "a call that ended well"),
    ("✗", "a call that failed or was denied"),
    ("■", "a turn that you interrupted"),
)


def legend_lines() -> list[Text]:
    """A line a mark."""
    lines = [Text("how a session stands", "bold")]
    for mark, says in OF_SESSIONS:
        lines.append(Text.assemble((f" {mark.shape} {mark.word:<9} ", mark.style), says))
    lines += [Text(), Text("in lists and transcripts", "bold")]
    lines += [Text.assemble((f" {shape}           ", "bold"), says) for shape, says in OF_LINES]
    lines += [Text(), Text(" ctx is the share of the model's context window that the conversation takes.", DIM)]
    return lines
