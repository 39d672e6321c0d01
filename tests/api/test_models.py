"""/v1/models by the unmodified SDK: whole entries whatever a server leaves out, pages, and the stages that are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anthropic
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.api.stage import Stage, play
from tests.messages_server import MessagesServer, Play, Status, text
from workbench.api import messages
from workbench.api.refusals import with_refusals
from workbench.engine.models import ModelCatalog
from workbench.models.endpoints import Endpoints
from workbench.settings import Endpoint

TOLD: list[dict[str, Any]] = [
    {"id": "claude-one", "type": "model", "display_name": "One", "created_at": "2026-01-01T00:00:00Z"},
    {"id": "/srv/models/two.gguf", "object": "model", "created": 1, "owned_by": "llamacpp", "meta": {"n_ctx": 4096}},
    {"id": "old", "lifecycle": "deprecated", "deprecated_at": "2026-01-01T00:00:00Z"},
    {"id": "gone", "lifecycle": "retired"},
]


def ask(story: Callable[[anthropic.AsyncAnthropic], Awaitable[None]]) -> None:
    """Run a story against the routes of models, whose endpoint tells TOLD."""

    async def listed(request: Any) -> JSONResponse:
        return JSONResponse({"data": TOLD})

    async def whole() -> None:
        server = Starlette(routes=[Route("/v1/models", listed)])
        config = Endpoint("settings", "http://models.test")
        endpoints = Endpoints(config, offline_socket=None, probe=False, transport=httpx2.ASGITransport(server))
        app = with_refusals(messages.routes(ModelCatalog(endpoints)))
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app))
        client = anthropic.AsyncAnthropic(
            base_url="http://engine.test",
            api_key="x",
            http_client=http,
            max_retries=0,
            _strict_response_validation=True,
        )
        async with client:
            await story(client)
        await endpoints.aclose()

    asyncio.run(whole())


def test_every_entry_is_whole_for_a_strict_client_whatever_a_server_leaves_out() -> None:
    async def story(client: anthropic.AsyncAnthropic) -> None:
        for found in (await client.models.list(), await client.beta.models.list()):
            assert [(one.id, one.lifecycle, one.type) for one in found.data] == [
                ("claude-one", "active", "model"),
                ("/srv/models/two.gguf", "active", "model"),
                ("old", "deprecated", "model"),
                ("offline", "active", "model"),
            ]

    ask(story)


def test_an_id_with_slashes_is_retrieved() -> None:
    async def story(client: anthropic.AsyncAnthropic) -> None:
        assert (await client.models.retrieve("/srv/models/two.gguf")).display_name == "/srv/models/two.gguf"
        with pytest.raises(anthropic.NotFoundError):
            await client.models.retrieve("none")

    ask(story)


def test_models_come_in_pages_from_either_end() -> None:
    async def story(client: anthropic.AsyncAnthropic) -> None:
        assert [one.id async for one in client.models.list(limit=1)] == [
            *("claude-one", "/srv/models/two.gguf", "old", "offline")
        ]
        first = await client.models.list(limit=2)
        assert (first.has_more, first.first_id, first.last_id) == (True, "claude-one", "/srv/models/two.gguf")
        before = await client.models.list(limit=1, before_id="old")
        assert ([one.id for one in before.data], before.has_more) == (["/srv/models/two.gguf"], True)
        for wrong in ({"limit": 0}, {"limit": 1001}, {"after_id": "none"}, {"after_id": "old", "before_id": "old"}):
            with pytest.raises(anthropic.BadRequestError):
                await client.models.list(**wrong)

    ask(story)


def test_retired_models_are_told_only_where_they_are_asked_for() -> None:
    async def story(client: anthropic.AsyncAnthropic) -> None:
        assert [one.id for one in (await client.models.list(lifecycle=["retired"])).data] == ["gone"]
        assert len((await client.models.list(lifecycle=["active", "retired"])).data) == 4
        with pytest.raises(anthropic.BadRequestError):
            await client.models.list(lifecycle=["ancient"])  # type: ignore[list-item]

    ask(story)


def test_the_offline_model_stands_in_the_list_of_an_engine_without_an_endpoint() -> None:
    async def story(stage: Stage) -> None:
        [only] = (await stage.client.models.list()).data
        assert (only.id, only.lifecycle) == ("offline", "active")

    play(story)


def test_every_model_of_the_list_answers_a_client_of_the_sdk_whole_and_as_a_stream() -> None:
    async def whole() -> None:
        script: list[Play] = [
            text("Hello."),
            text("Hello", " there."),
            Status(429, "rate_limit_error", headers={"retry-after": "7"}),
        ]
        async with MessagesServer(script=script) as server:
            endpoints = Endpoints(Endpoint("settings", server.base_url), offline_socket=None, probe=False)
            http = httpx2.AsyncClient(
                transport=httpx2.ASGITransport(with_refusals(messages.routes(ModelCatalog(endpoints))))
            )
            async with anthropic.AsyncAnthropic(
                base_url="http://engine.test", api_key="x", http_client=http, max_retries=0
            ) as client:
                asked: Any = {"max_tokens": 99, "messages": [{"role": "user", "content": "Hello"}]}
                for model in ("any", "offline"):
                    said = await client.messages.create(model=model, **asked)
                    async with client.messages.stream(model=model, **asked) as stream:
                        last = await stream.get_final_message()
                    assert (said.content[0].type, last.content[0].type) == ("text", "text")
                with pytest.raises(anthropic.RateLimitError) as limited:
                    await client.messages.create(model="any", **asked)
                assert limited.value.response.headers["retry-after"] == "7"
            assert [(one["model"], one.get("stream")) for one in server.requests] == [
                ("any", None), ("any", True), ("any", None)
            ]  # fmt: skip
            await endpoints.aclose()

    asyncio.run(whole())


def test_a_model_without_a_server_is_refused_with_what_to_do() -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.NotFoundError, match="workbench login"):
            await stage.client.messages.create(
                model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "Hello"}]
            )

    play(story)


def test_who_asks_for_a_model_before_it_is_known_where_one_is_waits_and_a_later_word_counts() -> None:
    async def story() -> None:
        endpoints = Endpoints(None, offline_socket=None, probe=False, is_settled=False)
        asked = asyncio.create_task(endpoints.served("m"))
        # The offline model is asked for without it.
        assert isinstance(await endpoints.served("offline"), Endpoint)
        assert not asked.done()
        named = Endpoint("settings", "http://models.test")
        endpoints.use(named)
        endpoints.settle(None)
        assert endpoints.configured == named
        assert await asyncio.wait_for(asked, 10) == named
        await endpoints.aclose()

    asyncio.run(story())
