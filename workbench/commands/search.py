"""examples:
  workbench search which port does the database use     a question as you would ask it; the best places come first
  workbench search '"connection refused"' tool:bash t:7d   a phrase, in calls and outputs of bash, of the last seven days
  workbench search migrat* p:shop -staging              a beginning, in one project, without another word
  workbench search --sessions the flaky login test      the sessions, not the places

Lines of memory stores that answer, with `memory` before them, come first; a question with filters asks sessions alone.

filters: p:PROJECT a:AGENT tag:TAG s:SESSION tool:TOOL by:user|agent|tool|system t:7d 't:>7d' (ages: m h d w) 't:>2026-11-01'
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime

from workbench.client import paths
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line, safe

_MARK = "yellow"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", nargs="+", help='words, a question, "phrases", begin*, -without, and filters')
    parser.add_argument(
        "--sessions", action="store_true", help="list the sessions that answer best, each with its best place"
    )
    parser.add_argument("--limit", type=int, default=20, help="at most so many, up to 100 (default 20)")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    body = {"question": " ".join(options.question), "limit": options.limit}
    found = surface.client().post(paths.SEARCH, body)
    hits: list[Json] = [one["best"] for one in found["sessions"]] if options.sessions else found["data"]
    memories: list[Json] = [] if options.sessions else found["memories"]
    if options.json:
        surface.print_json(found)
        return 0 if hits or memories else 1
    if found["indexed"] < 1:
        surface.complain(f"The index is being made anew: {found['indexed']:.0%} of the log are in it.")
    for one in memories:
        surface.out(f"memory {line(one['store'], 24)} {line(one['path'], 40)}:{one['line']}  {_marked(one)}")
    if not hits and not memories:
        raise Wrong("nothing was found; try fewer filters, other words, or the beginning of a word with a * behind it")
    for hit in hits:
        moment = (
            f"{datetime.fromisoformat(hit['processed_at']).astimezone():%Y-%m-%d %H:%M}" if hit["processed_at"] else ""
        )
        surface.out(
            f"{surface.short(hit['session_id'])} #{hit['seq']:<5} {moment:16} {line(_sender(hit), 14):14} {_marked(hit)}"
        )
    return 0


def _sender(hit: Json) -> str:
    """The tool, of its calls and outputs, else user, agent or session."""
    if hit["type"].endswith("result"):
        return f"{hit['tool'] or 'tool'} output"
    return str(hit["tool"] or hit["type"].partition(".")[0])


def _marked(hit: Json) -> str:
    """The snippet with what was found in colour, where there is colour."""
    made, reached = "", 0
    for first, end in hit["marks"]:
        made += _plain(hit["snippet"][reached:first]) + surface.paint(
            _plain(hit["snippet"][first:end]), _MARK, sys.stdout
        )
        reached = end
    return made + _plain(hit["snippet"][reached:])


def _plain(text: str) -> str:
    return safe(text).replace("\n", " ")
