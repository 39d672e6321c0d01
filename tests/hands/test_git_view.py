"""Git inside a real sandbox: worktrees, subfolders, submodules; and nothing of the host's settings or hooks."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.hands.places import Notes, new_session, own_settings, podman_only, real_hands
from tests.hands.test_git_stays import digest, git
from tests.hands.test_overlay import Worker
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.git.session_repositories import SessionRepositories

WAIT_S = 200.0
SAFE = ("export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' "
        "GIT_CONFIG_KEY_1=core.checkStat GIT_CONFIG_VALUE_1=minimal")  # fmt: skip

Story = Callable[[Worker], Coroutine[Any, Any, None]]


def play(project: Path, story: Story) -> None:
    """Run a story of one session on a project that is there."""

    async def whole() -> None:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session(project)
            worker = Worker(hands, SessionFiles(settings), session)
            try:
                async with asyncio.timeout(WAIT_S):
                    await worker.bash(SAFE)
                    await story(worker)
            finally:
                await hands.release_all()
                await hands.close()

    asyncio.run(whole())


def repository(folder: Path) -> Path:
    """Two commits, one of them with folders; a remote with a password, a hook, and something uncommitted."""
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name in ("top", "a/b/file", "c/other"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", name)
    git(folder, "config", "user.name", "Owner")
    git(folder, "config", "user.email", "owner@example.com")
    git(folder, "remote", "add", "origin", "https://me:hunter2@example.com/x.git?token=hunter2")
    git(folder, "config", "http.https://example.com/.extraHeader", "Authorization: hunter2")
    git(folder, "config", "filter.x.clean", "hunter2")
    (folder / ".git" / "hooks").mkdir(exist_ok=True)
    (folder / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\necho hunter2; exit 1\n")
    (folder / ".git" / "hooks" / "pre-commit").chmod(0o755)
    return folder


LOOK = "git status --short; git log --format=%s; git diff --stat | tail -1"


@podman_only
def test_a_repository_has_its_history_inside_and_neither_passwords_nor_hooks(tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    (project / "top").write_text("mine\n")
    (project / "new").write_text("mine\n")
    git(project, "add", "new")
    before = digest(project / ".git")

    async def story(one: Worker) -> None:
        assert await one.bash(LOOK) == (
            "A  new\n M top\nc/other\na/b/file\ntop\n 1 file changed, 1 insertion(+), 1 deletion(-)"
        )
        assert await one.bash("grep -rl hunter2 .git; ls .git/hooks 2>&1 | grep -v No; git remote -v | head -1") == (
            "origin\thttps://example.com/x.git (fetch)"
        )
        told = await one.bash(
            "git commit -qam agents && git log -1 --format='%s %an %ae' && git fsck && git gc -q; git status --short"
        )
        assert told == "agents Owner owner@example.com"
        assert (await one.files.changes(one.session)).changes == ()
        assert digest(project / ".git") == before

    play(project, story)


@podman_only
def test_a_linked_worktree_has_git_inside(tmp_path: Path) -> None:
    main = repository(tmp_path / "main")
    git(main, "worktree", "add", "--quiet", "-b", "side", str(tmp_path / "side"))
    before = digest(main / ".git")

    async def story(one: Worker) -> None:
        assert await one.bash(LOOK) == "c/other\na/b/file\ntop"
        assert (
            await one.bash("git branch --show-current; git branch --list --format='%(refname:short)'")
            == "side\nmain\nside"
        )
        assert await one.bash("echo x >> top; git commit -qam agents; git log --format=%s -2") == "agents\nc/other"
        assert [change.path for change in (await one.files.changes(one.session)).changes] == ["top"]
        assert digest(main / ".git") == before

    play(tmp_path / "side", story)


@podman_only
def test_a_folder_of_a_repository_has_git_inside_and_shows_no_file_beside_it(tmp_path: Path) -> None:
    project = repository(tmp_path / "main") / "a" / "b"

    async def story(one: Worker) -> None:
        assert await one.bash("git status --short; git log --format=%s; git rev-parse --show-prefix; ls -A ../..") == (
            "c/other\na/b/file\ntop\na/b/\n.git\na"
        )
        assert await one.bash("echo x >> file; git commit -qam agents; git show --stat --format=%s") == (
            "agents\n\n a/b/file | 1 +\n 1 file changed, 1 insertion(+)"
        )
        assert await one.bash("cd /workspace/b && cat file && git ls-files -- :/top") == "a/b/file\nx\n../../top"
        assert [change.path for change in (await one.files.changes(one.session)).changes] == ["file"]
        await one.hands.release(one.session.id)
        await one.files.apply(one.session, None)
        assert (project / "file").read_text() == "a/b/file\nx\n"

    play(project, story)


@podman_only
def test_submodules_and_repositories_inside_a_project_have_git_inside(tmp_path: Path) -> None:
    library = repository(tmp_path / "library")
    project = repository(tmp_path / "project")
    git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "sub/library")
    git(project, "commit", "--quiet", "--no-verify", "-m", "with a submodule")
    repository(project / "nested")
    (project / "sub").chmod(0o711)

    async def story(one: Worker) -> None:
        assert await one.bash(
            "git status --short; git -C sub/library log --format=%s; git submodule status | cut -c1,43-"
        ) == ("?? nested/\nc/other\na/b/file\ntop\n sub/library (heads/main)")
        assert await one.bash(
            "cd sub/library && echo x >> top && git commit -qam agents && cd ../.. && git status --short"
        ) == (" M sub/library\n?? nested/")
        assert await one.bash("grep -rl hunter2 .git sub nested; git -C nested status --short --branch") == "## main"
        assert [change.path for change in (await one.files.changes(one.session)).changes] == ["sub/library/top"]

    play(project, story)


@podman_only
def test_a_repository_that_does_not_name_the_folder_is_not_opened_to_a_sandbox(tmp_path: Path) -> None:
    repository(tmp_path / "secret")
    project = tmp_path / "project"
    project.mkdir()
    (project / ".git").write_text(f"gitdir: {tmp_path}/secret/.git\n")

    async def story(one: Worker) -> None:
        assert "not a git repository" in await one.bash("git log")
        assert (
            await one.bash("ls /run/git 2>&1")
            == "ls: cannot access '/run/git': No such file or directory\n[exit code 2]"
        )

    play(project, story)


@podman_only
def test_after_a_rewind_to_the_beginning_the_view_is_there_again(tmp_path: Path) -> None:
    project = repository(tmp_path / "project")

    async def story(one: Worker) -> None:
        await one.bash("git commit -q --allow-empty -m agents")
        await one.hands.release(one.session.id)
        await one.files.restore(one.session, 0, one.session)
        assert await one.bash(
            "git log --format=%s -1; grep -rl hunter2 .git; rm -rf .git; git log 2>&1 | head -c 9"
        ) == ("c/other\nfatal: no")

    play(project, story)


@podman_only
@pytest.mark.timeout(300)
def test_what_the_project_borrows_from_another_repository_is_there_as_well(tmp_path: Path) -> None:
    repository(tmp_path / "lender")
    git(tmp_path, "clone", "--quiet", "--shared", "lender", "project")

    async def story(one: Worker) -> None:
        assert await one.bash("git log --format=%s; git fsck 2>&1") == "c/other\na/b/file\ntop"

    play(tmp_path / "project", story)


@podman_only
def test_files_of_git_lfs_have_their_content_and_are_no_change_though_it_is_not_there(tmp_path: Path) -> None:
    project = repository(tmp_path / "project")
    content = "content " * 1000
    oid = hashlib.sha256(content.encode()).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    (project / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (project / "big.bin").write_text(content)
    (tmp_path / "pointer").write_text(pointer)
    git(project, "-c", f"filter.lfs.clean=cat {tmp_path}/pointer", "add", ".")
    git(project, "commit", "--quiet", "--no-verify", "-m", "lfs")
    stored = project / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    stored.parent.mkdir(parents=True)
    stored.write_text(content)

    async def story(one: Worker) -> None:
        assert await one.bash("touch big.bin; git status --short; wc -c < big.bin") == "8000"
        assert await one.bash("git checkout -q HEAD~1; ls *.bin 2>&1; git checkout -q main; wc -c < big.bin") == (
            "ls: cannot access '*.bin': No such file or directory\n8000"
        )
        # What the agent wrote is in no store of git-lfs: its commit has it itself.
        assert await one.bash("echo new > big.bin; git commit -qam new; git show HEAD:big.bin; git status --short") == (
            "new"
        )
        assert await one.bash("git reset -q --hard HEAD~1; wc -c < big.bin; git status --short") == "8000"

    play(project, story)


@podman_only
@pytest.mark.parametrize("words", [("--filter=blob:none", "--sparse"), ("--filter=tree:0",)])
def test_what_a_partial_clone_lacks_is_told_and_changes_no_file(tmp_path: Path, words: tuple[str, ...]) -> None:
    source = repository(tmp_path / "source")
    (source / "top").write_text("changed\n")
    git(source, "commit", "--quiet", "--no-verify", "-am", "second")
    for name in ("allowFilter", "allowAnySHA1InWant"):
        git(source, "config", f"uploadpack.{name}", "true")
    project = tmp_path / "project"
    git(tmp_path, "-c", "protocol.file.allow=always", "clone", "--quiet", *words, f"file://{source}", str(project))

    async def story(one: Worker) -> None:
        assert (
            await one.bash("git log --format=%s; git status --short; git fsck 2>&1") == "second\nc/other\na/b/file\ntop"
        )
        told = await one.bash("git checkout HEAD~3; cat top; git status --short; git log --format=%s -1")
        assert "partial clone: the owner of this machine has not fetched" in told
        assert told.endswith("changed\nsecond")
        assert await one.bash("echo x >> top; git diff | tail -2; git commit -qam mine; git gc -q") == " changed\n+x"
        repositories = SessionRepositories(one.files._settings)
        order = await repositories.order(one.session, None)
        await one.bash(order.command)
        brought = await repositories.branch(one.session, order, "mine")
        assert [commit.subject for commit in brought.commits] == ["mine"]
        assert git(project, "show", "mine:top") == "changed\nx\n"

    play(project, story)


@podman_only
def test_a_new_sandbox_follows_the_repository_until_the_session_has_commits_that_it_lacks(tmp_path: Path) -> None:
    project = repository(tmp_path / "project")

    def owner(name: str) -> None:
        (project / name).write_text("owner\n")
        git(project, "add", name)
        git(project, "commit", "--quiet", "--no-verify", "-m", name)

    async def story(one: Worker) -> None:
        assert await one.bash("echo agent > top; git add top; git log --format=%s -1") == "c/other"
        owner("second")
        git(project, "branch", "side")
        await one.hands.release(one.session.id)
        assert await one.bash("git log --format=%s -2; git branch --format='%(refname:short)'; git status --short") == (
            "second\nc/other\nmain\nside\n M top"
        )
        await one.bash("git commit -qam agents")
        owner("third")
        await one.hands.release(one.session.id)
        assert await one.bash("git log --format=%s -2") == "agents\nsecond"
        repositories = SessionRepositories(one.files._settings)
        before = await repositories.base(one.session)
        # A branch is to be looked at: the session's own work goes on where it was, and can be taken again.
        for _ in range(2):
            order = await repositories.order(one.session, None)
            await one.bash(order.command)
            assert len((await repositories.branch(one.session, order, "wip")).commits) == 1
            await one.hands.release(one.session.id)
            assert await one.bash("git log --format=%s -2") == "agents\nsecond"
        order = await repositories.order(one.session, None)
        await one.bash(order.command)
        await one.hands.release(one.session.id)
        await repositories.apply(one.session, order, rebase=False)
        assert (
            await one.bash("git log --format=%s -1; git status --short")
            == f"Merge the commits of session {one.session.id}"
        )
        after = await repositories.base(one.session)
        assert (before.began_head != before.head, after.began_head == after.head) == (True, True)

    play(project, story)
