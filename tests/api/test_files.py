"""Files over HTTP with the official SDK: uploaded, listed, read, deleted, mounted in sessions, and left by agents."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.api.stage import TOKEN, Stage, play
from tests.trivial.hands import ScriptedHands
from tests.trivial.model import calls, says
from workbench.catalog.files import hash_of
from workbench.clock import now, timestamp
from workbench.contracts.values import Call, Document, Outcome, text_outcome
from workbench.engine.files import StoredFiles
from workbench.hands.files.contents import StoredContents

CSV = b"a,b\n1,2\n"


def shared(stage: Stage, session_id: str) -> Path:
    return stage.settings.sandboxes / session_id


def stored(stage: Stage) -> list[str]:
    """The names of all that is kept, and of all that is on its way."""
    return sorted(path.name for path in stage.settings.contents.rglob("*") if path.is_file())


async def until(holds: Callable[[], bool]) -> None:
    """Wait for something that no event tells; the story is bounded."""
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0)


def test_the_public_guide_a_file_in_and_what_the_agent_made_of_it_out() -> None:
    stage_of: list[Stage] = []
    session_ids: list[str] = []

    def gives(call: Call) -> Outcome:
        folder = shared(stage_of[0], session_ids[0])
        given = (folder / "uploads" / "data.csv").read_bytes()
        outputs = folder / "session" / "outputs"
        outputs.mkdir(parents=True)
        (outputs / "report.txt").write_bytes(b"report of " + given)
        return text_outcome("done")

    async def story(stage: Stage) -> None:
        stage_of.append(stage)
        files = stage.client.beta.files
        uploaded = await files.upload(file=("data.csv", CSV, "text/csv"))
        assert (uploaded.filename, uploaded.mime_type, uploaded.size_bytes) == ("data.csv", "text/csv", len(CSV))
        assert (uploaded.downloadable, uploaded.expires_at, uploaded.scope) == (False, None, None)
        resources: Any = [{"type": "file", "file_id": uploaded.id, "mount_path": "/data.csv"}]
        session = await stage.session(resources=resources)
        session_ids.append(session.id)
        [resource] = session.resources
        assert (resource.type, resource.mount_path) == ("file", "/mnt/session/uploads/data.csv")
        assert resource.file_id != uploaded.id
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        found = [one async for one in files.list(scope_id=session.id, betas=["managed-agents-2026-04-01"])]
        assert [(one.filename, one.downloadable) for one in found] == [("report.txt", True), ("data.csv", False)]
        assert found[0].scope is not None
        assert found[0].scope.to_dict() == {"type": "session", "id": session.id}
        content = await files.download(found[0].id)
        assert await content.read() == b"report of " + CSV
        with pytest.raises(anthropic.BadRequestError) as refused:
            await files.download(uploaded.id)
        assert type(refused.value).__name__ == "FileNotDownloadableError"
        prompt = stage.model.requests[0].body["system"][0]["text"]
        assert "/mnt/session/uploads/data.csv (data.csv, 8 bytes)" in prompt
        assert "Files for the user go into /mnt/session/outputs" in prompt
        await files.delete(uploaded.id)
        assert len(stored(stage)) == 2
        await stage.client.beta.sessions.delete(session.id)
        assert [one async for one in files.list()] == []
        assert stored(stage) == []

    play(story, script=[calls(("bash", {"command": "work"})), says("Done.")], hands=ScriptedHands(gives))


async def _uploads(stage: Stage, count: int) -> list[str]:
    """The ids of that many files, the newest first."""
    made = [await stage.client.beta.files.upload(file=(f"{n}.txt", b"%d" % n)) for n in range(count)]
    return [file.id for file in reversed(made)]


def test_lists_page_forward_today_and_both_ways_for_those_who_ask_with_a_beta() -> None:
    async def story(stage: Stage) -> None:
        files, ids = stage.client.beta.files, await _uploads(stage, 5)
        plain = (await stage.raw.get("/v1/files?limit=2")).json()
        assert sorted(plain) == ["data", "next_page"]
        assert [one["id"] for one in plain["data"]] == ids[:2]
        assert plain["next_page"].startswith("page_")
        assert [one.id async for one in files.list(limit=2)] == ids
        assert [one.id async for one in stage.client.files.list(limit=4)] == ids
        assert [one.id async for one in files.list(ids=[ids[3], ids[1], "file_gone", ids[3]])] == [ids[1], ids[3]]
        for betas, has_expiry in ((["managed-agents-2026-04-01"], True), (["files-api-2025-04-14"], False)):
            headers = {"anthropic-beta": ",".join(betas)}
            first = (await stage.raw.get("/v1/files?limit=2", headers=headers)).json()
            assert (first["has_more"], first["first_id"], first["last_id"]) == (True, ids[0], ids[1])
            assert ("expires_at" in first["data"][0]) is has_expiry
            behind = (await stage.raw.get(f"/v1/files?limit=9&after_id={ids[1]}", headers=headers)).json()
            assert ([one["id"] for one in behind["data"]], behind["has_more"]) == (ids[2:], False)
            before = (await stage.raw.get(f"/v1/files?limit=2&before_id={ids[3]}", headers=headers)).json()
            assert ([one["id"] for one in before["data"]], before["has_more"]) == (ids[1:3], True)
        with_beta = {"anthropic-beta": "managed-agents-2026-04-01"}
        for query, headers in (
            (f"after_id={ids[0]}", {}),
            (f"after_id={ids[0]}&before_id={ids[1]}", with_beta),
            ("after_id=file_gone", with_beta),
            (f"ids[]={ids[0]}&limit=3", {}),
            ("page=made-up", {}),
            ("limit=1001", {}),
            ("&".join(f"ids[]=file_{n}" for n in range(101)), {}),
        ):
            assert (await stage.raw.get(f"/v1/files?{query}", headers=headers)).status_code == 400, query

    play(story)


def test_a_form_is_read_in_any_order_and_what_it_should_not_have_is_refused_with_nothing_stored() -> None:
    async def send(stage: Stage, *parts: tuple[str, bytes], kind: str = "multipart/form-data; boundary=b") -> Any:
        body = b"".join(b"--b\r\ncontent-disposition: form-data; %s\r\n\r\n%s\r\n" % (h.encode(), c) for h, c in parts)
        return await stage.raw.post("/v1/files", content=body + b"--b--\r\n", headers={"content-type": kind})

    async def story(stage: Stage) -> None:
        for parts in (
            [('name="file"; filename="a.txt"', b"x"), ('name="expires_in_seconds"', b"3600")],
            [('name="expires_in_seconds"', b"7776000"), ('name="file"; filename="a/b.txt"', b"x")],
        ):
            made = (await send(stage, *parts)).json()
            assert (made["type"], made["mime_type"]) == ("file", "text/plain")
            assert made["expires_at"] > made["created_at"]
        for header, content, name, media_type in (
            ('name="file"', b"\x00\x01", "unnamed.bin", "application/octet-stream"),
            ('name="file"; filename=""', b"text", "unnamed.txt", "text/plain"),
            ('name="file"; filename="x"', b"%PDF-1.7", "x", "application/pdf"),
            ('name="file"; filename="/etc/p\xc3\xa4ss"'.encode("latin-1").decode(), b"", "päss", "text/plain"),
        ):
            made = (await send(stage, (header, content))).json()
            assert (made["filename"], made["mime_type"]) == (name, media_type)
        known = stored(stage)
        file = ('name="file"; filename="a.txt"', b"another content")
        for status, parts, kind in (
            (400, [file, ('name="expires_in_seconds"', b"3599")], None),
            (400, [file, ('name="expires_in_seconds"', b"soon")], None),
            (400, [file, file], None),
            (400, [file, ('name="purpose"', b"x")], None),
            (400, [('name="purpose"', b"x"), file], None),
            (400, [], None),
            (400, [file], "application/json"),
            (400, [file], "multipart/form-data"),
            (400, [file], "multipart/form-data; boundary=another"),
            (400, [('name="file"; filename="a%22b"', b"q")], None),
            (400, [('name="file"; filename="a\\\\b"', b"q")], None),
            (400, [(f'name="file"; filename="{"x" * 256}"', b"q")], None),
            (400, [('name="file"; filename="a%0Ab"', b"q")], None),
        ):
            answer = await (send(stage, *parts, kind=kind) if kind else send(stage, *parts))
            assert (answer.status_code, answer.json()["error"]["type"]) == (status, "invalid_request_error"), parts
        assert stored(stage) == known

    play(story)


async def _begun_upload(stage: Stage, *, length: int, sent: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection over which a form of this length was begun, and so many bytes of it were sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
    head = f"POST /v1/files HTTP/1.1\r\nhost: 127.0.0.1:{stage.port}\r\nx-api-key: {TOKEN}\r\n"
    head += f"content-type: multipart/form-data; boundary=b\r\ncontent-length: {length}\r\n\r\n"
    part = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    writer.write(head.encode() + part.ljust(sent, b"x"))
    await writer.drain()
    return reader, writer


def test_an_upload_that_is_cut_off_leaves_nothing() -> None:
    async def story(stage: Stage) -> None:
        staging = stage.settings.contents / "staging"
        _, lost = await _begun_upload(stage, length=4 << 20, sent=3 << 20)
        await until(lambda: staging.is_dir() and any(one.stat().st_size for one in staging.iterdir()))
        lost.close()
        await until(lambda: stored(stage) == [])
        reader, writer = await _begun_upload(stage, length=300, sent=300)
        assert b" 400 " in await reader.readline()
        assert b"cut off" in await reader.read(5000)
        writer.close()
        reader, writer = await _begun_upload(stage, length=3 << 30, sent=100)
        assert b" 413 " in await reader.readline()
        writer.close()
        assert stored(stage) == []
        assert [one async for one in stage.client.beta.files.list()] == []

    play(story)


def test_an_expired_file_is_still_listed_and_can_be_used_for_nothing() -> None:
    async def story(stage: Stage) -> None:
        files = stage.client.beta.files
        one = await files.upload(file=("a.txt", b"short-lived"), expires_in_seconds=3600)
        other = await files.upload(file=("b.txt", b"forgotten"), expires_in_seconds=3600)
        for file_id, expired in ((one.id, "2026-01-01T00:00:00Z"), (other.id, "2000-01-01T00:00:00Z")):
            body = await stage.engine.files.known.get(file_id)
            moment = timestamp(now() - timedelta(minutes=1)) if file_id == one.id else expired
            await stage.engine.files.known.put(Document("file", file_id, 1, body | {"expires_at": moment}))
        await stage.engine.files.sweep()
        assert stored(stage) == []
        assert [file.id async for file in files.list()] == [one.id]
        assert (await files.retrieve_metadata(one.id)).filename == "a.txt"
        document: Any = {"type": "document", "source": {"type": "file", "file_id": one.id}}
        session = await stage.session()
        for used in (
            files.download(one.id),
            stage.session(resources=[{"type": "file", "file_id": one.id}]),
            stage.client.beta.sessions.events.send(
                session.id, events=[{"type": "user.message", "content": [document]}]
            ),
        ):
            with pytest.raises(anthropic.NotFoundError) as refused:
                await used
            assert type(refused.value).__name__ == "FileExpiredError"
        assert (await files.delete(one.id)).type == "file_deleted"
        with pytest.raises(anthropic.NotFoundError):
            await files.delete(one.id)

    play(story)


PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_files_in_a_message_reach_the_model_as_what_they_hold_and_a_deleted_one_as_a_word() -> None:
    async def story(stage: Stage) -> None:
        files = stage.client.beta.files
        picture = await files.upload(file=("a.png", PNG, "image/png"))
        text = await files.upload(file=("a.txt", "Grüße".encode(), "text/plain"))
        table = await files.upload(file=("a.csv", CSV, "text/csv"))
        feigned = await files.upload(file=("b.png", CSV, "image/png"))
        session = await stage.session()

        def message(kind: str, file_id: str) -> Any:
            block = {"type": kind, "source": {"type": "file", "file_id": file_id}}
            return {"type": "user.message", "content": [{"type": "text", "text": "Look"}, block]}

        for kind, file_id, status, words in (
            ("document", table.id, 400, "is text/csv"),
            ("image", text.id, 400, "image takes"),
            ("image", feigned.id, 400, "is no picture"),
            ("image", "file_gone", 404, "File `file_gone` not found."),
        ):
            with pytest.raises(anthropic.APIStatusError, match=words) as refused:
                await stage.client.beta.sessions.events.send(session.id, events=[message(kind, file_id)])
            assert refused.value.status_code == status
        sent = [message("image", picture.id), message("document", text.id)]
        await stage.until_idle(session.id, then=stage.client.beta.sessions.events.send(session.id, events=sent))
        blocks = stage.model.requests[0].body["messages"][0]["content"]
        assert blocks[1]["source"] == {
            "type": "base64",
            "media_type": "image/png",
            "data": base64.b64encode(PNG).decode(),
        }
        assert blocks[3]["source"] == {"type": "text", "media_type": "text/plain", "data": "Grüße"}
        [first, *_] = await stage.listed(session.id, types=["user.message"])
        assert first.content[1].source.to_dict() == {"type": "file", "file_id": picture.id}
        await files.delete(picture.id)
        await stage.until_idle(session.id, then=stage.say(session.id, "And now?"))
        blocks = stage.model.requests[1].body["messages"][0]["content"]
        assert "cannot be read any more" in blocks[1]["text"]
        assert blocks[3]["source"]["data"] == "Grüße"

    play(story, script=[says("Seen."), says("Gone.")])


def test_files_are_attached_to_a_session_and_detached_and_the_agent_is_told() -> None:
    async def story(stage: Stage) -> None:
        files, resources = stage.client.beta.files, stage.client.beta.sessions.resources
        file = await files.upload(file=("a.txt", b"one"))
        given: Any = {"type": "file", "file_id": file.id}
        with pytest.raises(anthropic.BadRequestError, match="is mounted there"):
            await stage.session(resources=[given, given])
        with pytest.raises(anthropic.BadRequestError, match="must name a file below"):
            await stage.session(resources=[given | {"mount_path": "/../x"}])
        with pytest.raises(anthropic.NotFoundError):
            await stage.session(resources=[given, {"type": "file", "file_id": "file_gone"}])
        session = await stage.session(resources=[given])
        assert [one.id async for one in files.list(scope_id=session.id)] == [session.resources[0].file_id]
        assert len([one async for one in files.list()]) == 2
        added = await resources.add(session.id, file_id=file.id, type="file", mount_path="notes/a.txt")
        assert added.mount_path == "/mnt/session/uploads/notes/a.txt"
        for taken in ("/notes", "/notes/a.txt", "/mnt/session/uploads/notes/a.txt/b"):
            with pytest.raises(anthropic.BadRequestError, match="is mounted there"):
                await resources.add(session.id, file_id=file.id, type="file", mount_path=taken)
        with pytest.raises(anthropic.BadRequestError, match="delete the resource"):
            await files.delete(added.file_id)
        await files.delete(file.id)
        seen = []

        def gives(call: Call) -> Outcome:
            uploads = shared(stage, session.id) / "uploads"
            seen.append(sorted(str(one.relative_to(uploads)) for one in uploads.rglob("*") if one.is_file()))
            return text_outcome("seen")

        stage.hands.gives = gives
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        retrieved: Any = await resources.retrieve(added.id, session_id=session.id)
        assert retrieved.to_dict() == added.to_dict()
        assert len([one async for one in resources.list(session.id)]) == 2
        gone = await resources.delete(added.id, session_id=session.id)
        assert gone.to_dict() == {"id": added.id, "type": "session_resource_deleted"}
        await stage.until_idle(session.id, then=stage.say(session.id, "Go"))
        assert seen == [[file.id, "notes/a.txt"], [file.id]]
        told = [one.content[0].text for one in await stage.listed(session.id, types=["system.message"])]
        assert told == [
            "The user added the file a.txt; it is at /mnt/session/uploads/notes/a.txt, to be read only.",
            "The user took the file /mnt/session/uploads/notes/a.txt away.",
        ]
        forked = (await stage.raw.post(f"/workbench/v1/sessions/{session.id}/fork", json={})).json()
        await stage.client.beta.sessions.delete(session.id)
        [copy] = [one async for one in files.list()]
        assert (copy.scope.id if copy.scope else "") == forked["id"]
        assert [one["file_id"] for one in forked["resources"]] == [copy.id]
        await stage.client.beta.sessions.archive(forked["id"])
        with pytest.raises(anthropic.BadRequestError, match="archived"):
            await resources.add(forked["id"], file_id=copy.id, type="file")

    work = [calls(("bash", {"command": "ls"})), says("Done.")]
    play(story, script=[*work, *work])


def test_what_a_crash_left_of_a_file_is_gone_with_the_next_start(tmp_path: Path) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"content"

    async def story(stage: Stage) -> None:
        files = stage.engine.files
        kept = await stage.client.beta.files.upload(file=("kept.txt", b"kept"))
        left = await files.contents.stage(parts())
        await files.contents.settle(left)
        again = await files.contents.stage(parts())
        orphan = files.known.output("sesn_gone", "a.txt", again)
        await files.known.put(orphan)
        assert len(stored(stage)) == 3
        # A new engine knows nothing of what this one had staged.
        begun = StoredFiles(stage.engine.log.documents, StoredContents(stage.settings), now)
        await begun.begin()
        assert stored(stage) == [hash_of(await begun.known.get(kept.id))]
        assert [one.id async for one in stage.client.beta.files.list()] == [kept.id]

    play(story, folder=tmp_path)


def test_a_download_may_be_one_range_and_says_what_it_is() -> None:
    async def story(stage: Stage) -> None:
        uploaded = await stage.client.beta.files.upload(file=("ä b.html", b"0123456789", "text/html"))
        path = f"/workbench/v1/files/{uploaded.id}/content"
        whole = await stage.raw.get(path)
        assert (whole.content, whole.headers["content-length"]) == (b"0123456789", "10")
        assert whole.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A4%20b.html"
        for asked, status, content in (
            ("bytes=2-4", 206, b"234"),
            ("bytes=7-", 206, b"789"),
            ("bytes=-2", 206, b"89"),
            ("bytes=5-99", 206, b"56789"),
            ("bytes=0-1,3-4", 200, b"0123456789"),
        ):
            part = await stage.raw.get(path, headers={"range": asked})
            assert (part.status_code, part.content) == (status, content)
        assert (await stage.raw.get(path, headers={"range": "bytes=10-"})).status_code == 416
        (stage.settings.contents / stored(stage)[0]).unlink()
        assert (await stage.raw.get(path)).status_code == 404

    play(story)
