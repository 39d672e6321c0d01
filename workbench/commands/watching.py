"""Keeps a folder of text files and a memory store the same, in both directions, until it is stopped."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from watchfiles import watch

from workbench.client import paths
from workbench.client.errors import ApiError
from workbench.client.sync import Client
from workbench.commands.surface import Json, Wrong
from workbench.contracts.files import FilesRefused
from workbench.hands.files.git_names import is_git_name
from workbench.hands.files.merging import Step, Task, tasks
from workbench.hands.files.overlay import below
from workbench.hands.files.placing import remove, write
from workbench.hands.files.safe_paths import Beneath
from workbench.memory.stores.rules import MOST_CONTENT_BYTES, fault_of_path, sha256_of

LOOK_EVERY_MS: Final = 2_000
"""How long a change of the store may take to reach the folder; one of the folder reaches the store at once."""
SUFFIXES: Final = (".md", ".txt", ".yaml", ".yml", ".json", ".toml")
MOST_READ_BYTES: Final = 32 << 20
"""Of one file; what is larger is told by its beginning, and is no memory anyway."""
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
            with Beneath(folder) as root:
                kept = json.loads(root.content(STATE_NAME, MOST_READ_BYTES))
        except (OSError, ValueError, RecursionError):
            return watched
        # The file lies in a folder that others write into: it may say anything.
        if not isinstance(kept, dict) or not isinstance(kept.get("agreed"), dict):
            raise Wrong(f"{STATE_NAME} in {folder} is not what the workbench wrote there; remove it")
        if kept.get("store_id") != store_id:
            raise Wrong(
                f"{folder} is kept the same as {kept.get('store_id')}; remove {STATE_NAME} there to change that"
            )
        watched.agreed = {path: str(sha256) for path, sha256 in kept["agreed"].items() if is_note(path[1:])}
        return watched

    def follow(self, stop: threading.Event) -> Iterator[str]:
        """Bring both together now and after each change; gives a sentence for each thing that was done."""
        yield from self.settle()
        # A time-out is not an error but the moment to look at the store.
        for _ in watch(
            self.folder,
            watch_filter=lambda _, name: is_note(os.path.relpath(name, self.folder)),
            stop_event=stop,
            rust_timeout=LOOK_EVERY_MS,
            yield_on_timeout=True,
            raise_interrupt=True,
        ):
            yield from self.settle()

    def settle(self) -> Iterator[str]:
        """One comparison, and what follows from it."""
        path = f"{paths.MEMORY_STORES}/{self.store_id}/memories"
        found = {one["path"]: one for one in self.engine.pages(path, [("limit", "100")])}
        heads = {name: head for name, head in found.items() if is_note(name[1:])}
        for name in sorted(found.keys() - heads.keys()):
            yield from self._once(
                f"{name} stays in the store: only {', '.join(SUFFIXES)} come here, and nothing whose name begins with a dot"
            )
        try:
            local, texts = self._read()
        except (OSError, FilesRefused) as error:
            # What cannot be read must not look as if it were gone.
            yield from self._once(f"nothing is compared: {error}")
            return
        before = dict(self.agreed)
        for task in tasks(self.agreed, local, {name: head["content_sha256"] for name, head in heads.items()}):
            try:
                yield from self._do(task, heads.get(task.path), texts.get(task.path))
            except (ApiError, OSError) as error:
                yield from self._once(f"{task.path} stays different: {error}")
        if self.agreed != before:
            try:
                self._save()
            except OSError as error:
                yield from self._once(f"{STATE_NAME} could not be written: {error}")

    def _read(self) -> tuple[dict[str, str], dict[str, str]]:
        """Regular files of the folder itself: no link is followed, and no pipe waited for."""
        hashes: dict[str, str] = {}
        texts: dict[str, str] = {}
        with Beneath(self.folder) as root:
            for found in below(root):
                if found.kind != "file" or not is_note(found.path):
                    continue
                name = "/" + found.path
                raw = root.content(found.path, MOST_READ_BYTES)
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
        path = task.path[1:]
        lost = " (the folder's own change gave way; its old text is in the file's .orig)" if task.is_lost else ""
        whole = self.engine.get(f"{paths.MEMORY_STORES}/{self.store_id}/memories/{head['id']}") if head else None
        with Beneath(self.folder) as root:
            status = root.status(path)
            if status is not None and not stat.S_ISREG(status.st_mode):
                raise OSError(f"{self.folder / path} is no regular file; move it away")
            if task.is_lost:
                write(root, f"{path}.orig", root.content(path, MOST_READ_BYTES))
            if whole is not None:
                write(root, path, whole["content"].encode())
            elif status is not None:
                remove(root, path)
        self._agree(task.path, whole["content_sha256"] if whole else None)
        return f"wrote {self.folder / path}{lost}" if whole else f"removed {self.folder / path}"

    def _push(self, task: Task, head: Json | None, text: str | None) -> Iterator[str]:
        path = f"{paths.MEMORY_STORES}/{self.store_id}/memories"
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
        text = json.dumps({"store_id": self.store_id, "agreed": self.agreed})
        with Beneath(self.folder) as root:
            write(root, STATE_NAME, text.encode())


def is_note(path: str) -> bool:
    """Whether a path is one of those that are kept the same; what a dot hides belongs to other programs, which may run it."""
    return path.endswith(SUFFIXES) and not any(part.startswith(".") or is_git_name(part) for part in path.split("/"))
