"""Starts Python processes of the workbench that import only what is installed: nothing of the current folder, a project or PYTHON* variables.

Run as a script (`python -I …/start.py MODULE WORDS`), it runs one of the workbench's modules as the main one.
"""

from __future__ import annotations

import os
import site
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds the package: site-packages, or a clone."""


def command(module: str, *words: str) -> list[str]:
    """The command of a process whose main module is `module`, whatever folder it is started in."""
    return [sys.executable, "-I", str(Path(__file__).resolve()), module, *words]


def import_paths() -> list[str]:
    """The folders of which this process may import: Python's own, installed packages, and ROOT last."""
    installed = {os.path.realpath(path) for path in (*site.getsitepackages(), site.getusersitepackages())}
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    script = [os.path.dirname(os.path.realpath(sys.argv[0]))] if os.path.isfile(sys.argv[0]) else []
    unsafe = {os.path.realpath(path or ".") for path in (*named, *script, "")} - installed
    known = [path for path in sys.path if os.path.isabs(path) and os.path.exists(path)]
    kept = [path for path in known if os.path.realpath(path) not in unsafe]
    return [*kept, *([] if str(ROOT) in kept else [str(ROOT)])]


def _load_package(root: Path) -> None:
    """Take the workbench from `root`, also where another copy is installed in the same Python."""
    # Late: a process that has the package already needs none of this.
    from importlib.util import module_from_spec, spec_from_file_location

    folder = root / "workbench"
    spec = spec_from_file_location("workbench", folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules["workbench"] = package = module_from_spec(spec)
    spec.loader.exec_module(package)


def main() -> None:
    """Run the module that the arguments name."""
    # Late: only a started process needs it.
    import runpy

    if str(ROOT).startswith(site.getusersitepackages()):
        site.addsitedir(site.getusersitepackages())
    if str(ROOT) not in sys.path:
        # Last: a file that lies in a clone by chance shadows no library.
        sys.path.append(str(ROOT))
    _load_package(ROOT)
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
