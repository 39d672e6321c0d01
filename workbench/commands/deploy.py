"""examples:
  workbench deploy apply -f nightly.yaml         make it as the file says, or change it; again changes nothing
  workbench deploy list                          next and last run, and why one is paused
  workbench deploy run nightly                   a session of it now, also of a paused one
  workbench deploy pause nightly                 no more runs on schedule; unpause makes up for none
  workbench deploy runs nightly                  every run with its session, and what was missed and why
  workbench deploy archive nightly               end it for good

A file has name and prompt, and as needed: agent, environment, schedule, project, vaults, budget, overlap. workbench help deployments
has a whole one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from workbench.client import automation, paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import surface, templates
from workbench.commands.deployment_files import DEPLOYMENT, body_of, changes, field_of, patch
from workbench.commands.ps import age
from workbench.commands.surface import Json, Wrong, paint
from workbench.commands.templates import Template, brief
from workbench.text.display import line

MOST_RUNS = 50
_SAID = {"pause": "paused", "unpause": "goes on", "archive": "archived"}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="apply|list|show|run|pause|unpause|archive|runs"
    )
    apply = actions.add_parser("apply", help="make the stored ones as the files say; shows what changes")
    apply.add_argument("-f", dest="path", metavar="FILE-or-DIR", type=Path, required=True)
    apply.add_argument("--dry-run", action="store_true", help="only show what would change")
    listed = actions.add_parser("list", help="all deployments, with their next and last run")
    listed.add_argument("--all", "-a", action="store_true", help="archived ones too")
    for word, what in (
        ("show", "one deployment, as YAML"),
        ("run", "start a session of it now"),
        ("pause", "no more runs on schedule and by triggers"),
        ("unpause", "go on; what was due meanwhile is not made up for"),
        ("archive", "end it for good"),
    ):
        actions.add_parser(word, help=what).add_argument("deployment", help="its name or id")
    runs = actions.add_parser("runs", help="runs and missed instants, newest first")
    runs.add_argument("deployment", nargs="?", help="its name or id; without it, of all")
    runs.add_argument("--last", type=int, default=MOST_RUNS, metavar="N", help=f"how many (default {MOST_RUNS})")
    for action in actions.choices.values():
        surface.json_flag(action)


def run(options: argparse.Namespace) -> int:
    if options.action == "apply":
        # Read before the engine is asked: a wrong file is refused without starting anything.
        files = list(templates.read(options.path, DEPLOYMENT))
        return _apply(surface.client(), files, dry_run=options.dry_run, as_json=options.json)
    engine = surface.client()
    match options.action:
        case "list":
            return _list(engine, options)
        case "runs":
            return _runs(engine, options)
        case "show":
            found = picked(engine, options.deployment)
            surface.print_json(found) if options.json else surface.out(templates.as_yaml(found), end="")
            return 0
        case "run":
            return _run(engine, options)
    found = picked(engine, options.deployment)
    changed = engine.post(f"{paths.DEPLOYMENTS}/{found['id']}/{options.action}")
    surface.print_json(changed) if options.json else surface.out(f"{line(found['name'])} {_SAID[options.action]}")
    return 0


def picked(engine: Client, named: str) -> Json:
    """The deployment of this name or id; a name means the one that is not archived, where there is one."""
    every = list(engine.pages(paths.DEPLOYMENTS, [("include_archived", "true"), ("limit", "100")]))
    live = [one for one in every if not one["archived_at"]]
    return surface.pick(live if any(one["name"] == named for one in live) else every, named, "deployment")


# ── applying ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _apply(engine: Client, files: list[Template], *, dry_run: bool, as_json: bool) -> int:
    stored = {one["name"]: one for one in engine.pages(paths.DEPLOYMENTS, [("limit", "100")])}
    done: list[Json] = []
    for file in files:
        name = file.content["name"]
        wanted, old = body_of(engine, file), stored.get(name)
        changed = changes(old, wanted)
        action = "create" if old is None else "change" if changed else "unchanged"
        done.append({"name": name, "action": action, "changes": changed if old else {}})
        if not as_json:
            surface.out(_summary(done[-1]))
        if changed and not dry_run:
            stored[name] = _put(engine, old, wanted if old is None else patch(old, changed), file)
            _say_next(stored[name], as_json=as_json)
    if as_json:
        surface.print_json(done)
    return 0


def _put(engine: Client, old: Json | None, body: Json, file: Template) -> Json:
    try:
        return engine.post(f"{paths.DEPLOYMENTS}/{old['id']}" if old else paths.DEPLOYMENTS, body)
    except ApiError as error:
        place = error.message.partition(":")[0] if ":" in error.message else ""
        raise Wrong(f"{file.place(field_of(place))}: {error.message}") from None


def _summary(done: Json) -> str:
    mark = {"create": paint("+", "green"), "change": paint("~", "yellow"), "unchanged": " "}[done["action"]]
    head = f"{mark} deployment {line(done['name'])}: {done['action']}"
    return "\n".join(
        [head, *(f"    {field}: {brief(old)} → {brief(new)}" for field, (old, new) in done["changes"].items())]
    )


def _say_next(made: Json, *, as_json: bool) -> None:
    coming = (made["schedule"] or {}).get("upcoming_runs_at")
    if coming and not as_json:
        zone = made["schedule"]["timezone"]
        surface.say(f"    next runs: {', '.join(automation.moment(one, zone) for one in coming[:3])} ({line(zone)})")


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(engine: Client, options: argparse.Namespace) -> int:
    found = engine.get(paths.EVERY_DEPLOYMENT)["data"]
    if options.all:
        query = [("include_archived", "true"), ("limit", "100")]
        found += [one for one in engine.pages(paths.DEPLOYMENTS, query) if one["archived_at"]]
    if options.json:
        surface.print_json(found)
    elif not found:
        surface.say("no deployments; make one with: workbench deploy apply -f FILE.yaml (workbench help deployments)")
    else:
        heads = ["id", "name", "status", "schedule", "next run", "last run", "session"]
        surface.out(surface.table([_row(one) for one in found], heads))
    return 0


def _row(one: Json) -> list[str]:
    last = (one.get("workbench") or {}).get("last_run")
    return [
        surface.short(one["id"]),
        line(one["name"], 30),
        automation.deployment_status(one),
        automation.schedule_of(one),
        automation.next_run(one),
        f"{age(last['created_at'])} ago" if last else "",
        _ending(last) if last else "",
    ]


def _ending(run: Json) -> str:
    return surface.short(run["session_id"]) if run["session_id"] else f"failed: {line(run['error']['message'], 60)}"


def _runs(engine: Client, options: argparse.Namespace) -> int:
    named = picked(engine, options.deployment) if options.deployment else None
    query = [("deployment_id", named["id"])] if named else []
    found = engine.get(paths.EVERY_DEPLOYMENT_RUN, query)["data"][: max(0, options.last)]
    if options.json:
        surface.print_json(found)
    elif not found:
        surface.say("no runs yet; start one with: workbench deploy run DEPLOYMENT")
    else:
        names = {
            one["id"]: one["name"]
            for one in engine.pages(paths.DEPLOYMENTS, [("include_archived", "true"), ("limit", "100")])
        }
        rows = [_run_row(one, names.get(one["deployment_id"], one["deployment_id"])) for one in found]
        surface.out(surface.table(rows, ["when", "deployment", "by", "session", ""]))
    return 0


def _run_row(one: Json, name: str) -> list[str]:
    when, by = automation.moment(automation.due_at(one)), automation.started_by(one)
    return [when, line(name, 30), by, automation.session_of_run(one), automation.about_run(one)]


def _run(engine: Client, options: argparse.Namespace) -> int:
    found = picked(engine, options.deployment)
    begun = engine.post(f"{paths.DEPLOYMENTS}/{found['id']}/run")
    if options.json:
        surface.print_json(begun)
    elif begun["error"]:
        raise Wrong(f"{line(found['name'])} did not start: {begun['error']['message']}")
    else:
        surface.out(begun["session_id"])
    return surface.REFUSED if begun["error"] else 0
