"""The folders of memory stores, in a dictionary."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from workbench.contracts.values import Json

Key = tuple[str, str]


@dataclass
class TrivialFolders:
    """`files` are what a sandbox would see, by session and slug; `blocked` are paths that something is in the way of."""

    files: dict[Key, dict[str, str]] = field(default_factory=dict)
    kept: dict[Key, Json] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)

    async def hashes(self, session_id: str, slug: str) -> dict[str, str] | None:
        folder = self.files.get((session_id, slug))
        if folder is None:
            return None
        return {path: hashlib.sha256(content.encode()).hexdigest() for path, content in folder.items()}

    async def content(self, session_id: str, slug: str, path: str) -> bytes | None:
        content = self.files.get((session_id, slug), {}).get(path)
        return None if content is None else content.encode()

    async def put(self, session_id: str, slug: str, path: str, content: str | None) -> bool:
        folder = self.files.setdefault((session_id, slug), {})
        if path in self.blocked:
            return False
        if content is None:
            folder.pop(path, None)
        else:
            folder[path] = content
        return True

    async def load(self, session_id: str, slug: str) -> Json:
        return self.kept.get((session_id, slug), {})

    async def save(self, session_id: str, slug: str, body: Json) -> None:
        self.kept[session_id, slug] = body
