"""examples:
  workbench memory new team-notes                   a store; an agent finds it under /mnt/memory/team-notes
  workbench memory ls                               all stores; ls STORE shows what one holds
  workbench memory cat team-notes /build.md
  workbench memory edit team-notes /build.md        in $EDITOR; `… edit STORE PATH - < file` takes standard input
  workbench memory log team-notes /build.md         every version, and who wrote it; without a path of the whole store
  workbench memory restore team-notes VERSION       write what a version said, again
  workbench memory redact team-notes VERSION        take out what a version said, for good
  workbench memory given SESSION                    the lines that a session was given, and which its agent read
  workbench memory watch team-notes ~/notes         keep a folder of Markdown and the store the same, both ways
  workbench memory for team-notes project          new sessions of this project have it by themselves; agent NAME, everywhere, nobody
  workbench run --memory team-notes "…"             attach a store; --memory NAME:ro so that the agent cannot write it

A store is named by its name or id, a version by its id or the end of it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands import standing, surface
from workbench.commands.surface import Json, Wrong
from workbench.text.display import line, safe


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="new|ls|for|cat|edit|rm|log|restore|redact|watch|given"
    )
    new = actions.add_parser("new", help="make a store")
    new.add_argument("name")
    new.add_argument("--description", help="told to the agents that the store is attached to")
    ls = actions.add_parser("ls", help="the stores, or what one holds")
    ls.add_argument("store", nargs="?")
    ls.add_argument("prefix", nargs="?", default="/", help="only below this path, as /notes/")
    for word, what in (("cat", "print a memory"), ("edit", "write a memory"), ("rm", "remove a memory")):
        action = actions.add_parser(word, help=what)
        action.add_argument("store")
        action.add_argument("path")
        if word == "edit":
            action.add_argument("source", nargs="?", choices=["-"], help="- reads it from standard input")
    for_ = actions.add_parser("for", help="which new sessions have a store by themselves")
    for_.add_argument("store")
    for_.add_argument("kind", choices=standing.KINDS)
    for_.add_argument("name", nargs="?", help="the project's folder (default: the one here), or the agent")
    log = actions.add_parser("log", help="versions, the newest first")
    log.add_argument("store")
    log.add_argument("path", nargs="?", help="of this memory only")
    for word, what in (("restore", "write what a version said, again"), ("redact", "take out what a version said")):
        action = actions.add_parser(word, help=what)
        action.add_argument("store")
        action.add_argument("version")
    watch = actions.add_parser("watch", help="keep a folder and a store the same")
    watch.add_argument("store")
    watch.add_argument("folder", type=Path)
    watch.add_argument("--once", action="store_true", help="bring both together, and end")
    given = actions.add_parser("given", help="the lines that a session was given, and which of them its agent read")
    given.add_argument("session")
    for action in actions.choices.values():
        surface.json_flag(action)


def run(options: argparse.Namespace) -> int:
    engine = surface.client()
    acts = {
        "new": _new,
        "ls": _ls,
        "for": _for,
        "cat": _cat,
        "edit": _edit,
        "rm": _rm,
        "log": _log,
        "restore": _restore,
        "redact": _redact,
        "watch": _watch,
        "given": _given,
    }
    return acts[options.action](engine, options)


def store(engine: Client, named: str) -> Json:
    """The store meant by a name, an id or a part of it."""
    query = [("include_archived", "true"), ("limit", "100")]
    try:
        return surface.pick(engine.pages(paths.MEMORY_STORES, query), named, "store")
    except Wrong as wrong:
        raise Wrong(str(wrong).replace("workbench stores list", "workbench memory ls")) from None


def _new(engine: Client, options: argparse.Namespace) -> int:
    made = engine.post(paths.MEMORY_STORES, {"name": options.name, "description": options.description})
    surface.print_json(made) if options.json else surface.out(made["id"])
    return 0


def _ls(engine: Client, options: argparse.Namespace) -> int:
    if options.store is None:
        stores = list(engine.pages(paths.MEMORY_STORES, [("limit", "100")]))
        if options.json:
            surface.print_json(stores)
        elif not stores:
            surface.say("no memory stores; make one with: workbench memory new NAME")
        else:
            surface.out(
                surface.table(
                    [[s["id"], safe(s["name"]), standing.short(s), line(s["description"], 60)] for s in stores],
                    _STORE_HEADS,
                )
            )
        return 0
    found = _memories(engine, store(engine, options.store)["id"], options.prefix)
    if options.json:
        surface.print_json(found)
    else:
        rows = [[safe(one["path"]), str(one["content_size_bytes"]), one["updated_at"][:19]] for one in found]
        surface.out(surface.table(rows, ["path", "bytes", "changed"]))
    return 0


_STORE_HEADS = ["id", "name", "for", "description"]


def _for(engine: Client, options: argparse.Namespace) -> int:
    found = store(engine, options.store)
    wish = standing.wish(engine, options.kind, options.name)
    changed = engine.post(f"{paths.MEMORY_STORES}/{found['id']}", {"metadata": {standing.FOR_KEY: wish}})
    surface.print_json(changed) if options.json else surface.out(standing.told(changed))
    return 0


def _cat(engine: Client, options: argparse.Namespace) -> int:
    memory = _named(engine, options)
    if options.json:
        surface.print_json(memory)
    else:
        surface.data(memory["content"])
    return 0


def _edit(engine: Client, options: argparse.Namespace) -> int:
    store_id = store(engine, options.store)["id"]
    old = _at(engine, store_id, options.path)
    before = _whole(engine, store_id, old)["content"] if old else ""
    text = sys.stdin.read() if options.source == "-" else _edited(before, Path(options.path).suffix)
    if old and text == before:
        surface.say("nothing changed")
        return 0
    written = _write(engine, store_id, options.path, text, old)
    surface.print_json(written) if options.json else surface.out(
        f"wrote {written['path']} {written['memory_version_id']}"
    )
    return 0


def _edited(before: str, suffix: str) -> str:
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise Wrong(
            "no editor: set EDITOR, or give the text on standard input with: workbench memory edit STORE PATH -"
        )
    with tempfile.TemporaryDirectory(prefix="workbench-") as folder:
        file = Path(folder, "memory" + (suffix or ".md"))
        file.write_text(before, encoding="utf-8")
        code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
        if code:
            raise Wrong(f"{editor} ended with {code}; nothing was written")
        try:
            return file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise Wrong(f"what you wrote is not UTF-8 ({error}); nothing was written") from None


def _rm(engine: Client, options: argparse.Namespace) -> int:
    memory = _named(engine, options)
    path = f"{paths.MEMORY_STORES}/{memory['memory_store_id']}/memories/{memory['id']}"
    gone = engine.delete(f"{path}?expected_content_sha256={memory['content_sha256']}")
    surface.print_json(gone) if options.json else surface.out(f"removed {memory['path']}; its versions stay")
    return 0


def _log(engine: Client, options: argparse.Namespace) -> int:
    store_id = store(engine, options.store)["id"]
    versions = list(engine.pages(f"{paths.MEMORY_STORES}/{store_id}/memory_versions", [("limit", "100")]))
    if options.path:
        ids = {one["memory_id"] for one in versions if one["path"] == options.path}
        if not ids:
            raise Wrong(
                f"no memory was ever at {options.path}; workbench memory ls {options.store} shows what there is"
            )
        versions = [one for one in versions if one["memory_id"] in ids]
    if options.json:
        surface.print_json(versions)
        return 0
    rows = [
        [one["id"], one["created_at"][:19], one["operation"], safe(one["path"] or "(redacted)"), _who(one)]
        for one in versions
    ]
    surface.out(surface.table(rows, ["version", "when", "what", "path", "by"]))
    return 0


def _who(version: Json) -> str:
    by = version["created_by"] or {}
    return str(next((value for name, value in by.items() if name != "type"), "unknown"))


def _restore(engine: Client, options: argparse.Namespace) -> int:
    store_id = store(engine, options.store)["id"]
    version = _version(engine, store_id, options.version)
    if version["content"] is None:
        raise Wrong(f"{version['id']} says nothing: it is a deletion or redacted; choose another version")
    old = _at(engine, store_id, version["path"])
    written = _write(engine, store_id, version["path"], version["content"], old)
    surface.print_json(written) if options.json else surface.out(
        f"{written['path']} says again what {version['id']} said"
    )
    return 0


def _redact(engine: Client, options: argparse.Namespace) -> int:
    store_id = store(engine, options.store)["id"]
    version = _version(engine, store_id, options.version)
    redacted = engine.post(f"{paths.MEMORY_STORES}/{store_id}/memory_versions/{version['id']}/redact")
    surface.print_json(redacted) if options.json else surface.out(f"redacted {redacted['id']}")
    return 0


def _watch(engine: Client, options: argparse.Namespace) -> int:
    # Late: the watcher's own library is needed for this alone.
    from workbench.commands.watching import Watched

    folder = options.folder.expanduser().resolve()
    if not folder.is_dir():
        raise Wrong(f"{folder} is not a folder; make it first")
    watched = Watched.opened(engine, store(engine, options.store)["id"], folder)
    for sentence in watched.settle() if options.once else watched.follow(threading.Event()):
        surface.print_json_line({"did": sentence}) if options.json else surface.out(sentence)
    return 0


def _given(engine: Client, options: argparse.Namespace) -> int:
    session_id = surface.session(engine, options.session)["id"]
    found = engine.get(paths.own(session_id, "memory"))["data"]
    if options.json:
        surface.print_json(found)
        return 0
    for one in found:
        if one["is_gone"]:
            surface.out(f"{one['store']}: the store was deleted")
            continue
        places = ", ".join(f"#{read['seq']}" for read in one["reads"])
        surface.out(f"{one['store']}{safe(one['path'])}: {f'read at {places}' if places else 'not read'}")
        for text in one["lines"]:
            surface.out(f"    {safe(text)}")
    if not found:
        surface.say("this session has no memory store")
    return 0


# ── finding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _memories(engine: Client, store_id: str, prefix: str = "/") -> list[Json]:
    return list(engine.pages(f"{paths.MEMORY_STORES}/{store_id}/memories", [("limit", "100"), ("path_prefix", prefix)]))


def _at(engine: Client, store_id: str, path: str) -> Json | None:
    found = _memories(engine, store_id, path.rpartition("/")[0] + "/")
    return next((one for one in found if one["path"] == path), None)


def _whole(engine: Client, store_id: str, memory: Json) -> Json:
    return engine.get(f"{paths.MEMORY_STORES}/{store_id}/memories/{memory['id']}")


def _named(engine: Client, options: argparse.Namespace) -> Json:
    store_id = store(engine, options.store)["id"]
    memory = _at(engine, store_id, options.path)
    if memory is None:
        raise Wrong(f"there is no memory {options.path}; workbench memory ls {options.store} shows what there is")
    return _whole(engine, store_id, memory)


def _version(engine: Client, store_id: str, named: str) -> Json:
    path = f"{paths.MEMORY_STORES}/{store_id}/memory_versions"
    try:
        found = surface.pick(engine.pages(path, [("limit", "100")]), named, "version")
    except Wrong as wrong:
        raise Wrong(str(wrong).replace("workbench versions list", "workbench memory log STORE")) from None
    return engine.get(f"{path}/{found['id']}")


def _write(engine: Client, store_id: str, path: str, text: str, old: Json | None) -> Json:
    """Create or change, refused where somebody changed it since it was read."""
    if old is None:
        return engine.post(f"{paths.MEMORY_STORES}/{store_id}/memories", {"path": path, "content": text})
    precondition = {"type": "content_sha256", "content_sha256": old["content_sha256"]}
    body = {"content": text, "precondition": precondition}
    return engine.post(f"{paths.MEMORY_STORES}/{store_id}/memories/{old['id']}", body)
