"""Vault as clients reach it: where secrets are kept, the model's key, and a credential tried on its server."""

from __future__ import annotations

from http import HTTPStatus

from workbench import events
from workbench.catalog.errors import Refused
from workbench.contracts.values import Json
from workbench.contracts.vault import VaultRefused
from workbench.engine.egress import Egress
from workbench.engine.engine_state import EngineState
from workbench.hands.mcp.servers import ServerProbe, probed
from workbench.models.endpoints import Endpoints


class VaultService:
    """See `contracts.process.VaultService`; what changes here changes what the model is reached with."""

    def __init__(self, egress: Egress, endpoints: Endpoints, state: EngineState) -> None:
        self._egress = egress
        self._endpoints = endpoints
        self._state = state

    async def standing(self) -> Json:
        """Where secrets are kept, in what state, and which are missing; state `failed` where no vault starts."""
        vaults = self._egress.vaults
        credentials = [one for vault in await vaults.newest() for one in await vaults.credentials_of(vault["id"])]
        active = [one for one in credentials if not one["archived_at"]]
        too_short = [one["id"] for one in active if "workbench" in one]
        return {**await self._checked([one["id"] for one in active]), "too_short": too_short}

    async def _checked(self, credential_ids: list[str]) -> Json:
        nothing: Json = {"kind": None, "backend": None, "state": "failed", "words": "", "missing": [], "pid": None}
        try:
            found = await self._egress.vault.check(credential_ids)
        except VaultRefused as refused:
            return nothing | {"words": str(refused)}
        return {
            "kind": found.kind,
            "backend": found.backend,
            "state": found.state,
            "words": found.words,
            "missing": list(found.missing),
            "pid": self._egress.pid,
        }

    async def use_key(self, deposit_id: str | None) -> Json:
        """Keep a deposited key as the model's, or take it away; models are reached with it from now on.

        Raises:
            VaultRefused: there is no such deposit, or it cannot be kept.
        """
        await self._egress.use_key(deposit_id)
        endpoint = await self._egress.model_endpoint()
        self._endpoints.use(endpoint)
        await self._state.refresh()
        return {"endpoint": endpoint.shown if endpoint else None}

    async def follow(self) -> None:
        """Tell how the vault is; one that answers at last is asked again for what the model is reached with."""
        await self._state.refresh()
        async for notice in self._egress.ways.notices():
            if notice.kind == "recovered":
                self._endpoints.use(await self._egress.model_endpoint())
            if notice.kind in ("failed", "recovered"):
                await self._state.refresh()

    async def validated(self, vault_id: str, credential_id: str) -> Json:
        """Try an OAuth credential on its MCP server, refreshing it where the server does not take it.

        Raises:
            Refused: 404, or a credential of another kind.
        """
        credential = await self._egress.vaults.credential(vault_id, credential_id)
        auth = credential["auth"]
        if auth["type"] != "mcp_oauth":
            raise Refused(f"credential {credential_id} is {auth['type']}; only mcp_oauth can be validated")
        has_token = "refresh" in auth
        probe, refresh = await self._probed(credential), None
        if probe.status == HTTPStatus.UNAUTHORIZED:
            refreshed = await self._egress.vault.refresh(credential_id)
            is_refused = refreshed.status == "failed"
            refresh = {
                "status": refreshed.status,
                "http_response": _without_text(refreshed.status_code if is_refused else None),
            }
            if refreshed.status == "succeeded":
                await self._egress.vaults.refreshed_until(credential_id, refreshed.expires_at)
                probe = await self._probed(credential)
        status = "valid" if probe.failed is None else "unknown" if probe.status is None else "invalid"
        failed = {"method": probe.failed, "http_response": _without_text(probe.status)}
        return {
            "type": "vault_credential_validation",
            "credential_id": credential_id,
            "vault_id": vault_id,
            "validated_at": events.timestamp(events.now()),
            "has_refresh_token": has_token,
            "status": status,
            "mcp_probe": failed if probe.failed else None,
            "refresh": refresh,
        }

    async def _probed(self, credential: Json) -> ServerProbe:
        return await probed(await self._egress.network.credential_way(credential))


def _without_text(status: int | None) -> Json | None:
    """An answer of which only the status is told: its text may hold what was sent."""
    return None if status is None else {"status_code": status, "content_type": "", "body": "", "body_truncated": True}
