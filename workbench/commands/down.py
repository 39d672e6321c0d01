"""examples:
workbench down                                 what was running goes on at the next start
workbench down --sandboxes                     and ends the sandboxes, with what still runs in them
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time

from workbench import settings
from workbench.client import paths
from workbench.client.errors import ApiError, EngineAway
from workbench.client.sync import Client, connect
from workbench.commands import surface

STOP_S = 30.0
STAY_MINUTES = 10
"""How long a sandbox waits for the next engine; see `hands.specification.Limits`."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sandboxes", action="store_true", help="end the sandboxes too, with what runs in them")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    place = settings.load()
    engine = connect(place)
    was_there = engine is not None or _unreachable(place) is not None
    if not was_there and options.sandboxes:
        # Only an engine knows which are there, and ends them so that nothing of what runs in them is lost in the log.
        engine = surface.client()
    left: list[str] = []
    if engine is not None:
        left = _stop(engine, ends_sandboxes=options.sandboxes)
    pid = None if engine is not None else _unreachable(place)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        _await_end(pid)
    if options.json:
        surface.print_json({"running": False, "sandboxes_left": left})
        return 0
    surface.out(_said(options, was_there=was_there))
    if left:
        what = "1 sandbox stays" if len(left) == 1 else f"{len(left)} sandboxes stay"
        surface.say(
            f"{what} for the next engine, {STAY_MINUTES} minutes at most, so that nothing in them is lost "
            f"({', '.join(surface.short(one) for one in left[:8])}{' …' if len(left) > 8 else ''}); "
            "workbench down --sandboxes ends them"
        )
    return 0


def _said(options: argparse.Namespace, *, was_there: bool) -> str:
    if was_there:
        return "the engine has stopped"
    return "the engine was not running" + ("; it was started to end the sandboxes" if options.sandboxes else "")


def _stop(engine: Client, *, ends_sandboxes: bool) -> list[str]:
    """End the engine; the sessions whose sandboxes stay."""
    pid = int(engine.get(paths.STATUS)["pid"])
    left = [] if ends_sandboxes else _sandboxes(engine)
    engine.post("/workbench/v1/down", {"end_sandboxes": ends_sandboxes})
    _await_end(pid)
    return left


def _sandboxes(engine: Client) -> list[str]:
    with contextlib.suppress(ApiError):
        return [one["session_id"] for one in engine.get(paths.SANDBOXES)["data"]]
    return []


def _unreachable(place: settings.Settings) -> int | None:
    """The engine that holds the log and whose socket is gone, as after the runtime folder was wiped."""
    try:
        pid = int((place.log / "lock").read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    return pid if _is_engine(pid) else None


def _is_engine(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
        return b"engine" in words and os.stat(f"/proc/{pid}").st_uid == os.getuid()
    except OSError:
        return False


def _await_end(pid: int) -> None:
    deadline = time.monotonic() + STOP_S
    while time.monotonic() < deadline:
        if not _lives(pid):
            return
        time.sleep(0.05)
    raise EngineAway(f"the engine (pid {pid}) does not end; kill {pid} is safe, nothing acknowledged is lost")


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
