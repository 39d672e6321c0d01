"""examples:
workbench webhooks add https://hooks.example.com/in session.requires_action session.status_idled
workbench webhooks list
workbench webhooks log ID                      what was told to it, and what it answered
workbench webhooks remove ID
"""

from __future__ import annotations

import argparse
from typing import Final

from workbench.commands import surface, vault
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line

_ENDPOINTS: Final = "/v1/organizations/webhooks"


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = words.add_parser("add", help="tell events to an address from now on")
    add.add_argument("url", help="https, or http on this machine")
    add.add_argument("events", nargs="+", metavar="TYPE", help="as session.requires_action; a wrong one lists all")
    add.add_argument("--name", default="")
    surface.json_flag(add)
    surface.json_flag(words.add_parser("list", help="the addresses that there are"))
    log = words.add_parser("log", help="what was told to one")
    log.add_argument("endpoint", metavar="ID")
    surface.json_flag(log)
    words.add_parser("remove", help="tell one nothing any more").add_argument("endpoint", metavar="ID")


def run(options: argparse.Namespace) -> int:
    return {"add": _add, "list": _list, "log": _log, "remove": _remove}[options.what](options)


def _add(options: argparse.Namespace) -> int:
    engine = surface.client()
    made = engine.post(_ENDPOINTS, {"url": options.url, "enabled_events": options.events, "name": options.name})
    if options.json:
        surface.print_json(made)
        return 0
    surface.out(f"{made['id']}  {line(made['url'], 80)}")
    surface.out(made["signing_secret"])
    surface.say(
        "the secret is shown once; `client.beta.webhooks.unwrap(body, headers=…, key=…)` of the SDK checks with it"
    )
    vault.say_where_fleeting(engine)
    return 0


def _list(options: argparse.Namespace) -> int:
    found = _all()
    if options.json:
        surface.print_json(found)
        return 0
    for one in found:
        state = one["disabled_reason"] or one["state"]
        surface.out(
            f"{one['id']}  {line(one['url'], 60)}  {line(state, 80)}  {line(', '.join(one['enabled_events']), 120)}"
        )
    if not found:
        surface.say("no webhooks; `workbench webhooks add URL TYPE …` adds one")
    return 0


def _log(options: argparse.Namespace) -> int:
    found = surface.client().get(f"/workbench/v1/webhooks/{_named(options.endpoint)['id']}/deliveries")["data"]
    if options.json:
        surface.print_json(found)
        return 0
    for one in found:
        said = one["error"] or (one["status"] or "")
        data = one["data"]
        surface.out(
            f"{one['created_at'][:19]}  {data['type']:32}  {data['id']}  {one['state']:9}  {line(str(said), 60)}".rstrip()
        )
    return 0


def _remove(options: argparse.Namespace) -> int:
    named = _named(options.endpoint)
    surface.client().delete(f"{_ENDPOINTS}/{named['id']}")
    surface.say(f"nothing is told to {line(named['url'], 80)} any more")
    return 0


def _all() -> list[Json]:
    found: list[Json] = surface.client().get(_ENDPOINTS, [("limit", "100")])["data"]
    return found


def _named(given: str) -> Json:
    found = [one for one in _all() if one["id"].endswith(given) or one["name"] == given]
    if len(found) != 1:
        raise Wrong(f"there is no webhook {given!r}; workbench webhooks list shows them")
    return found[0]
