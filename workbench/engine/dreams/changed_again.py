"""Looks at what became of lines that people applied: those that a person changed again, in whatever project, git or not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from workbench import events
from workbench.catalog.sessions import KIND as SESSION
from workbench.catalog.sessions import session_of
from workbench.contracts.facts import LINES_BROUGHT
from workbench.contracts.log import Log
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Fact, Json
from workbench.engine.brought_lines import project_text
from workbench.hands.files.changed_lines import Brought, changed
from workbench.memory.reading.evidence import Evidence, place_of
from workbench.memory.reading.past import Changed
from workbench.text.secrets import holds_secret

MOST_A_SESSION: Final = 20
_PLACE: Final = """SELECT session_id, seq, id FROM events WHERE session_id = '{session_id}' AND seq IS NOT NULL AND processed_at <= '{moment}'
ORDER BY seq DESC LIMIT 1"""
_ONE: Final = QueryLimits(rows=1, seconds=30)


async def changed_again(log: Log, session_ids: Sequence[str]) -> list[Changed]:
    """Of these sessions, in the order of their ids; lines that another session brought there later are no person's change."""
    applied = {
        session_id: await _applied(log, session_id) for session_id in await log.facts.sessions_with(LINES_BROUGHT.name)
    }
    every = [(project, fact) for project, known in applied.values() for fact in known]
    found: list[Changed] = []
    for session_id in sorted(set(session_ids) & applied.keys()):
        project, known = applied[session_id]
        of_session: list[Changed] = []
        for fact in known if project else ():
            later = [other for place, other in every if place == project and other.made_at > fact.made_at]
            place = await _place(log, fact)
            if place is not None:
                of_session += await asyncio.to_thread(_looked, project, fact, later, place)
        found += of_session[-MOST_A_SESSION:]
    return found


async def _applied(log: Log, session_id: str) -> tuple[str, list[Fact]]:
    document = await log.documents.get(SESSION, session_id)
    if document is None or not (project := session_of(document.body).project):
        return "", []
    return project, await log.facts.facts(session_id, LINES_BROUGHT.name)


def _looked(project: str, fact: Fact, later: Sequence[Fact], place: Evidence) -> list[Changed]:
    found: list[Changed] = []
    texts: dict[str, str | None] = {}
    for run in fact.body["runs"]:
        path = run["path"]
        if path not in texts:
            texts[path] = project_text(Path(project), path)
        if (text := texts[path]) is None:
            continue
        others = {line for other in later for line in _brought_at(other.body, path)}
        found += [
            Changed(place, project, path, before, after)
            for before, after in changed(_run(run), text)
            if not others.intersection(after.splitlines()) and not holds_secret(after)
        ]
    return found


def _brought_at(body: Json, path: str) -> Iterator[str]:
    for run in body["runs"]:
        if run["path"] == path:
            yield from (line for line in run["lines"] if line.strip())


def _run(run: Mapping[str, Sequence[str]]) -> Brought:
    return Brought(**{name: tuple(run[name]) for name in ("above", "lines", "below", "old")})


async def _place(log: Log, fact: Fact) -> Evidence | None:
    """The last event before the lines were brought."""
    moment = events.timestamp(fact.made_at)
    question = _PLACE.format(session_id=fact.session_id, moment=moment)
    rows = (await log.questions.ask(question, _ONE)).rows
    return place_of([*rows[0], moment], "user", "changed what was applied") if rows else None
