"""What contributing.md says of a new thing holds: so many files are enough, tried on a copy of the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.manual import ROOT

TREE = """
TREE: Final = ToolKind(
    name="tree",
    description="Show a folder and what lies below it.",
    properties={"path": _text("The folder.")},
    effect="finds",
    title_field="path",
    path_field="path",
    default_path=".",
)
"""
TREE_RUNS = '''"""The tool `tree`."""

from __future__ import annotations

from sandboxes.runner.outcomes import text


def run(sandbox, given):
    folder = sandbox.places.resolve("tree", given["path"]) if given.get("path") else sandbox.places.workdir
    return text("\\n".join(sorted(one.relative_to(folder).as_posix() for one in folder.rglob("*"))))
'''
TREE_TRIED = """
import asyncio, os, pathlib, tempfile
from sandboxes.runner.children import Children
from sandboxes.runner.paths import Places
from sandboxes.runner.tools import Tools
from workbench.catalog.agents import AgentFields
from workbench.catalog.toolsets import BuiltInChoice
from workbench.contracts import agent_tools, tools
from workbench.contracts.call_text import call_line
from workbench.permissions.gate import judge
from workbench.permissions.rules import Rules, load

BuiltInChoice(name="tree", enabled=True)
agent = {"tools": [{"type": agent_tools.TOOLSET}]}
assert "tree" in [one["name"] for one in agent_tools.definitions(agent)]
assert judge(agent, "tree", {"path": "src"}, Rules()).permission == "allow"
assert call_line({"name": "tree", "input": {"path": "src"}}) == "src"
assert tools.only_reads("tree", {})
folder = pathlib.Path(tempfile.mkdtemp())
rules = folder / "permissions.toml"
rules.write_text('deny = ["tree(/etc/**)"]')
asks = {"tools": [{"type": agent_tools.TOOLSET, "default_config": {"permission_policy": {"type": "always_ask"}}}]}
assert judge(asks, "tree", {"path": "/etc/ssl"}, load(rules)).permission == "deny"
(folder / "src").mkdir()

async def story():
    runner = Tools(Children(), Places(folder, ()), dict(os.environ))
    outcome = await runner.run("tree", {})
    runner.close()
    return outcome

assert "src" in str(asyncio.run(story()))
"""


def _copied(folder: Path) -> Path:
    for package in ("workbench", "sandboxes", "tests"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _insert(file: Path, before: str, text: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(before) == 1, (file, before)
    file.write_text(source.replace(before, text + before), encoding="utf-8")


def _replace(file: Path, old: str, new: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(old) == 1, (file, old)
    file.write_text(source.replace(old, new), encoding="utf-8")


def _try(folder: Path, script: str) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_a_built_in_tool_is_two_files(tmp_path: Path) -> None:
    copy = _copied(tmp_path)
    table = copy / "workbench" / "contracts" / "tools.py"
    _insert(table, "KINDS: Final", TREE.lstrip())
    _replace(table, "    GREP,\n    WEB_SEARCH", "    GREP,\n    TREE,\n    WEB_SEARCH")
    (copy / "sandboxes" / "runner" / "tools" / "tree.py").write_text(TREE_RUNS)
    _try(copy, TREE_TRIED)


NOTES = '''"""Notes: a title and a text."""

from __future__ import annotations

from workbench.catalog.base_models import Body
from workbench.catalog.errors import checked, not_found
from workbench.contracts.log import Documents
from workbench.contracts.values import Clock, Document, Json
from workbench.events import new_id, timestamp

KIND = "note"


class CreateNote(Body):
    title: str
    text: str = ""


class Notes:
    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def create(self, body: Json) -> Json:
        given = checked(CreateNote, body)
        moment = timestamp(self._clock())
        note = {"id": new_id("note"), "type": "note", "title": given.title, "text": given.text, "created_at": moment}
        await self._documents.put(Document(KIND, note["id"], 1, note))
        return note

    async def get(self, note_id: str) -> Json:
        document = await self._documents.get(KIND, note_id)
        if document is None:
            raise not_found("note", note_id)
        return document.body
'''
NOTES_ROUTES = '''"""/v1/notes"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.api.wire import answer, identifier, read_object
from workbench.engine.facade import Engine


def routes(engine: Engine) -> list[Route]:
    async def create(request: Request) -> Response:
        return answer(await engine.notes.create(await read_object(request)))

    async def retrieve(request: Request) -> Response:
        return answer(await engine.notes.get(identifier(request, "note_id")))

    return [
        Route("/v1/notes", create, methods=["POST"]),
        Route("/v1/notes/{note_id}", retrieve, methods=["GET"]),
    ]
'''
NOTES_TRIED = """
from tests.api.stage import Stage, play

async def story(stage: Stage) -> None:
    made = (await stage.raw.post("/v1/notes", json={"title": "Ferry", "text": "leaves at nine"})).json()
    assert (await stage.raw.get(f"/v1/notes/{made['id']}")).json() == made
    assert (await stage.raw.post("/v1/notes", json={"titel": "Ferry"})).status_code == 400
    assert (await stage.raw.get("/v1/notes/note_none")).status_code == 404

play(story)
"""
CLOCK_SCREEN = '''"""Clock: what time it is."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult

from workbench.tui.screens.base_screen import BaseScreen
from workbench.tui.state.store import Store
from workbench.tui.widgets.sheet import Sheet


class Clock(BaseScreen):
    heading = "Clock"

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.lines = Sheet()

    def content(self) -> ComposeResult:
        yield self.lines

    def draw(self) -> None:
        self.lines.show([Text("It is a quarter past nine.")])
'''
CLOCK_TRIED = """
import pathlib, tempfile
from tests.tui.fake import shows
from tests.tui.test_keys import play
from workbench.tui.config.preferences import Preferences

async def story(pilot, app):
    await pilot.press("f9")
    await shows(pilot, "a quarter past nine")

play(pathlib.Path(tempfile.mkdtemp()), Preferences(), story)
"""


def test_a_noun_of_the_api_is_four_files(tmp_path: Path) -> None:
    package = _copied(tmp_path) / "workbench"
    (package / "catalog" / "notes.py").write_text(NOTES)
    (package / "api" / "notes.py").write_text(NOTES_ROUTES)
    facade, app = package / "engine" / "facade.py", package / "api" / "app.py"
    _insert(facade, "from workbench.catalog.sessions import", "from workbench.catalog.notes import Notes\n")
    _insert(facade, "        self.environments = ", "        self.notes = Notes(log.documents, clock)\n")
    _replace(app, "    network,\n", "    network,\n    notes,\n")
    _insert(app, "    permissions.routes,\n", "    notes.routes,\n")
    _try(tmp_path, NOTES_TRIED)


def test_a_screen_is_two_files(tmp_path: Path) -> None:
    screens = _copied(tmp_path) / "workbench" / "tui" / "screens"
    (screens / "clock.py").write_text(CLOCK_SCREEN)
    line = '    ScreenEntry("clock", "f9", "Clock", "workbench.tui.screens.clock", "Clock"),\n'
    _insert(screens / "registry.py", '    ScreenEntry("system", ', line)
    _try(tmp_path, CLOCK_TRIED)
