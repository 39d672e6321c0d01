"""The app's start imports nothing of the engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAINTED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
import workbench.cli, workbench.commands.opening
from workbench.tui.app import WorkbenchApp
from workbench.tui.config.preferences import read
from workbench.tui.state.store import Store
from workbench.tui.state.machine import Machine
from workbench.tui.state.drafts import Drafts
from workbench.client.app import Link
from workbench.tui.state.view_state import ViewFile

async def painted(home):
    machine = Machine(ensure=lambda say: None, begin=lambda task: "")
    store = Store(Link(home / "socket"), Drafts(home / "drafts"), ViewFile(home / "view"), machine, lambda: datetime.now(UTC))
    async with WorkbenchApp(store, read(home / "app.toml")).run_test() as pilot:
        await pilot.pause()

asyncio.run(painted(Path(sys.argv[1])))
foreign = "anthropic mcp podman duckdb jinja2 requests keyring pydantic starlette rich.markdown"
slow = "argparse http.client email.parser tomllib importlib.metadata"
print([name for name in f"{foreign} {slow}".split() if name in sys.modules])
"""


def test_the_app_is_painted_without_the_engines_packages_and_without_what_it_does_not_need_yet(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PAINTED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
