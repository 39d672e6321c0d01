"""Sessions' commits come back into a real repository through the command line: branches, merges, rebases, patches, commits."""

from __future__ import annotations

from pathlib import Path

from tests.hands.places import podman_only
from tests.hands.test_git_stays import digest
from tests.hands.test_git_stays import git as git_with_hooks
from tests.line.installation import Installation, installation
from tests.line.test_projects import _ran, _wrote


def git(folder: Path, *words: str) -> str:
    """The test's own git, which runs no hook."""
    return git_with_hooks(folder, "-c", "core.hooksPath=/dev/null", *words)


def _repository(here: Installation) -> Path:
    project = here.home / "project"
    project.mkdir()
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "config", "user.name", "Owner")
    git(project, "config", "user.email", "owner@example.com")
    (project / "shared").write_text("one\ntwo\nthree\n")
    (project / "mine").write_text("mine\n")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "first")
    hooks = project / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "pre-commit",
        "post-commit",
        "post-merge",
        "reference-transaction",
        "post-checkout",
        "post-index-change",
    ):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {here.home}/ran-{name}\nexit 1\n")
        (hooks / name).chmod(0o755)
    return project


def _subjects(project: Path, *words: str) -> list[str]:
    return git(project, "log", "--format=%s", *words).split("\n")[:-1]


def _hooks_ran(here: Installation) -> list[str]:
    return [path.name for path in here.home.glob("ran-*")]


def _commit(name: str, line: str = "x") -> str:
    return f"echo {line} >> {name}; git add {name}; git commit -qm 'agent: {name}'"


@podman_only
def test_two_sessions_that_committed_come_back_as_two_branches_and_merge_without_loss() -> None:
    script = [*_wrote("First.", _commit("alpha")), *_wrote("Second.", _commit("beta"), _commit("beta", "more"))]
    with installation(script) as here:
        project = _repository(here)
        first, second = (_ran(here, "-C", str(project), "go") for _ in range(2))
        (project / "mine").write_text("not committed\n")
        git(project, "add", "mine")
        before = {
            path: kept
            for path, kept in digest(project).items()
            if not path.startswith((".git/objects", ".git/refs", ".git/logs"))
        }
        here.told("branch", first)
        assert here.told("branch", second, "beta").splitlines()[0].endswith(" agent: beta")
        assert {path: kept for path, kept in digest(project).items() if path in before} == before
        assert _subjects(project, f"workbench/{first[-6:]}") == ["agent: alpha", "first"]
        assert _subjects(project, "beta") == ["agent: beta", "agent: beta", "first"]
        tree = here.home / "tree"
        here.told("branch", first, "gamma", "--worktree", str(tree))
        assert (tree / "alpha").read_text() == "x\n"
        assert _subjects(tree) == ["agent: alpha", "first"]
        assert git(tree, "status", "--short") == ""
        again = here.say("branch", first, "delta", "--worktree", str(tree))
        assert (again.code, "is there already" in again.err) == (2, True)
        assert "delta" not in git(project, "branch", "--list")
        assert _hooks_ran(here) == []
        git(project, "reset", "--quiet")
        for name in (f"workbench/{first[-6:]}", "beta"):
            git(project, "merge", "--quiet", "-m", "merge", name)
        assert (project / "alpha").read_text() == "x\n"
        assert (project / "beta").read_text() == "x\nmore\n"
        assert git(project, "status", "--short").split() == ["M", "mine"]
        assert git(project, "fsck", "--strict", "--no-dangling") == ""
        # A sandbox that begins now follows what was merged: the other session's commits are not this one's.
        here.told("down", "--sandboxes")
        merged = here.say("branch", first, "later")
        assert (merged.code, "has no commits that your repository does not have" in merged.err) == (2, True), merged


@podman_only
def test_a_branch_goes_forward_with_its_session_and_never_over_other_commits() -> None:
    script = [*_wrote("One.", _commit("alpha")), *_wrote("Two.", _commit("alpha")),
              *_wrote("Three.", "git commit -q --amend -m other"), *_wrote("Four.", "git checkout -q -b side HEAD~1", _commit("gamma"), "git checkout -q main")]  # fmt: skip
    with installation(script) as here:
        project = _repository(here)
        session_id = _ran(here, "-C", str(project), "go")
        name = f"workbench/{session_id[-6:]}"
        here.told("branch", session_id)
        for count in (2, 3):
            here.told("send", session_id, "on")
            assert here.say("logs", "-f", session_id).code == 0
            if count == 2:
                here.told("branch", session_id)
                assert len(_subjects(project, name)) == 3
        refused = here.say("branch", session_id)
        assert (refused.code, f"the branch {name} has other commits" in refused.err) == (2, True), refused
        assert len(_subjects(project, name)) == 3
        assert _subjects(project, "main") == ["first"]
        here.told("send", session_id, "on")
        assert here.say("logs", "-f", session_id).code == 0
        here.told("branch", session_id, "side", "--from", "side")
        assert _subjects(project, "side") == ["agent: gamma", "agent: alpha", "first"]
        for wrong in ("../x", "a..b", "-x"):
            assert here.say("branch", session_id, "--", wrong).code == 2
        mails = here.told("patch", session_id)
        assert [line for line in mails.split("\n") if line.startswith("Subject: ")] == [
            "Subject: [PATCH 1/2] agent: alpha", "Subject: [PATCH 2/2] other",
        ]  # fmt: skip


@podman_only
def test_commits_are_merged_or_rebased_onto_what_went_on_and_conflicts_change_nothing() -> None:
    script = [
        *_wrote("Merge.", _commit("alpha"), "echo rest > rest"),
        *_wrote("Rebase.", _commit("beta")),
        *_wrote("Conflict.", "sed -i s/two/agents/ shared; git commit -qam agents"),
    ]
    with installation(script) as here:
        project = _repository(here)
        merged, rebased, conflict = (_ran(here, "-C", str(project), "go") for _ in range(3))
        (project / "shared").write_text("one\nmine\nthree\n")
        git(project, "commit", "--quiet", "-am", "went on")
        (project / "mine").write_text("not committed\n")
        here.told("apply", "--commits", "-y", merged)
        assert _subjects(project) == [f"Merge the commits of session {merged}", "went on", "agent: alpha", "first"]
        assert git(project, "log", "-1", "--format=%an %ce") == "Owner owner@example.com\n"
        here.told("apply", "--commits", "--rebase", "-y", rebased)
        assert _subjects(project)[0] == "agent: beta"
        assert git(project, "status", "--short") == " M mine\n"
        assert (project / "shared").read_text() == "one\nmine\nthree\n"
        assert here.told("diff", "--stat", merged).splitlines() == ["A   rest"]
        before = digest(project)
        for way in ([], ["--rebase"]):
            refused = here.say("apply", "--commits", *way, "-y", conflict)
            assert (refused.code, "conflict in shared" in refused.err) == (2, True), refused
        assert {path: kept for path, kept in digest(project).items() if "objects" not in path} == {
            path: kept for path, kept in before.items() if "objects" not in path
        }
        assert _hooks_ran(here) == []


@podman_only
def test_what_is_not_committed_is_never_overwritten_by_commits() -> None:
    with installation(_wrote("Done.", _commit("shared"), _commit("new"))) as here:
        project = _repository(here)
        session_id = _ran(here, "-C", str(project), "go")
        for name, text in (("shared", "mine\n"), ("new", "mine\n")):
            (project / name).write_text(text)
            refused = here.say("apply", "--commits", "-y", session_id)
            assert (refused.code, "nothing was applied" in refused.err, name in refused.err) == (2, True, True), refused
            assert (project / name).read_text() == text
            assert _subjects(project) == ["first"]
            assert git(project, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
            git(project, "checkout", "--quiet", "--", "shared")
        (project / "new").unlink()
        here.told("apply", "--commits", "-y", session_id)
        assert _subjects(project)[0] == "agent: new"


@podman_only
def test_files_are_committed_with_a_message_of_the_sessions_and_nothing_else_that_is_staged() -> None:
    with installation(
        _wrote("Wrote the page.\n\nAll of it.", "echo x >> shared; mkdir docs; echo page > docs/page")
    ) as here:
        project = _repository(here)
        session_id = _ran(here, "-C", str(project), "--title", "Write a page", "go")
        (project / "mine").write_text("staged\n")
        git(project, "add", "mine")
        here.told("commit", "-y", session_id)
        assert git(project, "log", "-1", "--format=%B") == (
            f"Write a page\n\nWrote the page.\n\nWorkbench-Session: {session_id}\n\n"
        )
        assert git(project, "show", "--name-only", "--format=").split() == ["docs/page", "shared"]
        assert git(project, "status", "--short") == "M  mine\n"
        assert _hooks_ran(here) == []
        assert here.say("commit", "-y", session_id).code == 2


@podman_only
def test_a_base_that_moved_is_said_with_the_overlap_and_the_persons_own_work_is_there_from_the_beginning() -> None:
    script = _wrote("Done.", "cat mine; echo x >> shared; echo x > own")
    with installation(script) as here:
        project = _repository(here)
        (project / "mine").write_text("not committed\n")
        (project / "draft").write_text("draft\n")
        begun = here.say("run", "-C", str(project), "go")
        assert "git main " in begun.err
        assert "your 2 uncommitted files included" in begun.err
        session_id = here.json("ps")[0]["id"]
        results = [event for event in here.events(session_id) if event["type"] == "agent.tool_result"]
        assert results[0]["content"][0]["text"] == "not committed"
        own = f"/workbench/v1/sessions/{session_id}/base"
        assert _base(here, own)["moved"] == []
        (project / "shared").write_text("one\n")
        (project / "other").write_text("o\n")
        git(project, "add", "other")
        git(project, "commit", "--quiet", "-m", "went on")
        (project / "draft").unlink()
        found = _base(here, own)
        assert (found["moved"], found["overlap"], found["uncommitted"]) == (
            ["draft", "other", "shared"], ["shared"], ["mine", "shared"],
        )  # fmt: skip
        assert found["began_head"] != found["head"]
        here.told("apply", "-y", session_id, "own")
        assert _base(here, own)["moved"] == ["draft", "other", "shared"]


def _base(here: Installation, path: str) -> dict[str, list[str]]:
    # What the command line asks before it asks a person.
    from workbench import settings
    from workbench.client.sync import Client

    found: dict[str, list[str]] = Client(settings.load(here.environment).engine_socket).get(path)
    return found
