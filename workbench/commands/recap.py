"""examples:
workbench recap                                since the terminal app was used last, or the last 24 hours
workbench recap --since 3h                     30m, 3h, 2d, or a moment as 2026-01-31T12:00
"""

from __future__ import annotations

import argparse
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from workbench import settings
from workbench.client import paths
from workbench.client.recap import MARKS, summed
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line, span
from workbench.tui.state.view_state import ViewFile

USUAL: Final = timedelta(hours=24)
COLOURS: Final = {"waiting": "yellow", "failed": "red", "budget": "yellow", "interrupted": "dim", "ended": "green"}
_SPAN: Final = re.compile(r"(\d{1,6})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", metavar="WHEN", help="a time ago (30m, 3h, 2d) or a moment")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    moment = _moment(options.since)
    found = surface.client().get(paths.RECAP, [("since", moment.isoformat())])
    if options.json:
        surface.print_json(found)
        return 0
    ago = span((datetime.now(UTC) - moment).total_seconds())
    surface.out(f"{surface.paint(f'since {moment.astimezone():%Y-%m-%d %H:%M}', 'bold')} ({ago}): {summed(found)}")
    for one in found["sessions"]:
        _show(one)
    for dream in found["memory"]:
        count = len(dream["lines"])
        said = " · ".join(line(text, 60) for text in dream["lines"][:3])
        surface.out(
            f"memory: {count} line{'s' * (count > 1)} landed: {said}; undo: workbench dream undo {dream['dream_id']}"
        )
    return 0


def _show(one: Json) -> None:
    mark = surface.paint(MARKS[one["how"]], COLOURS.get(one["how"], "dim"))
    title = line(one["title"] or one["session_id"], 36)
    spent = f"${one['cost_usd']:.2f}"
    count = one["files_to_apply"]
    files = f"{count} file{'s' if count > 1 else ''}" if count else ""
    surface.out(f"{mark} {surface.short(one['session_id'])}  {title:36}  {files:9} {spent:>7}  {line(one['text'], 70)}")


def _moment(given: str | None) -> datetime:
    """The moment meant; without one, when a person was last at the app, or a day ago."""
    now = datetime.now(UTC)
    if given is None:
        left = ViewFile(settings.load().view).view.left_at
        return datetime.fromisoformat(left) if left else now - USUAL
    if matched := _SPAN.fullmatch(given):
        return now - timedelta(**{_UNITS[matched[2]]: int(matched[1])})
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise Wrong(f"--since: {given!r} is no time; write 30m, 3h, 2d or 2026-01-31T12:00") from None
    return moment.astimezone(UTC)
