"""Environment of a session: which one it may have, and what its record keeps of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from workbench.catalog.environments import Environments
from workbench.catalog.errors import Refused
from workbench.catalog.own_backend import BackendRefusal, chosen_backend
from workbench.catalog.own_images import named_containerfile, named_image
from workbench.catalog.own_network import own_rules
from workbench.contracts.servers import STDIO
from workbench.contracts.values import Json
from workbench.settings import DEFAULT_BACKEND


async def usable_environment(environments: Environments, environment_id: str) -> Json:
    """An environment that sessions can run in.

    Raises:
        Refused: there is none with this id, it is archived, or it runs elsewhere.
    """
    environment = await environments.usable(environment_id)
    if environment["config"]["type"] != "cloud":
        raise Refused("environment_id: this version of the workbench runs sessions in cloud environments only")
    return environment


def kept_of(environment: Json, refusal: BackendRefusal) -> Json:
    """What a record keeps of an environment: the session has it as it was then.

    Raises:
        Refused: its metadata names an image, a network rule or a backend that cannot be.
    """
    return {
        "environment": environment["config"],
        "image": named_image(environment["metadata"]),
        "containerfile": named_containerfile(environment["metadata"]),
        "network": own_rules(environment["metadata"]),
        "backend": chosen_backend(environment["metadata"], refusal),
    }


def refuse_another_backend(record: Json, kept: Json) -> None:
    """Raises: Refused: its files are laid out for another backend than the environment's."""
    # A record of an earlier version names none.
    known = record["workbench"].get("backend", DEFAULT_BACKEND)
    if kept["backend"] != known:
        raise Refused(
            f"environment_id: its sandboxes are run by {kept['backend']}, and this session's files are laid out for "
            f"{known}; create a new session in that environment"
        )


def refuse_blocked_servers(agent: Json, environment: Json) -> None:
    """Raises: Refused: an MCP server that the environment's network rules do not let through."""
    networking = environment["config"]["networking"]
    if networking["type"] == "unrestricted" or networking["allow_mcp_servers"]:
        return
    allowed = networking["allowed_hosts"]
    for server in agent["mcp_servers"]:
        if server["url"].startswith(STDIO):
            # It runs inside: what it may reach is what the sandbox may reach.
            continue
        host = urlsplit(server["url"]).hostname or ""
        named = host in allowed or any(one.startswith("*.") and host.endswith(one[1:]) for one in allowed)
        if not named:
            raise Refused(
                f"the environment's networking does not let the MCP server {server['name']!r} ({host}) through: add it to "
                "allowed_hosts, or set allow_mcp_servers"
            )
