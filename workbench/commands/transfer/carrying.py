"""What two services differ in, shown as a diff, and carried over after a yes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.suggestions import nearest
from workbench.commands.surface import Wrong, paint
from workbench.commands.transfer.change import Change
from workbench.commands.transfer.memory_carried import memory_stores
from workbench.commands.transfer.skills_carried import skills
from workbench.commands.transfer.templates_carried import agents, environments
from workbench.text import display

KINDS: Final[Mapping[str, Callable[[Client, Client], Iterator[Change]]]] = {
    "skills": skills,
    "environments": environments,
    "memory": memory_stores,
    "agents": agents,
}
"""In the order in which they are made: agents name the others."""


def arguments(parser: argparse.ArgumentParser, way: str) -> None:
    """`way` is the option that names the other service."""
    parser.add_argument(
        "what",
        nargs="*",
        default=[],
        metavar="WHAT",
        help=f"{', '.join(KINDS)}, and names of single ones; all by default",
    )
    parser.add_argument(
        way, dest="service", metavar="SERVICE", help="of `workbench hosted list`; the only one by default"
    )
    parser.add_argument("-n", "--dry-run", action="store_true", help="only show what would change")
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask")
    surface.json_flag(parser)


def carry(options: argparse.Namespace, source: Client, target: Client, where: str) -> int:
    """Show what would change at the target, and make it so after a yes."""
    kinds = [kind for kind in KINDS if kind in options.what] or list(KINDS)
    names = [one for one in options.what if one not in KINDS]
    found = [change for kind in kinds for change in KINDS[kind](source, target)]
    changes = [one for one in found if not names or one.name in names]
    if missing := [name for name in names if name not in {one.name for one in changes}]:
        near = nearest(missing[0], [one.name for one in found])
        raise Wrong(
            f"nothing named {missing[0]!r} differs{near or ''}; without a name everything that differs is shown"
        )
    if options.json:
        told = [{"noun": one.noun, "name": one.name, "new": one.is_new, "diff": list(one.lines)} for one in changes]
        surface.print_json({"where": where, "changes": told})
    else:
        for change in changes:
            _show(change)
        surface.say(f"{_count(changes)} at {where}" if changes else f"nothing differs at {where}")
    if options.dry_run or not changes:
        return 0
    if not options.yes and not _agreed(len(changes)):
        surface.say("nothing was changed")
        return 0
    for change in changes:
        change.make()
        surface.say(f"{change.noun} {display.exact(change.name)}: {'made' if change.is_new else 'changed'} at {where}")
    return 0


def _show(change: Change) -> None:
    surface.out(f"{change.noun} {display.exact(change.name)}{' (new)' if change.is_new else ''}")
    for line in change.lines:
        colour = "green" if line.startswith("+") else "red" if line.startswith("-") else ""
        shown = "  " + display.exact(line)
        surface.out(paint(shown, colour) if colour else shown)


def _count(changes: list[Change]) -> str:
    new = sum(one.is_new for one in changes)
    return f"{new} new, {len(changes) - new} changed"


def _agreed(count: int) -> bool:
    if not sys.stdin.isatty():
        raise Wrong("there is nobody to ask; add --yes to do it, or --dry-run to see it only")
    return surface.ask(f"make {'this change' if count == 1 else f'these {count} changes'}? [y/N] ").strip().lower() in (
        "y",
        "yes",
    )
