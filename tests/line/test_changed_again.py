"""Lines that people change again after they applied them: a dream's model gets both versions, of a folder and of a git project."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.hands.places import podman_only
from tests.line.installation import Installation, installation
from tests.messages_server import call, text
from workbench.contracts.values import Json

MODULE = "def {name}(rows):\n    print(rows)\n    return sum(rows)\n"
FILES = ("changed", "formatted", "deleted", "elsewhere", "later")
WRITE = "; ".join(f"printf %s '{MODULE.format(name=name)}' > {name}.py" for name in FILES)


def edit(project: Path) -> None:
    """What a person does afterwards: one file is changed where the agent wrote, the others are not."""
    changed, formatted, deleted, elsewhere, _ = (project / f"{name}.py" for name in FILES)
    changed.write_text(changed.read_text().replace("print(rows)", "log.info(rows)"))
    formatted.write_text(formatted.read_text().replace("    ", "\t").replace("print(rows)", "print(\n\t\trows,\n\t)"))
    deleted.unlink()
    elsewhere.write_text(elsewhere.read_text() + "\n\nTOTAL = 1\n")


def shown(here: Installation) -> list[Json]:
    """What the request of the dream tells of changed lines."""
    said = here.model.requests[-1]["messages"][0]["content"][0]["text"]
    told = [json.loads(line) for line in said.split("\n")]
    return [{key: value for key, value in one.items() if key != "day"} for one in told if "agent_wrote" in one]


@podman_only
@pytest.mark.parametrize("with_git", [False, True], ids=["folder", "git"])
def test_a_dream_gets_what_a_person_made_of_applied_lines_in_both_versions(tmp_path: Path, with_git: bool) -> None:
    project = tmp_path / "shop"
    project.mkdir()
    (project / "README.md").write_text("shop\n")
    if with_git:
        for words in (
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "begin"],
        ):
            subprocess.run(["git", *words], cwd=project, check=True)
    later = "sed -i s/print/log.debug/ /workspace/shop/later.py"
    script = [call("bash", {"command": f"cd /workspace/shop; {WRITE}"}), text("Written.")]
    script += [call("bash", {"command": later}), text("Changed."), text("")]
    with installation(script, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b") as here:
        assert here.say("run", "-C", str(project), "Always log what you sum").code == 0
        [session] = here.json("ps")
        here.told(*(["commit", "-y", "-m", "Totals", session["id"]] if with_git else ["apply", "-y", session["id"]]))
        assert here.say("run", "-C", str(project), "Write less of it").code == 0
        here.told("apply", "-y", next(one["id"] for one in here.json("ps") if one["id"] != session["id"]))
        assert "log.debug" in (project / "later.py").read_text()
        edit(project)
        here.told("memory", "new", "notes")
        done = here.say("dream", "now", "notes", "--model", "claude-haiku-4-5")
        assert done.code == 0, done
        assert shown(here) == [
            {
                "project": "shop",
                "file": "changed.py",
                "agent_wrote": "    print(rows)",
                "person_made_of_it": "    log.info(rows)",
            }
        ]
        # It is data: of itself nothing is proposed.
        assert here.json("dream", "show")["workbench"]["proposals"] == []
