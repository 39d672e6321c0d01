"""examples:
workbench down                                 what was running goes on at the next start
"""

from __future__ import annotations

import argparse
import time

from workbench import settings
from workbench.client import Client, EngineAway, connect
from workbench.commands import surface

STOP_S = 30.0


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    engine = connect(place)
    if engine is not None:
        _stop(place, engine)
    if options.json:
        surface.print_json({"running": False})
    else:
        surface.out("the engine was not running" if engine is None else "the engine has stopped")
    return 0


def _stop(place: settings.Settings, engine: Client) -> None:
    pid = int(engine.get("/workbench/v1/status")["pid"])
    engine.post("/workbench/v1/down")
    deadline = time.monotonic() + STOP_S
    while time.monotonic() < deadline:
        if connect(place) is None and not _lives(pid):
            return
        time.sleep(0.05)
    raise EngineAway(f"the engine (pid {pid}) does not end; kill {pid} is safe, nothing acknowledged is lost")


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
