"""A session as one of its threads sees it."""

from __future__ import annotations

from dataclasses import replace

from workbench.contracts.log import Facts
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.values import Json, Session
from workbench.events import child_thread


async def agent_of(session_id: str, thread_id: str, facts: Facts) -> Json | None:
    """The definition of a child thread's agent, as it was when the thread was made; None for the primary thread."""
    if child_thread(session_id, thread_id) is None:
        return None
    created = await facts.facts(session_id, THREAD_CREATED.name)
    found = [fact.body["agent"] for fact in created if fact.body["session_thread_id"] == thread_id]
    return dict(found[0]) if found else {}


def seen_by(session: Session, thread_id: str, agent: Json | None) -> Session:
    """The session with the thread's own agent, whose calls may do no more than the session's may."""
    if agent is None:
        return session
    own = {**agent, "multiagent": None}
    return replace(session, thread_id=thread_id, agent=own, parent_agent=session.agent, skills=_skills(session, own))


def _skills(session: Session, agent: Json) -> tuple[Json, ...]:
    """Those that the agent has; what belongs to the project and to the user is everybody's."""
    own = {one["skill_id"] for one in agent.get("skills") or ()}
    return tuple(one for one in session.skills if not one.get("skill_id") or one["skill_id"] in own)
