"""/workbench/v1/model-key: the key of the configured endpoint, deposited in the vault beforehand."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, read_object
from workbench.catalog.errors import Refused
from workbench.contracts.process import VaultService
from workbench.contracts.vault import VaultRefused


def routes(vault: VaultService) -> list[Route]:
    async def use_key(request: Request) -> Response:
        deposit = (await read_object(request)).get("workbench_deposit")
        if deposit is not None and not isinstance(deposit, str):
            raise Refused("workbench_deposit: must be the id that the vault gave, or null")
        try:
            return answer(await vault.use_key(deposit))
        except VaultRefused as refused:
            raise Refused(str(refused)) from None

    return [Route("/workbench/v1/model-key", use_key, methods=["POST"])]
