"""Other services of the same API: named and removed, asked through, and their sessions' writes passed on."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from workbench.api.wire import answer, identifier, read_bytes, read_object, refusal
from workbench.catalog.errors import Refused
from workbench.contracts.web import Answered
from workbench.engine.facade import Engine
from workbench.engine.hosted.passing import HostedSessions
from workbench.engine.hosted.services import Away

_SESSION: Final = re.compile(r"(?P<own>/workbench)?/v1/sessions/(?P<session>[^/]+)(?P<rest>/.*)?")
_HERE: Final = ("/read",)
"""What of this API's own is written here, whatever the session."""
_NOT_READ: Final = "/sandbox/"
"""Looking into a sandbox would start one here."""
_KEPT: Final = ("content-type", "request-id", "retry-after", "content-disposition")


def routes(engine: Engine) -> list[Route]:
    hosted = engine.hosted

    async def add(request: Request) -> Response:
        return answer(await hosted.add(await read_object(request)))

    async def listed(request: Request) -> Response:
        return answer({"data": await hosted.listed()})

    async def remove(request: Request) -> Response:
        return answer(await hosted.remove(identifier(request, "name")))

    async def look(request: Request) -> Response:
        await hosted.look(identifier(request, "name"))
        return answer({"data": await hosted.listed()})

    async def through(request: Request) -> Response:
        target = "/" + request.path_params["path"] + (f"?{request.url.query}" if request.url.query else "")
        headers = dict(request.headers.items())
        content = await read_bytes(request)
        return _passed_on(await hosted.ask(identifier(request, "name"), request.method, target, content, headers))

    one = "/workbench/v1/hosted/{name}"
    return [
        Route("/workbench/v1/hosted", add, methods=["POST"]),
        Route("/workbench/v1/hosted", listed, methods=["GET"]),
        Route(one, remove, methods=["DELETE"]),
        Route(f"{one}/look", look, methods=["POST"]),
        Route(f"{one}/api/{{path:path}}", through, methods=["GET", "POST", "DELETE"]),
    ]


class OfHosted:
    """Passes on what is written to a session of another service; what is read is read here."""

    def __init__(self, app: ASGIApp, hosted: HostedSessions) -> None:
        self.inner, self._hosted = app, hosted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _SESSION.fullmatch(scope.get("path", "")) if scope["type"] == "http" else None
        rest = (found["rest"] or "") if found is not None else ""
        is_read = scope.get("method") in ("GET", "HEAD") and not rest.startswith(_NOT_READ)
        if found is None or is_read or not self._hosted.has(found["session"]):
            await self.inner(scope, receive, send)
            return
        if found["own"] and rest in _HERE:
            await self.inner(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            if found["own"]:
                raise self._hosted.refused(found["session"])
            content = await read_bytes(request)
            passed = await self._hosted.pass_on(found["session"], request.method, rest, content)
            response: Response = _passed_on(passed)
        except Refused as refused:
            response = refusal(refused, scope.get("workbench.request_id", ""))
        except Away as away:
            gone = Refused(f"the session is elsewhere, where nothing answers: {away}", status=503, kind="api_error")
            response = refusal(gone, scope.get("workbench.request_id", ""))
        await response(scope, receive, send)


def _passed_on(answered: Answered) -> Response:
    headers = {name: value for name, value in answered.headers.items() if name.lower() in _KEPT}
    return Response(answered.body, status_code=answered.status or 502, headers=headers)
