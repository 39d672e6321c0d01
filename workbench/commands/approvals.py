"""Calls that wait for a person: shown whole, answered in place or by `workbench allow` and `workbench deny`."""

from __future__ import annotations

import json
import sys

from workbench.client import paths
from workbench.client.agents import agents_of, name_of
from workbench.client.plans import changed, leaving
from workbench.client.sync import Client
from workbench.commands import rules, surface
from workbench.commands.surface import Json, paint, short
from workbench.contracts import elicitation
from workbench.contracts.call_text import call_text
from workbench.contracts.tools import PROPOSE_PLAN
from workbench.text.display import exact
from workbench.text.lines import lines_of


def waiting_calls(engine: Client, session_id: str) -> list[Json]:
    """The calls that wait, in order; custom tools among them, which only a program can answer."""
    waiting = engine.get(paths.own(session_id, "state"))["waiting_for"]
    types = [("types[]", name) for name in ("agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use")]
    calls = engine.pages(paths.events(session_id), [*types, ("order", "desc"), ("limit", "1000")])
    found: dict[str, Json] = {}
    for call in calls:
        if call["id"] in waiting:
            found[call["id"]] = call
        if len(found) == len(waiting):
            break
    return [found[event_id] for event_id in waiting if event_id in found]


def shown(call: Json) -> str:
    """The whole call, as it would run; a server's question says by itself what it is."""
    if elicitation.is_question(call):
        return call_text(call)
    return f"{paint(exact(call['name']), 'bold')}\n" + "\n".join("    " + text for text in lines_of(call_text(call)))


def can_ask(event: Json) -> bool:
    """Whether this idle waits for answers and a person is at both ends of the terminal."""
    waits = event["type"] == "session.status_idle" and event["stop_reason"]["type"] == "requires_action"
    return waits and sys.stdin.isatty() and sys.stdout.isatty()


def ask(engine: Client, session_id: str, event: Json) -> None:
    """Ask about every call that waits, and send the answers."""
    for call in waiting_calls(engine, session_id):
        if elicitation.is_question(call):
            _ask_for_server(engine, session_id, call)
            continue
        if call["type"] == "agent.custom_tool_use":
            surface.say(f"{call['name']} ({call['id']}) waits for the program that owns this tool")
            continue
        who = exact(asker(engine, session_id, call)) or "the agent"
        surface.out(f"\n{paint('?', 'yellow')} {who} wants to use {shown(call)}")
        answer = surface.ask("  allow? [y]es, [n]o, or say why not: ")
        if answer.lower() in ("y", "yes"):
            send_answer(engine, session_id, call["id"], allow=True)
        else:
            reason = "" if answer.lower() in ("", "n", "no") else answer
            send_answer(engine, session_id, call["id"], allow=False, reason=reason)


def asker(engine: Client, session_id: str, call: Json) -> str:
    """The name of the child agent that makes the call; empty where it is the session's own."""
    if not call.get("session_thread_id"):
        return ""
    return name_of(agents_of(engine.get(paths.own(session_id, "state"))), call["session_thread_id"])


def _ask_for_server(engine: Client, session_id: str, call: Json) -> None:
    """Ask what a server wants to know, field by field, until it fits."""
    surface.out(f"\n{paint('?', 'yellow')} {shown(call)}")
    while surface.ask("  answer? [y]es, [n]o: ").lower() in ("y", "yes"):
        known = elicitation.fields(call["input"])
        given = {field.name: surface.ask(f"  {exact(field.name)}: ") for field in known}
        text = json.dumps(given, ensure_ascii=False)
        try:
            elicitation.reply(call["input"], text, is_error=False)
        except elicitation.Unfit as unfit:
            surface.complain(exact(str(unfit)))
            continue
        send_reply(engine, session_id, call, text)
        return
    send_reply(engine, session_id, call, None)


def send_reply(engine: Client, session_id: str, call: Json, text: str | None) -> None:
    """Answer the question of a server, or decline it."""
    engine.post(paths.events(session_id), {"events": [elicitation.answer_event(call["id"], text)]})


def send_answer(engine: Client, session_id: str, call_id: str, *, allow: bool, reason: str = "") -> None:
    event: Json = {"type": "user.tool_confirmation", "tool_use_id": call_id, "result": "allow" if allow else "deny"}
    if reason:
        event["deny_message"] = reason
    engine.post(paths.events(session_id), {"events": [event]})


def say_how(engine: Client, session_id: str, event: Json) -> None:
    """Tell how the waiting calls can be answered from elsewhere."""
    waiting = waiting_calls(engine, session_id)
    for call in waiting:
        who = exact(asker(engine, session_id, call))
        surface.out(f"{paint('?', 'yellow')} {who}{' ' * bool(who)}waits: {shown(call)}")
    allow, deny = f"workbench allow {short(session_id)}", f"workbench deny {short(session_id)}"
    words = [allow, deny]
    if any(map(elicitation.is_question, waiting)):
        words = [f"workbench answer {short(session_id)} TEXT", deny]
    surface.say(f"answer with: {'   or: '.join(words)}")


def answered(named: str, *, allow: bool, reason: str = "", always: str | None = None) -> int:
    """Answer every call that a session waits for with the same word; `always`: allow such calls for good, for one of `SCOPES`."""
    engine = surface.client()
    session = surface.session(engine, named)
    waiting = waiting_calls(engine, session["id"])
    questions = [call for call in waiting if elicitation.is_question(call)]
    calls = [call for call in waiting if call["type"] != "agent.custom_tool_use"]
    if questions and allow:
        raise surface.Wrong(f"a server asks something: workbench answer {short(session['id'])} TEXT answers it")
    for call in questions:
        send_reply(engine, session["id"], call, None)
        surface.out(f"declined {shown(call)}")
    if not calls and not questions:
        raise surface.Wrong(f"session {session['id']} waits for no approval")
    # A rule is written before the call it is for is allowed, so that none comes between; all or none is asked for.
    for rule in [rules.offered(engine, session["id"], call, always) for call in calls] if always else []:
        surface.out(f"always allowed {rules.added(engine.post(paths.RULES, rule))}")
    for call in calls:
        send_answer(engine, session["id"], call["id"], allow=allow, reason=reason)
        surface.out(f"{'allowed' if allow else 'denied'} {shown(call)}")
    return 0


def replied(named: str, text: str) -> int:
    """Answer the first question of a server that a session waits for."""
    engine = surface.client()
    session = surface.session(engine, named)
    questions = [call for call in waiting_calls(engine, session["id"]) if elicitation.is_question(call)]
    if not questions:
        raise surface.Wrong(
            f"session {session['id']} waits for no answer to a server; workbench peek shows what it waits for"
        )
    send_reply(engine, session["id"], questions[0], text)
    surface.out(f"answered {shown(questions[0])}")
    return 0


def plan_approved(named: str, plan: str) -> int:
    """Approve the plan that a session proposed, in a person's own version."""
    engine = surface.client()
    session = surface.session(engine, named)
    plans = [call for call in waiting_calls(engine, session["id"]) if call["name"] == PROPOSE_PLAN.name]
    if not plans:
        raise surface.Wrong(f"session {session['id']} has proposed no plan that waits for an answer")
    engine.post(paths.session(session["id"]), leaving(session))
    engine.post(paths.events(session["id"]), {"events": [changed(plans[0]["id"], plan)]})
    surface.out("approved your version of the plan")
    return 0
