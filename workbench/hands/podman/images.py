"""The base image: built once from this machine's own Debian packages, kept as an archive, imported into Podman."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sandboxes
from workbench.contracts.values import Progress
from workbench.hands import apt
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import stored_images
from workbench.hands.podman.command import run
from workbench.hands.podman.connection import Podman
from workbench.settings import make_private

RECIPE_VERSION = 1
"""Counts up when the way of building changes otherwise than by the recipe's files."""

BUILD_LIMIT_S = 1800.0
IMPORT_LIMIT_S = 600.0
LOCK_POLL_S = 0.2
# The build's user is a subordinate one that cannot enter the user's private folders.
BUILD_FOLDER = "/var/tmp"


class ImageMissing(SandboxUnavailable):
    """There is no base image and none can be built; the text says what is missing and the command that mends it."""


@dataclass(frozen=True)
class Recipe:
    """What the image is made of; its key names the image, so that another recipe is another image."""

    codename: str
    packages: tuple[str, ...]
    exclusions: tuple[str, ...]
    finish: Path

    @property
    def key(self) -> str:
        parts = (RECIPE_VERSION, platform.machine(), self.codename, self.packages, self.exclusions)
        return hashlib.sha256(f"{parts}\n{self.finish.read_text()}".encode()).hexdigest()[:16]

    @property
    def reference(self) -> str:
        return f"localhost/workbench-base:{self.key}"


def base_recipe(os_release: Path = Path("/etc/os-release")) -> Recipe:
    """The recipe that ships with the workbench, for this machine's release of its distribution."""
    folder = Path(sandboxes.__file__).parent / "base"
    return Recipe(
        codename=_codename(os_release),
        packages=tuple((folder / "packages.txt").read_text().split()),
        exclusions=tuple((folder / "excluded.txt").read_text().splitlines()),
        finish=folder / "finish.sh",
    )


async def ensure_image(podman: Podman, progress: Progress) -> str:
    """The image's reference, built and imported first where that is needed; once, whoever asks at the same time.

    Raises:
        ImageMissing: it cannot be built here.
        SandboxUnavailable: Podman does not work.
    """
    recipe = base_recipe()
    if await podman.ask(stored_images.has_image, recipe.reference):
        return recipe.reference
    archive = make_private(podman.settings.images) / f"{recipe.key}.tar"
    async with alone(archive.with_suffix(".lock"), progress):
        if await podman.ask(stored_images.has_image, recipe.reference):
            return recipe.reference
        if not archive.exists():
            progress("Building the sandbox image from this machine's Debian packages (once, about a minute) …")
            await _build(recipe, archive)
        progress("Handing the sandbox image to Podman …")
        await podman.within(IMPORT_LIMIT_S, stored_images.import_archive, archive, recipe.reference, "workbench=base")
    progress("The sandbox image is ready.")
    return recipe.reference


async def _build(recipe: Recipe, archive: Path) -> None:
    sources = apt.base_sources(apt.sources(), recipe.codename)
    if shutil.which("mmdebstrap", path=_search_path(os.environ)) is None:
        raise ImageMissing(
            "There is no sandbox image yet, and mmdebstrap, which builds it, is not installed; "
            "run `sudo apt-get install --no-install-recommends mmdebstrap uidmap`."
        )
    if not sources:
        raise ImageMissing(
            f"There is no sandbox image yet, and this machine's apt sources do not name its own release "
            f"({recipe.codename or 'unknown'}); add them to /etc/apt/sources.list, or copy {archive} from a machine that has it."
        )
    unfinished = archive.with_suffix(".part.tar")
    try:
        built = await run(
            *_build_command(recipe, unfinished, sources),
            environment={**os.environ, "TMPDIR": BUILD_FOLDER, "PATH": _search_path(os.environ)},
            timeout_s=BUILD_LIMIT_S,
            folder=Path("/"),
        )
        if built.code != 0:
            said = " ".join(built.errors.split())[-600:]
            raise ImageMissing(
                f"Building the sandbox image failed; see that `apt-get update` works on this machine and try again. "
                f"(mmdebstrap said: {said})"
            )
        unfinished.rename(archive)
    except TimeoutError:
        raise ImageMissing(
            f"Building the sandbox image took longer than {BUILD_LIMIT_S / 60:.0f} minutes and was ended; "
            "see that the package archive answers (`apt-get update`) and try again."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def _build_command(recipe: Recipe, archive: Path, sources: list[apt.Source]) -> list[str]:
    return [
        "mmdebstrap",
        "--mode=unshare",
        "--variant=minbase",
        '--aptopt=APT::Install-Recommends "false"',
        f"--include={','.join(recipe.packages)}",
        *(f"--dpkgopt={exclusion}" for exclusion in recipe.exclusions),
        # The hook gets the text and not the file: it runs as a user that may not read our folders.
        f"--customize-hook={recipe.finish.read_text()}",
        recipe.codename,
        str(archive),
        *(source.line for source in sources),
    ]


def _search_path(environ: Mapping[str, str]) -> str:
    return f"{environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _codename(os_release: Path) -> str:
    try:
        lines = os_release.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition("=")[2].strip('"') for line in lines if line.startswith("VERSION_CODENAME=")), "")


@contextlib.asynccontextmanager
async def alone(file: Path, progress: Progress) -> AsyncIterator[None]:
    """Hold a lock against other processes and tasks; it goes with the process that holds it."""
    with file.open("w") as lock:
        waited = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waited:
                    progress("Waiting for another workbench that builds the same sandbox image …")
                    waited = True
                await asyncio.sleep(LOCK_POLL_S)
        yield
