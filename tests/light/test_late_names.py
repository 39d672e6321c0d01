"""The SDK imported by the name: the same things as ever, and few of its modules."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import anthropic
import anthropic.types.beta.sessions
import pytest

from workbench import start

PROGRAM = """
import json, sys
from workbench.light import late_names
late_names.late("anthropic")
import workbench.api.server
began = sum(name.split(".")[0] == "anthropic" for name in sys.modules)
import anthropic, anthropic.types.beta.sessions
places = {}
for module, names in json.loads(sys.argv[1]).items():
    for name in names:
        found = getattr(sys.modules[module], name)
        places[f"{module}.{name}"] = getattr(found, "__qualname__", type(found).__qualname__)
try:
    anthropic.nothing_of_this_name
except AttributeError as error:
    said = str(error)
client = anthropic.Anthropic(api_key="none")
print(json.dumps({"began": began, "places": places, "said": said, "resource": type(client.beta.sessions).__qualname__}))
"""
PACKAGES = ("anthropic", "anthropic.types", "anthropic.types.beta", "anthropic.types.beta.sessions")


def _public(module: str) -> list[str]:
    names = getattr(sys.modules[module], "__all__", None) or vars(sys.modules[module])
    return sorted(name for name in names if not name.startswith("_"))


def test_every_public_name_is_what_it_was_and_an_engine_starts_with_a_tenth_of_the_modules() -> None:
    names = {module: _public(module) for module in PACKAGES}
    # Modules below are no names of a package until somebody imports them.
    for module in PACKAGES[1:]:
        names[module] = [name for name in names[module] if isinstance(getattr(sys.modules[module], name), type)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(names)],
        cwd=start.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["began"] < 300
    assert told["said"] == "module 'anthropic' has no attribute 'nothing_of_this_name'"
    assert told["resource"] == type(anthropic.Anthropic(api_key="none").beta.sessions).__qualname__
    for module, listed in names.items():
        for name in listed:
            found = getattr(sys.modules[module], name)
            assert told["places"][f"{module}.{name}"] == getattr(found, "__qualname__", type(found).__qualname__)
    assert sum(len(listed) for listed in names.values()) > 1_000


@pytest.mark.parametrize(
    "package", ["cryptography", "keyring", "pyarrow", "mcp", "yaml", "workbench.models.offline.respond"]
)
def test_an_engine_starts_without_what_only_others_or_later_work_needs(package: str) -> None:
    found = subprocess.run(
        [sys.executable, "-I", "-c", STARTED, str(start.ROOT), package], capture_output=True, text=True, check=True
    )
    assert found.stdout == "False\n"


STARTED = """
import sys
sys.path.append(sys.argv[1])
from workbench.light import late_names
late_names.late("anthropic")
import workbench.api.server
print(sys.argv[2] in sys.modules)
"""
