"""Resources of a session: credentials, extra hosts, repositories and their tokens, files, its project's instructions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from workbench import events
from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused
from workbench.catalog.own_instructions import wants_instructions
from workbench.catalog.repositories import REPOSITORY, shown
from workbench.catalog.resources import resource_of
from workbench.catalog.sessions import SessionRecords, session_of
from workbench.contracts.instructions import ReadInstructions
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.engine.event_writer import error_body
from workbench.engine.repository_tokens import RepositoryTokens, used_by_others
from workbench.engine.rooms import VaultSide
from workbench.engine.session_skills import SessionSkills
from workbench.engine.uploads import SessionUploads


@dataclass(frozen=True, kw_only=True)
class SessionResources:
    """As clients give and change them; `changing` is the lock that every change of a session takes."""

    documents: Documents
    records: SessionRecords
    environments: Environments
    vault: VaultSide
    clock: Clock
    changing: Callable[[str], asyncio.Lock]
    instructions: ReadInstructions
    uploads: SessionUploads
    skills: SessionSkills

    @property
    def tokens(self) -> RepositoryTokens:
        return RepositoryTokens(self.vault.vault)

    async def drafted(self, body: Json, *, is_deployed: bool = False) -> Document:
        """The record of a new session, not yet stored; its repositories' tokens are in the vault.

        Raises:
            Refused: the documented reasons; no token is kept then.
        """
        body, kept = await self.tokens.taken_out(body, is_deployed=is_deployed)
        try:
            draft = await self._instructed(await self.records.drafted(body))
            return await self._with_contents(draft)
        except BaseException:
            await self.tokens.forget(kept)
            raise

    async def _with_contents(self, draft: Document) -> Document:
        """The draft with its skills and files, whose contents are kept for it."""
        draft = await self.skills.drafted(draft)
        try:
            return await self.uploads.drafted(draft)
        except BaseException:
            await self.skills.forget(draft.body)
            raise

    async def _instructed(self, draft: Document) -> Document:
        """The draft with what its project's files say now: a snapshot, so that every request of the session begins with the same."""
        private = draft.body["workbench"]
        if not wants_instructions(draft.body["metadata"]) or private["project"] is None:
            return draft
        read = await asyncio.to_thread(self.instructions, Path(private["project"]))
        return replace(draft, body=draft.body | {"workbench": private | {"instructions": read.kept()}})

    async def warnings(self, draft: Document) -> list[Json]:
        """The bodies of events that tell of credentials that the environment's network rules keep from their own hosts."""
        found: list[Json] = []
        for credential, hosts in await self.vault.network.unreachable(session_of(draft.body)):
            error = {
                "type": "credential_host_unreachable_error",
                "credential_id": credential["id"],
                "vault_id": credential["vault_id"],
                "message": f"the environment's network rules do not let {', '.join(hosts)} through, where the credential "
                f"{credential['auth']['secret_name']} belongs: add it to the environment's allowed_hosts",
                "retry_status": {"type": "retrying"},
            }
            found.append(error_body(error))
        return found

    async def rotate_token(self, session_id: str, resource_id: str, body: Json) -> Json:
        """Another token for a repository that had one; the session goes on with it.

        Raises:
            Refused: 404, another kind of resource, or one without a token.
        """
        async with self.changing(session_id):
            document = await self.records.document(session_id)
            resource = resource_of(document.body, resource_id)
            if resource["type"] != REPOSITORY or not resource.get("workbench"):
                raise Refused(f"resource {resource_id} has no authorization_token that could be changed")
            await self.tokens.keep(resource_id, body.get("authorization_token"))
            changed = resource | {"updated_at": events.timestamp(self.clock())}
            resources = [changed if one is resource else one for one in document.body["resources"]]
            record = document.body | {"resources": resources}
            await self.documents.put(Document(document.kind, document.id, document.version, record))
        return shown(changed)

    async def forget_tokens(self, record: Json) -> None:
        """The session is deleted; a token that its parent, a fork of it or its deployment uses as well stays for them."""
        used = await used_by_others(self.documents, record["id"])
        own = [one["id"] for one in record["resources"] if one["type"] == REPOSITORY and one.get("workbench")]
        await self.tokens.forget([resource_id for resource_id in own if resource_id not in used])

    async def allow_host(self, session_id: str, host: str, *, in_environment: bool) -> None:
        """Let a session reach one more host from now on, and the later ones of its environment too where that is meant.

        Raises:
            VaultRefused: this is no host.
            Refused: 404, or an environment that is archived.
        """
        record = (await self.records.document(session_id)).body
        await self.vault.network.allow(session_id, host)
        networking = (await self.environments.get(record["environment_id"]))["config"]["networking"]
        if in_environment and networking["type"] == "limited":
            hosts = list(dict.fromkeys([*networking["allowed_hosts"], host]))
            body = {"config": {"type": "cloud", "networking": networking | {"allowed_hosts": hosts}}}
            await self.environments.update(record["environment_id"], body)

    async def changed_credentials(self, changing: Awaitable[Json]) -> Json:
        """Do what changes a credential, and have running sessions go on with what it then is."""
        changed = await changing
        await self.vault.network.credentials_changed()
        return changed
