"""Rows of the Board: one for each session, folded from the engine's feed; their order, groups and filter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from workbench.client.agents import Agent, Run, agents_of, runs_of, team_line
from workbench.client.forks import beside_title, title_of
from workbench.contracts.build import OTHER_BUILD, is_other
from workbench.contracts.evaluation_words import TERMINAL, standing_words
from workbench.text.display import line
from workbench.tui.state.search_hits import SEARCH_ONLY
from workbench.tui.state.view_state import View

Json = dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """How a session stands: a shape, a word, and only then a colour."""

    shape: str
    word: str
    style: str
    needs_you: bool = False


WAITING: Final = Mark("?", "waiting", "bold #E69F00", needs_you=True)
BUDGET: Final = Mark("$", "budget", "bold #E69F00", needs_you=True)
FAILED: Final = Mark("!", "failed", "bold #D55E00", needs_you=True)
WORKING: Final = Mark("●", "working", "bold")
RETRYING: Final = Mark("◐", "retrying", "#999999")
DONE: Final = Mark("✔", "done", "bold #56B4E9")
TO_APPLY: Final = Mark("±", "to apply", "#56B4E9")
IDLE: Final = Mark("○", "idle", "#999999")
ENDED: Final = Mark("×", "ended", "#999999")
_STATES: Final = tuple(mark.word for mark in (WAITING, BUDGET, FAILED, WORKING, RETRYING, DONE, TO_APPLY, IDLE, ENDED))
_CALLS: Final = frozenset({"agent.tool_use", "agent.mcp_tool_use", "agent.custom_tool_use", "span.model_request_end"})
_AS_IT_COMES: Final = View()
_COST: Final = re.compile(r"\$([<>])(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Row:
    """One session, as the feed last told it."""

    session_id: str
    position: int
    mark: Mark
    name: str
    event: str
    project: str = ""
    agent: str = ""
    model: str = ""
    cents: float = 0.0
    to_apply: int = 0
    """How many files of its project it has changed, and nobody has taken or turned down."""
    own_cents: float = 0.0
    """What itself has cost, not rounded and without what a fork took over: for sums."""
    queued: int = 0
    waiting_for: tuple[str, ...] = ()
    stop_reason: str = ""
    created_at: datetime | None = None
    last_event_at: datetime | None = None
    ended: bool = False
    rested_at: datetime | None = None
    read_through: datetime | None = None
    """The rest up to which its user followed it outside of the app."""
    context_tokens: int = 0
    context_window: int = 0
    """Tokens; 0 where the engine does not know the model's."""
    error_type: str = ""
    busy: bool = False
    """Whether there is something to interrupt; true at once, while the mark may follow a moment later."""
    tags: tuple[str, ...] = ()
    called_at: datetime | None = None
    """Since when it has been doing what it does now: a call, or waiting."""
    percent: int | None = None
    """How far that says it is."""
    waits_for: str = ""
    """What has to be done before it can go on, such as an image that is pulled."""
    waits_until: datetime | None = None
    """When that ends by itself, where it is known."""
    mode: str = ""
    """Its permission mode; "" where its agent's own policies count."""
    effort: str = ""
    environment: str = ""
    fork: str = ""
    """Of what it is a fork, where its name does not say so."""
    tasks: int = 0
    tasks_done: int = 0
    goal: str = ""
    """How far it is towards the outcome that it works on: the round, and how many criteria failed in the one before."""
    task: str = ""
    """Of the task list that its agent keeps, the one in progress."""
    instructions: tuple[str, ...] = ()
    """The project's instruction files that were read for it."""
    agents: tuple[Agent, ...] = ()
    """Its child threads that are not terminated."""
    runs: tuple[Run, ...] = ()
    """Its open workflow runs."""
    team: str = ""
    """What these do all together."""


@dataclass(frozen=True)
class Feed:
    """Every session; `live` once the whole picture is there."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    live: bool = False
    arriving: frozenset[str] = frozenset()
    """The sessions of the snapshot that is still arriving."""
    model: str = ""
    """The model of new sessions; "" where the engine has not said."""
    trouble: str = ""
    """What is out of order in an engine that answers, with its cure, or the long work that calls wait for."""


def begin_snapshot(feed: Feed) -> Feed:
    """The feed when a connection begins: what is known stays, until the new picture is whole."""
    return replace(feed, live=False, arriving=frozenset())


def apply_frame(feed: Feed, name: str, body: Json) -> Feed:
    """The feed after one more frame."""
    if name == "feed.live":
        rows = {session_id: row for session_id, row in feed.rows.items() if session_id in feed.arriving}
        return replace(feed, rows=rows, live=True, arriving=frozenset())
    if name == "engine.state":
        said = OTHER_BUILD if is_other(body.get("build")) else body["trouble"] or body["progress"] or ""
        return replace(feed, model=line(body["model"], 40), trouble=line(said, 200))
    if name != "session.state":
        return feed
    session_id = body["session_id"]
    arriving = feed.arriving if feed.live else feed.arriving | {session_id}
    if body["deleted"]:
        return replace(feed, rows={key: row for key, row in feed.rows.items() if key != session_id}, arriving=arriving)
    known = feed.rows.get(session_id)
    if known is not None and known.position > body["position"]:
        return replace(feed, arriving=arriving)
    return replace(feed, rows={**feed.rows, session_id: row_of(body)}, arriving=arriving)


def row_of(body: Json) -> Row:
    """The row of one `session.state`; an engine that was started before the app was renewed tells less."""
    mark, tasks = _mark(body), body.get("tasks") or {}
    return Row(
        session_id=body["session_id"],
        position=body["position"],
        mark=mark,
        name=line(title_of(body) or body["session_id"][-6:], 60),
        event=_event(body, mark),
        project=body["project"] or "",
        agent=line(body["agent_name"] or "", 60),
        model=line(body["model"] or "", 60),
        cents=float(((body["usage"] or {}).get("list_cost") or {}).get("amount") or 0),
        to_apply=body.get("changed_files") or 0,
        own_cents=float(body.get("own_cents") or 0),
        queued=body["queued"],
        waiting_for=tuple(body["waiting_for"]),
        stop_reason="interrupted" if body.get("is_interrupted") else (body["stop_reason"] or {}).get("type", ""),
        created_at=_moment(body["created_at"]),
        last_event_at=_moment(body["last_event_at"]),
        ended=mark is ENDED,
        rested_at=_moment(body.get("rested_at")),
        read_through=_moment(body.get("read_through")),
        context_tokens=body.get("context_tokens", 0),
        context_window=body.get("context_window") or 0,
        busy=mark in (WORKING, RETRYING),
        error_type=body.get("last_error_type") or "",
        tags=tuple(body.get("tags", ())),
        called_at=_lasts_since(body, mark),
        percent=body.get("percent"),
        waits_for=_waits_for(body),
        waits_until=_moment((body.get("progress") or {}).get("until")),
        mode=body.get("mode") or "",
        effort=body.get("effort") or "",
        environment=line(body.get("environment") or "", 60),
        fork=line(beside_title(body), 60),
        goal=_goal(body),
        tasks=tasks.get("total", 0),
        tasks_done=tasks.get("completed", 0),
        task=line(tasks.get("current", ""), 60),
        instructions=tuple((body.get("instructions") or {}).get("files", ())),
        agents=agents_of(body),
        runs=runs_of(body),
        team=_team(body),
    )


def _mark(body: Json) -> Mark:  # noqa: PLR0911 - one return a mark
    """Blocked before everything; an answered call is work again at once, although the engine says idle until it runs."""
    reason = (body["stop_reason"] or {}).get("type", "")
    if body["archived_at"]:
        return ENDED
    if body["status"] == "terminated":
        return FAILED
    if body["waiting_for"]:
        return WAITING
    if body["status"] == "running" or body["last_event_type"] == "user.message":
        # Taken a moment ago: the engine says that it runs with its next event.
        return WORKING
    if body["status"] == "rescheduling":
        return RETRYING
    if reason == "requires_action":
        return WORKING
    if reason == "budget_reached":
        return BUDGET
    if reason in ("retries_exhausted", "refusal"):
        return FAILED
    return IDLE


def _event(body: Json, mark: Mark) -> str:
    if mark is BUDGET:
        return "budget reached"
    if mark in (FAILED, RETRYING) and body["last_error"]:
        return line(body["last_error"], 200)
    if mark in (WORKING, WAITING) and (team := _team(body)):
        return team
    if mark is WORKING and body.get("activity"):
        # What it is saying has line breaks; its end is the newest.
        return line(" ".join(body["activity"].split()), 200)
    if mark is WORKING and _repeats(body["title"], body["last_text"]):
        return "starting"
    return line(("interrupted · " if body.get("is_interrupted") else "") + (body["last_text"] or ""), 200)


def _team(body: Json) -> str:
    """What its agents do; what its own agent does says more than what a child does, while it works itself."""
    activity = " ".join((body.get("activity") or "").split()) if body.get("primary_status") == "running" else ""
    return line(team_line(agents_of(body), runs_of(body), activity), 200)


def _goal(body: Json) -> str:
    """Nothing once it is over: the transcript tells how."""
    outcome = body.get("outcome")
    return "" if outcome is None or outcome["result"] in TERMINAL else line(standing_words(outcome), 60)


def _waits_for(body: Json) -> str:
    return line((body.get("progress") or {}).get("text", "").rstrip(" …"), 200)


def _lasts_since(body: Json, mark: Mark) -> datetime | None:
    if progress := body.get("progress"):
        return _moment(progress["since"])
    return _moment(body["last_event_at"]) if mark is WORKING and _is_calling(body) else None


def _is_calling(body: Json) -> bool:
    """Whether a call runs: of an answer with calls, they stand before the end of its request, and the results behind it."""
    return bool(body.get("activity")) and body["last_event_type"] in _CALLS


def _repeats(title: str | None, text: str | None) -> bool:
    """Whether a text is only what the title was made from."""
    begun = (title or "").rstrip("… .")
    return bool(begun) and (text or "").startswith(begun)


def _moment(stamp: str | None) -> datetime | None:
    return datetime.fromisoformat(stamp) if stamp else None


def seen_through(rows: Mapping[str, Row], view: View) -> dict[str, Row]:
    """The rows as this person has them: an answer that was not read yet is `done`, and what was read may be left to apply."""
    seen = dict(view.seen)
    return {key: _as_seen(row, seen) for key, row in rows.items()}


def _as_seen(row: Row, seen: Mapping[str, str]) -> Row:
    if is_unread(row, seen):
        return replace(row, mark=DONE)
    return replace(row, mark=TO_APPLY) if row.mark is IDLE and row.to_apply else row


def is_unread(row: Row, seen: Mapping[str, str]) -> bool:
    """Whether a session came to its end after a person last looked at it."""
    if row.mark is not IDLE or row.rested_at is None or row.stop_reason != "end_turn":
        return False
    looked = seen.get(row.session_id)
    if row.read_through is not None and row.read_through >= row.rested_at:
        # Unless a person has made it unread since.
        return looked == ""
    return row.rested_at.isoformat() > (looked or "")


def in_order(rows: Mapping[str, Row], view: View = _AS_IT_COMES, wanted: str = "") -> list[Row]:
    """The rows that fit: pinned ones first, then by group, and in a group as a person ordered them, else newest first.

    Never by state, unless a person groups by it, so that no row moves by itself.
    """
    ranks = dict(view.ranks)
    fitting = [row for row in rows.values() if not row.ended and in_scope(row, view) and fits(row, wanted)]
    fitting.sort(key=lambda row: (row.created_at.timestamp() if row.created_at else 0.0, row.session_id), reverse=True)
    fitting.sort(key=lambda row: (group_of(row, view), ranks.get(row.session_id, -1)))
    return fitting


def in_scope(row: Row, view: View) -> bool:
    """Whether a session belongs to the folder that the view is scoped to, or to one below it."""
    return (
        not view.scoped
        or row.project == view.folder
        or (bool(view.folder) and row.project.startswith(f"{view.folder}/"))
    )


def group_of(row: Row, view: View) -> tuple[int, str]:
    """The group that a row stands in, with its place among the groups: the folder that new tasks work on is the first project."""
    if row.session_id in view.pinned:
        return 0, "pinned"
    match view.grouping:
        case "state":
            return 1 + _STATES.index(row.mark.word), row.mark.word
        case "tag":
            return (1, row.tags[0]) if row.tags else (2, "no tag")
        case "agent":
            return 1, row.agent
    return (1 + (row.project != view.folder), row.project) if row.project else (3, "no folder")


def needing_you(rows: Mapping[str, Row]) -> list[Row]:
    """Who waits for a person, and what failed: oldest first."""
    needing = [row for row in rows.values() if row.mark.needs_you]
    return sorted(needing, key=lambda row: (row.last_event_at.timestamp() if row.last_event_at else 0, row.session_id))


def fits(row: Row, wanted: str) -> bool:
    """Whether every word of a filter fits: `s:` the state, `p:` the project, `m:` the model, `a:` the agent, `t:` a tag,
    `$>1` more than so many dollars, else any text; what only narrows the search in what was said fits always."""
    fields = {"s": row.mark.word, "p": row.project, "m": row.model, "a": row.agent, "t": " ".join(row.tags)}
    for word in wanted.lower().split():
        if SEARCH_ONLY.match(word):
            continue
        if cost := _COST.fullmatch(word):
            if not (row.cents / 100 > float(cost[2]) if cost[1] == ">" else row.cents / 100 < float(cost[2])):
                return False
            continue
        key, colon, value = word.partition(":")
        searched = fields[key] if colon and key in fields else " ".join((row.name, row.event, row.session_id))
        if (value if colon and key in fields else word) not in searched.lower():
            return False
    return True
