"""Requests signed with a placeholder, which no server accepts: refused with the reason."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.contracts.vault import Grant
from workbench.vault.proxy.heads import header
from workbench.vault.proxy.wire import Refused

_QUERY_MARKS = (b"X-Amz-Credential=", b"X-Goog-Credential=", b"AWSAccessKeyId=")


def refuse_signature(headers: Sequence[tuple[bytes, bytes]], target: bytes, grants: Sequence[Grant]) -> None:
    """Raises Refused where one of these placeholders is the key id of a signature in the head or the query.

    A signature is computed from the secret, which the client does not have; one of another key id is left alone.
    """
    authorization = header(headers, b"authorization") or b""
    signed = [authorization] if authorization.startswith((b"AWS4-", b"AWS ")) else []
    signed += [target] if any(mark in target for mark in _QUERY_MARKS) else []
    if any(grant.placeholder.encode() in text for text in signed for grant in grants):
        raise Refused(400, "signature_not_possible")
