"""A session's files on the host, and where its tools see them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path, PurePath

from workbench.contracts.skills import skills_inside
from workbench.contracts.values import Session
from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files import bases, checkpoints, settling
from workbench.hands.files.removing import remove
from workbench.hands.git import record
from workbench.settings import Settings, make_private

INSIDE = "/workspace"
SHARED_INSIDE = "/mnt/session"
OUTPUTS_FOLDER = "outputs"
UPLOADS_FOLDER = "uploads"
SKILLS_FOLDER = "skills"
PLUGINS_FOLDER = "plugins"
WRITABLE_FOLDER = "folders"
BASE_FOLDER = "base"
SHARED_FOLDERS = (UPLOADS_FOLDER, OUTPUTS_FOLDER)
MEMORY_INSIDE = "/mnt/memory"
REPOSITORY_FOLDER = ".repository"
"""Below /workspace, the top of the repository that the project is a folder of."""
FREE_AT_LEAST_BYTES = 256 << 20


@dataclass(frozen=True)
class Mount:
    """An attached memory store: its folder's name under /mnt/memory, and whether the sandbox may only read it."""

    slug: str
    read_only: bool


@dataclass(frozen=True)
class Workspace:
    """One session's folder: `own` is /workspace; `upper` holds what it changed in its project, which itself is never touched."""

    folder: Path
    project: Path | None
    memories: tuple[Mount, ...] = ()
    skills_inside: str | None = None
    """Where its sandbox has its skills; None where it has none."""
    has_plugins: bool = False
    folders: tuple[str, ...] = ()
    """Paths inside that its environment makes writable."""

    @property
    def own(self) -> Path:
        return self.folder / "workspace"

    @property
    def upper(self) -> Path:
        return self.folder / "upper"

    @property
    def base(self) -> Path:
        """Copies of the project's files as they were when the session began to change them, which no sandbox sees."""
        return self.folder / BASE_FOLDER

    @property
    def work(self) -> Path:
        """The overlay's scratch folder, on the same file system as `upper`."""
        return self.folder / "work"

    @property
    def shared(self) -> Path:
        """Uploads and deliverables, /mnt/session inside."""
        return self.folder / "session"

    @property
    def uploads(self) -> Path:
        """What its user gave it to read, mounted read-only inside; no checkpoint has it, and no sandbox writes to it."""
        return self.folder / UPLOADS_FOLDER

    @property
    def skills(self) -> Path:
        """A folder for each skill, mounted read-only inside; no checkpoint has it, and no sandbox writes to it."""
        return self.folder / SKILLS_FOLDER

    @property
    def plugins(self) -> Path:
        """A folder for each plugin, mounted read-only at /mnt/session/plugins."""
        return self.folder / PLUGINS_FOLDER

    @property
    def folders_on_disk(self) -> dict[str, Path]:
        """By path inside; the sandbox sees each of them and not what is around them."""
        return {path: self.folder / WRITABLE_FOLDER / path[1:].replace("/", ":") for path in self.folders}

    @property
    def checkpoints(self) -> Path:
        """The files as they were at each rest, which no sandbox sees."""
        return self.folder / checkpoints.FOLDER

    @property
    def workdir(self) -> str:
        """Where the tools start, as they see it."""
        return f"{INSIDE}/{self.project.name}" if self.project else INSIDE

    @property
    def project_inside(self) -> str:
        """Where the project itself is mounted: in its repository's folders, so that git finds it by its path there."""
        inner = known.project if (known := record.load(self.folder)) else ""
        return f"{INSIDE}/{REPOSITORY_FOLDER}/{inner}" if inner else self.workdir

    def prepare(self) -> None:
        """Make the folders.

        Raises:
            SandboxUnavailable: the project cannot be shown, or the disk is full.
        """
        if self.project is not None:
            _check_project(self.project)
        make_private(self.folder)
        shared = [self.shared / name for name in (*SHARED_FOLDERS, *((PLUGINS_FOLDER,) if self.has_plugins else ()))]
        for folder in shared:
            # An agent can put anything in its place, and the next sandbox needs it.
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
        remembered = (memory_folder(self.folder, mount.slug) for mount in self.memories)
        skills = [self.skills] if self.skills_inside else []
        skills += [self.plugins] if self.has_plugins else []
        for folder in (self.own, self.upper, self.base, self.work, self.uploads, *skills, *shared, *remembered):
            folder.mkdir(parents=True, exist_ok=True)
        bases.begin(self.folder)
        try:
            settling.settle(self.folder)
        except OSError as error:
            raise SandboxUnavailable(
                f"The session's files at {self.folder} cannot be written ({error.strerror}); free some space and try again."
            ) from None
        free = shutil.disk_usage(self.folder).free
        if free < FREE_AT_LEAST_BYTES:
            raise SandboxUnavailable(
                f"Only {free >> 20} MB are free where {self.folder} is; free some space, for example with "
                "`workbench podman image prune`, and try again."
            )


def workspace_of(settings: Settings, session: Session) -> Workspace:
    """Where this session's files are."""
    mounts = tuple(
        Mount(PurePath(store["mount_path"]).name, store["access"] == "read_only") for store in session.memories
    )
    project = Path(session.project) if session.project else None
    skills = skills_inside(session) if session.skills else None
    return Workspace(settings.sandboxes / session.id, project, mounts, skills, bool(session.plugins), session.folders)


def memory_folder(folder: Path, slug: str) -> Path:
    """Where a session's copy of an attached memory store is, under the session's folder."""
    return folder / "memory" / slug


def erase(settings: Settings, session_id: str) -> None:
    """Remove a released session's files, at its owner's word; no error when there are none."""
    remove(settings.sandboxes / session_id)


def _check_project(project: Path) -> None:
    if not project.is_dir():
        raise SandboxUnavailable(
            f"The project folder {project} is not there; put it back, or start a session with another one."
        )
    if not project.name or any(letter in str(project) for letter in ':,\\"\n'):
        raise SandboxUnavailable(
            f"{project} cannot be a session's project: an overlay takes no root folder, and no path with a colon, comma, "
            'backslash, quotation mark or line break; rename it, for example: `mv "OLD" "NEW"`.'
        )
