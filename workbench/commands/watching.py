"""Keeps a folder of text files and a memory store the same, in both directions, until it is stopped."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from watchfiles import watch

from workbench.client import ApiError, Client
from workbench.commands.surface import Json, Wrong
from workbench.memory.merging import Step, Task, tasks
from workbench.memory.rules import MOST_CONTENT_BYTES, fault_of_path, sha256_of

LOOK_EVERY_MS: Final = 2_000
"""How long a change of the store may take to reach the folder; one of the folder reaches the store at once."""
SUFFIXES: Final = (".md", ".txt", ".yaml", ".yml", ".json", ".toml")
STATE_NAME: Final = ".workbench-memory.json"


@dataclass
class Watched:
    """One folder, its store, and what both said when they last agreed, which is kept in the folder."""

    engine: Client
    store_id: str
    folder: Path
    agreed: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    @classmethod
    def opened(cls, engine: Client, store_id: str, folder: Path) -> Watched:
        """Raises: Wrong: the folder belongs to another store already."""
        watched = cls(engine, store_id, folder)
        try:
            kept = json.loads((folder / STATE_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return watched
        if kept.get("store_id") != store_id:
            raise Wrong(
                f"{folder} is kept the same as {kept.get('store_id')}; remove {STATE_NAME} there to change that"
            )
        watched.agreed = dict(kept["agreed"])
        return watched

    def follow(self, stop: threading.Event) -> Iterator[str]:
        """Bring both together now and after each change; gives a sentence for each thing that was done."""
        yield from self.settle()
        # A time-out is not an error but the moment to look at the store.
        for _ in watch(
            self.folder,
            watch_filter=lambda _, name: Path(name).suffix in SUFFIXES and Path(name).name != STATE_NAME,
            stop_event=stop,
            rust_timeout=LOOK_EVERY_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
        ):
            yield from self.settle()

    def settle(self) -> Iterator[str]:
        """One comparison, and what follows from it."""
        path = f"/v1/memory_stores/{self.store_id}/memories"
        heads = {one["path"]: one for one in self.engine.pages(path, [("limit", "100")])}
        local, texts = self._read()
        before = dict(self.agreed)
        for task in tasks(self.agreed, local, {name: head["content_sha256"] for name, head in heads.items()}):
            try:
                yield from self._do(task, heads.get(task.path), texts.get(task.path))
            except (ApiError, OSError) as error:
                yield from self._once(f"{task.path} stays different: {error}")
        if self.agreed != before:
            self._save()

    def _read(self) -> tuple[dict[str, str], dict[str, str]]:
        hashes: dict[str, str] = {}
        texts: dict[str, str] = {}
        for file in sorted(self.folder.rglob("*")):
            if file.suffix not in SUFFIXES or file.name == STATE_NAME or file.is_symlink() or not file.is_file():
                continue
            raw = file.read_bytes()
            name = "/" + file.relative_to(self.folder).as_posix()
            hashes[name] = sha256_of(raw)
            if len(raw) <= MOST_CONTENT_BYTES and not fault_of_path(name):
                texts[name] = raw.decode("utf-8", errors="replace")
        return hashes, texts

    def _do(self, task: Task, head: Json | None, text: str | None) -> Iterator[str]:
        match task.step:
            case Step.AGREE:
                self._agree(task.path, task.remote)
            case Step.PULL:
                yield self._pull(task, head)
            case Step.PUSH:
                yield from self._push(task, head, text)

    def _pull(self, task: Task, head: Json | None) -> str:
        file = self.folder / task.path[1:]
        if self.folder.resolve() not in file.resolve().parents:
            raise OSError(f"{file} leads out of the folder")
        lost = " (the folder's own change gave way; its old text is in the file's .orig)" if task.is_lost else ""
        if task.is_lost:
            file.with_name(file.name + ".orig").write_bytes(file.read_bytes())
        if head is None:
            file.unlink(missing_ok=True)
            self._agree(task.path, None)
            return f"removed {file}"
        whole = self.engine.get(f"/v1/memory_stores/{self.store_id}/memories/{head['id']}")
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.new")
        beside.write_bytes(whole["content"].encode())
        os.replace(beside, file)
        self._agree(task.path, whole["content_sha256"])
        return f"wrote {file}{lost}"

    def _push(self, task: Task, head: Json | None, text: str | None) -> Iterator[str]:
        path = f"/v1/memory_stores/{self.store_id}/memories"
        if task.local is None:
            assert head is not None
            self.engine.delete(f"{path}/{head['id']}?expected_content_sha256={head['content_sha256']}")
            self._agree(task.path, None)
            yield f"removed {task.path} from the store; its versions stay"
        elif text is None or sha256_of(text) != task.local:
            yield from self._once(
                f"{task.path} is no memory: not UTF-8, over {MOST_CONTENT_BYTES} bytes, or its name is not allowed"
            )
        elif head is None:
            self.engine.post(path, {"path": task.path, "content": text})
            self._agree(task.path, task.local)
            yield f"kept {task.path}"
        else:
            precondition = {"type": "content_sha256", "content_sha256": head["content_sha256"]}
            self.engine.post(f"{path}/{head['id']}", {"content": text, "precondition": precondition})
            self._agree(task.path, task.local)
            yield f"kept {task.path}"

    def _once(self, sentence: str) -> Iterator[str]:
        if sentence not in self.told:
            self.told.add(sentence)
            yield sentence

    def _agree(self, path: str, sha256: str | None) -> None:
        if sha256 is None:
            self.agreed.pop(path, None)
        else:
            self.agreed[path] = sha256

    def _save(self) -> None:
        file = self.folder / STATE_NAME
        beside = file.with_name(file.name + ".new")
        beside.write_text(json.dumps({"store_id": self.store_id, "agreed": self.agreed}), encoding="utf-8")
        os.replace(beside, file)
