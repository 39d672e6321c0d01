"""An environment's own image: a reference that is pulled where Podman lacks it, or a Containerfile that is built once."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from workbench.contracts.values import Progress, Session
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman.command import podman
from workbench.hands.podman.faults import explain
from workbench.hands.podman.images import alone, has_image
from workbench.hands.podman.user_images import copy_newest
from workbench.settings import Settings, make_private

REPOSITORY = "localhost/workbench-own"
"""Each image gets a name of ours, made of what it is: it stays the same, and is kept, when the given name moves on."""
BASE = "localhost/workbench-base"
"""What a Containerfile writes after FROM to build on the sandbox image of this machine."""
PULL_LIMIT_S = 1200.0
BUILD_LIMIT_S = 3600.0
KEPT_NAME = "image"
SAID_CHARACTERS = 600

# A way to a registry is given to pull and build; neither keeps it in the image.
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REGISTRY_AUTH_FILE")

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)

_CURES = (
    (("no such host", "connection refused", "i/o timeout", "network is unreachable"), "the registry cannot be reached: see that its name is right and the network is there"),
    (("unauthorized", "denied"), "the registry does not let you: run `podman login` for it"),
    (("manifest unknown", "not found"), "the registry does not have it: correct the name"),
    (("no space left",), "the disk is full: free some space, for example with `workbench podman image prune`"),
)  # fmt: skip


async def own_image(
    settings: Settings, session: Session, base: Callable[[], Awaitable[str]], progress: Progress
) -> str | None:
    """The image that this session names, pulled or built first where that is needed; None when it names none.

    A session that had a sandbox before has the image of then. `base` gives the sandbox image of this machine; it is asked
    only by a Containerfile that builds on it.

    Raises:
        SandboxUnavailable: it cannot be had; the text says why and what to do.
    """
    if session.image is None and session.containerfile is None:
        return None
    kept = settings.sandboxes / session.id / KEPT_NAME
    if kept.exists():
        return await _as_before(settings, kept.read_text(), session.id)
    if session.containerfile is None:
        return await _named(settings, str(session.image), progress)
    return await _built(settings, Path(session.containerfile), base, progress)


def keep(folder: Path, reference: str) -> None:
    """Note in the session's folder, which no sandbox sees, the image that it works with from now on, in one step."""
    beside = folder / f"{KEPT_NAME}.new"
    beside.write_text(reference)
    beside.replace(folder / KEPT_NAME)


async def _as_before(settings: Settings, reference: str, session_id: str) -> str:
    if not await has_image(settings, reference):
        raise SandboxUnavailable(
            f"The image that this session began with ({reference}) is not there any more, and an update does not change a "
            f"running session; run `workbench fork {session_id}`, whose session has the same files and the image of today."
        )
    return reference


async def _named(settings: Settings, reference: str, progress: Progress) -> str:
    """Our own name for what the reference means now."""
    await _fetch(settings, reference, progress)
    image_id = await _image_id(settings, reference)
    own = f"{REPOSITORY}:{image_id[:16]}"
    tagged = await podman(settings, "tag", image_id, own)
    if tagged.code != 0:
        raise explain("`podman tag`", tagged.errors)
    return own


async def _fetch(settings: Settings, reference: str, progress: Progress) -> None:
    """Copy an image that the user's Podman has, or pull one that neither has; once, whoever asks at the same time."""
    lock = make_private(settings.images) / f"pull-{_key(reference)}.lock"
    async with alone(lock, progress):
        await copy_newest(settings, reference, lock.with_suffix(".tar"), progress)
        if await has_image(settings, reference):
            return
        progress(f"Pulling the image {reference} (once; at most {PULL_LIMIT_S / 60:.0f} minutes) …")
        pulled = await podman(settings, "pull", "--quiet", reference, timeout_s=PULL_LIMIT_S, more=_way_to_registry())
        if pulled.code != 0:
            said = _last_words(pulled.errors)
            cure = next((cure for marks, cure in _CURES if any(mark in said.lower() for mark in marks)), None)
            raise SandboxUnavailable(
                f"The image {reference} is not on this machine and cannot be pulled: "
                f"{cure or f'run `podman pull {reference}` to see why'}, or `podman load` it, then try again. "
                f"(Podman said: {said})"
            )
        progress(f"The image {reference} is there.")


async def _image_id(settings: Settings, reference: str) -> str:
    asked = await podman(settings, "image", "inspect", "--format", "{{.Id}}", reference)
    if asked.code != 0:
        raise explain("`podman image inspect`", asked.errors)
    return asked.output.strip()


async def _built(settings: Settings, file: Path, base: Callable[[], Awaitable[str]], progress: Progress) -> str:
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
            await podman(settings, "tag", await base(), BASE)
        await _fetch(settings, name, progress)
        ids.append(await _image_id(settings, name))
    key = _key("\n".join((*ids, text)))
    own = f"{REPOSITORY}:{key}"
    async with alone(make_private(settings.images) / f"build-{key}.lock", progress):
        if not await has_image(settings, own):
            progress(f"Building the image of {file} (once for every session that uses it) …")
            await _build(settings, file, text, own)
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


async def _build(settings: Settings, file: Path, text: str, reference: str) -> None:
    with tempfile.TemporaryDirectory(prefix="workbench-own-") as name:
        # The file alone is what the image is made of: COPY finds nothing, or the key would not say what is in the image.
        context = Path(name) / "context"
        context.mkdir()
        (Path(name) / "Containerfile").write_text(text)
        built = await podman(
            settings, "build", "--isolation=chroot", "--network=host", "--pull=missing", "--layers=false",
            f"--tag={reference}", f"--file={name}/Containerfile", str(context),
            timeout_s=BUILD_LIMIT_S, more=_way_to_registry(),
        )  # fmt: skip
    if built.code != 0:
        raise SandboxUnavailable(
            f"The image of {file} cannot be built: {_last_words(built.errors)} — correct the file and try again; "
            "it is built alone, without the folder that it stands in."
        )


def _way_to_registry() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _last_words(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith("subprocess exited")]
    return " ".join(" ".join(lines[-6:]).split())[-SAID_CHARACTERS:] or "it said nothing"
