"""The settings of web_search and web_fetch: what an agent may be given, and how it comes back."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.api.stage import Stage, play

CUSTOM = {"type": "custom", "name": "crawl", "description": "d", "input_schema": {"type": "object"}}


async def made(stage: Stage, *tools: Any, **config: Any) -> Any:
    """The resolved configuration of the one tool."""
    toolset = {"type": "agent_toolset_20260401", "configs": [config]}
    agent = await stage.client.beta.agents.create(name="a", model="offline", tools=[toolset, *tools])  # type: ignore[list-item]
    return agent.tools[0].configs[0].model_dump(mode="json")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "domains", "message"),
    [
        (
            "web_fetch",
            ["example.com/docs"],
            "allowed_domains.0: 'example.com/docs' has a path, which only web_search takes",
        ),
        ("web_search", ["ok.example.com", "co.uk"], "allowed_domains.1"),
        ("web_search", ["https://example.com"], "allowed_domains.0"),
        ("web_search", ["example.com:80"], "allowed_domains.0"),
        ("web_search", ["*.example.com"], "allowed_domains.0"),
        ("web_search", ["10.0.0.1"], "allowed_domains.0"),
        ("web_search", ["localhost"], "allowed_domains.0"),
        ("web_search", ["a.localhost"], "allowed_domains.0"),
        ("web_search", ["a.localdomain"], "allowed_domains.0"),
        ("web_search", ["a.invalid"], "allowed_domains.0"),
        ("web_search", ["a.internal"], "allowed_domains.0"),
        ("web_search", ["münchen.de"], "allowed_domains.0"),
        ("web_search", ["example.com/a?b"], "allowed_domains.0"),
        ("web_search", ["example.com/a b"], "allowed_domains.0"),
        ("web_search", ["example.com", "EXAMPLE.com/"], "distinct"),
        ("web_search", [], "1 to 64"),
    ],
)
def test_a_domain_that_no_list_may_have_is_refused_with_its_place(name: str, domains: list[str], message: str) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError, match=message.replace(".", r"\.")):
            await made(stage, name=name, allowed_domains=domains)

    play(story)


def test_domains_come_back_without_a_trailing_slash_and_a_path_stays_where_it_may_be() -> None:
    async def story(stage: Stage) -> None:
        fetch = await made(stage, name="web_fetch", blocked_domains=["example.com/", "xn--bcher-kva.example.co.uk"])
        assert fetch["blocked_domains"] == ["example.com", "xn--bcher-kva.example.co.uk"]
        search = await made(stage, name="web_search", allowed_domains=["example.com/docs/"])
        assert search["allowed_domains"] == ["example.com/docs"]

    play(story)


@pytest.mark.parametrize(
    "place", [{}, {"timezone": "Mars/Olympus"}, {"country": "XX"}, {"country": "de"}, {"city": None}]
)
def test_a_place_that_says_nothing_or_does_not_exist_is_refused(place: dict[str, Any]) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError, match="user_location"):
            await made(stage, name="web_search", user_location={"type": "approximate", **place})

    play(story)


def test_sources_are_taken_as_words_and_come_back_as_objects() -> None:
    async def story(stage: Stage) -> None:
        only = {"type": "only", "tools": [{"type": "tool_reference", "name": "crawl"}]}
        given = {"user_input": "none", "client_tool_results": only}
        fetch = await made(stage, CUSTOM, name="web_fetch", url_sources=given)
        assert fetch["url_sources"] == {
            "user_input": {"type": "none"},
            "client_tool_results": only,
            "server_tool_results": None,
        }
        assert (await made(stage, name="web_fetch"))["url_sources"] is None

    play(story)


@pytest.mark.parametrize(
    "sources",
    [
        {"user_input": "none", "client_tool_results": "none", "server_tool_results": {"type": "none"}},
        {"user_input": "some"},
        {"client_tool_results": {"type": "only", "tools": []}},
        {"client_tool_results": {"type": "only", "tools": [{"type": "tool_reference", "name": "crawl"}] * 2}},
        {"client_tool_results": {"type": "only", "tools": [{"type": "tool_reference", "name": "other"}]}},
        {"server_tool_results": {"type": "except", "tools": [{"type": "tool_reference", "name": "bash"}]}},
    ],
)
def test_sources_that_leave_nothing_or_name_what_is_not_there_are_refused(sources: dict[str, Any]) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(anthropic.BadRequestError):
            await made(stage, CUSTOM, name="web_fetch", url_sources=sources)

    play(story)
