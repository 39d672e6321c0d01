"""Checkpoints as files beside the log: whole or not there, and gone with their session."""

from __future__ import annotations

from pathlib import Path

from tests.log.making import OTHER, SESSION, run, said
from workbench.contracts.values import Json
from workbench.log import open_log
from workbench.log.checkpoints import FOLDER

BODY: Json = {"seq": 7, "said": "Grüße\n", "noted": [["a", "b", {}]]}


def test_what_is_kept_is_there_after_a_restart_for_its_own_session(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        assert await log.checkpoints.kept(SESSION) is None
        await log.checkpoints.keep(SESSION, {"seq": 1})
        await log.checkpoints.keep(SESSION, BODY)
        await log.close()
        log = await open_log(tmp_path)
        assert [await log.checkpoints.kept(one) for one in (SESSION, OTHER)] == [BODY, None]
        await log.close()

    run(story())


def test_one_that_is_torn_changed_or_no_object_is_none(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.checkpoints.keep(SESSION, BODY)
        [file] = (tmp_path / FOLDER).iterdir()
        whole = file.read_bytes()
        for wrong in (b"", whole[:-1], whole[:40], whole.replace(b"7", b"8"), b"\xff" * 200):
            file.write_bytes(wrong)
            assert await log.checkpoints.kept(SESSION) is None
        file.unlink()
        file.mkdir()
        assert await log.checkpoints.kept(SESSION) is None
        # Nor does what is in the way stop anybody.
        await log.checkpoints.keep(SESSION, BODY)
        await log.close()

    run(story())


def test_an_erased_session_leaves_none_also_when_its_wake_ends_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("secret")])
        await log.checkpoints.keep(SESSION, BODY)
        await log.sessions.erase(SESSION)
        assert list((tmp_path / FOLDER).iterdir()) == []
        await log.checkpoints.keep(SESSION, BODY)
        assert list((tmp_path / FOLDER).iterdir()) == []
        await log.close()

    run(story())
