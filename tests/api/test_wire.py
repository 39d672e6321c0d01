"""Transport: who may call, bodies, error bodies, headers."""

from __future__ import annotations

import pytest

from tests.api.stage import TOKEN, Stage, play


def test_either_header_carries_the_token_and_nothing_else_does() -> None:
    async def story(stage: Stage) -> None:
        for headers, status in (
            ({"authorization": f"Bearer {TOKEN}"}, 200),
            ({"authorization": "", "x-api-key": TOKEN}, 200),
            ({"authorization": "Bearer wrong"}, 401),
            ({"authorization": "", "x-api-key": "wrong"}, 401),
            ({"authorization": ""}, 401),
        ):
            answer = await stage.raw.get("/v1/agents", headers=headers)
            assert answer.status_code == status, headers
        assert answer.json()["error"]["type"] == "authentication_error"
        assert answer.json()["request_id"] == answer.headers["request-id"]

    play(story)


@pytest.mark.parametrize("host", ["rebound.example", "127.0.0.1", "127.0.0.1:1"])
def test_a_rebound_name_is_refused_even_with_the_token(host: str) -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.raw.get("/v1/agents", headers={"host": host})).status_code == 403

    play(story)


def test_a_web_page_is_refused_even_with_the_token() -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.raw.get("/v1/agents", headers={"origin": "https://evil.example"})).status_code == 403
        assert (await stage.raw.get("/v1/agents", headers={"origin": "null"})).status_code == 403
        own = f"http://127.0.0.1:{stage.port}"
        assert (await stage.raw.get("/v1/agents", headers={"origin": own})).status_code == 200

    play(story)


@pytest.mark.parametrize("content", [b"{", b"[]", b'"x"', b"\xff\xfe", b'{"name": "\\ud800", "model": "m"}'])
def test_a_body_that_is_no_json_object_is_refused(content: bytes) -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.raw.post("/v1/agents", content=content)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")

    play(story)


def test_a_body_over_32_megabytes_is_413() -> None:
    async def story(stage: Stage) -> None:
        answer = await stage.raw.post("/v1/agents", content=b" " * (32 * 1024 * 1024 + 1))
        assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")

    play(story)


def test_unknown_paths_and_methods_have_the_error_body_too() -> None:
    async def story(stage: Stage) -> None:
        for method, path, status in (
            ("GET", "/v1/nothing", 404),
            ("PATCH", "/v1/agents", 405),
            ("GET", "/v1/tunnels", 404),
        ):
            answer = await stage.raw.request(method, path)
            assert answer.status_code == status
            assert answer.json()["type"] == "error"
            assert answer.headers["request-id"].startswith("req_")

    play(story)


def test_a_slash_in_an_id_reaches_nothing() -> None:
    async def story(stage: Stage) -> None:
        assert (await stage.raw.get("/v1/sessions/sesn_x%2Farchive")).status_code == 400

    play(story)


def test_the_offline_model_is_listed_and_answers_messages_honestly() -> None:
    async def story(stage: Stage) -> None:
        models = [model.id async for model in stage.client.models.list()]
        assert models == ["offline"]
        message = await stage.client.messages.create(
            model="offline", max_tokens=100, messages=[{"role": "user", "content": "hello"}]
        )
        assert "offline" in message.to_json()
        assert (await stage.raw.post("/v1/messages", json={"model": "claude", "messages": []})).status_code == 404

    play(story)
