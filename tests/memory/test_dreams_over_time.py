"""Twenty dreams over a growing past: what is still true stays, nothing opposes itself, hardly anything is said twice."""

from __future__ import annotations

import secrets
from pathlib import Path

from tests.log.making import run
from tests.memory.past import Maker, score
from workbench.events import now
from workbench.log import open_log
from workbench.memory.dreaming.landing import File, landed
from workbench.memory.dreaming.proposals import Line, lines_of, proposed
from workbench.memory.mining.agreement import oppose
from workbench.memory.mining.miner import mine

DREAMS = 20
FRESH = secrets.randbelow(1_000_000)


def _lines(files: dict[str, File]) -> list[Line]:
    return [line for path, file in files.items() for line in lines_of(path, file.content, now(), file.grounds)]


def test_twenty_dreams_keep_what_is_true_without_contradiction_or_repetition(tmp_path: Path) -> None:
    past = Maker(FRESH, sessions=60).past(each=5)
    pinned = "# Mine\n- The pinned port is 1.\n"

    async def story() -> None:
        log = await open_log(tmp_path)
        files = {"/pinned/mine.md": File(pinned)}
        known: list[str] = []
        for number in range(DREAMS):
            for session in past.sessions[number * 3 : number * 3 + 3]:
                await log.sessions.append(session.id, session.events)
                known.append(session.id)
            found = await mine(log.questions, known)
            proposals = proposed(found.candidates, _lines(files))
            for write in landed(files, proposals, f"drm_{number}"):
                assert write.content is not None
                files[write.path] = File(write.content, write.grounds)
            again = proposed(found.candidates, _lines(files))
            assert again == [], (FRESH, number, again)
        await log.close()
        lines = [line for line in _lines(files) if not line.is_pinned]
        result = score(past.truths, [line.text for line in lines])
        assert result.recall >= 0.98 or len(result.missed) <= 1, (FRESH, result.missed)
        assert len(result.wrong) <= max(1, 0.02 * len(lines)), (FRESH, result.wrong)
        statements = [line.statement for line in lines]
        against = [(a.text, b.text) for n, a in enumerate(statements) for b in statements[n + 1 :] if oppose(b, a)]
        assert against == [], FRESH
        assert files["/pinned/mine.md"].content == pinned

    run(story())
