"""A disk that refuses: nothing unsafe is acknowledged, and writing goes on when it is mended."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from errno import EIO, ENOSPC, EROFS
from pathlib import Path

import pytest

from tests.log.making import SESSION, WAIT_S, ids, in_another_process, run, said
from workbench.contracts.log import LogUnusable
from workbench.contracts.questions import QueryLimits
from workbench.log import NotWritten, Tuning, open_log


@pytest.mark.parametrize("code", [ENOSPC, EROFS, EIO], ids=os.strerror)
def test_what_could_not_be_synced_is_refused_and_cut_off_again(tmp_path: Path, code: int) -> None:
    is_full = False

    def sync(descriptor: int) -> None:
        if is_full:
            raise OSError(code, os.strerror(code))
        os.fdatasync(descriptor)

    async def story() -> None:
        nonlocal is_full
        log = await open_log(tmp_path, tuning=Tuning(sync=sync))
        follower = log.sessions.follow(SESSION)
        before = await log.sessions.append(SESSION, [said("before")])
        is_full = True
        refused = await asyncio.gather(
            *(log.sessions.append(SESSION, [said("never")]) for _ in range(5)), return_exceptions=True
        )
        assert [type(refusal) for refusal in refused] == [NotWritten] * 5
        assert os.strerror(code) in str(refused[0])
        assert "Free some space" in str(refused[0])
        assert await log.sessions.read(SESSION) == before
        is_full = False
        after = await log.sessions.append(SESSION, [said("after")])
        assert [entry.seq for entry in before + after] == [1, 2]
        assert [await asyncio.wait_for(anext(aiter(follower)), WAIT_S) for _ in range(2)] == before + after
        await log.close()
        log = await open_log(tmp_path)
        assert log.notices == ()
        assert ids(await log.sessions.read(SESSION)) == ids(before + after)
        await log.close()

    run(story())


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from tests.log.making import NEVER_S, SESSION, said
from workbench.log import NotWritten, Tuning, open_log

async def main():
    log = await open_log(Path(sys.argv[1]), tuning=Tuning(carry_every_s=NEVER_S))
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    written = refused = 0
    while refused < 3:
        try:
            await log.sessions.append(SESSION, [said("x" * 9_000)])
            written += 1
        except NotWritten:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await log.sessions.append(SESSION, [said("and on")])
    await log.close()
    print(written + 1)

asyncio.run(main())
"""


def test_a_write_that_only_half_fits_is_taken_back_and_later_ones_work(tmp_path: Path) -> None:
    writer = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert writer.returncode == 0, writer.stderr
    written = int(writer.stdout)
    assert written > 5

    async def story() -> None:
        log = await open_log(tmp_path)
        assert log.notices == ()
        assert [entry.seq for entry in await log.sessions.read(SESSION)] == list(range(1, written + 1))
        await log.close()

    run(story())


@pytest.mark.parametrize("name", ["log.duckdb", "log.duckdb.wal"])
def test_a_database_that_breaks_while_running_is_mended_from_the_journal(tmp_path: Path, name: str) -> None:
    overwrite = "import sys; f = open(sys.argv[1], 'r+b'); f.seek(0, 2); n = f.tell(); f.seek(n // 2); f.write(bytes(n - n // 2))"

    async def story() -> None:
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said(f"{number} " * 50) for number in range(2000)])
        await log.close()
        log = await open_log(tmp_path)
        await log.sessions.append(SESSION, [said("more")])
        await log.questions.ask("SELECT count(*) FROM events", QueryLimits())
        # In another process: in this one it would take away DuckDB's lock.
        await in_another_process("-c", overwrite, str(tmp_path / name))
        await log.sessions.append(SESSION, [said("and more")])
        assert len(await log.sessions.read(SESSION)) == 2002
        await log.close()
        log = await open_log(tmp_path)
        assert len(await log.sessions.read(SESSION)) == 2002
        answer = await log.questions.ask("SELECT count(*), count(body) FROM events", QueryLimits())
        assert answer.rows == ((2002, 2002),)
        await log.close()

    run(story())


def test_what_there_is_no_memory_for_is_refused_and_later_ones_are_written(tmp_path: Path) -> None:
    has_memory = True

    def sync(descriptor: int) -> None:
        if not has_memory:
            raise MemoryError
        os.fdatasync(descriptor)

    async def story() -> None:
        nonlocal has_memory
        log = await open_log(tmp_path, tuning=Tuning(sync=sync))
        has_memory = False
        with pytest.raises(NotWritten, match="no memory left"):
            await asyncio.wait_for(log.sessions.append(SESSION, [said("never")]), WAIT_S)
        has_memory = True
        await asyncio.wait_for(log.sessions.append(SESSION, [said("after")]), WAIT_S)
        assert len(await log.sessions.read(SESSION)) == 1
        await log.close()

    run(story())


SCARCE_MEMORY = """
import asyncio, re, resource, sys
from pathlib import Path
from tests.log.making import NEVER_S, SESSION, WAIT_S, said
from workbench.log import Tuning, open_log

def mapped():
    return int(re.search(r"VmSize:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024

async def main():
    log = await open_log(Path(sys.argv[1]), tuning=Tuning(carry_every_s=NEVER_S))
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    much = said("x" * 60_000_000)
    await log.sessions.append(SESSION, [said("before")])
    print("written", flush=True)
    resource.setrlimit(resource.RLIMIT_AS, (mapped() + int(sys.argv[2]) * 1_000_000, hard))
    try:
        await asyncio.wait_for(log.sessions.append(SESSION, [much]), WAIT_S)
        print("written", flush=True)
    except BaseException:
        # The log's own refusal, Python's MemoryError, or what a library makes of it, a panic too.
        print("refused", flush=True)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    await asyncio.wait_for(log.sessions.append(SESSION, [said("after")]), WAIT_S)
    print("written", flush=True)
    await log.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("megabytes", [40, 130, 250, 400])
def test_in_a_process_whose_memory_ends_nothing_acknowledged_is_lost(tmp_path: Path, megabytes: int) -> None:
    # A library may end the process when it gets no memory: then it is a crash like any other.
    writer = subprocess.run(
        [sys.executable, "-c", SCARCE_MEMORY, str(tmp_path), str(megabytes)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=3 * WAIT_S,
        check=False,
    )
    said_so = writer.stdout.split()
    assert len(said_so) == 3 or "memory allocation" in writer.stderr, writer.stderr

    async def story() -> None:
        log = await open_log(tmp_path)
        written = len(await log.sessions.read(SESSION))
        # One that was being written when the process ended may be there, or not.
        assert said_so.count("written") <= written <= said_so.count("written") + (len(said_so) < 3)
        await log.close()

    run(story())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where nobody may")
def test_a_log_that_may_not_be_written_is_refused_with_its_place(tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "log"
        log = await open_log(folder)
        await log.sessions.append(SESSION, [said("before")])
        await log.close()
        places = [folder, folder / "journal"]
        for place in places:
            place.chmod(0o500)
        try:
            with pytest.raises(LogUnusable, match="Permission denied"):
                await open_log(folder)
        finally:
            for place in places:
                place.chmod(0o700)
        log = await open_log(folder)
        assert len(await log.sessions.read(SESSION)) == 1
        await log.close()

    run(story())
