"""What sessions change on another machine comes back as their files here, and what the other end sends is read as a stranger's."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.hands.chosen import session_by_metadata
from tests.hands.places import Notes, own_settings, real_hands
from tests.hands.ssh_server import ssh_server, sshd_only
from tests.hands.test_machines import LEFT, THERE
from tests.hands.upper import Made, made, opaque, tree, whiteout
from workbench.contracts.values import Call, Session
from workbench.events import new_id, text_of
from workbench.hands.files.session_files import SessionFiles
from workbench.hands.files.workspace import Workspace, workspace_of
from workbench.hands.ssh import machines
from workbench.hands.ssh.archives import write_project
from workbench.hands.ssh.bringing_back import NotBrought, is_changed_here, own_changes, take_in
from workbench.settings import Settings

CHANGES = (
    "echo changed > kept; rm gone; mkdir -p new/deep; printf 'x' > new/deep/run; chmod 755 new/deep/run; ln -s kept link; "
    "rm -r folder; echo hook > .git/hooks/post-commit; echo out > $SESSION_OUTPUTS/out.txt"
)


def archive(*members: tuple[str, str], gone: object = (), is_whole: bool = True) -> io.BytesIO:
    """Names with what is there: text, `dir`, or a link as `-> target`."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w|", format=tarfile.GNU_FORMAT) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content == "dir":
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif content.startswith("-> "):
                info.type, info.linkname = tarfile.SYMTYPE, content[3:]
            else:
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content.encode()) if info.isfile() else None)
        if is_whole:
            said = json.dumps(gone).encode()
            info = tarfile.TarInfo("gone")
            info.size = len(said)
            tar.addfile(info, io.BytesIO(said))
    return io.BytesIO(file.getvalue())


@pytest.mark.parametrize(
    "sent",
    [
        archive(("project/../../escaped", "x")),
        archive(("project//escaped", "x")),
        archive(("/project/escaped", "x")),
        archive(("elsewhere/escaped", "x")),
        archive(("project/link", "-> /tmp"), ("project/link/escaped", "x")),
        archive(("project/twice", "x"), ("project/twice", "y")),
        archive(("project/nowhere/escaped", "x")),
        archive(("project/fine", "x"), gone=["../escaped"]),
        archive(("project/fine", "x"), gone=["fine"]),
        archive(("project/fine", "x"), gone={"no": "list"}),
        archive(("project/fine", "x"), is_whole=False),
        io.BytesIO(b"Welcome to the machine!\n" * 100),
        io.BytesIO(b""),
    ],
)
def test_what_is_no_archive_of_a_project_changes_nothing(tmp_path: Path, sent: io.BytesIO) -> None:
    here = made(tmp_path, kept="one")
    (here.upper / "own").write_text("of the session")
    before = tree(here.upper)
    with pytest.raises(NotBrought):
        take_in(sent, here.workspace)
    assert tree(here.upper) == before
    assert not list(tmp_path.rglob("escaped"))


def test_what_came_is_what_changed_and_nothing_of_a_repository_is(tmp_path: Path) -> None:
    here = made(tmp_path, kept="one", gone="two", folder__inner="three")
    sent = archive(
        ("project/kept", "changed"),
        ("project/.git/hooks/post-commit", "evil"),
        ("project/new", "dir"),
        ("project/new/file", "x"),
        ("outputs/out", "o"),
        gone=["gone", "folder"],
    )
    take_in(sent, here.workspace)
    assert told(here) == {"kept": "modified", "gone": "deleted", "folder/inner": "deleted", "new/file": "added"}
    assert (here.workspace.shared / "outputs" / "out").read_text() == "o"
    assert not is_changed_here(here.workspace)
    (here.upper / "kept").write_text("put back")
    assert is_changed_here(here.workspace)


def test_what_is_sent_again_is_the_project_with_the_sessions_changes_in_it(tmp_path: Path) -> None:
    here = made(tmp_path, same="one", gone="two", other="three", away__deep="four", renewed__old="five", filed__x="six")
    upper = here.upper
    (upper / "same").write_text("mine")
    for name in ("gone", "away"):
        whiteout(upper / name)
    (upper / "other").mkdir()
    (upper / "other" / "inner").write_text("now in a folder")
    opaque(upper / "renewed")
    (upper / "renewed" / "new").write_text("alone")
    (upper / "filed").write_text("a file now")
    write_project(tmp_path / "sent", here.project, upper, list(own_changes(here.workspace)))
    with tarfile.open(tmp_path / "sent") as tar:
        tar.extractall(tmp_path / "there")
    assert tree(tmp_path / "there" / "project") == {
        "filed": "a file now",
        "other/inner": "now in a folder",
        "renewed/new": "alone",
        "same": "mine",
    }


def told(here: Made) -> dict[str, str]:
    changes = asyncio.run(here.files.changes(here.session)).changes
    return {
        change.path: {"A": "new", "M": "changed", "D": "deleted"}.get(change.kind, change.kind) for change in changes
    }


@sshd_only
def test_changes_of_a_session_elsewhere_are_reviewed_discarded_and_seen_there_again(tmp_path: Path) -> None:
    async def story(settings: Settings) -> None:
        project = tmp_path / "shop"
        shutil.copytree(made(tmp_path, kept="one", gone="two", folder__inner="three").project, project)
        (project / ".git" / "hooks").mkdir(parents=True)
        session = replace(await session_by_metadata(settings, THERE), project=str(project))
        files = SessionFiles(settings)

        async def ran(command: str) -> str:
            hands = real_hands(settings, Notes())
            outcome = await hands.execute(session, Call(new_id("sevt"), "bash", {"command": command}))
            await hands.bring_back(session.id)
            await hands.release(session.id)
            await hands.close()
            return text_of(outcome.content)

        await ran(CHANGES)
        assert await _changed(files, session) == {"folder/inner", "gone", "kept", "link", "new/deep/run"}
        workspace: Workspace = workspace_of(settings, session)
        assert (workspace.shared / "outputs" / "out.txt").read_text() == "out\n"
        assert os.access(workspace.upper / "new" / "deep" / "run", os.X_OK)
        await files.discard(session, ["kept"], ())
        assert (await ran("cat kept; ls; cat .git/hooks/post-commit; cat $SESSION_OUTPUTS/out.txt")).split() == [
            "one", "kept", "link", "new", "hook", "out",
        ]  # fmt: skip
        assert await _changed(files, session) == {"folder/inner", "gone", "link", "new/deep/run"}
        await ran("rm -r new link")
        assert await _changed(files, session) == {"folder/inner", "gone"}

    with own_settings() as settings, ssh_server() as machine:
        machines.add(settings, machine)
        before = set(LEFT.iterdir()) if LEFT.is_dir() else set()
        try:
            asyncio.run(story(settings))
        finally:
            for folder in set(LEFT.iterdir()) - before:
                shutil.rmtree(folder)


async def _changed(files: SessionFiles, session: Session) -> set[str]:
    return {change.path for change in (await files.changes(session)).changes}
