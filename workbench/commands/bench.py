"""examples:
  workbench bench                                everything, in a home of its own; some minutes
  workbench bench wire sandbox                   only these
  workbench bench log --events 10000000          on a log that holds ten million events
  workbench bench sql --events 10000000          questions about them, side by side with SQLite
  workbench bench tui --rival ~/bin/claude       the terminal app, by turns with Claude Code where it is installed

What misses its figure stands in the table with its reason. Exit code 0 either way: timings judge nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator
from functools import partial

from workbench.bench import caching, first_token, fork, journal, pages, proxy, sandbox, sql, tui, wire
from workbench.bench.figure import Figure, NotMeasured
from workbench.commands import surface
from workbench.commands.surface import paint

PARTS = ("wire", "token", "many", "sandbox", "fork", "log", "sql", "wake", "cache", "proxy", "pages", "ps", "tui")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("part", nargs="*", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--events", type=int, default=200_000, help="events in the log beforehand (default 200000)")
    parser.add_argument(
        "--rival", default="", metavar="PATH", help="Claude Code beside the app (default: claude, if any)"
    )
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    tell = (lambda _: None) if options.json else surface.say
    measures: dict[str, Callable[[], Iterator[Figure]]] = {
        "wire": wire.first_delta,
        "token": first_token.slow_starts,
        "many": wire.many_sessions,
        "sandbox": sandbox.tool_calls,
        "fork": fork.forks,
        "log": partial(journal.durable_events, options.events),
        "sql": partial(sql.asked, options.events, tell),
        "wake": journal.waking,
        "cache": caching.cached,
        "proxy": proxy.proxied,
        "pages": pages.read,
        "ps": wire.command_line,
        "tui": partial(tui.terminal_app, options.rival),
    }
    figures: list[Figure] = []
    missing: dict[str, str] = {}
    for part in options.part or PARTS:
        if not options.json:
            surface.say(f"measuring: {part}")
        try:
            # One by one: what cannot be measured may come to light after some figures that were.
            for figure in measures[part]():
                figures.append(figure)  # noqa: PERF402
        except NotMeasured as cannot:
            missing[part] = str(cannot)
    if options.json:
        told = [{**dataclasses.asdict(figure), "reached": figure.reached} for figure in figures]
        surface.print_json({"figures": told, "not_measured": missing})
    else:
        surface.out(surface.table([_row(figure) for figure in figures], ["", "figure", "value", "wanted", "how"]))
        for part, reason in missing.items():
            surface.out(f"{paint('·', 'yellow')} {part}: not measured: {reason}")
    return 0


def _row(figure: Figure) -> list[str]:
    mark = "✓" if figure.reached else "✗"
    return [mark, figure.name, f"{figure.value:,.2f} {figure.unit}", figure.wanted, figure.note]
