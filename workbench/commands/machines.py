"""examples:
workbench machines add box me@box.example      a machine that `ssh` reaches without a question; nothing is installed there
workbench machines add lab lab --port 2222     a name of ~/.ssh/config will do
workbench machines add lab lab --label gpu     environments may ask for any machine with a label
workbench machines list
workbench machines test box                    is it reached, and is its Python new enough?
workbench machines remove box

A machine that cannot be reached from here comes by itself: `workbench worker --engine ssh://HERE`, run there.
`add` makes an environment of the machine's name too: workbench run --environment box "…" works there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import select
import socket
import sys
from dataclasses import asdict
from typing import Final

from workbench import settings
from workbench.client import paths
from workbench.commands import surface
from workbench.commands.surface import Wrong, paint
from workbench.hands.ssh import joined, machines
from workbench.hands.ssh.backend import check
from workbench.hands.ssh.machines import Machine, WrongMachine
from workbench.hands.ssh.placement import BY_LABELS, busy_at
from workbench.hands.worker.service import REMOVED

LOOK_S: Final = 1.0
"""How often it is seen whether the machine of a worker was removed."""


def arguments(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    add = words.add_parser("add", help="name a machine, and make an environment for it")
    add.add_argument("name")
    add.add_argument("target", help="as ssh takes it: user@host, or a name of your ~/.ssh/config")
    add.add_argument("--port", type=int)
    add.add_argument(
        "--label", action="append", default=[], help="what it is good for; can be repeated; an environment of that name"
    )
    add.add_argument("--identity", metavar="FILE", help="the key to go in with")
    add.add_argument("--config", metavar="FILE", help="a configuration of ssh's in place of ~/.ssh/config")
    surface.json_flag(words.add_parser("list", help="the machines that there are"))
    words.add_parser("test", help="see whether one can be used").add_argument("name")
    words.add_parser("remove", help="forget one; what its sessions left there stays").add_argument("name")
    words.add_parser("join", help="what `workbench worker` runs here, from its own machine")


def run(options: argparse.Namespace) -> int:
    try:
        return {"add": _add, "list": _list, "test": _test, "remove": _remove, "join": _join}[options.what](options)
    except WrongMachine as wrong:
        raise Wrong(str(wrong)) from None


def _add(options: argparse.Namespace) -> int:
    labels = tuple(options.label)
    machine = Machine(options.name, options.target, options.port, options.identity, options.config, labels)
    machines.add(settings.load(), machine)
    _have_environments(machine)
    surface.say(f'workbench run --environment {machine.name} "…" works there, as the user of {machine.target}')
    return _tested(machine)


def _have_environments(machine: Machine) -> None:
    engine = surface.client()
    there = {one["name"] for one in engine.pages(paths.ENVIRONMENTS)}
    wanted = {machine.name: machine.name, **{label: f"{BY_LABELS}{label}" for label in machine.labels}}
    for name, wish in wanted.items():
        if name not in there:
            about = machine.shown_target if wish == machine.name else f"the least busy machine with the label {name}"
            metadata = {"workbench.machine": wish}
            engine.post(paths.ENVIRONMENTS, {"name": name, "description": about, "metadata": metadata})


def _join(options: argparse.Namespace) -> int:
    """Speaks with the worker at the other end of ssh: a line of JSON from it, one to it, and then its input is its life."""
    place = settings.load()
    try:
        said = json.loads(sys.stdin.readline())
    except ValueError:
        raise Wrong("this is run by `workbench worker --engine ssh://…` on the machine that is to work") from None
    machine, key = joined.join(place, said if isinstance(said, dict) else {})
    try:
        _have_environments(machine)
        says = f'it works for {socket.gethostname()}: workbench run --environment {machine.name} "…" there'
        surface.data(json.dumps({"key": key, "says": says}) + "\n")
        while not select.select([0], [], [], LOOK_S)[0] or os.read(0, 1024):
            if not joined.is_there(place, machine):
                surface.complain(f"{machine.name} was removed there, or came again from elsewhere")
                return REMOVED
    finally:
        joined.leave(place, machine)
    return 0


def _list(options: argparse.Namespace) -> int:
    found = machines.known(settings.load())
    if options.json:
        surface.print_json([asdict(one) for one in found.values()])
        return 0
    busy = busy_at(settings.load())
    rows = [
        [one.name, one.shown_target, str(one.port or ""), ", ".join(one.labels), str(busy[one.name])]
        for one in found.values()
    ]
    if rows:
        surface.out(surface.table(rows, ["name", "target", "port", "labels", "sandboxes"]))
    if not found:
        surface.say("no machine but this one; `workbench machines add NAME user@host` names one")
    return 0


def _test(options: argparse.Namespace) -> int:
    return _tested(machines.named(settings.load(), options.name))


def _tested(machine: Machine) -> int:
    found = asyncio.run(check(machine))
    mark = paint("✓", "green") if found.ok else paint("✗", "red")
    surface.out(f"{mark} {found.name}: {found.found}")
    if not found.ok:
        surface.out(f"  {found.cure}")
    return 0 if found.ok else surface.FAILED


def _remove(options: argparse.Namespace) -> int:
    machine = machines.remove(settings.load(), options.name)
    joined.forget(settings.load(), machine)
    surface.say(f"{machine.name} is forgotten; its environment stays until you archive it")
    return 0
