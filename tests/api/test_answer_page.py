"""A question answered from elsewhere: one link, one session, one answer; another name, another page and an old link get nothing."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.api.stage import WAIT_S, Stage, play
from tests.api.test_permissions import ASKS
from tests.trivial.model import calls, says
from workbench import settings
from workbench.api.answer_page import AnswerListener
from workbench.engine.automation.answer_links import GOOD_FOR

EDIT: Any = ("edit", {"file_path": "/workspace/till.py", "old_string": "a = 1\nb = 2", "new_string": "a = 1\nb = 3"})
SHELL: Any = ("bash", {"command": "make test"})


@contextlib.asynccontextmanager
async def page(stage: Stage) -> AsyncIterator[httpx2.AsyncClient]:
    """The page at a port of the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    links = stage.engine.answer_links
    links.base_url = f"http://127.0.0.1:{port}"
    listener = AnswerListener(links, ("127.0.0.1", port))
    await listener.open()
    async with httpx2.AsyncClient(base_url=links.base_url, trust_env=False, timeout=WAIT_S) as client:
        yield client
    await listener.close()


async def asked(stage: Stage) -> tuple[str, str]:
    """A session that waits, and the token of its link."""
    session = await stage.session("go", tools=ASKS, title="mend the till")
    await stage.until_idle(session.id)
    link = await stage.engine.answer_links.link(session.id)
    assert link is not None
    return session.id, link.partition("#")[2]


def test_a_link_shows_the_call_with_its_diff_and_takes_one_answer() -> None:
    async def story(stage: Stage) -> None:
        async with page(stage) as client:
            session_id, token = await asked(stage)
            headers = {"x-workbench-answer": token}
            shown = (await client.get("/call", headers=headers)).json()
            assert shown["session"] == "mend the till"
            [call] = shown["calls"]
            assert (call["name"], call["diff"]) == ("edit", [" a = 1", "-b = 2", "+b = 3"])
            wrong: list[Any] = [{}, {"answers": {}}, {"answers": {call["id"]: "always"}}, {"answers": {"x": "allow"}}]
            for body in wrong:
                assert (await client.post("/call", headers=headers, json=body)).status_code == 400
            body = {"answers": {call["id"]: "deny"}}

            async def answers() -> None:
                assert (await client.post("/call", headers=headers, json=body)).json() == {"answered": 1}

            seen = await stage.until_idle(session_id, then=answers())
            *_, said = [event for event in seen if event.type == "user.tool_confirmation"]
            assert (said.tool_use_id, said.result) == (call["id"], "deny")
            again = await client.post("/call", headers=headers, json=body)
            assert (again.status_code, "was used" in again.json()["error"]) == (409, True)
            assert await stage.engine.answer_links.link(session_id) is None, "nothing waits any more"

    play(story, script=[calls(EDIT), says("Then not.")])


def test_an_answer_from_elsewhere_ends_a_link_and_a_new_question_ends_the_one_before() -> None:
    async def story(stage: Stage) -> None:
        async with page(stage) as client:
            session_id, first = await asked(stage)
            second = str(await stage.engine.answer_links.link(session_id)).partition("#")[2]
            assert (await client.get("/call", headers={"x-workbench-answer": first})).status_code == 404
            shown = (await client.get("/call", headers={"x-workbench-answer": second})).json()
            assert [one["text"] for one in shown["calls"]] == ["make test", "make test"]
            event: Any = [
                {"type": "user.tool_confirmation", "tool_use_id": one["id"], "result": "allow"}
                for one in shown["calls"]
            ]
            await stage.until_idle(session_id, then=stage.client.beta.sessions.events.send(session_id, events=event))
            late = await client.get("/call", headers={"x-workbench-answer": second})
            assert (late.status_code, late.json()["error"]) == (
                409,
                "the question was answered elsewhere, or the session has ended",
            )

    play(story, script=[calls(SHELL, SHELL), says("Done.")])


def test_a_link_ends_by_itself_and_none_is_kept() -> None:
    async def story(stage: Stage) -> None:
        async with page(stage) as client:
            _, token = await asked(stage)
            kept = [one.body | {"id": one.id} for one in await stage.log.newest("answer_link")]
            assert token not in str(kept)
            links, now = stage.engine.answer_links, stage.engine.clock
            links.clock = lambda: now() + GOOD_FOR + timedelta(seconds=1)
            for given in (token, "", "x" * 43):
                answer = await client.get("/call", headers={"x-workbench-answer": given})
                assert (answer.status_code, "not valid" in answer.json()["error"]) == (404, True)

    play(story, script=[calls(SHELL)])


def test_the_page_is_static_and_strict_and_answers_to_its_own_name_alone() -> None:
    async def story(stage: Stage) -> None:
        async with page(stage) as client:
            for path, kind in (("/", "text/html"), ("/answer.js", "text/javascript"), ("/answer.css", "text/css")):
                got = await client.get(path)
                assert (got.status_code, got.headers["content-type"].split(";")[0]) == (200, kind)
                assert "default-src 'none'; script-src 'self'" in got.headers["content-security-policy"]
                assert got.headers["referrer-policy"] == "no-referrer"
            assert "innerHTML" not in (await client.get("/answer.js")).text
            assert (await client.get("/v1/sessions")).status_code == 404
            assert (await client.get("/call", headers={"host": "evil.example"})).status_code == 403
            assert (await client.post("/call", headers={"origin": "https://evil.example"}, json={})).status_code == 403
            assert (await client.post("/call", content=b"[" * 20_000)).status_code == 413

    play(story)


def test_an_address_that_cannot_be_listened_on_is_trouble_and_no_link_is_made() -> None:
    async def story(stage: Stage) -> None:
        links = stage.engine.answer_links
        links.base_url = "http://192.0.2.7:4183"
        await AnswerListener(links, ("192.0.2.7", 4183)).open()
        assert "192.0.2.7:4183 cannot be listened on" in links.trouble
        assert links.base_url is None

    play(story)


@pytest.mark.parametrize(
    ("said", "gives"),
    [
        ('answer_address = "127.0.0.1:4183"', "http://127.0.0.1:4183"),
        ('answer_address = "[fd7a::1]:4183"', "http://[fd7a::1]:4183"),
        ('answer_address = "127.0.0.1:4183"\nanswer_url = "https://desk.example.net"', "https://desk.example.net"),
        ('answer_address = "0.0.0.0:4183"', "not all of them"),
        ('answer_address = "4183"', "an address with a port"),
        ('answer_url = "https://desk.example.net"', "goes with notices.answer_address"),
    ],
)
def test_the_address_is_named_in_the_settings(said: str, gives: str, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f"[notices]\n{said}\n")
    environ = {"WORKBENCH_HOME": str(tmp_path)}
    if gives.startswith("http"):
        assert settings.load(environ).answer_url == gives
        return
    with pytest.raises(settings.SettingsError, match=gives):
        settings.load(environ)
