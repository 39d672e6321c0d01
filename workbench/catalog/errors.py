"""What is asked wrongly, as a value the API turns into the documented error body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from workbench.contracts.values import Json

MOST_FIELDS = 200
MOST_FAULTS = 20
MOST_PLACE = 100
"""Of a name in a fault's place: it is the sender's own."""

Params = TypeVar("Params", bound=BaseModel)


class Refused(Exception):
    """A request that is refused whole: HTTP status, `error.type`, a message that says what to do, optional details;
    `more` are further fields of the error object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        more: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.more = more or {}


def not_found(what: str, identifier: str, *, code: str | None = None) -> Refused:
    """404: there is no such thing (any more)."""
    return Refused(f"{what} {identifier} was not found", status=404, kind="not_found_error", code=code)


def conflict(message: str) -> Refused:
    """409: somebody was there first."""
    return Refused(message, status=409, kind="conflict_error")


def checked(model: type[Params], body: Mapping[str, Any], place: str = "") -> Params:
    """Read a request body, or what stands at a place of one, strictly.

    Raises:
        Refused: with the places of the first faults, as `tools.0.name: Field required`.
    """
    if len(body) > MOST_FIELDS:
        raise Refused(f"{len(body)} fields: this takes {', '.join(model.model_fields)} and no others")
    try:
        return model.model_validate(dict(body))
    except ValidationError as error:
        raise Refused("; ".join(_faults(error, place))) from None


def _faults(error: ValidationError, within: str) -> list[str]:
    faults = []
    all_of_them = error.errors(include_url=False, include_input=False, include_context=False)
    for fault in all_of_them[:MOST_FAULTS]:
        parts = [*([within] if within else []), *(str(part)[:MOST_PLACE] for part in fault["loc"])]
        place = ".".join(parts)
        message = fault["msg"].removeprefix("Value error, ")
        faults.append(f"{place}: {message}" if place else message)
    return [*faults, f"and {more} more"] if (more := len(all_of_them) - len(faults)) else faults


def require_object(body: object, place: str = "the request body") -> Json:
    """The body as a JSON object.

    Raises:
        Refused: it is something else.
    """
    if not isinstance(body, dict):
        raise Refused(f"{place} must be a JSON object")
    return body
