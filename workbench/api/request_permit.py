"""The permit of a request, as the guard has put it into the request's scope."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from workbench.catalog.tokens import OWNER, Permit

PERMIT: Final = "workbench.permit"
"""Where a request's permit stands in its scope; a request over the engine's own socket has none, and is its owner's."""


def permit_of(request: Request) -> Permit:
    """The request's permit: the owner's where it came over the engine's own socket."""
    permit: Permit = request.scope.get(PERMIT, OWNER)
    return permit
