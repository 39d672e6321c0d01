"""What went wrong with a model request: which fault it is, whether to try again, and what a person can do about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import anthropic

from workbench.clock import now
from workbench.contracts.brain import EVERY, ModelFault, Reply
from workbench.text.shortening import shortened

FAILED: Final = "model_request_failed_error"
_TOO_LONG: Final = (
    "prompt is too long",
    "context length",
    "context window",
    "context size",
    "context_length",
    "maximum context",
    "too many tokens",
)
_NO_ROOM_KIND: Final = "exceed_context_size_error"
_MOST_SAID: Final = 1000
_PLACES: Final = re.compile(r"\b(?:messages\.\d+(?:\.[A-Za-z_0-9]+)*|tools\.\d+)")
_KINDS: Final = {
    "image": ("image", "picture", "vision", "multimodal", "mmproj"),
    "document": ("pdf", "document"),
}
_TAKES_NONE: Final = (
    "not support",
    "unsupported",
    "does not accept",
    "not available",
    "text-only",
    "mmproj",
    "not multimodal",
)
_STATUS_OF_KIND: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "exceed_context_size_error": 400,
}
_CURES: Final = {
    401: "The model endpoint refused the API key. Check the key in settings.toml or ANTHROPIC_API_KEY.",
    402: "The model endpoint asks for payment. Check the account's credit.",
    403: "The API key may not use this model or endpoint. Check the key's permissions, or choose another model.",
    404: "The model endpoint does not know this model or path. Check the agent's model and the endpoint's base URL.",
    413: "The request is too large for the model endpoint. Start a new session, or send smaller files.",
}


def of_connection(error: Exception, endpoint: str) -> ModelFault:
    """The endpoint could not be reached, or the connection broke."""
    return ModelFault(
        FAILED, f"The connection to {endpoint} failed ({_said(error)}). Check that it is running.", retry=True
    )


def of_stall(seconds: float, endpoint: str) -> ModelFault:
    return ModelFault(FAILED, f"{endpoint} sent nothing for {seconds:g} s.", retry=True)


def of_stream(error: Exception, endpoint: str) -> ModelFault:
    """What came was no whole Messages stream."""
    return ModelFault(FAILED, f"The answer of {endpoint} broke off or cannot be read: {_said(error)}.", retry=True)


def of_empty(endpoint: str) -> ModelFault:
    return ModelFault(FAILED, f"{endpoint} answered with an empty message.", retry=True)


def of_unknown_blocks(reply: Reply, endpoint: str) -> ModelFault:
    """An answer that says nothing to anybody here; asked again, the model may answer in words."""
    kinds = ", ".join(sorted({repr(block.get("type")) for block in reply.content}))
    return ModelFault(FAILED, f"{endpoint} answered with only blocks that are not known here: {kinds}.", retry=True)


def of_status(error: anthropic.APIStatusError, endpoint: str) -> ModelFault:
    """The endpoint answered with an error, before its stream or within it."""
    told = ServerError.by(error)
    status, said, after = told.status, told.said, _retry_after_s(error.response.headers)
    match (told.kind, status):
        case ("rate_limit_error", _) | (_, 429):
            return ModelFault("model_rate_limited_error", f"{endpoint} limits the rate: {said}", True, after)
        case ("overloaded_error", _) | (_, 529):
            return ModelFault("model_overloaded_error", f"{endpoint} is overloaded: {said}", True, after)
        case ("billing_error", _) | (_, 402):
            return ModelFault("billing_error", f"{_CURES[402]} {endpoint} said: {said}", retry=False)
    if rejected := _rejected(told):
        return ModelFault(FAILED, f"{endpoint} refused a part of the request: {said}", retry=False, rejected=rejected)
    if told.kind not in {"api_error", "timeout_error"} and 400 <= status < 500 and status not in {408, 409}:
        return _refusal(told, endpoint)
    failed = "broke off with an error" if status == 200 else f"failed with status {status}"
    return ModelFault(FAILED, f"{endpoint} {failed}: {said}", True, after)


def _refusal(told: ServerError, endpoint: str) -> ModelFault:
    """Final: the same request would be refused again."""
    is_too_long = told.kind == _NO_ROOM_KIND or any(sign in told.said.lower() for sign in _TOO_LONG)
    if is_too_long or told.status == 413:
        refused = f"{_CURES[413]} {endpoint} said: {told.said}"
        return ModelFault(FAILED, refused, retry=False, context_too_long=True, window=told.window)
    cure = _CURES.get(told.status, "The model endpoint refused the request.")
    return ModelFault(FAILED, f"{cure} {endpoint} said: {told.said}", retry=False)


@dataclass(frozen=True)
class ServerError:
    """What an error says, in whatever shape the server wrote it; `status` is 200 for one within a stream that tells no other."""

    status: int
    kind: str
    said: str
    paths: tuple[str, ...] = ()
    window: int | None = None

    @classmethod
    def by(cls, error: anthropic.APIStatusError) -> ServerError:
        body = error.body if isinstance(error.body, dict) else {"message": str(error.body or error)}
        inner = body.get("error", body)
        inner = inner if isinstance(inner, dict) else {"message": str(inner)}
        kind = next((str(one["type"]) for one in (inner, body) if isinstance(one.get("type"), str)), "")
        said = inner.get("message") or body.get("message") or inner.get("detail") or body.get("detail")
        status = error.status_code
        if status == 200:
            code = inner.get("code", inner.get("status"))
            status = code if isinstance(code, int) and 400 <= code < 600 else _STATUS_OF_KIND.get(kind, 200)
        details = inner.get("details")
        paths = details.get("paths") if isinstance(details, dict) else None
        window = inner.get("n_ctx")
        return cls(
            status,
            kind,
            _one_line(said if isinstance(said, str) else "no reason given"),
            tuple(path for path in paths if isinstance(path, str)) if isinstance(paths, list) else (),
            window if isinstance(window, int) and not isinstance(window, bool) and window > 0 else None,
        )


def _one_line(said: str) -> str:
    if "<html" in said[:500].lower():
        title = re.search(r"<title>([^<]*)", said, re.IGNORECASE)
        said = title[1] if title else "a page of HTML"
    return shortened(" ".join(said.split()), _MOST_SAID) or "no reason given"


def _rejected(told: ServerError) -> tuple[str, ...]:
    """The places and kinds of content that a refusal names."""
    said = told.said.lower()
    if told.status not in {400, 413, 415, 422, 500, 501} or "cache_control" in said:
        return ()
    if named := (*told.paths, *_PLACES.findall(told.said)):
        return tuple(dict.fromkeys(named))
    kinds = [kind for kind, signs in _KINDS.items() if any(sign in said for sign in signs)]
    if told.status >= 500 and not any(sign in said for sign in _TAKES_NONE):
        # A server may fail at a picture by chance.
        return ()
    every = EVERY if any(sign in said for sign in _TAKES_NONE) else ""
    return tuple(every + kind for kind in kinds)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            # Absent, or the header's other form, a date, which no Messages endpoint sends.
            continue
    return _until_reset_s(headers)


def _until_reset_s(headers: Mapping[str, str]) -> float | None:
    """Seconds until the limits are gone that have nothing left, as the endpoint's own headers tell them."""
    waits: list[float] = []
    for name, told in headers.items():
        if not (name.startswith("anthropic-ratelimit-") and name.endswith("-reset")):
            continue
        if headers.get(name.removesuffix("reset") + "remaining", "0") != "0":
            continue
        try:
            waits.append((datetime.fromisoformat(told) - now()).total_seconds())
        except (ValueError, TypeError):
            continue
    return max(0.0, *waits) if waits else None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
