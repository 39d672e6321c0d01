"""The services that a person named: where each is, from when on its sessions are mirrored, and one request to it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field

from workbench import clock as moments
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked, conflict, not_found
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.contracts.vault import VaultRefused
from workbench.contracts.web import Answered, Asked
from workbench.events import timestamp
from workbench.text.strict_json import NotStrict, loads
from workbench.vault.proxy.policy import REASONS

KIND: Final = "hosted_service"
BETAS: Final = "managed-agents-2026-04-01"
_MEMORY_BETA: Final = "agent-memory-2026-07-22"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_LOST: Final = "the vault has its key no more: `workbench vault list` names it, `workbench vault rotate NAME --vault hosted` gives it again"
_PASSED_ON: Final = ("content-type", "accept")

Ask = Callable[[Asked], Awaitable[Answered]]


class AddService(Body):
    """A base URL as the SDK takes it; `since` is the first moment whose sessions are wanted."""

    name: str
    base_url: Annotated[str, Field(max_length=500)]
    since: str


class Away(Exception):
    """The service gives no answer; the text says why."""


@dataclass(frozen=True)
class HostedServices:
    """`ask` is None where the engine has no way out."""

    documents: Documents
    ask: Ask | None
    clock: Clock

    async def add(self, body: Json) -> Json:
        """Name a service, after it has answered.

        Raises:
            Refused: it cannot be, or does not answer as this API does.
        """
        given = checked(AddService, body)
        if not _NAME.fullmatch(given.name):
            raise Refused("name: must be lower-case letters, digits and hyphens, at most 32")
        if await self.documents.get(KIND, given.name) is not None:
            raise conflict(f"there is a service {given.name!r} already; remove it first")
        service = {"name": given.name, "type": KIND, "base_url": _base_url(given.base_url)}
        service |= {"since": timestamp(_moment(given.since)), "created_at": timestamp(self.clock())}
        try:
            answer = await self.request(service, "GET", "/v1/sessions?limit=1")
        except Away as away:
            raise Refused(f"{service['base_url']}: {away}") from None
        if answer.status != 200 or "data" not in read(answer):
            raise Refused(f"{service['base_url']} answers {answer.status}: {said(answer)}")
        await self.documents.put(Document(KIND, given.name, 1, service))
        return service

    async def all(self) -> list[Json]:
        return [one.body for one in await self.documents.newest(KIND)]

    async def get(self, name: str) -> Json:
        """Raises: Refused: 404."""
        found = await self.documents.get(KIND, name)
        if found is None:
            raise not_found("hosted service", name)
        return found.body

    async def remove(self, name: str) -> None:
        """Raises: Refused: 404."""
        await self.get(name)
        await self.documents.remove(KIND, name)

    async def request(
        self, service: Json, method: str, target: str, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answered:
        """One request with the key that a vault has for the service's host; `target` is the path with its query.

        Raises:
            Away: nothing answers, or no key is there.
        """
        if self.ask is None:
            raise Away("this engine has no way out")
        sent = {name: value for name, value in (headers or {}).items() if name in _PASSED_ON}
        beta = _MEMORY_BETA if target.startswith("/v1/memory_stores") else BETAS
        sent |= {"anthropic-version": "2023-06-01", "anthropic-beta": beta}
        if content:
            sent.setdefault("content-type", "application/json")
        try:
            answer = await self.ask(Asked(method, service["base_url"] + target, sent, content, "bearer"))
        except VaultRefused as refused:
            raise Away(str(refused)) from None
        if answer.status is None:
            raise Away(_LOST if answer.error == "credential_missing" else REASONS.get(answer.error, answer.error))
        return answer


def read(answer: Answered) -> Json:
    """The body as an object; empty where it is none."""
    try:
        body = loads(answer.body) if answer.body.strip() else {}
    except NotStrict:
        return {}
    return body if isinstance(body, dict) else {}


def said(answer: Answered) -> str:
    """The words of an error answer."""
    error = read(answer).get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return str(message or answer.body[:200].decode("utf-8", "replace") or "nothing")[:500]


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    is_local = parts.hostname in _LOCAL
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise Refused("base_url: must be https://…, or http:// on this machine")
    if not parts.hostname or parts.query or parts.fragment or parts.username or parts.password:
        raise Refused("base_url: must be an address without user, query and fragment")
    return url.rstrip("/")


def _moment(text: str) -> datetime:
    try:
        return moments.read(text)
    except ValueError as error:
        raise Refused(f"since: {text[:100]!r} is not a moment such as 2026-01-31T12:00:00Z: {error}") from None
