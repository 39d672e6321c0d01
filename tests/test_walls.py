"""The import contracts catch what they say: a planted violation of each is named."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.parsing import tree_of

COMMANDS = {
    # Says the version, starts the service and enters the user namespace, which the API cannot do.
    "workbench/hands/podman/command.py",
    # Its input and output are those of who starts it, as pipes.
    "workbench/hands/podman/attached.py",
    # `workbench podman …` is the person's own command.
    "workbench/commands/podman.py",
    # Measures the command beside the sandbox.
    "workbench/bench/sandbox.py",
}
ROOT = Path(__file__).resolve().parent.parent
LINTER = Path(sys.executable).parent / "lint-imports"


def linted(folder: Path) -> str:
    """What the linter says of a tree, on one line."""
    done = subprocess.run([LINTER, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    return f"{done.returncode} {' '.join((done.stdout + done.stderr).split())}"


def test_a_planted_import_of_every_vendor_and_across_every_wall_is_caught(tmp_path: Path) -> None:
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "workbench", tmp_path / "workbench", ignore=unwanted)
    (tmp_path / "tests").mkdir()
    for name in ("pyproject.toml", "tests/__init__.py", "tests/doors.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [doors] = [contract["doors"] for contract in contracts if contract["type"] == "doors"]
    vendors = [line.partition(":")[0] for line in doors]
    # A room that no contract names, as every new one is at first.
    planted = "".join(f"import {vendor}\n" for vendor in [*vendors, "requests"])
    (tmp_path / "workbench" / "new_room.py").write_text(planted)
    across = {
        "log/planted.py": "import workbench.brain.loop\n",
        "contracts/planted.py": "import workbench.engine\n",
        "tui/planted.py": "import workbench.vault.control.client\n",
        "hands/files/planted.py": "import workbench.hands.podman\n",
        "engine/planted.py": "import workbench.hands.podman.images\n",
        "api/planted.py": "import workbench.permissions.rulebook\n",
        "tui/state/planted.py": "import workbench.tui.widgets.sheet\n",
    }
    for place, text in across.items():
        (tmp_path / "workbench" / place).write_text(text)
    said = linted(tmp_path)
    assert said.startswith("1 ")
    assert [one["name"] for one in contracts if f"{one['name']} BROKEN" not in said] == []
    missed = [vendor for vendor in [*vendors, "requests"] if f"workbench.new_room imports {vendor}," not in said]
    assert missed == []
    for importer, imported in (
        ("workbench.log", "workbench.brain"),
        ("workbench.contracts", "workbench.engine"),
        ("workbench.tui", "workbench.vault"),
        ("workbench.hands.files", "workbench.hands.podman"),
        ("workbench.engine", "workbench.hands.podman"),
        ("workbench.api", "workbench.permissions"),
        ("workbench.tui.state", "workbench.tui.widgets"),
    ):
        assert f"{importer} is not allowed to import {imported}" in said, said


def runs_podman(text: str) -> bool:
    """Whether a module reads where the podman program is, or begins a command line with its name."""
    for one in ast.walk(tree_of(text)):
        match one:
            case ast.Attribute(attr="podman", ctx=ast.Load()):
                return True
            case ast.List(elts=[first, *_]) | ast.Tuple(elts=[first, *_]) | ast.Call(args=[first, *_]):
                if isinstance(first, ast.Constant) and str(first.value).split(" ")[0].rpartition("/")[2] == "podman":
                    return True
    return False


def test_podman_is_run_as_a_command_only_for_what_its_api_cannot_do() -> None:
    files = {file.relative_to(ROOT).as_posix(): file.read_text() for file in ROOT.glob("workbench/**/*.py")}
    assert {path for path, text in files.items() if runs_podman(text)} == COMMANDS
    for planted in (
        "run(settings.podman, 'ps')",
        "subprocess.run(['podman', 'ps'])",
        "subprocess.run(['/usr/bin/podman', 'ps'])",
        "os.system('podman ps')",
        "await asyncio.create_subprocess_exec('podman', 'ps')",
        "command = ('podman', *arguments)",
    ):
        assert runs_podman(planted), planted
