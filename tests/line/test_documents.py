"""Documents and pictures from end to end: a real sandbox reads them, and a model that is as strict as the real one gets them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from tests.line.installation import installation
from tests.messages_server import call, text
from tests.pictures import picture, sides
from tests.web.site import pdf

LONG = pdf(*(f"This is page {number}" for number in range(1, 144)))
MIXED = pdf("Terms", "", "Signed")


def _read(name: str, *view_range: int) -> Any:
    return call("read", {"file_path": name} | ({"view_range": list(view_range)} if view_range else {}))


def _texts(event: dict[str, Any]) -> list[str]:
    return [block["text"] for block in event["content"] if block["type"] == "text"]


def _pictures(event: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(block["source"]["data"]) for block in event["content"] if block["type"] == "image"]


def _project(folder: Path) -> Path:
    folder.mkdir()
    made = {
        "long.pdf": LONG,
        "mixed.pdf": MIXED,
        "scans.pdf": pdf(pages=10_000),
        "cut.pdf": LONG[:3000],
        "wide.png": picture(9000, 4000),
        "noise.png": picture(1500, 1500, noisy=True),
        "cut.png": picture(100, 100)[:-9],
        "named.png": b"this is text",
        "logo.png": b"<svg xmlns='x'/>",
        "bomb.png": picture(30000, 30000, mode="1"),
        "large.pdf": b"%PDF-1.7" + b"\0" * (20 << 20),
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return folder


def test_documents_and_pictures_of_every_kind_reach_the_model_or_end_in_words_and_the_session_goes_on() -> None:
    reads = [
        _read("long.pdf"),
        _read("long.pdf", 141, 0),
        _read("long.pdf", 144, 150),
        _read("mixed.pdf"),
        _read("scans.pdf"),
        _read("scans.pdf", 9998, 9999),
        _read("cut.pdf"),
        _read("wide.png"),
        _read("noise.png"),
        _read("wide.png", 1, 2),
        *(_read(name) for name in ("cut.png", "named.png", "logo.png", "bomb.png", "large.pdf")),
    ]
    with installation([*reads, text("All seen."), text("Still here."), text("Seen.")]) as here:
        project = _project(here.home / "project")
        assert "All seen." in here.told("run", "-C", str(project), "read all of it")
        [session_id] = [one["id"] for one in here.json("ps")]
        results = [one for one in here.events(session_id) if one["type"] == "agent.tool_result"]
        [first, last_three, beyond, mixed, scans, two_scans, cut_pdf, wide, noise, ranged, *words] = results

        [told] = _texts(first)
        assert told.startswith(
            "long.pdf: pages 1-20 of 143 of a PDF. Read again with view_range [21, 40] for the next pages.\n\n[page 1 of 143]\nThis is page 1\n"
        )
        assert told.endswith("[page 20 of 143]\nThis is page 20")
        [told] = _texts(last_three)
        assert told.splitlines()[0] == "long.pdf: pages 141-143 of 143 of a PDF."
        assert (_texts(beyond), beyond["is_error"]) == (
            ["read: long.pdf: the PDF has 143 pages, and none of those that were asked for."],
            True,
        )

        assert _texts(mixed)[0].splitlines()[0] == (
            "mixed.pdf: pages 1-3 of 3 of a PDF. No text on page 2 (a scan, a drawing, or empty): page 2 comes as an image."
        )
        assert [block["type"] for block in mixed["content"]] == ["text", "text", "image"]
        assert _texts(mixed)[1] == "[page 2 of 3]"
        assert sides(_pictures(mixed)[0]) == ("PNG", 1568, 784)
        assert _texts(scans)[0] == (
            "scans.pdf: pages 1-20 of 10000 of a PDF. No text on pages 1-20 (a scan, a drawing, or empty): pages 1-5 come as"
            " images, at most 5 at once; read again with view_range [6, 20] for the others."
            " Read again with view_range [21, 40] for the next pages."
        )
        assert len(_pictures(scans)) == 5
        assert (_texts(two_scans)[1:], len(_pictures(two_scans))) == (
            ["[page 9998 of 10000]", "[page 9999 of 10000]"],
            2,
        )
        assert cut_pdf["is_error"] or _texts(cut_pdf)

        assert _texts(wide) == [
            f"[scaled down from 9000x4000 pixels ({(project / 'wide.png').stat().st_size:,} bytes) to 2000x889 pixels"
            f" ({len(_pictures(wide)[0]):,} bytes) for the model]"
        ]
        assert sides(_pictures(wide)[0]) == ("PNG", 2000, 889)
        assert (_texts(noise)[0].startswith("[scaled down"), sides(_pictures(noise)[0])[0]) == (True, "JPEG")
        assert _texts(ranged) == ["read: view_range is not supported for image/PDF files"]
        assert [(one["is_error"], _texts(one)[0].partition(";")[0]) for one in words] == [
            (True, "read: cut.png is a broken PNG: it is cut off or damaged."),
            (True, "read: named.png is no PNG (text). Its bytes can be looked at with bash."),
            (True, "read: logo.png is no PNG (SVG text). Its bytes can be looked at with bash."),
            (True, "read: bomb.png is 30000x30000 pixels"),
            (True, "read: large.pdf is 20971528 bytes, exceeds 20971520-byte limit for image/PDF files."),
        ]

        assert "Still here." in here.told("send", "--watch", session_id, "go on")
        shot, paper = here.home / "shot.png", here.home / "paper.pdf"
        shot.write_bytes(picture(9000, 30))
        paper.write_bytes(MIXED)
        here.told("send", "--watch", "--attach", str(shot), "--attach", str(paper), session_id, "look")
        sent = [one for one in here.events(session_id) if one["type"] == "user.message"][-1]
        assert [block["type"] for block in sent["content"]] == ["text", "image", "document"]
        refused = here.say("send", "--attach", str(project / "logo.png"), session_id, "look")
        assert (refused.code, "--attach: logo.png is no picture and no PDF (SVG text)" in refused.err) == (2, True)
        assert here.model.refused == []
