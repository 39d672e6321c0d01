"""The list is whole: each of its 109 ids is a test of this folder, or stands here with the reason why it cannot be one."""

from __future__ import annotations

import re
from pathlib import Path

COUNTS = {"A": 10, "B": 10, "C": 15, "D": 10, "E": 5, "F": 22, "G": 8, "H": 12, "S": 14}
BEYOND = {"G90", "G91", "G92"}
"""What cannot be protected: strict expected failures."""

BY_CONSTRUCTION = {
    "C14": "`:authority` against Host, and coalescing: HTTP/2 is not spoken (C13), and a leaf has one name",
}


def test_every_attack_is_a_test_by_its_id_or_cannot_happen_by_construction() -> None:
    wanted = {f"{letter}{number:02}" for letter, count in COUNTS.items() for number in range(1, count + 1)} | BEYOND
    files = [*Path(__file__).parent.glob("test_*.py"), Path(__file__).parent.parent / "vault" / "test_keyring.py"]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    tested = {found.upper() for found in re.findall(r"^def test_([a-hs]\d\d)_", text, re.MULTILINE)}
    assert len(wanted) == 109
    assert wanted - tested - set(BY_CONSTRUCTION) == set()
    assert tested - wanted == set()
