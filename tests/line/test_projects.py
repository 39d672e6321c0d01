"""Several agents on one project, through the command line: diff, apply, fork and rewind on real sandboxes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import Play, call, text


def _wrote(said: str, *commands: str) -> list[Play]:
    return [*(call("bash", {"command": command}) for command in commands), text(said)]


def _project(here: Installation) -> Path:
    project = here.home / "project"
    project.mkdir()
    (project / "shared.txt").write_text("old\n")
    (project / "gone.txt").write_text("gone\n")
    return project


def _ran(here: Installation, *words: str) -> str:
    """A session that did one turn."""
    session_id = here.run_detached(*words)
    assert here.say("logs", "-f", session_id).code == 0
    return session_id


@podman_only
def test_of_two_agents_on_one_file_the_first_is_applied_and_the_second_refused_by_name() -> None:
    script = [
        *_wrote("First.", "echo first > shared.txt; rm gone.txt; mkdir new; echo n > new/file"),
        *_wrote("Second.", "cat shared.txt; echo second > shared.txt; echo s > second.txt"),
    ]
    with installation(script) as here:
        project = _project(here)
        first, second = (_ran(here, "-C", str(project), "go") for _ in range(2))
        assert here.told("diff", first, "--stat").splitlines() == ["D   gone.txt", "A   new/file", "M   shared.txt"]
        assert "-old\n+second\n" in here.told("diff", second)
        assert here.say("apply", first).code == 2
        assert (project / "shared.txt").read_text() == "old\n"
        here.told("apply", "-y", first)
        assert sorted(path.name for path in project.iterdir()) == ["new", "shared.txt"]
        assert here.told("diff", first) == ""
        refused = here.say("apply", "-y", second)
        assert (refused.code, "nothing was applied: shared.txt changed" in refused.err) == (2, True)
        assert here.told("diff", second, "--stat").splitlines() == [
            "A   second.txt",
            "M ! shared.txt   in conflict with your changes",
        ]
        here.told("apply", "-y", second, "second.txt")
        assert (project / "shared.txt").read_text() == "first\n"
        assert (project / "second.txt").read_text() == "s\n"


@podman_only
def test_after_apply_the_session_goes_on_and_sees_what_its_owner_writes() -> None:
    script = [*_wrote("Done.", "echo mine > shared.txt"), *_wrote("Seen.", "cat shared.txt")]
    with installation(script) as here:
        project = _project(here)
        session_id = _ran(here, "-C", str(project), "go")
        here.told("apply", "-y", session_id)
        (project / "shared.txt").write_text("owner's\n")
        here.told("send", session_id, "look")
        assert here.say("logs", "-f", session_id).code == 0
        results = [event for event in here.events(session_id) if event["type"] == "agent.tool_result"]
        assert results[-1]["content"] == [{"type": "text", "text": "owner's"}]


@podman_only
def test_a_rewind_puts_the_files_back_and_the_model_is_told() -> None:
    script = [
        *_wrote("One.", "echo one > shared.txt; echo beside > ../beside"),
        *_wrote("Two.", "echo two > shared.txt; rm ../beside; sleep 600 &"),
        *_wrote("Three.", "cat shared.txt ../beside; pgrep -c sleep"),
    ]
    with installation(script) as here:
        project = _project(here)
        session_id = _ran(here, "-C", str(project), "go")
        for task in ("more", "look"):
            if task == "look":
                here.told("rewind", session_id)
                assert "+one\n" in here.told("diff", session_id)
            here.told("send", session_id, task)
            assert here.say("logs", "-f", session_id).code == 0
        results = [event for event in here.events(session_id) if event["type"] == "agent.tool_result"]
        assert results[-1]["content"] == [{"type": "text", "text": "one\nbeside\n0\n[exit code 1]"}]
        assert "The user has put the files of your workspace back" in str(here.model.requests[-1]["messages"])
        first = next(event["id"] for event in here.events(session_id) if event["type"] == "user.message")
        here.told("rewind", session_id, "--to", first)
        assert here.told("diff", session_id) == ""


@podman_only
def test_a_fork_has_history_and_files_and_goes_its_own_way() -> None:
    script = [
        *_wrote("One.", "echo one > shared.txt"),
        *_wrote("Two.", "echo two > shared.txt"),
        *_wrote("Forked.", "cat shared.txt; echo forked > shared.txt"),
    ]
    with installation(script) as here:
        project = _project(here)
        parent = _ran(here, "-C", str(project), "go")
        here.told("send", parent, "more")
        assert here.say("logs", "-f", parent).code == 0
        idle = next(event["id"] for event in here.events(parent) if event["type"] == "session.status_idle")
        child = here.told("fork", parent, "--at", idle).strip()
        twin = here.told("fork", parent).strip()
        assert "+two\n" in here.told("diff", twin)
        here.told("send", child, "go on")
        assert here.say("logs", "-f", child).code == 0
        assert "+forked\n" in here.told("diff", child)
        assert "+two\n" in here.told("diff", parent)
        results = [event for event in here.events(child) if event["type"] == "agent.tool_result"]
        assert [result["content"][0]["text"] for result in results][-1] == "one"
        [count] = here.json("sql", "select count(*) as n, count(distinct id) as ids from events")
        assert count["n"] == count["ids"]
        told = [event["type"] for event in here.events(parent)]
        assert [event["type"] for event in here.events(twin)] == told
        here.told("rm", "-y", parent)
        assert not (here.home / "data" / "sandboxes" / parent).exists()
        assert "+two\n" in here.told("diff", twin)


_HOSTILE = (
    "git config core.fsmonitor 'touch {mark}; true'; git config filter.x.clean 'touch {mark}; cat'",
    "git config alias.st '!touch {mark}'; printf '* filter=x\\n' > .gitattributes",
    "printf '#!/bin/sh\\ntouch {mark}\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
    "mkdir sub; printf 'gitdir: ../evil\\n' > sub/.git; echo s > sub/file; head -c 64 /dev/urandom > bytes",
    "chmod +x shared.txt; echo direnv > .envrc; git add .envrc",
    "git -c user.name=a -c user.email=a@b commit -q --no-verify -m agents; git log --format=%s",
)


@podman_only
def test_what_an_agent_wrote_into_git_never_runs_on_the_host_whatever_is_asked_for(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    commands = [command.replace("{mark}", str(mark)) for command in _HOSTILE]
    with installation(_wrote("Done.", *commands)) as here:
        project = _project(here)

        def git(*words: str, given: str = "") -> str:
            kept = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
            done = subprocess.run(
                ["git", *words], cwd=project, env=kept, input=given, check=False, capture_output=True, text=True
            )
            assert done.returncode == 0, done
            return done.stdout

        def own() -> dict[str, tuple[int, bytes]]:
            files = sorted(path for path in (project / ".git").rglob("*") if path.is_file())
            return {str(path): (path.stat().st_mode, path.read_bytes()) for path in files}

        git("init", "--quiet")
        git("add", ".")
        git("-c", "user.name=m", "-c", "user.email=m@b", "commit", "--quiet", "-m", "mine")
        session_id = _ran(here, "-C", str(project), "go")
        before = own()
        stat = here.say("diff", session_id, "--stat")
        assert stat.out.splitlines() == [
            "A   .envrc   runs by itself: direnv, on entering the folder", "A   .gitattributes", "A   bytes",
            "M   shared.txt   mode 644 → 755", "A   sub/file",
        ]  # fmt: skip
        assert "commits and branches made in the sandbox stay there" in stat.err
        git("apply", "--check", "-", given=here.told("diff", session_id))
        here.told("apply", "-y", "--force", session_id)
        here.told("rewind", session_id)
        assert own() == before
        assert git("status", "--short").splitlines() == [
            " M shared.txt", "?? .envrc", "?? .gitattributes", "?? bytes", "?? sub/",
        ]  # fmt: skip
        assert git("log", "--format=%s") == "mine\n"
        assert not mark.exists()
        assert not (project / "sub" / ".git").exists()


@podman_only
def test_an_apply_leaves_the_session_its_commits() -> None:
    made = "git init -q; git add .; git -c user.name=a -c user.email=a@b commit -qm agents; echo more >> shared.txt"
    with installation([*_wrote("Done.", made), *_wrote("Log.", "git log --format=%s")]) as here:
        project = _project(here)
        session_id = _ran(here, "-C", str(project), "go")
        here.told("apply", "-y", session_id)
        here.told("send", session_id, "look")
        assert here.say("logs", "-f", session_id).code == 0
        results = [event for event in here.events(session_id) if event["type"] == "agent.tool_result"]
        assert results[-1]["content"] == [{"type": "text", "text": "agents"}]
        assert sorted(path.name for path in project.iterdir()) == ["gone.txt", "shared.txt"]


def test_a_session_without_a_project_is_forked_as_it_is_and_as_it_was() -> None:
    with installation([text("One."), text("Two.")]) as here:
        parent = _ran(here, "go")
        idle = next(event["id"] for event in here.events(parent) if event["type"] == "session.status_idle")
        here.told("send", parent, "more")
        assert here.say("logs", "-f", parent).code == 0
        forks = [here.told("fork", parent).strip(), here.told("fork", parent, "--at", idle).strip()]
        told = [event["type"] for event in here.events(parent)]
        until_idle = told[: told.index("session.status_idle") + 1]
        assert [[event["type"] for event in here.events(fork)] for fork in forks] == [told, until_idle]
