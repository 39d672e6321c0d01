"""Placeholders become secrets in an outgoing request: in header values, and in bodies where the credential says so. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from workbench.contracts.vault import Grant
from workbench.vault.proxy.placeholders import MARK
from workbench.vault.proxy.redaction import Redaction

Headers = list[tuple[bytes, bytes]]

_MARK = MARK.encode()
_CREDENTIAL_NAMES = frozenset({b"authorization", b"cookie", b"private-token", b"proxy-authorization"})
_CREDENTIAL_ENDS = (b"-key", b"-token", b"-secret", b"-authorization", b"-auth", b"_key", b"_token")
_BASIC = re.compile(rb"(?i)^(basic +)([A-Za-z0-9+/=_-]+)$")


@dataclass(frozen=True)
class Live:
    """A grant whose secret may go to the host of this request, with the secret."""

    grant: Grant
    value: str

    def __repr__(self) -> str:
        return f"Live({self.grant.credential_id})"


@dataclass(frozen=True)
class Substituted:
    """Headers as they go out, and whose secrets went into them."""

    headers: Headers
    credential_ids: tuple[str, ...]


def in_headers(headers: Sequence[tuple[bytes, bytes]], live: Sequence[Live]) -> Substituted:
    """Every header value with the placeholders of header grants replaced, inside Basic too; names stay as they are."""
    values = {
        one.grant.placeholder.encode(): (one.value.encode(), one.grant.credential_id)
        for one in live
        if one.grant.header
    }
    used: list[str] = []
    replaced = [(name, _in_value(value, values, used)) for name, value in headers]
    return Substituted(replaced, tuple(dict.fromkeys(used)))


def _in_value(value: bytes, values: Mapping[bytes, tuple[bytes, str]], used: list[str]) -> bytes:
    if basic := _BASIC.match(value):
        try:
            decoded = base64.b64decode(basic.group(2), validate=True)
        except binascii.Error:
            return value
        within = _replaced(decoded, values, used)
        return value if within == decoded else basic.group(1) + base64.b64encode(within)
    return _replaced(value, values, used)


def _replaced(text: bytes, values: Mapping[bytes, tuple[bytes, str]], used: list[str]) -> bytes:
    if _MARK not in text:
        return text
    for placeholder, (secret, credential_id) in values.items():
        if placeholder in text:
            text = text.replace(placeholder, secret)
            used.append(credential_id)
    return text


def foreign_headers(headers: Sequence[tuple[bytes, bytes]], grants: Sequence[Grant]) -> list[bytes]:
    """The names of headers that can carry a credential and do not carry the placeholder of one of these grants.

    Asking only whether something was replaced would let somebody else's key pass beside our placeholder in another header.
    """
    ours = [grant.placeholder.encode() for grant in grants]
    return [
        name
        for name, value in headers
        if _can_carry_a_credential(name) and not any(placeholder in _readable(value) for placeholder in ours)
    ]


def _can_carry_a_credential(name: bytes) -> bool:
    lower = name.lower()
    return lower in _CREDENTIAL_NAMES or lower.endswith(_CREDENTIAL_ENDS)


def _readable(value: bytes) -> bytes:
    if basic := _BASIC.match(value):
        try:
            return base64.b64decode(basic.group(2), validate=True)
        except binascii.Error:
            return value
    return value


def placeholders_in(headers: Sequence[tuple[bytes, bytes]], target: bytes, grants: Sequence[Grant]) -> tuple[str, ...]:
    """The credential ids whose placeholders stand somewhere in this head."""
    text = b"\n".join([target, *(name + b":" + _readable(value) for name, value in headers)])
    if _MARK not in text.lower():
        return ()
    return tuple(grant.credential_id for grant in grants if grant.placeholder.encode() in text)


class BodySubstitution:
    """One request's body in pieces, with the placeholders of body grants replaced in the encoding of its content type.

    `used` are the credentials whose secret has gone into it so far.
    """

    def __init__(self, live: Sequence[Live], content_type: bytes) -> None:
        body = [one for one in live if one.grant.body]
        pairs = {one.grant.placeholder.encode(): _encoded(one.value, content_type) for one in body}
        self._ids = {one.grant.placeholder.encode(): one.grant.credential_id for one in body}
        self._stream = Redaction(pairs).stream(self._seen)
        self.used: set[str] = set()

    def _seen(self, placeholder: bytes) -> None:
        self.used.add(self._ids[placeholder])

    def feed(self, piece: bytes) -> bytes:
        return self._stream.feed(piece)

    def flush(self) -> bytes:
        return self._stream.flush()


def _encoded(value: str, content_type: bytes) -> bytes:
    kind = content_type.partition(b";")[0].strip().lower()
    if kind.endswith(b"json"):
        return json.dumps(value)[1:-1].encode()
    if kind == b"application/x-www-form-urlencoded":
        return quote(value, safe="").encode()
    return value.encode()
