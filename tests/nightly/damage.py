"""Copies of a log, damaged by chance in one or two files: each opens, nothing is lost without a word, a second start is the same."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.log.making import said
from tests.log.test_crash import killed_after
from tests.log.test_damage import DAMAGES, inflict
from tests.nightly.summary import Summary
from workbench.contracts.questions import QueryLimits
from workbench.log import Log, Tuning, open_log

LIMIT_S = 120.0
SEGMENT_BYTES = 32 * 1024
IDS = "SELECT id FROM events ORDER BY ALL"


def run(count: int, chance: random.Random) -> Summary:
    """Damage so many copies."""
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix="wb") as name:
        whole = Path(name) / "whole"
        asyncio.run(_written(whole))
        killed_after(whole, 600, "sesn")
        # Opened on a copy: the damage is to meet what a kill left.
        shutil.copytree(whole, Path(name) / "reference")
        known, _ = asyncio.run(_opened(Path(name) / "reference"))
        summary.figures["events"] = len(known)
        for number in range(count):
            folder = Path(name) / "copy"
            shutil.copytree(whole, folder)
            done = [_damaged(folder, chance) for _ in range(chance.choice((1, 1, 2)))]
            _judge(folder, known, f"{number} ({'; '.join(done)})", summary)
            shutil.rmtree(folder)
            if number % 50 == 49:
                sys.stdout.write(f"  {number + 1} copies, {len(summary.faults)} faults\n")
                sys.stdout.flush()
    return summary


async def _written(folder: Path) -> None:
    log = await open_log(folder, tuning=Tuning(segment_bytes=SEGMENT_BYTES))
    for start in range(0, 3000, 50):
        await log.sessions.append(f"sesn_{start % 7}", [said(f"{start + n} " + "word " * 40) for n in range(50)])
    await log.close()


def _damaged(folder: Path, chance: random.Random) -> str:
    """One file damaged or removed; what was done."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "lock" and file.stat().st_size)
    weights = [30 if file.name.startswith("log.duckdb") else 10 if file.suffix == ".log" else 1 for file in files]
    file = chance.choices(files, weights)[0]
    if chance.random() < 0.15:
        file.unlink()
        return f"{file.name} removed"
    damage: Callable[[bytearray], None] = chance.choice(DAMAGES)
    inflict(damage, file)
    return f"{file.name}: {damage.__name__}"


def _judge(folder: Path, known: list[str], case: str, summary: Summary) -> None:
    try:
        first, notices = asyncio.run(_opened(folder))
        second, _ = asyncio.run(_opened(folder))
    except Exception as error:
        summary.faults.append(f"{case}: does not open: {type(error).__name__}: {error}")
        return
    lost = len(set(known) - set(first))
    summary.figures["opened"] += 1
    summary.figures["lost events, told"] += lost if notices else 0
    summary.figures["of them by one damaged file"] += lost if notices and ";" not in case else 0
    if lost and not notices:
        summary.faults.append(f"{case}: {lost} events lost without a word")
    if len(set(first)) != len(first):
        summary.faults.append(f"{case}: {len(first) - len(set(first))} events doubled")
    if second != first:
        summary.faults.append(f"{case}: a second start has {len(second)} events, the first had {len(first)}")


async def _opened(folder: Path) -> tuple[list[str], tuple[str, ...]]:
    async with asyncio.timeout(LIMIT_S):
        log = await open_log(folder)
        found = await _ids(log)
        notices = log.notices
        await log.close()
    return found, notices


async def _ids(log: Log) -> list[str]:
    answer = await log.questions.ask(IDS, QueryLimits(rows=1_000_000))
    return [str(row[0]) for row in answer.rows]
