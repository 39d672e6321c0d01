"""Environment of a session: which one it may have, and what its record keeps of it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from workbench.catalog.errors import Refused
from workbench.catalog.own_backend import BackendRefusal, chosen_backend, chosen_machine
from workbench.catalog.own_folders import named_folders
from workbench.catalog.own_images import named_containerfile, named_image
from workbench.catalog.own_network import own_rules
from workbench.contracts.servers import STDIO
from workbench.contracts.values import SELF_HOSTED, Json
from workbench.settings import DEFAULT_BACKEND


def is_self_hosted(environment: Json) -> bool:
    """Whether workers run the tools of its sessions."""
    return bool(environment["config"]["type"] == SELF_HOSTED)


def refuse_what_workers_lack(environment: Json, resources: Sequence[Json], project: str | None) -> None:
    """Raises: Refused: a self-hosted environment, with what only a sandbox on this machine can have."""
    if not is_self_hosted(environment):
        return
    if any(one["type"] != "memory_store" for one in resources):
        raise Refused(
            f"Environment {environment['id']} is a self-hosted environment. `resources` are not supported with self-hosted"
            " environments. (Memory stores are.)"
        )
    if project is not None:
        raise Refused(
            f"metadata.workbench.project: the workers of the self-hosted environment {environment['id']} do not have the"
            " folders of this machine; start the worker in the project's folder, or take a cloud environment"
        )


def kept_of(environment: Json, refusal: BackendRefusal) -> Json:
    """What a record keeps of an environment: the session has it as it was then.

    Raises:
        Refused: its metadata names an image, a folder, a network rule or a backend that cannot be.
    """
    return {
        "environment": environment["config"],
        "image": named_image(environment["metadata"]),
        "containerfile": named_containerfile(environment["metadata"]),
        "network": own_rules(environment["metadata"]),
        "backend": chosen_backend(environment["metadata"], refusal),
        "machine": chosen_machine(environment["metadata"]),
        "folders": named_folders(environment["metadata"]),
    }


def refuse_another_backend(record: Json, kept: Json) -> None:
    """Raises: Refused: its files are laid out for another backend than the environment's."""
    # A record of an earlier version names none.
    if kept["environment"]["type"] != record["workbench"]["environment"]["type"]:
        raise Refused(
            "environment_id: a session stays on this machine, or with workers; create a new session in that environment"
        )
    known = record["workbench"].get("backend", DEFAULT_BACKEND)
    if kept["backend"] != known:
        raise Refused(
            f"environment_id: its sandboxes are run by {kept['backend']}, and this session's files are laid out for "
            f"{known}; create a new session in that environment"
        )


def refuse_packages(private: Json) -> None:
    """Raises: Refused: the image of a session's sandboxes is not made here, so that nothing can be added to it."""
    if private["environment"]["type"] == SELF_HOSTED:
        raise Refused("packages: this session's tools run at workers, which have what their machines have")
    if (backend := private.get("backend", DEFAULT_BACKEND)) != DEFAULT_BACKEND:
        raise Refused(
            f"packages: this session's sandboxes are run by {backend}, whose programs are those of the machine"
        )


def refuse_blocked_servers(agent: Json, environment: Json) -> None:
    """Raises: Refused: an MCP server that the environment's network rules do not let through."""
    if is_self_hosted(environment):
        _refuse_servers_in_sandboxes(agent)
        return
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


def _refuse_servers_in_sandboxes(agent: Json) -> None:
    for server in agent["mcp_servers"]:
        if server["url"].startswith(STDIO):
            raise Refused(
                f"the MCP server {server['name']!r} runs inside a sandbox of ours, and a self-hosted environment has none:"
                " serve it over HTTP, or have the worker answer its tools as custom tools"
            )
