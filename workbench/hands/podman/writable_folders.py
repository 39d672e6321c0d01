"""Writable folders of a sandbox begin with what its image has there: copied once, in a container without a network."""

from __future__ import annotations

import json
from pathlib import Path

from workbench.contracts.values import Json
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files.removing import remove
from workbench.hands.files.workspace import Workspace
from workbench.hands.podman import containers
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.specification import helper
from workbench.settings import make_private

COPY_LIMIT_S = 600.0
_INSIDE = "/run/filled"

_COPY = """
import json, os, shutil, stat, sys
def special(folder, names):
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
    return [name for name, mode in kinds.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))]
for source, target in json.loads(sys.argv[1]).items():
    if os.path.isdir(source):
        try:
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=special)
        except shutil.Error as error:
            print(f"{error.args[0][0][0]}: {error.args[0][0][2]}")
            sys.exit(1)
"""


async def fill(podman: Podman, workspace: Workspace, image: str) -> None:
    """Make those that are not there yet, whole or not at all.

    Raises:
        SandboxUnavailable: what the image has there cannot be copied; the text says what.
    """
    missing = {path: folder for path, folder in workspace.folders_on_disk.items() if not folder.is_dir()}
    if not missing:
        return
    beside = workspace.folder / "filling"
    remove(beside)
    for folder in missing.values():
        make_private(beside / folder.name)
    targets = {path: f"{_INSIDE}/{folder.name}" for path, folder in missing.items()}
    code, said = await podman.within(COPY_LIMIT_S, containers.run, _order(podman, image, targets, beside))
    if code:
        raise SandboxUnavailable(
            f"The image {image} has folders that this environment makes writable, and they cannot be copied"
            f" ({said.strip() or f'exit code {code}'}); see that its files can be read, or take the folder out of"
            " workbench.folders."
        )
    for folder in missing.values():
        folder.parent.mkdir(exist_ok=True)
        (beside / folder.name).rename(folder)
    remove(beside)


def _order(podman: Podman, image: str, targets: dict[str, str], beside: Path) -> Json:
    options = ["rw", "rbind", "nosuid", "nodev"]
    return {
        **helper(podman.settings, image),
        "entrypoint": ["python3", "-I", "-S"],
        "command": ["-c", _COPY, json.dumps(targets)],
        "read_only_filesystem": True,
        "mounts": [{"type": "bind", "source": str(beside), "destination": _INSIDE, "options": options}],
    }
