"""Takes the tokens of repositories out of a request and into the vault, before anything of it is checked or stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench import events
from workbench.catalog import deployments, sessions
from workbench.catalog.errors import Refused
from workbench.catalog.repositories import KEPT, REPOSITORY
from workbench.contracts.log import Documents
from workbench.contracts.values import Json
from workbench.contracts.vault import Stored, Vault, VaultRefused


@dataclass(frozen=True)
class RepositoryTokens:
    """Each is kept under its resource's id, and goes with the last session or deployment that has the resource."""

    vault: Vault

    async def taken_out(self, body: Json, *, is_deployed: bool = False) -> tuple[Json, list[str]]:
        """The request to create a session or deployment without its tokens, and the ids under which they are kept.

        A session of a deployment has the deployment's own tokens, which `body` names by their ids.

        Raises:
            Refused: a token that cannot be kept; none is.
        """
        given = body.get("resources")
        if not isinstance(given, list):
            return body, []
        resources: list[object] = []
        kept: list[str] = []
        for one in given:
            if not isinstance(one, dict) or one.get("type") != REPOSITORY:
                resources.append(one)
                continue
            if is_deployed and (one.get(KEPT) or {}).get("prefix") is not None:
                resources.append(one)
                continue
            plain = {name: value for name, value in one.items() if name != "authorization_token"}
            known: Json = {"id": events.new_id("sesrsc")}
            if one.get("authorization_token") is not None:
                try:
                    stored = await self.keep(known["id"], one["authorization_token"])
                except Refused:
                    await self.forget(kept)
                    raise
                kept.append(known["id"])
                known |= {"prefix": stored.prefix, "length": stored.length}
            resources.append(plain | {KEPT: known})
        return body | {"resources": resources}, kept

    async def keep(self, resource_id: str, token: object) -> Stored:
        """Store a token, or another one in its place.

        Raises:
            Refused: it is none, or cannot be kept.
        """
        if not isinstance(token, str):
            raise Refused("authorization_token: must be text")
        try:
            return await self.vault.put(resource_id, {"token": token}, {})
        except VaultRefused as refused:
            raise Refused(f"authorization_token: {refused}") from None

    async def forget(self, resource_ids: Sequence[str]) -> None:
        """Remove tokens; no error when there are none."""
        for resource_id in resource_ids:
            await self.vault.remove(resource_id)


async def used_by_others(documents: Documents, owner_id: str) -> set[str]:
    """The ids of the repositories that sessions have, and deployments that are not archived, but for this one."""
    made = [one.body for one in await documents.newest(sessions.KIND) if one.id != owner_id]
    deployed = [one.body for one in await documents.newest(deployments.KIND) if one.id != owner_id]
    used = {str(resource.get("id")) for record in made for resource in record["resources"]}
    return used | {one for record in deployed if not record["archived_at"] for one in deployments.kept_tokens(record)}
