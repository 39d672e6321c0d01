"""Lines of the recap: what happened while a person was away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from workbench.client.recap import MARKS, summed
from workbench.text.display import line, span
from workbench.tui.render.board_lines import DIM
from workbench.tui.render.cells import cells
from workbench.tui.state.rows import BUDGET, DONE, ENDED, FAILED, WAITING, WORKING

Json = dict[str, Any]

MOST_NAMED: Final = 6
_STYLES: Final[Mapping[str, str]] = {
    "waiting": WAITING.style,
    "failed": FAILED.style,
    "budget": BUDGET.style,
    "interrupted": DIM,
    "ended": DONE.style,
    "working": WORKING.style,
    "archived": ENDED.style,
}


def recap_lines(found: Json, now: datetime, width: int, most: int = MOST_NAMED) -> list[Text]:
    """A line that sums up, and one for each of the sessions that changed most; who waits stands on the Board anyway."""
    since = datetime.fromisoformat(found["since"])
    head = Text.assemble(
        ("WHILE YOU WERE AWAY", "bold"), (f" · {span((now - since).total_seconds())} · ", DIM), summed(found)
    )
    head.append("   Esc closes", DIM)
    head.truncate(width, overflow="ellipsis")
    told = [one for one in found["sessions"] if one["how"] not in ("waiting", "archived")]
    lines = [head, *(_line(one, width) for one in told[:most])]
    if most and len(told) > most:
        lines.append(Text(f"   … {len(told) - most} more: workbench recap", DIM))
    return lines


def _line(one: Json, width: int) -> Text:
    name = max(12, min(30, width // 4))
    files = f"{one['files_to_apply']} file{'s' if one['files_to_apply'] > 1 else ''}" if one["files_to_apply"] else ""
    columns = [
        (f" {MARKS[one['how']]}", 3, _STYLES[one["how"]]),
        (line(one["title"] or one["session_id"][-6:], 60), name, "bold"),
        (" ", 1, ""),
        (line(one["text"], 300), max(4, width - name - 4 - 18), ""),
        (files, -9, DIM),
        (f"${one['cost_usd']:.2f}", -9, DIM),
    ]
    return cells(columns)
