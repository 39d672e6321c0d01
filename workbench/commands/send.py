"""examples:
workbench send 3fK9aZ "and update the tests too"   taken up between two steps when it is at work
workbench send --watch 3fK9aZ "go on"
workbench send --thread tester 3fK9aZ "skip the slow ones"    for one of its agents: the session's own agent passes it on
workbench send --attach shot.png 3fK9aZ "this is what I see"    a picture or PDF in the message; can be repeated
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.commands import following, messages, surface, threads
from workbench.commands.transcript import Transcript


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("text", help="the message")
    messages.attach_option(parser)
    parser.add_argument("--watch", "-w", action="store_true", help="show what it does until it rests")
    threads.option(parser, "for the agent of this name: the session's own agent gets it, and passes it on")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    text = options.text
    if options.thread:
        child = threads.thread(engine, session["id"], options.thread)
        if child["archived_at"]:
            raise surface.Wrong(f"{child['agent']['name']} ({child['id']}) has ended and takes no message")
        text = f"[For the agent {child['agent']['name']} ({child['id']}): pass this on to it.]\n\n{text}"
        surface.say(f"the session's own agent passes it on to {child['agent']['name']}: people write to nobody else")
    position = engine.get(paths.own(session["id"], "state"))["position"]
    sent = engine.post(paths.events(session["id"]), {"events": [messages.message(text, options.attach)]})
    if options.json:
        surface.print_json(sent["data"])
    if not options.watch:
        return 0
    transcript = Transcript()
    for frame in following.frames(engine, session["id"], after=position, previews=True):
        transcript.show(frame.data)
        if following.is_at_rest(engine, session["id"], frame.data):
            following.mark_read(engine, session["id"])
            return following.exit_code(frame.data)
    return surface.FAILED
