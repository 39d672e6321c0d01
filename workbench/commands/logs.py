"""examples:
workbench logs 3fK9aZ                          everything so far
workbench logs -f 3fK9aZ                       then on, until the session rests; survives engine restarts
workbench logs --ids 3fK9aZ                    with the ends of event ids, as fork --at and rewind --to take them
workbench logs --json 3fK9aZ | jq .type
workbench logs --thread tester 3fK9aZ          what one of its agents did
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import following, surface, threads
from workbench.commands.surface import Json
from workbench.commands.transcript import Transcript


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the session rests")
    parser.add_argument("--ids", action="store_true", help="the end of its event's id before each line")
    threads.option(parser, "of the agent of this name, or the thread of this id, instead of the session's own")
    parser.add_argument("--json", action="store_true", help="every event as a line of JSON")


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    transcript = Transcript(users=True, ids=options.ids)
    thread_id = threads.thread(engine, session["id"], options.thread)["id"] if options.thread else ""
    if not options.follow:
        for event in engine.pages(paths.thread_events(session["id"], thread_id), [("limit", "1000")]):
            _show(event, transcript, as_json=options.json)
        return 0
    if thread_id:
        return _thread_followed(engine, session["id"], thread_id, transcript, as_json=options.json)
    return _followed(engine, session["id"], transcript, as_json=options.json)


def _followed(engine: Client, session_id: str, transcript: Transcript, *, as_json: bool) -> int:
    resting_at = _resting_position(engine, session_id)
    if resting_at == 0:
        return 0
    for frame in following.frames(engine, session_id, after=0, previews=not as_json):
        if frame.cursor is not None or not as_json:
            _show(frame.data, transcript, as_json=as_json)
        caught_up = resting_at is None or (frame.cursor or 0) >= resting_at
        if caught_up and following.is_at_rest(engine, session_id, frame.data):
            if not as_json:
                following.mark_read(engine, session_id)
            return following.exit_code(frame.data)
    return 0


def _thread_followed(engine: Client, session_id: str, thread_id: str, transcript: Transcript, *, as_json: bool) -> int:
    """One agent's events until it rests."""
    for frame in following.frames(engine, session_id, after=0, previews=not as_json, thread_id=thread_id):
        if frame.cursor is not None or not as_json:
            _show(frame.data, transcript, as_json=as_json)
        ends = frame.data["type"] in ("session.thread_status_idle", "session.thread_status_terminated")
        if ends and engine.get(paths.threads(session_id, thread_id))["status"] in ("idle", "terminated"):
            return following.EXIT_OF_STOP.get((frame.data.get("stop_reason") or {"type": "end_turn"})["type"], 1)
    return 0


def _resting_position(engine: Client, session_id: str) -> int | None:
    """Where the log of a session that rests already ends; None while it works."""
    state = engine.get(paths.own(session_id, "state"))
    return int(state["position"]) if state["status"] in ("idle", "terminated") else None


def _show(event: Json, transcript: Transcript, *, as_json: bool) -> None:
    if as_json:
        surface.print_json_line(event)
    else:
        transcript.show(event)
