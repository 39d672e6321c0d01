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
_MOST_OF_BRAVE: Final = 400
_MOST_WORDS_OF_BRAVE: Final = 50
"""Of a query, as its reference says. Those of the others take what the tool takes."""
_COUNTRIES_OF_BRAVE: Final = frozenset(
    [
        "AR",
        "AT",
        "AU",
        "BE",
        "BR",
        "CA",
        "CH",
        "CL",
        "CN",
        "DE",
        "DK",
        "ES",
        "FI",
        "FR",
        "GB",
        "HK",
        "ID",
        "IN",
        "IT",
        "JP",
        "KR",
        "MX",
        "MY",
        "NL",
        "NO",
        "NZ",
        "PH",
        "PL",
        "PT",
        "RU",
        "SA",
        "SE",
        "TR",
        "TW",
        "US",
        "ZA",
    ]
)
_EVERYWHERE: Final = "ALL"
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
    """The request for a service's name, or of a SearXNG.

    Raises:
        ValueError: the service takes no query of this length; the text says of which.
    """
    hosts = [entry.partition("/")[0] for entry in question.allowed]
    match service:
        case "Brave":
            if not _is_short(question.query):
                raise ValueError(f"takes a query of {_MOST_WORDS_OF_BRAVE} words at most. Ask in fewer.")
            # One that it does not list is refused, and none means the United States.
            listed = question.country if question.country in _COUNTRIES_OF_BRAVE else _EVERYWHERE
            country = {"country": listed} if question.country else {}
            # Which results come is looked at again, so that a query without its hosts finds less, and nothing else.
            query = with_sites if _is_short(with_sites := _with_sites(question)) else question.query
            return Asked("/res/v1/web/search?" + urlencode({"q": query, "count": 2 * MOST_RESULTS} | country))
        case "Tavily":
            body: Json = {"query": question.query, "max_results": 2 * MOST_RESULTS}
            body |= {"include_domains": hosts} if hosts else {}
            # Domains alone: of one with a path, more would be left out than is meant.
            blocked = [entry for entry in question.blocked if "/" not in entry]
            return Asked("/search", body | ({"exclude_domains": blocked} if blocked else {}))
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


def _is_short(query: str) -> bool:
    return len(query) <= _MOST_OF_BRAVE and len(query.split()) <= _MOST_WORDS_OF_BRAVE


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


def refuses_key(service: str, content: bytes) -> bool:
    """Whether a refusal of a status that means other things too is one of the key: Brave says so with 422."""
    return service == "Brave" and b"SUBSCRIPTION_TOKEN_INVALID" in content


def is_blocked(told: Any) -> bool:
    """Whether a SearXNG found nothing because the engines behind it gave nothing."""
    return isinstance(told, dict) and not told.get("results") and bool(told.get("unresponsive_engines"))
