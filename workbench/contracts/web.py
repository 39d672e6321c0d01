"""What the web's tools need and promise: a way out for each address, and an outcome for each call."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from workbench.contracts.values import Call, Outcome, Session, text_outcome


@dataclass(frozen=True)
class SearchService:
    """A search service that wants a key: its `host`, and the `scheme` with which a route puts the key in."""

    name: str
    host: str
    scheme: str


SEARCH_SERVICES: Final = (
    SearchService("Brave", "api.search.brave.com", "x-subscription-token"),
    SearchService("Tavily", "api.tavily.com", "bearer"),
    SearchService("Exa", "api.exa.ai", "x-api-key"),
)
"""In the order in which they are used: the first one that has a key."""
SEARXNG_PLACES: Final = ("http://127.0.0.1:8080", "http://127.0.0.1:8888")
"""Where a SearXNG of this machine is looked for."""
NO_SEARCH: Final = (
    "there is no search. A person adds one: a key of Brave, Tavily or Exa (`workbench vault add BRAVE_API_KEY --host"
    ' api.search.brave.com`, `api.tavily.com` or `api.exa.ai`), or a SearXNG (`[web] searxng = "http://…"` in settings.toml, or'
    " one on 127.0.0.1:8080 or :8888). A page whose address is known can be read with web_fetch."
)


@dataclass(frozen=True)
class WayOut:
    """Where an origin is reached: a base URL of plain HTTP, on a Unix socket of the vault."""

    base_url: str
    socket: Path


@dataclass(frozen=True)
class Posted:
    """What a POST gave: a status, or an error without one; `is_refused` where the address is one that nothing may go to."""

    status: int | None
    error: str = ""
    is_refused: bool = False


@dataclass(frozen=True)
class Asked:
    """One request of the engine's own to a service that its owner named; `key_as` says how the key of a vault goes along."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes = b""
    key_as: str | None = None


@dataclass(frozen=True)
class Answered:
    """What was answered, whole; without a status `error` says why nothing was."""

    status: int | None
    headers: dict[str, str]
    body: bytes = b""
    error: str = ""


class WaysOut(Protocol):
    """Opens ways out for a session; each is closed when it is left. They raise `VaultRefused` for what is no origin."""

    def to_page(self, session: Session, origin: str) -> AbstractAsyncContextManager[WayOut]:
        """To the origin of a page (scheme, host and port), without any credential; private only where its owner named it."""

    def to_service(
        self, session: Session, service: SearchService, credential_id: str
    ) -> AbstractAsyncContextManager[WayOut]:
        """To a search service, with a key that only the vault knows."""

    def to_searxng(self, session: Session, base_url: str) -> AbstractAsyncContextManager[WayOut]:
        """To a SearXNG that the settings name, or that is looked for on this machine."""

    async def post(self, url: str, headers: dict[str, str], content: bytes) -> Posted:
        """One POST of the engine's own; to this machine and to private hosts only where their owner named them."""

    async def ask(self, asked: Asked) -> Answered:
        """One request of the engine's own, as `post`; the answer's body is read."""

    async def key_of(self, session: Session, service: SearchService) -> str | None:
        """The session's credential for the service's host, by id; None where it has none."""


class Web(Protocol):
    """The tools of the web. What fails is an outcome, never raised."""

    async def answered(self, session: Session, thread_id: str, call: Call) -> Outcome:
        """Carry out a call that the gate let through; cancelling the task ends it. It changes nothing and may be repeated."""


class NoWeb:
    """Where there is no way out."""

    async def answered(self, session: Session, thread_id: str, call: Call) -> Outcome:
        return text_outcome(f"{call.name}: this engine has no way into the web.", is_error=True)
