"""Changes of deployments with the tokens of their repositories, which are in the vault and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.catalog.deployments import Deployments, kept_tokens
from workbench.contracts.log import Documents
from workbench.contracts.values import Json
from workbench.engine.repository_tokens import RepositoryTokens, used_by_others


@dataclass(frozen=True)
class DeploymentChanges:
    """As clients make them: a token goes when neither the deployment nor a session of it has its repository any more."""

    deployments: Deployments
    tokens: RepositoryTokens
    documents: Documents

    async def create(self, body: Json) -> Json:
        """The public object of a new deployment.

        Raises:
            Refused: the documented reasons; no token is kept then.
        """
        body, kept = await self.tokens.taken_out(body)
        try:
            return await self.deployments.create(body)
        except BaseException:
            await self.tokens.forget(kept)
            raise

    async def update(self, deployment_id: str, body: Json) -> Json:
        """Raises: Refused: 404, archived, or the documented reasons; no token is kept then."""
        old = await self.deployments.usable(deployment_id)
        body, kept = await self.tokens.taken_out(body)
        try:
            changed = await self.deployments.update(deployment_id, body)
        except BaseException:
            await self.tokens.forget(kept)
            raise
        new = kept_tokens(await self.deployments.get(deployment_id))
        await self._forget([one for one in kept_tokens(old) if one not in new], deployment_id)
        return changed

    async def archive(self, deployment_id: str) -> Json:
        """Raises: Refused: 404."""
        archived = await self.deployments.archive(deployment_id)
        await self._forget(kept_tokens(await self.deployments.get(deployment_id)), deployment_id)
        return archived

    async def _forget(self, ids: list[str], deployment_id: str) -> None:
        if ids:
            used = await used_by_others(self.documents, deployment_id)
            await self.tokens.forget([one for one in ids if one not in used])
