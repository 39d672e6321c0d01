"""The page on which a question is answered from elsewhere, and the requests it makes: at the address that the user names, and nothing else there."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from importlib import resources
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.listener import Server, server_of
from workbench.catalog.errors import Refused
from workbench.engine.automation.answer_links import AnswerLinks

TOKEN_HEADER: Final = "x-workbench-answer"
MOST_BODY_BYTES: Final = 16_384
_FILES: Final = {
    "": ("answer.html", "text/html"),
    "answer.js": ("answer.js", "text/javascript"),
    "answer.css": ("answer.css", "text/css"),
}
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}

logger = logging.getLogger("workbench.engine")


def answer_app(links: AnswerLinks, hosts: frozenset[str]) -> ASGIApp:
    """The page, its script and style, and GET and POST of /call with the link's token in a header."""

    async def file(request: Request) -> Response:
        name, kind = _FILES[request.url.path.lstrip("/")]
        return Response(resources.files(__name__).joinpath(name).read_bytes(), media_type=kind)

    async def call(request: Request) -> Response:
        token = request.headers.get(TOKEN_HEADER, "")
        if request.method != "POST":
            return JSONResponse(await links.shown(token))
        return JSONResponse(await links.answer(token, await _body(request)))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return JSONResponse({"error": error.message}, error.status)

    async def failed(request: Request, error: Exception) -> Response:
        logger.error("an answer from elsewhere failed by surprise", exc_info=error)
        return JSONResponse({"error": "the engine failed; look at the session before you answer again"}, 500)

    routes = [Route(f"/{path}", file, methods=["GET"]) for path in _FILES]
    inner = Starlette(
        routes=[*routes, Route("/call", call, methods=["GET", "POST"])],
        exception_handlers={Refused: refused, Exception: failed},
    )
    return _Guarded(inner, hosts)


async def _body(request: Request) -> dict[str, object]:
    """Raises: Refused: it is no small JSON object."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_BODY_BYTES:
            raise Refused("the answer is too long", status=413)
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refused("the answer must be a JSON object")
    return body


class _Guarded:
    """Refuses names that are not this page's (rebound ones) and pages of others, and adds the headers of every answer."""

    def __init__(self, inner: ASGIApp, hosts: frozenset[str]) -> None:
        self._inner, self._hosts = inner, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        headers = Headers(scope=scope)
        host, origin = headers.get("host", "").lower(), headers.get("origin")
        if host not in self._hosts or (origin is not None and urlsplit(origin).netloc.lower() not in self._hosts):
            await JSONResponse({"error": "this is not the name of this page"}, 403)(scope, receive, told)
            return
        await self._inner(scope, receive, told)


class AnswerListener:
    """Listens at the address of the settings, where there is one; a failure is the links' trouble and stops nothing."""

    def __init__(self, links: AnswerLinks, address: tuple[str, int] | None) -> None:
        self._links, self._address = links, address
        self._serving: tuple[Server, asyncio.Task[None]] | None = None

    async def open(self) -> None:
        if self._address is None or self._links.base_url is None:
            return
        host, port = self._address
        listener: socket.socket | None = None
        try:
            family = (await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM))[0]
            listener = socket.socket(family[0], socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(family[4])
            listener.listen(64)
        except OSError as error:
            if listener is not None:
                listener.close()
            self._links.trouble = f"notices.answer_address: {host}:{port} cannot be listened on: {error.strerror or error}; notices have no link"
            self._links.base_url = None
            logger.warning("%s", self._links.trouble)
            return
        shown = f"[{host}]" if ":" in host else host
        names = {f"{shown}:{port}".lower(), urlsplit(self._links.base_url).netloc.lower()}
        server = server_of(answer_app(self._links, frozenset(names)))
        self._serving = server, asyncio.create_task(server.serve(sockets=[listener]))

    async def close(self) -> None:
        if self._serving is not None:
            server, task = self._serving
            server.should_exit = True
            await task
        self._serving = None
