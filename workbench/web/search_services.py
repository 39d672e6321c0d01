"""Search services: how each is asked, and what its answer says."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from workbench.contracts.values import Json

MOST_RESULTS: Final = 10
_MOST_SNIPPET: Final = 500
_MOST_TITLE: Final = 200
_TAG: Final = re.compile(r"<[^<>]{0,200}>")


@dataclass(frozen=True)
class Found:
    """One page that a search found; `age` is a date or what the service says in its place."""

    title: str
    url: str
    age: str
    snippet: str


@dataclass(frozen=True)
class Question:
    """What to ask: the domains are an agent's own lists, `place` its `user_location`."""

    query: str
    allowed: Sequence[str] = ()
    blocked: Sequence[str] = ()
    place: Mapping[str, Any] = field(default_factory=dict)

    @property
    def country(self) -> str:
        return str(self.place.get("country") or "")


@dataclass(frozen=True)
class Asked:
    """An HTTP request to a service."""

    target: str
    body: Json | None = None


def asked(service: str, question: Question) -> Asked:
    """The request for a service's name, or of a SearXNG."""
    hosts = [entry.partition("/")[0] for entry in question.allowed]
    match service:
        case "Brave":
            country = {"country": question.country} if question.country else {}
            return Asked(
                "/res/v1/web/search?" + urlencode({"q": _with_sites(question), "count": 2 * MOST_RESULTS} | country)
            )
        case "Tavily":
            body: Json = {"query": question.query, "max_results": 2 * MOST_RESULTS}
            body |= {"include_domains": hosts} if hosts else {}
            return Asked("/search", body | ({"exclude_domains": list(question.blocked)} if question.blocked else {}))
        case "Exa":
            body = {
                "query": question.query,
                "numResults": 2 * MOST_RESULTS,
                "contents": {"text": {"maxCharacters": _MOST_SNIPPET}},
            }
            body |= {"includeDomains": list(question.allowed)} if question.allowed else {}
            body |= {"excludeDomains": list(question.blocked)} if question.blocked else {}
            return Asked("/search", body | ({"userLocation": question.country} if question.country else {}))
        case _:
            return Asked("/search?" + urlencode({"q": _with_sites(question), "format": "json"}))


def _with_sites(question: Question) -> str:
    """The query with the only hosts that may come; which results come is looked at again."""
    hosts = [f"site:{entry.partition('/')[0]}" for entry in question.allowed]
    return f"{question.query} ({' OR '.join(hosts)})" if hosts else question.query


def answered(service: str, told: Any) -> list[Found]:
    """The pages that an answer lists.

    Raises:
        ValueError: it is no answer of this service.
    """
    # Brave leaves out what it found nothing of.
    holder = told.get("web", {"results": []}) if service == "Brave" and isinstance(told, dict) else told
    results = holder.get("results") if isinstance(holder, dict) else None
    if not isinstance(results, list):
        raise ValueError(f"no list of results came from {service}")
    found = [_found(one) for one in results if isinstance(one, dict)]
    return [one for one in found if one.url]


def _found(one: Json) -> Found:
    snippet = one.get("description") or one.get("content") or one.get("text") or one.get("snippet")
    age = one.get("page_age") or one.get("age") or one.get("published_date") or one.get("publishedDate")
    return Found(
        _line(one.get("title"), _MOST_TITLE),
        one["url"] if isinstance(one.get("url"), str) else "",
        _line(age, 40),
        _line(snippet, _MOST_SNIPPET),
    )


def _line(text: Any, most: int) -> str:
    """In one line, without the marks of HTML."""
    plain = " ".join(html.unescape(_TAG.sub("", text)).split()) if isinstance(text, str) else ""
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def is_blocked(told: Any) -> bool:
    """Whether a SearXNG found nothing because the engines behind it gave nothing."""
    return isinstance(told, dict) and not told.get("results") and bool(told.get("unresponsive_engines"))
