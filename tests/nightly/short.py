"""Hundreds of short sessions: after they are deleted no container, folder, channel, descriptor or memory of theirs is left."""

from __future__ import annotations

import random
import sys
import threading

from tests.hands.places import podman
from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text
from tests.nightly import processes
from tests.nightly.summary import Summary
from workbench import settings
from workbench.contracts.values import Json
from workbench.hands.podman.specification import SPARE_LABEL, SPARE_PREFIX, home_label

AT_ONCE = 5
WARM = 20
END_S = 120
MORE_FILES = 16
MORE_BYTES = 64 * processes.MIB


def _play(request: Json) -> Play:
    return text("Done.") if len(request["messages"]) > 1 else call("bash", {"command": "echo short > file; cat file"})


def run(count: int, chance: random.Random) -> Summary:
    """So many sessions of one call each, some at once; measured after the first ones, and at the end."""
    summary = Summary()
    with installation() as here:
        here.model.otherwise = _play
        _lived(here, WARM, summary)
        engine = processes.engine(here)
        assert engine is not None
        files, memory = processes.open_files(engine), processes.memory_bytes(engine)
        for begun in range(0, count, AT_ONCE):
            _lived(here, min(AT_ONCE, count - begun), summary)
            if begun % 100 == 95:
                sys.stdout.write(f"  {begun + AT_ONCE} sessions, {len(summary.faults)} faults\n")
                sys.stdout.flush()
        more_files = processes.open_files(engine) - files
        more_memory = processes.memory_bytes(engine) - memory
        summary.figures["more descriptors"] = more_files
        summary.figures["more MiB"] = more_memory // processes.MIB
        if more_files > MORE_FILES:
            summary.faults.append(f"the engine has {more_files} descriptors more")
        if more_memory > MORE_BYTES:
            summary.faults.append(f"the engine has {more_memory // processes.MIB} MiB more")
        _look_for_leftovers(here, summary)
    return summary


def _lived(here: Installation, count: int, summary: Summary) -> None:
    """Begin, wait for the end, and delete."""
    session_ids = [here.run_detached("be short") for _ in range(count)]
    pause = threading.Event()
    for _ in range(END_S * 5):
        standing = {one["id"]: one["status"] for one in here.json("ps", "--all")}
        if all(standing[one] == "idle" for one in session_ids):
            break
        pause.wait(0.2)
    else:
        summary.faults.append(f"not all of {session_ids} rest after {END_S} s")
    for session_id in session_ids:
        results = [event for event in here.events(session_id) if event["type"] == "agent.tool_result"]
        if [bool(one.get("is_error")) for one in results] != [False]:
            summary.faults.append(f"{session_id}: its call did not succeed once: {results}")
    here.told("rm", "-y", *session_ids)
    summary.figures["sessions"] += count


def _look_for_leftovers(here: Installation, summary: Summary) -> None:
    place = settings.load(here.environment)
    containers = podman("ps", "-a", "--filter", f"label={home_label(place)}", "--format", "{{.Names}}").split()
    channels = [file.name for file in place.channels.glob("*")] if place.channels.exists() else []
    left = {
        "containers": _but_one(containers, SPARE_PREFIX),
        "folders": [file.name for file in place.sandboxes.glob("*")] if place.sandboxes.exists() else [],
        "channels": _but_one(channels, f"{SPARE_LABEL}-"),
    }
    for what, names in left.items():
        summary.figures[f"{what} left"] = len(names)
        if names:
            summary.faults.append(f"{len(names)} {what} are left: {', '.join(names[:5])}")


def _but_one(names: list[str], prefix: str) -> list[str]:
    """What is left beside the one spare that waits for the next session."""
    spares = [name for name in names if name.startswith(prefix)]
    return [name for name in names if name not in spares[:1]]
