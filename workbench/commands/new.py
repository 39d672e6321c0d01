"""examples:
workbench new                                  agents by trade: what each does, and what it needs
workbench new reviewer                         show what would be made, and make it when you say yes
workbench new reviewer -y --name strict        make it at once, under a name of its own
workbench new reviewer --try                   make it, and watch it work on its example
workbench new reconciliation --example DIR     write its example's files there, to try it yourself
workbench run --agent reviewer --rubric reviewer "review the last commit"      its rubric grades the work
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import demo, goals, surface
from workbench.commands import run as run_word
from workbench.commands.suggestions import nearest
from workbench.commands.surface import Json, Wrong, paint
from workbench.commands.templates import as_yaml
from workbench.contracts.rubrics import criteria_of

OFFLINE: Final = "offline"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("template", nargs="?", help="which one; without it, all are listed")
    parser.add_argument("--name", help="what the agent is called; as the template by default")
    parser.add_argument("--model", help="its model; the default one of this machine by default")
    parser.add_argument("-y", "--yes", action="store_true", help="make it without asking")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--dry-run", action="store_true", help="only show what would be made")
    act.add_argument("--try", dest="tried", action="store_true", help="make it, and let it work on its example")
    act.add_argument("--example", metavar="DIR", type=Path, help="write the files of its example to a new folder")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    every: list[Json] = engine.get(paths.AGENT_TEMPLATES)["data"]
    if options.template is None:
        return _list(every, as_json=options.json)
    chosen = next((one for one in every if one["name"] == options.template), None)
    if chosen is None:
        near = nearest(options.template, (one["name"] for one in every))
        raise Wrong(f"there is no template {options.template!r}{near or '; workbench new lists them'}")
    if options.example is not None:
        return _written(chosen, options.example)
    wanted: Json = {"model": options.model or engine.get(paths.STATUS)["default_model"]}
    wanted |= {"name": options.name} if options.name else {}
    if options.dry_run:
        return _shown(engine, chosen, wanted, as_json=options.json)
    if not options.yes and not options.tried and not _agreed(engine, chosen, wanted):
        surface.say("nothing is made")
        return surface.REFUSED
    made: Json = engine.post(f"{paths.AGENT_TEMPLATES}/{chosen['name']}", wanted)
    if options.json and not options.tried:
        surface.print_json(made)
        return 0
    _say_made(chosen, made)
    return _tried(engine, chosen, made["agent"], options.model) if options.tried else 0


def _list(every: list[Json], *, as_json: bool) -> int:
    if as_json:
        surface.print_json(every)
        return 0
    trade = ""
    for one in every:
        if one["trade"] != trade:
            trade = one["trade"]
            surface.out(paint(f"\n{trade}" if one is not every[0] else trade, "bold"))
        made = paint(f"  made: {', '.join(one['made'])}", "green") if one["made"] else ""
        surface.out(
            f"  {paint(one['name'], 'cyan')}{made}\n      {one['summary']}\n      {paint('needs: ' + one['needs'], 'dim')}"
        )
    surface.out("\nworkbench new NAME shows what it makes, and makes it; --try lets it work on an example.")
    return 0


def _shown(engine: Client, chosen: Json, wanted: Json, *, as_json: bool) -> int:
    if as_json:
        surface.print_json(chosen)
    else:
        _show(engine, chosen, wanted)
    return 0


def _agreed(engine: Client, chosen: Json, wanted: Json) -> bool:
    _show(engine, chosen, wanted)
    if not sys.stdin.isatty():
        raise Wrong("nothing is made: there is nobody to ask here; -y makes it")
    return surface.ask("\nmake it? [Y/n] ").lower() in ("", "y", "yes")


def _show(engine: Client, chosen: Json, wanted: Json) -> None:
    environments = {one["name"] for one in engine.pages(paths.ENVIRONMENTS)}
    skills = {one["name"] for one in engine.get(paths.EVERY_SKILL)["data"] if one["origin"] == "custom"}
    body = {"name": wanted.get("name", chosen["name"]), "model": wanted["model"]} | chosen["agent"]
    surface.out(f"{paint(chosen['name'], 'bold')}  {chosen['trade']}\n{chosen['summary']}\nneeds: {chosen['needs']}\n")
    room = chosen["environment"]
    surface.out(f"{_part('environment', room['name'], room['name'] in environments)}  {room['description']}")
    for name in chosen["skills"]:
        surface.out(_part("skill", name, name in skills))
    surface.out(_part("agent", body["name"], body["name"] in chosen["made"]))
    surface.out("\n".join(f"    {row}".rstrip() for row in as_yaml(body).splitlines()))
    criteria = criteria_of(chosen["rubric"])
    decided = sum(one.is_decided for one in criteria)
    surface.out(
        f"\nrubric: {len(criteria)} criteria, of which {decided} are decided by commands (--rubric {chosen['name']})"
    )
    surface.out(f"example: {chosen['example']['task']}")


def _part(kind: str, name: str, is_there: bool) -> str:
    return f"  {kind} {name}: is there" if is_there else f"{paint('+', 'green')} {kind} {name}"


def _say_made(chosen: Json, made: Json) -> None:
    for part in made["created"]:
        surface.out(f"{paint('+', 'green')} {part}")
    name = made["agent"]["name"]
    if not made["created"]:
        surface.out(f"agent {name} is there, unchanged")
    surface.out(
        f'\nnext:  workbench run --agent {name} "…"   in a folder of yours\n       workbench new {chosen["name"]} --try   on its example'
    )


# ── the example ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(chosen: Json, folder: Path) -> int:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Wrong(f"--example: {folder} is there already; name a new folder")
    _write(chosen, folder)
    surface.out(f"{len(chosen['example']['files'])} files in {folder}\n\nnext:  workbench new {chosen['name']} -y")
    surface.out(
        f"       workbench run --agent {chosen['name']} -C {folder} --rubric {folder / 'RUBRIC.md'} {chosen['example']['task']!r}"
    )
    return 0


def _write(chosen: Json, folder: Path) -> None:
    files = chosen["example"]["files"] | {"RUBRIC.md": _rubric(chosen)}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _rubric(chosen: Json) -> str:
    return f"{chosen['rubric'].rstrip()}\n{chosen['example']['rubric']}"


def _tried(engine: Client, chosen: Json, agent: Json, model: str | None) -> int:
    """The example in a session: the whole task under its rubric, or with the offline model what rules can do of it."""
    folder = demo.new_project(engine, chosen["name"])
    _write(chosen, folder)
    model = model or agent["model"]["id"]
    is_offline = model == OFFLINE
    task = chosen["example"]["offline" if is_offline else "task"]
    surface.out(f"\nproject: {folder}\nmodel:   {model}\ntask:    {task}\n")
    wanted = run_word.Wanted(agent=agent["name"], model=model, title=f"try: {chosen['name']}", project=str(folder))
    goal = None if is_offline else goals.Goal(task, _rubric(chosen))
    session = run_word.started(engine, wanted, "" if goal else task, goal)
    code = run_word.watched(engine, session["id"])
    if goal is not None:
        code, outcome = goals.ended(engine, session["id"], code)
        goals.say(outcome)
    if code:
        surface.complain(f"the example did not end well; everything it did: workbench logs {session['id']}")
        return code
    if is_offline:
        surface.out(
            f"\nThe offline model only reads and runs what it is told; the task of a language model is:\n{chosen['example']['task']}"
        )
        surface.out(
            f"With one: workbench new {chosen['name']} --try --model MODEL; its work is then graded by {folder / 'RUBRIC.md'}"
        )
    else:
        surface.out(
            paint("✓ the work meets its rubric", "green") + f"\n\nnext:  workbench diff {surface.short(session['id'])}"
        )
    return 0
