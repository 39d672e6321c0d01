"""Imports that go on: what agents write into their folders is taken in a moment after, until it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from watchfiles import watch

from workbench.client.errors import ApiError, EngineAway
from workbench.commands import surface
from workbench.commands.claude_code.folder import GROWS_S
from workbench.commands.other_agents.vibe import CURRENT
from workbench.commands.session_files import Outcome
from workbench.commands.surface import Wrong
from workbench.commands.taking_in import taken, tell

REST_S: Final = 2.0
"""A file is read when it has rested so long: agents write each line a moment after what it tells."""
AGAIN_S: Final = 30.0
_SHARE: Final = 9
"""After each reading there is a pause so many times as long: a large folder takes a tenth of a core."""


def follow(places: Sequence[Path], *, as_json: bool) -> int:
    """Take in what is there, then what each change brings; ends when it is interrupted."""
    begun_at = time.time()
    tell(first := taken(places, is_growing=True), as_json=as_json)
    due = {place: time.monotonic() + GROWS_S for place in places if first.is_later}
    surface.say("following; Ctrl-C ends it")
    is_first = True
    # A time-out is not an error but the moment to look at what has rested.
    for changes in watch(
        *places,
        stop_event=threading.Event(),
        rust_timeout=500,
        yield_on_timeout=True,
        watch_filter=None,
        raise_interrupt=True,
    ):
        now = time.monotonic()
        changed = [Path(name) for _, name in changes] + (_written_since(places, begun_at) if is_first else [])
        due |= dict.fromkeys(parts_of(changed, places), now + REST_S)
        is_first = False
        for part in [part for part, moment in due.items() if moment <= now]:
            del due[part]
            begun = time.monotonic()
            again_s = _once(part, as_json=as_json)
            now = time.monotonic()
            if again_s is not None:
                due[part] = now + again_s
            time.sleep(min(REST_S, _SHARE * (now - begun)))
    return 0


def _written_since(places: Sequence[Path], moment: float) -> list[Path]:
    """Files that were written while the first reading went on, before anything watched."""
    every = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return [file for file in every if file.is_file() and file.stat().st_mtime >= moment]


def _once(part: Path, *, as_json: bool) -> float | None:
    """Take in what is new; gives in how many seconds to look again, if nothing changes."""
    try:
        outcome = taken([part], is_growing=True)
    except Wrong:
        # What was there is gone.
        return None
    except (ApiError, EngineAway, OSError) as error:
        surface.complain(f"{part}: {error}; tried again in {AGAIN_S:g} s")
        return AGAIN_S
    _tell_new(outcome, as_json=as_json)
    return GROWS_S if outcome.is_later else None


def _tell_new(outcome: Outcome, *, as_json: bool) -> None:
    for one in outcome.files:
        if one.taken and as_json:
            surface.print_json_line({"session": one.session, "file": one.file, "taken": one.taken})
        elif one.taken:
            surface.out(f"{one.session}: {one.taken:,} events of {one.file}")
    for name, reason in outcome.failed.items():
        surface.complain(f"{name} was left out: {reason}")


def parts_of(changed: Iterable[Path], places: Sequence[Path]) -> set[Path]:
    """What is read again for these files: sessions that may share lines are read together, and a database with its log."""
    found: set[Path] = set()
    for path in changed:
        session = next((above for above in path.parents if (above / CURRENT).is_file()), None)
        if session is not None:
            found.add(session)
        elif ".db" in path.suffixes or ".db-" in path.name:
            found.add(path.with_name(path.name.partition(".db")[0] + ".db"))
        elif path.suffix == ".jsonl":
            found.add(path.parents[2] if path.parent.name == "subagents" else path.parent)
    named = {place for place in places if place.is_file() and place.parent in found}
    return {part for part in found if not any(place.parent == part for place in named)} | named
