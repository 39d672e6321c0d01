"""examples:
  workbench bench                                everything, in a home of its own; some minutes
  workbench bench wire sandbox                   only these
  workbench bench log --events 10000000          on a log that holds ten million events
  workbench bench sql --events 10000000          questions about them, side by side with SQLite
  workbench bench search --events 10000000       full text in them, side by side with SQLite's FTS5
  workbench bench tui --rival ~/bin/claude       the terminal app, by turns with Claude Code where it is installed
  workbench bench --against ../before           this build beside a checkout of another one, which is installed there
  workbench bench --against ../before start turns            only these rows
  workbench bench scale                          how cost grows with events and sessions: a curve and its exponent

What misses its figure stands in the table with its reason. Exit code 0 either way: timings judge nothing.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from workbench.bench import caching, first_token, fork, journal, pages, proxy, sandbox, search, sql, tui, wire
from workbench.bench.against.builds import build_at, this_build
from workbench.bench.against.ratios import HEAD, LEAST, WHOLE, Ratio
from workbench.bench.against.rows import ROWS
from workbench.bench.figure import Figure, NotMeasured
from workbench.bench.scale import GOAL, Curve, curves
from workbench.client.errors import ApiError, EngineAway
from workbench.commands import surface
from workbench.commands.surface import paint

PARTS = (
    "wire",
    "token",
    "many",
    "sandbox",
    "fork",
    "log",
    "sql",
    "search",
    "wake",
    "cache",
    "proxy",
    "pages",
    "ps",
    "tui",
)
SCALE = "scale"
Measured = TypeVar("Measured", Figure, Ratio, Curve)
SMALLEST = 20
"""Events of the first step where only that it works is to be seen."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("part", nargs="*", default=[], help=f"of {', '.join(PARTS)}; all by default; or {SCALE}")
    parser.add_argument("--events", type=int, default=200_000, help="events in the log beforehand (default 200000)")
    parser.add_argument(
        "--rival", default="", metavar="PATH", help="Claude Code beside the app (default: claude, if any)"
    )
    parser.add_argument(
        "--against", metavar="PATH", help=f"a checkout to measure this build beside; its rows are {', '.join(ROWS)}"
    )
    parser.add_argument("--smallest", action="store_true", help="once, and little: only to see that it works")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    known = ROWS if options.against else (*PARTS, SCALE)
    if unknown := [part for part in options.part if part not in known]:
        surface.complain(f"there is no {unknown[0]!r} to measure; there are {', '.join(known)}")
        return 2
    if options.against:
        return _against(options)
    if SCALE in options.part:
        return _scale(options)
    tell = (lambda _: None) if options.json else surface.say
    measures: dict[str, Callable[[], Iterator[Figure]]] = {
        "wire": wire.first_delta,
        "token": first_token.slow_starts,
        "many": wire.many_sessions,
        "sandbox": sandbox.tool_calls,
        "fork": fork.forks,
        "log": partial(journal.durable_events, options.events),
        "sql": partial(sql.asked, options.events, tell),
        "search": partial(search.searched, options.events, tell),
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
        _measure(measures[part], part, figures, missing, quiet=options.json)
    if options.json:
        told = [{**dataclasses.asdict(figure), "reached": figure.reached} for figure in figures]
        surface.print_json({"figures": told, "not_measured": missing})
    else:
        surface.out(surface.table([_row(figure) for figure in figures], ["", "figure", "value", "wanted", "how"]))
        _say_missing(missing)
    return 0


def _against(options: argparse.Namespace) -> int:
    ratios: list[Ratio] = []
    missing: dict[str, str] = {}
    sizes = LEAST if options.smallest else WHOLE
    try:
        builds = this_build(), build_at(Path(options.against))
    except NotMeasured as cannot:
        surface.complain(str(cannot))
        return 2
    for part in options.part or ROWS:
        _measure(partial(ROWS[part], *builds, sizes), part, ratios, missing, quiet=options.json, told=_told)
    if options.json:
        told = [{**dataclasses.asdict(one), "ratio": one.ratio, "reached": one.reached} for one in ratios]
        surface.print_json({"ratios": told, "not_measured": missing})
    else:
        surface.out(surface.table([one.cells() for one in ratios], HEAD))
        _say_missing(missing)
    return 0


def _scale(options: argparse.Namespace) -> int:
    found: list[Curve] = []
    missing: dict[str, str] = {}
    _measure(partial(curves, SMALLEST if options.smallest else 1000), SCALE, found, missing, quiet=options.json)
    if options.json:
        told = [{**dataclasses.asdict(one), "exponent": one.exponent} for one in found]
        surface.print_json({"curves": told, "not_measured": missing})
        return 0
    for one in found:
        mark = "✓" if one.exponent <= GOAL else "✗"
        surface.out(f"{mark} {one.what}: exponent {one.exponent:.2f} (wanted ≤ {GOAL:g})")
        for line in one.plot():
            surface.out(line)
    _say_missing(missing)
    return 0


def _measure(
    measure: Callable[[], Iterator[Measured]],
    part: str,
    found: list[Measured],
    missing: dict[str, str],
    *,
    quiet: bool,
    told: Callable[[Measured], str] = lambda _: "",
) -> None:
    """`told` is said of each as soon as it is measured: what is interrupted has lost nothing."""
    if not quiet:
        surface.say(f"measuring: {part}")
    try:
        # One by one: what cannot be measured may come to light after some figures that were.
        for one in measure():
            found.append(one)
            if not quiet and (said := told(one)):
                surface.say(said)
    except (NotMeasured, ApiError, EngineAway) as cannot:
        missing[part] = str(cannot)


def _told(one: Ratio) -> str:
    return "  ".join(one.cells())


def _say_missing(missing: dict[str, str]) -> None:
    for part, reason in missing.items():
        surface.out(f"{paint('·', 'yellow')} {part}: not measured: {reason}")


def _row(figure: Figure) -> list[str]:
    mark = "✓" if figure.reached else "✗"
    return [mark, figure.name, f"{figure.value:,.2f} {figure.unit}", figure.wanted, figure.note]
