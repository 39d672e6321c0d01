"""/workbench/v1/sessions/{id}/sandbox: a program's way into a session's sandbox, for its owner: commands, files in and out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Coroutine
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.contracts.transfers import Outgoing
from workbench.contracts.values import Json
from workbench.engine.facade import Engine

Path = Annotated[str, Field(min_length=1, max_length=4_096)]
_MODE = re.compile(r"[0-7]{3,4}")
_CUT = "the upload was cut off before its end"


class Command(Body):
    command: str | Annotated[list[str], Field(min_length=1)]
    cwd: Path | None = None
    env: dict[str, str] | None = None
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    user: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    stdin: Path | None = None


def routes(engine: Engine) -> list[Route]:
    access = engine.sandbox_access

    async def execute(request: Request) -> Response:
        given = checked(Command, await read_object(request))
        more = given.model_dump(exclude={"command"}, exclude_none=True)
        ran = access.execute(identifier(request, "session_id"), given.command, more)
        return answer(await _unless_gone(request, ran))

    async def look(request: Request) -> Response:
        return answer(await access.look(identifier(request, "session_id"), _path(request)))

    async def take_out(request: Request) -> Response:
        as_archive = _is_archive(request)
        taken = await access.take_out(identifier(request, "session_id"), _path(request), as_archive=as_archive)
        return _stream(taken, _path(request), as_archive=as_archive)

    async def put_in(request: Request) -> Response:
        path, as_archive, mode = _path(request), _is_archive(request), _mode(request)
        if as_archive and mode is not None:
            raise Refused("mode: an archive has the modes of its files")
        session_id = identifier(request, "session_id")
        await access.put_in(session_id, path, _sent(request), as_archive=as_archive, mode=mode)
        return answer({"path": path})

    path = "/workbench/v1/sessions/{session_id}/sandbox"
    return [
        Route(f"{path}/exec", execute, methods=["POST"]),
        Route(f"{path}/stat", look, methods=["GET"]),
        Route(f"{path}/files", take_out, methods=["GET"]),
        Route(f"{path}/files", put_in, methods=["PUT"]),
    ]


def _stream(taken: Outgoing, path: str, *, as_archive: bool) -> Response:
    name = path.rstrip("/").rpartition("/")[2] + (".tar" if as_archive else "")
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        # What an agent wrote is never a page of this server.
        "x-content-type-options": "nosniff",
        **({} if taken.size_bytes is None else {"content-length": str(taken.size_bytes)}),
        **({} if taken.mode is None else {"x-workbench-mode": f"{taken.mode:o}"}),
    }
    kind = "application/x-tar" if as_archive else "application/octet-stream"
    return StreamingResponse(taken.pieces, headers=headers, media_type=kind)


async def _unless_gone(request: Request, work: Coroutine[Any, Any, Json]) -> Json:
    """Who hangs up ends what was asked for.

    Raises:
        Refused: nobody hears this.
    """
    running = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            raise Refused("the client has hung up, and the command was ended", status=499)
        return await running
    finally:
        for one in (running, gone):
            one.cancel()
        await asyncio.gather(running, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _sent(request: Request) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise Refused(_CUT) from None


def _path(request: Request) -> str:
    path = request.query_params.get("path", "")
    if not path or len(path) > 4_096 or "\0" in path:
        raise Refused("path: must be a path of the sandbox")
    return path


def _is_archive(request: Request) -> bool:
    if (named := request.query_params.get("format", "file")) not in ("file", "tar"):
        raise Refused(f"format: must be file or tar, not {named[:40]!r}")
    return named == "tar"


def _mode(request: Request) -> int | None:
    if (named := request.query_params.get("mode")) is None:
        return None
    if not _MODE.fullmatch(named):
        raise Refused(f"mode: {named[:40]!r} is no file mode, as 644")
    return int(named, 8)
