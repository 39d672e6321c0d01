"""Brings checked commits into the user's repository: as a branch, as a merge or a rebase, as a patch, or one commit of files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from workbench.contracts.files import FilesRefused
from workbench.contracts.repositories import UNFINISHED, Brought, Commit
from workbench.hands.files.applied import Applies
from workbench.hands.files.safe_paths import Beneath
from workbench.hands.files.session_changes import begin_anew
from workbench.hands.files.workspace import Workspace
from workbench.hands.git import command, record
from workbench.hands.git.after_apply import Steps, has_lines_of, is_marked, version_now
from workbench.hands.git.began import ABSENT, in_commit
from workbench.hands.git.command import Git, GitFailed
from workbench.hands.git.location import Repository
from workbench.hands.git.quarantine import TIP, Quarantine, committer
from workbench.hands.git.record import GitRecord
from workbench.hands.git.standing import branch_of, head_of, note_committed, unfinished

_FETCH: Final = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
_OURS: Final = "refs/heads/result"
_PASSING: Final = "refs/workbench/applying"
MOST_NAMED: Final = 20


@dataclass(frozen=True)
class Bringing:
    """Commits of one session that are sound, and the repository that they are for."""

    workspace: Workspace
    one: Repository
    taken: Quarantine
    session_id: str

    def as_branch(self, name: str, worktree: Path | None = None) -> Brought:
        """Objects and one ref; where the branch is there already it only goes forward. A work tree is made in a new folder."""
        if worktree is not None:
            _refuse_folder(worktree)
        if self.one.git.run("check-ref-format", "--branch", name, wants=(0, 1, 128)).code:
            raise FilesRefused(f"{name!r} is no name of a branch")
        there = self.one.git.run("rev-parse", "--verify", "--quiet", f"refs/heads/{name}", wants=(0, 1)).line
        if there and not _is_ancestor(self.taken.git, there, self.taken.tip):
            raise FilesRefused(
                f"the branch {name} has other commits than the session, and nothing was changed; give another name: "
                f"workbench branch {self.session_id} NAME"
            )
        self._fetch(TIP, f"refs/heads/{name}")
        if worktree is not None:
            self._add_worktree(worktree, name)
        return Brought("branch", name, self.taken.tip, self.taken.commits(), yours=self._yours())

    def _yours(self) -> tuple[str, ...]:
        """What the user had not committed when the session began, and the agent did: `git add -A` takes all that it sees."""
        known = record.load(self.workspace.folder)
        if known is None or not known.uncommitted:
            return ()
        words = (
            "log",
            "-z",
            "--name-only",
            "--format=",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            self.taken.tip,
        )
        names = self.taken.git.run(*words, "--not", *self.taken.bases, "--").text.split("\0")
        prefix = f"{known.project}/" if known.project else ""
        paths = {name.strip("\n").removeprefix(prefix) for name in names if name.strip("\n").startswith(prefix)}
        return tuple(sorted(path for path in paths if path and any(is_in(path, own) for own in known.uncommitted)))

    def _add_worktree(self, folder: Path, name: str) -> None:
        try:
            self.one.git.run("worktree", "add", "--quiet", str(folder), name)
        except GitFailed as failed:
            raise FilesRefused(f"the branch {name} is there, and no work tree was made: {failed}") from None

    def applied(self, *, rebase: bool) -> Brought:
        """What is checked out goes on to the session's commits, or to a merge or copies of them; all files or none."""
        if what := unfinished(self.one):
            raise FilesRefused(UNFINISHED.format(root=self.one.root, what=what))
        head, commits = head_of(self.one), self.taken.commits()
        how, result = self._result(head, rebase=rebase)
        if result == head:
            return Brought("forward", branch_of(self.one), head, ())
        self.taken.git.run("update-ref", _OURS, result)
        self._fetch(f"+{_OURS}", _PASSING)
        try:
            self._forward(result)
        finally:
            self.one.git.run("update-ref", "-d", _PASSING)
        changed = self._changed(head, result)
        _note(self.workspace, changed)
        self._begin_anew(changed)
        return Brought(how, branch_of(self.one), result, commits)

    def _result(self, head: str, *, rebase: bool) -> tuple[str, str]:
        git, tip = self.taken.git, self.taken.tip
        if not head or _is_ancestor(git, head, tip):
            return "forward", tip
        if _is_ancestor(git, tip, head):
            return "forward", head
        return ("rebase", self._rebased(head)) if rebase else ("merge", self._merged(head))

    def _merged(self, head: str) -> str:
        if command.version() < command.OLDEST_VERSION:
            needed = ".".join(map(str, command.OLDEST_VERSION))
            raise FilesRefused(
                f"a merge needs git {needed} or later on this machine; use workbench branch, and git merge"
            )
        git, tip = self.taken.git, self.taken.tip
        done = git.run("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", head, tip, wants=(0, 1))
        tree, *names = done.text.split("\0")
        if done.code:
            _refuse_conflict([name for name in names if name], self.session_id)
        message = f"Merge the commits of session {self.session_id}\n"
        return git.run("commit-tree", tree, "-p", head, "-p", tip, "-F", "-", given=message.encode()).line

    def _rebased(self, head: str) -> str:
        tree = self.taken.folder / "tree"
        self.taken.git.run("worktree", "add", "--quiet", "--detach", str(tree), self.taken.tip)
        own = {name: value for name, value in committer(self.one).items() if name.startswith("GIT_COMMITTER")}
        git = Git(self.taken.git.directory / "worktrees" / "tree", tree, own)
        done = git.run("rebase", "--quiet", "--no-autostash", "--no-verify", head, wants=(0, 1, 128))
        if done.code:
            listed = git.run("diff", "--name-only", "--diff-filter=U", "-z", "--no-ext-diff").text
            _refuse_conflict([name for name in listed.split("\0") if name] or [done.errors[-200:]], self.session_id)
        return git.run("rev-parse", "HEAD").line

    def _fetch(self, source: str, target: str) -> None:
        self.one.git.run(*_FETCH, str(self.taken.git.directory), f"{source}:{target}")

    def _forward(self, result: str) -> None:
        try:
            self.one.git_in_tree.run("merge", "--quiet", "--ff-only", "--no-overwrite-ignore", "--no-autostash", result)
        except GitFailed as failed:
            raise FilesRefused(
                f"nothing was applied: {failed}; commit or stash your own changes first{self._of_yours()}"
            ) from None

    def _of_yours(self) -> str:
        yours = self._yours()
        return f": the agent has committed {', '.join(yours[:MOST_NAMED])} as well" if yours else ""

    def _begin_anew(self, changed: Sequence[str]) -> None:
        """What the session has besides its commits is a change from them, and what the project has of them is seen in it."""
        known = record.load(self.workspace.folder)
        prefix = f"{known.project}/" if known and known.project else ""
        paths = _in_project(self.workspace, changed)
        begin_anew(self.workspace, paths, lambda path: in_commit(self.taken.git, self.taken.tip, f"{prefix}{path}"))

    def _changed(self, head: str, result: str) -> list[str]:
        before = head or self.one.git.run("hash-object", "-t", "tree", "--stdin").line
        words = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", "--no-ext-diff", before, result)
        return [name for name in self.one.git.run(*words).text.split("\0") if name]


def patch(taken: Quarantine) -> str:
    """The commits as mails."""
    words = ("format-patch", "--stdout", "--no-signature", "--no-ext-diff", "--no-textconv", "--binary", "--no-color")
    return taken.git.run(*words, taken.tip, "--not", *taken.bases, "--").output.decode("utf-8", "replace")


def committed(workspace: Workspace, one: Repository, known: GitRecord, paths: Sequence[str], message: str) -> Brought:
    """One commit of these paths of the project, and of nothing else that is staged; no hook runs.

    A folder is none of its files: what else is in it is its person's.
    """
    paths = [path for path in paths if not _is_folder(workspace, path)]
    _refuse_markers(workspace, paths)
    prefix = f"{known.project}/" if known.project else ""
    names = b"\0".join(os.fsencode(f"{prefix}{path}") for path in paths) + b"\0"
    listed = ("--pathspec-from-file=-", "--pathspec-file-nul")
    git = replace(one.git_in_tree, more=committer(one))
    if filtered := _filtered(git, names):
        raise FilesRefused(
            f"the files are applied and not committed: {', '.join(filtered[:MOST_NAMED])} go through a filter of your settings, and "
            "no program runs on what an agent wrote; look at them, then: git add, git commit"
        )
    # Of all: there may be more paths than a command may have words.
    entries = git.run("ls-files", "--unmerged", "-z").text.split("\0")
    both = {entry.partition("\t")[2] for entry in entries if entry} & {f"{prefix}{path}" for path in paths}
    if both:
        left = sorted(both)
        raise FilesRefused(
            f"nothing was committed: git has both sides of {', '.join(left[:MOST_NAMED])} yet; settle them, then git add",
            left,
        )
    before = head_of(one)
    file = workspace.folder / "message"
    file.write_text(message)
    try:
        git.run("add", "--all", "--force", *listed, given=names)
        words = ("commit", "--quiet", "--only", "--no-verify", "--no-post-rewrite", "--cleanup=whitespace")
        git.run(*words, f"--file={file}", *listed, given=names)
    except GitFailed as failed:
        raise FilesRefused(f"the files are applied and not committed: {failed}") from None
    finally:
        file.unlink(missing_ok=True)
    head = head_of(one)
    made = Commit(head, committer(one)["GIT_AUTHOR_NAME"], message.partition("\n")[0])
    _note(workspace, [f"{prefix}{path}" for path in paths])
    yours = with_yours(workspace, one, known, paths, before, Applies(workspace.folder).versions())
    return Brought("commit", branch_of(one), head, (made,), yours=yours)


def with_yours(
    workspace: Workspace, one: Repository, known: GitRecord, paths: Sequence[str], head: str, steps: Steps
) -> tuple[str, ...]:
    """The files in which something of the user's stood that was not in the head before, when the session's came."""
    assert workspace.project is not None
    prefix = f"{known.project}/" if known.project else ""

    def has_yours(project: Beneath, path: str) -> bool:
        if path not in steps:
            # Since the repository stands elsewhere, nobody can say whose an uncommitted line was.
            return known.head == head and any(is_in(path, own) for own in known.uncommitted)
        there = in_commit(one.git, head, f"{prefix}{path}") if head else ABSENT
        now = version_now(project, path)
        return there is not None and has_lines_of(there.content, steps[path][-1][0].content, now.content)

    with Beneath(workspace.project) as project:
        return tuple(path for path in paths if has_yours(project, path))


def is_in(path: str, own: str) -> bool:
    """Whether an uncommitted path is this one, or a new folder that has it."""
    return path == own or (own.endswith("/") and path.startswith(own))


def _is_folder(workspace: Workspace, path: str) -> bool:
    assert workspace.project is not None
    place = workspace.project / path
    return place.is_dir() and not place.is_symlink()


def _filtered(git: Git, names: bytes) -> list[str]:
    """The paths whose content a program of the user's settings would make or read: git-lfs, git-crypt."""
    found = git.run("check-attr", "-z", "--stdin", "filter", given=names).text.split("\0")
    known = {key.split(".", 1)[1].rpartition(".")[0] for key in command.filters(git.directory)}
    return [path for path, value in zip(found[::3], found[2::3], strict=False) if value in known]


def _refuse_markers(workspace: Workspace, paths: Sequence[str]) -> None:
    """Raises: FilesRefused: nobody has settled the lines of both sides in it, whichever session they came with."""
    assert workspace.project is not None
    with Beneath(workspace.project) as project:
        waiting = [path for path in paths if is_marked(project, path)]
    if waiting:
        raise FilesRefused(
            f"nothing was committed: lines of both sides stand between markers in {', '.join(waiting[:MOST_NAMED])}; settle them "
            "in your editor first",
            waiting,
        )


def _refuse_folder(folder: Path) -> None:
    """Raises: FilesRefused: no work tree can be made there."""
    if not folder.is_absolute() or folder.is_symlink() or folder.exists():
        raise FilesRefused(f"{folder} is there already, or is no absolute path; name a new folder for the work tree")
    if not folder.parent.is_dir():
        raise FilesRefused(f"{folder.parent} is no folder; make it, or name another folder for the work tree")


def _is_ancestor(git: Git, older: str, newer: str) -> bool:
    return git.run("merge-base", "--is-ancestor", older, newer, wants=(0, 1)).code == 0


def _refuse_conflict(names: list[str], session_id: str) -> None:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    raise FilesRefused(
        f"nothing was applied: the session's commits and yours conflict in {', '.join(names[:MOST_NAMED])}{more}; take "
        f"workbench branch {session_id}, and merge it by hand",
        names,
    )


def _note(workspace: Workspace, changed: Sequence[str]) -> None:
    """What came is the session's own, and no move of the base."""
    assert workspace.project is not None
    with Beneath(workspace.project) as project:
        note_committed(workspace.folder, project, _in_project(workspace, changed))


def _in_project(workspace: Workspace, paths: Sequence[str]) -> list[str]:
    """Those of a repository's paths that are the project's, from its folder."""
    known = record.load(workspace.folder)
    prefix = f"{known.project}/" if known and known.project else ""
    return [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
