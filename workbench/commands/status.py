"""examples:
workbench status
workbench status --json | jq .pid
"""

from __future__ import annotations

import argparse
import contextlib

from workbench import settings
from workbench.client import background, paths
from workbench.client.errors import ApiError
from workbench.client.sync import connect
from workbench.commands import endpoint, surface


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    engine = connect(place)
    if engine is None:
        if options.json:
            surface.print_json({"running": False, "pid": None})
        else:
            surface.out("the engine is not running; start it with: workbench up")
        return surface.NO_ENGINE
    status = engine.get(paths.STATUS)
    commands = []
    with contextlib.suppress(ApiError):  # an engine that was started before this program was renewed
        commands = engine.get(paths.BACKGROUND)["data"]
    if options.json:
        surface.print_json({"running": True, **status, "background": commands})
        return 0
    counts = ", ".join(f"{count} {name}" for name, count in sorted(status["sessions"].items())) or "none"
    surface.out(f"engine     pid {status['pid']}, up {status['uptime_s']:.0f} s")
    surface.out(f"sessions   {counts}")
    for session_id, said in background.by_session(commands).items():
        surface.out(f"           {surface.short(session_id)}: {said}")
    surface.out(f"model      {endpoint.described(status)}")
    surface.out(f"serving    {'127.0.0.1:' + str(status['port']) if status['port'] else 'no (workbench serve)'}")
    if status.get("answers"):
        surface.out(f"answers    {status['answers']} (links of notices)")
    surface.out(f"data       {status['data']}")
    surface.out(f"log file   {status['engine_log']}")
    for notice in status["notices"]:
        surface.out(f"notice     {notice}")
    if lacking := endpoint.lacking(place, status):
        surface.out(f"notice     {lacking}")
    return 0
