"""examples:
workbench set 3fK9aZ --mode plan               ask, auto, plan or allow; `agent` for the agent's own policies
workbench set 3fK9aZ --model claude-opus-5-5 --effort high
workbench set 3fK9aZ --environment web         a new sandbox of that environment, on the same files; also of the one that it has
workbench set 3fK9aZ --package apt:cmake       more packages in its image: a new sandbox that has them, on the same files
workbench set 3fK9aZ --package apt:cmake --for-environment
                                               and in those of later sessions of its environment
workbench set 3fK9aZ                           what is set, and which commands its sandbox did not find

A mode, an environment and packages count from the next call on, a model from the next request on.
"""

from __future__ import annotations

import argparse

from workbench.client import missing_commands, paths
from workbench.client.missing_commands import Missing
from workbench.commands import defaults, surface
from workbench.commands.surface import Json
from workbench.contracts import modes
from workbench.model_names import EFFORTS

OWN = "agent"
LOOKED_AT = "200"
"""How many results of its calls are looked through for commands that were not found."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--mode", choices=[*modes.MODES, OWN], help="its permission mode")
    parser.add_argument("--model", help="another model")
    parser.add_argument("--effort", choices=EFFORTS, help="how much the model thinks")
    parser.add_argument(
        "--environment", metavar="E", help="id or name of another environment; refused while it is at work"
    )
    parser.add_argument(
        "--package",
        action="append",
        default=[],
        metavar="MANAGER:NAME",
        help="one more package of apt, cargo, gem, go, npm or pip; may be given more than once",
    )
    parser.add_argument(
        "--for-environment", action="store_true", help="with --package: for later sessions of its environment too"
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
    if options.package:
        wanted |= _packages(options)
    if wanted:
        session = engine.post(paths.own(session["id"], "settings"), wanted)
    if options.json:
        surface.print_json(session)
        return 0
    state = engine.get(paths.own(session["id"], "state"))
    for name, value in _set(session, state["environment"] or session["environment_id"]).items():
        surface.out(f"{name:11} {value}")
    query = [*(("types[]", kind) for kind in missing_commands.EVENTS), ("order", "desc"), ("limit", LOOKED_AT)]
    for one in missing_commands.missing_of(engine.get(paths.events(session["id"]), query)["data"][::-1]):
        surface.out(f"{'lacks':11} {one.command}: {_cure(one, state['environment'] or session['environment_id'])}")
    return 0


def _packages(options: argparse.Namespace) -> Json:
    try:
        packages = missing_commands.packages_of(options.package)
    except ValueError as unclear:
        raise surface.Wrong(f"--package: {unclear}") from None
    return {"packages": packages, "scope": "environment" if options.for_environment else "session"}


def _cure(one: Missing, environment: str) -> str:
    named = f"--package {one.package}" if one.package else f"--environment {one.name or environment}"
    return f"{one.says} ({named})"


def metadata_of(mode: str) -> Json:
    """The change of a session that gives it this mode."""
    return {"metadata": {modes.KEY: None if mode == OWN else mode, modes.AFTER_PLAN_KEY: None}}


def _set(session: Json, environment: str) -> dict[str, str]:
    mode = modes.mode_of(session["metadata"])
    model = session["agent"]["model"]
    told = f"{mode}: {modes.MODES[mode]}" if mode else "the agent's own policies"
    return {"mode": told, "model": model["id"], "effort": model["effort"]["type"], "environment": environment}
