"""The model behind a Messages endpoint: one streamed request, every failure told as a fault."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anthropic
import httpx2

from workbench.contracts.brain import Forwarded, ModelFault, ModelRequest, ModelWaits, Reply, ReplyPart
from workbench.contracts.values import Json, Progress
from workbench.light import unix_http
from workbench.models import faults
from workbench.models.bounded import PLAIN, TooMuch, bound
from workbench.models.slots import Slots
from workbench.models.stream import BrokenStream, Draft
from workbench.settings import Endpoint

T = TypeVar("T")
_NO_KEY = "no-key"
_CONNECT_S = 10.0
VERSION = "2023-06-01"
_PASSED = ("retry-after", "retry-after-ms", "x-should-retry")
"""Of a server's headers, what its client goes by."""
_KNOWN_BLOCKS = frozenset({"text", "tool_use", "thinking", "redacted_thinking"})
SLOW_START_S = 10.0
"""After so long without a byte a server of this machine is said to be busy."""
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=16)
"""As many at once as there are sessions; few kept, since the pool looks at every kept one at each request (0.1 ms each)."""


def load_client() -> None:
    """Import what the first request needs of the SDK: a thousand modules, which no start waits for."""
    for name in ("AsyncAnthropic", "AsyncStream", "DefaultAsyncHttpxClient", "APIStatusError"):
        getattr(anthropic, name)


class MessagesModel:
    """Speaks the Messages API through the SDK to one endpoint, over TCP or the endpoint's Unix socket.

    `stall_s` is how long the endpoint may send not a single byte; a local model reads a long prompt in silence. A server of
    this machine may have few slots: see `Slots`; what waits for one is said through `progress`.
    """

    def __init__(self, endpoint: Endpoint, *, stall_s: float = 300.0, progress: Progress = lambda _: None) -> None:
        self._endpoint = endpoint
        self._stall_s = stall_s
        self._is_local = is_loopback(endpoint)
        # Whole: the SDK would take its base apart and put it together again for each request.
        self._url = f"{endpoint.base_url.rstrip('/')}/v1/messages"
        self._slots = Slots() if self._is_local else None
        self._progress = progress
        self._waiting: set[int] = set()
        # A local server with one slot sends no byte, not even headers, before it is free: how long is up to who waits.
        silence_s = None if self._is_local else stall_s
        timeout = httpx2.Timeout(silence_s, connect=_CONNECT_S, pool=None)
        more: Any = {"limits": _LIMITS}
        if endpoint.socket is not None:
            more = {"transport": unix_http.transport(endpoint.socket, _LIMITS)}
        self._http = http = anthropic.DefaultAsyncHttpxClient(
            timeout=timeout, event_hooks={"response": [bound]}, **more
        )
        # The loop retries, as each attempt is an event; a server without keys still wants a header.
        self._client = anthropic.AsyncAnthropic(
            api_key=endpoint.api_key or _NO_KEY,
            base_url=endpoint.base_url,
            timeout=timeout,
            max_retries=0,
            http_client=http,
            default_headers=PLAIN,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def reply(self, request: ModelRequest) -> AsyncIterator[ReplyPart]:
        """Stream one reply, as `contracts.Model` promises."""
        name = self._endpoint.shown or self._endpoint.base_url
        draft = Draft()
        try:
            async with contextlib.aclosing(self._streamed(request, name, draft)) as parts:
                async for part in parts:
                    yield part
            reply = draft.reply()
        except anthropic.APIStatusError as error:
            yield faults.of_status(error, name)
        except TimeoutError:
            yield faults.of_stall(self._stall_s, name)
        except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
            connecting = isinstance(error.__cause__ or error, httpx2.ConnectTimeout)
            yield faults.of_connection(error, name) if connecting else faults.of_stall(self._stall_s, name)
        except (anthropic.APIConnectionError, httpx2.TransportError) as error:
            yield faults.of_connection(error, name)
        except (BrokenStream, TooMuch, json.JSONDecodeError, UnicodeDecodeError) as error:
            # The SDK parses the stream and lets its own parser's errors through.
            yield faults.of_stream(error, name)
        else:
            is_known = any(block["type"] in _KNOWN_BLOCKS for block in reply.content)
            if reply.content and not is_known and reply.stop_reason == "end_turn":
                yield faults.of_unknown_blocks(reply, name)
            else:
                yield reply if reply.content or _may_be_silent(request, reply) else faults.of_empty(name)
        finally:
            self._waits_no_more(request, name)

    async def forward(self, body: Json, betas: str) -> Forwarded | ModelFault:
        """A client's own request, as `contracts.Models` promises."""
        key = self._endpoint.api_key or _NO_KEY
        headers = {**PLAIN, "x-api-key": key, "anthropic-version": VERSION} | (
            {"anthropic-beta": betas} if betas else {}
        )
        request = self._http.build_request("POST", self._url, json=body, headers=headers)
        async with contextlib.AsyncExitStack() as opened:
            await opened.enter_async_context(self._slots or contextlib.nullcontext())
            try:
                response = await self._http.send(request, stream=True)
            except (httpx2.TransportError, TooMuch) as error:
                return faults.of_connection(error, self._endpoint.shown or self._endpoint.base_url)
            opened.push_async_callback(response.aclose)
            passed = {name: response.headers[name] for name in _PASSED if name in response.headers}
            media_type = response.headers.get("content-type", "application/json")
            return Forwarded(response.status_code, media_type, passed, _body(response, opened.pop_all()))

    async def _streamed(self, request: ModelRequest, name: str, draft: Draft) -> AsyncGenerator[ReplyPart, None]:
        """What is said on the way to the reply; a server of this machine may let a request wait."""
        if self._slots and self._slots.are_taken:
            yield self._waits(request, name)
        async with self._slots or contextlib.nullcontext(), _opening(self._open(request)) as opening:
            in_time = not self._slots or bool((await asyncio.wait({opening}, timeout=SLOW_START_S))[0])
            if self._slots and not in_time:
                self._slots.left_waiting()
                yield self._waits(request, name)
            async with await opening as stream:
                if self._slots and in_time:
                    self._slots.begun()
                self._waits_no_more(request, name)
                async for event in self._heard(stream) if self._is_local else stream:
                    if (heard := draft.add(event)) is not None:
                        yield heard

    def _waits(self, request: ModelRequest, name: str) -> ModelWaits:
        waits = ModelWaits(f"{name} is busy with other requests: this one waits for the model's slot…")
        self._waiting.add(id(request))
        self._progress(waits.text)
        return waits

    def _waits_no_more(self, request: ModelRequest, name: str) -> None:
        """The last one that waited ends what was said of waiting."""
        if id(request) in self._waiting:
            self._waiting.discard(id(request))
            if not self._waiting:
                self._progress(f"{name} answers.")

    async def _heard(self, stream: anthropic.AsyncStream[object]) -> AsyncIterator[object]:
        """The events of a server of this machine, which is given the same patience between two of them as any other."""
        while True:
            try:
                async with asyncio.timeout(self._stall_s):
                    event = await anext(stream)
            except StopAsyncIteration:
                return
            yield event

    async def _open(self, request: ModelRequest) -> anthropic.AsyncStream[object]:
        headers = {"content-type": "application/json"}
        if request.betas:
            headers["anthropic-beta"] = ",".join(request.betas)
        # As bytes: the SDK copies a body, value by value, and writes it a second time.
        return await self._client.post(
            self._url,
            content=request.wire(stream=True),
            cast_to=object,
            options={"headers": headers},
            stream=True,
            stream_cls=anthropic.AsyncStream[object],
        )


@contextlib.asynccontextmanager
async def _opening(opened: Coroutine[Any, Any, T]) -> AsyncIterator[asyncio.Future[T]]:
    """The stream on its way; it has ended when this is left."""
    opening = asyncio.ensure_future(opened)
    try:
        yield opening
    finally:
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)


def is_loopback(endpoint: Endpoint) -> bool:
    """Whether its server runs on this machine, also where it is reached through the vault."""
    host = urlsplit(endpoint.shown or endpoint.base_url).hostname or ""
    if endpoint.socket is not None and not endpoint.shown:
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(response: httpx2.Response, opened: contextlib.AsyncExitStack) -> AsyncGenerator[bytes, None]:
    async with opened:
        async for piece in response.aiter_bytes():
            yield piece


def _may_be_silent(request: ModelRequest, reply: Reply) -> bool:
    """Whether an answer without content means something: a refusal, a limit, or nothing to add to a tool's result."""
    last = request.body["messages"][-1]["content"]
    after_a_result = isinstance(last, list) and any(block["type"] == "tool_result" for block in last)
    return reply.stop_reason != "end_turn" or after_a_result
