"""PDFs and pictures of tools come as a model takes them, also after a restart, and their text without the session's secrets."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.brain.stage import SESSION_ID, session
from tests.pictures import picture, sides
from tests.trivial.hands import ScriptedHands
from tests.trivial.servers import ScriptedServers
from tests.trivial.vault import TrivialVault
from tests.web.site import pdf
from workbench.contracts.extraction import Extracted, Unreadable, Wanted
from workbench.contracts.values import Call, Json, Outcome
from workbench.contracts.vault import Grant, NetworkRules
from workbench.engine.pictures import Pictures
from workbench.engine.wrappers.readable import ReadableHands, ReadableServers
from workbench.engine.wrappers.redacted import RedactedHands
from workbench.extraction.worker_process import WorkerProcesses

SECRET = "s3cr3t-t0ken"
PLACEHOLDER = "wbph_01234567890123456789"
GIVEN = session(vault_ids=("vlt_1",))
WAIT_S = 60.0


def block(kind: str, media_type: str, content: bytes) -> Json:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(content).decode()}
    return {"type": kind, "source": source}


def play(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, WAIT_S))


def reading(*content: Json, extractor: Any = None) -> ReadableHands:
    hands = ScriptedHands(lambda _: Outcome(content), kept={"c": Outcome(content)})
    return ReadableHands(hands, Pictures(extractor or WorkerProcesses()))


def test_a_secret_in_a_pdf_reaches_neither_log_nor_model() -> None:
    async def story() -> None:
        vault = TrivialVault()
        await vault.put("vcrd_1", {"value": SECRET}, {})
        await vault.open(SESSION_ID, NetworkRules(), [Grant("vcrd_1", PLACEHOLDER, None)])
        hands = RedactedHands(reading(block("document", "application/pdf", pdf(f"key {SECRET} end"))), vault)
        outcome = await hands.execute(GIVEN, Call("c", "read", {"file_path": "a.pdf"}))
        assert outcome.content[0]["text"].endswith(f"[page 1 of 1]\nkey {PLACEHOLDER} end")

    play(story())


def test_a_result_that_is_recovered_is_the_same_as_one_that_came_at_once() -> None:
    async def story() -> None:
        hands = reading(block("document", "application/pdf", pdf("One", "")))
        call = Call("c", "read", {"file_path": "a.pdf"})
        first = await hands.execute(GIVEN, call)
        assert [one["type"] for one in first.content] == ["text", "text", "image"]
        assert await hands.recover(GIVEN, call) == first

    play(story())


def test_a_document_of_another_tool_stays_one() -> None:
    async def story() -> None:
        document = block("document", "application/pdf", pdf("One"))
        assert (await reading(document).execute(GIVEN, Call("c", "scan", {}))).content == (document,)

    play(story())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 garbage", "read: a.pdf: the PDF is damaged, or is none."),
        (pdf("One")[:-6], ""),
        (b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF", "read: a.pdf: the PDF"),
    ],
    ids=["garbage", "without its last line", "without pages"],
)
def test_a_broken_pdf_ends_in_words(content: bytes, words: str) -> None:
    async def story() -> None:
        outcome = await reading(block("document", "application/pdf", content)).execute(
            GIVEN, Call("c", "read", {"file_path": "a.pdf"})
        )
        [told] = outcome.content
        assert told["type"] == "text"
        assert told["text"].startswith(words or "a.pdf: page 1 of 1")
        assert outcome.is_error is bool(words)

    play(story())


def test_pages_that_cannot_be_drawn_end_in_words() -> None:
    class Undrawn:
        async def extracted(self, wanted: Wanted, content: bytes) -> Extracted | Unreadable:
            return (
                Unreadable("takes too long to read.")
                if wanted.task == "pdf_pictures"
                else Extracted(pages=1, scans=(1,))
            )

    async def story() -> None:
        hands = reading(block("document", "application/pdf", b"%PDF-"), extractor=Undrawn())
        outcome = await hands.execute(GIVEN, Call("c", "read", {"file_path": "a.pdf"}))
        words = "read: a.pdf: the PDF has pages without text, and takes too long to read."
        assert (outcome.content, outcome.is_error) == (({"type": "text", "text": words},), True)

    play(story())


def test_a_large_picture_of_an_mcp_server_is_scaled_down_and_a_small_one_left_alone() -> None:
    small, wide = block("image", "image/png", picture(30, 20)), block("image", "image/png", picture(9000, 90))

    async def story() -> None:
        servers = ReadableServers(ScriptedServers(gives=lambda _: Outcome((small, wide))), Pictures(WorkerProcesses()))
        outcome = await servers.call(GIVEN, {"name": "shots", "url": "https://e.example"}, Call("c", "take", {}))
        assert isinstance(outcome, Outcome)
        first, told, second = outcome.content
        assert first == small
        assert told["text"].startswith("[scaled down from 9000x90 pixels")
        assert sides(base64.b64decode(second["source"]["data"])) == ("PNG", 2000, 20)

    play(story())
