"""examples:
workbench work                                 queues of self-hosted environments: what waits, and how many workers poll
workbench work laptop                          the items of one of them
workbench work laptop --stop ID                have the item's worker end; --force without waiting for it
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import defaults, surface
from workbench.commands.surface import Json, Wrong


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("environment", nargs="?", help="a self-hosted environment, by name or id")
    parser.add_argument("--stop", metavar="ID", help="ask the worker of this item to end")
    parser.add_argument("--force", action="store_true", help="with --stop: the item is stopped at once")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    if options.environment is None:
        if options.stop or options.force:
            raise Wrong("--stop: name the environment too: workbench work ENV --stop ID")
        return _queues(engine, as_json=options.json)
    environment_id = defaults.environment(engine, options.environment)
    if options.stop:
        stopped = engine.post(f"{paths.work(environment_id)}/{options.stop}/stop", {"force": options.force})
        surface.say(f"{stopped['id']} is {stopped['state']}")
        return 0
    return _items(engine, environment_id, as_json=options.json)


def _queues(engine: Client, *, as_json: bool) -> int:
    found: list[Json] = engine.get(paths.WORK)["data"]
    if as_json:
        surface.print_json(found)
        return 0
    for one in found:
        counted = f"{one['depth'] + one['pending']} waiting, {one['active']} at work, {one['workers_polling']} polling"
        surface.out(f"{one['name']:24}  {counted}")
    if not found:
        surface.say("no self-hosted environment; `workbench help workers` says how one is made")
    return 0


def _items(engine: Client, environment_id: str, *, as_json: bool) -> int:
    found: list[Json] = engine.get(paths.own_work(environment_id))["data"]
    if as_json:
        surface.print_json(found)
        return 0
    for one in found:
        since = one["latest_heartbeat_at"] or one["created_at"]
        surface.out(f"{one['id']}  {one['state']:9}  {since[:19]}  {one['data']['id']}")
    if not found:
        surface.say("nothing was ever queued there; each session of the environment is an item")
    return 0
