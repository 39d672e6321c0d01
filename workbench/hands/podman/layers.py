"""An environment's packages as a layer on the base image: built once for the same list, by whoever needs it first."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import sandboxes
from workbench.contracts.values import Json, Progress
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import stored_images
from workbench.hands.podman.connection import Podman, from_threads, temporary_podman
from workbench.hands.podman.images import alone
from workbench.hands.podman.stored_images import Build
from workbench.hands.podman.transcript import Transcript
from workbench.settings import make_private

KINDS = ("apt", "cargo", "gem", "go", "npm", "pip")
"""In the order in which the public API installs them."""
BUILD_LIMIT_S = 3600.0
INSIDE = "/run/install"
AUTHORITIES_INSIDE = "/run/install.authorities"
INSTALL = Path(sandboxes.__file__).parent / "base" / "install.sh"
NODE = INSTALL.with_name("node.sh")
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")

# What makes a download work on this machine (mirrors, proxies) is given to the build and to nothing that stays.
_PASSED_ON = (
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "npm_config_registry", "GOPROXY", "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
)  # fmt: skip
_DEBIAN_ONLY = "command -v apt-get > /dev/null || { echo 'the image is not made of Debian packages' >&2; exit 1; };"
_AUTHORITY_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CARGO_HTTP_CAINFO")


async def ensure_layer(podman: Podman, base: str, packages: Json, progress: Progress) -> str:
    """The reference of an image with these packages; `base` itself where there are none.

    Raises:
        SandboxUnavailable: a package cannot be had; the text says which manager failed and its last words.
    """
    wanted = _wanted(packages)
    if not wanted:
        return base
    reference = layer_reference(base, wanted)
    if await podman.ask(stored_images.has_image, reference):
        return reference
    async with alone(make_private(podman.settings.images) / f"{reference.rpartition(':')[2]}.lock", progress):
        if not await podman.ask(stored_images.has_image, reference):
            names = ", ".join(name for kind in KINDS for name in wanted.get(kind, ()))
            progress(f"Installing the environment's packages (once for every session that uses them): {names} …")
            order = script_build(reference, base, INSTALL, dict(_lists(wanted)))
            if failed := await build_layer(podman, order, "The environment's packages are being installed", progress):
                step, words = failed
                raise SandboxUnavailable(
                    f"The environment's {f'{step} ' if step else ''}packages cannot be installed: {words} — correct the "
                    "environment's packages, and give it to the session once more: workbench set SESSION --environment NAME"
                )
            progress("The environment's packages are installed.")
    return reference


def layer_reference(base: str, packages: Json) -> str:
    """The name of the image with these packages, which another base, list or way of installing would change."""
    recipe = f"{base}\n{json.dumps(packages)}\n{INSTALL.read_text()}\n{NODE.read_text()}"
    key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    return f"localhost/workbench-environment:{key}"


def _wanted(packages: Json) -> dict[str, list[str]]:
    wanted = {kind: [str(name) for name in packages.get(kind) or ()] for kind in KINDS}
    for kind, names in wanted.items():
        for name in names:
            if not name.strip() or name.startswith("-") or "\n" in name:
                raise SandboxUnavailable(
                    f"{name!r} is no {kind} package; write a name, with a version in {kind}'s own syntax where one is wanted, "
                    "into the environment's packages."
                )
    return {kind: names for kind, names in wanted.items() if names}


def _lists(wanted: Mapping[str, list[str]]) -> Iterator[tuple[str, bytes]]:
    for kind, names in wanted.items():
        yield kind, "".join(f"{name}\n" for name in names).encode()


async def build_layer(podman: Podman, order: Build, doing: str, progress: Progress) -> tuple[str, str] | None:
    """Build it, with a service of its own; gives None, or the step that failed and its last words."""
    said = Transcript(from_threads(progress), doing, r"workbench: (.*)")
    async with temporary_podman(podman.settings) as builder:
        error = await builder.within(BUILD_LIMIT_S, stored_images.build, order, said)
    return (said.step, said.last_words() or error) if error else None


def script_build(reference: str, base: str, script: Path, lists: Mapping[str, bytes]) -> Build:
    """A layer that a script makes; script and lists are mounted, so that nothing of them stays in the image."""
    files = {f"install/{one.name}": one.read_bytes() for one in (script, NODE)}
    files |= {f"install/{name}": content for name, content in lists.items()}
    files |= {"install/environment": "".join(_exports(os.environ)).encode()}
    mounts = {"install": INSIDE}
    if AUTHORITIES.exists():
        files["authorities"] = AUTHORITIES.read_bytes()
        mounts["authorities"] = AUTHORITIES_INSIDE
    mounted = " ".join(f"--mount=type=bind,source={source},target={target}" for source, target in mounts.items())
    steps = f"FROM {base}\nUSER 0\nRUN {mounted} {_DEBIAN_ONLY} sh {INSIDE}/{script.name}\n"
    return Build(reference, steps, files)


def _exports(environ: Mapping[str, str]) -> Iterator[str]:
    values = {name: environ[name] for name in _PASSED_ON if name in environ}
    if AUTHORITIES.exists():
        values |= dict.fromkeys(_AUTHORITY_VARIABLES, AUTHORITIES_INSIDE)
    for name, value in values.items():
        yield f"export {name}={shlex.quote(value)}\n"
