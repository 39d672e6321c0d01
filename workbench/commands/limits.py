"""examples:
workbench limits                               what may be spent in a day, and what is spent today
workbench limits set 20.00                     of all sessions together
workbench limits set 5.00 --agent ID           of one agent; --group NAME and --token ID as well
workbench limits set none --agent ID           takes a limit away
"""

from __future__ import annotations

import argparse
import re
from typing import Final

from workbench.commands import surface
from workbench.commands.surface import Json, Wrong

_LIMITS: Final = "/workbench/v1/limits"
_AMOUNT: Final = re.compile(r"(\d{1,9})(?:\.(\d{2}))?")


def arguments(parser: argparse.ArgumentParser) -> None:
    surface.json_flag(parser)
    words = parser.add_subparsers(dest="what", metavar="WHAT")
    put = words.add_parser("set", help="set a limit of USD a day at list price, or take one away")
    put.add_argument("amount", help="as 5.00, or none")
    put.add_argument("--agent", metavar="ID")
    put.add_argument("--group", metavar="NAME")
    put.add_argument("--token", metavar="ID")


def run(options: argparse.Namespace) -> int:
    if options.what == "set":
        return _set(options)
    found = surface.client().get(_LIMITS)["data"]
    if options.json:
        surface.print_json(found)
        return 0
    for one in found:
        of = f"{one['of']} {one['id']}".strip()
        most = int(one["max_list_cost"]["amount"]) / 100
        surface.out(f"{of:40}  ${one['spent_cents'] / 100:.2f} of ${most:.2f} today")
    if not found:
        surface.say("no limit; `workbench limits set 20.00` sets one for all sessions together")
    return 0


def _set(options: argparse.Namespace) -> int:
    named = [(of, getattr(options, of)) for of in ("agent", "group", "token") if getattr(options, of)]
    if len(named) > 1:
        raise Wrong("name one of --agent, --group and --token, or none for all sessions together")
    of, whose = named[0] if named else ("day", "")
    body: Json = {"of": of, "id": whose, "max_list_cost": _money(options.amount)}
    surface.client().post(_LIMITS, body)
    surface.say("set" if body["max_list_cost"] else "taken away")
    return 0


def _money(given: str) -> Json | None:
    if given == "none":
        return None
    matched = _AMOUNT.fullmatch(given)
    cents = int(matched[1]) * 100 + int(matched[2] or 0) if matched else 0
    if cents <= 0:
        raise Wrong(f"{given!r} is no amount as 5 or 5.00, and not none")
    return {"amount": str(cents), "currency": "USD"}
