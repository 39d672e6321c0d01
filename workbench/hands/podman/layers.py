"""An environment's packages as a layer on the base image: built once for the same list, by whoever needs it first."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import sandboxes
from workbench.contracts.values import Json, Progress
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.command import podman
from workbench.hands.podman.images import alone, has_image
from workbench.settings import Settings, make_private

KINDS = ("apt", "cargo", "gem", "go", "npm", "pip")
"""In the order in which the public API installs them."""
BUILD_LIMIT_S = 3600.0
INSIDE = "/run/install"
INSTALL = Path(sandboxes.__file__).parent / "base" / "install.sh"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")

# What makes a download work on this machine (mirrors, proxies) is given to the build and to nothing that stays.
_PASSED_ON = (
    "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
    "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "npm_config_registry", "GOPROXY", "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
)  # fmt: skip
_DEBIAN_ONLY = "command -v apt-get > /dev/null || { echo 'the image is not made of Debian packages' >&2; exit 1; };"
_AUTHORITY_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CARGO_HTTP_CAINFO")


async def ensure_layer(settings: Settings, base: str, packages: Json, progress: Progress) -> str:
    """The reference of an image with these packages; `base` itself where there are none.

    Raises:
        SandboxUnavailable: a package cannot be had; the text says which manager failed and its last words.
    """
    wanted = _wanted(packages)
    if not wanted:
        return base
    reference = layer_reference(base, wanted)
    if await has_image(settings, reference):
        return reference
    async with alone(make_private(settings.images) / f"{reference.rpartition(':')[2]}.lock", progress):
        if not await has_image(settings, reference):
            names = ", ".join(name for kind in KINDS for name in wanted.get(kind, ()))
            progress(f"Installing the environment's packages (once for every session that uses them): {names} …")
            await _build(settings, base, reference, wanted)
            progress("The environment's packages are installed.")
    return reference


def layer_reference(base: str, packages: Json) -> str:
    """The name of the image with these packages, which another base, list or way of installing would change."""
    key = hashlib.sha256(f"{base}\n{json.dumps(packages)}\n{INSTALL.read_text()}".encode()).hexdigest()[:16]
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


async def _build(settings: Settings, base: str, reference: str, wanted: Mapping[str, list[str]]) -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-layer-") as name:
        folder = Path(name)
        (folder / "Containerfile").write_text(f"FROM {base}\nUSER 0\nRUN {_DEBIAN_ONLY} sh {INSIDE}/install.sh\n")
        lists = folder / "install"
        lists.mkdir()
        (lists / "install.sh").write_text(INSTALL.read_text())
        (lists / "environment").write_text("".join(_exports(os.environ)))
        for kind, names in wanted.items():
            (lists / kind).write_text("".join(f"{name}\n" for name in names))
        authorities = ["--volume", f"{AUTHORITIES}:{INSIDE}.authorities:ro"] if AUTHORITIES.exists() else []
        built = await podman(
            settings, "build", "--isolation=chroot", "--network=host", "--pull=never", "--layers=false", "--http-proxy=false",
            f"--tag={reference}", f"--file={folder}/Containerfile", "--volume", f"{lists}:{INSIDE}:ro", *authorities, str(folder),
            timeout_s=BUILD_LIMIT_S,
        )  # fmt: skip
    if built.code != 0:
        raise SandboxUnavailable(_complaint(built.output, built.errors))


def _exports(environ: Mapping[str, str]) -> Iterator[str]:
    values = {name: environ[name] for name in _PASSED_ON if name in environ}
    if AUTHORITIES.exists():
        values |= dict.fromkeys(_AUTHORITY_VARIABLES, f"{INSIDE}.authorities")
    for name, value in values.items():
        yield f"export {name}={shlex.quote(value)}\n"


def _complaint(output: str, errors: str) -> str:
    steps = [line.removeprefix("workbench: ") for line in output.splitlines() if line.startswith("workbench: ")]
    # Podman's own lines about the failed step say nothing that the manager did not.
    said = [
        line for line in errors.splitlines() if line.strip() and not line.startswith(("Error: ", "subprocess exited"))
    ]
    return (
        f"The environment's {f'{steps[-1]} ' if steps else ''}packages cannot be installed: "
        f"{' '.join(' '.join(said[-6:]).split())[-600:]} — correct the environment's packages and start a new session."
    )
