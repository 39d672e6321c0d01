"""examples:
workbench replay 3fK9aZ                        every model request once more, from the log: the same bytes, or what differs
workbench replay 3fK9aZ --until sevt_…         only those before this event
workbench replay 3fK9aZ --with-agent reviewer  what another agent, or one's newest version, would have asked
workbench replay 3fK9aZ --with-agent a@3       or its version 3
workbench replay 3fK9aZ --live-tools           its tool calls once more, in a new sandbox: which give something else now

No model is asked. Without --live-tools no tool runs and nothing is written. Exits with 1 where something differs.
"""

from __future__ import annotations

import argparse

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong, paint
from workbench.text.display import exact, line

_MARKS = {"same": ("✓", "green"), "different": ("✗", "red"), "unknown": ("?", "yellow"), "aside": ("·", "dim")}
_WORDS = {
    "unknown": "made before requests were remembered",
    "aside": "asked for something else than the agent's next answer",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", help="id, or its end")
    parser.add_argument("--until", metavar="EVENT", help="only requests before this event")
    parser.add_argument("--with-agent", metavar="AGENT[@VERSION]", help="in place of the session's own, by name or id")
    parser.add_argument(
        "--live-tools", action="store_true", help="run the recorded tool calls in a sandbox of their own"
    )
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    session = surface.session(engine, options.session)
    if options.live_tools:
        if options.until or options.with_agent:
            raise Wrong("--live-tools runs what the session ran; leave --until and --with-agent away")
        return _live(engine, session["id"], as_json=options.json)
    body = {"until": options.until, **_agent(engine, options.with_agent)}
    found = engine.post(
        paths.own(session["id"], "replay"), {key: value for key, value in body.items() if value is not None}
    )
    if options.json:
        surface.print_json(found)
    else:
        _show(found)
    return surface.FAILED if found["different"] else 0


def _agent(engine: Client, named: str | None) -> Json:
    if named is None:
        return {}
    name, _, version = named.rpartition("@") if "@" in named else (named, "", "")
    if version and not version.isdigit():
        raise Wrong(f"--with-agent: {named!r} is no agent with a version as reviewer@3")
    agent = surface.pick(engine.pages(paths.AGENTS), name, "agent")
    return {"agent": agent["id"], "version": int(version) if version else None}


def _live(engine: Client, session_id: str, *, as_json: bool) -> int:
    found = engine.post(paths.own(session_id, "replay/tools"))
    if as_json:
        surface.print_json(found)
    else:
        for one in found["calls"]:
            mark, colour = _MARKS["same" if one["same"] else "different"]
            surface.out(f"{paint(mark, colour)} {one['event_id']}  {exact(one['name'])}")
            if not one["same"]:
                surface.out(f"    then: {line(one['recorded'], 200)}\n    now:  {line(one['now'], 200)}")
        surface.say(f"{sum(one['same'] for one in found['calls'])} of {len(found['calls'])} calls gave the same")
    return 0 if all(one["same"] for one in found["calls"]) else surface.FAILED


def _show(found: Json) -> None:
    for one in found["requests"]:
        mark, colour = _MARKS[one["verdict"]]
        words = _WORDS.get(one["verdict"], "")
        if one["verdict"] == "different":
            words = f"differs in {', '.join(one['differs_in'])}"
        if one["purpose"]:
            words = f"{one['purpose']}: {words}"
        surface.out(f"{paint(mark, colour)} {one['event_id']}  {one.get('model', '')}  {words}".rstrip())
    first = found["first_difference"]
    if first is not None and first["diff"]:
        surface.out(f"\nThe first difference, at {first['event_id']}:")
        surface.out(exact(first["diff"]))
    counted = f"{found['same']} the same, {found['different']} different"
    more = [f"{found[name]} {words}" for name, words in _WORDS.items() if found[name]]
    surface.say("; ".join([counted, *more]))
