"""Searches: by the first service that has a key, else by a SearXNG; what was blocked is told from what was not found."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from workbench.contracts.values import Outcome, Session, text_outcome
from workbench.contracts.vault import VaultRefused
from workbench.contracts.web import NO_SEARCH, SEARCH_SERVICES, WayOut, WaysOut
from workbench.light import unix_http
from workbench.web import search_services
from workbench.web.addresses import NotAnAddress, is_permitted, read
from workbench.web.fetching import REASON_HEADER
from workbench.web.reading import fenced
from workbench.web.search_services import MOST_RESULTS, Asked, Found, Question

MOST_BYTES: Final = 2 << 20
TIME_S: Final = 20.0
PROBE_S: Final = 2.0
SEARXNG: Final = "SearXNG"


@dataclass(frozen=True)
class _Failed:
    why: str


@dataclass(frozen=True)
class Searches:
    """`searxng` is the one that the settings name, `places` are where else one is looked for."""

    ways: WaysOut
    searxng: str | None
    places: Sequence[str]

    async def outcome(self, session: Session, question: Question) -> Outcome:
        """What was found, or why nothing was."""
        try:
            async with asyncio.timeout(TIME_S):
                name, told = await self._told(session, question)
        except TimeoutError:
            name, told = "the search", _Failed(f"did not answer within {TIME_S:.0f} s.")
        except VaultRefused as refused:
            name, told = "the search", _Failed(f"was not asked: {refused}")
        if isinstance(told, _Failed):
            return text_outcome(f"web_search: {f'{name} {told.why}'.strip()}", is_error=True)
        try:
            found = search_services.answered(name, told)
        except ValueError as error:
            return text_outcome(f"web_search: {name} gave an answer that cannot be read: {error}", is_error=True)
        return _listed(name, question, _permitted(found, question))

    async def _told(self, session: Session, question: Question) -> tuple[str, Any | _Failed]:
        """The service's name and its answer."""
        for service in SEARCH_SERVICES:
            if (key := await self.ways.key_of(session, service)) is not None:
                try:
                    asked = search_services.asked(service.name, question)
                except ValueError as error:
                    return service.name, _Failed(str(error))
                async with self.ways.to_service(session, service, key) as out:
                    return service.name, await _answer(service.name, out, asked)
        place = self.searxng or await self._found_here(session)
        if place is None:
            return "", _Failed(NO_SEARCH)
        async with self.ways.to_searxng(session, place) as out:
            told = await _answer(SEARXNG, out, search_services.asked(SEARXNG, question))
        if search_services.is_blocked(told):
            return SEARXNG, _Failed(
                "found nothing, as the engines behind it are blocked or do not answer. Try again later."
            )
        return SEARXNG, told

    async def _found_here(self, session: Session) -> str | None:
        """A SearXNG on this machine; other servers have these ports, too."""
        for place in self.places:
            async with self.ways.to_searxng(session, place) as out:
                try:
                    async with asyncio.timeout(PROBE_S):
                        told = await _answer(SEARXNG, out, Asked("/config"))
                except TimeoutError:
                    continue
            if isinstance(told, dict) and "engines" in told:
                return place
        return None


async def _answer(name: str, out: WayOut, asked: Asked) -> Any | _Failed:
    """The JSON of an answer."""
    method, body = ("GET", None) if asked.body is None else ("POST", json.dumps(asked.body).encode())
    headers = {"accept": "application/json"} | ({} if body is None else {"content-type": "application/json"})
    transport = unix_http.transport(out.socket)
    try:
        async with (
            httpx2.AsyncClient(transport=transport, timeout=TIME_S, trust_env=False) as http,
            http.stream(method, out.base_url + asked.target, content=body, headers=headers) as answer,
        ):
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > MOST_BYTES:
                    return _Failed("gave an answer without an end.")
            if answer.status_code >= 300 or REASON_HEADER in answer.headers:
                return _Failed(_refusal(name, answer, content))
            return json.loads(content)
    except httpx2.HTTPError as error:
        return _Failed(f"could not be asked ({type(error).__name__}).")
    except (ValueError, RecursionError):
        return _Failed("gave an answer that is no JSON.")


def _refusal(name: str, answer: httpx2.Response, content: bytes) -> str:
    if (reason := answer.headers.get(REASON_HEADER)) is not None:
        words = " ".join(content[:300].decode("utf-8", errors="replace").split())
        return f"could not be asked: {words} ({reason[:50]})."
    status = 401 if search_services.refuses_key(name, content) else answer.status_code
    match status:
        case 403 if name == SEARXNG:
            return (
                "refuses answers in JSON. A person enables them in its settings.yml, with `json` in the list of `search:"
                " formats:`, and starts it again."
            )
        case 401 | 403:
            return (
                "blocked the search: it does not take the key. A person stores another with `workbench vault rotate`."
            )
        case 402 | 429 | 432 | 433:
            return "blocked the search: too many of them, or the plan is used up. Search again later, or not at all."
        case _:
            return f"answered with status {status}, and no results."


def _permitted(found: list[Found], question: Question) -> list[Found]:
    """Those that the agent's lists let through, each address once; what is refused is left out in silence."""
    kept: dict[str, Found] = {}
    for one in found:
        try:
            address = read(one.url)
        except NotAnAddress:
            continue
        if is_permitted(question.allowed, question.blocked, address.host, address.target):
            kept.setdefault(address.url, Found(one.title, address.url, one.age, one.snippet))
    return list(kept.values())[:MOST_RESULTS]


def _listed(name: str, question: Question, found: list[Found]) -> Outcome:
    if not found:
        return text_outcome(f"{name} was asked and found nothing for {question.query!r}.")
    lines = [
        "\n".join(line for line in (f"{place}. {one.title}", one.url, one.age, one.snippet) if line)
        for place, one in enumerate(found, 1)
    ]
    return text_outcome(fenced("results", "\n\n".join(lines), f"what {name} found"))
