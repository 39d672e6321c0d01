"""Skills carried by the names in their SKILL.md, compared file by file."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from workbench.client import paths
from workbench.client.sync import Client
from workbench.commands.surface import Json, Wrong
from workbench.commands.transfer.change import Change, all_of, diff

_MOST_SHOWN = 20_000


def skills(source: Client, target: Client) -> Iterator[Change]:
    """What differs of each skill that a person uploaded at the source."""
    there = _by_name(target)
    for name, one in _by_name(source).items():
        old = there.get(name)
        new_files = _files(source, one)
        old_files = _files(target, old) if old else {}
        if new_files == old_files:
            continue
        yield Change(
            "skill",
            name,
            old is None,
            diff(_shown(old_files), _shown(new_files), name),
            partial(_upload, source, target, one, old),
        )


def names_of_skills(service: Client) -> dict[str, str]:
    """The names of uploaded skills, by id."""
    return {one["id"]: name for name, one in _by_name(service).items()}


def _by_name(service: Client) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for one in all_of(service, paths.SKILLS):
        if one["source"]["type"] != "custom":
            continue
        name = str(service.get(f"{paths.skill_versions(one['id'])}/{one['latest_version_id']}")["name"])
        if name in found:
            raise Wrong(f"two skills of one service are named {name!r}; remove one of them")
        found[name] = one
    return found


def _archive(service: Client, skill: Json) -> bytes:
    newest = skill["latest_version_id"]
    return b"".join(service.download(f"{paths.skill_versions(skill['id'])}/{newest}/content"))


def _files(service: Client, skill: Json) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(_archive(service, skill))) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}


def _shown(files: dict[str, bytes]) -> str:
    """All files as one text: those that are no text, and large ones, by their digest."""
    parts = []
    for path, content in sorted(files.items()):
        try:
            text = content.decode() if len(content) <= _MOST_SHOWN else None
        except UnicodeDecodeError:
            text = None
        parts.append(f"── {path}\n{text if text is not None else hashlib.sha256(content).hexdigest()}")
    return "\n".join(parts)


def _upload(source: Client, target: Client, skill: Json, old: Json | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "skill.zip"
        archive.write_bytes(_archive(source, skill))
        if old is not None:
            target.upload(paths.skill_versions(old["id"]), archive, {}, "files[]")
        else:
            target.upload(paths.SKILLS, archive, {"display_name": skill["display_name"]}, "files[]")
