"""examples:
workbench worker --engine ssh://me@desk                 this machine works for the engine of that one, as long as this runs
workbench worker --engine ssh://desk --name lab --label gpu    environments there may ask for any machine with a label
workbench worker --engine ssh://desk --bare             commands run as you, in no container

Nothing here listens on a network: this machine calls the other one, as your ssh does, and sessions come through that call. Each has a
container of its own here, whose only way out is the vault of the other machine. Ctrl-C ends it, and what runs here with it.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import signal
import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from workbench import settings
from workbench.client.over_ssh import Way
from workbench.commands import surface
from workbench.commands.surface import Wrong
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.ssh import joined
from workbench.hands.worker import place
from workbench.hands.worker.service import Worker

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ALIVE: Final = ("ExitOnForwardFailure=yes", "ServerAliveInterval=15", "ServerAliveCountMax=4", "BatchMode=yes")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--engine", required=True, metavar="ssh://[USER@]HOST[:PORT]", help="where the engine is")
    parser.add_argument("--name", help="what this machine is called there; its host name by default")
    parser.add_argument(
        "--label", action="append", default=[], help="what it is good for; can be repeated; an environment of that name"
    )
    parser.add_argument("--bare", action="store_true", help="run commands as you and in no container")
    parser.add_argument("-i", dest="identity", metavar="FILE", help="the key to log in there with")
    parser.add_argument("-F", dest="config", metavar="FILE", help="another configuration of ssh")
    parser.add_argument("--command", metavar="PATH", default="workbench", help="what the command is called there")


def run(options: argparse.Namespace) -> int:
    name = options.name or socket.gethostname().split(".")[0]
    if not _NAME.fullmatch(name):
        raise Wrong(f"--name: {name!r} is no name: letters, digits, dots, hyphens and underscores")
    way = _way(options)
    known = settings.load()
    try:
        here = asyncio.run(place.made(known, name, is_bare=options.bare, progress=surface.say))
    except SandboxUnavailable as trouble:
        raise Wrong(str(trouble)) from None
    if options.bare:
        surface.complain("--bare: what an agent runs here can do what you can")
    line = way.line(["machines", "join"])

    def ssh(forward: Sequence[str]) -> Sequence[str]:
        alive = [word for one in _ALIVE for word in ("-o", one)]
        return way.ssh("-T", "-a", "-x", *alive, *forward, line=line)

    told = {"name": name, "labels": options.label, "user": joined.own_user(), "confines": not options.bare}
    worker = Worker(here, ssh, told, surface.say)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: worker.end())
    surface.say(f"{name}: connecting to {way.host} …")
    return worker.run()


def _way(options: argparse.Namespace) -> Way:
    """Raises: Wrong: the address is none of ssh."""
    try:
        address = urlsplit(options.engine)
        port = address.port
    except ValueError as error:
        raise Wrong(f"--engine: {options.engine!r}: {error}") from None
    if address.scheme != "ssh" or not address.hostname or address.path.strip("/") or address.hostname.startswith("-"):
        raise Wrong(f"--engine: {options.engine!r} is no address such as ssh://me@desk or ssh://desk:2222")
    if address.password is not None:
        raise Wrong("--engine: a password stands in no command; let ssh log in with a key")
    host = address.netloc.rpartition("@")[2].removesuffix(f":{port}")
    target = f"{address.username}@{host}" if address.username else host
    given: list[str] = []
    for flag, value in (("-p", port), ("-i", options.identity), ("-F", options.config)):
        given += [flag, str(value)] if value is not None else []
    return Way(target, tuple(given), options.command)
