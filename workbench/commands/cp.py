"""examples:
workbench cp 3fK9aZ:out/report.pdf .          out of the session's sandbox
workbench cp 3fK9aZ:/var/log logs             a folder
workbench cp data.csv 3fK9aZ:                 into its working directory
workbench cp fixtures 3fK9aZ:/tmp/            a folder, as /tmp/fixtures
workbench cp ./a:b 3fK9aZ:                    a file of yours with a colon in its name

Nothing of yours is overwritten without --force, and a folder never. In the sandbox, what has the name is replaced. The log has it
as yours. What an agent left in /mnt/session/outputs is also in `workbench files`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.commands.unpacking import unpack
from workbench.text.display import safe

_INSIDE = re.compile(r"([^/:.][^/:]*):(.*)", re.DOTALL)
_PIECE = 1 << 20
_NOT_FOUND = 404


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", metavar="FROM", help="PATH, or SESSION:PATH")
    parser.add_argument("target", metavar="TO", help="SESSION:PATH, or PATH")
    parser.add_argument("--force", "-f", action="store_true", help="overwrite a file of yours")
    surface.json_flag(parser)


def run(options: argparse.Namespace) -> int:
    source, target = _INSIDE.fullmatch(options.source), _INSIDE.fullmatch(options.target)
    if (source is None) == (target is None):
        raise Wrong(
            "one of both is SESSION:PATH and the other one a path of yours, as in `workbench cp 3fK9aZ:a.txt .`"
        )
    engine = surface.client()
    if source is not None:
        place = _Inside(engine, surface.session(engine, source[1])["id"], source[2] or ".")
        done = _out(place, Path(options.target).expanduser(), force=options.force)
    elif target is not None:
        place = _Inside(engine, surface.session(engine, target[1])["id"], target[2] or ".")
        done = _in(Path(options.source).expanduser(), place)
    surface.print_json(done) if options.json else surface.out(safe(done["to"]))
    return 0


class _Inside:
    """A path in a session's sandbox."""

    def __init__(self, engine: Client, session_id: str, path: str) -> None:
        self.engine, self.session_id, self.path = engine, session_id, path

    @property
    def name(self) -> str:
        return Path(os.path.normpath(self.path)).name

    def at(self, what: str, **query: str) -> str:
        return f"{paths.own(self.session_id, f'sandbox/{what}')}?{urlencode({'path': self.path, **query})}"

    def kind(self) -> str | None:
        """None where nothing is."""
        try:
            return str(self.engine.get(self.at("stat"))["kind"])
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
            return None


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _out(source: _Inside, target: Path, *, force: bool) -> Json:
    is_folder = source.kind() == "folder"
    if target.is_dir() and source.name:
        target = target / source.name
    if target.exists() and (is_folder or target.is_dir() or not force):
        raise Wrong(f"{target} is there already; name another{'' if is_folder else ', or overwrite it with --force'}")
    left_out = _folder_out(source, target) if is_folder else _file_out(source, target)
    if left_out:
        surface.say(f"left out, as they lead out of the folder or are no files: {safe(', '.join(left_out))}")
    return {"from": f"{source.session_id}:{source.path}", "to": str(target), "left_out": left_out}


def _file_out(source: _Inside, target: Path) -> list[str]:
    with _beside(target) as beside:
        with beside.open("xb") as file:
            for piece in source.engine.download(source.at("files")):
                file.write(piece)
        beside.replace(target)
    return []


def _folder_out(source: _Inside, target: Path) -> list[str]:
    with tempfile.TemporaryFile() as spool:
        for piece in source.engine.download(source.at("files", format="tar")):
            spool.write(piece)
        spool.seek(0)
        target.mkdir()
        return unpack(spool, target)


@contextlib.contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """A place for what is not yet whole; gone where it did not become so."""
    beside = target.with_name(f".{target.name[:100]}.part{os.getpid()}")
    try:
        yield beside
    finally:
        beside.unlink(missing_ok=True)


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _in(source: Path, target: _Inside) -> Json:
    if not source.exists():
        raise Wrong(f"{source} is not there")
    if target.path.endswith("/") or target.kind() == "folder":
        target.path = f"{target.path.rstrip('/')}/{source.resolve().name}"
    if source.is_dir():
        with tempfile.TemporaryFile() as spool:
            _pack(source, spool)
            spool.seek(0)
            target.engine.put(target.at("files", format="tar"), _pieces(spool))
    else:
        with source.open("rb") as file:
            mode = f"{os.fstat(file.fileno()).st_mode & 0o777:o}"
            target.engine.put(target.at("files", mode=mode), _pieces(file))
    return {"from": str(source), "to": f"{target.session_id}:{target.path}"}


def _pack(source: Path, spool: IO[bytes]) -> None:
    with tarfile.open(fileobj=spool, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for inner in sorted(source.iterdir()):
            archive.add(inner, inner.name)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
