"""What was said anywhere is found from the Board's filter, while keys go on at once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.line.installation import installation
from tests.messages_server import text
from tests.tui.fake import FakeEngine, ago, screen_text, shows, state, until
from tests.tui.test_board import play
from tests.tui.tmux import terminal_of
from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.tui.app import WorkbenchApp
from workbench.tui.screens.excerpt import Excerpt
from workbench.tui.screens.memory import Memory
from workbench.tui.state.search_hits import wanted_words

Json = dict[str, Any]


def _place(session_id: str, seq: int, text: str, **more: Any) -> Json:
    usual = {"type": "user.message", "tool": None, "processed_at": ago(7200)}
    return {"session_id": session_id, "seq": seq, "snippet": text, "marks": [[4, 9]], **usual, **more}


class Remembering(FakeEngine):
    """An engine that finds what contains all words; `gate` holds its answers."""

    def __init__(self) -> None:
        super().__init__(state("sesn_islands"), state("sesn_old", archived_at=ago(9), status="terminated"))
        self.gate = asyncio.Event()
        self.gate.set()
        self.looked_for: list[str] = []
        self.hung_up: list[str] = []
        self.remembered: list[Json] = [
            {"memory_store_id": "memstore_a", "store": "harbour", "memory_id": "mem_b", "path": "/ships.md", "line": 3}
            | {"snippet": "Ships sail at eight.", "marks": [[0, 5]]}
        ]
        self.places = [
            _place("sesn_old", 7, "the Ferry to Ærø\nleaves at seven", tool="bash", type="agent.tool_result"),
            _place("sesn_islands", 3, "the ferry is late"),
        ]

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        if path == "/workbench/v1/sql":
            return {"rows": []}
        if path != paths.SEARCH:
            return await super().post(path, body)
        self.looked_for.append(body["question"])
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.hung_up.append(body["question"])
            raise
        if "broken" in body["question"]:
            raise ApiError(400, "invalid_request_error", "the search is broken")
        words = body["question"].lower().split()
        found = [
            [one for one in kept if all(word in one["snippet"].lower() for word in words)]
            for kept in (self.places, self.remembered)
        ]
        return dict(zip(("data", "memories"), found, strict=True))

    async def get(self, path: str, query: Any = ()) -> Json:
        held = f"{paths.MEMORY_STORES}/memstore_a"
        told: Json = {
            "id": "mem_b",
            "type": "memory",
            "path": "/ships.md",
            "content": "Ships sail at eight.",
            "updated_at": ago(60),
        }
        match path:
            case _ if path == f"{held}/memories":
                other = {**told, "id": "mem_a", "path": "/a.md", "content_size_bytes": 3}
                return {"data": [other, told | {"content_size_bytes": 20}], "next_page": None}
            case _ if path == f"{held}/memories/mem_b":
                return told
        return await super().get(path, query)


def test_what_was_said_stands_below_the_sessions_and_opens_at_its_event(tmp_path: Path) -> None:
    engine = Remembering()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "islands")
        await pilot.press("slash", *"ferry")
        await shows(pilot, "2 with ferry")
        await shows(pilot, "the Ferry to Ærø leaves at seven")
        await pilot.press(*" zeven")
        await shows(pilot, "nothing with ferry zeven")
        await pilot.press(*["backspace"] * 6, "enter")
        await shows(pilot, "2 with ferry")
        lines = screen_text(app).splitlines()
        [first] = [one for one in lines if "Ærø" in one]
        assert (first.lstrip("› ").split()[0], "old" in first, first.rstrip().endswith("2h")) == ("bash", True, True)
        await pilot.press("home", "enter")
        await until(pilot, lambda: isinstance(app.screen, Excerpt))
        moment = app.screen
        assert isinstance(moment, Excerpt)
        assert (moment.session_id, moment.seq) == ("sesn_old", 7)
        await pilot.press("escape")
        await shows(pilot, "2 with ferry")
        await pilot.press("escape")
        await until(pilot, lambda: "said in any session" not in screen_text(app))

    play(engine, tmp_path, story)


def test_lines_of_memory_stand_among_what_was_found_and_open_their_store_at_the_memory(tmp_path: Path) -> None:
    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "islands")
        await pilot.press("slash", *"ships")
        await shows(pilot, "1 with ships")
        await pilot.press("enter", "end")
        [line] = [one for one in screen_text(app).splitlines() if "sail at eight" in one]
        assert line.lstrip("› ").split()[:2] == ["memory", "harbour/ships.md:3"]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Memory))
        memory = app.screen
        assert isinstance(memory, Memory)
        await until(pilot, lambda: memory.rows.cursor == "mem_b")

    play(Remembering(), tmp_path, story)


def test_no_key_waits_for_a_search_and_what_was_found_stays_until_the_next_is_there(tmp_path: Path) -> None:
    engine = Remembering()

    async def story(pilot: Pilot[None], app: WorkbenchApp) -> None:
        await shows(pilot, "islands")
        await pilot.press("slash", *"ferry")
        await shows(pilot, "2 with ferry")
        assert engine.looked_for[-1] == "ferry"
        engine.gate.clear()
        await pilot.press(*" late")
        await until(pilot, lambda: engine.looked_for[-1] == "ferry late")
        assert "looking" in screen_text(app)
        assert "leaves at seven" in screen_text(app)
        await pilot.press(*" broken")
        await until(pilot, lambda: engine.hung_up == ["ferry late"])
        engine.gate.set()
        await shows(pilot, "the search is broken")
        await pilot.press(*["backspace"] * 7)
        await shows(pilot, "1 with ferry late")
        assert "leaves at seven" not in screen_text(app)
        assert [one for one in engine.looked_for if "brok" in one] == ["ferry late broken"]

    play(engine, tmp_path, story)


def test_only_the_free_words_of_a_filter_may_have_been_said() -> None:
    said = ["to", "http://localhost", "äh", "tool:bash"]
    assert wanted_words("s:waiting m:opus $>1 $ferry a x to http://localhost äh tool:bash") == said
    assert wanted_words("ferry p:api t:<7d t:tag") == ["ferry", "p:api", "t:<7d"]
    assert wanted_words("p:api tool:bash") == []
    assert wanted_words("  ") == []


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
def test_an_archived_session_is_found_by_its_words_in_a_real_engine() -> None:
    with installation([text("The ferry to Ærø leaves at seven.")]) as here, terminal_of(here) as terminal:
        assert here.say("run", "--title", "islands", "When does it'); DROP VIEW events; -- leave?").code == 0
        [session_id] = [one["session_id"] for one in here.json("sql", "select session_id from sessions")]
        here.told("archive", session_id)
        terminal.type("workbench")
        terminal.keys("Enter")
        terminal.shows("Checks")
        terminal.keys("F2")
        terminal.shows("workbench · Board")
        terminal.keys("Tab")
        terminal.type("/")
        terminal.type("ærø FERRY')")
        terminal.shows("1 with")
        terminal.shows("The ferry to Ærø leaves at seven.")
        terminal.keys("Enter")
        terminal.shows("Enter open")
        terminal.keys("Enter")
        terminal.shows("up to event")
        assert here.json("sql", "select count(*) > 3 as n from events") == [{"n": True}]
