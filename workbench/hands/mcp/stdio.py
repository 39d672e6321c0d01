"""MCP over a program's input and output: one JSON-RPC message a line."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from workbench.hands.conversations import Conversation

if TYPE_CHECKING:
    from mcp.client.session import ListRootsFnT
    from mcp.shared.message import SessionMessage


@contextlib.asynccontextmanager
async def streams_of(conversation: Conversation) -> AsyncIterator[Any]:
    """The streams that an MCP client takes; the program starts and ends with them."""
    # Late, as the library is: most sessions have no server.
    import anyio
    from mcp.shared.message import SessionMessage

    heard, hearing = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    saying, said = anyio.create_memory_object_stream[SessionMessage](0)

    async def hear() -> None:
        # Closed when the program has ended: whoever waits for an answer then learns that none will come.
        async with heard:
            async for line in conversation.lines():
                if (message := _message(line)) is None:
                    continue
                try:
                    await heard.send(message)
                except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                    return

    async def say() -> None:
        async with said:
            async for message in said:
                conversation.say(message.message.model_dump_json(by_alias=True, exclude_unset=True))

    async with conversation, hearing, saying, anyio.create_task_group() as group:
        group.start_soon(hear)
        group.start_soon(say)
        try:
            yield hearing, saying
        finally:
            group.cancel_scope.cancel()


def roots_of(conversation: Conversation | None) -> ListRootsFnT | None:
    """Tells a program in the sandbox its working directory; a server elsewhere has no use for it."""
    if conversation is None or not conversation.folder:
        return None
    from mcp_types import ListRootsResult, Root

    root = Root.model_validate({"uri": PurePosixPath(conversation.folder).as_uri(), "name": "project"})

    async def roots(context: object) -> ListRootsResult:
        return ListRootsResult(roots=[root])

    return roots


def _message(line: str) -> SessionMessage | None:
    """What a line says; None for one that is no message: programs print other things too, and the rest may still be good."""
    import mcp_types
    from mcp.shared.message import SessionMessage

    try:
        return SessionMessage(mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None
