"""An environment's own image: a reference that is pulled where Podman lacks it, or a Containerfile that is built once."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from workbench.contracts.values import Progress, Session
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import storage, stored_images
from workbench.hands.podman.connection import Podman, from_threads, temporary_podman
from workbench.hands.podman.images import alone
from workbench.hands.podman.stored_images import Build
from workbench.hands.podman.transcript import SAID_CHARACTERS, Transcript
from workbench.hands.podman.user_images import copy_newest
from workbench.settings import Settings, make_private

REPOSITORY = "localhost/workbench-own"
"""Each image gets a name of ours, made of what it is: it stays the same, and is kept, when the given name moves on."""
BASE = "localhost/workbench-base"
"""What a Containerfile writes after FROM to build on the sandbox image of this machine."""
PULL_LIMIT_S = 1200.0
BUILD_LIMIT_S = 3600.0
KEPT_NAME = "image"

# The way to a registry is given to the service that pulls or builds; it makes no sandbox, and no image keeps it.
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)

_CURES = (
    (("no such host", "connection refused", "i/o timeout", "network is unreachable"), "the registry cannot be reached: see that its name is right and the network is there"),
    (("unauthorized", "denied"), "the registry does not let you: run `podman login` for it"),
    (("manifest unknown", "not found"), "the registry does not have it: correct the name"),
    (("no space left",), "the disk is full: free some space, for example with `workbench podman image prune`"),
)  # fmt: skip


async def own_image(
    podman: Podman, session: Session, base: Callable[[], Awaitable[str]], progress: Progress
) -> str | None:
    """The image that this session names, pulled or built first where that is needed; None when it names none.

    A session that had a sandbox before has the image of then, as long as its environment names the same. `base` gives the sandbox image of this machine; it is asked
    only by a Containerfile that builds on it.

    Raises:
        SandboxUnavailable: it cannot be had; the text says why and what to do.
    """
    if session.image is None and session.containerfile is None:
        return None
    kept, by = _kept(podman.settings.sandboxes / session.id)
    # What an earlier version kept does not say what it was named by.
    if kept and by in ("", _named_by(session)):
        return await _as_before(podman, kept, session.id)
    if session.containerfile is None:
        return await _named(podman, str(session.image), progress)
    return await _built(podman, Path(session.containerfile), base, progress)


def keep(folder: Path, reference: str, session: Session) -> None:
    """Note in the session's folder, which no sandbox sees, the image that it works with from now on and what that was
    named by, in one step."""
    beside = folder / f"{KEPT_NAME}.new"
    beside.write_text(f"{reference}\n{_named_by(session)}")
    beside.replace(folder / KEPT_NAME)


def _kept(folder: Path) -> tuple[str, str]:
    """The image that a session had before, and what it was named by; empty where it had none."""
    file = folder / KEPT_NAME
    reference, _, by = file.read_text().partition("\n") if file.exists() else ("", "", "")
    return reference, by


def _named_by(session: Session) -> str:
    return f"image {session.image}" if session.containerfile is None else f"containerfile {session.containerfile}"


async def _as_before(podman: Podman, reference: str, session_id: str) -> str:
    if not await podman.ask(stored_images.has_image, reference):
        raise SandboxUnavailable(
            f"The image that this session began with ({reference}) is not there any more, and an update does not change a "
            f"running session; run `workbench fork {session_id}`, whose session has the same files and the image of today."
        )
    return reference


async def _named(podman: Podman, reference: str, progress: Progress) -> str:
    """Our own name for what the reference means now."""
    await _fetch(podman, reference, progress)
    image_id = await _image_id(podman, reference)
    own = f"{REPOSITORY}:{image_id[:16]}"
    await podman.ask(stored_images.tag, image_id, own)
    return own


async def _fetch(podman: Podman, reference: str, progress: Progress) -> None:
    """Copy an image that the user's Podman has, or pull one that neither has; once, whoever asks at the same time."""
    lock = make_private(podman.settings.images) / f"pull-{_key(reference)}.lock"
    async with alone(lock, progress):
        await copy_newest(podman, reference, lock.with_suffix(".tar"), progress)
        if await podman.ask(stored_images.has_image, reference):
            return
        progress(f"Pulling the image {reference} (once; at most {PULL_LIMIT_S / 60:.0f} minutes) …")
        said = await _pull(podman.settings, reference, progress)
        if said:
            cure = next((cure for marks, cure in _CURES if any(mark in said.lower() for mark in marks)), None)
            raise SandboxUnavailable(
                f"The image {reference} is not on this machine and cannot be pulled: "
                f"{cure or f'run `podman pull {reference}` to see why'}, or `podman load` it, then try again. "
                f"(Podman said: {said})"
            )
        progress(f"The image {reference} is there.")


async def _pull(settings: Settings, reference: str, progress: Progress) -> str:
    said = Transcript(from_threads(progress), f"The image {reference} is being pulled", r"(Copying blob sha256:\w{12})")
    async with temporary_podman(settings, _environment(settings)) as puller:
        error = await puller.within(PULL_LIMIT_S, stored_images.pull, reference, said)
    return " ".join(error.split())[-SAID_CHARACTERS:]


async def _image_id(podman: Podman, reference: str) -> str:
    found = await podman.ask(stored_images.image_id, reference)
    if found is None:
        raise SandboxUnavailable(f"The image {reference} was removed while it was being used; try again.")
    return found


async def _built(podman: Podman, file: Path, base: Callable[[], Awaitable[str]], progress: Progress) -> str:
    """The image of this Containerfile as it is now, on its bases as they are now."""
    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxUnavailable(
            f"The Containerfile {file} cannot be read ({error}); put it back, or start a session in another environment."
        ) from None
    ids = []
    for name in bases_of(text):
        if name == BASE:
            await podman.ask(stored_images.tag, await base(), BASE)
        await _fetch(podman, name, progress)
        ids.append(await _image_id(podman, name))
    key = _key("\n".join((*ids, text)))
    own = f"{REPOSITORY}:{key}"
    async with alone(make_private(podman.settings.images) / f"build-{key}.lock", progress):
        if not await podman.ask(stored_images.has_image, own):
            progress(f"Building the image of {file} (once for every session that uses it) …")
            await _build(podman.settings, file, Build(own, text, pull="missing", proxies=True), progress)
            progress(f"The image of {file} is built.")
    return own


def bases_of(containerfile: str) -> list[str]:
    """The images after FROM that are not stages of the file itself; one that a build argument names is left to the build."""
    bases: list[str] = []
    stages = {"scratch"}
    for name, stage in _FROM.findall(containerfile):
        if name.lower() not in stages and "$" not in name:
            bases.append(name)
        stages.add(stage.lower())
    return bases


async def _build(settings: Settings, file: Path, order: Build, progress: Progress) -> None:
    # The file alone is what the image is made of: COPY finds nothing, or the key would not say what is in the image.
    said = Transcript(from_threads(progress), f"The image of {file} is being built", r"(?:\[\d+/\d+\] )?(STEP .*)")
    async with temporary_podman(settings, _environment(settings)) as builder:
        error = await builder.within(BUILD_LIMIT_S, stored_images.build, order, said)
    if error:
        raise SandboxUnavailable(
            f"The image of {file} cannot be built: {said.last_words(error)} — correct the file and try again; "
            "it is built alone, without the folder that it stands in."
        )


def _environment(settings: Settings) -> dict[str, str]:
    """What a service that pulls has: the workbench's storage, and the proxies of this process."""
    return storage.environment(settings) | {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
