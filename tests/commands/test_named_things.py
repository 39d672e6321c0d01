"""Things that a command names: files of one name, addresses of servers, folders of demos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.commands import demo, files, mcp
from workbench.commands.surface import Wrong

UPLOAD = {"id": "file_old", "filename": "note", "scope": None, "created_at": "2026-01-01T00:00:00Z"}
NEWER = {**UPLOAD, "id": "file_new", "created_at": "2026-01-02T00:00:00Z"}
COPY = {**UPLOAD, "id": "file_copy", "scope": {"type": "session", "id": "sesn_abcdef"}, "created_at": "2026-01-03"}


class Listing:
    """An engine with these three files."""

    def pages(self, path: str, query: Any = ()) -> list[dict[str, Any]]:
        return [COPY, UPLOAD, NEWER]


def test_of_files_of_one_name_the_newest_upload_is_read_and_none_is_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    engine: Any = Listing()
    assert files._named(engine, "note", "get")["id"] == "file_new"
    said = capsys.readouterr().err
    assert "file_old (uploaded 2026-01-01" in said
    assert "file_copy (of session abcdef)" in said
    with pytest.raises(Wrong, match="by its id: file_new"):
        files._named(engine, "note")
    with files.for_session(engine, ["file_copy:/there"]) as resources:
        assert resources == [{"type": "file", "file_id": "file_copy", "mount_path": "/there"}]


@pytest.mark.parametrize(
    ("url", "said"),
    [("npx foo", '"stdio:npx foo"'), ("stdio:", '"stdio:npx -y @scope/server"'), ("ftp://x", "http:// or https://")],
)
def test_what_is_no_address_of_a_server_is_told_with_the_right_form(url: str, said: str) -> None:
    with pytest.raises(Wrong, match=said):
        mcp._refuse_odd(url)
    mcp._refuse_odd("stdio:npx foo")
    mcp._refuse_odd("https://x.example/mcp")


def test_two_demos_have_folders_of_two_names(tmp_path: Path) -> None:
    names = [demo._free_name(tmp_path, "till")]
    for number in range(2):
        (tmp_path / str(number) / names[-1]).mkdir(parents=True)
        names.append(demo._free_name(tmp_path, "till"))
    assert names == ["till", "till-2", "till-3"]
