"""What an agent's settings and its person's rules let web_fetch read, at every hop; every name leads to the test's own server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.brain.stage import SESSION_ID
from tests.vault.origin import Origin, Seen, ok
from tests.web.stage import WebStage, called, gave, message, play, with_names
from workbench.contracts.values import Json
from workbench.permissions.gate import RuledGate
from workbench.permissions.rules import load
from workbench.web.addresses import common

OPEN = "https://open.example/"


def _redirecting(seen: Seen) -> bytes:
    """`/to/HOST` leads there, everything else is a page."""
    path = seen.line.split(" ")[1]
    if path.startswith("/to/"):
        to = path.removeprefix("/to/")
        return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()
    return ok(f"a page of {seen.header('host')}".encode(), "Content-Type: text/plain")


def _played(story: Any, answers: dict[str, Any] | None = None) -> None:
    async def whole() -> None:
        async with Origin(_redirecting) as origin, with_names(origin, answers) as (stage, _):
            await story(stage, origin)

    play(whole)


def test_lists_of_domains_hold_for_hosts_below_and_for_every_redirect() -> None:
    async def story(stage: WebStage, origin: Origin) -> None:
        stage.set("web_fetch", blocked_domains=["Evil.example"])
        for url in ("https://evil.example/", "https://a.b.evil.example/", f"{OPEN}to/https://www.evil.example/x"):
            text, is_error = await stage.fetch(url)
            assert is_error
            assert "url_not_allowed" in text
        assert "a page of notevil.example" in (await stage.fetch("https://notevil.example/"))[0]
        stage.set("web_fetch", allowed_domains=["open.example"])
        assert "a page of docs.open.example" in (await stage.fetch("https://docs.open.example/"))[0]
        for url in ("https://other.example/", f"{OPEN}to/https://other.example/"):
            assert "url_not_allowed" in (await stage.fetch(url))[0]
        assert [host for host, *_ in stage.decided] == [
            "open.example",
            "notevil.example",
            "docs.open.example",
            "open.example",
        ]

    _played(story)


def test_a_redirect_to_another_host_is_followed_where_the_call_might_have_named_it(tmp_path: Path) -> None:
    file = tmp_path / "permissions.toml"
    file.write_text('deny = ["web_fetch(domain:evil.example)"]\nallow = ["web_fetch(domain:open.example)"]\n')

    async def story(stage: WebStage, origin: Origin) -> None:
        object.__setattr__(stage.tools, "gate", lambda: RuledGate(load(file)))
        text, is_error = await stage.fetch(f"{OPEN}to/https://friend.example/x?y=1")
        assert text.startswith("https://friend.example/x?y=1\nstatus 200")
        assert not is_error
        assert "a rule forbids that host" in (await stage.fetch(f"{OPEN}to/https://evil.example/"))[0]
        stage.set("web_fetch", permission_policy={"type": "auto"})
        text, is_error = await stage.fetch(f"{OPEN}to/https://friend.example/")
        assert "needs the user's permission; call web_fetch with that address" in text
        assert is_error
        assert "a page of open.example" in (await stage.fetch(f"{OPEN}to/{OPEN}inner"))[0]
        assert "from https to http" in (await stage.fetch(f"{OPEN}to/http://open.example/"))[0]

    _played(story)


def test_a_name_that_leads_inside_is_refused_at_each_look_and_told_once() -> None:
    async def story(stage: WebStage, origin: Origin) -> None:
        assert "(private_address)" in (await stage.fetch("https://inside.example/"))[0]
        assert "(private_address)" in (await stage.fetch(f"{OPEN}to/https://inside.example/"))[0]
        assert stage.decided == [
            ("inside.example", 443, False, "private_address"),
            ("open.example", 443, True, ""),
            ("inside.example", 443, False, "private_address"),
        ]
        assert [seen.header("host") for seen in origin.seen] == ["open.example"]

    _played(story, {"inside.example": ["10.0.0.7"]})


def test_no_cookie_no_password_and_no_credential_goes_along() -> None:
    async def story(stage: WebStage, origin: Origin) -> None:
        await stage.key("open.example")
        await stage.fetch(OPEN)
        names = {line.partition(b":")[0].lower() for line in origin.seen[0].head.split(b"\r\n")[1:]}
        assert names == {b"host", b"accept", b"accept-encoding", b"accept-language", b"user-agent"}

    _played(story)


SHOWN = "https://shown.example/a?b=1"
SEEN: dict[str, list[Json]] = {
    "user": [message(f"Read [this]({SHOWN}). And <https://two.example>.")],
    "bare": [message("Look at shown.example/a?b=1, and at me@two.example.")],
    "plain": [message("Look at http://shown.example/a?b=1")],
    "custom": [
        {"id": "sevt_c", "type": "agent.custom_tool_use", "name": "lookup", "input": {}},
        {
            "type": "user.custom_tool_result",
            "custom_tool_use_id": "sevt_c",
            "content": [{"type": "text", "text": f"see {SHOWN}"}],
        },
    ],
    "search": [called("sevt_s", "web_search", {"query": "x"}), gave("sevt_s", f"1. Title\n{SHOWN}\nwords")],
    "fetch": [called("sevt_f", "web_fetch", {"url": "https://a.example"}), gave("sevt_f", f"[x]({SHOWN}#part)")],
    "bash": [called("sevt_b", "bash", {"command": "cat x"}), gave("sevt_b", SHOWN)],
    "nobody": [{"type": "agent.message", "content": [{"type": "text", "text": SHOWN}]}],
}


@pytest.mark.parametrize(
    ("seen_in", "sources", "is_fetched"),
    [
        ("user", {}, True),
        ("user", {"user_input": "none"}, False),
        ("bare", {}, True),
        ("bare", {"user_input": "none"}, False),
        ("plain", {}, True),
        ("custom", {}, True),
        ("custom", {"client_tool_results": "none"}, False),
        (
            "custom",
            {"client_tool_results": {"type": "only", "tools": [{"type": "tool_reference", "name": "lookup"}]}},
            True,
        ),
        (
            "custom",
            {"client_tool_results": {"type": "except", "tools": [{"type": "tool_reference", "name": "lookup"}]}},
            False,
        ),
        ("search", {}, True),
        (
            "search",
            {"server_tool_results": {"type": "only", "tools": [{"type": "tool_reference", "name": "web_fetch"}]}},
            False,
        ),
        (
            "fetch",
            {"server_tool_results": {"type": "only", "tools": [{"type": "tool_reference", "name": "web_fetch"}]}},
            True,
        ),
        ("fetch", {"server_tool_results": "none"}, False),
        ("bash", {}, False),
        ("nobody", {}, False),
        ("nobody", None, False),
        ("user", None, True),
    ],
)
def test_only_what_the_named_sources_have_shown_is_fetched(
    seen_in: str, sources: Json | None, is_fetched: bool
) -> None:
    async def story(stage: WebStage, origin: Origin) -> None:
        await stage.happened(*SEEN[seen_in])
        stage.set("web_fetch", url_sources=sources)
        text, is_error = await stage.fetch(SHOWN, is_named=False)
        assert is_error != is_fetched
        assert ("url_not_allowed" in text) != is_fetched
        assert "url_not_allowed" in (await stage.fetch(f"{SHOWN}&stolen=words", is_named=False))[0]
        assert all(one.event.processed_at for one in await stage.log.read(SESSION_ID))

    _played(story)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (["a.example"], ["a.example", "b.example"], ["a.example"]),
        (["docs.a.example", "c.example"], ["A.example"], ["docs.a.example"]),
        (["a.example/docs"], ["a.example"], ["a.example/docs"]),
        (["nota.example"], ["a.example"], ["nothing.invalid"]),
    ],
)
def test_two_lists_let_through_what_both_do(one: list[str], other: list[str], both: list[str]) -> None:
    assert common(one, other) == both
    assert common(other, one) == both


def test_an_agent_that_was_started_reads_within_the_lists_of_the_one_that_started_it() -> None:
    async def story(stage: WebStage, origin: Origin) -> None:
        above = {**stage.session.agent}
        stage.set("web_fetch", allowed_domains=["open.example"])
        lead = stage.session.agent
        stage.session = replace(stage.session, agent=above, parent_agent=lead, thread_role="subagent")
        assert "a page of open.example" in (await stage.fetch(OPEN))[0]
        assert "url_not_allowed" in (await stage.fetch("https://friend.example/"))[0]

    _played(story)
