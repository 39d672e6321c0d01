"""How the terminal app begins a session: by the names in a task, or as a new person's first steps."""

from __future__ import annotations

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import defaults, goals, run
from workbench.commands.surface import Json, Wrong
from workbench.contracts.acp_agents import PREFIX
from workbench.text.display import line
from workbench.tui.state.task_line import Task

FIRST_STEPS = "run `echo 'Hello from your own sandbox.' > hello.txt && cat hello.txt`"


def first_steps(engine: Client) -> str:
    """A session that needs no key, works for real, and asks one approval. Returns its id."""
    asks = {"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}
    known = [one for one in engine.pages(paths.AGENTS) if one["name"] == "first-steps"]
    body = {"name": "first-steps", "model": "offline", "tools": [asks]}
    agent = known[0] if known else engine.post(paths.AGENTS, body)
    session = engine.post(
        paths.SESSIONS,
        {
            "agent": agent["id"],
            "environment_id": defaults.environment(engine, None),
            "title": "first steps",
            "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": FIRST_STEPS}]}],
        },
    )
    return str(session["id"])


def begin(engine: Client, task: Task, *, is_elsewhere: bool = False) -> str:
    """Start a session; its names are of an agent and of an environment, in any order. Returns its id. `is_elsewhere`: its folder is one of
    the engine's machine, which is another.

    One for a person's own command has that for its title and nothing to do yet.

    Raises:
        ApiError: refused, or a name is nobody's.
    """
    agent, environment = None, None
    for name in task.names:
        if name.startswith(PREFIX) or _is_known(engine, paths.AGENTS, name):
            agent = name
        elif _is_known(engine, paths.ENVIRONMENTS, name):
            environment = name
        else:
            raise ApiError(404, "not_found_error", f"there is no agent or environment {name!r}")
    title = f"!{line(task.command, run.MOST_TITLE)}" if task.command else None
    wanted = run.Wanted(
        agent=agent,
        environment=environment,
        project=task.folder,
        title=title,
        mode=task.mode or None,
        attach=task.files,
        is_elsewhere=is_elsewhere,
    )
    try:
        goal = goals.Goal(task.text, task.text) if task.is_goal else None
        session: Json = run.started(engine, wanted, task.text, goal)
    except Wrong as wrong:
        raise ApiError(400, "invalid_request_error", str(wrong)) from wrong
    return str(session["id"])


def _is_known(engine: Client, path: str, name: str) -> bool:
    return any(name in (thing["id"], thing["name"]) for thing in engine.pages(path))
