"""examples:
  workbench trigger add tests --deployment nightly --files ~/shop --only '*.py'
                                                 a session with the paths, two seconds after the last change
  workbench trigger add merged --deployment review --git ~/shop --branch main
  workbench trigger add pulls --deployment review --webhook github --event pull_request.opened
                                                 prints the address and the secret to give to GitHub
  workbench trigger add next --deployment report --session-of nightly       when a session of another deployment rests
  workbench trigger list                         what is watched, what came last, and why one hears nothing
  workbench trigger test tests                   a delivery by hand
  workbench trigger log                          what came, wrong signatures too, and the session that it started
  workbench trigger listen --port 4182           webhooks on 127.0.0.1; without --port: where they come in now

What comes is data and no instruction: it reaches the agent as a document. Its session asks before anything leaves the sandbox, unless the
trigger is added with --loose.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from workbench.client import paths
from workbench.client.automation import delivery_result, trigger_source, trigger_status
from workbench.client.sync import Client
from workbench.commands import surface, vault
from workbench.commands.deploy import picked as deployment_named
from workbench.commands.ps import age
from workbench.commands.secret import deposited
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line

SHAPES: Final = ("github", "gitlab", "standard", "hmac")
MOST: Final = 50
_SAID: Final = {"pause": "paused", "unpause": "goes on"}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="add|list|show|remove|test|pause|unpause|log|listen"
    )
    _add_arguments(actions.add_parser("add", help="start sessions of a deployment when something happens"))
    actions.add_parser("list", help="all triggers")
    for word, what in (
        ("show", "one of them"),
        ("remove", "take it away"),
        ("test", "a delivery by hand"),
        ("pause", "hear nothing for a while"),
        ("unpause", "go on; what came meanwhile is not made up for"),
    ):
        actions.add_parser(word, help=what).add_argument("trigger", help="its name or id")
    log = actions.add_parser("log", help="what came, newest first")
    log.add_argument("trigger", nargs="?", help="its name or id; without it, of all")
    log.add_argument("--last", type=int, default=MOST, metavar="N", help=f"how many (default {MOST})")
    listen = actions.add_parser("listen", help="where webhooks come in")
    listen.add_argument("--port", type=int, metavar="N", help="listen on this port of 127.0.0.1; 0 takes a free one")
    listen.add_argument("--stop", action="store_true", help="on no port any more")
    for action in actions.choices.values():
        surface.json_flag(action)


def _add_arguments(add: argparse.ArgumentParser) -> None:
    add.add_argument("name", help="what it is called")
    add.add_argument("--deployment", required=True, metavar="DEPLOYMENT", help="whose sessions it starts: name or id")
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--files", metavar="DIR", help="files that change in a folder")
    what.add_argument("--git", metavar="DIR", help="new commits on --branch of a repository here")
    what.add_argument("--webhook", choices=SHAPES, help="a webhook, signed as these sign")
    what.add_argument("--session", metavar="SESSION", help="the end of a turn of one session")
    what.add_argument("--session-of", metavar="DEPLOYMENT", help="the same of every session of a deployment")
    add.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="files: only such paths; can be repeated"
    )
    add.add_argument("--branch", default="main", help="git: the branch (default main)")
    add.add_argument(
        "--event",
        action="append",
        default=[],
        metavar="EVENT",
        help="webhook: only such events, as push; can be repeated",
    )
    add.add_argument("--own-secret", action="store_true", help="webhook: asks for the secret, in place of making one")
    add.add_argument("--ended", action="store_true", help="session: when it is archived, not when it rests")
    add.add_argument("--prompt", default="", help="what to do with what comes, beside the deployment's own prompt")
    add.add_argument("--most-per-hour", type=int, default=60, metavar="N", help="pauses it beyond so many (default 60)")
    add.add_argument("--loose", action="store_true", help="its sessions may do all that the deployment's may")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    match options.action:
        case "add":
            return _add(engine, options)
        case "list":
            return _list(engine, as_json=options.json)
        case "log":
            return _log(engine, options)
        case "listen":
            return _listen(engine, options)
    found = picked(engine, options.trigger)
    place = f"{paths.TRIGGERS}/{found['id']}"
    if options.action == "show":
        surface.print_json(engine.get(place))
        return 0
    if options.action == "remove":
        done, said = engine.delete(place), f"removed {line(found['name'])}"
    elif options.action == "test":
        done = engine.post(f"{place}/test")
        said = f"delivered; workbench trigger log {line(found['name'])} shows its session"
    else:
        done, said = engine.post(f"{place}/{options.action}"), f"{line(found['name'])} {_SAID[options.action]}"
    surface.print_json(done) if options.json else surface.out(said)
    return 0


def picked(engine: Client, named: str) -> Json:
    """The trigger of this name or id."""
    return surface.pick(engine.get(paths.TRIGGERS)["data"], named, "trigger")


# ── adding ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _add(engine: Client, options: argparse.Namespace) -> int:
    body: Json = {
        "name": options.name,
        "deployment_id": deployment_named(engine, options.deployment)["id"],
        "source": _source(engine, options),
        "prompt": options.prompt,
        "policy": "deployment" if options.loose else "tight",
        "most_per_hour": options.most_per_hour,
    }
    if options.own_secret:
        if not options.webhook:
            raise Wrong("--own-secret: only a webhook has a secret")
        body["workbench_deposit"] = deposited("value", f"secret of {options.name}")
    made = engine.post(paths.TRIGGERS, body)
    if options.json:
        surface.print_json(made)
        return 0
    surface.out(f"added {line(made['name'])} ({made['id']}): {trigger_source(made)}")
    if options.webhook:
        _say_address(engine, made)
    return 0


def _source(engine: Client, options: argparse.Namespace) -> Json:
    if options.files:
        return {"type": "files", "folder": _folder(options.files), "only": options.only}
    if options.git:
        return {"type": "git", "repository": _folder(options.git), "branch": options.branch}
    if options.webhook:
        return {"type": "webhook", "shape": options.webhook, "events": options.event}
    on = "ended" if options.ended else "idle"
    if options.session:
        return {"type": "session", "session_id": surface.session(engine, options.session)["id"], "on": on}
    return {"type": "session", "deployment_id": deployment_named(engine, options.session_of)["id"], "on": on}


def _folder(named: str) -> str:
    return str(Path(named).expanduser().resolve())


def _say_address(engine: Client, made: Json) -> None:
    places = engine.get(paths.TRIGGER_RECEIVER)
    if places["port"]:
        surface.out(f"address: http://127.0.0.1:{places['port']}{made['path']}")
    else:
        surface.out(f"path: {made['path']}")
        surface.say("it comes in on the socket only; a port: workbench trigger listen --port 4182")
    if "secret" in made:
        surface.out(f"secret: {made['secret']}")
        surface.say("the secret is shown this once, and kept in the vault")
        vault.say_where_fleeting(engine)


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(engine: Client, *, as_json: bool) -> int:
    found = engine.get(paths.TRIGGERS)["data"]
    if as_json:
        surface.print_json(found)
    elif not found:
        surface.say("no triggers; workbench trigger add --help has examples")
    else:
        names = {one["id"]: one["name"] for one in engine.get(paths.EVERY_DEPLOYMENT)["data"]}
        rows = [_row(one, names) for one in found]
        surface.out(surface.table(rows, ["id", "name", "what", "deployment", "status", "last", ""]))
    return 0


def _row(one: Json, names: dict[str, str]) -> list[str]:
    last = one["last_delivery"]
    return [
        surface.short(one["id"]),
        line(one["name"], 30),
        trigger_source(one),
        line(names.get(one["deployment_id"]) or str(one["deployment_id"]), 30),
        trigger_status(one),
        f"{age(last['received_at'])} ago" if last else "",
        delivery_result(last) if last else "",
    ]


def _log(engine: Client, options: argparse.Namespace) -> int:
    query = [("trigger_id", picked(engine, options.trigger)["id"])] if options.trigger else []
    found = engine.get(paths.TRIGGER_DELIVERIES, query)["data"][: max(0, options.last)]
    if options.json:
        surface.print_json(found)
    elif not found:
        surface.say("nothing has come yet")
    else:
        rows = [
            [f"{age(one['received_at'])} ago", line(one["trigger"], 30), line(one["title"], 60), delivery_result(one)]
            for one in found
        ]
        surface.out(surface.table(rows, ["when", "trigger", "what", "session"]))
    return 0


def _listen(engine: Client, options: argparse.Namespace) -> int:
    if options.stop:
        places = engine.delete(paths.TRIGGER_RECEIVER)
    elif options.port is not None:
        places = engine.post(paths.TRIGGER_RECEIVER, {"port": options.port})
    else:
        places = engine.get(paths.TRIGGER_RECEIVER)
    if options.json:
        surface.print_json(places)
        return 0
    surface.out(f"socket: {places['socket']}")
    surface.out(f"port: http://127.0.0.1:{places['port']}" if places["port"] else "port: none")
    return 0
