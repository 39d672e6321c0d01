"""Damaged files are met without help at the next start: nothing acknowledged is lost where one copy of it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.log.making import OTHER, SESSION, bodies, ids, lazy_log, run, said
from tests.log.test_crash import killed_after
from workbench.contracts.questions import QueryLimits
from workbench.contracts.values import Document
from workbench.log import Log, Tuning, open_log, rebuild

Damage = Callable[[bytearray], None]


def flip_a_bit(content: bytearray) -> None:
    content[len(content) // 2] ^= 0x10


def zero_the_middle(content: bytearray) -> None:
    quarter = len(content) // 4
    content[quarter : 3 * quarter] = bytes(2 * quarter)


def zero_the_tail(content: bytearray) -> None:
    content[-len(content) // 3 :] = bytes(len(content) // 3 or 1)


def tear_pages(content: bytearray) -> None:
    """In each quarter, as a page may lie in a block that holds nothing."""
    for quarter in range(1, 4):
        at = len(content) * quarter // 4 // 4096 * 4096
        content[at : at + 512] = b"\xa5" * len(content[at : at + 512])


def cut_it_short(content: bytearray) -> None:
    del content[len(content) * 2 // 3 :]


def empty_it(content: bytearray) -> None:
    content.clear()


DAMAGES = [flip_a_bit, zero_the_middle, zero_the_tail, tear_pages, cut_it_short, empty_it]


def inflict(damage: Damage, file: Path) -> None:
    content = bytearray(file.read_bytes())
    damage(content)
    file.write_bytes(content)


async def counted(log: Log) -> int:
    answer = await log.questions.ask("SELECT count(*), count(DISTINCT id), count(body) FROM events", QueryLimits())
    assert len(set(answer.rows[0])) == 1
    return int(answer.rows[0][0])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log that was closed properly, with several segments and 2,000 events."""
    folder = tmp_path_factory.mktemp("whole")

    async def story() -> None:
        log = await open_log(folder, tuning=Tuning(segment_bytes=128 * 1024))
        for start in range(0, 2000, 100):
            await log.sessions.append(
                SESSION, [said(f"{start + n} " + f"{(start + n) ** 9} " * 20) for n in range(100)]
            )
        await log.documents.put(Document("session", OTHER, 1, {"title": "gone"}))
        await log.sessions.append(OTHER, [said("gone")])
        await log.sessions.erase(OTHER)
        await log.close()

    run(story())
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A log whose writer was killed, so that DuckDB's WAL is there; and what the writer had acknowledged."""
    folder = tmp_path_factory.mktemp("killed")
    return folder, killed_after(folder, 2000, "sesn")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_rebuilt_and_counts_the_same(whole: Path, tmp_path: Path, damage: Damage) -> None:
    folder = tmp_path / "log"
    shutil.copytree(whole, folder)
    inflict(damage, folder / "log.duckdb")

    async def story() -> None:
        log = await open_log(folder)
        assert await counted(log) == 2000
        assert [entry.seq for entry in await log.sessions.read(SESSION)] == list(range(1, 2001))
        assert await log.documents.newest("session") == []
        (notice,) = log.notices
        aside = list((folder / "aside").iterdir())
        assert aside
        assert all(str(file) in notice for file in aside)
        await log.close()
        again = await open_log(folder)
        assert again.notices == ()
        await again.close()

    run(story())


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_wal_loses_nothing(killed: tuple[Path, list[str]], tmp_path: Path, damage: Damage) -> None:
    folder, acknowledged = tmp_path / "log", killed[1]
    shutil.copytree(killed[0], folder)
    inflict(damage, folder / "log.duckdb.wal")

    async def story() -> None:
        log = await open_log(folder)
        assert await counted(log) >= len(acknowledged)
        for number in range(4):
            there = ids(await log.sessions.read(f"sesn_{number}"))
            said = [line.split()[2] for line in acknowledged if line.startswith(f"sesn_{number} ")]
            assert there[: len(said)] == said
        await log.close()

    run(story())


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_leaves_the_log_whole_while_the_database_is(
    whole: Path, tmp_path: Path, damage: Damage
) -> None:
    folder = tmp_path / "log"
    shutil.copytree(whole, folder)
    for segment in (folder / "journal").iterdir():
        inflict(damage, segment)

    async def story() -> None:
        log = await open_log(folder)
        assert await counted(log) == 2000
        (entry,) = await log.sessions.append(SESSION, [said("and on")])
        assert entry.seq == 2001
        await log.close()
        log = await open_log(folder)
        assert await counted(log) == 2001
        await log.close()

    run(story())


@pytest.mark.parametrize("suffix", [".log", ".log.gz"])
def test_damage_inside_a_segment_leaves_the_events_before_and_after_it(tmp_path: Path, suffix: str) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path, segment_bytes=1 if suffix == ".log.gz" else 8 << 20)
        for number in range(40):
            await log.sessions.append(SESSION, [said(f"{number}-{part} " + "x" * 400) for part in range(50)])
        await log.close()
        segment = max((tmp_path / "journal").glob(f"*{suffix}"), key=lambda file: file.stat().st_size)
        inflict(flip_a_bit, segment)
        (tmp_path / "log.duckdb").unlink()
        log = await open_log(tmp_path)
        seqs = [entry.seq for entry in await log.sessions.read(SESSION)]
        missing = sorted(set(range(1, 2001)) - {seq for seq in seqs if seq})
        assert len(missing) == 50
        assert seqs == sorted(set(range(1, 2001)) - set(missing))
        assert any(segment.name in notice and "aside" in notice for notice in log.notices)
        (entry,) = await log.sessions.append(SESSION, [said("and on")])
        assert entry.seq == 2001
        await log.close()

    run(story())


def test_a_write_cut_short_is_cut_off_and_kept_aside(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(whole, folder)
    segment = max((folder / "journal").glob("*.log"))
    segment.write_bytes(segment.read_bytes() + b'000000ff 12345678 {"position":99999,"unti')

    async def story() -> None:
        log = await open_log(folder)
        assert await counted(log) == 2000
        (notice,) = log.notices
        (aside,) = (folder / "aside").iterdir()
        assert str(aside) in notice
        await log.close()

    run(story())


def test_a_rebuilt_log_says_the_same_as_before(whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    shutil.copytree(whole, folder)

    async def story() -> None:
        log = await open_log(folder)
        before = (bodies(await log.sessions.read(SESSION)), log.states.states())
        await log.close()
        told: list[str] = []
        await rebuild(folder, told.append)
        assert any("rebuilt" in sentence for sentence in told)
        log = await open_log(folder)
        assert (bodies(await log.sessions.read(SESSION)), log.states.states()) == before
        assert await log.documents.newest("session") == []
        await log.close()

    run(story())


@pytest.mark.parametrize("place", [0, 1])
def test_a_segment_that_is_gone_is_named_with_its_records_when_the_database_is_made_anew(
    whole: Path, tmp_path: Path, place: int
) -> None:
    folder = tmp_path / "log"
    shutil.copytree(whole, folder)
    segments = sorted((folder / "journal").glob("*.log*"))
    first, behind = (int(segments[at].name.partition(".")[0]) for at in (place, place + 1))
    segments[place].unlink()
    for file in folder.glob("log.duckdb*"):
        file.unlink()

    async def story() -> None:
        log = await open_log(folder)
        [notice] = [one for one in log.notices if "not in the journal any more" in one]
        assert f"{behind - first:,} records" in notice
        assert f"{first:,} to {behind - 1:,}" in notice
        await log.close()

    run(story())


def test_a_segment_with_nothing_but_a_torn_write_gives_its_name_to_the_next_one(tmp_path: Path) -> None:
    async def story() -> None:
        log = await lazy_log(tmp_path)
        await log.sessions.append(SESSION, [said("kept")])
        await log.close()
        (tmp_path / "journal" / f"{2:020d}.log").write_bytes(b"0000")
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("and on")])
        assert await counted(log) == 2
        await log.close()
        (tmp_path / "log.duckdb").unlink()
        log = await open_log(tmp_path)
        assert await counted(log) == 2
        await log.close()

    run(story())
