"""`workbench memory`: a store is made, written, read, looked back into, put back and redacted."""

from __future__ import annotations

from tests.line.installation import Installation, installation


def _wrote(here: Installation, store: str, path: str, text: str) -> str:
    """Edit with a program as the editor; gives the version."""
    here.environment["EDITOR"] = f"""sh -c 'printf %s "{text}" > "$0"'"""
    return here.told("memory", "edit", store, path).split()[-1]


def test_a_memory_is_edited_looked_back_into_restored_and_redacted() -> None:
    with installation(offline=True) as here:
        store = here.told("memory", "new", "team notes", "--description", "what we agreed").strip()
        assert here.json("memory", "ls")[0]["id"] == store
        first = _wrote(here, "team notes", "/build.md", "use make")
        second = _wrote(here, "team notes", "/build.md", "use just")
        assert first != second
        assert here.told("memory", "cat", "team notes", "/build.md") == "use just"
        assert "/build.md" in here.told("memory", "ls", "team notes")
        log = here.json("memory", "log", store, "/build.md")
        assert [(one["id"], one["operation"]) for one in log] == [(second, "modified"), (first, "created")]
        assert log[0]["created_by"] == {"type": "user_actor", "user_id": "user_local"}
        assert "user_local" in here.told("memory", "log", store)
        here.told("memory", "restore", store, first[-6:])
        assert here.told("memory", "cat", store, "/build.md") == "use make"
        here.told("memory", "redact", store, second)
        assert "(redacted)" in here.told("memory", "log", store)
        here.kill_engine()
        assert here.told("memory", "cat", store, "/build.md") == "use make"
        assert "its versions stay" in here.told("memory", "rm", store, "/build.md")
        assert len(here.json("memory", "log", store)) == 4


def test_what_cannot_be_done_says_what_to_write_instead() -> None:
    with installation(offline=True) as here:
        here.told("memory", "new", "s")
        for words, said in (
            (["cat", "nobody", "/a"], "workbench memory ls"),
            (["cat", "s", "/a"], "there is no memory /a"),
            (["edit", "s", "/a"], "set EDITOR"),
            (["log", "s", "/a"], "no memory was ever at /a"),
            (["redact", "s", "memver_x"], "workbench memory log STORE"),
            (["ls", "s", "a"], "path_prefix"),
        ):
            done = here.say("memory", *words)
            assert done.code == 2, done
            assert said in done.err
        here.environment["EDITOR"] = "false"
        assert "nothing was written" in here.say("memory", "edit", "s", "/a").err
        assert here.json("memory", "ls", "s") == []
