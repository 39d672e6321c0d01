"""examples:
workbench agents apply -f agents/                 every .yaml file of a folder; again changes nothing
workbench agents apply -f x.yaml --dry-run     only show what would change
workbench agents list
workbench agents show default
workbench agents others                        agents of others that `--agent acp:NAME` starts
workbench agents test acp:claude               start one without a prompt, and keep what it fetched
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import defaults, surface, templates, vault
from workbench.commands.surface import Json
from workbench.contracts.acp_agents import KNOWN, PREFIX
from workbench.text import display


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = templates.arguments(parser, "agent", "others", "test")
    others = actions.add_parser("others", help="agents of others that are known by name")
    test = actions.add_parser(
        "test", help="start an agent of others without a prompt, and keep what it fetched for all sessions"
    )
    test.add_argument("named", metavar="acp:NAME-or-AGENT")
    test.add_argument("--environment", metavar="ID-or-NAME", help="where it is started; the default one otherwise")
    for action in (others, test):
        surface.json_flag(action)


def run(options: argparse.Namespace) -> int:
    match options.action:
        case "others":
            return _others(as_json=options.json)
        case "test":
            return _test(surface.client(), options)
    return templates.run(options, templates.AGENT)


def _others(*, as_json: bool) -> int:
    if as_json:
        told = {
            name: {"command": one.command, "about": one.about, "licence": one.licence, "credential": one.credential}
            for name, one in KNOWN.items()
        }
        surface.print_json(told)
        return 0
    rows = [
        [f"{PREFIX}{name}", one.about, one.credential or "your endpoint", one.licence] for name, one in KNOWN.items()
    ]
    surface.out(surface.table(rows, ["agent", "", "key", "licence"]))
    return 0


def _test(engine: Client, options: argparse.Namespace) -> int:
    """In a session of its own, which is deleted afterwards."""
    agent = defaults.agent(engine, options.named, None)
    body: Json = {
        "agent": agent,
        "environment_id": defaults.environment(engine, options.environment),
        "title": f"test of {options.named}",
    }
    if known := vault.vault_named(engine, vault.DEFAULT):
        body["vault_ids"] = [known["id"]]
    session = engine.post(paths.SESSIONS, body)
    try:
        found = engine.post(paths.own(session["id"], "agent/test"), {})
    finally:
        engine.delete(paths.session(session["id"]))
    if options.json:
        surface.print_json(found)
    elif found["fault"]:
        surface.complain(display.safe(f"the agent {found['name']} cannot be used: {found['fault']}"))
    else:
        _show(found)
    return surface.FAILED if found["fault"] else 0


def _show(found: Json) -> None:
    modes = f", with the modes {', '.join(map(display.exact, found['modes']))}" if found["modes"] else ""
    loads = "can load an earlier session" if found["loads"] else "begins anew when its process has ended"
    surface.out(f"the agent {display.exact(found['name'])} answers{modes}; it {loads}")
    if found["bytes"]:
        surface.say(f"{found['bytes'] >> 20} MB that it fetched are kept for all sessions, for a week")
