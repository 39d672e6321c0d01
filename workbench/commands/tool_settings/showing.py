"""Shows what settings of other programs become: grouped, each with the file and line that it comes from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from workbench.commands import surface, templates
from workbench.commands.surface import Json, paint
from workbench.commands.tool_settings.plan import Note, Place
from workbench.commands.tool_settings.taking import ENVIRONMENT, AgentStep, Steps
from workbench.text.display import exact

MOST_LINES: Final = 40
"""Of a text that changes."""
_MARKS: Final = {"create": ("+", "green"), "change": ("~", "yellow"), "unchanged": ("=", "dim")}


def show(steps: Steps, cannot: Sequence[Note], notes: Sequence[Note]) -> None:
    """All of it, for a person who decides about it."""
    if steps.rules:
        surface.out(paint("rules, for every agent in every project; ask, for those whose policy is auto", "bold"))
    for step in steps.rules:
        rule = step.rule
        said = f"{rule.decision} {_whole(rule.said)} → {_whole(', '.join(rule.entries))}"
        surface.out(f"  {_mark('create' if step.new else 'unchanged')} {said}{_here(not step.new)}  {_dim(rule.place)}")
    if steps.agents:
        surface.out(paint("agents", "bold"))
    for agent in steps.agents:
        _show_agent(agent)
    if steps.environment:
        surface.out(paint("environments", "bold"))
        what = (
            f"{ENVIRONMENT['name']}: {steps.environment} (MCP servers and package managers are reached, nothing else)"
        )
        surface.out(f"  {_mark(steps.environment)} {what}{_here(steps.environment == 'unchanged')}")
    _show_shared(
        "MCP servers",
        [(server.name, server.url, server.place, one) for one in steps.agents for server in one.wanted.servers],
    )
    allows = [(rule.said, ", ".join(rule.entries), rule.place, one) for one in steps.agents for rule in one.allows]
    _show_shared("what runs without a question", allows)
    if cannot:
        surface.out(paint("not taken", "bold"))
    for note in cannot:
        surface.out(f"  cannot: {_whole(note.what)}, because {_whole(note.why)}  {_dim(note.place)}")
    if notes:
        surface.out(paint("worth knowing", "bold"))
    for note in notes:
        surface.out(f"  {_whole(note.what)}: {_whole(note.why)}  {_dim(note.place)}")


def _show_agent(step: AgentStep) -> None:
    model = f", on {step.wanted.body['model']}" if "model" in step.wanted.body else ""
    said = f"{_whole(step.name)}: {step.action}{model} ({_who_says_yes(step.wanted.body)})"
    surface.out(f"  {_mark(step.action)} {said}{_here(not step.is_new)}  {_dim(step.wanted.place)}")
    for field, (old, new) in step.changes.items():
        for change in _differences(old, new):
            surface.out(f"      {field} {change}")


def _differences(old: Any, new: Any) -> Iterator[str]:
    """What goes and what comes, a line each: of a list its parts, of a text its lines."""
    if isinstance(old, list) and isinstance(new, list):
        yield from (f"- {templates.brief(one)}" for one in old if not any(templates.says(one, other) for other in new))
        yield from (f"+ {templates.brief(one)}" for one in new if not any(templates.says(other, one) for other in old))
    elif isinstance(old, str) and isinstance(new, str):
        lines = difflib.unified_diff(old.split("\n"), new.split("\n"), lineterm="", n=0)
        changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
        yield from (f"{line[0]} {_whole(line[1:])}" for line in changed[:MOST_LINES])
        if len(changed) > MOST_LINES:
            yield f"… and {len(changed) - MOST_LINES:,} more lines"
    else:
        yield f"{templates.brief(old)} → {templates.brief(new)}"


def _show_shared(heading: str, given: Sequence[tuple[str, str, Place, AgentStep]]) -> None:
    """What several agents have, once, with their names."""
    of: dict[tuple[str, str, Place], list[AgentStep]] = {}
    for what, becomes, place, step in given:
        of.setdefault((what, becomes, place), []).append(step)
    if of:
        surface.out(paint(heading, "bold"))
    for (what, becomes, place), steps in of.items():
        names = ", ".join(step.name for step in steps)
        surface.out(f"  {_whole(what)} → {_whole(becomes)}, for {_whole(names)}  {_dim(place)}")


def _who_says_yes(body: Json) -> str:
    """What of an agent's tools asks, in words."""
    entry = next((one for one in body["tools"] if "configs" in one and "mcp_server_name" not in one), None)
    if entry is None:
        return "no tools of its own"
    words = {"always_ask": "asks", "auto": "by rules and judgement"}
    on = [one for one in entry["configs"] if one.get("enabled") is not False]
    said = [f"{one['name']}: {words[one['permission_policy']['type']]}" for one in on if "permission_policy" in one]
    rest = [one["name"] for one in on if "permission_policy" not in one]
    reads = rest if "default_config" in entry else ["reading"]
    return ", ".join([*said, *(f"{name}: runs" for name in reads)])


def as_json(steps: Steps, cannot: Sequence[Note], notes: Sequence[Note], *, taken: bool) -> Json:
    """The same for programs."""
    return {
        "rules": [
            {
                "decision": step.rule.decision,
                "said": step.rule.said,
                "entries": list(step.rule.entries),
                "new": list(step.new),
                "place": str(step.rule.place),
            }
            for step in steps.rules
        ],
        "agents": [
            {
                "name": step.name,
                "action": step.action,
                "changes": step.changes,
                "servers": [server.name for server in step.wanted.servers],
                "allow": step.entries,
                "allow_is_new": not step.is_allowed,
                "place": str(step.wanted.place),
            }
            for step in steps.agents
        ],
        "environment": steps.environment,
        "cannot": _notes(cannot),
        "notes": _notes(notes),
        "taken": taken,
    }


def _notes(notes: Iterable[Note]) -> list[Json]:
    return [{"what": one.what, "why": one.why, "place": str(one.place)} for one in notes]


def _here(is_here: bool) -> str:
    return "  (here already)" if is_here else ""


def _mark(action: str) -> str:
    return paint(*_MARKS[action])


def _dim(place: object) -> str:
    return paint(_whole(str(place)), "dim")


def _whole(text: str) -> str:
    """In one line, and nothing in it hides."""
    return exact(text).replace("\n", "⟨U+000A⟩")
