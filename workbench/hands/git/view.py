"""The git view of a sandbox: a repository of the session's own that borrows the project's objects, read-only."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from workbench.hands.errors import SandboxUnavailable
from workbench.hands.files import overlay, placing
from workbench.hands.files.bases import file_clock_ns
from workbench.hands.files.removing import remove
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.session_changes import follow
from workbench.hands.files.workspace import REPOSITORY_FOLDER, Workspace
from workbench.hands.git import began, record
from workbench.hands.git.command import GitFailed
from workbench.hands.git.following import SHOWN, may_follow, refs_of, shown
from workbench.hands.git.location import Repository, nested, repository_at, repository_of
from workbench.hands.git.record import GitRecord, View
from workbench.hands.git.settings_shown import shown_settings
from workbench.hands.git.standing import branch_of, head_of, uncommitted

OBJECTS_INSIDE: Final = "/run/git"
MOST_TIPS: Final = 200
LARGEST_FILE_BYTES: Final = 1 << 20


def prepare(workspace: Workspace) -> GitRecord:
    """Have every repository of the project in the session's view as it is now, or as it was where the session has commits of its own.

    Raises:
        SandboxUnavailable: it cannot be written.
    """
    known = record.load(workspace.folder)
    if workspace.project is None:
        return known or GitRecord()
    no_alternates(workspace).touch(mode=0o600)
    try:
        made = known or _found(workspace, workspace.project)
        followed = [view for view in made.views if _have(workspace, workspace.project, made, view)]
        if known is not None and known.main in followed:
            # By what it began with until now.
            follow(workspace)
            made = _renewed(workspace, known)
        if made != known:
            made.save(workspace.folder)
            began.keep(workspace, made)
    except OSError as error:
        raise SandboxUnavailable(f"The project's git cannot be shown: {error.filename}: {error.strerror}.") from None
    return made


def object_mounts(workspace: Workspace) -> dict[Path, str]:
    """The folders of objects that the view borrows, by where the sandbox has them; those that are gone are left out."""
    known = record.load(workspace.folder) or GitRecord()
    folders = {Path(folder) for view in known.views for folder in (*view.objects, view.lfs) if folder}
    return {folder: _inside(folder) for folder in sorted(folders) if folder.is_dir()}


def no_alternates(workspace: Workspace) -> Path:
    """An empty file."""
    return workspace.folder / "no-alternates"


def _inside(folder: Path) -> str:
    return f"{OBJECTS_INSIDE}/{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def _found(workspace: Workspace, project: Path) -> GitRecord:
    made = GitRecord(began_ns=file_clock_ns(workspace.folder))
    try:
        main = repository_of(project)
        others = [one for folder in nested(project) if (one := repository_at(folder)) is not None]
    except GitFailed:
        return made
    views = [_view(one, f"{one.root.relative_to(project)}/.git") for one in others]
    if main is None:
        return replace(made, views=tuple(views))
    views = [_view(main, ".git" if main.root == project else ""), *views]
    inside = _relative(project, main.root)
    return replace(
        made,
        views=tuple(views),
        project=inside,
        head=head_of(main),
        branch=branch_of(main),
        tips=tips_of(main),
        uncommitted=uncommitted(main, inside),
    )


def _renewed(workspace: Workspace, known: GitRecord) -> GitRecord:
    """The record of a session whose view has followed its project's repository."""
    assert known.main is not None
    if (main := repository_at(Path(known.main.root))) is None:
        return known
    return replace(
        known,
        began_ns=file_clock_ns(workspace.folder),
        head=head_of(main),
        branch=branch_of(main),
        tips=tips_of(main),
        uncommitted=uncommitted(main, known.project),
    )


def _relative(project: Path, root: Path) -> str:
    return "" if project == root else str(project.relative_to(root))


def _view(one: Repository, at: str) -> View:
    lfs = one.common / "lfs" / "objects"
    objects = tuple(str(folder) for folder in one.object_folders())
    return View(at, str(one.root), objects, str(lfs.resolve()) if lfs.is_dir() else "")


def tips_of(main: Repository) -> tuple[str, ...]:
    """The commits at which HEAD, branches and tags stand, the first ones of very many."""
    lines = refs_of(main).decode("utf-8", "surrogateescape").split("\n")[1:]
    tips = dict.fromkeys([head_of(main), *(line.partition(" ")[0] for line in lines if line[:1] != "^")])
    return tuple(tip for tip in tips if tip)[:MOST_TIPS]


def _have(workspace: Workspace, project: Path, made: GitRecord, view: View) -> bool:
    """Write one view where nothing is in its place, or where it may follow its repository; whether it followed.

    An agent's own is left alone, also where it has removed it.
    """
    one = repository_at(Path(view.root))
    place = view.at or f"{REPOSITORY_FOLDER}/.git"
    with Beneath(workspace.upper if view.at else workspace.own) as root, Beneath(project) as lower:
        follows = root.status(place) is not None
        if follows and (one is None or not may_follow(root, place, one)):
            return False
        try:
            _make_folders(root, lower if view.at else None, place.rpartition("/")[0])
        except OSError:
            # The agent has something else where the repository was.
            return False
        # Made beside its name: half of a view would be taken for a whole one.
        beside = f"{place}.{secrets.token_hex(4)}"
        try:
            subfolder = made.project if not view.at else ""
            files = {} if one is None else _content(one, view, subfolder, workspace.folder)
        except GitFailed:
            # Hidden nevertheless: its settings and hooks are no sandbox's.
            files = {}
        for path, content in files.items():
            placing.write(root, f"{beside}/{path}", content)
        for folder in ("", *(("/objects/pack", "/refs/heads", "/refs/tags") if files else ())):
            _make_folders(root, None, f"{beside}{folder}")
        if view.at:
            with root.folder(beside) as opened:
                overlay.mark_opaque(f"/proc/self/fd/{opened}")
        if follows:
            _put_away(root, place, workspace.folder)
        with root.parent(beside) as (folder, name):
            os.rename(name, place.rpartition("/")[2], src_dir_fd=folder, dst_dir_fd=folder)
    if not view.at:
        _link(workspace, project, made)
    return follows


def _put_away(root: Beneath, place: str, folder: Path) -> None:
    """Taken out of the agent's folders first, in which a link could lead elsewhere."""
    old = folder / f"git-{secrets.token_hex(4)}"
    with root.parent(place) as (above, name):
        os.rename(name, old, src_dir_fd=above)
    remove(old)


def _make_folders(root: Beneath, lower: Beneath | None, path: str) -> None:
    """With the modes of the project's own, so that they are no change."""
    made = ""
    for name in path.split("/") if path else ():
        with root.folder(made) as folder:
            made = f"{made}/{name}" if made else name
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=folder)
                status = lower.status(made) if lower else None
                os.chmod(name, status.st_mode & 0o777 if status else 0o755, dir_fd=folder)


def _link(workspace: Workspace, project: Path, made: GitRecord) -> None:
    """The project's usual place leads to where it is in its repository."""
    link = workspace.own / project.name
    if not link.is_symlink():
        with contextlib.suppress(OSError):
            link.rmdir()
        if not link.exists():
            link.symlink_to(f"{REPOSITORY_FOLDER}/{made.project}")


def _content(one: Repository, view: View, subfolder: str, scratch: Path) -> Mapping[str, bytes]:
    head, refs = one.directory.joinpath("HEAD").read_bytes(), refs_of(one)
    alternates = "".join(f"{_inside(Path(folder))}\n" for folder in view.objects)
    files = {
        "HEAD": head,
        "config": shown_settings(one, subfolder=subfolder, lfs=_inside(Path(view.lfs)) if view.lfs else ""),
        "packed-refs": refs,
        SHOWN: shown(head, refs),
        "objects/info/alternates": alternates.encode(),
        **dict(_own_files(one)),
    }
    if subfolder:
        files["info/sparse-checkout"] = f"/{_escaped(subfolder)}/\n".encode("utf-8", "surrogateescape")
        if (index := _index_of_folder(one, subfolder, scratch)) is not None:
            files["index"] = index
    return files


def _own_files(one: Repository) -> Iterator[tuple[str, bytes]]:
    for folder, name in ((one.common, "info/exclude"), (one.common, "shallow")):
        if (file := folder / name).is_file() and file.stat().st_size <= LARGEST_FILE_BYTES:
            yield name, file.read_bytes()
    for file in (one.directory / "index", *one.directory.glob("sharedindex.*")):
        if file.is_file():
            yield file.name, file.read_bytes()


def _escaped(folder: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\*?[] " else letter for letter in folder)


def _index_of_folder(one: Repository, subfolder: str, scratch: Path) -> bytes | None:
    """The index, in which what lies outside of the folder is not looked for."""
    source, index = one.directory / "index", scratch / "index"
    if not source.is_file():
        return None
    index.write_bytes(source.read_bytes())
    try:
        git = replace(one.git, more={"GIT_INDEX_FILE": str(index)})
        names = git.run("ls-files", "-z").output.split(b"\0")
        within = os.fsencode(f"{subfolder}/")
        outside = [name for name in names if name and not name.startswith(within)]
        git = replace(git, tree=one.root)
        git.run(
            "update-index", "-z", "--skip-worktree", "--stdin", given=b"\0".join([*outside, b""]) if outside else b""
        )
        return index.read_bytes()
    finally:
        index.unlink(missing_ok=True)
