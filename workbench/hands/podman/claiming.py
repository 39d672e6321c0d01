"""Makes the spare a session's sandbox: its name, its folders and its variables are given to it, and all of it is read back."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from workbench.contracts.values import Json
from workbench.hands.channel import channel_folder
from workbench.hands.ending import to_the_end
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.workspace import INSIDE, MEMORY_INSIDE, Workspace
from workbench.hands.git import view
from workbench.hands.podman import containers, mounting
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.spares import Spare
from workbench.hands.podman.specification import (
    container_name,
    overlays,
    session_environment,
    session_mounts,
    session_orders,
)
from workbench.settings import Settings

MOUNTING_LIMIT_S: Final = 10.0
SEALED: Final = (MEMORY_INSIDE, view.OBJECTS_INSIDE)
"""Nothing is written beside what is mounted in these."""


class CannotMount(SandboxUnavailable):
    """On this machine no folder can be mounted into a container that runs."""


async def claim(
    spare: Spare,
    podman: Podman,
    settings: Settings,
    session_id: str,
    *,
    image: str,
    workspace: Workspace,
    variables: Mapping[str, str],
) -> Json:
    """Make it the session's, and give its posture as it is then.

    Its name first: from then on it is found as any sandbox of the session's, and where another has it, nothing is mounted that the other
    may still use. The claim is last, without which it ends with its engine.

    Raises:
        SandboxUnavailable: the session cannot have it; the caller ends it.
    """
    name = container_name(settings, session_id)
    renaming = asyncio.ensure_future(podman.once(containers.rename, spare.container, name, image))
    try:
        await asyncio.to_thread(_prepare, workspace)
    finally:
        await to_the_end(renaming)
    spare.channel.move(channel_folder(settings, session_id))
    mounts = sorted((*session_mounts(workspace), *overlays(workspace)), key=lambda one: one["destination"].count("/"))
    await _mounted(spare, mounts)
    environment = session_environment(settings, workspace, variables)
    return await spare.channel.claim(session_orders(workspace), environment, INSIDE)


def _prepare(workspace: Workspace) -> None:
    workspace.prepare()
    view.prepare(workspace)


async def _mounted(spare: Spare, mounts: list[dict[str, Any]]) -> None:
    order = {
        **{"pid": spare.container.pid, "started_ticks": spare.started_ticks, "monitor": spare.container.monitor},
        **{"mounts": mounts, "seal": SEALED},
    }
    try:
        async with asyncio.timeout(MOUNTING_LIMIT_S):
            said, _ = await spare.mounter.communicate(json.dumps(order).encode() + b"\n")
    except TimeoutError:
        raise SandboxUnavailable("Mounting took too long.") from None
    if spare.mounter.returncode == mounting.IMPOSSIBLE:
        raise CannotMount(said.decode(errors="replace"))
    if spare.mounter.returncode:
        raise SandboxUnavailable(said.decode(errors="replace"))
    if faults := mount_faults(_mounts_of(spare.container.pid), mounts):
        raise SandboxUnavailable(f"The sandbox was refused: {', '.join(faults)}.")


def _mounts_of(pid: int) -> dict[str, tuple[str, frozenset[str]]]:
    """What a process has mounted, as the host sees it: by path the kind of file system and the options of the topmost."""
    found = {}
    for line in Path(f"/proc/{pid}/mountinfo").read_text(errors="surrogateescape").splitlines():
        fields, _, more = line.partition(" - ")
        path, options = fields.split(" ")[4:6]
        found[_unescaped(path)] = (more.split(" ")[0], frozenset(options.split(",")))
    return found


def _unescaped(path: str) -> str:
    """The kernel writes blanks and the like as an octal number."""
    return os.fsdecode(os.fsencode(path).decode("unicode_escape").encode("latin-1")) if "\\" in path else path


def mount_faults(mounted: Mapping[str, tuple[str, frozenset[str]]], ordered: list[dict[str, Any]]) -> list[str]:
    """What is mounted otherwise than ordered, as Podman's REST interface is ordered."""
    faults = []
    for one in ordered:
        path, is_bind = one["destination"], one.get("type") == "bind"
        kind, options = mounted.get(path, ("", frozenset[str]()))
        access = "ro" if is_bind and "ro" in one["options"] else "rw"
        if not kind or (kind == "overlay") < (not is_bind) or not {access, "nosuid", "nodev"} <= options:
            faults.append(f"{path} is not mounted as ordered")
    faults += [f"{path} can be written" for path in SEALED if "ro" not in mounted.get(path, ("", frozenset()))[1]]
    return faults
