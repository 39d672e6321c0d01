"""The environments that come along are ones that the engine takes."""

from __future__ import annotations

from pathlib import Path

from tests.line.installation import installation

FOLDER = Path(__file__).resolve().parent.parent.parent / "sandboxes" / "environments"


def test_every_environment_that_comes_along_is_taken_and_again_changes_nothing() -> None:
    names = sorted(file.stem for file in FOLDER.glob("*.yaml"))
    with installation(offline=True) as here:
        first = here.json("environments", "apply", "-f", str(FOLDER))
        assert [(done["name"], done["action"]) for done in first] == [(name, "create") for name in names]
        again = here.json("environments", "apply", "-f", str(FOLDER))
        assert {done["action"] for done in again} == {"unchanged"}
        for environment in here.json("environments", "list"):
            config = environment["config"]
            is_sealed = config["networking"]["type"] == "limited" and not config["networking"]["allowed_hosts"]
            assert is_sealed or any(config["packages"][manager] for manager in ("apt", "pip", "npm")), environment
