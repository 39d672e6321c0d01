"""What MCP servers answer, as outcomes of calls and faults that a person can read."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2

from sandboxes.runner import media
from workbench.contracts.servers import ServerFault
from workbench.contracts.values import Json, Outcome
from workbench.text.strict_json import mended

if TYPE_CHECKING:
    from mcp_types import CallToolResult

CONNECT_LIMIT_S = 20.0

_CONNECTION, _AUTHENTICATION = "mcp_connection_failed_error", "mcp_authentication_failed_error"


class StatusFault(Exception):
    """A server answered with this HTTP status; `scope` is what it says that a token lacks."""

    def __init__(self, status: int, scope: str = "") -> None:
        super().__init__(f"it answered with status {status}")
        self.status = status
        self.scope = scope


class ProgramFault(Exception):
    """A server in a sandbox has ended, or did not answer; the words say which and why."""


def outcome_of(result: CallToolResult) -> Outcome:
    """A tool's result as public blocks; what has no public kind is named."""
    blocks = [_block(one.model_dump(mode="json", by_alias=True, exclude_none=True)) for one in result.content]
    if not blocks and result.structured_content is not None:
        blocks = [{"type": "text", "text": json.dumps(mended(result.structured_content), ensure_ascii=False)}]
    return Outcome(tuple(blocks) or ({"type": "text", "text": "(no output)"},), bool(result.is_error))


def _block(content: Json) -> Json:
    match content:
        case {"type": "text", "text": text}:
            return _text(text)
        case {"type": "image", "data": data}:
            return _media(data, "a picture")
        case {"type": "resource", "resource": resource}:
            return _resource(resource)
        case {"type": "resource_link", "uri": uri, **rest}:
            return _text(f"{rest.get('title') or rest.get('name', '')} {uri}".strip())
        case _:
            return _text(f"[a block of type {content.get('type')!r}, which cannot be shown here]")


def _resource(resource: Json) -> Json:
    uri = resource.get("uri", "")
    if "blob" in resource:
        return _media(resource["blob"], f"the resource {uri}".strip())
    return _text(f"{uri}\n{resource.get('text', '')}".strip())


def _media(encoded: str, name: str) -> Json:
    """Bytes of a server as what they are: a picture, a PDF, text; anything else is named, as a model would refuse it for ever."""
    try:
        content = base64.b64decode(encoded, validate=True)
    except ValueError:
        return _text(f"[{name} is left out: it is no base64]")
    kind, sound = media.kind_of(content), media.mended(content)
    encoded = encoded if sound == content else base64.b64encode(sound).decode()
    if kind is not None and (fault := media.fault_of(sound)) is None:
        source = {"type": "base64", "media_type": kind, "data": encoded}
        return {"type": "document" if kind == media.PDF else "image", "source": source}
    if kind is not None:
        return _text(f"[{name} is left out: it {fault}]")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _text(f"[{name} is left out: {len(content)} bytes, {media.described(content)}]")
    return _text(f"{name} is text:\n{text}" if text else f"[{name} is empty]")


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def fault_of(server: Json, error: BaseException) -> ServerFault:
    """What to say of a server that cannot be used."""
    status = status_of(error)
    name = f"the MCP server {server['name']!r} ({server['url']})"
    if status in (401, 403):
        more = f" --scope {shlex.quote(scope)}" if (scope := _scope_of(error)) else ""
        cure = f"sign in with `workbench mcp login {shlex.quote(server['name'])}{more}`, or store its token with `workbench vault add --mcp URL`"
        return ServerFault(_AUTHENTICATION, f"{name} refused the session's credential ({status}): {cure}")
    return ServerFault(_CONNECTION, f"{name} cannot be used: {_words(error)}")


def told(server: Json, error: BaseException) -> str:
    if scope := _scope_of(error):
        login = f"workbench mcp login {shlex.quote(server['name'])} --scope {shlex.quote(scope)}"
        return f"The MCP server {server['name']!r} failed: its token lacks the scope {scope}; the user can sign in again with `{login}`"
    return f"The MCP server {server['name']!r} failed: {_words(error)}"


def _words(error: BaseException) -> str:
    if (status := status_of(error)) is not None:
        return f"it answered with status {status}"
    leaf = next(iter(_leaves(error)))
    if isinstance(leaf, TimeoutError):
        return f"it did not answer within {CONNECT_LIMIT_S:g} s"
    # What a program said last is bounded already, and its end says most.
    return (str(leaf) if isinstance(leaf, ProgramFault) else str(leaf)[:500]) or type(leaf).__name__


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error, where there is one."""
    for leaf in _leaves(error):
        if isinstance(leaf, httpx2.HTTPStatusError):
            return leaf.response.status_code
        if isinstance(leaf, StatusFault):
            return leaf.status
    return None


def _scope_of(error: BaseException) -> str:
    return next((leaf.scope for leaf in _leaves(error) if isinstance(leaf, StatusFault)), "")


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
        return
    yield error
    if error.__cause__ is not None:
        yield from _leaves(error.__cause__)
