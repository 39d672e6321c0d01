"""Calls that a server runs as tasks: it gives a handle at once, and is asked until the task has ended.

Servers of 2026-07-28 choose to, by the extension of this name; those of 2025-11-25 have tools that can be called no other way.
Imported late, as the library is: most sessions have no server.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp_types import (
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    InputRequests,
    Request,
    Result,
    TaskMetadata,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import TypeAdapter

from workbench.contracts.values import Json
from workbench.hands.mcp.input_required import sent_by
from workbench.hands.mcp.tidied import TASK, tidy_answer

USUAL_PAUSE_S: Final = 1.0
LEAST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 60.0
LIMIT_S: Final = 24 * 3600.0
"""How long a task may work; its server hears that it is wanted no longer."""
CANCEL_S: Final = 2.0

_ANY: Final = TypeAdapter(dict[str, Any])


class TaskEnded(Exception):
    """A task has no result; the words say why."""


class Handle(Result):
    """What a server gives in place of a result."""

    result_type: Literal["task"] = "task"
    task_id: str
    poll_interval_ms: float | None = None


class TaskWants(Result):
    """What a task wants before it goes on: shaped as the protocol's own rounds are."""

    input_requests: InputRequests
    task_id: str
    request_state: str | None = None


class _State(Result):
    """A task as `tasks/get` tells it, by either protocol."""

    status: str
    status_message: str | None = None
    poll_interval_ms: float | None = None
    poll_interval: float | None = None
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    input_requests: InputRequests | None = None


class _Request(Request[dict[str, Any], str]):
    name_param = "taskId"


class TasksExtension(ClientExtension):
    """Says that handles are understood."""

    identifier = "io.modelcontextprotocol/tasks"

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return (ResultClaim(result_type="task", model=Handle, resolve=_unresolved),)


async def _unresolved(handle: Handle, context: ClaimContext) -> CallToolResult:
    """Calls are sent below the layer that would resolve it: a task may ask a person, and then the call ends for a while."""
    raise AssertionError("a task is followed by whoever called")


class RunningTask:
    """One task; `alive` is told whenever its server has answered."""

    def __init__(self, client: Client, task_id: str, pause_ms: float | None, alive: Callable[[], None]) -> None:
        self.id = task_id
        self._client = client
        self._alive = alive
        self._pause_s = _bounded(pause_ms)
        self._answered: set[str] = set()

    async def go_on(self, responses: dict[str, Any] | None) -> CallToolResult | TaskWants:
        """Its result, or what it wants first; `responses` are to what it wanted last.

        Raises:
            TaskEnded: it failed, was cancelled, or took too long.
        """
        if responses:
            self._answered |= responses.keys()
            told = {
                key: one.model_dump(mode="json", by_alias=True, exclude_none=True) for key, one in responses.items()
            }
            await self._ask("tasks/update", _ANY, inputResponses=told)
        try:
            async with asyncio.timeout(LIMIT_S):
                return await self._until_told()
        except TimeoutError:
            raise TaskEnded(
                f"its task {self.id} worked for more than {LIMIT_S / 3600:g} h, and was cancelled"
            ) from None

    async def _until_told(self) -> CallToolResult | TaskWants:
        is_modern = self._client.protocol_version in MODERN_PROTOCOL_VERSIONS
        while True:
            state = await self._ask("tasks/get", TypeAdapter(_State))
            self._alive()
            if state.status == "cancelled":
                raise TaskEnded(
                    f"it cancelled its task {self.id}{_words(state)}; the call may have had its effect in part"
                )
            if state.status != "working" and not is_modern:
                # It waits for the end; what a server of 2025 wants meanwhile it asks on this connection.
                result: CallToolResult = await self._ask("tasks/result", TypeAdapter(CallToolResult))
                return result
            if state.status == "completed":
                given = dict(state.result or {})
                if isinstance(given.get("content"), list):
                    tidy_answer(given)
                return CallToolResult.model_validate(given, by_name=False)
            if state.status == "failed":
                raise TaskEnded(
                    f"its task {self.id} failed: {(state.error or {}).get('message') or 'it does not say why'}"
                )
            # What was answered may be told again for a moment.
            new = {key: one for key, one in (state.input_requests or {}).items() if key not in self._answered}
            if new:
                return TaskWants(input_requests=new, task_id=self.id)
            pause_ms = state.poll_interval_ms or state.poll_interval
            self._pause_s = _bounded(pause_ms) if pause_ms else self._pause_s
            await asyncio.sleep(self._pause_s)

    async def cancel(self) -> None:
        """Tell the server that nobody waits any more; it may be gone."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CANCEL_S):
                await self._ask("tasks/cancel", _ANY)

    async def _ask(self, method: str, answer: TypeAdapter[Any], **more: Json) -> Any:
        return await self._client.session.send_request(
            _Request(method=method, params={"taskId": self.id, **more}), answer
        )


def _bounded(pause_ms: float | None) -> float:
    return USUAL_PAUSE_S if not pause_ms else min(max(pause_ms / 1000, LEAST_PAUSE_S), LONGEST_PAUSE_S)


def _words(state: _State) -> str:
    return f" ({state.status_message[:300]})" if state.status_message else ""


async def begun(client: Client, name: str, arguments: Json, heard: Any) -> Handle:
    """Begin a call as a task, by the protocol of 2025-11-25."""
    params = CallToolRequestParams(name=name, arguments=arguments, task=TaskMetadata())
    told = await client.session.send_request(
        CallToolRequest(params=params), TypeAdapter(CallToolResult), progress_callback=heard
    )
    task: Json = (told.meta or {}).get(TASK) or {}
    if not isinstance(task.get("taskId"), str):
        raise TaskEnded("it was asked for a task and gave none")
    return Handle(task_id=task["taskId"], poll_interval_ms=task.get("pollInterval"))


class Rounds:
    """The rounds of one call: it is sent, or asked for as the task that its server made of it."""

    def __init__(self, client: Client, name: str, arguments: Json, task_id: str | None) -> None:
        self.alive: Callable[[], None] = lambda: None
        self.is_begun_as_task = False
        self._client = client
        self._name = name
        self._arguments = arguments
        self._task = RunningTask(client, task_id, None, self._heard) if task_id else None

    async def send(self, responses: dict[str, Any] | None, request_state: str | None) -> Result:
        """One round: the call's result, or what its server wants first."""
        if self._task is not None:
            return await self._task.go_on(responses)
        result: Result
        if self.is_begun_as_task:
            result = await begun(self._client, self._name, self._arguments, self._progress)
        else:
            result = await sent_by(self._client, self._name, self._arguments, self._progress, responses, request_state)
        if not isinstance(result, Handle):
            return result
        self._task = RunningTask(self._client, result.task_id, result.poll_interval_ms, self._heard)
        return await self._task.go_on(None)

    async def cancel(self) -> None:
        """Tell the server that nobody waits for its task any more, where it has one."""
        if self._task is not None:
            await self._task.cancel()

    async def _progress(self, progress: float, total: float | None, message: str | None) -> None:
        self.alive()

    def _heard(self) -> None:
        self.alive()
