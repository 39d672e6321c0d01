"""One request through a way out of the vault: what was answered, or why nothing was."""

from __future__ import annotations

from typing import Final

import httpx2

from workbench.contracts.web import Answered, Asked, Posted, WayOut
from workbench.light import unix_http
from workbench.web.fetching import REASON_HEADER

TIME_S: Final = 15.0
MOST_ANSWER_BYTES: Final = 64 << 20


async def posted(out: WayOut, target: str, headers: dict[str, str], content: bytes) -> Posted:
    """Send it once; an answer's body is not read, and a redirect not followed."""
    transport = unix_http.transport(out.socket)
    timeout = httpx2.Timeout(TIME_S)
    try:
        async with (
            httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as http,
            http.stream("POST", out.base_url + target, headers=headers, content=content) as answer,
        ):
            reason = answer.headers.get(REASON_HEADER)
            if reason is not None:
                return Posted(None, reason[:100], is_refused="private" in reason)
            return Posted(answer.status_code)
    except httpx2.HTTPError as error:
        return Posted(None, type(error).__name__)


async def answered(out: WayOut, target: str, asked: Asked) -> Answered:
    """Send it once and read what is answered; a redirect is not followed."""
    transport = unix_http.transport(out.socket)
    timeout = httpx2.Timeout(TIME_S, read=60.0)
    body = bytearray()
    try:
        async with (
            httpx2.AsyncClient(transport=transport, timeout=timeout, trust_env=False) as http,
            http.stream(asked.method, out.base_url + target, headers=asked.headers, content=asked.content) as answer,
        ):
            reason = answer.headers.get(REASON_HEADER)
            if reason is not None:
                return Answered(None, {}, error=reason[:100])
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > MOST_ANSWER_BYTES:
                    return Answered(None, {}, error=f"an answer of more than {MOST_ANSWER_BYTES >> 20} MB")
            return Answered(answer.status_code, dict(answer.headers), bytes(body))
    except httpx2.HTTPError as error:
        return Answered(None, {}, error=str(error) or type(error).__name__)
