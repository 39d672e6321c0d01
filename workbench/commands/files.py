"""examples:
  workbench files upload report.pdf data.csv          prints their ids
  workbench files upload --expires 24 notes.txt       gone after a day
  workbench files list                                all files; --session SESSION those of one, each with its place there
  workbench files get FILE                            into this folder, under its own name
  workbench files get FILE report.txt                 under another one; - writes to standard output
  workbench files rm FILE …
  workbench run --file data.csv "what is in it?"      a file for one session; it finds it under /mnt/session/uploads
  workbench run --file FILE_ID "what is in it?"       one that was uploaded

What an agent leaves under /mnt/session/outputs is listed when it rests. A file is named by its id, a part of it, or its name.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import safe, size

MOST_OTHERS = 5


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|upload|get|rm")
    listed = actions.add_parser("list", help="files, the newest first")
    listed.add_argument("--session", metavar="SESSION", help="what this session has mounted, and what its agent left")
    upload = actions.add_parser("upload", help="store files of this machine")
    upload.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    upload.add_argument("--expires", type=int, metavar="HOURS", help="gone after so many hours: 1 to 2160")
    get = actions.add_parser("get", help="write what a file holds")
    get.add_argument("file")
    get.add_argument("to", nargs="?", metavar="TO", help="a file, a folder, or - for standard output")
    remove = actions.add_parser("rm", help="delete files for good")
    remove.add_argument("files", nargs="+", metavar="file")
    for action in actions.choices.values():
        surface.json_flag(action)


def run(options: argparse.Namespace) -> int:
    acts = {"list": _list, "upload": _upload, "get": _get, "rm": _rm}
    return acts[options.action](surface.client(), options)


@contextlib.contextmanager
def for_session(engine: Client, named: Sequence[str]) -> Iterator[list[Json]]:
    """The resources of a new session for files named as PATH[:MOUNT] or by the id of an upload; the session has copies of its own when this is left."""
    made: list[Json] = []
    stored: list[Json] = []
    try:
        for one in named:
            if one.startswith("file_") and not Path(one.rpartition(":")[0] or one).exists():
                stored.append(_resource(engine, one))
                continue
            path, _, mount = one.rpartition(":") if ":" in one and not Path(one).exists() else (one, "", "")
            file = sent(engine, Path(path).expanduser(), {})
            made.append({"type": "file", "file_id": file["id"], "mount_path": mount or f"/{file['filename']}"})
        yield [*stored, *made]
    finally:
        for resource in made:
            engine.delete(paths.file(resource["file_id"]))


def _resource(engine: Client, named: str) -> Json:
    """The resource of an uploaded file, by its id: FILE_ID[:MOUNT]."""
    identifier, _, mount = named.partition(":")
    file = surface.pick(engine.pages(paths.FILES, [("limit", "1000")]), identifier, "file")
    return {"type": "file", "file_id": file["id"], "mount_path": mount or f"/{file['filename']}"}


def sent(engine: Client, path: Path, fields: Json) -> Json:
    """A file of this machine, stored.

    Raises:
        Wrong: it is none that can be read.
    """
    try:
        if not path.is_file():
            raise Wrong(f"{path} is not a file")
        return engine.upload(paths.FILES, path, fields)
    except OSError as error:
        raise Wrong(f"{path}: {error.strerror}") from None


def _list(engine: Client, options: argparse.Namespace) -> int:
    if options.session is None:
        found = list(engine.pages(paths.FILES, [("limit", "1000")]))
    else:
        found = engine.get(paths.own(surface.session(engine, options.session)["id"], "files"))["data"]
    if options.json:
        surface.print_json(found)
    elif not found:
        surface.say("no files; store one with: workbench files upload PATH")
    else:
        surface.out(surface.table([_row(file) for file in found], ["id", "size", "made", "file", "where"]))
    return 0


def _row(file: Json) -> list[str]:
    where = file.get("place") or (file["scope"] or {}).get("id", "")
    return [file["id"], size(file["size_bytes"]), file["created_at"][:16], safe(file["filename"]), safe(where)]


def _upload(engine: Client, options: argparse.Namespace) -> int:
    fields = {} if options.expires is None else {"expires_in_seconds": str(options.expires * 3600)}
    made = []
    for path in options.paths:
        made.append(sent(engine, path, fields))
        if not options.json:
            surface.out(f"{made[-1]['id']}  {safe(made[-1]['filename'])}")
    if options.json:
        surface.print_json(made)
    return 0


def _get(engine: Client, options: argparse.Namespace) -> int:
    file = _named(engine, options.file, "get")
    if options.to == "-" and sys.stdout.isatty():
        raise Wrong(
            "the content of a file goes to no terminal, which it could steer; name a file, or pass it on with |"
        )
    pieces = engine.download(paths.content(file["id"]))
    if options.to == "-":
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return 0
    target = Path(options.to or ".")
    target = target / file["filename"] if target.is_dir() else target
    _write(target, pieces)
    surface.print_json(file | {"path": str(target)}) if options.json else surface.out(safe(str(target)))
    return 0


def _write(target: Path, pieces: Iterator[bytes]) -> None:
    """Whole or not at all, and never over something else."""
    try:
        with target.open("xb") as file, _gone_unless_whole(target):
            for piece in pieces:
                file.write(piece)
    except FileExistsError:
        raise Wrong(f"{target} is there already; name another file behind the first one") from None
    except OSError as error:
        raise Wrong(f"{target} cannot be written: {error.strerror}") from None


@contextlib.contextmanager
def _gone_unless_whole(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        target.unlink()
        raise


def _rm(engine: Client, options: argparse.Namespace) -> int:
    gone = []
    for named in options.files:
        gone.append(engine.delete(paths.file(_named(engine, named)["id"])))
        if not options.json:
            surface.out(f"deleted {gone[-1]['id']}")
    if options.json:
        surface.print_json(gone)
    return 0


def _named(engine: Client, named: str, which: str = "") -> Json:
    every = [file | {"name": file["filename"]} for file in engine.pages(paths.FILES, [("limit", "1000")])]
    same = [file for file in every if file["name"] == named]
    if len(same) < 2:
        return surface.pick(every, named, "file")
    # An upload before a session's copy of it, the newest before older ones.
    same.sort(key=lambda file: (file["scope"] is None, file["created_at"]), reverse=True)
    if which == "get":
        others = ", ".join(f"{one['id']} ({_origin(one)})" for one in same[1 : MOST_OTHERS + 1])
        surface.say(
            f"{len(same)} files are called {safe(named)}: this is {same[0]['id']} ({_origin(same[0])}); others: {others}"
        )
        return same[0]
    listed = ", ".join(f"{one['id']} ({_origin(one)})" for one in same[:MOST_OTHERS])
    raise Wrong(f"{len(same)} files are called {named!r}; name one by its id: {listed}")


def _origin(file: Json) -> str:
    return (
        f"of session {surface.short(file['scope']['id'])}" if file["scope"] else f"uploaded {file['created_at'][:16]}"
    )
