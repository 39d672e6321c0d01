"""One call of a tool by the protocol's own rounds: what the server wants first is answered, refused, or put to a person."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.contracts.elicitation import Question
from workbench.contracts.servers import Asked
from workbench.contracts.values import Json

if TYPE_CHECKING:
    from mcp import Client
    from mcp.client.session import ListRootsFnT
    from mcp_types import InputRequiredResult, Result

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
"""How long a server that says only that it is not done is left alone between two rounds."""

NO_SAMPLING = "it asked for an answer of the model (sampling), which no server gets here; use another of its tools"
NO_ROOTS = "it asked for folders (roots), and a server outside the sandbox has none"
WAS_DECLINED = "the person did not open the page that it asked for, so it was not called again"


class WantsTooMuch(Exception):
    """The server asked for what it does not get; the words say what."""


Send = Callable[[Any, str | None], Awaitable[Any]]
"""Sends the call with `input_responses` and `request_state`."""


async def settled(send: Send, roots: ListRootsFnT | None, replies: Mapping[str, Json], state: Json) -> Any:
    """The call's result, or what a person is asked first. `replies` and `state` are those of the round before; empty at first.

    Raises:
        WantsTooMuch: the server asked for something that is refused.
    """
    if any(reply["action"] != "accept" for key, reply in replies.items() if key not in state.get("keys", ())):
        raise WantsTooMuch(WAS_DECLINED)
    responses: dict[str, Any] | None = await _given_again(state, replies, roots)
    request_state, pause = state.get("request_state"), FIRST_PAUSE_S
    while True:
        result = await _sent(send, responses, request_state)
        if isinstance(result, Asked) or not hasattr(result, "input_requests"):
            return result
        request_state, wanted = result.request_state, _sorted(result)
        if wanted.questions:
            keys = [question.key for question in wanted.questions]
            kept = {"request_state": request_state, "keys": keys, "roots": wanted.roots}
            return Asked(wanted.questions, kept | ({"task": result.task_id} if hasattr(result, "task_id") else {}))
        responses = await _roots(wanted.roots, roots)
        if responses is None:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)


async def _sent(send: Send, responses: Any, request_state: str | None) -> Any:
    from mcp.shared.exceptions import MCPError
    from mcp_types import URL_ELICITATION_REQUIRED

    try:
        return await send(responses, request_state)
    except MCPError as error:
        pages = _pages(error.error.data) if error.code == URL_ELICITATION_REQUIRED else ()
        if not pages:
            raise
        # It was refused before it ran, and is called anew when a person has been there.
        return Asked(pages, {"request_state": None, "keys": [], "roots": []})


def _pages(told: Any) -> tuple[Question, ...]:
    listed = told.get("elicitations") if isinstance(told, dict) else None
    pages = [one for one in listed or () if isinstance(one, dict) and isinstance(one.get("url"), str)]
    return tuple(
        Question(f"page {number}", str(one.get("message", "")), url=one["url"]) for number, one in enumerate(pages)
    )


class _Wanted:
    def __init__(self) -> None:
        self.questions: tuple[Question, ...] = ()
        self.roots: list[str] = []


def _sorted(result: InputRequiredResult) -> _Wanted:
    wanted = _Wanted()
    for key, request in (result.input_requests or {}).items():
        match request.method:
            case "elicitation/create":
                wanted.questions += (question_of(key, request.params),)
            case "roots/list":
                wanted.roots.append(key)
            case _:
                raise WantsTooMuch(NO_SAMPLING)
    return wanted


def question_of(key: str, params: Any) -> Question:
    """A server's question, a form or a page."""
    if params.mode == "url":
        return Question(key, params.message, url=params.url)
    return Question(key, params.message, schema=params.requested_schema)


async def _given_again(state: Json, replies: Mapping[str, Json], roots: ListRootsFnT | None) -> dict[str, Any] | None:
    from mcp_types import ElicitResult

    given = {key: ElicitResult.model_validate(replies[key]) for key in state.get("keys", ()) if key in replies}
    listed = await _roots(state.get("roots", []), roots)
    return {**given, **(listed or {})} or None


async def _roots(keys: list[str], roots: ListRootsFnT | None) -> dict[str, Any] | None:
    if not keys:
        return None
    if roots is None:
        raise WantsTooMuch(NO_ROOTS)
    listed: Any = await roots(None)  # type: ignore[arg-type]
    return dict.fromkeys(keys, listed)


async def sent_by(
    client: Client, name: str, arguments: Json, heard: Any, responses: Any, request_state: str | None
) -> Result:
    """One round. A call that the server refuses unread, as its listing is stale, is sent once more after it was listed again."""
    from mcp.shared.exceptions import MCPError
    from mcp_types import HEADER_MISMATCH

    async def send() -> Result:
        return await client.session.call_tool(
            name,
            arguments,
            progress_callback=heard,
            input_responses=responses,
            request_state=request_state,
            allow_input_required=True,
            allow_claimed=True,
        )

    try:
        return await send()
    except MCPError as error:
        if error.code != HEADER_MISMATCH:
            raise
        cursor, seen = None, set[str | None]()
        while cursor not in seen:
            seen.add(cursor)
            cursor = (await client.list_tools(cursor=cursor, cache_mode="refresh")).next_cursor
            if cursor is None:
                break
        return await send()
