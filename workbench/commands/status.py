"""examples:
workbench status
workbench status --json | jq .pid
"""

from __future__ import annotations

import argparse

from workbench import settings
from workbench.client import connect
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
            print("the engine is not running; start it with: workbench up")
        return surface.NO_ENGINE
    status = engine.get("/workbench/v1/status")
    if options.json:
        surface.print_json({"running": True, **status})
        return 0
    counts = ", ".join(f"{count} {name}" for name, count in sorted(status["sessions"].items())) or "none"
    print(f"engine     pid {status['pid']}, up {status['uptime_s']:.0f} s")
    print(f"sessions   {counts}")
    print(f"model      {endpoint.described(status)}")
    print(f"serving    {'127.0.0.1:' + str(status['port']) if status['port'] else 'no (workbench serve)'}")
    print(f"data       {status['data']}")
    print(f"log file   {status['engine_log']}")
    for notice in status["notices"]:
        print(f"notice     {notice}")
    if lacking := endpoint.lacking(place, status):
        print(f"notice     {lacking}")
    return 0
