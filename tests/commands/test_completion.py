"""What the Tab key offers: values of the engine that runs, in bash and by the question that every shell's script asks."""

from __future__ import annotations

import subprocess
import sys

from tests.line.installation import Installation, installation
from workbench.commands.candidates import candidates


def _values(here: Installation, *words: str) -> list[str]:
    return [line.partition("\t")[0] for line in here.told("completion", "candidates", "--", *words).splitlines()]


def _in_bash(here: Installation, *words: str) -> list[str]:
    """What bash's own function of the script makes of a line."""
    program = here.home / "workbench"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m workbench "$@"\n')
    program.chmod(0o700)
    line = " ".join(f"'{word}'" for word in ("workbench", *words))
    story = f"{here.told('completion', 'bash')}\nCOMP_WORDS=({line}) COMP_CWORD={len(words)}\n_workbench\n"
    story += 'printf "%s\\n" "${COMPREPLY[@]}"\n'
    environment = here.environment | {"PATH": f"{here.home}:{here.environment['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", story], env=environment, cwd=here.home, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.split()


def test_ids_and_names_complete_and_the_tab_key_starts_no_engine() -> None:
    with installation(offline=True) as here:
        assert _values(here, "peek", "") == []
        assert here.say("status").code == 3
        session_id = here.json("run", "-C", "none", "--detach", "hello")["id"]
        here.told("memory", "new", "team-notes")
        assert _values(here, "peek", "") == [session_id[-6:]]
        assert _values(here, "exec", "") == [session_id[-6:]]
        assert _values(here, "cp", "") == _values(here, "cp", "a.txt", "") == [f"{session_id[-6:]}:"]
        assert _values(here, "interrupt", session_id, "") == [session_id[-6:]]
        assert _values(here, "run", "--agent", "def") == ["default"]
        assert _values(here, "run", "--memory", "") == _values(here, "memory", "cat", "") == ["team-notes"]
        assert _values(here, "run", "--model", "off") == ["offline"]
        assert _in_bash(here, "peek", session_id[-6:-2]) == [session_id[-6:]]
        assert _in_bash(here, "memory", "cat", "") == ["team-notes"]
        assert _in_bash(here, "run", "--det") == ["--detach"]
        assert _in_bash(here, "mcp", "add", "--thr") == ["--through"]


def test_a_place_for_free_text_or_a_file_offers_nothing_and_choices_are_offered_as_they_are() -> None:
    assert candidates(["run", ""]) == candidates(["apply", "ID", "src"]) == candidates(["fly", ""]) == []
    assert [value for value, _ in candidates(["dream", "a"])] == ["accept", "agents", "auto"]
    assert [value for value, _ in candidates(["ps", "--status", "r"])] == ["running", "rescheduling"]
    assert [value for value, _ in candidates(["agents", ""])] == ["apply", "list", "show", "others", "test"]
    assert [value for value, _ in candidates(["help", "mem"])] == ["memory"]
