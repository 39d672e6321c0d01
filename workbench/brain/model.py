"""The model behind a Messages endpoint: one streamed request, every failure told as a fault."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import anthropic
import httpx2
from anthropic import AsyncStream

from workbench.brain import faults
from workbench.brain.stream import BrokenStream, Draft
from workbench.contracts import ModelFault, ModelRequest, Reply, TextDelta, ThinkingEnded, ThinkingStarted
from workbench.settings import Endpoint

_NO_KEY = "no-key"
_CONNECT_S = 10.0
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=16)
"""As many at once as there are sessions; few kept, since the pool looks at every kept one at each request (0.1 ms each)."""


class MessagesModel:
    """Speaks the Messages API through the SDK to one endpoint, over TCP or the endpoint's Unix socket.

    `stall_s` is how long the endpoint may send not a single byte; a local model reads a long prompt in silence.
    """

    def __init__(self, endpoint: Endpoint, *, stall_s: float = 300.0) -> None:
        self._endpoint = endpoint
        self._stall_s = stall_s
        timeout = httpx2.Timeout(stall_s, connect=_CONNECT_S)
        if endpoint.socket is None:
            http = anthropic.DefaultAsyncHttpxClient(timeout=timeout, limits=_LIMITS)
        else:
            transport = httpx2.AsyncHTTPTransport(uds=str(endpoint.socket), limits=_LIMITS)
            http = anthropic.DefaultAsyncHttpxClient(timeout=timeout, transport=transport)
        # The loop retries, as each attempt is an event; a server without keys still wants a header.
        self._client = anthropic.AsyncAnthropic(
            api_key=endpoint.api_key or _NO_KEY,
            base_url=endpoint.base_url,
            timeout=timeout,
            max_retries=0,
            http_client=http,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def reply(
        self, request: ModelRequest
    ) -> AsyncIterator[TextDelta | ThinkingStarted | ThinkingEnded | Reply | ModelFault]:
        """Stream one reply, as `contracts.Model` promises."""
        name = self._endpoint.shown or self._endpoint.base_url
        draft = Draft()
        try:
            async with await self._open(request) as stream:
                async for event in stream:
                    if (heard := draft.add(event)) is not None:
                        yield heard
            reply = draft.reply()
        except anthropic.APIStatusError as error:
            yield faults.of_status(error, name)
        except (anthropic.APITimeoutError, httpx2.TimeoutException) as error:
            connecting = isinstance(error.__cause__ or error, httpx2.ConnectTimeout)
            yield faults.of_connection(error, name) if connecting else faults.of_stall(self._stall_s, name)
        except (anthropic.APIConnectionError, httpx2.TransportError) as error:
            yield faults.of_connection(error, name)
        except (BrokenStream, json.JSONDecodeError, UnicodeDecodeError) as error:
            # The SDK parses the stream and lets its own parser's errors through.
            yield faults.of_stream(error, name)
        else:
            yield reply if reply.content or _may_be_silent(request, reply) else faults.of_empty(name)

    async def _open(self, request: ModelRequest) -> AsyncStream[object]:
        headers = {"anthropic-beta": ",".join(request.betas)} if request.betas else {}
        return await self._client.post(
            "/v1/messages",
            body=request.body | {"stream": True},
            cast_to=object,
            options={"headers": headers},
            stream=True,
            stream_cls=AsyncStream[object],
        )


def _may_be_silent(request: ModelRequest, reply: Reply) -> bool:
    """Whether an answer without content means something: a refusal, a limit, or nothing to add to a tool's result."""
    last = request.body["messages"][-1]["content"]
    after_a_result = isinstance(last, list) and any(block["type"] == "tool_result" for block in last)
    return reply.stop_reason != "end_turn" or after_a_result
