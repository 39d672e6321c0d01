"""Sessions of other services as clients have them here: what they write goes there, and is seen here at once."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from workbench.catalog.errors import Refused
from workbench.contracts.values import Json
from workbench.contracts.web import Answered
from workbench.engine.hosted.mirror import HostedMirror
from workbench.engine.hosted.services import Away, HostedServices

_WELL = 300


@dataclass(frozen=True)
class HostedSessions:
    """`delete` gives what removes a session's history here."""

    services: HostedServices
    mirror: HostedMirror
    delete: Callable[[], Callable[[str], Awaitable[Json]]]

    def has(self, session_id: str) -> bool:
        """Whether the session is one of another service."""
        return self.mirror.is_elsewhere(session_id)

    async def add(self, body: Json) -> Json:
        """See `HostedServices.add`; its sessions come from now on."""
        service = await self.services.add(body)
        self.mirror.hurry()
        return service

    async def listed(self) -> list[Json]:
        """Each service with how many sessions of it are here, and why it cannot be read where that is so."""
        return [
            one | {"sessions": len(self.mirror.of(one["name"])), "trouble": self.mirror.troubles.get(one["name"])}
            for one in await self.services.all()
        ]

    async def remove(self, name: str) -> Json:
        """The service is asked no more; what was mirrored stays, as history.

        Raises:
            Refused: 404.
        """
        await self.services.remove(name)
        self.mirror.troubles.pop(name, None)
        return {"name": name, "type": "hosted_service_removed"}

    async def look(self, name: str) -> None:
        """Take in now what is new of a service.

        Raises:
            Refused: 404, or 503 where it cannot be read.
        """
        try:
            await self.mirror.look(await self.services.get(name))
        except Away as away:
            raise _away(name, away) from None

    async def ask(self, name: str, method: str, target: str, content: bytes, headers: dict[str, str]) -> Answered:
        """One request of a person's to the service, with the key that the vault has.

        Raises:
            Refused: 404, or 503 where nothing answers.
        """
        service = await self.services.get(name)
        try:
            return await self.services.request(service, method, target, content, headers)
        except Away as away:
            raise _away(name, away) from None

    async def pass_on(self, session_id: str, method: str, rest: str, content: bytes) -> Answered:
        """What is written to a session, to where it is; its answer, and what comes of it is read before that is given.

        Raises:
            Away: the service does not answer.
            Refused: the service is not known any more.
        """
        service = await self.services.get(self.mirror.name_of(session_id))
        there = await self.mirror.outward(session_id, content)
        passed = await self.services.request(service, method, f"/v1/sessions/{session_id}{rest}", there)
        if passed.status is not None and passed.status < _WELL:
            if method == "DELETE" and not rest:
                self.mirror.forget(session_id)
                await self.delete()(session_id)
            else:
                with contextlib.suppress(Away):
                    await self.mirror.refresh(session_id)
                self.mirror.hurry()
        return passed

    def refused(self, session_id: str) -> Refused:
        """Of what only a session of this machine has: its sandbox, its files, its forks."""
        name = self.mirror.name_of(session_id)
        return Refused(
            f"session {session_id} is one of the service {name!r}: its files and sandbox are there, and only what the public API"
            " has can be done from here"
        )


def _away(name: str, away: Away) -> Refused:
    return Refused(f"the service {name!r} does not answer: {away}", status=503, kind="api_error")
