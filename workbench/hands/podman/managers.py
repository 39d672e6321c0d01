"""Asks the package managers of an image, in a container without a network, where they go by default."""

from __future__ import annotations

import contextlib

from workbench.contracts.values import Json
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.package_places import defaults_file
from workbench.hands.podman import containers
from workbench.hands.podman.connection import Podman
from workbench.hands.podman.specification import helper

_ASK_LIMIT_S = 60.0

_ASK = """
import json, shutil, subprocess
found, npm = [], ""
try:
    from pip._internal.models.index import PyPI
    found += [PyPI.simple_url, f"https://{PyPI.file_storage_domain}/"]
except Exception:
    pass
for command in (["npm", "config", "get", "registry"], ["yarn", "config", "get", "registry"],
                ["yarn", "config", "get", "npmRegistryServer"], ["gem", "sources"], ["go", "env", "GOPROXY"]):
    if shutil.which(command[0]):
        said = subprocess.run(command, capture_output=True, text=True, timeout=20).stdout
        named = [word for word in said.replace(",", " ").split() if word.startswith("http")]
        npm = npm or (named[0] if named and command[0] == "npm" else "")
        found += named
print(json.dumps({"urls": found, "npm": npm}))
"""


async def ask_managers(podman: Podman, image: str) -> None:
    """Have the package managers of an image say once where they go by default; what they say is kept beside the images."""
    file = defaults_file(podman.settings, image)
    if file.exists():
        return
    order: Json = {**helper(podman.settings, image), "entrypoint": ["python3"], "command": ["-c", _ASK]}
    # An image in which this cannot run has no sandbox either, and its start says so.
    with contextlib.suppress(SandboxUnavailable):
        code, output = await podman.within(_ASK_LIMIT_S, containers.run, order)
        if code == 0:
            file.write_text(output)
