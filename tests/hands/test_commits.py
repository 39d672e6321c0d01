"""What a sandbox hands out as its commits is checked object by object, and what is not sound reaches no repository of the user's."""

from __future__ import annotations

import asyncio
import os
import shutil
import struct
import zlib
from dataclasses import dataclass, replace
from hashlib import sha1
from pathlib import Path

import pytest

from tests.hands.places import new_session
from tests.hands.test_git_stays import digest, git
from tests.hands.upper import whiteout
from workbench.contracts.files import FilesRefused
from workbench.contracts.repositories import Brought, BundleOrder
from workbench.contracts.values import Session
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.files.workspace import workspace_of
from workbench.hands.git import record, view
from workbench.hands.git.command import Git
from workbench.hands.git.session_repositories import SessionRepositories, over_https
from workbench.settings import Settings

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@dataclass(frozen=True)
class Begun:
    """A session on a repository with one commit, and what a sandbox of it would write."""

    project: Path
    session: Session
    repositories: SessionRepositories
    shared: Path
    agents: Path

    def branch(self, name: str = "agents") -> Brought:
        return asyncio.run(self.repositories.branch(self.session, BundleOrder("", "bundle"), name))

    def commit(self, name: str, text: str = "x\n") -> None:
        (self.agents / name).parent.mkdir(parents=True, exist_ok=True)
        (self.agents / name).write_text(text)
        git(self.agents, "add", "--all")
        git(self.agents, "commit", "--quiet", "-m", f"agent: {name}")

    def bundle(self) -> None:
        git(self.agents, "bundle", "create", "--quiet", str(self.shared / "bundle"), "HEAD", "--not", "--remotes")


@pytest.fixture
def begun(tmp_path: Path) -> Begun:
    project = tmp_path / "project"
    project.mkdir()
    git(project, "init", "--quiet", "--initial-branch=main")
    (project / "kept").write_text("k\n")
    git(project, "add", "kept")
    git(project, "commit", "--quiet", "-m", "first")
    settings = Settings(tmp_path / "data", tmp_path / "config", tmp_path / "run", tmp_path / "state")
    session = new_session(project)
    workspace = workspace_of(settings, session)
    workspace.prepare()
    view.prepare(workspace)
    git(tmp_path, "clone", "--quiet", "project", "agents")
    return Begun(project, session, SessionRepositories(settings), workspace.shared, tmp_path / "agents")


def packed(*objects: tuple[int, bytes]) -> bytes:
    """A pack of these objects: 1 is a commit, 2 a tree, 3 a blob."""
    body = b"PACK" + struct.pack(">II", 2, len(objects))
    for kind, content in objects:
        size, head = len(content) >> 4, bytearray([kind << 4 | len(content) & 15])
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        body += bytes(head) + zlib.compress(content)
    return body + sha1(body, usedforsecurity=False).digest()


def named(kind: bytes, content: bytes) -> str:
    return sha1(kind + b" %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def hostile(begun: Begun, entry: bytes, mode: bytes = b"100644") -> None:
    """A bundle of one commit whose tree has one entry of any name."""
    base = git(begun.project, "rev-parse", "HEAD").strip()
    blob = b"#!/bin/sh\ntouch /tmp/ran\n"
    tree = mode + b" " + entry + b"\0" + bytes.fromhex(named(b"blob", blob))
    commit = (
        f"tree {named(b'tree', tree)}\nparent {base}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n".encode()
    )
    header = f"# v2 git bundle\n-{base} first\n{named(b'commit', commit)} HEAD\n\n".encode()
    (begun.shared / "bundle").write_bytes(header + packed((1, commit), (2, tree), (3, blob)))


def test_commits_become_a_branch_and_the_bundle_is_gone(begun: Begun) -> None:
    begun.commit("new")
    begun.commit("other")
    begun.bundle()
    before = digest(begun.project)
    brought = begun.branch("agents/one")
    assert (brought.how, [commit.subject for commit in brought.commits]) == ("branch", ["agent: new", "agent: other"])
    after = {path: kept for path, kept in digest(begun.project).items() if path not in before}
    assert sorted(path for path in after if "objects" not in path and "logs" not in path) == [
        ".git/refs/heads/agents", ".git/refs/heads/agents/one",
    ]  # fmt: skip
    assert {path: kept for path, kept in digest(begun.project).items() if path in before} == before
    assert os.listdir(begun.shared) == ["uploads", "outputs"] or sorted(os.listdir(begun.shared)) == [
        "outputs",
        "uploads",
    ]
    assert not list(begun.shared.parent.glob("quarantine-*"))


def test_of_what_the_agent_committed_the_users_own_uncommitted_files_are_named(begun: Begun) -> None:
    known = record.load(begun.shared.parent)
    assert known is not None
    replace(known, uncommitted=("kept", "drafts/")).save(begun.shared.parent)
    for name in ("kept", "drafts/a", "new", "draft"):
        begun.commit(name, f"{name}\n")
    begun.bundle()
    assert begun.branch().yours == ("drafts/a", "kept")


def test_what_the_agent_changed_and_did_not_commit_is_told_from_what_it_committed(begun: Begun) -> None:
    files, upper = SessionFiles(begun.repositories._settings), begun.shared.parent / "upper"
    texts = {
        "done": "d\n",
        "went on": "1\n",
        "run": "r\n",
        "mode": "m\n",
        "lines": "a\r\nb\r\n",
        "link": "",
        "new": "n\n",
    }
    for name, text in texts.items():
        (upper / name).write_bytes(text.encode())
    (upper / "run").chmod(0o755)
    (upper / "link").unlink()
    (upper / "link").symlink_to("done")
    for name in set(texts) - {"new", "lines"}:
        shutil.copy(upper / name, begun.agents / name, follow_symlinks=False)
    # As an attribute of the repository would have it.
    (begun.agents / "lines").write_bytes(b"a\nb\n")
    git(begun.agents, "rm", "--quiet", "kept")
    whiteout(upper / "kept")
    begun.commit("sub/x")
    (upper / "sub").mkdir()
    (upper / "sub" / "x").write_text("x\n")
    begun.bundle()
    (upper / "went on").write_text("2\n")
    (upper / "mode").chmod(0o755)
    brought = begun.branch()
    changes = asyncio.run(files.changes(begun.session)).changes
    left = asyncio.run(begun.repositories.uncommitted(begun.session, brought.head, changes))
    assert left == ("mode", "new", "went on")


@pytest.mark.parametrize("entry", [b".git", b".GIT", b"git~1", b"..", b".g\xe2\x80\x8cit", b"a/b"])
def test_a_tree_that_would_write_into_git_is_refused(entry: bytes, begun: Begun) -> None:
    hostile(begun, entry)
    before = digest(begun.project)
    with pytest.raises(FilesRefused, match="not sound, and nothing was taken"):
        begun.branch()
    assert digest(begun.project) == before


def test_a_link_in_the_place_of_gitmodules_is_refused(begun: Begun) -> None:
    hostile(begun, b".gitmodules", b"120000")
    with pytest.raises(FilesRefused, match="not sound"):
        begun.branch()


def test_a_submodule_url_that_is_a_command_is_refused(begun: Begun) -> None:
    begun.commit(".gitmodules", '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n')
    begun.bundle()
    with pytest.raises(FilesRefused, match="not sound"):
        begun.branch()


@pytest.mark.parametrize(
    "content", [b"", b"PACK", b"# v2 git bundle\n", b"# v2 git bundle\n" + b"0" * 40 + b" HEAD\n\n", os.urandom(5000)]
)
def test_what_is_no_bundle_is_refused_in_words(content: bytes, begun: Begun) -> None:
    (begun.shared / "bundle").write_bytes(content)
    with pytest.raises(FilesRefused, match="nothing was taken"):
        begun.branch()


def test_a_bundle_with_objects_missing_is_refused(begun: Begun) -> None:
    hostile(begun, b"plain")
    whole = (begun.shared / "bundle").read_bytes()
    header, _, _ = whole.partition(b"\n\n")
    base = git(begun.project, "rev-parse", "HEAD").strip()
    commit = f"tree {'1' * 40}\nparent {base}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\n\nx\n".encode()
    header = header.replace(header.split(b"\n")[-1][:40], named(b"commit", commit).encode())
    (begun.shared / "bundle").write_bytes(header + b"\n\n" + packed((1, commit)))
    with pytest.raises(FilesRefused, match="not sound"):
        begun.branch()


def test_a_link_where_the_bundle_should_be_is_not_followed(begun: Begun, tmp_path: Path) -> None:
    begun.commit("new")
    begun.bundle()
    shutil.move(begun.shared / "bundle", tmp_path / "elsewhere")
    (begun.shared / "bundle").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FilesRefused, match="cannot be read"):
        begun.branch()
    assert (tmp_path / "elsewhere").exists()


def test_commits_on_a_base_that_is_gone_are_refused(begun: Begun) -> None:
    (begun.agents / "x").write_text("x\n")
    git(begun.agents, "add", "x")
    git(begun.agents, "commit", "--quiet", "--amend", "-m", "another root")
    git(begun.agents, "update-ref", "refs/remotes/origin/main", "HEAD")
    begun.commit("new")
    begun.bundle()
    with pytest.raises(FilesRefused, match="not in the project's repository"):
        begun.branch()


def test_no_program_of_the_users_settings_runs_on_what_an_agent_committed(begun: Begun, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for key in ("filter.x.clean", "filter.x.smudge", "filter.x.process", "merge.x.driver", "diff.x.textconv", "diff.x.command",
                "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "gpg.program", "alias.fetch", "diff.external",
                "core.alternateRefsCommand", "uploadpack.packObjectsHook", "credential.helper"):  # fmt: skip
        git(begun.project, "config", key, str(script))
    git(begun.project, "config", "filter.x.required", "true")
    (tmp_path / "included").write_text(f'[filter "a=b"]\n\tsmudge = {script}\n\tclean = {script}\n')
    git(begun.project, "config", "includeIf.onbranch:main.path", str(tmp_path / "included"))
    git(begun.project, "config", "commit.gpgSign", "true")
    for hook in (
        "reference-transaction",
        "post-merge",
        "post-checkout",
        "pre-commit",
        "commit-msg",
        "post-commit",
        "post-rewrite",
    ):
        (begun.project / ".git" / "hooks").mkdir(exist_ok=True)
        shutil.copy(script, begun.project / ".git" / "hooks" / hook)
    begun.commit(".gitattributes", "kept filter=x merge=x diff=x\nnext* filter=a=b\n")
    begun.commit("kept", "changed\n")
    for rebase in (False, True):
        begun.bundle()
        asyncio.run(begun.repositories.apply(begun.session, BundleOrder("", "bundle"), rebase=rebase))
        own = Git(begun.project / ".git", begun.project, {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")})  # fmt: skip
        own.run("commit", "--quiet", "--allow-empty", "-m", "on")
        begun.commit(f"next{rebase}")
    begun.bundle()
    assert "agent: kept" in asyncio.run(begun.repositories.patch(begun.session, BundleOrder("", "bundle")))
    for name in ("kept", "plain"):
        (begun.project / name).write_text("again\n")
    asyncio.run(begun.repositories.base(begun.session))
    asyncio.run(begun.repositories.commit(begun.session, ["plain"], "files\n"))
    assert Git(begun.project / ".git").run("log", "-1", "--format=%s").line == "files"
    assert not mark.exists()


def test_a_file_that_goes_through_a_filter_is_not_committed_and_that_is_said(begun: Begun) -> None:
    git(begun.project, "config", "filter.lfs.clean", "cat")
    (begun.project / ".gitattributes").write_text("*.bin filter=lfs\n")
    (begun.project / "a.bin").write_text("big\n")
    before = digest(begun.project)
    with pytest.raises(FilesRefused, match=r"applied and not committed: a\.bin go through a filter"):
        asyncio.run(begun.repositories.commit(begun.session, ["a.bin", ".gitattributes"], "files\n"))
    assert digest(begun.project) == before


def test_a_fork_knows_the_repository_as_its_parent_found_it(begun: Begun, tmp_path: Path) -> None:
    settings = Settings(tmp_path / "data", tmp_path / "config", tmp_path / "run", tmp_path / "state")
    fork = new_session(begun.project)
    git(begun.project, "commit", "--quiet", "--allow-empty", "-m", "went on")
    asyncio.run(SessionFiles(settings).restore(begun.session, 0, fork))
    parent, own = (record.load(workspace_of(settings, one).folder) for one in (begun.session, fork))
    assert parent == own
    assert parent is not None
    assert parent.head == git(begun.project, "rev-parse", "HEAD~1").strip()


@pytest.mark.parametrize("kind", ["folder", "worktree"])
def test_ignored_files_stay_out_by_the_rules_of_the_whole_repository(kind: str, begun: Begun, tmp_path: Path) -> None:
    (begun.project / "a" / "b").mkdir(parents=True)
    for path, text in ((".gitignore", "*.log\n/a/b/built\n"), ("a/.gitignore", "!kept.log\n"), ("a/b/file", "x\n")):
        (begun.project / path).write_text(text)
    (begun.project / ".git" / "info").mkdir(exist_ok=True)
    (begun.project / ".git" / "info" / "exclude").write_text("private\n")
    git(begun.project, "add", ".")
    git(begun.project, "commit", "--quiet", "-m", "rules")
    git(begun.project, "worktree", "add", "--quiet", "--detach", str(tmp_path / "side"))
    settings = Settings(tmp_path / "data", tmp_path / "config", tmp_path / "run", tmp_path / "state")
    project, prefix = (begun.project / "a" / "b", "") if kind == "folder" else (tmp_path / "side", "a/b/")
    session = new_session(project)
    workspace = workspace_of(settings, session)
    workspace.prepare()
    view.prepare(workspace)
    (workspace.upper / prefix).mkdir(parents=True, exist_ok=True)
    for name in ("x.log", "kept.log", "built", "private", "plain"):
        (workspace.upper / prefix / name).write_text("x\n")
    found = asyncio.run(SessionFiles(settings).changes(session)).changes
    assert {change.path.removeprefix(prefix): change.ignored for change in found} == {
        "x.log": True, "kept.log": False, "built": True, "private": True, "plain": False,
    }  # fmt: skip


def test_commits_of_a_submodule_come_as_a_branch_of_its_own_repository(tmp_path: Path) -> None:
    library, project = tmp_path / "library", tmp_path / "project"
    for one in (library, project):
        one.mkdir()
        git(one, "init", "--quiet", "--initial-branch=main")
        (one / "kept").write_text("k\n")
        git(one, "add", "kept")
        git(one, "commit", "--quiet", "-m", "first")
    git(project, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    git(project, "commit", "--quiet", "-m", "with lib")
    settings = Settings(tmp_path / "data", tmp_path / "config", tmp_path / "run", tmp_path / "state")
    session, repositories = new_session(project), SessionRepositories(settings)
    workspace = workspace_of(settings, session)
    workspace.prepare()
    view.prepare(workspace)
    git(tmp_path, "clone", "--quiet", "library", "agents")
    begun = Begun(project, session, repositories, workspace.shared, tmp_path / "agents")
    begun.commit("new")
    begun.bundle()
    tip = git(begun.agents, "rev-parse", "HEAD").strip()

    order = asyncio.run(repositories.order(session, None))
    ((path, file),) = order.below
    assert path == "lib"
    (workspace.shared / "bundle").rename(workspace.shared / file)
    brought = asyncio.run(repositories.branch(session, order, "agents"))
    # The project itself has no new commit, and so no branch.
    assert brought.commits == ()
    assert [(one.path, one.head, [commit.subject for commit in one.commits]) for one in brought.below] == [
        ("lib", tip, ["agent: new"])
    ]
    assert git(project / "lib", "rev-parse", "agents").strip() == tip
    assert [one.name for one in workspace.shared.iterdir() if one.is_file()] == []

    # One that is not sound changes neither repository, and says where it was.
    (workspace.shared / file).write_bytes(b"no bundle")
    with pytest.raises(FilesRefused, match="in lib: "):
        asyncio.run(repositories.branch(session, order, "others"))
    assert [one.name for one in workspace.shared.iterdir() if one.is_file()] == []


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("https://git.example.com/team/plans.git", "https://git.example.com/team/plans.git"),
        ("git@git.example.com:team/plans.git", "https://git.example.com/team/plans.git"),
        ("ssh://git@git.example.com/team/plans.git", "https://git.example.com/team/plans.git"),
    ],
)
def test_a_remote_is_pushed_to_over_https(url: str, reached: str) -> None:
    assert over_https(url) == reached


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("/srv/git/plans.git", "not reached over https"),
        ("ssh://git@git.example.com:2222/team/plans.git", "not reached over https"),
        ("http://git.example.com/team/plans.git", "not reached over https"),
        ("https://me:secret@git.example.com/team/plans.git", "workbench vault add NAME --host git.example.com"),
    ],
)
def test_a_remote_of_another_kind_is_refused_with_what_to_do_and_without_its_password(url: str, why: str) -> None:
    with pytest.raises(FilesRefused, match=why) as refused:
        over_https(url)
    assert "secret" not in str(refused.value)


def test_where_a_repository_stands_is_asked_of_git_once(
    begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (begun.project / "mine").write_text("not committed\n")
    asked, real = tmp_path / "asked", shutil.which("git")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").write_text(f'#!/bin/sh\necho "$*" >> {asked}\nexec {real} "$@"\n')
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    base = asyncio.run(begun.repositories.base(begun.session))
    assert "mine" in base.uncommitted
    assert sum(" status " in line for line in asked.read_text().splitlines()) == 1


def test_in_the_middle_of_a_merge_a_repository_says_so_and_takes_no_commits(begun: Begun) -> None:
    begun.commit("agents")
    begun.bundle()
    (begun.project / ".git" / "MERGE_HEAD").write_text(git(begun.project, "rev-parse", "HEAD"))
    assert asyncio.run(begun.repositories.base(begun.session)).unfinished == "merge"
    with pytest.raises(FilesRefused, match="is in the middle of a merge, which git commits as a whole, and nothing"):
        asyncio.run(begun.repositories.apply(begun.session, BundleOrder("", "bundle"), rebase=False))
