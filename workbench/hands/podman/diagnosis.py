"""Can this machine have sandboxes? Questions about the host, each with its cure; nothing is changed by asking."""

from __future__ import annotations

import getpass
import os
from collections.abc import AsyncIterator
from pathlib import Path

from workbench.contracts.hands import Check
from workbench.contracts.values import Json
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import command, stored_images
from workbench.hands.podman.client import Client
from workbench.hands.podman.command import INSTALL, OLDEST_VERSION
from workbench.hands.podman.connection import temporary_podman
from workbench.hands.podman.images import base_recipe
from workbench.hands.podman.seccomp import DISTRIBUTION_PROFILE
from workbench.settings import Settings


async def host_checks(settings: Settings) -> AsyncIterator[Check]:
    """Podman, its storage, the user's subordinate ids, the cgroup tree and the image; ends early where Podman is missing."""
    yield Check(
        "The workbench runs as an ordinary user",
        os.getuid() != 0,
        f"user {os.getuid()}",
        "an escape from root's container is root: run the workbench as yourself, without sudo",
    )
    try:
        version = await command.podman_version(settings)
    except SandboxUnavailable as missing:
        yield Check("Podman is installed", False, str(missing), f"run `{INSTALL}`")
        return
    needed = ".".join(map(str, OLDEST_VERSION))
    found = ".".join(map(str, version))
    yield Check(f"Podman is {needed} or newer", version >= OLDEST_VERSION, found, f"run `{INSTALL}`")
    yield _subordinate_ids(Path("/etc/subuid"))
    yield _subordinate_ids(Path("/etc/subgid"))
    yield Check(
        "The distribution's seccomp profile is there",
        DISTRIBUTION_PROFILE.exists(),
        str(DISTRIBUTION_PROFILE),
        "run `sudo apt-get install golang-github-containers-common`",
    )
    async for check in _podman_checks(settings):
        yield check


async def _podman_checks(settings: Settings) -> AsyncIterator[Check]:
    reference = base_recipe().reference
    try:
        async with temporary_podman(settings) as podman:
            known = await podman.ask(_info)
            has_image = await podman.ask(stored_images.has_image, reference)
    except SandboxUnavailable as broken:
        yield Check("Podman works for this user", False, str(broken)[-300:], "run `workbench podman info`")
        return
    driver, root = known["store"]["graphDriverName"], known["store"]["graphRoot"]
    rootless = known["host"]["security"]["rootless"]
    controllers = known["host"]["cgroupControllers"] or []
    yield Check("Podman works for this user, rootless", rootless, f"rootless: {rootless}", "run it without sudo")
    yield Check(
        "The workbench's own Podman storage works with overlays",
        driver == "overlay",
        f"{driver} at {root}",
        "unset STORAGE_DRIVER and what else in the environment of the engine names another driver",
    )
    if command.is_hybrid():
        yield Check(
            "The hybrid cgroup tree is hidden from crun",
            await command.hides_hybrid_tree(settings),
            f"{command.HYBRID_TREE} has controllers",
            "the engine does this at its first sandbox; to do it now: `workbench podman unshare mount -t tmpfs none "
            f"{command.HYBRID_TREE}`",
        )
    yield Check(
        "Limits of memory and processes can be enforced",
        {"memory", "pids"} <= set(controllers),
        ", ".join(controllers) or "no controllers are delegated to this user",
        "sandboxes work without; with systemd, run `sudo systemctl edit user@.service` and add `Delegate=memory pids`",
        serious=False,
    )
    yield Check(
        "The sandbox image is built",
        has_image,
        reference,
        "the first sandbox builds it (about a minute); for that run `sudo apt-get install mmdebstrap uidmap`",
        serious=False,
    )


def _info(client: Client) -> Json:
    with client.api("Asking Podman about itself") as api:
        answer = api.get("/info")
        answer.raise_for_status()
        known: Json = answer.json()
        return known


def _subordinate_ids(file: Path) -> Check:
    user = getpass.getuser()
    try:
        entries = [line.split(":") for line in file.read_text().splitlines()]
    except OSError:
        entries = []
    count = sum(int(entry[2]) for entry in entries if len(entry) == 3 and entry[0] in {user, str(os.getuid())})
    return Check(
        f"{file} gives {user} a range of ids",
        count >= 65536,
        f"{count} ids",
        "run `sudo usermod --add-subuids 300000-365535 --add-subgids 300000-365535 $USER`, then `workbench podman system migrate`",
    )
