"""/v1/memory_stores, their memories and the versions of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.catalog.base_models import Body
from workbench.catalog.errors import Refused, checked
from workbench.catalog.pages import paged
from workbench.contracts.memory import Head, MemoryVersion
from workbench.contracts.values import Json
from workbench.engine.facade import Engine
from workbench.engine.memory import MemoryAccess
from workbench.events import timestamp

MOST_FULL = 20
OPERATIONS = ("created", "modified", "deleted")


class CreateMemory(Body):
    path: str
    content: str | None


class Precondition(Body):
    type: Literal["content_sha256"]
    content_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class UpdateMemory(Body):
    path: str | None = None
    content: str | None = None
    precondition: Precondition | None = None


def routes(engine: Engine) -> list[Route]:
    memory = engine.memory
    return [
        *_store_routes(memory),
        *_memory_routes(memory),
        *_memory_list_routes(memory),
        *_version_routes(memory),
    ]


def actor(request: Request) -> Json:
    """Who asks: a program with the token over TCP, or this machine's user over the engine's own socket."""
    if request.client is not None:
        return {"type": "api_actor", "api_key_id": "apikey_local"}
    return {"type": "user_actor", "user_id": "user_local"}


def _store_routes(memory: MemoryAccess) -> list[Route]:
    stores = memory.stores

    async def create(request: Request) -> Response:
        return answer(await stores.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        return answer(await stores.get(identifier(request, "store_id")))

    async def update(request: Request) -> Response:
        return answer(await stores.update(identifier(request, "store_id"), await read_object(request)))

    async def archive(request: Request) -> Response:
        return answer(await stores.archive(identifier(request, "store_id")))

    async def delete(request: Request) -> Response:
        store_id = identifier(request, "store_id")
        await memory.delete_store(store_id)
        return answer({"id": store_id, "type": "memory_store_deleted"})

    async def list_stores(request: Request) -> Response:
        passes, archived = lists.moments(request), lists.flag(request, "include_archived")
        found = [s for s in await stores.newest() if passes(s["created_at"]) and (archived or not s["archived_at"])]
        found.sort(key=lists.key, reverse=True)
        return answer(lists.forward(lists.page_of(request, found, default=20, most=100, passes=passes)))

    return [
        Route("/v1/memory_stores", create, methods=["POST"]),
        Route("/v1/memory_stores", list_stores, methods=["GET"]),
        Route("/v1/memory_stores/{store_id}", retrieve, methods=["GET"]),
        Route("/v1/memory_stores/{store_id}", update, methods=["POST"]),
        Route("/v1/memory_stores/{store_id}", delete, methods=["DELETE"]),
        Route("/v1/memory_stores/{store_id}/archive", archive, methods=["POST"]),
    ]


def _memory_routes(memory: MemoryAccess) -> list[Route]:
    memories = memory.memories

    async def create(request: Request) -> Response:
        _view(request, "basic")
        given = checked(CreateMemory, await read_object(request))
        store_id = identifier(request, "store_id")
        head = await memories.create(store_id, given.path, given.content or "", actor(request))
        return await _shown(request, memory, head, "basic")

    async def retrieve(request: Request) -> Response:
        head = await memories.head(identifier(request, "store_id"), identifier(request, "memory_id"))
        return await _shown(request, memory, head, "full")

    async def update(request: Request) -> Response:
        _view(request, "basic")
        given = checked(UpdateMemory, await read_object(request))
        head = await memories.update(
            identifier(request, "store_id"),
            identifier(request, "memory_id"),
            actor(request),
            content=given.content,
            path=given.path,
            expected=given.precondition.content_sha256 if given.precondition else None,
        )
        return await _shown(request, memory, head, "basic")

    async def delete(request: Request) -> Response:
        memory_id = identifier(request, "memory_id")
        expected = request.query_params.get("expected_content_sha256")
        await memories.delete(identifier(request, "store_id"), memory_id, actor(request), expected=expected)
        return answer({"id": memory_id, "type": "memory_deleted"})

    return [
        Route("/v1/memory_stores/{store_id}/memories", create, methods=["POST"]),
        Route("/v1/memory_stores/{store_id}/memories/{memory_id}", retrieve, methods=["GET"]),
        Route("/v1/memory_stores/{store_id}/memories/{memory_id}", update, methods=["POST"]),
        Route("/v1/memory_stores/{store_id}/memories/{memory_id}", delete, methods=["DELETE"]),
    ]


async def _shown(request: Request, memory: MemoryAccess, head: Head, default: str) -> Response:
    content = (await memory.memories.contents([head]))[0] if _view(request, default) else None
    return answer(memory_wire(head, content))


def _memory_list_routes(memory: MemoryAccess) -> list[Route]:
    memories = memory.memories

    async def list_memories(request: Request) -> Response:
        full = _view(request, "basic")
        snapshot = await memories.snapshot(identifier(request, "store_id"))
        items = _below(snapshot.sorted(), _prefix(request), deep=_depth(request) == 0)
        # A cursor is a place among the paths, so that what is written meanwhile moves nothing.
        keys = [item if isinstance(item, str) else item.path for item in items]
        places: list[Json] = [{"place": place} for place in range(len(items))]
        page = paged(places, keys=keys, limit=_limit(request, full), page=request.query_params.get("page"), order="asc")
        chosen = [items[place["place"]] for place in page.items]
        return answer({"data": await _wired(memory, chosen, full=full), "next_page": page.next_page})

    return [Route("/v1/memory_stores/{store_id}/memories", list_memories, methods=["GET"])]


def _version_routes(memory: MemoryAccess) -> list[Route]:
    memories = memory.memories

    async def retrieve(request: Request) -> Response:
        full = _view(request, "full")
        [version] = await memories.whole(identifier(request, "store_id"), [identifier(request, "version_id")])
        return answer(version_wire(version, full=full))

    async def redact(request: Request) -> Response:
        store_id, version_id = identifier(request, "store_id"), identifier(request, "version_id")
        return answer(version_wire(await memories.redact(store_id, version_id, actor(request)), full=True))

    async def list_versions(request: Request) -> Response:
        full, store_id, passes = _view(request, "basic"), identifier(request, "store_id"), lists.moments(request)
        wanted = _wanted(request)
        history = await memories.history(store_id)
        found = [version_wire(one, full=False) for one in history if wanted(one) and passes(timestamp(one.created_at))]
        # Versions of one moment keep the order of their making by their ids.
        found.sort(key=lists.key, reverse=True)
        page = paged(
            found,
            keys=[lists.key(version) for version in found],
            limit=_limit(request, full),
            page=request.query_params.get("page"),
        )
        if full:
            whole = await memories.whole(store_id, [version["id"] for version in page.items])
            return answer({"data": [version_wire(one, full=True) for one in whole], "next_page": page.next_page})
        return answer(lists.forward(page))

    versions = "/v1/memory_stores/{store_id}/memory_versions"
    return [
        Route(versions, list_versions, methods=["GET"]),
        Route(versions + "/{version_id}", retrieve, methods=["GET"]),
        Route(versions + "/{version_id}/redact", redact, methods=["POST"]),
    ]


# ── on the wire ───────────────────────────────────────────────────────────────────────────────────────────────────────


def memory_wire(head: Head, content: str | None) -> Json:
    """A memory's public object."""
    return {
        "id": head.memory_id,
        "type": "memory",
        "memory_store_id": head.store_id,
        "memory_version_id": head.version_id,
        "path": head.path,
        "content": content,
        "content_sha256": head.content_sha256,
        "content_size_bytes": head.content_size_bytes,
        "created_at": timestamp(head.created_at),
        "updated_at": timestamp(head.updated_at),
    }


def version_wire(version: MemoryVersion, *, full: bool) -> Json:
    """A version's public object."""
    return {
        "id": version.id,
        "type": "memory_version",
        "memory_id": version.memory_id,
        "memory_store_id": version.store_id,
        "operation": version.operation,
        "path": version.path,
        "content": version.content if full else None,
        "content_sha256": version.content_sha256,
        "content_size_bytes": version.content_size_bytes,
        "created_by": version.created_by,
        "created_at": timestamp(version.created_at),
        "redacted_at": timestamp(version.redacted_at) if version.redacted_at else None,
        "redacted_by": version.redacted_by,
    }


async def _wired(memory: MemoryAccess, chosen: Sequence[Head | str], *, full: bool) -> list[Json]:
    heads = [item for item in chosen if isinstance(item, Head)]
    contents: list[str | None] = [*await memory.memories.contents(heads)] if full else [None] * len(heads)
    said = dict(zip((head.memory_id for head in heads), contents, strict=True))
    return [
        {"type": "memory_prefix", "path": item} if isinstance(item, str) else memory_wire(item, said[item.memory_id])
        for item in chosen
    ]


def _below(heads: Sequence[Head], prefix: str, *, deep: bool) -> list[Head | str]:
    """The memories below a prefix in order of path; what lies deeper than its children is a prefix once."""
    items: dict[str, Head | str] = {}
    for head in heads:
        if not head.path.startswith(prefix):
            continue
        child, slash, _ = head.path[len(prefix) :].partition("/")
        if deep or not slash:
            items[head.path] = head
        else:
            items[prefix + child + "/"] = prefix + child + "/"
    return [items[path] for path in sorted(items)]


def _view(request: Request, default: str) -> bool:
    return lists.choice(request, "view", ("basic", "full"), default) == "full"


def _limit(request: Request, full: bool) -> int:
    return min(lists.limit(request, 20, 100), MOST_FULL if full else 100)


def _depth(request: Request) -> int:
    return lists.number(request, "depth", least=0, most=1) or 0


def _prefix(request: Request) -> str:
    prefix = request.query_params.get("path_prefix", "/")
    if not prefix.startswith("/") or not prefix.endswith("/"):
        raise Refused(f"path_prefix: {prefix!r} must start and end with /")
    return prefix


def _wanted(request: Request) -> Any:
    """Whether a version passes the filters of the query."""
    query = request.query_params
    operation = query.get("operation")
    if operation is not None and operation not in OPERATIONS:
        raise Refused(f"operation: must be one of {', '.join(OPERATIONS)}")
    actors = {name: query[name] for name in ("session_id", "api_key_id", "service_account_id") if name in query}

    def passes(version: MemoryVersion) -> bool:
        return (
            query.get("memory_id") in (None, version.memory_id)
            and operation in (None, version.operation)
            and all(version.created_by.get(name) == value for name, value in actors.items())
        )

    return passes
