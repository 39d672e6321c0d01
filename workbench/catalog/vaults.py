"""Vaults and their credentials: what is known of them lies here, their secrets in the vault's own process only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from workbench.catalog import credentials
from workbench.catalog.base_models import Body, merged_metadata
from workbench.catalog.credentials import CreateAuth, Given, UpdateAuth
from workbench.catalog.errors import Refused, checked, conflict, not_found
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.contracts.vault import Stored, Vault, VaultRefused
from workbench.events import new_id, timestamp

VAULT, CREDENTIAL = "vault", "credential"
MOST_CREDENTIALS = 20

Name = Annotated[str, Field(min_length=1, max_length=255)]


class CreateVault(Body):
    display_name: Name
    metadata: dict[str, str | None] | None = None


class UpdateVault(Body):
    display_name: Name | None = None
    metadata: dict[str, str | None] | None = None


class CreateCredential(Body):
    auth: CreateAuth
    display_name: Annotated[str | None, Field(max_length=255)] = None
    metadata: dict[str, str | None] | None = None


class UpdateCredential(Body):
    auth: UpdateAuth | None = None
    display_name: Annotated[str | None, Field(max_length=255)] = None
    metadata: dict[str, str | None] | None = None


class Vaults:
    """The vaults of this installation."""

    def __init__(self, documents: Documents, vault: Vault, clock: Clock) -> None:
        self._documents = documents
        self._vault = vault
        self._clock = clock
        # Two creations at once must not both find their key free.
        self._changing = asyncio.Lock()

    # ── vaults ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def create(self, body: Json) -> Json:
        given = checked(CreateVault, body)
        moment = timestamp(self._clock())
        vault: Json = {
            "id": new_id("vlt"),
            "type": "vault",
            "display_name": given.display_name,
            "metadata": merged_metadata({}, given.metadata),
            "created_at": moment,
            "updated_at": moment,
            "archived_at": None,
        }
        await self._put(VAULT, vault)
        return vault

    async def get(self, vault_id: str) -> Json:
        """Raises: Refused: 404."""
        return await _vault(self._documents, vault_id)

    async def usable(self, vault_id: str) -> Json:
        """See `usable_vault`."""
        return await usable_vault(self._documents, vault_id)

    async def update(self, vault_id: str, body: Json) -> Json:
        given = checked(UpdateVault, body)
        vault = await self.usable(vault_id)
        new = dict(vault)
        if given.display_name is not None:
            new["display_name"] = given.display_name
        if given.metadata is not None:
            new["metadata"] = merged_metadata(vault["metadata"], given.metadata)
        if new == vault:
            return vault
        return await self._put(VAULT, new | {"updated_at": timestamp(self._clock())})

    async def archive(self, vault_id: str) -> Json:
        """Take its secrets away for ever; running sessions go on without them. Again is no error."""
        async with self._changing:
            vault = await self.get(vault_id)
            if vault["archived_at"]:
                return vault
            for credential in await self._active(vault_id):
                await self._archive_credential(credential)
            return await self._put(VAULT, vault | self._archived())

    async def delete(self, vault_id: str) -> Json:
        async with self._changing:
            await self.get(vault_id)
            for credential in await self._all(vault_id):
                await self._remove_credential(credential["id"])
            await self._documents.remove(VAULT, vault_id)
        return {"id": vault_id, "type": "vault_deleted"}

    async def newest(self) -> list[Json]:
        """Every vault, newest first."""
        return [document.body for document in reversed(await self._documents.newest(VAULT))]

    # ── credentials ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def create_credential(self, vault_id: str, body: Json) -> Json:
        async with self._changing:
            await self.usable(vault_id)
            request = checked(CreateCredential, body)
            given = credentials.created(request.auth, self._clock())
            self._refuse_another(await self._active(vault_id), given.auth)
            credential_id, moment = new_id("vcrd"), timestamp(self._clock())
            stored = await self._stored(credential_id, given)
            credential: Json = {
                "id": credential_id,
                "type": "vault_credential",
                "vault_id": vault_id,
                "auth": given.auth,
                "display_name": request.display_name,
                "metadata": merged_metadata({}, request.metadata),
                "created_at": moment,
                "updated_at": moment,
                "archived_at": None,
                "workbench": _known_of(stored),
            }
            try:
                await self._put(CREDENTIAL, credential)
            except BaseException:
                # This secret would never be found again.
                await self._vault.remove(credential_id)
                raise
        return shown(credential)

    def _refuse_another(self, active: Sequence[Json], auth: Json) -> None:
        if len(active) >= MOST_CREDENTIALS:
            raise Refused(f"a vault has at most {MOST_CREDENTIALS} credentials; archive one, or create another vault")
        field, key = credentials.key_of(auth)
        for other in active:
            if credentials.key_of(other["auth"]) == (field, key):
                raise conflict(f"the vault has an active credential with {field} {key}: {other['id']}; update that one")

    async def credential(self, vault_id: str, credential_id: str) -> Json:
        """Raises: Refused: 404."""
        return shown(await self._record(vault_id, credential_id))

    async def update_credential(self, vault_id: str, credential_id: str, body: Json) -> Json:
        async with self._changing:
            request = checked(UpdateCredential, body)
            record = await self._record(vault_id, credential_id)
            if record["archived_at"]:
                raise Refused(f"credential {credential_id} is archived; create a new one")
            new = dict(record)
            if "display_name" in request.model_fields_set:
                new["display_name"] = request.display_name
            if request.metadata is not None:
                new["metadata"] = merged_metadata(record["metadata"], request.metadata)
            if request.auth is not None:
                given = credentials.updated(record["auth"], request.auth, self._clock())
                new["auth"] = given.auth
                if given.secrets or given.settings or given.deposit:
                    new["workbench"] = _known_of(await self._stored(credential_id, given))
            if new == record:
                return shown(record)
            return shown(await self._put(CREDENTIAL, new | {"updated_at": timestamp(self._clock())}))

    async def archive_credential(self, vault_id: str, credential_id: str) -> Json:
        """Take its secret away for ever and free its key; again is no error."""
        async with self._changing:
            record = await self._record(vault_id, credential_id)
            if record["archived_at"]:
                return shown(record)
            return shown(await self._archive_credential(record))

    async def delete_credential(self, vault_id: str, credential_id: str) -> Json:
        async with self._changing:
            await self._record(vault_id, credential_id)
            await self._remove_credential(credential_id)
        return {"id": credential_id, "type": "vault_credential_deleted"}

    async def credentials_of(self, vault_id: str) -> list[Json]:
        """A vault's credentials, archived ones too, newest first.

        Raises:
            Refused: 404.
        """
        await self.get(vault_id)
        return [shown(record) for record in reversed(await self._all(vault_id))]

    async def attached(self, vault_ids: Sequence[str]) -> list[Json]:
        """The active credentials that a session with these vaults may use: of two with one key the first vault's counts.

        Each is its record, with what is known of its secret under `workbench`.
        """
        found: dict[tuple[str, str], Json] = {}
        for vault_id in vault_ids:
            for record in await self._active(vault_id):
                found.setdefault(credentials.key_of(record["auth"]), record)
        return list(found.values())

    async def refreshed_until(self, credential_id: str, expires_at: str | None) -> None:
        """A refresh has given an access token that lives until then; no error when the credential is gone."""
        document = await self._documents.get(CREDENTIAL, credential_id)
        if document is not None and expires_at is not None:
            auth = document.body["auth"] | {"expires_at": expires_at}
            await self._put(CREDENTIAL, document.body | {"auth": auth})

    # ── records ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _stored(self, credential_id: str, given: Given) -> Stored:
        try:
            if given.deposit is not None:
                return await self._vault.adopt(credential_id, given.deposit, given.settings)
            return await self._vault.put(credential_id, given.secrets, given.settings)
        except VaultRefused as refused:
            raise Refused(f"auth: {refused}") from None

    async def _archive_credential(self, record: Json) -> Json:
        # The secret goes first: an archived credential never has one.
        await self._forget(record["id"])
        return await self._put(CREDENTIAL, record | self._archived())

    async def _remove_credential(self, credential_id: str) -> None:
        await self._forget(credential_id)
        await self._documents.remove(CREDENTIAL, credential_id)

    async def _forget(self, credential_id: str) -> None:
        try:
            await self._vault.remove(credential_id)
        except VaultRefused as refused:
            raise Refused(
                f"the secret of {credential_id} could not be removed: {refused}", status=503, kind="api_error"
            ) from None

    async def _record(self, vault_id: str, credential_id: str) -> Json:
        document = await self._documents.get(CREDENTIAL, credential_id)
        if document is None or document.body["vault_id"] != vault_id:
            raise not_found("credential", credential_id)
        return document.body

    async def _all(self, vault_id: str) -> list[Json]:
        found = await self._documents.newest(CREDENTIAL)
        return [document.body for document in found if document.body["vault_id"] == vault_id]

    async def _active(self, vault_id: str) -> list[Json]:
        return [record for record in await self._all(vault_id) if not record["archived_at"]]

    async def _put(self, kind: str, body: Json) -> Json:
        await self._documents.put(Document(kind, body["id"], 1, body))
        return body

    def _archived(self) -> Json:
        moment = timestamp(self._clock())
        return {"archived_at": moment, "updated_at": moment}


async def usable_vault(documents: Documents, vault_id: str) -> Json:
    """A vault that a session may be given.

    Raises:
        Refused: 404, or 400 for one that is archived.
    """
    vault = await _vault(documents, vault_id)
    if vault["archived_at"]:
        raise Refused(f"vault {vault_id} is archived; create a new one")
    return vault


async def _vault(documents: Documents, vault_id: str) -> Json:
    document = await documents.get(VAULT, vault_id)
    if document is None:
        raise not_found("vault", vault_id)
    return document.body


def shown(record: Json) -> Json:
    """The public object of a credential; a secret that is too short to be taken out of answers is said under `workbench`."""
    public = {key: value for key, value in record.items() if key != "workbench"}
    too_short = record["workbench"].get("too_short")
    return public | {"workbench": {"too_short": too_short}} if too_short else public


def _known_of(stored: Stored) -> Json:
    known = {"fingerprint": stored.fingerprint, "prefix": stored.prefix, "length": stored.length}
    return known | {"too_short": list(stored.too_short)} if stored.too_short else known
