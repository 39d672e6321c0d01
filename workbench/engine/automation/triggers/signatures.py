"""Whether a webhook comes from who knows its secret: four shapes, over the body as it came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from workbench.catalog.triggers import GITHUB, GITLAB, STANDARD
from workbench.contracts.vault import Vault

TOLERANCE_S: Final = 300
_WORD: Final = re.compile(r"[A-Za-z0-9 ._:/-]{1,80}")
_MOST_SIGNATURES: Final = 10

Headers = Mapping[str, str]
"""By lower-case names."""


class NotSigned(Exception):
    """The delivery is not from who knows the secret, or not of now; the text says what is wrong with it."""


@dataclass(frozen=True)
class Signed:
    """A delivery that is what it says: `key` is the same for the same delivery alone, `event` its sender's word for what happened."""

    key: str
    event: str = ""


async def signed(vault: Vault, credential_id: str, shape: str, headers: Headers, body: bytes, now: datetime) -> Signed:
    """Check a delivery.

    Raises:
        NotSigned: the signature is wrong or missing, or its time is another.
        VaultRefused: the secret cannot be used now.
    """
    if shape == GITLAB:
        return await _gitlab(vault, credential_id, headers, body)
    if shape == STANDARD:
        return await _standard(vault, credential_id, headers, body, now)
    return await _over_body(vault, credential_id, shape, headers, body, now)


async def _gitlab(vault: Vault, credential_id: str, headers: Headers, body: bytes) -> Signed:
    if not await vault.is_same(credential_id, _given(headers, "x-gitlab-token")):
        raise NotSigned("the token is wrong")
    # GitLab gives each event one key over its repetitions; without it the same body is the same event.
    named = headers.get("idempotency-key") or headers.get("x-gitlab-event-uuid") or ""
    return Signed(named or digest(body), _word(headers.get("x-gitlab-event", "")))


async def _standard(vault: Vault, credential_id: str, headers: Headers, body: bytes, now: datetime) -> Signed:
    message_id, moment = _given(headers, "webhook-id"), _given(headers, "webhook-timestamp")
    _refuse_another_time(moment, now)
    data = f"{message_id}.{moment}.".encode() + body
    right = base64.b64encode(bytes.fromhex(await vault.code(credential_id, data))).decode()
    given = _given(headers, "webhook-signature").split(" ")[:_MOST_SIGNATURES]
    found = [
        hmac.compare_digest(one.removeprefix("v1,").encode(), right.encode()) for one in given if one.startswith("v1,")
    ]
    if not any(found):
        raise NotSigned("the signature is wrong")
    return Signed(message_id)


async def _over_body(
    vault: Vault, credential_id: str, shape: str, headers: Headers, body: bytes, now: datetime
) -> Signed:
    """GitHub's signature, and the plain one of one's own scripts, which may have a time in it."""
    name = "x-hub-signature-256" if shape == GITHUB else "x-signature-256"
    given = _given(headers, name).removeprefix("sha256=").lower()
    data = body
    if shape != GITHUB and (moment := headers.get("x-timestamp")):
        _refuse_another_time(moment, now)
        data = f"{moment}.".encode() + body
    if not hmac.compare_digest(given.encode(), (await vault.code(credential_id, data)).encode()):
        raise NotSigned("the signature is wrong")
    # The id of a delivery is not signed: who heard it once could send it again under another one.
    return Signed(digest(data), _word(headers.get("x-github-event", "")) if shape == GITHUB else "")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _given(headers: Headers, name: str) -> str:
    if not headers.get(name):
        raise NotSigned(f"the header {name} is missing")
    return headers[name]


def _refuse_another_time(moment: str, now: datetime) -> None:
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        raise NotSigned("its timestamp is no number of seconds")
    if abs(int(moment) - now.timestamp()) > TOLERANCE_S:
        raise NotSigned("its timestamp is more than five minutes from now")


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""
