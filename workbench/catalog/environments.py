"""Environments: where tools run, what they may reach and what is installed there."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from workbench.catalog.base_models import Body, merged_metadata
from workbench.catalog.errors import Refused, checked, conflict, not_found
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

KIND = "environment"
MANAGERS = ("apt", "cargo", "gem", "go", "npm", "pip")

_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)


def _hosts(hosts: list[str] | None) -> list[str] | None:
    for host in hosts or ():
        if len(host) > 255 or not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} must be a bare host or *.example.com, without scheme, port or path")
    return hosts


def _packages(names: list[str] | None) -> list[str] | None:
    for name in names or ():
        if not name.strip() or name.startswith("-") or any(character.isspace() for character in name):
            raise ValueError(f"{name!r} is not a package name")
    return names


PackageNames = Annotated[list[str] | None, AfterValidator(_packages)]


class Unrestricted(Body):
    type: Literal["unrestricted"]


class Limited(Body):
    type: Literal["limited"]
    allowed_hosts: Annotated[list[str] | None, AfterValidator(_hosts)] = None
    allow_mcp_servers: bool | None = None
    allow_package_managers: bool | None = None


class Packages(Body):
    type: Literal["packages"] | None = None
    apt: PackageNames = None
    cargo: PackageNames = None
    gem: PackageNames = None
    go: PackageNames = None
    npm: PackageNames = None
    pip: PackageNames = None


class Cloud(Body):
    """Examples of the public guide from before call it `anthropic_cloud`; it is shown as `cloud`."""

    type: Literal["cloud", "anthropic_cloud"]
    networking: Annotated[Unrestricted | Limited, Field(discriminator="type")] | None = None
    packages: Packages | None = None


class SelfHosted(Body):
    type: Literal["self_hosted"]


Config = Annotated[Cloud | SelfHosted, Field(discriminator="type")]


class CreateEnvironment(Body):
    name: Annotated[str, Field(min_length=1, max_length=255)]
    config: Config | None = None
    description: Annotated[str | None, Field(max_length=2048)] = None
    metadata: dict[str, str | None] | None = None
    scope: Literal["organization", "account"] | None = None


class UpdateEnvironment(Body):
    name: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    config: Config | None = None
    description: Annotated[str | None, Field(max_length=2048)] = None
    metadata: dict[str, str | None] | None = None
    scope: Literal["organization", "account"] | None = None


def default_config() -> Json:
    """What an environment has that says nothing: a local sandbox with an open network and nothing installed."""
    return {"type": "cloud", "networking": {"type": "unrestricted"}, "packages": _no_packages()}


def _no_packages() -> Json:
    return {"type": "packages", **{manager: [] for manager in MANAGERS}}


def settled_config(given: Cloud | SelfHosted, old: Json) -> Json:
    """`old` with what was given put in its place: omitted keeps, None resets, a list replaces.

    Raises:
        Refused: packages under a limited network that does not allow package managers.
    """
    if isinstance(given, SelfHosted):
        return {"type": "self_hosted"}
    config = {"type": "cloud", "networking": old["networking"], "packages": old["packages"]}
    if "networking" in given.model_fields_set:
        config["networking"] = _networking(given.networking, old["networking"])
    if "packages" in given.model_fields_set:
        config["packages"] = _settled_packages(given.packages, old["packages"])
    limited = config["networking"]["type"] == "limited"
    if limited and not config["networking"]["allow_package_managers"] and any(config["packages"][m] for m in MANAGERS):
        raise Refused("config.networking: packages under limited networking need allow_package_managers: true")
    return config


def with_packages(config: Json, more: Packages) -> Json:
    """The configuration of a cloud environment with more packages than it has, each once.

    Raises:
        Refused: as `settled_config`, or none is named.
    """
    added = {name: more_names for name in MANAGERS if (more_names := getattr(more, name))}
    if not added:
        raise Refused("packages: name at least one, under its package manager")
    old = config["packages"]
    merged = {name: list(dict.fromkeys([*(old.get(name) or ()), *names])) for name, names in added.items()}
    return settled_config(checked(Cloud, {"type": "cloud", "packages": merged}), config)


def _networking(given: Unrestricted | Limited | None, old: Json) -> Json:
    if not isinstance(given, Limited):
        return {"type": "unrestricted"}
    closed = {"type": "limited", "allowed_hosts": [], "allow_mcp_servers": False, "allow_package_managers": False}
    settled = dict(old) if old["type"] == "limited" else dict(closed)
    for name in given.model_fields_set - {"type"}:
        value = getattr(given, name)
        settled[name] = closed[name] if value is None else value
    return settled


def _settled_packages(given: Packages | None, old: Json) -> Json:
    if given is None:
        return _no_packages()
    return old | {name: getattr(given, name) or [] for name in given.model_fields_set - {"type"}}


class Environments:
    """The environments of this installation."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def create(self, body: Json) -> Json:
        given = checked(CreateEnvironment, body)
        _refuse_account_scope(given.scope)
        await self._refuse_taken_name(given.name, None)
        moment = timestamp(self._clock())
        environment: Json = {
            "id": new_id("env"),
            "type": "environment",
            "name": given.name,
            "description": given.description,
            "config": settled_config(given.config, default_config()) if given.config else default_config(),
            "scope": "organization",
            "metadata": merged_metadata({}, given.metadata, blank_deletes=True),
            "created_at": moment,
            "updated_at": moment,
            "archived_at": None,
        }
        await self._put(environment)
        return environment

    async def get(self, environment_id: str) -> Json:
        document = await self._documents.get(KIND, environment_id)
        if document is None:
            raise not_found("environment", environment_id, code="environment_not_found")
        return document.body

    async def usable(self, environment_id: str) -> Json:
        """An environment that new sessions may use.

        Raises:
            Refused: 404 `environment_not_found`, 400 `environment_archived`.
        """
        environment = await self.get(environment_id)
        if environment["archived_at"]:
            raise Refused(f"environment {environment_id} is archived; create a new one", code="environment_archived")
        return environment

    async def update(self, environment_id: str, body: Json) -> Json:
        given = checked(UpdateEnvironment, body)
        old = await self.usable(environment_id)
        _refuse_account_scope(given.scope)
        new = dict(old)
        if given.name is not None and given.name != old["name"]:
            await self._refuse_taken_name(given.name, environment_id)
            new["name"] = given.name
        if "description" in given.model_fields_set:
            new["description"] = given.description
        if "metadata" in given.model_fields_set:
            new["metadata"] = merged_metadata(old["metadata"], given.metadata, blank_deletes=True)
        if given.config is not None:
            if isinstance(given.config, SelfHosted) != (old["config"]["type"] == "self_hosted"):
                raise Refused(
                    f"config.type: an environment stays {old['config']['type']}; create a new one",
                    code="invalid_config_type_change",
                )
            new["config"] = settled_config(given.config, old["config"])
        elif "config" in given.model_fields_set and old["config"]["type"] == "cloud":
            new["config"] = default_config()
        if new == old:
            return old
        new["updated_at"] = timestamp(self._clock())
        await self._put(new)
        return new

    async def archive(self, environment_id: str) -> Json:
        """Make it read-only for ever; again is no error and changes nothing."""
        environment = await self.get(environment_id)
        if environment["archived_at"]:
            return environment
        moment = timestamp(self._clock())
        environment = environment | {"archived_at": moment, "updated_at": moment}
        await self._put(environment)
        return environment

    async def delete(self, environment_id: str) -> Json:
        await self.get(environment_id)
        await self._documents.remove(KIND, environment_id)
        return {"id": environment_id, "type": "environment_deleted"}

    async def newest(self) -> list[Json]:
        """All environments, newest first."""
        return [document.body for document in reversed(await self._documents.newest(KIND))]

    async def _put(self, environment: Json) -> None:
        await self._documents.put(Document(KIND, environment["id"], 1, environment))

    async def _refuse_taken_name(self, name: str, own_id: str | None) -> None:
        for environment in await self.newest():
            if environment["name"] == name and environment["id"] != own_id:
                raise conflict(f"an environment is named {name!r} already: {environment['id']}")


def _refuse_account_scope(scope: str | None) -> None:
    if scope == "account":
        raise Refused("scope: only organization is possible here")
