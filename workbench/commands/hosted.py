"""examples:
workbench hosted add work https://api.anthropic.com    asks for its key; its sessions stand beside yours from now on
workbench hosted add work https://… --since 90d        and those of the last 90 days
workbench hosted list
workbench hosted look work                     read it now
workbench hosted remove work                   what was mirrored stays as history

A session there is a row here: read it, answer its questions, send, interrupt, archive, ask it with SQL. It works there. `workbench push`
and `workbench pull` carry agents, environments, skills and memory between the two.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.secret import deposited
from workbench.commands.suggestions import nearest
from workbench.commands.surface import Json, Wrong
from workbench.commands.vault import say_where_fleeting, vault_named
from workbench.text import display

VAULT: Final = "hosted"
"""Keys of services: a vault that no session is given."""


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="word", required=True, metavar="add|list|look|remove")
    add = words.add_parser("add", help="name a service, and give its key to the vault")
    add.add_argument("name", help="what it is called here")
    add.add_argument("url", help="its base URL, as the SDK takes it")
    add.add_argument(
        "--since", default="30d", metavar="DAYS", help="how old the oldest session is, such as 90d (default: 30d)"
    )
    add.add_argument("--keyed", action="store_true", help="a vault has a key for its host already: do not ask for one")
    listed = words.add_parser("list", help="the services, how many sessions of each are here, and what is wrong")
    look = words.add_parser("look", help="read one now, in place of within seconds")
    remove = words.add_parser("remove", help="ask it no more")
    for word in (look, remove):
        word.add_argument("name")
    for word in (add, listed, look, remove):
        surface.json_flag(word)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    match options.word:
        case "add":
            return _add(engine, options)
        case "look":
            return _listed(engine.post(f"{paths.HOSTED}/{named(engine, options.name)}/look")["data"], options)
        case "remove":
            gone = engine.delete(f"{paths.HOSTED}/{named(engine, options.name)}")
            surface.print_json(gone) if options.json else surface.out(f"{gone['name']} is asked no more")
            return 0
    return _listed(engine.get(paths.HOSTED)["data"], options)


def named(engine: Client, name: str | None) -> str:
    """The service of this name; without a name the only one.

    Raises:
        Wrong: there is none, or one has to be named.
    """
    known = [str(one["name"]) for one in engine.get(paths.HOSTED)["data"]]
    if name in known:
        return str(name)
    if name is None and len(known) == 1:
        return known[0]
    if name is None and known:
        raise Wrong(f"say which service: {', '.join(known)}")
    there = nearest(name or "", known) or (f"; there are: {', '.join(known)}" if known else "")
    raise Wrong(f"there is no service {name or 'yet'!r}{there}; workbench hosted add NAME URL names one")


def _add(engine: Client, options: argparse.Namespace) -> int:
    since = _since(options.since)
    host = urlsplit(options.url).hostname
    if not host:
        raise Wrong(f"{options.url!r} is no address such as https://api.example.com")
    credential = None if options.keyed else _key(engine, options.name, host)
    try:
        made = engine.post(paths.HOSTED, {"name": options.name, "base_url": options.url, "since": since})
    except BaseException:
        if credential is not None:
            engine.delete(credential)
        raise
    if options.json:
        surface.print_json(made)
        return 0
    surface.out(f"{made['name']}: sessions of {made['base_url']} since {made['since'][:10]} come into the list")
    say_where_fleeting(engine)
    return 0


def _key(engine: Client, name: str, host: str) -> str:
    """Where the key of the service is stored; it goes to the vault and to nothing else."""
    auth: Json = {
        "type": "environment_variable",
        "secret_name": f"HOSTED_{name.upper().replace('-', '_')}",
        "networking": {"type": "limited", "allowed_hosts": [host]},
        "injection_location": {"header": True, "body": False},
        "workbench_deposit": deposited("value", f"API key of {host}"),
    }
    vault = vault_named(engine, VAULT) or engine.post(paths.VAULTS, {"display_name": VAULT})
    made = engine.post(f"{paths.VAULTS}/{vault['id']}/credentials", {"auth": auth})
    return f"{paths.VAULTS}/{vault['id']}/credentials/{made['id']}"


def _since(text: str) -> str:
    number = text.removesuffix("d")
    if not number.isdecimal() or len(number) > 4:
        raise Wrong(f"--since: {text!r} is no number of days such as 30d")
    return (datetime.now(UTC) - timedelta(days=int(number))).isoformat()


def _listed(found: list[Json], options: argparse.Namespace) -> int:
    if options.json:
        surface.print_json(found)
        return 0
    rows = [
        [one["name"], one["base_url"], str(one["sessions"]), display.line(one["trouble"] or "", 100)] for one in found
    ]
    surface.out(surface.table(rows, ["name", "address", "sessions", ""])) if rows else surface.say(
        "no service but this one; workbench hosted add NAME URL names one"
    )
    return 0
