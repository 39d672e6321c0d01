"""What of a message's head goes on: hop-by-hop headers, framing and other hosts are left behind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import h11

from workbench.vault.proxy.names import NotAHost, canonical
from workbench.vault.proxy.substitution import Headers
from workbench.vault.proxy.wire import Refused

_HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"te", b"trailer", b"upgrade", b"expect", b"transfer-encoding", b"http2-settings"}
)

_BINARY = frozenset(
    b"application/" + kind
    for kind in (b"octet-stream", b"zip", b"gzip", b"x-gzip", b"x-tar", b"x-xz", b"zstd", b"x-bzip2", b"wasm", b"pdf")
)


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    return next((value for key, value in headers if key == name), None)


def tokens(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """The comma-separated words of every header of this name, in lower case."""
    return [word.strip().lower() for key, value in headers if key == name for word in value.split(b",") if word.strip()]


def forwarded(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """The headers without those that belong to this connection only, whatever `Connection` says those are."""
    pairs = [(bytes(name), bytes(value)) for name, value in headers]
    left = _HOP_BY_HOP | frozenset(tokens(pairs, b"connection")) - {b"host", b"content-length"}
    return [(name, value) for name, value in pairs if name not in left and not name.startswith(b"proxy-")]


def without(headers: Headers, *names: bytes) -> Headers:
    return [(name, value) for name, value in headers if name not in names]


def refuse_ambiguous(request: h11.Request) -> None:
    """Raises Refused for a request that two readers could read in two ways."""
    names = [name for name, _ in request.headers]
    if b"transfer-encoding" in names and b"content-length" in names:
        raise Refused(400, "bad_request")
    if names.count(b"host") != 1 or request.http_version not in {b"1.1", b"1.0"}:
        raise Refused(400, "bad_request")
    if not all(0x21 <= byte <= 0x7E for byte in request.target):
        raise Refused(400, "bad_request")


def split_authority(text: bytes, default_port: int | None) -> tuple[str, int, bool]:
    """Host, port and whether the host is an address.

    Raises:
        Refused: it is not `host:port` in plain ASCII digits, or not `host` where there is a default port.
    """
    try:
        authority = text.decode("ascii")
        if authority.startswith("["):
            raw, bracket, rest = authority.partition("]")
            raw += bracket
        else:
            raw, colon, after = authority.partition(":")
            rest = colon + after
        port_text = rest.removeprefix(":")
        if (rest and rest == port_text) or (not rest and default_port is None):
            raise Refused(400, "bad_request")
        if rest and not (port_text.isascii() and port_text.isdigit() and len(port_text) <= 5):
            raise Refused(400, "bad_request")
        port = int(port_text) if rest else int(default_port or 0)
        host, is_address = canonical(raw)
    except (UnicodeDecodeError, NotAHost):
        raise Refused(400, "not_a_host") from None
    if not 0 < port < 65536:
        raise Refused(400, "port_not_allowed")
    return host, port, is_address


def origin_form(request: h11.Request, scheme: bytes, host: str, port: int) -> bytes:
    """The request's target as its host gets it; an absolute target and the Host header must name this very host.

    Raises:
        Refused: 421 where they do not.
    """
    default = 443 if scheme == b"https" else 80
    target = bytes(request.target)
    if split_authority(header(request.headers, b"host") or b"", default)[:2] != (host, port):
        raise Refused(421, "host_mismatch")
    if target.startswith(b"/") or (target == b"*" and request.method == b"OPTIONS"):
        return target
    found, separator, rest = target.partition(b"://")
    authority, path = split_path(rest)
    if not separator or found.lower() != scheme or b"@" in authority:
        raise Refused(400, "bad_request")
    if split_authority(authority, default)[:2] != (host, port):
        raise Refused(421, "host_mismatch")
    return path


def split_path(rest: bytes) -> tuple[bytes, bytes]:
    """Authority and path of an absolute target behind its `://`."""
    ends = [place for mark in (b"/", b"?") if (place := rest.find(mark)) >= 0]
    end = min(ends, default=len(rest))
    path = rest[end:]
    return rest[:end], path if path.startswith(b"/") else b"/" + path


def answer_headers(response: h11.Response, *, without_length: bool) -> Headers:
    """The headers of an answer that go on; `Alt-Svc` would lead the client to another host, and no host may speak as the proxy."""
    kept = without(forwarded(response.headers), b"alt-svc", b"alt-used", b"x-egress-deny", b"x-egress-reason")
    return without(kept, b"content-length") if without_length else kept


def is_binary(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a body says of itself that it is no text."""
    kind = (header(headers, b"content-type") or b"").partition(b";")[0].strip().lower()
    return (kind.startswith((b"image/", b"audio/", b"video/", b"font/")) and b"xml" not in kind) or kind in _BINARY


def is_websocket(request: h11.Request) -> bool:
    return b"upgrade" in tokens(request.headers, b"connection") and tokens(request.headers, b"upgrade") == [
        b"websocket"
    ]


def wants_upgrade(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return header(headers, b"upgrade") is not None
