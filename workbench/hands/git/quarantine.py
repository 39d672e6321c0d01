"""A bare repository of ours in which a sandbox's bundle is checked, object by object, before the user's own sees any of it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workbench.contracts.files import FilesRefused
from workbench.contracts.repositories import BundleOrder, Commit
from workbench.hands.files.safe_paths import CHUNK_BYTES, Beneath
from workbench.hands.files.workspace import Workspace
from workbench.hands.git.command import Git, GitFailed, raw
from workbench.hands.git.location import Repository
from workbench.hands.git.settings_shown import identity

TIP: Final = "refs/heads/session"
LARGEST_BUNDLE_BYTES: Final = 2 << 30
MOST_COMMITS: Final = 10_000
LONGEST_HEADER_BYTES: Final = 1 << 20
_SIGNATURE: Final = re.compile(rb"# v[23] git bundle\n")
_ID: Final = rb"[0-9a-f]{40}(?:[0-9a-f]{24})?"


@dataclass(frozen=True)
class Quarantine:
    """Checked commits: `tip` is the newest, `bases` are the commits of the user's that they stand on."""

    folder: Path
    git: Git
    tip: str
    bases: tuple[str, ...]

    def commits(self) -> tuple[Commit, ...]:
        """What the session made, oldest first."""
        form = "--format=%H%x00%an%x00%s"
        words = (
            "log",
            "--reverse",
            f"--max-count={MOST_COMMITS}",
            "--no-show-signature",
            form,
            self.tip,
            "--not",
            *self.bases,
        )
        lines = (line.split("\0") for line in self.git.run(*words, "--").text.split("\n") if line)
        return tuple(Commit(*(part.encode("utf-8", "replace").decode() for part in line[:3])) for line in lines)


@contextmanager
def checked(workspace: Workspace, order: BundleOrder, repository: Repository) -> Iterator[Quarantine | None]:
    """The commits of a bundle, for as long as the context lasts; None where the sandbox made none.

    Raises:
        FilesRefused: what the sandbox left is not a bundle of sound commits upon the user's own.
    """
    folder = Path(tempfile.mkdtemp(prefix="quarantine-", dir=workspace.folder))
    try:
        bundle = folder / "bundle"
        if not _copied(workspace, order, bundle):
            yield None
            return
        raw("init", "--quiet", "--bare", f"--object-format={_format(repository)}", str(folder / "git"))
        git = Git(folder / "git", more=committer(repository))
        lines = "".join(f"{place}\n" for place in repository.object_folders())
        (folder / "git" / "objects" / "info").mkdir(exist_ok=True)
        (folder / "git" / "objects" / "info" / "alternates").write_bytes(os.fsencode(lines))
        yield _taken(folder, git, bundle)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def committer(repository: Repository) -> Mapping[str, str]:
    """The user, as who writes merges and rebased commits."""
    known = identity(repository)
    return {
        f"GIT_{who}_{what}": known[f"user.{what.lower()}"]
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }


def _format(repository: Repository) -> str:
    return repository.git.run("rev-parse", "--show-object-format").line


def _copied(workspace: Workspace, order: BundleOrder, target: Path) -> bool:
    """Take the file away from where the sandbox could still write it."""
    with Beneath(workspace.shared) as shared:
        try:
            with shared.file(order.file) as source, target.open("xb") as copy:
                left = LARGEST_BUNDLE_BYTES
                while chunk := os.read(source, CHUNK_BYTES):
                    if (left := left - len(chunk)) < 0:
                        raise FilesRefused(
                            f"the session's commits are over {LARGEST_BUNDLE_BYTES >> 30} GB; nothing was taken"
                        )
                    copy.write(chunk)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise FilesRefused(f"the session's commits cannot be read: {error.strerror}") from None
        finally:
            with suppress(OSError), shared.parent(order.file) as (folder, name):
                os.unlink(name, dir_fd=folder)
    return True


def _taken(folder: Path, git: Git, bundle: Path) -> Quarantine:
    bases, tip, start = _header(bundle)
    for number, base in enumerate(bases):
        if git.run("cat-file", "-e", f"{base.decode()}^{{commit}}", wants=(0, 1, 128)).code:
            raise FilesRefused(
                f"the session's commits stand on {base.decode()[:12]}, which is not in the project's repository (any more); "
                "nothing was taken: workbench patch has them as text, workbench diff what they changed"
            )
        git.run("update-ref", f"refs/bases/{number}", base.decode())
    try:
        git.run("bundle", "verify", "--quiet", str(bundle))
        with bundle.open("rb") as file:
            file.seek(start)
            # Descriptors are shared with the child, the buffer of this file is not.
            os.lseek(file.fileno(), start, os.SEEK_SET)
            git.run("index-pack", "--stdin", "--fix-thin", "--strict", "--fsck-objects", given=file)
        git.run("update-ref", TIP, f"{tip.decode()}^{{commit}}", "")
        git.run("rev-list", "--objects", "--quiet", TIP, "--not", "--glob=refs/bases")
    except GitFailed as failed:
        raise FilesRefused(f"the session's commits are not sound, and nothing was taken: {failed}") from None
    named = git.run("rev-parse", TIP).line
    return Quarantine(folder, git, named, tuple(base.decode() for base in bases))


def _header(bundle: Path) -> tuple[list[bytes], bytes, int]:
    """What a bundle stands on, the one commit that it brings, and where its pack begins."""
    with bundle.open("rb") as file:
        head = file.read(LONGEST_HEADER_BYTES)
    header, separator, _ = head.partition(b"\n\n")
    lines = header.split(b"\n")
    if not separator or not _SIGNATURE.match(head):
        raise FilesRefused("what the sandbox left is not a bundle of git's; nothing was taken")
    bases = [found[1] for line in lines if (found := re.match(rb"-(" + _ID + rb")(?: |$)", line))]
    tips = {found[1] for line in lines if (found := re.match(rb"(" + _ID + rb") \S", line))}
    if len(tips) != 1:
        raise FilesRefused("the sandbox's bundle does not bring one head; nothing was taken")
    return bases, tips.pop(), len(header) + 2
