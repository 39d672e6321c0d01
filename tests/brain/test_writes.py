"""What is written together: each write is synced, and what follows waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tests.brain.stage import END, SESSION_ID, START, Stage, agent, play, session
from tests.trivial.model import says
from tests.trivial.servers import tool
from workbench.contracts.log import Post
from workbench.contracts.values import Entry, Fact, Session
from workbench.engine.wrappers.base import WrappedLog

RUNNING = ["session.status_running", "session.thread_status_running"]
REST = ["session.thread_status_idle", "session.usage", "session.status_idle"]


@dataclass(frozen=True)
class Written(WrappedLog):
    """Keeps the types of each write."""

    writes: list[list[str]] = field(default_factory=list)

    async def post(self, session_id: str, posts: Sequence[Post], *, facts: Sequence[Fact] = ()) -> list[Entry]:
        self.writes.append([one.event.type for one in posts])
        return await super().post(session_id, posts, facts=facts)


async def written(stage: Stage) -> list[list[str]]:
    log = Written(stage.log)
    stage.brain = replace(stage.brain, log=log)
    await stage.say("go")
    await stage.wake()
    return log.writes


def test_that_a_thread_works_is_written_with_the_start_of_its_request() -> None:
    async def story() -> None:
        stage = Stage(script=[says("Done.")])
        assert await written(stage) == [[*RUNNING, START], ["agent.message", END], REST]

    play(story)


def test_a_thread_that_waits_for_a_limit_says_first_that_it_works() -> None:
    async def story() -> None:
        stage = Stage(script=[says("Done.")])
        seen: list[list[str]] = []

        def held(_: Session) -> str | None:
            seen.append(stage.types)
            return "not now" if len(seen) < 3 else None

        stage.brain = replace(stage.brain, held=held)
        assert await written(stage) == [RUNNING, [START], ["agent.message", END], REST]
        assert seen == [["user.message"], *[["user.message", *RUNNING]] * 2]

    play(story)


def test_a_thread_that_asks_its_servers_says_first_that_it_works() -> None:
    async def story() -> None:
        server = {"name": "github", "type": "url", "url": "https://github.invalid/mcp"}
        toolset = {"type": "mcp_toolset", "mcp_server_name": "github"}
        stage = Stage(session(agent(toolset, mcp_servers=[server])), [says("Done.")])
        stage.servers.tools = {"github": (tool("look"),)}
        assert await written(stage) == [RUNNING, [], [START], ["agent.message", END], REST]
        assert [fact.name for fact in await stage.log.facts(SESSION_ID, "mcp.listed")] == ["mcp.listed"]

    play(story)
