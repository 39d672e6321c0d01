"""examples:
  workbench dream                                read the last 100 sessions, propose what the only store should say
  workbench dream now team-notes --last 20       of this store, and fewer sessions; --model M has a model propose
  workbench dream now team-notes --estimate      what a model would read and cost; without one it costs nothing
  workbench dream show                           the last dream: proposals, evidence, quarantined orders
  workbench dream accept DREAM PROPOSAL…         land these; --adds lands every add that is not personal
  workbench dream reject DREAM PROPOSAL…         turn down; comes again only with more evidence
  workbench dream undo DREAM                     put back what the last landing changed
  workbench dream agents DREAM PROPOSAL…         these lines, or all that landed, into the project's AGENTS.md, after its diff
  workbench dream skill DREAM PROPOSAL NAME      steps that worked as a skill, after its SKILL.md was shown
  workbench dream why team-notes /conventions.md "pnpm"    the evidence and history of a line
  workbench dream auto team-notes --after-sessions 10 --lands high     by itself; --off ends it
  workbench dream auto team-notes --agent coder --quiet-hours 24 --lands high --least-sessions 3
                                                 the same from the sessions of one agent alone

Nothing lands unreviewed unless `auto … --lands high` says so, and then only what a person typed as an order to remember, in one line
without a quote, and what a model worded from two sessions so that a person's own sentence says it. What tools, files, pages and agents order is shown as quarantined and proposed nowhere.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Final

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import dream_file, dream_skill, standing, surface
from workbench.commands.memory import store as named_store
from workbench.commands.surface import Json, Wrong, paint
from workbench.text.display import folded, line, safe

ACTIONS: Final = ("now", "list", "show", "accept", "reject", "undo", "cancel", "agents", "skill", "why", "auto")
LOOK_EVERY_S: Final = 0.1
MOST_SESSIONS: Final = 100
"""What one dream may read, as in the public API."""
_AUTO: Final = {
    "after_sessions": "workbench.dream_after_sessions",
    "quiet_hours": "workbench.dream_after_quiet_hours",
    "every_hours": "workbench.dream_every_hours",
    "lands": "workbench.dream_lands",
    "model": "workbench.dream_model",
    "budget": "workbench.dream_budget_cents",
    "least_sessions": "workbench.dream_least_sessions",
}
_STORE: Final = "workbench.dream_store"
_MARKS: Final = {"landed": "✔", "rejected": "✘", "": "·"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", nargs="?", choices=ACTIONS, default="now", help=f"of {', '.join(ACTIONS)}")
    parser.add_argument(
        "names", nargs="*", default=[], help="the store, or the dream and its proposals, as in the examples"
    )
    parser.add_argument(
        "--last",
        type=_few,
        default=MOST_SESSIONS,
        metavar="N",
        help="how many sessions to read at most (default and most: 100)",
    )
    parser.add_argument(
        "--session", action="append", default=[], metavar="ID", help="read only this one; can be repeated"
    )
    parser.add_argument(
        "--model",
        help="has a model read what people said and propose lines; without one only what is ordered or said again is found",
    )
    parser.add_argument("--instructions", help="what the model should look for or leave out")
    parser.add_argument("--budget", type=int, metavar="CENTS", help="the most that a model may cost (default 50)")
    parser.add_argument("--estimate", action="store_true", help="only say what it would cost")
    parser.add_argument("-C", dest="folder", type=Path, default=Path(), metavar="DIR", help="agents: the project")
    parser.add_argument("-y", "--yes", action="store_true", help="agents, skill: without a question")
    parser.add_argument("--adds", action="store_true", help="accept every add that is not personal")
    parser.add_argument("--after-sessions", type=int, metavar="N", help="auto: after so many sessions")
    parser.add_argument("--quiet-hours", type=int, metavar="H", help="auto: after so many hours of quiet")
    parser.add_argument("--every-hours", type=int, metavar="H", help="auto: after so many hours")
    parser.add_argument("--agent", metavar="NAME", help="auto: read the sessions of this agent alone")
    parser.add_argument(
        "--lands",
        choices=["nothing", "high"],
        help="auto: whether orders to remember, and verified lines of a model, land unreviewed",
    )
    parser.add_argument(
        "--least-sessions",
        type=_count,
        metavar="N",
        help="auto: only what was said in so many sessions lands by itself",
    )
    parser.add_argument("--off", action="store_true", help="auto: no more")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    match options.action:
        case "now":
            return _now(engine, options)
        case "list":
            return _list(engine, options)
        case "why":
            return _why(engine, options)
        case "auto":
            return _auto(engine, options)
    return _with_dream(engine, _dream(engine, options.names), options)


def _with_dream(engine: Client, dream: Json, options: argparse.Namespace) -> int:
    path = f"{paths.DREAMS}/{dream['id']}"
    match options.action:
        case "accept" | "reject":
            dream = engine.post(f"{path}/review", _decisions(dream, options))
            if options.action == "accept" and not options.json:
                standing.ask_once(engine, dream["inputs"][0]["memory_store_id"])
        case "agents":
            chosen = [_proposal(dream, named) for named in options.names[1:]]
            return dream_file.put(dream, chosen, options.folder, is_agreed=options.yes)
        case "skill":
            if len(options.names) != 3:
                raise Wrong("write: workbench dream skill DREAM PROPOSAL NAME")
            proposal = _proposal(dream, options.names[1])
            return dream_skill.make(engine, dream, proposal, options.names[2], is_agreed=options.yes)
        case "undo":
            dream = engine.post(f"{path}/undo")
        case "cancel":
            engine.post(f"{paths.PUBLIC_DREAMS}/{dream['id']}/cancel")
            dream = engine.get(path)
    _show(dream, as_json=options.json)
    return 0


# ── dreaming ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _now(engine: Client, options: argparse.Namespace) -> int:
    store = named_store(engine, options.names[0]) if options.names else _only_store(engine)
    body: Json = {
        "inputs": [
            {"type": "memory_store", "memory_store_id": store["id"]},
            {"type": "sessions", "session_ids": _sessions(engine, options)},
        ],
        "model": options.model or "offline",
        "instructions": options.instructions,
    }
    if options.budget is not None:
        body["budget_cents"] = options.budget
    if options.estimate:
        estimate = engine.post(paths.DREAMS, body | {"only_estimate": True})
        surface.print_json(estimate) if options.json else surface.out(_estimated(estimate))
        return 0
    dream = engine.post(paths.DREAMS, body)
    if not options.json:
        surface.say(f"dream {dream['id']} of {safe(store['name'])}")
    while dream["status"] in ("pending", "running"):
        time.sleep(LOOK_EVERY_S)
        dream = engine.get(f"{paths.DREAMS}/{dream['id']}")
    _show(dream, as_json=options.json)
    return 0 if dream["status"] == "completed" else surface.FAILED


def _only_store(engine: Client) -> Json:
    stores = list(engine.pages(paths.MEMORY_STORES, [("limit", "100")]))
    stores = [one for one in stores if "workbench.dream" not in one["metadata"]]
    if not stores:
        return engine.post(paths.MEMORY_STORES, {"name": "memory", "description": "What the sessions taught."})
    if len(stores) > 1:
        raise Wrong(f"there are {len(stores)} stores; name one: workbench dream now {stores[0]['name']}")
    return stores[0]


def _sessions(engine: Client, options: argparse.Namespace) -> list[str]:
    if options.session:
        return [surface.session(engine, named)["id"] for named in options.session]
    found = []
    for session in engine.pages(paths.SESSIONS, [("include_archived", "true"), ("limit", "200")]):
        if session["agent"]["id"] != "agent_dream":
            found.append(session["id"])
        if len(found) == options.last:
            break
    if not found:
        raise Wrong("there is no session to dream of; start one with: workbench run")
    return found


def _estimated(estimate: Json) -> str:
    cost = estimate["cost_cents"]
    price = "a price that is not known" if cost is None else f"at most {cost:.1f} US cents"
    return (
        f"{estimate['proposals']} proposals from {estimate['transcript_tokens']:,} tokens of transcripts; a model would read "
        f"{estimate['input_tokens']:,} tokens for {price}"
    )


# ── dreams that were ──────────────────────────────────────────────────────────────────────────────────────────────────


def _list(engine: Client, options: argparse.Namespace) -> int:
    dreams = list(engine.pages(paths.PUBLIC_DREAMS, [("limit", "100")]))
    if options.json:
        surface.print_json(dreams)
    elif not dreams:
        surface.say("no dreams; begin one with: workbench dream")
    else:
        rows = [
            [one["id"], one["created_at"][:16], one["status"], str(len(one["inputs"][1]["session_ids"]))]
            for one in dreams
        ]
        surface.out(surface.table(rows, ["id", "when", "status", "sessions"]))
    return 0


def _dream(engine: Client, names: list[str]) -> Json:
    """The dream that is named first, or the last one."""
    dreams = list(engine.pages(paths.PUBLIC_DREAMS, [("limit", "100"), ("include_archived", "true")]))
    if not dreams:
        raise Wrong("no dreams; begin one with: workbench dream")
    found = surface.pick(dreams, names[0], "dream") if names else dreams[0]
    return engine.get(f"{paths.DREAMS}/{found['id']}")


def _decisions(dream: Json, options: argparse.Namespace) -> Json:
    chosen = [_proposal(dream, named) for named in options.names[1:]]
    if not chosen and not options.adds:
        raise Wrong(f"name proposals, as workbench dream show {dream['id']} lists them, or accept with --adds")
    if options.action == "accept":
        return {"accept": chosen, "adds": options.adds}
    return {"reject": chosen}


def _proposal(dream: Json, named: str) -> str:
    """The id of the proposal that is meant by its id or the end of it, as the list shows it."""
    ids = [str(one["id"]) for one in dream["workbench"]["proposals"]]
    found = [one for one in ids if one == named] or [one for one in ids if len(named) >= 3 and one.endswith(named)]
    if len(found) != 1:
        what = f"{named!r} fits several proposals" if found else f"there is no proposal {named!r} in this dream"
        raise Wrong(f"{what}; workbench dream show {dream['id']} lists them")
    return found[0]


def _show(dream: Json, *, as_json: bool) -> None:
    if as_json:
        surface.print_json(dream)
        return
    own = dream["workbench"]
    surface.out(f"{dream['id']} is {dream['status']}" + (f": {dream['error']['message']}" if dream["error"] else ""))
    for proposal in own["proposals"]:
        _show_proposal(proposal)
    if own["quarantined"]:
        surface.out(
            paint(f"\nquarantined: {len(own['quarantined'])} orders that no user gave; none is proposed", "yellow")
        )
        for place, times in folded(own["quarantined"])[:20]:
            again = f"  and {times - 1} time{'s' * (times > 2)} more" if times > 1 else ""
            surface.out(
                f"  {place['channel']:<5} {place['session_id'][-6:]}#{place['seq']}  {line(place['quote'], 90)}{again}"
            )
    if own["left_out"]:
        surface.out(paint(f"\nleft out: {own['left_out']} that look like secrets", "yellow"))
    if dream["status"] == "completed" and any(not one["decision"] for one in own["proposals"]):
        surface.say(f"undecided stays out; land with: workbench dream accept {dream['id']} PROPOSAL… (or --adds)")
    elif dream["status"] == "completed" and not own["proposals"]:
        surface.out("nothing to propose")


def _show_proposal(proposal: Json) -> None:
    head = f"{_MARKS[proposal['decision']]} {proposal['id'][-6:]}  {proposal['op']:<7} {proposal['path']}"
    personal = "  looks personal" if proposal["is_personal"] else ""
    surface.out(f"\n{paint(head, 'bold')}  {proposal['sessions']} sessions, {proposal['confidence']}{personal}")
    for old in proposal["old"]:
        surface.out(paint(f"    - {safe(old)}", "red"))
    if proposal["text"]:
        surface.out(paint(f"    + {safe(proposal['text'])}", "green"))
    if proposal["kind"] == "unread":
        surface.out("      no session that had it opened this memory since it was changed")
    for place in proposal["evidence"][:6]:
        surface.out(
            f"      {place['session_id'][-6:]}#{place['seq']} {place['said_at'][:10]}  “{line(place['quote'], 80)}”"
        )


def _why(engine: Client, options: argparse.Namespace) -> int:
    if len(options.names) != 3:
        raise Wrong('write: workbench dream why STORE PATH "words of the line"')
    store, path, words = options.names
    found = engine.get(
        f"/workbench/v1/memory_stores/{named_store(engine, store)['id']}/why", [("path", path), ("line", words)]
    )
    if options.json:
        surface.print_json(found)
        return 0
    surface.out(safe(found["line"]))
    for place in found["evidence"]:
        surface.out(
            f"  {place['session_id']}#{place['seq']} {place['said_at'][:10]} {place['channel']}  “{line(place['quote'], 90)}”"
        )
    if not found["evidence"]:
        surface.out("  no evidence: it was written by hand, or by an agent")
    for change in found["history"]:
        by = next(value for name, value in change["by"].items() if name != "type")
        surface.out(f"  {change['what']} {change['at'][:16]} in {change['version_id']} by {by}")
    return 0


def _auto(engine: Client, options: argparse.Namespace) -> int:
    if not options.names:
        raise Wrong("name the store: workbench dream auto STORE --after-sessions 10")
    store = named_store(engine, options.names[0])
    given = {key: getattr(options, name) for name, key in _AUTO.items()}
    patch = {
        key: None if options.off else str(value) for key, value in given.items() if options.off or value is not None
    }
    path, whose = f"{paths.MEMORY_STORES}/{store['id']}", "this store"
    if options.agent:
        agent = surface.pick(list(engine.pages(paths.AGENTS, [("limit", "100")])), options.agent, "agent")
        path, whose = f"{paths.AGENTS}/{agent['id']}", f"the sessions of {safe(agent['name'])}"
        patch[_STORE] = None if options.off else store["id"]
    changed = engine.post(path, {"metadata": patch})
    kept = {key: value for key, value in changed["metadata"].items() if key in (*_AUTO.values(), _STORE)}
    if options.json:
        surface.print_json(kept)
    else:
        surface.out(
            "\n".join(f"{key} = {value}" for key, value in kept.items()) or f"dreams of {whose} begin by hand only"
        )
    return 0


def _few(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SESSIONS:
        raise argparse.ArgumentTypeError(f"{text!r}: a dream reads 1 to {MOST_SESSIONS} sessions")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of sessions from 1 on")
    return int(text)
