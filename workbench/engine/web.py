"""The tools of the web, carried out for a session under its agent's settings and its person's rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from workbench.contracts import agent_tools
from workbench.contracts.extraction import Extractor
from workbench.contracts.log import SessionLog
from workbench.contracts.permissions import Gate
from workbench.contracts.tools import WEB_FETCH, WEB_SEARCH
from workbench.contracts.values import Call, Entry, Json, Outcome, Session, text_outcome
from workbench.contracts.vault import Vault
from workbench.contracts.web import SEARXNG_PLACES, WaysOut
from workbench.engine.wrappers.redacted import without_secrets
from workbench.events import primary_thread_id
from workbench.web import url_sources
from workbench.web.addresses import Address, NotAnAddress, common, is_permitted, read
from workbench.web.fetching import TIME_S, NotFetched, Page, fetched
from workbench.web.page_cache import PageCache
from workbench.web.reading import Reading, outcome_of
from workbench.web.search_services import Question
from workbench.web.searching import Searches

MOST_SEARCHES: Final = 200
_MOST_QUERY: Final = 400
_CACHED: Final = 200
"""The status of pages that are kept."""


@dataclass(frozen=True, kw_only=True)
class WebTools:
    """See `contracts.web.Web`."""

    log: SessionLog
    ways: WaysOut
    vault: Vault
    extractor: Extractor
    gate: Callable[[], Gate]
    searxng: str | None = None
    searxng_places: Sequence[str] = SEARXNG_PLACES
    cache: PageCache = field(default_factory=PageCache)
    page_time_s: float = TIME_S

    async def answered(self, session: Session, thread_id: str, call: Call) -> Outcome:
        given = self._searched if call.name == WEB_SEARCH.name else self._fetched
        return await without_secrets(self.vault, session, await given(session, thread_id, call.input))

    # ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _fetched(self, session: Session, thread_id: str, given: Json) -> Outcome:
        reading = _reading(given, _settings(session, WEB_FETCH.name))
        if reading is None:
            return _error(WEB_FETCH.name, "url and pages are texts, from_character is a number from 0 on.")
        try:
            address = read(given["url"])
        except NotAnAddress as fault:
            return _error(WEB_FETCH.name, f"{given['url'][:200]!r} cannot be fetched: {fault}.")
        if why := await self._refusal(session, thread_id, address):
            return _error(WEB_FETCH.name, why)
        page = self.cache.page(session.id, address.url) or await self._asked(session, address)
        if isinstance(page, NotFetched):
            return _error(WEB_FETCH.name, page.why)
        return await outcome_of(page, reading, self.extractor)

    async def _asked(self, session: Session, address: Address) -> Page | NotFetched:
        page = await fetched(
            address,
            lambda origin: self.ways.to_page(session, origin),
            lambda before, after: self._objection(session, before, after),
            time_s=self.page_time_s,
        )
        if isinstance(page, Page) and page.status == _CACHED:
            self.cache.keep(session.id, address.url, page)
        return page

    async def _refusal(self, session: Session, thread_id: str, address: Address) -> str | None:
        """Why the agent's settings do not let this address be fetched."""
        settings = _settings(session, WEB_FETCH.name)
        if not _is_permitted(settings, address):
            return f"url_not_allowed: the agent's lists of domains do not let {address.host} be fetched."
        # Without a word of the agent's, every source counts; an address that the agent made up is never fetched.
        sources = settings.get("url_sources") or {}
        # Off the loop: a session may have read many long pages.
        seen = await asyncio.to_thread(url_sources.shown, await self._log(session, thread_id), sources)
        if session.is_child and address.url not in seen:
            # What an agent that was started is told to read, its coordinator was shown: one that made it up could not read it either.
            above = await self._log(session, primary_thread_id(session.id))
            seen = await asyncio.to_thread(url_sources.shown, above, sources)
        if address.url not in seen:
            return (
                f"url_not_allowed: this agent fetches only addresses that the conversation has shown, in the user's messages"
                f" or in results of searches and pages, and {address.url} is none of them. The user can write it in a message."
            )
        return None

    def _objection(self, session: Session, before: Address, after: Address) -> str | None:
        """Why a redirect is not followed: another host must be one that this very call might have named."""
        if before.scheme == "https" and after.scheme == "http":
            return "it leads from https to http."
        if after.host == before.host:
            return None
        if not _is_permitted(_settings(session, WEB_FETCH.name), after):
            return f"url_not_allowed: the agent's lists of domains do not let {after.host} be fetched."
        match self.gate().verdict(session, WEB_FETCH.name, {"url": after.url}, {}).permission:
            case "allow":
                return None
            case "deny":
                return "a rule forbids that host."
            case _:
                return "that host needs the user's permission; call web_fetch with that address to ask for it."

    # ── searches ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _searched(self, session: Session, thread_id: str, given: Json) -> Outcome:
        query = given.get("query")
        if not isinstance(query, str) or not 0 < len(query.strip()) <= _MOST_QUERY:
            return _error(WEB_SEARCH.name, f"query is a text of 1 to {_MOST_QUERY} characters.")
        made = [entry for entry in await self._log(session, thread_id) if _is_search(entry)]
        if len(made) > MOST_SEARCHES:
            return _error(
                WEB_SEARCH.name, f"this session has made its {MOST_SEARCHES} searches; go on with what they found."
            )
        settings = _settings(session, WEB_SEARCH.name)
        question = Question(
            query.strip(),
            settings.get("allowed_domains") or (),
            settings.get("blocked_domains") or (),
            settings.get("user_location") or {},
        )
        return await Searches(self.ways, self.searxng, self.searxng_places).outcome(session, question)

    async def _log(self, session: Session, thread_id: str) -> list[Entry]:
        """What the thread has, and the primary one, which the user speaks to."""
        entries = await self.log.read(session.id)
        return (
            entries
            if thread_id == session.thread_id
            else entries + await self.log.read(session.id, thread_id=thread_id)
        )


def _is_search(entry: Entry) -> bool:
    return entry.event.type == "agent.tool_use" and entry.event.name == WEB_SEARCH.name


def _settings(session: Session, name: str) -> Json:
    own = _own_settings(session.agent, name)
    return own if session.parent_agent is None else _narrowed(own, _own_settings(session.parent_agent, name))


def _own_settings(agent: Json, name: str) -> Json:
    entry = agent_tools.toolset(agent)
    return {} if entry is None else agent_tools.settings_of(entry, name)


def _narrowed(own: Json, above: Json) -> Json:
    """The settings of an agent that was started: its lists of domains under those of the agent that started it."""
    blocked = [*(own.get("blocked_domains") or ()), *(above.get("blocked_domains") or ())]
    lists = [one for one in (own.get("allowed_domains"), above.get("allowed_domains")) if one]
    allowed = common(*lists) if len(lists) == 2 else lists[0] if lists else None
    narrowed = {**own, "blocked_domains": blocked or None, "allowed_domains": allowed}
    return {key: value for key, value in narrowed.items() if value is not None}


def _is_permitted(settings: Json, address: Address) -> bool:
    return is_permitted(settings.get("allowed_domains"), settings.get("blocked_domains"), address.host)


def _reading(given: Json, settings: Json) -> Reading | None:
    """What a call wants; None for an input of the wrong kinds."""
    start, pages = given.get("from_character", 0), given.get("pages", "")
    is_number = isinstance(start, int) and not isinstance(start, bool) and start >= 0
    if not isinstance(given.get("url"), str) or not is_number or not isinstance(pages, str):
        return None
    return Reading(start, settings.get("max_content_tokens"), pages)


def _error(name: str, why: str) -> Outcome:
    return text_outcome(f"{name}: {why}", is_error=True)
