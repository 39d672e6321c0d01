"""/v1/vaults and their credentials, and /workbench/v1/vault: where all of their secrets are kept."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api import lists
from workbench.api.wire import answer, identifier, read_object
from workbench.contracts.process import VaultService
from workbench.contracts.values import Json
from workbench.engine.facade import Engine


def routes(engine: Engine, vault: VaultService) -> list[Route]:
    return [*_vault_routes(engine), *_credential_routes(engine), *_service_routes(vault)]


def _vault_routes(engine: Engine) -> list[Route]:
    vaults = engine.vaults

    async def create(request: Request) -> Response:
        return answer(await vaults.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        return answer(await vaults.get(_vault(request)))

    async def update(request: Request) -> Response:
        return answer(await vaults.update(_vault(request), await read_object(request)))

    async def archive(request: Request) -> Response:
        return answer(await engine.resources.changed_credentials(vaults.archive(_vault(request))))

    async def delete(request: Request) -> Response:
        return answer(await engine.resources.changed_credentials(vaults.delete(_vault(request))))

    async def list_vaults(request: Request) -> Response:
        return _listed(request, await vaults.newest())

    one = "/v1/vaults/{vault_id}"
    return [
        Route("/v1/vaults", create, methods=["POST"]),
        Route("/v1/vaults", list_vaults, methods=["GET"]),
        Route(one, retrieve, methods=["GET"]),
        Route(one, update, methods=["POST"]),
        Route(one, delete, methods=["DELETE"]),
        Route(f"{one}/archive", archive, methods=["POST"]),
    ]


def _credential_routes(engine: Engine) -> list[Route]:
    vaults = engine.vaults

    async def create_credential(request: Request) -> Response:
        body = await read_object(request)
        return answer(await engine.resources.changed_credentials(vaults.create_credential(_vault(request), body)))

    async def retrieve_credential(request: Request) -> Response:
        return answer(await vaults.credential(_vault(request), _credential(request)))

    async def update_credential(request: Request) -> Response:
        body = await read_object(request)
        changing = vaults.update_credential(_vault(request), _credential(request), body)
        return answer(await engine.resources.changed_credentials(changing))

    async def archive_credential(request: Request) -> Response:
        changing = vaults.archive_credential(_vault(request), _credential(request))
        return answer(await engine.resources.changed_credentials(changing))

    async def delete_credential(request: Request) -> Response:
        changing = vaults.delete_credential(_vault(request), _credential(request))
        return answer(await engine.resources.changed_credentials(changing))

    async def list_credentials(request: Request) -> Response:
        return _listed(request, await vaults.credentials_of(_vault(request)))

    credentials = "/v1/vaults/{vault_id}/credentials"
    credential = f"{credentials}/{{credential_id}}"
    return [
        Route(credentials, create_credential, methods=["POST"]),
        Route(credentials, list_credentials, methods=["GET"]),
        Route(credential, retrieve_credential, methods=["GET"]),
        Route(credential, update_credential, methods=["POST"]),
        Route(credential, delete_credential, methods=["DELETE"]),
        Route(f"{credential}/archive", archive_credential, methods=["POST"]),
    ]


def _service_routes(vault: VaultService) -> list[Route]:
    async def validate(request: Request) -> Response:
        return answer(await vault.validated(_vault(request), _credential(request)))

    async def standing(request: Request) -> Response:
        return answer(await vault.standing())

    credential = "/v1/vaults/{vault_id}/credentials/{credential_id}"
    return [
        Route(f"{credential}/mcp_oauth_validate", validate, methods=["POST"]),
        Route("/workbench/v1/vault", standing, methods=["GET"]),
    ]


def _vault(request: Request) -> str:
    return identifier(request, "vault_id")


def _credential(request: Request) -> str:
    return identifier(request, "credential_id")


def _listed(request: Request, things: Sequence[Json]) -> Response:
    archived = lists.flag(request, "include_archived")
    found = sorted((one for one in things if archived or not one["archived_at"]), key=lists.key, reverse=True)
    return answer(lists.forward(lists.page_of(request, found, default=20, most=100)))
