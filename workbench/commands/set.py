"""examples:
workbench set 3fK9aZ --mode plan               ask, auto, plan or allow; `agent` for the agent's own policies
workbench set 3fK9aZ --model claude-opus-5-5 --effort high
workbench set 3fK9aZ --environment web         a new sandbox of that environment, on the same files; also of the one that it has
workbench set 3fK9aZ                           what is set

A mode and an environment count from the next call on, a model from the next request on.
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import defaults, surface
from workbench.commands.surface import Json
from workbench.contracts import modes
from workbench.model_names import EFFORTS

OWN = "agent"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--mode", choices=[*modes.MODES, OWN], help="its permission mode")
    parser.add_argument("--model", help="another model")
    parser.add_argument("--effort", choices=EFFORTS, help="how much the model thinks")
    parser.add_argument(
        "--environment", metavar="E", help="id or name of another environment; refused while it is at work"
    )
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    if options.mode is not None:
        session = engine.post(paths.session(session["id"]), metadata_of(options.mode))
    wanted: Json = {name: value for name in ("model", "effort") if (value := getattr(options, name)) is not None}
    if options.environment is not None:
        wanted["environment_id"] = defaults.environment(engine, options.environment)
    if wanted:
        session = engine.post(paths.own(session["id"], "settings"), wanted)
    if options.json:
        surface.print_json(session)
        return 0
    state = engine.get(paths.own(session["id"], "state"))
    for name, value in _set(session, state["environment"] or session["environment_id"]).items():
        surface.out(f"{name:11} {value}")
    return 0


def metadata_of(mode: str) -> Json:
    """The change of a session that gives it this mode."""
    return {"metadata": {modes.KEY: None if mode == OWN else mode, modes.AFTER_PLAN_KEY: None}}


def _set(session: Json, environment: str) -> dict[str, str]:
    mode = modes.mode_of(session["metadata"])
    model = session["agent"]["model"]
    told = f"{mode}: {modes.MODES[mode]}" if mode else "the agent's own policies"
    return {"mode": told, "model": model["id"], "effort": model["effort"]["type"], "environment": environment}
