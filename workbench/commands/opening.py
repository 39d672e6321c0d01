"""The terminal app's start: its engine, its drafts, and how it begins a session by names."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench import settings
from workbench.client import ApiError, Client, connect_or_start
from workbench.commands import defaults, run, surface
from workbench.commands.surface import Json, Wrong
from workbench.text import line
from workbench.tui.tasks import Task

if TYPE_CHECKING:
    from workbench.tui.app import PlaceName


MOST_TITLE = 60
FIRST_STEPS = "run `echo 'Hello from your own sandbox.' > hello.txt && cat hello.txt`"


def wants_plain() -> bool:
    """Whether this terminal, or the person at it, cannot use a screen that is redrawn."""
    return os.environ.get("TERM", "dumb") == "dumb" or os.environ.get("WORKBENCH_SCREEN_READER") == "1"


def need_terminal(instead: str) -> None:
    """Raises: Wrong: nobody is at both ends of the terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong(f"this needs a terminal; use: {instead}")


def board() -> int:
    return app()


def plain() -> int:
    # Late: one of the two faces is used, never both.
    from workbench.tui.plain import Plain

    known = settings.load()
    engine = connect_or_start(known, surface.say)
    Plain(engine, lambda task: begin(engine, task), datetime_now).run()
    return 0


def app(place: PlaceName = "board", session_id: str = "") -> int:
    """Open the app; leaving it stops nothing."""
    # The app decides itself how often it paints; Textual reads this when it is imported.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    # Nothing of the start is garbage, and looking for it costs a tenth of the time.
    gc.disable()
    # Late: Textual is most of the start, and only this needs it.
    from workbench.tui.app import WorkbenchApp
    from workbench.tui.choices import begun, read
    from workbench.tui.desk import Desk
    from workbench.tui.drafts import Drafts
    from workbench.tui.link import Link
    from workbench.tui.machine import Machine
    from workbench.tui.view import Shelf

    known = settings.load()
    settings.make_private(known.runtime)

    def ensure(say: Callable[[str], None]) -> None:
        connect_or_start(known, say)

    def engine() -> Client:
        return connect_or_start(known, lambda _: None)

    machine = Machine(
        ensure=ensure,
        begin=lambda task: begin(engine(), task),
        checks=checks,
        demo=lambda: first_steps(engine()),
        choose=lambda chosen: begun(known.app, chosen),
    )
    desk = Desk(Link(known.engine_socket), Drafts(known.drafts), Shelf(known.view), machine, datetime_now)
    chosen = read(known.app)
    WorkbenchApp(desk, chosen, place=place, session_id=session_id, welcomes=True).run(mouse=chosen.mouse)
    return 0


def checks() -> list[Json]:
    """What doctor sees without starting a sandbox; in a process of its own, which may import what the app must not."""
    command = [sys.executable, "-m", "workbench", "doctor", "--quick", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    try:
        found: list[Json] = json.loads(done.stdout)
    except ValueError:
        found = [{"name": "doctor", "ok": False, "found": done.stderr.strip()[-200:] or "it said nothing", "cure": ""}]
    return found


def first_steps(engine: Client) -> str:
    """A session that needs no key, works for real, and asks one approval. Returns its id."""
    asks = {"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}
    known = [one for one in engine.pages("/v1/agents") if one["name"] == "first-steps"]
    body = {"name": "first-steps", "model": "offline", "tools": [asks]}
    agent = known[0] if known else engine.post("/v1/agents", body)
    session = engine.post(
        "/v1/sessions",
        {
            "agent": agent["id"],
            "environment_id": defaults.environment(engine, None),
            "title": "first steps",
            "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": FIRST_STEPS}]}],
        },
    )
    return str(session["id"])


def datetime_now() -> datetime:
    return datetime.now(UTC)


def begin(engine: Client, task: Task) -> str:
    """Start a session; its names are of an agent and of an environment, in any order. Returns its id.

    One for a person's own command has that for its title and nothing to do yet.

    Raises:
        ApiError: refused, or a name is nobody's.
    """
    agent, environment = None, None
    for name in task.names:
        if _is_known(engine, "/v1/agents", name):
            agent = name
        elif _is_known(engine, "/v1/environments", name):
            environment = name
        else:
            raise ApiError(404, "not_found_error", f"there is no agent or environment {name!r}")
    title = f"!{line(task.command, MOST_TITLE)}" if task.command else None
    wanted = run.Wanted(agent=agent, environment=environment, project=task.folder, title=title)
    try:
        session: Json = run.started(engine, wanted, task.text)
    except Wrong as wrong:
        raise ApiError(400, "invalid_request_error", str(wrong)) from wrong
    return str(session["id"])


def _is_known(engine: Client, path: str, name: str) -> bool:
    return any(name in (thing["id"], thing["name"]) for thing in engine.pages(path))
