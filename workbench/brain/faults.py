"""What went wrong with a model request: which fault it is, whether to try again, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import anthropic

from workbench.contracts import ModelFault

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


def of_status(error: anthropic.APIStatusError, endpoint: str) -> ModelFault:
    """The endpoint answered with an error, before its stream or within it."""
    # An error within a stream comes under status 200 and names itself in its body.
    status, kind = error.status_code, error.type or ""
    said = error.api_message or str(error)
    after = _retry_after_s(error.response.headers)
    if status == 429 or kind == "rate_limit_error":
        return ModelFault("model_rate_limited_error", f"{endpoint} limits the rate: {said}", True, after)
    if status == 529 or kind == "overloaded_error":
        return ModelFault("model_overloaded_error", f"{endpoint} is overloaded: {said}", True, after)
    if status == 402 or kind == "billing_error":
        return ModelFault("billing_error", f"{_CURES[402]} {endpoint} said: {said}", retry=False)
    if status >= 500 or status in {408, 409} or kind in {"api_error", "timeout_error"}:
        return ModelFault(FAILED, f"{endpoint} failed with status {status}: {said}", True, after)
    if status == 413 or any(sign in said.lower() for sign in _TOO_LONG):
        return ModelFault(FAILED, f"{_CURES[413]} {endpoint} said: {said}", retry=False, context_too_long=True)
    cure = _CURES.get(status, "The model endpoint refused the request.")
    return ModelFault(FAILED, f"{cure} {endpoint} said: {said}", retry=False)


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            # Absent, or the header's other form, a date, which no Messages endpoint sends.
            continue
    return None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
