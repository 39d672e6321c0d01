"""examples:
workbench review 3fK9aZ                        agents look for faults in what it changed, and others try to refute each
workbench review --last 3fK9aZ                 what the last review found
workbench review --json 3fK9aZ | jq '.findings[] | select(.verdict == "confirmed")'
"""

from __future__ import annotations

import argparse
from typing import Any, Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import following, surface
from workbench.commands.surface import Json, paint
from workbench.commands.transcript import Transcript
from workbench.text.display import exact, line

_MARKS: Final = {"confirmed": ("!", "red"), "refuted": ("✓", "green"), "unverified": ("?", "yellow")}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--last", action="store_true", help="show the last review, and make none")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    path = paths.own(session["id"], "review")
    if not options.last:
        begun = engine.post(path)
        surface.say(f"the review is session {begun['session_id']}; nothing of {session['id']} changes")
        _watched(engine, begun["session_id"], quiet=options.json)
    review = engine.get(path)
    if options.json:
        surface.print_json(review)
    else:
        _show(review)
    result = (review["run"]["result"] or {}).get("type")
    return 0 if result == "completed" or (options.last and result is None) else surface.FAILED


def _watched(engine: Client, session_id: str, *, quiet: bool) -> None:
    """Until the review has come to rest; Ctrl-C leaves it at work."""
    transcript = Transcript()
    for frame in following.frames(engine, session_id, after=0, previews=not quiet):
        if not quiet:
            transcript.show(frame.data)
        if following.is_at_rest(engine, session_id, frame.data):
            return


def _show(review: dict[str, Any]) -> None:
    """The findings, what holds first, and what became of the run."""
    run_ = review["run"]
    result = run_["result"] or {"type": "still at work"}
    for one in review["findings"]:
        _show_finding(one)
    if result["type"] == "error":
        surface.complain(f"the review failed: {line(exact(result['error']['message']), 300)}")
    elif result["type"] != "completed":
        surface.say(f"the review {'was stopped' if result['type'] == 'stopped' else 'is still at work'}")
    else:
        held = sum(one["verdict"] == "confirmed" for one in review["findings"])
        refuted = sum(one["verdict"] == "refuted" for one in review["findings"])
        cents = float((run_["list_cost"] or {}).get("amount") or 0)
        counts = f"{held} finding{'s' * (held != 1)} held, {refuted} {'was' if refuted == 1 else 'were'} refuted"
        surface.out(f"{counts} · {run_['done']} agents · ${cents / 100:.2f}")


def _show_finding(one: Json) -> None:
    mark, colour = _MARKS.get(one["verdict"], _MARKS["unverified"])
    place = f"{line(exact(one['file']), 200)}:{one['line']}"
    surface.out(f"{paint(mark, colour)} {paint(place, 'bold')} {one['severity']} · {one['verdict']}")
    surface.out(f"    {line(exact(one['title']), 300)}")
    surface.out(f"    {paint('fails', 'dim')} {line(exact(one['scenario']), 600)}")
    surface.out(f"    {paint('because', 'dim')} {line(exact(one['reason']), 600)}")
