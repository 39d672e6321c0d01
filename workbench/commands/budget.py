"""examples:
workbench budget                               what has a budget, and how much of it is spent
workbench budget 3fK9aZ 5                      raise a session's to 5 dollars; it goes on by itself
workbench budget --group night 20              what all sessions of the group `night` may cost together
workbench budget --group night none            take it away

A session gets its own budget and its group when it is started: workbench run --budget 2 --group night "…".
"""

from __future__ import annotations

import argparse

from workbench.client import budgets, paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words", nargs="*", default=[], metavar="[SESSION] [USD|none]", help="whose budget, and what it is from now on"
    )
    parser.add_argument("--group", metavar="NAME", help="the budget of a group, in place of a session's")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    words: list[str] = options.words
    if not words and options.group is None:
        return _listed(engine, as_json=options.json)
    if len(words) != (1 if options.group else 2):
        raise Wrong("say whose budget and how much: workbench budget SESSION USD, or workbench budget --group NAME USD")
    budget = limit(words[-1])
    if options.group:
        changed = engine.post(f"{paths.GROUPS}/{options.group}", {"budget": budget})
        said = f"group {changed['name']}: {_of(_cents(changed['spent']), changed['budget'])}"
    else:
        session = surface.session(engine, words[0])
        changed = engine.post(paths.session(session["id"]), {"budget": budget})
        said = f"session {surface.short(changed['id'])}: {_of(_spent(changed), changed['budget'])}"
    if options.json:
        surface.print_json(changed)
    else:
        surface.out(said)
    return 0


def limit(dollars: str) -> Json | None:
    """The wire object of a budget in dollars; `none` is none.

    Raises:
        Wrong: it is no amount above zero in whole cents.
    """
    try:
        return budgets.budget(dollars)
    except ValueError as error:
        raise Wrong(str(error)) from error


def _listed(engine: Client, *, as_json: bool) -> int:
    groups = engine.get(paths.GROUPS)["data"]
    sessions = [one for one in engine.pages(paths.SESSIONS, [("limit", "1000")]) if one["budget"]]
    if as_json:
        surface.print_json({"groups": groups, "sessions": sessions})
        return 0
    rows = [
        ["group", one["name"], _of(_cents(one["spent"]), one["budget"]), f"{len(one['session_ids'])} sessions"]
        for one in groups
    ]
    rows += [
        ["session", surface.short(one["id"]), _of(_spent(one), one["budget"]), one["title"] or ""] for one in sessions
    ]
    if not rows:
        surface.say("nothing has a budget; see workbench budget --help")
    else:
        surface.out(surface.table(rows, ["", "whose", "spent", ""]))
    return 0


def _of(cents: int, budget: Json | None) -> str:
    spent = f"${cents / 100:.2f}"
    return f"{spent} of ${_cents(budget['max_list_cost']) / 100:.2f}" if budget else f"{spent}, no budget"


def _spent(session: Json) -> int:
    return _cents(session["usage"].get("list_cost") or {"amount": "0"})


def _cents(amount: Json) -> int:
    return int(amount["amount"])
