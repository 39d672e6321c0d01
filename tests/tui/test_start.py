"""The app's start imports nothing of the engine."""

from __future__ import annotations

import subprocess
import sys


def test_the_app_is_painted_without_the_engines_packages() -> None:
    code = (
        "import sys; import workbench.commands.opening, workbench.tui.app; "
        "foreign = 'anthropic mcp podman duckdb jinja2 requests keyring pydantic starlette rich.markdown'.split(); "
        "print([name for name in foreign if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
