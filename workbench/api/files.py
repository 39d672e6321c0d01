"""/v1/files, their contents, and the files of a session."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from workbench.api import lists
from workbench.api.forms import Form, Part
from workbench.api.wire import answer, identifier
from workbench.catalog.errors import Refused
from workbench.catalog.files import Given, refused_content, shown
from workbench.catalog.pages import paged
from workbench.contracts.contents import MOST_FILE_BYTES, ContentRefused
from workbench.contracts.shared_folders import OUTPUTS
from workbench.contracts.values import Json
from workbench.engine.facade import Engine
from workbench.engine.files import StoredFiles

MANAGED_AGENTS_BETA = "managed-agents-2026-04-01"
FILES_BETA = "files-api-2025-04-14"
CURSOR_PREFIX = "page_"
MOST_IDS = 100
MOST_LISTED = 1000
AROUND_FILE_BYTES = 1 << 16
"""What a form has at most beside its file."""

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


def routes(engine: Engine) -> list[Route]:
    files = engine.files

    async def upload(request: Request) -> Response:
        _refuse_large(request)
        return answer(_in_shape(request, await _uploaded(files, Form(request))))

    async def list_files(request: Request) -> Response:
        return answer(
            _listed(request, [one for one in await files.known.newest() if not files.known.is_forgotten(one)])
        )

    async def retrieve(request: Request) -> Response:
        return answer(_in_shape(request, shown(await files.known.get(identifier(request, "file_id")))))

    async def delete(request: Request) -> Response:
        return answer(await files.delete(identifier(request, "file_id")))

    async def content(request: Request) -> Response:
        return await _content(files, request, _downloadable(await files.known.usable(identifier(request, "file_id"))))

    async def any_content(request: Request) -> Response:
        return await _content(files, request, identifier(request, "file_id"))

    async def of_session(request: Request) -> Response:
        record = (await engine.records.document(identifier(request, "session_id"))).body
        mounted = {one["file_id"]: one["mount_path"] for one in record["resources"] if one["type"] == "file"}
        found = await files.known.of_session(record["id"])
        return answer({"data": [_of_session(file, mounted) for file in found]})

    return [
        Route("/v1/files", upload, methods=["POST"]),
        Route("/v1/files", list_files, methods=["GET"]),
        Route("/v1/files/{file_id}", retrieve, methods=["GET"]),
        Route("/v1/files/{file_id}", delete, methods=["DELETE"]),
        Route("/v1/files/{file_id}/content", content, methods=["GET"]),
        Route("/workbench/v1/files/{file_id}/content", any_content, methods=["GET"]),
        Route("/workbench/v1/sessions/{session_id}/files", of_session, methods=["GET"]),
    ]


def _downloadable(file: Json) -> str:
    """The file's id.

    Raises:
        Refused: it was uploaded.
    """
    if not file["downloadable"]:
        raise Refused(
            f"file {file['id']} was uploaded and cannot be downloaded; only what a session left in {OUTPUTS} can. Over "
            f"this machine's own API it can be read: GET /workbench/v1/files/{file['id']}/content",
            code="file_not_downloadable",
        )
    return str(file["id"])


# ── uploads ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _refuse_large(request: Request) -> None:
    """What says itself that it is too large is not waited for."""
    length = request.headers.get("content-length", "")
    if _WHOLE_NUMBER.fullmatch(length) and int(length) > MOST_FILE_BYTES + AROUND_FILE_BYTES:
        raise refused_content(ContentRefused(f"a file has at most {MOST_FILE_BYTES >> 20} MB", "too_large"))


async def _uploaded(files: StoredFiles, form: Form) -> Json:
    """Read the parts in whatever order they come; the file is stored when all of them were good."""
    seconds: int | None = None
    while (part := await form.next_part()) is not None and part.name != "file":
        seconds = _seconds(seconds, part, await form.text())
    if part is None:
        raise Refused("file: the form has no part of this name")
    async with files.staged(form.body()) as staged:
        while (later := await form.next_part()) is not None:
            seconds = _seconds(seconds, later, "" if later.name == "file" else await form.text())
        return await files.upload(Given(part.filename, part.media_type, seconds), staged)


def _seconds(known: int | None, part: Part, text: str) -> int:
    """The one other part that an upload may have."""
    if part.name == "file" or (part.name == "expires_in_seconds" and known is not None):
        raise Refused(f"{part.name}: the form has two parts of this name")
    if part.name != "expires_in_seconds":
        raise Refused(f"{part.name[:100]}: an upload has the parts file and expires_in_seconds, and no others")
    if not _WHOLE_NUMBER.fullmatch(text):
        raise Refused(f"expires_in_seconds: {text[:40]!r} is no whole number")
    return int(text)


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _betas(request: Request) -> set[str]:
    return {beta.strip() for header in request.headers.getlist("anthropic-beta") for beta in header.split(",")}


def _in_shape(request: Request, file: Json) -> Json:
    """As clients of the older beta know a file, or as all others do."""
    return {key: value for key, value in file.items() if key != "expires_at" or FILES_BETA not in _betas(request)}


def _listed(request: Request, files: list[Json]) -> Json:
    if (scope_id := request.query_params.get("scope_id")) is not None:
        files = [file for file in files if (file["scope"] or {}).get("id") == scope_id]
    if ids := set(lists.many(request, "ids")):
        return _named(request, files, ids)
    size = lists.limit(request, default=20, most=MOST_LISTED)
    both = bool({MANAGED_AGENTS_BETA, FILES_BETA} & _betas(request))
    by_id = [name for name in ("after_id", "before_id") if name in request.query_params]
    if not by_id:
        given = request.query_params.get("page")
        if given is not None and not given.startswith(CURSOR_PREFIX):
            raise Refused("page: this is not a cursor that was handed out; start again without page")
        keys = [lists.key(file) for file in files]
        page = paged(files, keys=keys, limit=size, page=given.removeprefix(CURSOR_PREFIX) if given else None)
        next_page = CURSOR_PREFIX + page.next_page if page.next_page else None
        return _page(request, page.items, next_page, has_more=next_page is not None, both=both)
    if not both:
        raise Refused(f"{by_id[0]}: goes only with the beta {MANAGED_AGENTS_BETA} or {FILES_BETA}; use page")
    if len(by_id) == 2 or "page" in request.query_params:
        raise Refused("after_id, before_id and page: give only one of them")
    items, has_more = _beside(files, by_id[0], request.query_params[by_id[0]], size)
    return _page(request, items, None, has_more=has_more, both=True)


def _named(request: Request, files: list[Json], ids: set[str]) -> Json:
    if len(ids) > MOST_IDS:
        raise Refused(f"ids: at most {MOST_IDS} different ones, these are {len(ids)}")
    if clash := next(
        (name for name in ("page", "limit", "after_id", "before_id") if name in request.query_params), None
    ):
        raise Refused(f"{clash}: does not go together with ids")
    both = bool({MANAGED_AGENTS_BETA, FILES_BETA} & _betas(request))
    return _page(request, [file for file in files if file["id"] in ids], None, has_more=False, both=both)


def _beside(files: list[Json], name: str, file_id: str, size: int) -> tuple[list[Json], bool]:
    """The files behind or before one of the list, and whether there are more in that direction."""
    place = next((index for index, file in enumerate(files) if file["id"] == file_id), None)
    if place is None:
        raise Refused(f"{name}: the list has no file {file_id[:100]}")
    if name == "after_id":
        return files[place + 1 : place + 1 + size], place + 1 + size < len(files)
    first = max(0, place - size)
    return files[first:place], first > 0


def _page(request: Request, files: list[Json], next_page: str | None, *, has_more: bool, both: bool) -> Json:
    """A list in the shape of today, and with the betas also in that of the years before."""
    body: Json = {"data": [_in_shape(request, shown(file)) for file in files], "next_page": next_page}
    if both:
        ends = (
            {"first_id": files[0]["id"], "last_id": files[-1]["id"]} if files else {"first_id": None, "last_id": None}
        )
        body |= {"has_more": has_more, **ends}
    return body


def _of_session(file: Json, mounted: Json) -> Json:
    """A file with its place in the sandbox."""
    place = mounted.get(file["id"]) or f"{OUTPUTS}/{file['workbench']['path']}"
    return shown(file) | {"kind": "upload" if file["id"] in mounted else "output", "place": place}


# ── contents ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _content(files: StoredFiles, request: Request, file_id: str) -> Response:
    """The content as a stream, or the one range of it that was asked for."""
    file = await files.readable(file_id)
    size = file["size_bytes"]
    headers = {
        "accept-ranges": "bytes",
        # What an agent wrote is never a page of this server.
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file['filename'], safe='')}",
        "x-content-type-options": "nosniff",
    }
    start, end, status = 0, size, 200
    if (asked := _RANGE.fullmatch(request.headers.get("range", ""))) and (asked[1] or asked[2]):
        first, last = asked[1], asked[2]
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        if start >= end:
            raise Refused(f"range: file {file_id} has {size} bytes", status=416)
        status = 206
        headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    parts = files.parts(file, start, end - start)
    return StreamingResponse(parts, status_code=status, headers=headers, media_type=file["mime_type"])
