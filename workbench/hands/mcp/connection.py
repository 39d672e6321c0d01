"""One connection to an MCP server: opened over HTTP or to a program in the sandbox, its tools listed and called, closed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from workbench.contracts.servers import Asked
from workbench.contracts.values import Json
from workbench.hands.conversations import Conversation
from workbench.hands.mcp.answers import CONNECT_LIMIT_S, ProgramFault
from workbench.hands.mcp.changes import fresh_until, heard_changes
from workbench.hands.mcp.cures import SLOW_START
from workbench.hands.mcp.held_calls import HeldCalls
from workbench.hands.mcp.http_transports import (
    OLDER_SERVER_STATUSES,
    ServerWay,
    Statuses,
    event_stream,
    streamable,
)
from workbench.hands.mcp.input_required import question_of, settled
from workbench.hands.mcp.older_tasks import needs_task, takes_older_tasks
from workbench.hands.mcp.schemas import taken
from workbench.hands.mcp.stdio import roots_of, streams_of
from workbench.hands.mcp.tidied import Tidied
from workbench.text.strict_json import mended

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client.session import ClientRequestContext
    from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult

    from workbench.hands.mcp.tasks import Rounds

START_LIMIT_S = 60.0
"""How long a program in a sandbox may take to answer: it may fetch itself first."""
SILENCE_LIMIT_S = 600.0
"""How long a tool may run without a word of progress."""
IDLE_LIMIT_S = 900.0
MOST_TOOLS = 256
MOST_DESCRIPTION = 4000

_WORDS_OF_AN_END = ("Connection closed", "Session terminated")


class Connection:
    """One connection, alive in a task of its own: the library wants it entered and left by the same one."""

    def __init__(self, statuses: Statuses, conversation: Conversation | None = None) -> None:
        self._statuses = statuses
        self._conversation = conversation
        self._client: Client | None = None
        self._leave = asyncio.Event()
        self._living: asyncio.Task[None] | None = None
        self._tools: tuple[Json, ...] | None = None
        self._changes = 0
        self._fresh_until = float("inf")
        self._roots = roots_of(conversation)
        self._patience = set[asyncio.Timeout]()
        self.calls = HeldCalls()
        self._tidied = Tidied()
        self._task_tools = set[str]()
        self._waiting_tasks: dict[str, Rounds] = {}
        self._used_at = asyncio.get_running_loop().time()

    @classmethod
    async def opened(cls, way: ServerWay, statuses: Statuses | None = None) -> Connection:
        """Connect by Streamable HTTP, or where the server does not speak it by Server-Sent Events.

        Raises:
            Exception: what the library says.
        """
        statuses = statuses or Statuses()
        try:
            return await cls(statuses)._by(streamable(way, statuses), CONNECT_LIMIT_S)
        except Exception as first:
            if statuses.denied or statuses.last not in OLDER_SERVER_STATUSES:
                raise statuses.explained(first) from None
            try:
                return await cls(statuses)._by(event_stream(way, statuses), CONNECT_LIMIT_S)
            except Exception as second:
                raise statuses.explained(second) from None

    @classmethod
    async def inside(cls, conversation: Conversation) -> Connection:
        """Start a program of a sandbox, and connect to it by its input and output.

        Raises:
            ProgramFault: it ended, or did not answer.
            Exception: what the library says.
        """
        connection = cls(Statuses(), conversation)
        try:
            return await connection._by(streams_of(conversation), START_LIMIT_S)
        except TimeoutError:
            raise ProgramFault(f"its program did not answer within {START_LIMIT_S:g} s; {SLOW_START}") from None
        except Exception as error:
            raise connection.explained(error) from None

    async def _by(self, transport: contextlib.AbstractAsyncContextManager[Any], limit_s: float) -> Connection:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._living = asyncio.create_task(self._live(transport, ready))
        try:
            async with asyncio.timeout(limit_s):
                await asyncio.shield(ready)
        except BaseException:
            await self.close()
            raise
        return self

    async def _live(self, transport: contextlib.AbstractAsyncContextManager[Any], ready: asyncio.Future[None]) -> None:
        # Late: the library takes 0.5 s to import, and most sessions have no server.
        from mcp import Client

        from workbench.hands.mcp.tasks import TasksExtension

        try:
            streams = self._tidied.streams(transport)
            async with Client(
                streams,
                message_handler=self._heard,
                list_roots_callback=self._roots,
                elicitation_callback=self._asked,
                extensions=[TasksExtension()],
            ) as client:
                self._client = client
                ready.set_result(None)
                async with asyncio.TaskGroup() as group:
                    listening = group.create_task(heard_changes(client, self._changed))
                    await self._until_unused()
                    listening.cancel()
        except Exception as error:
            if not ready.done():
                ready.set_exception(error)
        finally:
            self._client = None

    async def _until_unused(self) -> None:
        """Until somebody ends it, or nobody has used it for long; the next call then connects again."""
        loop = asyncio.get_running_loop()
        while loop.time() - self._used_at < IDLE_LIMIT_S:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._used_at + IDLE_LIMIT_S):
                    await self._leave.wait()
                    return
            if self.calls.is_asking:
                # A person may take days.
                self._used_at = loop.time()

    @property
    def is_open(self) -> bool:
        return self._client is not None and (self._conversation is None or self._conversation.ending is None)

    def explained(self, error: Exception) -> Exception:
        """The error that says most: of a program that has ended, why."""
        if self._conversation is not None and self._conversation.ending is not None:
            return ProgramFault(self._conversation.ending)
        return self._statuses.denied or error

    def is_broken(self, error: Exception) -> bool:
        """Whether nothing more can come of this connection: the library tells it only in words, or by the status."""
        return (
            not self.is_open or bool(self._statuses.refused) or any(words in str(error) for words in _WORDS_OF_AN_END)
        )

    async def _heard(self, message: object) -> None:
        if type(message).__name__ == "ToolListChangedNotification" or "tools/list_changed" in repr(message)[:400]:
            self._changed()

    def _changed(self) -> None:
        self._tools = None
        self._changes += 1

    async def tools(self) -> tuple[Json, ...]:
        """The server's tools, read again where it said that they changed, or that its listing is good for so long only."""
        if self._tools is not None and asyncio.get_running_loop().time() < self._fresh_until:
            return self._tools
        changes = self._changes
        listed = tuple([tool async for tool in self._listed()])
        # What changed meanwhile is read again the next time.
        self._tools = listed if changes == self._changes else None
        return listed

    async def _listed(self) -> AsyncIterator[Json]:
        """Each tool once; those that no model can be offered come last, with their `fault`."""
        self._tidied.faults.clear()
        self._task_tools.clear()
        cursor, names, cursors = None, set[str](), set[str | None]()
        while self._client is not None and len(names) < MOST_TOOLS and cursor not in cursors:
            # A server that gives the same cursor again would be asked for ever.
            cursors.add(cursor)
            page = await self._client.list_tools(cursor=cursor, cache_mode="refresh")
            self._fresh_until = fresh_until(self._client, page)
            earlier = frozenset(names)
            for tool in page.tools[: MOST_TOOLS - len(names)]:
                if tool.name in names:
                    if tool.name not in earlier:
                        self._tidied.faults[tool.name] = "it is listed twice; the first counts"
                    continue
                names.add(tool.name)
                if needs_task(self._client, tool):
                    self._task_tools.add(tool.name)
                schema, own = taken(tool.input_schema)
                told = {"name": tool.name, "description": (tool.description or "")[:MOST_DESCRIPTION]}
                yield mended({**told, "input_schema": schema, **({"own_names": own} if own else {})})
            if not (cursor := page.next_cursor):
                break
        for name, fault in self._tidied.faults.items():
            yield mended({"name": name, "fault": fault})

    async def call(self, call_id: str, name: str, arguments: Json) -> CallToolResult | Asked:
        """Run a tool for as long as it shows that it lives, or until it asks a person.

        Raises:
            TimeoutError: it said nothing for too long.
        """
        return await self.calls.begin(call_id, self._worked(call_id, name, arguments, {}, {}))

    async def go_on(
        self, call_id: str, name: str, arguments: Json, replies: Mapping[str, Json], state: Json | None
    ) -> CallToolResult | Asked:
        """Run a call on that has asked. Without a state it must be held here.

        Raises:
            TimeoutError: it said nothing for too long.
        """
        if state is None:
            return await self.calls.go_on(call_id, replies)
        return await self.calls.begin(call_id, self._worked(call_id, name, arguments, replies, state))

    async def _worked(
        self, call_id: str, name: str, arguments: Json, replies: Mapping[str, Json], state: Json
    ) -> CallToolResult | Asked:
        from workbench.hands.mcp.tasks import Rounds

        client = self._client
        if client is None:
            raise ConnectionError("the connection has ended")
        loop = asyncio.get_running_loop()
        # A call in the making keeps the connection, however long it takes.
        self._used_at = loop.time() + SILENCE_LIMIT_S
        async with asyncio.timeout(SILENCE_LIMIT_S) as patience:
            self._patience.add(patience)

            def alive() -> None:
                self._used_at = loop.time() + SILENCE_LIMIT_S
                if not self.calls.is_asking:
                    patience.reschedule(self._used_at)

            rounds = self._waiting_tasks.pop(call_id, None) or Rounds(client, name, arguments, state.get("task"))
            rounds.alive, rounds.is_begun_as_task = alive, await self._needs_task(name)
            try:
                result: CallToolResult | Asked = await settled(rounds.send, self._roots, replies, state)
            except BaseException:
                await rounds.cancel()
                raise
            finally:
                self._patience.discard(patience)
            if isinstance(result, Asked):
                self._waiting_tasks[call_id] = rounds
            return result

    async def _needs_task(self, name: str) -> bool:
        """Whether the tool can be called as a task only; its listing says so."""
        if self._tools is None and self._client is not None and takes_older_tasks(self._client):
            await self.tools()
        return name in self._task_tools

    async def abandon(self, call_id: str) -> None:
        """End a call that will not be answered, also as a task of its server."""
        self.calls.abandon(call_id)
        if (rounds := self._waiting_tasks.pop(call_id, None)) is not None:
            await rounds.cancel()

    async def _asked(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """A question of a server that waits on this connection for its answer."""
        from mcp_types import ElicitResult

        question = question_of("", params)
        self._be_patient(None)
        try:
            reply = await self.calls.ask(question.message, question.schema, question.url)
        finally:
            if not self.calls.is_asking:
                self._be_patient(asyncio.get_running_loop().time() + SILENCE_LIMIT_S)
        return ElicitResult.model_validate(reply)

    def _be_patient(self, until: float | None) -> None:
        """While a person is asked, silence of the calls says nothing."""
        for patience in self._patience:
            patience.reschedule(until)

    async def close(self) -> None:
        """Say goodbye and end."""
        self.calls.abandon_all()
        self._leave.set()
        if self._living is not None:
            done, _ = await asyncio.wait({self._living}, timeout=2.0)
            if not done:
                self._living.cancel()
                await asyncio.wait({self._living})
