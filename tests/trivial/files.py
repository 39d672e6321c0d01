"""Files in memory: a text by path for each session, checkpoints by place in the log, and one project for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.contracts.files import (
    Applied,
    FileChange,
    FileChanges,
    FileDiff,
    FileReview,
    FilesRefused,
    Hunk,
    HunkName,
    Review,
    Take,
)
from workbench.contracts.forks import Evidence, is_fork
from workbench.contracts.values import Session


@dataclass
class TrivialFiles:
    """`texts` are a session's files, `project` everybody's, `began` what the project was when a session was made."""

    project: dict[str, str] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    began: dict[str, dict[str, str]] = field(default_factory=dict)
    kept: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)

    def write(self, session_id: str, path: str, text: str) -> None:
        """What a tool of the session would do."""
        self.began.setdefault(session_id, dict(self.project))
        self.texts.setdefault(session_id, {})[path] = text

    async def changes(self, session: Session) -> FileChanges:
        began = self.began.get(session.id, {})
        return FileChanges(
            tuple(
                FileChange(
                    path=path,
                    kind="modified" if path in self.project else "added",
                    what="file",
                    mode_before=None,
                    mode_after=0o644,
                    bytes=len(text),
                    conflict=began.get(path) != self.project.get(path),
                )
                for path, text in sorted(self.texts.get(session.id, {}).items())
                if self.project.get(path) != text
            )
        )

    async def diff(self, session: Session, *, binary: bool = False) -> FileDiff:
        changes = (await self.changes(session)).changes
        return FileDiff("".join(f"+++ b/{change.path}\n" for change in changes))

    async def apply(self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None) -> FileChanges:
        changes = [one for one in (await self.changes(session)).changes if paths is None or one.path in paths]
        conflicts = [change.path for change in changes if change.conflict]
        if conflicts and take is None:
            raise FilesRefused(f"nothing was applied: {', '.join(conflicts)} changed", conflicts)
        self.project |= {change.path: self.texts[session.id][change.path] for change in changes}
        return FileChanges(tuple(changes))

    async def review(self, session: Session, paths: Sequence[str] | None) -> Review:
        """Each file is one hunk, whose id is the file's text."""
        changes = [one for one in (await self.changes(session)).changes if paths is None or one.path in paths]
        texts = self.texts.get(session.id, {})
        return Review(
            tuple(
                FileReview(one, texts[one.path], (Hunk(texts[one.path], 1, 1, 1, 1, (f"+{texts[one.path]}",)),))
                for one in changes
            )
        )

    async def apply_hunks(
        self, session: Session, hunks: Sequence[HunkName], *, take: Take | None = None
    ) -> FileChanges:
        return await self.apply(session, self._paths_of(session, hunks), take=take)

    async def discard(self, session: Session, paths: Sequence[str], hunks: Sequence[HunkName]) -> FileChanges:
        wanted = {*paths, *self._paths_of(session, hunks)}
        changes = tuple(one for one in (await self.changes(session)).changes if one.path in wanted)
        for change in changes:
            self.texts[session.id].pop(change.path)
        return FileChanges(changes)

    async def applied(self, session: Session) -> Applied:
        return Applied("")

    async def apply_again(
        self, session: Session, paths: Sequence[str] | None, *, take: Take | None = None
    ) -> FileChanges:
        return FileChanges(())

    def _paths_of(self, session: Session, hunks: Sequence[HunkName]) -> list[str]:
        for hunk in hunks:
            if self.texts.get(session.id, {}).get(hunk.path) != hunk.id:
                raise FilesRefused(f"hunk {hunk.id} of {hunk.path} is not there any more", [hunk.path])
        return [hunk.path for hunk in hunks]

    async def checkpoint(self, session: Session, seq: int) -> bool:
        kept, texts = self.kept.setdefault(session.id, {}), dict(self.texts.get(session.id, {}))
        is_new = kept.get(seq) != texts
        kept[seq] = texts
        return is_new

    async def restore(self, source: Session, seq: int, target: Session) -> None:
        earlier = {known: texts for known, texts in self.kept.get(source.id, {}).items() if known <= seq}
        self.texts[target.id] = dict(earlier[max(earlier)]) if earlier else {}
        self.kept.setdefault(target.id, {}).update(earlier)

    async def evidence(self, session: Session, seq: int) -> Evidence:
        texts = self.kept.get(session.id, {}).get(seq, {})
        return Evidence(repr(sorted(texts.items())))

    async def forks(self) -> list[str]:
        return [session_id for session_id in self.texts if is_fork(session_id)]

    async def erase(self, session_id: str) -> None:
        for known in (self.texts, self.began, self.kept):
            known.pop(session_id, None)
