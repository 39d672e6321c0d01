"""Skills over HTTP with the official SDK: uploaded as folders and as zips, versioned, read, deleted, and given to sessions."""

from __future__ import annotations

import asyncio
import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.lib import files_from_dir
from anthropic.lib.tools._skills import download_session_skills

from tests.api.stage import TOKEN, Stage, play
from tests.api.test_files import stored
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.catalog.skills import held
from workbench.contracts.values import Call, Outcome, text_outcome
from workbench.skills.packing import MOST_BYTES

TOOLSET: Any = [{"type": "agent_toolset_20260401"}]
SKILL_MD = "---\nname: greeting\ndescription: Says hello.\n---\n# Greeting\n\nRun `scripts/hello.sh NAME`.\n"
SCRIPT = b'#!/bin/sh\necho "hello $1"\n'
FILES: dict[str, bytes] = {
    "greeting/SKILL.md": SKILL_MD.encode(),
    "greeting/scripts/hello.sh": SCRIPT,
    "greeting/words.txt": "Grüße\n".encode(),
}


def zipped(files: Mapping[str, bytes], *, executable: str = "", **more: Any) -> bytes:
    """A zip as `zip -r` makes it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path)
            entry.compress_type = more.get("compress_type", zipfile.ZIP_DEFLATED)
            entry.external_attr = more.get("mode", stat.S_IFREG | (0o755 if path == executable else 0o644)) << 16
            archive.writestr(entry, content)
    return made.getvalue()


def parts(files: Mapping[str, bytes]) -> Any:
    return list(files.items())


def skill_md(name: str, description: str = "Says hello.") -> bytes:
    return f"---\nname: {name}\ndescription: {description}\n---\n".encode()


def folder(under: Path, files: Mapping[str, bytes]) -> Path:
    """The files in a folder, with the mode that a script has."""
    for path, content in files.items():
        place = under / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        if content.startswith(b"#!"):
            place.chmod(0o755)
    return under / next(iter(files)).partition("/")[0]


def test_a_folder_and_a_zip_give_the_same_and_latest_is_resolved_on_retrieve_alone(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        for skills in (stage.client.beta.skills, stage.client.skills):
            made = await skills.create(files=files_from_dir(folder(tmp_path, FILES)))
            assert (made.type, made.display_name, made.source.type) == ("skill", "greeting", "custom")
            first = await skills.versions.retrieve("latest", skill_id=made.id)
            assert first.id == made.latest_version_id
            assert (first.type, first.name, first.description) == ("skill_version", "greeting", "Says hello.")
            assert len(stored(stage)) == 1
            archive = ("greeting.zip", zipped(FILES), "application/zip")
            second = await skills.versions.create(made.id, files=[archive])
            assert (second.name, second.skill_id) == ("greeting", made.id)
            assert int(second.id) > int(first.id)
            assert len(stored(stage)) == 1
            assert (await skills.retrieve(made.id)).latest_version_id == second.id
            assert [one.id async for one in skills.versions.list(made.id, limit=1)] == [second.id, first.id]
            with pytest.raises(anthropic.NotFoundError):
                await stage.client.beta.skills.versions.download("latest", skill_id=made.id)
            # Only the beta client of this version of the SDK downloads.
            content = await (await stage.client.beta.skills.versions.download(second.id, skill_id=made.id)).read()
            with zipfile.ZipFile(io.BytesIO(content)) as opened:
                assert {one.filename: opened.read(one) for one in opened.infolist()} == FILES
                assert {one.filename: one.external_attr >> 16 & 0o777 for one in opened.infolist()} == {
                    path: 0o755 if path.endswith(".sh") else 0o644 for path in FILES
                }
                assert {one.create_system for one in opened.infolist()} == {3}
            other = {path.replace("greeting", "other"): one for path, one in FILES.items()}
            other["other/SKILL.md"] = skill_md("other")
            with pytest.raises(anthropic.BadRequestError, match=r"every version of skill .* is called 'greeting'"):
                await skills.versions.create(made.id, files=parts(other))
            assert (await skills.versions.delete(first.id, skill_id=made.id)).type == "skill_version_deleted"
            with pytest.raises(anthropic.BadRequestError, match="is the only one"):
                await skills.versions.delete(second.id, skill_id=made.id)
            assert (await skills.delete(made.id)).type == "skill_deleted"
            assert stored(stage) == []

    play(story)


def test_lists_page_and_filter_and_older_clients_find_their_names() -> None:
    async def story(stage: Stage) -> None:
        skills = stage.client.beta.skills
        made = [await skills.create(files=[(f"s{n}/SKILL.md", skill_md(f"s{n}"))]) for n in range(3)]
        ids = [one.id for one in reversed(made)]
        named = await skills.create(files=parts(FILES), display_name="Grüße an alle")
        assert named.display_name == "Grüße an alle"
        assert [one.id async for one in skills.list(limit=2)] == [named.id, *ids]
        assert [one.id async for one in skills.list(source="custom")] == [named.id, *ids]
        assert [one.id async for one in skills.list(source="anthropic")] == []
        for query in ("source=mine", "limit=0", "limit=1001", "page=made-up"):
            assert (await stage.raw.get(f"/v1/skills?{query}")).status_code == 400, query
        whole = (await stage.raw.get(f"/v1/skills/{named.id}")).json()
        assert sorted(whole) == [
            "created_at",
            "display_name",
            "id",
            "latest_version_id",
            "source",
            "type",
            "updated_at",
        ]
        older = {"anthropic-beta": "skills-2025-10-02"}
        path = f"/v1/skills/{named.id}"
        seen = (await stage.raw.get(f"{path}?beta=true", headers=older)).json()
        assert (seen["display_title"], seen["latest_version"], seen["source"]) == (
            "Grüße an alle",
            named.latest_version_id,
            "custom",
        )
        version = (await stage.raw.get(f"{path}/versions/latest", headers=older)).json()
        assert (version["version"], version["directory"]) == (named.latest_version_id, "greeting")
        for gone in ("/v1/skills/skill_gone", f"{path}/versions/1", "/v1/skills/skill_gone/versions"):
            assert (await stage.raw.get(gone)).status_code == 404, gone

    play(story)


def _fields(**fields: str) -> bytes:
    return (
        "---\n" + "".join(f"{name.replace('_', '-')}: {text}\n" for name, text in fields.items()) + "---\n"
    ).encode()


WRONG: dict[str, tuple[Mapping[str, bytes], str]] = {
    "no SKILL.md": ({"a/README.md": b"x"}, "SKILL.md: is not there"),
    "spelled otherwise": ({"a/skill.md": skill_md("a")}, "there is a/skill.md"),
    "two folders": ({"a/SKILL.md": skill_md("a"), "b/x": b""}, "these lie in a, b"),
    "too deep": ({"a/b/SKILL.md": skill_md("b")}, "is not there"),
    "no front matter": ({"a/SKILL.md": b"# a\n"}, "SKILL.md:1: must begin with a line ---"),
    "byte order mark": ({"a/SKILL.md": b"\xef\xbb\xbf" + skill_md("a")}, "byte order mark"),
    "no end": ({"a/SKILL.md": b"---\nname: a\n"}, "SKILL.md:1: the front matter that begins here has no end"),
    "not UTF-8": ({"a/SKILL.md": b"---\nname: a\ndescription: \xff\n---\n"}, "SKILL.md:3: is not UTF-8"),
    "no YAML": ({"a/SKILL.md": b"---\nname: a\ndescription: a: b\n---\n"}, "SKILL.md:3: is no YAML"),
    "a list": ({"a/SKILL.md": b"---\n- name\n---\n"}, "SKILL.md:2: the front matter must be fields"),
    "empty": ({"a/SKILL.md": b"---\n---\n"}, "the front matter is empty"),
    "no name": ({"a/SKILL.md": _fields(description="x")}, "SKILL.md:1: name: is missing"),
    "no description": ({"a/SKILL.md": _fields(name="a")}, "SKILL.md:1: description: is missing"),
    "name a number": (
        {"a/SKILL.md": _fields(name="12", description="x")},
        "SKILL.md:2: name: must be text, and is a number",
    ),
    "name in capitals": ({"a/SKILL.md": _fields(name="Hello", description="x")}, "SKILL.md:2: name: has a-z"),
    "two hyphens": ({"a/SKILL.md": _fields(name="a--b", description="x")}, "single hyphens"),
    "a long name": ({"a/SKILL.md": _fields(name="a" * 65, description="x")}, "this one 65"),
    "reserved": ({"a/SKILL.md": _fields(name="my-claude", description="x")}, "may not have claude in it"),
    "a long description": (
        {"a/SKILL.md": _fields(name="a", description="x" * 1025)},
        "SKILL.md:3: description: has 1 to 1024",
    ),
    "XML": ({"a/SKILL.md": _fields(name="a", description="use <b>this</b>")}, "may not have XML tags, such as <b>"),
    "description a list": ({"a/SKILL.md": _fields(name="a", description="[x]")}, "must be text, and is a list"),
    "metadata a text": (
        {"a/SKILL.md": _fields(name="a", description="x", metadata="y")},
        "SKILL.md:4: metadata: must be fields",
    ),
    "tools a map": (
        {"a/SKILL.md": _fields(name="a", description="x", allowed_tools="{a: b}")},
        "allowed-tools: must be names",
    ),
    "half a pair": (
        {"a/SKILL.md": _fields(name="a", description='"\\ud800"')},
        "SKILL.md:3: has a sign that is no part",
    ),
    "an escape": ({"a/SKILL.md": _fields(name="a", description='"\\e[2J"')}, "SKILL.md:3: has a sign that is no part"),
    "a tag": ({"a/SKILL.md": _fields(name="!!python/name:os.system a", description="x")}, "SKILL.md:2: tags such as"),
    "an alias": ({"a/SKILL.md": b"---\nname: &n a\ndescription: *n\n---\n"}, "SKILL.md:2: anchors and aliases"),
    "too nested": ({"a/SKILL.md": _fields(name="a", description="x", metadata="[" * 9000)}, "at most 8 levels deep"),
    "twice": ({"a/SKILL.md": b"---\nname: a\ndescription: x\nname: b\n---\n"}, "SKILL.md:4: name: stands there twice"),
    "a way out": ({"a/SKILL.md": skill_md("a"), "a/../../x": b"x"}, "leads out of its folder"),
    "absolute": ({"a/SKILL.md": skill_md("a"), "/etc/x": b"x"}, "leads out of its folder"),
    "a backslash": ({"a/SKILL.md": skill_md("a"), "a\\..\\x": b"x"}, "has a sign in its name"),
    "file and folder": ({"a/SKILL.md": skill_md("a"), "a/x": b"x", "a/x/y": b"y"}, "a/x: is a file and a folder"),
    "too large": ({"a/SKILL.md": skill_md("a"), "a/x": bytes(MOST_BYTES)}, "at most 30 MB, unpacked"),
}


@pytest.mark.parametrize("form", ["files", "zip"])
def test_each_fault_is_said_with_file_and_line_and_nothing_is_stored(form: str) -> None:
    async def story(stage: Stage) -> None:
        for what, (files, said) in WRONG.items():
            sent = parts(files) if form == "files" else [("a.zip", zipped(files), "application/zip")]
            with pytest.raises(anthropic.APIStatusError) as refused:
                await stage.client.beta.skills.create(files=sent)
            assert refused.value.status_code == (413 if what == "too large" else 400), what
            assert said in refused.value.message, (what, refused.value.message)
        assert stored(stage) == []
        assert [one async for one in stage.client.beta.skills.list()] == []

    play(story)


def test_all_faults_are_said_at_once() -> None:
    async def story(stage: Stage) -> None:
        content = _fields(name="Claude", license="1", description="''")
        with pytest.raises(anthropic.BadRequestError) as refused:
            await stage.client.beta.skills.create(files=[("a/SKILL.md", content)])
        assert "SKILL.md:2: name: has a-z" in refused.value.message
        assert "SKILL.md:3: license: must be text, and is a number; put quotes around it" in refused.value.message
        assert "SKILL.md:4: description: has 1 to 1024 characters, this one 0" in refused.value.message

    play(story)


def _bomb() -> bytes:
    """What unpacks to a thousand times its size; its headers say that the file is small."""
    made = zipped({"a/SKILL.md": skill_md("a"), "a/bomb": bytes(64 << 20)})
    return made.replace((64 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def test_hostile_archives_are_refused_and_the_next_upload_is_taken() -> None:
    good = {"a/SKILL.md": skill_md("a")}
    archives = {
        "a link": (zipped({**good, "a/x": b"/etc/passwd"}, mode=stat.S_IFLNK | 0o777), 400, "is a link or a device"),
        "a bomb": (zipped({**good, "a/bomb": bytes(64 << 20)}), 413, "at most 30 MB, unpacked"),
        "a bomb that lies": (_bomb(), 400, "cannot be read as a zip"),
        "100,000 files": (zipped(good | {f"a/{n}": b"" for n in range(100_000)}), 413, "more than 10,000 files"),
        "20,000 files": (zipped(good | {f"a/{n}": b"" for n in range(20_000)}), 413, "at most 10,000 files"),
        "no zip": (b"PK\x03\x04 not at all", 400, "cannot be read as a zip"),
        "cut short": (zipped(FILES)[:-30], 400, "cannot be read as a zip"),
        "damaged": (
            zipped(FILES).replace(b"greeting/words.txt", b"greeting/wrong.txt", 1),
            400,
            "cannot be read as a zip",
        ),
        "lzma": (zipped(good, compress_type=zipfile.ZIP_LZMA), 400, "use deflate"),
        "too large as it is": (b"x" * (MOST_BYTES + 1), 413, "more as it is"),
    }

    async def story(stage: Stage) -> None:
        skills = stage.client.beta.skills
        for what, (content, status, said) in archives.items():
            with pytest.raises(anthropic.APIStatusError) as refused:
                await skills.create(files=[("a.zip", content, "application/zip")])
            assert (refused.value.status_code, said in refused.value.message) == (status, True), (
                what,
                refused.value.message,
            )
            assert stored(stage) == [], what
        with pytest.raises(anthropic.BadRequestError, match="uploaded alone"):
            await skills.create(files=[*parts(good), ("a.zip", zipped(good), "application/zip")])
        many: Any = [(f"a/{n}", b"") for n in range(10_001)]
        with pytest.raises(anthropic.APIStatusError, match="at most 10,000 files"):
            await skills.create(files=many)
        with_zip_in_it = {**good, "a/inner.zip": zipped(good)}
        made = await skills.create(files=parts(with_zip_in_it))
        assert made.display_name == "a"

    play(story)


def test_forms_that_are_none_and_uploads_that_are_cut_off_leave_nothing() -> None:
    async def story(stage: Stage) -> None:
        head = b'--b\r\ncontent-disposition: form-data; name="%s"; filename="%s"\r\n\r\n'
        whole = head % (b"files[]", b"a/SKILL.md") + skill_md("a") + b"\r\n"
        kind = "multipart/form-data; boundary=b"
        for content, given, said in (
            (b"{}", "application/json", "multipart/form-data with a part named files[]"),
            (whole, kind, "cut off"),
            (b"--b--\r\n", kind, "no part of this name"),
            (head % (b"other", b"x") + b"x\r\n--b--\r\n", kind, "no others"),
            (whole + head % (b"display_name", b"") + b"x" * 256 + b"\r\n--b--\r\n", kind, "1 to 255"),
        ):
            answer = await stage.raw.post("/v1/skills", content=content, headers={"content-type": given})
            assert (answer.status_code, said in answer.json()["error"]["message"]) == (400, True), answer.json()
        assert stored(stage) == []
        assert (await stage.raw.get("/v1/skills")).json() == {"data": [], "next_page": None}

    play(story)


# ── sessions ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_public_guide_an_agent_with_a_skill_has_it_in_its_session_at_the_version_of_its_start() -> None:
    stage_of: list[Stage] = []
    session_ids: list[str] = []
    seen: dict[str, tuple[bytes, int]] = {}

    def gives(call: Call) -> Outcome:
        skills = stage_of[0].settings.sandboxes / session_ids[0] / "skills"
        seen.update(
            (str(one.relative_to(skills)), (one.read_bytes(), one.stat().st_mode & 0o777))
            for one in skills.rglob("*")
            if one.is_file()
        )
        return text_outcome("done")

    async def story(stage: Stage) -> None:
        stage_of.append(stage)
        skills = stage.client.beta.skills
        made = await skills.create(files=parts(FILES))
        wanted: Any = [{"type": "custom", "skill_id": made.id, "version": "latest"}]
        agent = await stage.agent(skills=wanted)
        assert [one.to_dict() for one in agent.skills] == [{"type": "custom", "skill_id": made.id, "version": "latest"}]
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        session_ids.append(session.id)
        later = FILES | {"greeting/SKILL.md": skill_md("greeting", "Another one.")}
        await skills.versions.create(made.id, files=parts(later))
        await skills.delete(made.id)
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        await stage.until_idle(session.id, then=stage.say(session.id, "On"))
        assert seen == {path: (one, 0o555 if path.endswith(".sh") else 0o444) for path, one in FILES.items()}
        prompts = [request.body["system"][0]["text"] for request in stage.model.requests]
        assert "- greeting: Says hello. (/workspace/skills/greeting/SKILL.md)" in prompts[0]
        assert "scripts/hello.sh" not in prompts[0]
        assert len(set(prompts)) == 1
        fork = (await stage.raw.post(f"/workbench/v1/sessions/{session.id}/fork", json={})).json()
        await stage.client.beta.sessions.delete(session.id)
        assert len(stored(stage)) == 1
        await stage.until_idle(fork["id"], then=stage.say(fork["id"], "And here?"))
        assert stage.model.requests[-1].body["system"][0]["text"] == prompts[0]
        await stage.client.beta.sessions.delete(fork["id"])
        assert stored(stage) == []
        with pytest.raises(anthropic.BadRequestError, match=f"skills.0: skill {made.id} was not found"):
            await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)

    script = [calls(("bash", {"command": "work"})), says("Done."), says("More."), says("Forked.")]
    play(story, script=script, hands=ScriptedHands(gives))


def test_what_an_agent_cannot_have_is_refused_with_its_place() -> None:
    async def story(stage: Stage) -> None:
        made = await stage.client.beta.skills.create(files=parts(FILES))
        same = await stage.client.beta.skills.create(files=parts(FILES))
        custom = {"type": "custom", "skill_id": made.id}
        no_read: Any = [{"type": "agent_toolset_20260401", "configs": [{"name": "read", "enabled": False}]}]
        for fields, said in (
            ({"skills": [{"type": "anthropic", "skill_id": "pptx"}]}, "skills.0"),
            ({"skills": [{"type": "anthropic", "skill_id": "pptx"}]}, "'pptx', are with the hosted service alone"),
            ({"skills": [{"type": "custom", "skill_id": "skill_gone"}]}, "skills.0: skill skill_gone was not found"),
            ({"skills": [custom | {"version": "1"}]}, "skills.0: version 1 of skill"),
            ({"skills": [custom], "tools": []}, "they need agent_toolset_20260401"),
            ({"skills": [custom], "tools": no_read}, "they need the tool read enabled"),
        ):
            with pytest.raises(anthropic.BadRequestError, match=said):
                await stage.agent(**fields)
        agent = await stage.agent(skills=[custom, {"type": "custom", "skill_id": same.id}])
        environment = await stage.client.beta.environments.create(name="plain")
        with pytest.raises(anthropic.BadRequestError, match="are both called 'greeting'"):
            await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        overridden: Any = {"type": "agent_with_overrides", "id": agent.id, "skills": [custom]}
        session = await stage.client.beta.sessions.create(agent=overridden, environment_id=environment.id)
        assert [one.skill_id for one in session.agent.skills] == [made.id]
        await stage.client.beta.agents.update(agent.id, version=1, skills=[])
        overridden["skills"] = [{"type": "custom", "skill_id": "skill_gone"}]
        with pytest.raises(anthropic.BadRequestError, match="skill_gone was not found"):
            await stage.client.beta.sessions.create(agent=overridden, environment_id=environment.id)

    play(story)


def test_the_sdks_worker_finds_the_skills_of_a_session(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        made = await stage.client.beta.skills.create(files=parts(FILES))
        agent = await stage.agent(skills=[{"type": "custom", "skill_id": made.id}])
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        [place] = await download_session_skills(stage.client, workdir=tmp_path, session=session)
        assert place == tmp_path / "skills" / "greeting"
        assert (place / "SKILL.md").read_text() == SKILL_MD
        assert (place / "scripts" / "hello.sh").stat().st_mode & 0o111 == 0o111

    play(story)


# ── skills of projects ────────────────────────────────────────────────────────────────────────────────────────────────


async def _in_project(stage: Stage, project: Path, **metadata: str) -> Any:
    return await stage.session(metadata={"workbench.project": str(project), **metadata})


async def _found(stage: Stage, project: Path) -> list[dict[str, Any]]:
    return list((await stage.raw.get("/workbench/v1/skills", params={"project": str(project)})).json()["data"])


def _prompt(stage: Stage) -> str:
    return str(stage.model.requests[-1].body["system"][0]["text"])


def test_skills_of_project_and_home_are_offered_once_they_are_trusted_and_asked_about_again_when_they_change(
    tmp_path: Path,
) -> None:
    async def story(stage: Stage) -> None:
        project, home = tmp_path / "project", stage.settings.data.parent / "home"
        in_project = FILES | {"greeting/SKILL.md": skill_md("greeting", "Of the project.")}
        folder(project / ".claude" / "skills", in_project)
        folder(home / ".agents" / "skills", FILES)
        folder(home / ".claude" / "skills", {"lone/SKILL.md": skill_md("lone")})
        folder(project / ".agents" / "skills", {"bad/SKILL.md": b"# no front matter\n"})
        session = await _in_project(stage, project)
        [told] = [one.error.message for one in await stage.listed(session.id) if one.type == "session.error"]
        assert ".claude/skills/greeting, ~/.agents/skills/greeting, ~/.claude/skills/lone" in told
        assert "workbench skills trust" in told
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert "You have skills" not in _prompt(stage)
        # What lies in the home is told once, and not in each project.
        again = await _in_project(stage, project)
        [told] = [one.error.message for one in await stage.listed(again.id) if one.type == "session.error"]
        assert (".claude/skills/greeting" in told, "~/" in told) == (True, False)
        everywhere = (await stage.raw.get("/workbench/v1/skills")).json()["data"]
        assert [one["place"] for one in everywhere] == ["~/.agents/skills/greeting", "~/.claude/skills/lone"]
        found = await _found(stage, project)
        assert [(one["place"], one["trusted"]) for one in found] == [
            (".agents/skills/bad", False),
            (".claude/skills/greeting", False),
            ("~/.agents/skills/greeting", False),
            ("~/.claude/skills/lone", False),
        ]
        assert found[0]["faults"] == ["SKILL.md:1: must begin with a line ---, then YAML with name and description"]
        digests = [one["digest"] for one in found if one["digest"]]
        answer = await stage.raw.post("/workbench/v1/skills/trust", json={"digests": digests})
        assert answer.status_code == 200
        found = await _found(stage, project)
        assert [one["shadowed_by"] for one in found] == [None, None, ".claude/skills/greeting", None]
        session = await _in_project(stage, project)
        assert [one.type for one in await stage.listed(session.id)] == []
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert "- greeting: Of the project. (/workspace/skills/greeting/SKILL.md)" in _prompt(stage)
        assert "- lone: Says hello." in _prompt(stage)
        (project / ".claude" / "skills" / "greeting" / "scripts" / "hello.sh").write_text("#!/bin/sh\nrm -rf ~\n")
        found = await _found(stage, project)
        assert [one["trusted"] for one in found] == [False, False, True, True]
        await stage.until_idle(session.id, then=stage.say(session.id, "Again"))
        assert "- greeting: Of the project." in _prompt(stage)
        # The changed one stands in nobody's way.
        session = await _in_project(stage, project)
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert "- greeting: Says hello." in _prompt(stage)
        session = await _in_project(stage, project, **{"workbench.skills": "none"})
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert "You have skills" not in _prompt(stage)
        await stage.raw.post("/workbench/v1/skills/trust", json={"digests": digests, "trusted": False})
        assert [one["trusted"] for one in await _found(stage, project)] == [False] * 4

    play(story, script=[says("Done.") for _ in range(5)])


def test_an_attached_skill_goes_before_one_of_the_project_and_no_project_trusts_itself(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        project = tmp_path / "skills"
        folder(project / ".agents" / "skills", FILES | {"greeting/SKILL.md": skill_md("greeting", "Of the project.")})
        (project / ".agents" / "trusted.json").write_text('{"digests": "all"}')
        [found] = await _found(stage, project)
        await stage.raw.post("/workbench/v1/skills/trust", json={"digests": [found["digest"]]})
        made = await stage.client.beta.skills.create(files=parts(FILES))
        agent = await stage.agent(skills=[{"type": "custom", "skill_id": made.id}])
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(
            agent=agent.id, environment_id=environment.id, metadata={"workbench.project": str(project)}
        )
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        # The project itself lies at /workspace/skills.
        assert "- greeting: Says hello. (/workspace/.skills/greeting/SKILL.md)" in _prompt(stage)
        assert "Of the project." not in _prompt(stage)
        for body in ({}, {"digests": ["x"]}, {"digests": [found["digest"]], "trusted": "yes"}, {"digests": [7]}):
            assert (await stage.raw.post("/workbench/v1/skills/trust", json=body)).status_code == 400, body
        assert (await stage.raw.get("/workbench/v1/skills?project=nowhere")).status_code == 400

    play(story, script=[says("Done.")])


def test_a_link_is_followed_within_the_project_and_none_leads_out(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        project, outside = tmp_path / "project", tmp_path / "outside"
        folder(project / "shared", FILES)
        folder(outside, {"secret/SKILL.md": skill_md("secret"), "secret/key": b"secret"})
        (project / ".claude" / "skills").mkdir(parents=True)
        (project / ".claude" / "skills" / "greeting").symlink_to("../../shared/greeting")
        (project / ".claude" / "skills" / "out").symlink_to(outside / "secret")
        folder(project / ".agents" / "skills", {"links/SKILL.md": skill_md("links")})
        (project / ".agents" / "skills" / "links" / "key").symlink_to(outside / "secret" / "key")
        found = await _found(stage, project)
        assert [(one["place"], one["faults"]) for one in found] == [
            (".agents/skills/links", ["key: is a link or a device; a skill has files and folders only"]),
            (".claude/skills/greeting", []),
        ]

    play(story)


def test_what_a_project_makes_too_large_is_told_and_the_rest_is_not_read(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        place = tmp_path / "project" / ".claude" / "skills"
        for name in ("a", "b", "c", "d", "e"):
            folder(place, {f"{name}/SKILL.md": skill_md(name)})
            with (place / name / "large").open("wb") as sparse:
                sparse.truncate(MOST_BYTES + (1 if name == "a" else -1000))
        found = await _found(stage, tmp_path / "project")
        assert [one["faults"] for one in found] == [
            ["SKILL.md: all files of a skill together have at most 30 MB, unpacked"],
            [],
            [],
            ["not read: the skills here have more than 64 MB together"],
            ["not read: the skills here have more than 64 MB together"],
        ]

    play(story)


def test_an_agent_that_cannot_read_is_told_of_no_skill(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        folder(tmp_path / "project" / ".claude" / "skills", FILES)
        [found] = await _found(stage, tmp_path / "project")
        await stage.raw.post("/workbench/v1/skills/trust", json={"digests": [found["digest"]]})
        no_read: Any = [{"type": "agent_toolset_20260401", "configs": [{"name": "read", "enabled": False}]}]
        session = await stage.session(tools=no_read, metadata={"workbench.project": str(tmp_path / "project")})
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert "You have skills" not in _prompt(stage)
        with pytest.raises(anthropic.BadRequestError, match=r"metadata\.workbench\.skills: must be"):
            await stage.session(metadata={"workbench.skills": "all"})

    play(story, script=[says("Done.")])


def test_what_a_crash_left_of_a_session_that_was_never_made_is_gone_at_the_next_start() -> None:
    async def story(stage: Stage) -> None:
        made = await stage.client.beta.skills.create(files=parts(FILES))
        [content] = stored(stage)
        await stage.engine.skills.known.put(held("sesn_never_made", [content]))
        await stage.client.beta.skills.delete(made.id)
        assert stored(stage) == [content]
        await stage.engine.files.begin()
        assert stored(stage) == []

    play(story)


def test_a_content_that_is_lost_is_told_once_and_the_session_goes_on() -> None:
    async def story(stage: Stage) -> None:
        made = await stage.client.beta.skills.create(files=parts(FILES))
        agent = await stage.agent(skills=[{"type": "custom", "skill_id": made.id}])
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        (stage.settings.contents / stored(stage)[0]).unlink()
        seen = await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        [told] = [one.error.message for one in seen if one.type == "session.error"]
        assert "is not on this machine any more" in told
        assert seen[-1].stop_reason.type == "end_turn"
        with pytest.raises(anthropic.NotFoundError, match="is not on this machine any more"):
            await stage.client.beta.skills.versions.download(made.latest_version_id, skill_id=made.id)

    play(story, script=[calls(("bash", {"command": "a"})), calls(("bash", {"command": "b"})), says("Done.")])


def test_versions_made_at_the_same_moment_are_all_kept() -> None:
    async def story(stage: Stage) -> None:
        skills = stage.client.beta.skills
        made = await skills.create(files=parts(FILES))
        later = await asyncio.gather(*(skills.versions.create(made.id, files=parts(FILES)) for _ in range(5)))
        listed = [one.id async for one in skills.versions.list(made.id)]
        assert sorted(listed) == sorted([made.latest_version_id, *(one.id for one in later)])
        assert listed == sorted(listed, reverse=True)

    play(story)


def test_allowed_tools_of_a_skill_widen_no_permission(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        content = _fields(name="greeting", description="Hello.", allowed_tools="bash read write")
        made = await stage.client.beta.skills.create(files=[("greeting/SKILL.md", content)])
        asks: Any = [
            {"type": "agent_toolset_20260401", "default_config": {"permission_policy": {"type": "always_ask"}}}
        ]
        agent = await stage.agent(skills=[{"type": "custom", "skill_id": made.id}], tools=asks)
        environment = await stage.client.beta.environments.create(name="plain")
        session = await stage.client.beta.sessions.create(agent=agent.id, environment_id=environment.id)
        seen = await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert seen[-1].stop_reason.type == "requires_action"

    play(story, script=[calls(("bash", {"command": "work"}))])


def test_an_upload_begun_over_a_connection_that_is_lost_leaves_nothing() -> None:
    async def story(stage: Stage) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        head = f"POST /v1/skills HTTP/1.1\r\nhost: 127.0.0.1:{stage.port}\r\nx-api-key: {TOKEN}\r\n"
        head += "content-type: multipart/form-data; boundary=b\r\ncontent-length: 300\r\n\r\n"
        part = b'--b\r\ncontent-disposition: form-data; name="files[]"; filename="a/SKILL.md"\r\n\r\n' + skill_md("a")
        writer.write(head.encode() + part.ljust(300, b"x"))
        assert b" 400 " in await reader.readline()
        assert b"cut off" in await reader.read(5000)
        writer.close()
        assert stored(stage) == []

    play(story)
