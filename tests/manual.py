"""The generated parts of the manual: `python -m tests.manual` writes them, tests/test_manual.py compares."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from workbench import events, settings
from workbench.contracts import facts
from workbench.log.store.database import connect
from workbench.tui.config.preferences import Preferences
from workbench.tui.screens.action_table import actions
from workbench.tui.widgets.hints import key_name

ROOT: Final = Path(__file__).resolve().parent.parent
PAGES: Final = ROOT / "workbench" / "docs"
PICTURE: Final = PAGES / "board.svg"
_PICTURED: Final = ROOT / "snapshots" / "test_pictures" / "test_a_screen_looks_as_it_did[board][100x30-dark].svg"
_PART: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.S)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _keys() -> str:
    rows = [
        [f"`{one.id}`", " ".join(f"`{key_name(key)}`" for key in one.keys) or "none", one.says]
        for one in actions(Preferences())
    ]
    return _table(["action", "keys", "what it does"], rows)


def _views() -> str:
    with tempfile.TemporaryDirectory() as folder, closing(connect(Path(folder) / "log.duckdb")) as connection:
        views = connection.execute(
            "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1"
        ).fetchall()
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'main' ORDER BY 1, column_index"
        ).fetchall()
    parts = []
    for view, comment in views:
        rows = [[f"`{column}`", kind, said or ""] for of, column, kind, said in columns if of == view]
        parts.append(f"### {view}\n\n{comment}.\n\n{_table(['column', 'type', 'meaning'], rows)}")
    return "\n".join(parts)


def _events() -> str:
    writers = {"user": "a client", "system": "a client, or the engine", "agent": "the agent", "span": "the engine"}
    rows = [[f"`{name}`", writers.get(name.partition(".")[0], "the engine")] for name in sorted(events.TYPES)]
    return _table(["event", "written by"], rows)


def _facts() -> str:
    rows = [
        [
            f"`{kind.name}`",
            ", ".join(f"`{field}`" for field in kind.fields),
            kind.meaning,
            "yes" if kind.copied_by_fork else "no",
            "yes" if kind.undone_by_rewind else "no",
        ]
        for kind in facts.KINDS
    ]
    return _table(["fact", "fields", "meaning", "goes with a fork", "undone by a rewind"], rows)


def _settings() -> str:
    return _table(["field", "meaning"], [[f"`{name}`", meaning] for name, meaning in settings.FIELDS.items()])


PARTS: Final[dict[str, Callable[[], str]]] = {
    "keys": _keys,
    "views": _views,
    "events": _events,
    "facts": _facts,
    "settings": _settings,
}


def as_it_should_be(page: str) -> str:
    """The page with its generated parts as the program has them now."""
    return _PART.sub(lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n{part[3]}", page)


def picture() -> str:
    """The Board as its test sees it."""
    return _PICTURED.read_text(encoding="utf-8")


def main() -> None:
    for file in sorted(PAGES.glob("*.md")):
        text = file.read_text(encoding="utf-8")
        if (new := as_it_should_be(text)) != text:
            file.write_text(new, encoding="utf-8")
            sys.stdout.write(f"{file.name}\n")
    PICTURE.write_text(picture(), encoding="utf-8")


if __name__ == "__main__":
    main()
