"""The tools that the model of one session is offered, of every kind, in the order in which a request names them."""

from __future__ import annotations

from workbench.contracts import agent_tools, server_tools, talking, threads
from workbench.contracts.server_tools import Listed
from workbench.contracts.values import Json, Session


def definitions(session: Session, listed: Listed) -> list[Json]:
    """Wire shape of the Messages API's `tools`; `listed` is what its MCP servers listed."""
    return [
        *agent_tools.definitions(session.agent, by_worker=session.is_self_hosted),
        *threads.definitions(session.agent, session.thread_role),
        *talking.definitions(may_talk=session.may_talk),
        *server_tools.definitions(session.agent, listed),
    ]
