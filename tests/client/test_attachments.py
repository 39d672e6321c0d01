"""Pictures and PDFs that a text names, and how they are told in a line."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.pictures import picture
from tests.web.site import pdf
from workbench.client.attachments import Unusable, attached, block_of, content, described, paths_in


def test_paths_are_found_as_typed_pasted_and_dropped(tmp_path: Path) -> None:
    names = ("a.png", "my shot.PNG", "b.pdf", "c.txt", "d(1).jpg")
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    for text, found in (
        (f"see {tmp_path}/a.png.", ["a.png"]),
        (f"{tmp_path}/my\\ shot.PNG and '{tmp_path}/b.pdf'", ["my shot.PNG", "b.pdf"]),
        (f'"{tmp_path}/my shot.PNG"', ["my shot.PNG"]),
        (f"file://{tmp_path}/my%20shot.PNG", ["my shot.PNG"]),
        (f"{tmp_path}/d(1).jpg, {tmp_path}/d(1).jpg", ["d(1).jpg"]),
        ("look at @a.png and @b.pdf", ["a.png", "b.pdf"]),
        ("./a.png", ["a.png"]),
        # A name alone is a word of the task.
        ("fix a.png", []),
        (f"{tmp_path}/c.txt @gone.png https://e.example/a.png @a.pngx", []),
        ("/\0.png ~nobody-here/a.png", []),
    ):
        assert [path.name for path in paths_in(text, str(tmp_path))] == found, text
    assert paths_in("@a.png ./a.png") == []


def test_a_file_becomes_a_block_of_what_it_holds_and_what_no_model_takes_is_told(tmp_path: Path) -> None:
    shot, paper = tmp_path / "shot.jpg", tmp_path / "paper.pdf"
    shot.write_bytes(picture(30, 20))
    paper.write_bytes(pdf("One"))
    (tmp_path / "logo.png").write_text("<svg/>")
    (tmp_path / "huge.pdf").write_bytes(b"%PDF-" + b"\0" * (20 << 20))
    assert block_of(shot)["source"]["media_type"] == "image/png"
    assert (block_of(paper)["type"], block_of(paper)["title"]) == ("document", "paper.pdf")
    assert [block["type"] for block in content("see", [shot, paper])] == ["text", "image", "document"]
    assert [block["type"] for block in content(" ", [shot])] == ["image"]
    assert described(shot).line == f"shot.jpg · PNG · 30x20 · {shot.stat().st_size} B"
    for name, words in (
        ("logo.png", "is no picture and no PDF (SVG text)"),
        ("huge.pdf", "a message takes 20971520 at most"),
        ("gone.png", "is no file"),
        (".", "is no file"),
    ):
        with pytest.raises(Unusable) as refused:
            block_of(tmp_path / name)
        assert words in str(refused.value)


def test_blocks_are_told_in_a_line_each_under_the_best_name_there_is() -> None:
    def image(content: bytes) -> dict[str, Any]:
        source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(content).decode()}
        return {"type": "image", "source": source}

    small, wide = picture(12, 5), picture(9000, 10)
    size = len(small)
    message: list[dict[str, Any]] = [
        {"type": "text", "text": "compare /home/a/one.png and @two.png"},
        image(small),
        image(small),
        image(small),
    ]
    assert [one.line for one in attached(message)] == [
        f"one.png · PNG · 12x5 · {size} B",
        f"two.png · PNG · 12x5 · {size} B",
        f"a picture · PNG · 12x5 · {size} B",
    ]
    pages: list[dict[str, Any]] = [
        {"type": "text", "text": "scan.pdf: …"},
        {"type": "text", "text": "[page 3 of 9]"},
        image(small),
    ]
    assert [one.name for one in attached(pages, "scan.pdf")] == ["scan.pdf page 3"]
    assert attached([image(wide)], "w.png")[0].line.endswith("scaled down for the model")
    said = {
        "type": "text",
        "text": "[scaled down from 9000x4000 pixels (1 bytes) to 12x5 pixels (1 bytes) for the model]",
    }
    assert (
        attached([said, image(small)], "w.png")[0].line == f"w.png · PNG · 12x5 · {size} B · scaled down from 9000x4000"
    )
    url = {"type": "image", "source": {"type": "url", "url": "https://e.example/\x1b[31m.png"}}
    assert attached([url])[0].line == "a picture · https://e.example/⟨U+001B⟩[31m.png"
    assert attached([url])[0].content is None
    assert attached(None) == ()
