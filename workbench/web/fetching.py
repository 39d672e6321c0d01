"""Pages fetched: by GET alone, over at most five redirects, each on a way out of its own, within limits on time and size."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from email.message import Message
from typing import Final

import httpx2

from workbench.contracts.vault import VaultRefused
from workbench.contracts.web import WayOut
from workbench.light import unix_http
from workbench.web.addresses import Address, NotAnAddress, read

MOST_BYTES: Final = 10 << 20
MOST_REDIRECTS: Final = 5
TIME_S: Final = 20.0
REASON_HEADER: Final = "x-egress-reason"
"""The word with which the vault says that it refused a request, or could not carry it."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_HEADERS: Final = {
    "accept": "text/markdown, text/html;q=0.9, application/xhtml+xml;q=0.9, text/plain;q=0.8, application/pdf;q=0.8, */*;q=0.5",
    "accept-encoding": "gzip",
    "accept-language": "en, *;q=0.5",
    "user-agent": "workbench (web_fetch)",
}
_MOST_REASON: Final = 300

OpenWay = Callable[[str], AbstractAsyncContextManager[WayOut]]
"""Gives the way out to an origin."""
Objection = Callable[[Address, Address], str | None]
"""Says why a redirect from one address to another is not followed; None where it is."""


@dataclass(frozen=True)
class Page:
    """An answer: where it came from in the end, and its content as it was sent."""

    address: Address
    status: int
    media_type: str
    charset: str
    content: bytes


@dataclass(frozen=True)
class NotFetched:
    """Why there is no page, in words for the model."""

    why: str


@dataclass(frozen=True)
class _Redirected:
    to: str


async def fetched(address: Address, way: OpenWay, objection: Objection, *, time_s: float = TIME_S) -> Page | NotFetched:
    """The page, or why there is none."""
    try:
        async with asyncio.timeout(time_s):
            return await _followed(address, way, objection)
    except TimeoutError:
        return NotFetched(f"{address.url} was not there whole after {time_s:.0f} s.")
    except VaultRefused as refused:
        return NotFetched(f"{address.url} was not asked: {refused}")


async def _followed(address: Address, way: OpenWay, objection: Objection) -> Page | NotFetched:
    for _ in range(MOST_REDIRECTS + 1):
        async with way(address.origin) as out:
            given = await _asked(address, out)
        if not isinstance(given, _Redirected):
            return given
        try:
            next_address = read(given.to, address)
        except NotAnAddress as fault:
            return NotFetched(f"{address.url} redirects to what is no address of a page: {fault}.")
        if why := objection(address, next_address):
            return NotFetched(f"{address.url} redirects to {next_address.url}, which was not followed: {why}")
        address = next_address
    return NotFetched(f"{address.url} is behind more than {MOST_REDIRECTS} redirects.")


async def _asked(address: Address, out: WayOut) -> Page | NotFetched | _Redirected:
    transport = unix_http.transport(out.socket)
    timeout = httpx2.Timeout(TIME_S)
    try:
        async with (
            httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as http,
            http.stream("GET", out.base_url + address.target, headers=_HEADERS) as answer,
        ):
            return await _read(address, answer)
    except httpx2.HTTPError as error:
        return NotFetched(f"{address.url} could not be read to its end ({type(error).__name__}).")


async def _read(address: Address, answer: httpx2.Response) -> Page | NotFetched | _Redirected:
    if (reason := answer.headers.get(REASON_HEADER)) is not None:
        told = (await _content(answer, _MOST_REASON) or b"").decode("utf-8", errors="replace")
        return NotFetched(f"{address.url} was refused: {' '.join(told.split())} ({reason[:50]}).")
    if answer.status_code in _REDIRECTS and (to := answer.headers.get("location")):
        return _Redirected(to)
    try:
        content = await _content(answer, MOST_BYTES)
    except zlib.error:
        return NotFetched(f"{address.url} is packed in a way that cannot be read.")
    if content is None:
        return NotFetched(
            f"{address.url} is larger than {MOST_BYTES >> 20} MiB, or has no end; nothing of it was kept."
        )
    media_type, charset = _kind(answer.headers.get("content-type", ""))
    return Page(address, answer.status_code, media_type, charset, content)


async def _content(answer: httpx2.Response, most: int) -> bytes | None:
    """The unpacked content; None where there is more of it. A small answer may unpack to a huge one, so it is never unpacked whole."""
    pieces, size = [], 0
    async for piece in _unpacked(answer, most):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return None
    return b"".join(pieces)


async def _unpacked(answer: httpx2.Response, most: int) -> AsyncIterator[bytes]:
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        async for piece in answer.aiter_raw():
            yield piece
        return
    if encoding not in ("gzip", "x-gzip"):
        raise zlib.error(encoding)
    packed = zlib.decompressobj(wbits=31)
    async for piece in answer.aiter_raw():
        yield packed.decompress(piece, most + 1)
        if packed.unconsumed_tail:
            # It gave all that it may; whoever adds it up sees that.
            yield b"\0"
            return


def _kind(content_type: str) -> tuple[str, str]:
    """The media type in lower case, and the charset."""
    message = Message()
    message["content-type"] = " ".join(content_type.split())
    charset = message.get_param("charset", "")
    given = content_type.partition(";")[0].strip().lower()
    return given, charset if isinstance(charset, str) else ""
