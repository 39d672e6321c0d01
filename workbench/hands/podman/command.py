"""Runs the podman command for what its REST API cannot do: say its version, and see images, before a service runs, start the service, enter the user namespace.

Everything else of the workbench goes over the API (connection.py), but for `workbench podman`, which is the person's own
command, the measurements of `workbench bench`, which compare with it, and containers whose input and output are those of who starts
them (attached.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.hands.errors import SandboxUnavailable
from workbench.hands.podman import storage
from workbench.hands.podman.faults import explain
from workbench.settings import Settings

OLDEST_VERSION = (4, 3)
COMMAND_LIMIT_S = 30.0
END_LIMIT_S = 5.0
IDLE_LIMIT_S = 600
"""An engine that was killed cannot end its service; unused this long, it ends by itself and is started again when needed."""
HYBRID_TREE = Path("/sys/fs/cgroup/unified")
INSTALL = "sudo apt-get install --no-install-recommends podman uidmap crun"

# Podman's pause process keeps this mount; it is gone after `podman system migrate` or a reboot, so it is asked every time.
_HIDE_HYBRID_TREE = f'grep -q " {HYBRID_TREE} tmpfs" /proc/self/mounts || mount -t tmpfs -o size=4k none {HYBRID_TREE}'


@dataclass(frozen=True)
class Finished:
    """What a command left: exit code and both outputs as text."""

    code: int
    output: str
    errors: str


async def run(*argv: str, environment: Mapping[str, str], timeout_s: float, folder: Path | None = None) -> Finished:
    """Run a command to its end; a cancelled or late one is killed.

    Raises:
        FileNotFoundError: there is no such program.
        TimeoutError: it took longer than `timeout_s`.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=folder,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(timeout_s):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            await _end(process)
    assert process.returncode is not None
    return Finished(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask first: a build that is killed leaves files that only a namespace of its own can remove."""
    for ask in (process.terminate, process.kill):
        with contextlib.suppress(ProcessLookupError):
            ask()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_LIMIT_S):
                await process.wait()
                return


async def _podman(settings: Settings, *arguments: str) -> Finished:
    """Run one podman command; once more where it has to be told that its processes are gone.

    Raises:
        SandboxUnavailable: Podman is missing, or did not answer in time.
    """
    done = await _once(settings, *arguments)
    if done.code and has_lost_all_processes(done.errors):
        await forget_lost_processes(settings)
        done = await _once(settings, *arguments)
    return done


async def _once(settings: Settings, *arguments: str) -> Finished:
    try:
        # A folder that this user can surely read: Podman refuses to start anywhere else.
        return await run(
            settings.podman,
            *arguments,
            environment=storage.environment(settings),
            timeout_s=COMMAND_LIMIT_S,
            folder=Path.home(),
        )
    except (FileNotFoundError, PermissionError) as error:
        raise _missing(settings, error) from None
    except TimeoutError:
        raise SandboxUnavailable(
            f"`podman {arguments[0]}` did not answer within {COMMAND_LIMIT_S:.0f} s; run `workbench podman info` to see why."
        ) from None


def begin_service(
    settings: Settings, socket: Path, environment: Mapping[str, str], said: Path
) -> subprocess.Popen[bytes]:
    """Start `podman system service`, which writes its words into the file `said`; blocking.

    Raises:
        SandboxUnavailable: Podman is missing.
    """
    with said.open("wb") as output:
        try:
            return subprocess.Popen(
                [settings.podman, "system", "service", f"--time={IDLE_LIMIT_S}", f"unix://{socket}"],
                cwd=Path.home(),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise _missing(settings, error) from None


def has_lost_all_processes(said: str) -> bool:
    """Whether Podman refuses to do anything, as its containers were killed with everything that held their user namespace."""
    return "resetting the pause process" in said


async def forget_lost_processes(settings: Settings) -> None:
    """Have Podman see that nothing of its containers runs any more; to be called only where it says so itself.

    Raises:
        SandboxUnavailable: it does not.
    """
    done = await _once(settings, "system", "migrate")
    if done.code:
        raise explain("`podman system migrate`", done.errors)


def _missing(settings: Settings, error: OSError) -> SandboxUnavailable:
    if isinstance(error, FileNotFoundError):
        return SandboxUnavailable(f"Podman is not installed ({settings.podman}); run `{INSTALL}`.")
    return SandboxUnavailable(f"{settings.podman} may not be run by this user; run `{INSTALL}`.")


async def prepare(settings: Settings) -> None:
    """Make sure that Podman can serve and start containers here; to be awaited at the first use in an engine's life.

    Raises:
        SandboxUnavailable: it cannot; the text says why and what mends it.
    """
    version = await podman_version(settings)
    if version < OLDEST_VERSION:
        found, needed = ".".join(map(str, version)), ".".join(map(str, OLDEST_VERSION))
        raise SandboxUnavailable(f"Podman {found} is too old, {needed} is needed; run `{INSTALL}`.")
    if os.getuid() == 0:
        raise SandboxUnavailable(
            "Sandboxes are rootless: an escape from a container of root is root. Run the workbench as an ordinary user: "
            "`sudo -u YOU workbench`."
        )
    if is_hybrid():
        mended = await _podman(settings, "unshare", "sh", "-c", _HIDE_HYBRID_TREE)
        if mended.code != 0:
            raise explain("Hiding the second cgroup tree from crun", mended.errors)


async def podman_version(settings: Settings) -> tuple[int, ...]:
    """As `podman --version` says: (4, 3, 1).

    Raises:
        SandboxUnavailable: Podman is missing or does not work at all.
    """
    asked = await _podman(settings, "--version")
    number = asked.output.strip().rpartition(" ")[2].partition("-")[0]
    if asked.code != 0 or not number.replace(".", "").isdigit():
        raise explain("`podman --version`", asked.errors or asked.output)
    return tuple(int(part) for part in number.split("."))


def has_images(settings: Settings, *references: str) -> bool:
    """Whether all of these images are seen, in a third of the time that a service takes to start; blocking.

    False says nothing: a Podman that does not work, or works slowly, sees none either.
    """
    look = [settings.podman, "image", "inspect", "--format", "{{.Id}}", *references]
    try:
        environment = storage.environment(settings)
        done = subprocess.run(
            look,
            cwd=Path.home(),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and len(done.stdout.split()) == len(references)


def is_hybrid() -> bool:
    """Whether the second cgroup tree has controllers, which crun refuses; the file's size is always 0."""
    try:
        return bool((HYBRID_TREE / "cgroup.controllers").read_text().strip())
    except OSError:
        return False


async def hides_hybrid_tree(settings: Settings) -> bool:
    """Whether the over-mount is in place in Podman's own mount namespace."""
    asked = await _podman(settings, "unshare", "grep", "-q", f" {HYBRID_TREE} tmpfs", "/proc/self/mounts")
    return asked.code == 0
