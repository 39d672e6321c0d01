"""What a real overlay in a real container leaves is read, applied, kept and put back."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.hands.places import Notes, new_session, own_settings, podman_only, real_hands
from tests.hands.upper import tree
from workbench.contracts.files import FilesRefused
from workbench.contracts.values import Call, Session
from workbench.events import new_id, text_of
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.sandboxes import Sandboxes

WAIT_S = 100.0
LISTING = "find . -printf '%P %y %m %l\\n' | sort; find . -type f | sort | xargs -d '\\n' cat"


@dataclass(frozen=True)
class Worker:
    """One session's sandbox and files."""

    hands: Sandboxes
    files: SessionFiles
    session: Session

    async def bash(self, command: str) -> str:
        call = Call(new_id("sevt"), "bash", {"command": command})
        return text_of((await self.hands.execute(self.session, call)).content)


def play(tmp_path: Path, story: Callable[[Worker], Coroutine[Any, Any, None]]) -> Path:
    """Run a story of one session on a project, whose folder is returned."""
    project = tmp_path / "project"
    for name in ("kept", "edited", "gone", "tree/a", "tree/deep/b", "again/x", "again/y", "moved/file"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(f"{name}\n")

    async def whole() -> None:
        with own_settings() as settings:
            hands, session = real_hands(settings, Notes()), new_session(project)
            try:
                async with asyncio.timeout(WAIT_S):
                    await story(Worker(hands, SessionFiles(settings), session))
            finally:
                await hands.release_all()
                await hands.close()

    asyncio.run(whole())
    return project


WORK = (
    "sed -i s/edited/changed/ edited; rm gone; rm -r tree; rm -r again; mkdir again; echo x2 > again/x; echo z > again/z;"
    "mv moved elsewhere; chmod 700 kept; ln -s /etc/passwd link; mkdir -p new/empty; echo 'a b' > 'new/a b'; mkfifo fifo"
)


@podman_only
def test_a_project_after_apply_is_what_the_container_saw(tmp_path: Path) -> None:
    async def story(one: Worker) -> None:
        await one.bash(WORK)
        told = await one.files.changes(one.session)
        assert [(change.kind[0], change.path) for change in told.changes] == [
            ("m", "again/x"), ("d", "again/y"), ("a", "again/z"), ("m", "edited"), ("a", "elsewhere/file"), ("d", "gone"),
            ("m", "kept"), ("a", "link"), ("d", "moved/file"), ("a", "new/a b"), ("a", "new/empty"), ("d", "tree/a"),
            ("d", "tree/deep/b"),
        ]  # fmt: skip
        assert told.left_out == ("fifo is neither file, link nor folder: it is not shown or applied",)
        with pytest.raises(FilesRefused, match="still runs on these files"):
            await one.files.apply(one.session, None)
        await one.hands.release(one.session.id)
        await one.files.apply(one.session, None)
        assert (await one.files.changes(one.session)).changes == ()

    project = play(tmp_path, story)
    assert tree(project) == {
        "again/x": "x2\n", "again/z": "z\n", "edited": "changed\n", "elsewhere/file": "moved/file\n", "kept": "kept\n",
        "link": "-> /etc/passwd", "new/a b": "a b\n",
    }  # fmt: skip
    assert (project / "kept").stat().st_mode & 0o777 == 0o700
    assert not (project / "tree").exists()
    assert (project / "new" / "empty").is_dir()


@podman_only
def test_a_file_that_the_host_deleted_while_the_agent_added_to_it_is_a_conflict(tmp_path: Path) -> None:
    async def story(one: Worker) -> None:
        await one.bash("echo more >> kept; echo new > fresh")
        assert one.session.project is not None
        (Path(one.session.project) / "kept").unlink()
        told = await one.files.changes(one.session)
        assert [(change.path, change.conflict) for change in told.changes] == [("fresh", False), ("kept", True)]

    play(tmp_path, story)


@podman_only
def test_a_file_that_was_moved_or_linked_is_applied_under_its_new_name_without_a_conflict(tmp_path: Path) -> None:
    moves = (
        "mv kept renamed; mkdir sub; mv edited sub/edited; echo more >> moved/file; mv moved/file elsewhere; ln gone linked;"
        "touch tree/a; mv tree/a a; mv tree/deep/b again/b; rmdir tree/deep"
    )

    async def story(one: Worker) -> None:
        await one.bash(moves)
        # Its owner changes names in the same folder meanwhile.
        (tmp_path / "project" / "owners").write_text("owners\n")
        await one.hands.release(one.session.id)
        changes = await one.files.changes(one.session)
        assert [change.path for change in changes.changes if change.conflict] == []
        await one.files.apply(one.session, None, take=None)

    project = play(tmp_path, story)
    texts = {str(path.relative_to(project)): path.read_text() for path in project.rglob("*") if path.is_file()}
    assert texts == {
        "renamed": "kept\n", "sub/edited": "edited\n", "elsewhere": "moved/file\nmore\n", "gone": "gone\n", "linked": "gone\n",
        "a": "tree/a\n", "again/b": "tree/deep/b\n", "again/x": "again/x\n", "again/y": "again/y\n",
        "owners": "owners\n",
    }  # fmt: skip


@podman_only
def test_git_moves_folders_that_the_project_had_with_what_is_staged_and_what_is_not(tmp_path: Path) -> None:
    pkg = tmp_path / "project" / "pkg"
    (pkg / "deep").mkdir(parents=True)
    (pkg / "a").write_text("1\n")
    (pkg / "deep" / "b c").write_text("2\n")
    (pkg / "link").symlink_to("a")
    for words in ("init --quiet", "add pkg", "-c user.name=a -c user.email=a@b commit --quiet -m pkg"):
        subprocess.run(["git", "-C", str(tmp_path / "project"), *words.split()], check=True, timeout=WAIT_S)

    async def moved(one: Worker) -> None:
        assert "Invalid cross-device link" in await one.bash(
            'python3 -c \'import os; os.rename("pkg", "x")\' 2>&1; true'
        )
        await one.bash("echo more >> pkg/a; git mv pkg new")
        assert (await one.bash("git status --short -uno; cat new/a; readlink new/link")).splitlines() == [
            "RM pkg/a -> new/a",
            'R  "pkg/deep/b c" -> "new/deep/b c"',
            "R  pkg/link -> new/link",
            "1",
            "more",
            "a",
        ]
        await one.bash("git -c user.name=a -c user.email=a@b commit -qm moved -a")
        # Into a folder that is there, and from another one than the top.
        await one.bash("mkdir into && touch into/x && git add into && cd new && git mv deep ../into && cd ..")
        assert 'R  "new/deep/b c" -> "into/deep/b c"' in await one.bash("git status --short")
        assert (
            await one.bash("git mv nothing x 2>&1; echo $?") == "fatal: bad source, source=nothing, destination=x\n128"
        )

    play(tmp_path, moved)


@podman_only
def test_an_agents_commits_stay_inside_and_survive_an_apply(tmp_path: Path) -> None:
    async def story(one: Worker) -> None:
        await one.bash("git init -q . && git add . && git -c user.name=a -c user.email=a@b commit -q -m agents")
        told = await one.files.changes(one.session)
        assert told.changes == ()
        assert told.left_out == (
            "commits and branches made in the sandbox stay there: .git is neither shown nor applied",
        )
        await one.bash("echo more >> kept")
        await one.hands.release(one.session.id)
        await one.files.apply(one.session, None)
        assert await one.bash("git log --format=%s; git status --short") == "agents\n M kept"

    assert not (play(tmp_path, story) / ".git").exists()


@podman_only
def test_a_fresh_container_on_restored_files_sees_what_the_first_one_saw(tmp_path: Path) -> None:
    async def story(one: Worker) -> None:
        await one.bash(WORK + "; rm fifo; echo outside > ../beside")
        before = await one.bash(LISTING)
        await one.files.checkpoint(one.session, 10)
        await one.bash("rm -r again new link ../beside; echo later > edited; mkdir tree gone; echo t > tree/t")
        assert await one.bash(LISTING) != before
        await one.files.checkpoint(one.session, 20)
        await one.hands.release(one.session.id)
        await one.files.restore(one.session, 10, one.session)
        assert await one.bash(LISTING) == before
        assert await one.bash("cat ../beside") == "outside"

    play(tmp_path, story)


@podman_only
def test_ten_sessions_on_one_project_do_not_meet(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "file").write_text("old\n")

    async def story() -> list[str]:
        with own_settings() as settings:
            hands, files = real_hands(settings, Notes()), SessionFiles(settings)
            sessions = [new_session(project) for _ in range(10)]
            commands = [f"echo {number} > file; cat file" for number in range(10)]
            calls = [Call(new_id("sevt"), "bash", {"command": command}) for command in commands]
            async with asyncio.timeout(WAIT_S):
                await asyncio.gather(*(hands.execute(*pair) for pair in zip(sessions, calls, strict=True)))
                diffs = [(await files.diff(session)).text.splitlines()[-1] for session in sessions]
            await hands.release_all()
            await hands.close()
            return diffs

    assert asyncio.run(story()) == [f"+{number}" for number in range(10)]
    assert tree(project) == {"file": "old\n"}
