"""The terminal app's start: its engine, its drafts, and what of this machine it may ask for."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench import settings, start
from workbench.client.errors import ApiError, EngineAway, is_answering
from workbench.commands import project, surface
from workbench.commands.surface import Json, Wrong

if TYPE_CHECKING:
    from workbench.client.sync import Client
    from workbench.settings import Settings
    from workbench.tui.app import ScreenName
    from workbench.tui.state.task_line import Task


@dataclass(frozen=True)
class Elsewhere:
    """An engine on another machine: where its socket is forwarded to, what the machine is called, and what is asked of it there."""

    settings: Settings
    name: str
    ensure: Callable[[Callable[[str], None]], None]
    begin: Callable[[Task], str]
    checks: Callable[[], list[Json]]
    demo: Callable[[], str]
    lost: Callable[[], str]
    """What to say while it does not answer."""


def wants_plain() -> bool:
    """Whether this terminal, or the person at it, cannot use a screen that is redrawn."""
    return os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("WORKBENCH_SCREEN_READER") == "1"


def need_terminal(instead: str) -> None:
    """Raises: Wrong: nobody is at both ends of the terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong(f"this needs a terminal; use: {instead}")


def board() -> int:
    return app()


def plain(elsewhere: Elsewhere | None = None) -> int:
    # Late: one of the two faces is used, never both.
    from workbench.client.sync import Client
    from workbench.commands import beginning
    from workbench.tui.plain import Plain

    if elsewhere is not None:
        there = Client(elsewhere.settings.engine_socket)
        Plain(there, elsewhere.begin, datetime_now, surface.ask, surface.out, is_here=False).run()
        return 0
    engine = surface.client()
    Plain(
        engine, lambda task: beginning.begin(engine, task), datetime_now, surface.ask, surface.out, project.here()
    ).run()
    return 0


def app(place: ScreenName = "board", session_id: str = "", elsewhere: Elsewhere | None = None) -> int:
    """Open the app, on this machine's engine or one elsewhere; leaving it stops nothing."""
    # The app decides itself how often it paints, and a key waits for the frame after the last; Textual reads this when imported.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    # Nothing of the start is garbage, and looking for it costs a tenth of the time.
    gc.disable()
    # Late: Textual is most of the start, and only this needs it.
    from workbench.client.app import Link
    from workbench.tui.app import WorkbenchApp
    from workbench.tui.config.preferences import begun, read
    from workbench.tui.state.debounce import Debounce
    from workbench.tui.state.drafts import Drafts
    from workbench.tui.state.machine import Machine
    from workbench.tui.state.store import Store
    from workbench.tui.state.view_state import ViewFile, started_in

    known = elsewhere.settings if elsewhere else settings.load()
    settings.make_private(known.runtime)

    machine = Machine(
        ensure=elsewhere.ensure if elsewhere else lambda say: ensure(known, say),
        begin=elsewhere.begin if elsewhere else lambda task: begin(known, task),
        checks=elsewhere.checks if elsewhere else checks,
        demo=elsewhere.demo if elsewhere else lambda: demo(known),
        choose=lambda chosen: begun(known.app, chosen),
        lacks=str if elsewhere else lambda: lacks(known),
    )
    view_file = ViewFile(known.view)
    view_file.put(started_in(view_file.view, None if elsewhere else project.here()))
    store = Store(Link(known.engine_socket), Drafts(known.drafts), view_file, machine, datetime_now)
    store.debounce = Debounce()
    if elsewhere is not None:
        store.place, store.lost = elsewhere.name, elsewhere.lost
    chosen = read(known.app)
    WorkbenchApp(store, chosen, place=place, session_id=session_id, welcomes=True).run(mouse=chosen.mouse)
    return 0


def ensure(known: Settings, say: Callable[[str], None]) -> None:
    """Start the engine where none runs."""
    if not is_answering(known.engine_socket):
        _engine(known, say)


def _engine(known: Settings, say: Callable[[str], None] = lambda _: None) -> Client:
    # Late: the app speaks to a running engine in its own way, and is painted without this one.
    from workbench.client.sync import connect_or_start

    return connect_or_start(known, say)


def begin(known: Settings, task: Task) -> str:
    """Start a session, as `beginning.begin` says."""
    # Late: the first paint needs no words of the command line.
    from workbench.commands import beginning

    return beginning.begin(_engine(known), task)


def demo(known: Settings) -> str:
    """Start the first steps of a new person."""
    # Late, as above.
    from workbench.commands import beginning

    return beginning.first_steps(_engine(known))


def checks() -> list[Json]:
    """What doctor sees without starting a sandbox; in a process of its own, which may import what the app must not."""
    command = start.command("workbench", "doctor", "--quick", "--json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    try:
        found: list[Json] = json.loads(done.stdout)
    except ValueError:
        found = [{"name": "doctor", "ok": False, "found": done.stderr.strip()[-200:] or "it said nothing", "cure": ""}]
    return found


def lacks(known: Settings) -> str:
    """What this shell has for models and the running engine has not."""
    # Late: the app is painted without them.
    from workbench.client import paths
    from workbench.client.sync import connect
    from workbench.commands import endpoint

    with contextlib.suppress(ApiError, EngineAway):
        engine = connect(known)
        return (engine and endpoint.lacking(known, engine.get(paths.STATUS))) or ""
    return ""


def datetime_now() -> datetime:
    return datetime.now(UTC)
