"""A session as one of its threads sees it."""

from __future__ import annotations

from dataclasses import replace

from workbench.contracts.log import Facts
from workbench.contracts.thread_facts import THREAD_CREATED
from workbench.contracts.values import Json, Session
from workbench.events import child_thread

WORKFLOW = "workflow"
ADVISOR = "advisor"


async def making_of(session_id: str, thread_id: str, facts: Facts) -> Json | None:
    """What is known of a child thread since it was made (see `THREAD_CREATED`); None for the primary one.

    Raises:
        LookupError: there is no such thread.
    """
    if child_thread(session_id, thread_id) is None:
        return None
    created = await facts.facts(session_id, THREAD_CREATED.name)
    found = [fact.body for fact in created if fact.body["session_thread_id"] == thread_id]
    if not found:
        raise LookupError(thread_id)
    return dict(found[0])


def seen_by(session: Session, thread_id: str, making: Json | None) -> Session:
    """The session with the thread's own agent, whose calls may do no more than the session's may."""
    if making is None:
        return session
    own = {**making["agent"], "multiagent": None}
    return replace(
        session,
        thread_id=thread_id,
        agent=own,
        parent_agent=session.agent,
        thread_role=making["role"],
        skills=_skills(session, own),
    )


def _skills(session: Session, agent: Json) -> tuple[Json, ...]:
    """Those that the agent has; what belongs to the project and to the user is everybody's."""
    own = {one["skill_id"] for one in agent.get("skills") or ()}
    return tuple(one for one in session.skills if not one.get("skill_id") or one["skill_id"] in own)
