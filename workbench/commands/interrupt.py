"""examples:
workbench interrupt 3fK9aZ                     with all agents that it started; its workflow runs go on
workbench interrupt --thread tester 3fK9aZ     one of its agents; the others go on
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.client.agents import runs_of
from workbench.commands import surface, threads
from workbench.commands.surface import Json


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", nargs="+", help="id, or its end")
    threads.option(parser, "only the agent of this name, or the thread of this id")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    sessions = [surface.session(engine, named) for named in options.session]

    def stop(session_id: str) -> Json:
        event: Json = {"type": "user.interrupt"}
        if options.thread:
            event["session_thread_id"] = threads.thread(engine, session_id, options.thread)["id"]
        return engine.post(paths.events(session_id), {"events": [event]})

    code = surface.on_each(sessions, stop, "interrupted", as_json=options.json)
    for session in sessions if not options.thread and not options.json else ():
        for one in runs_of(engine.get(paths.own(session["id"], "state"))):
            ends = f"workbench threads {surface.short(session['id'])} stop"
            surface.say(f"its workflow run {one.name} goes on: {ends} ends it")
    return code
